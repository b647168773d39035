//! What others may tell a shard: new connections, completed flights, orders.

use crate::pipeline::Wake;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use mio::Waker;
use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, PoisonError};

/// What a shard is to do, each later one stronger.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Order {
    /// Serve.
    Run,
    /// Read nothing more; answer what is in flight, then end.
    Drain,
    /// Answer what is known, then end.
    Stop,
}

/// A connection on its way from the listener to its shard.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    /// The port that it was accepted at.
    pub(super) port: u16,
}

/// The one way into a shard from other threads.
pub struct Mailbox {
    waker: Box<dyn Wake>,
    has_rung: AtomicBool,
    order: AtomicU8,
    connections: AtomicUsize,
    arrivals: Mutex<Vec<Arrival>>,
    ready: Mutex<Vec<usize>>,
}

impl Mailbox {
    /// A box whose shard is woken by `waker`.
    pub(super) fn new(waker: impl Wake + 'static) -> Self {
        Self {
            waker: Box::new(waker),
            has_rung: AtomicBool::new(false),
            order: AtomicU8::new(0),
            connections: AtomicUsize::new(0),
            arrivals: Mutex::default(),
            ready: Mutex::default(),
        }
    }

    /// Gives an order; a weaker one than before is ignored.
    pub fn give(&self, order: Order) {
        self.order.fetch_max(order as u8, Ordering::AcqRel);
        self.wake();
    }

    pub(super) fn order(&self) -> Order {
        match self.order.load(Ordering::Acquire) {
            0 => Order::Run,
            1 => Order::Drain,
            _ => Order::Stop,
        }
    }

    /// Connections that the shard owns or is about to.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Counts a connection that the shard is about to own.
    pub(super) fn connection_expected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connection_closed(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    pub(super) fn deliver(&self, arrival: Arrival) {
        self.connection_expected();
        self.arrivals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(arrival);
        self.wake();
    }

    /// Whether something may be in the box.
    pub(super) fn has_rung(&self) -> bool {
        self.has_rung.load(Ordering::Acquire)
    }

    /// Empties the box into the caller's lists. What is delivered meanwhile rings again.
    pub(super) fn empty(&self, arrivals: &mut Vec<Arrival>, ready: &mut Vec<usize>) {
        // Reads too: who rang before this is seen with all that came before the ringing.
        self.has_rung.swap(false, Ordering::AcqRel);
        arrivals.append(&mut self.arrivals.lock().unwrap_or_else(PoisonError::into_inner));
        ready.append(&mut self.ready.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Wake for Mailbox {
    fn wake(&self) {
        if !self.has_rung.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox")
            .field("order", &self.order())
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}

impl Wake for Waker {
    fn wake(&self) {
        if let Err(error) = self.wake() {
            // The shard looks at its box at every tick, so this costs time, no answer.
            tracing::error!(target: "server", %error, "cannot wake a shard");
        }
    }
}

/// Tells the shard that a flight of one connection is complete.
#[derive(Debug)]
pub(super) struct Bell {
    token: usize,
    has_rung: AtomicBool,
    mailbox: Arc<Mailbox>,
}

impl Bell {
    pub(super) fn new(token: usize, mailbox: Arc<Mailbox>) -> Self {
        Self {
            token,
            has_rung: AtomicBool::new(false),
            mailbox,
        }
    }

    /// To be called before the flights are looked at, so that a later one rings again.
    pub(super) fn reset(&self) {
        // Reads too: who rang in vain before this has completed a flight that is seen now.
        self.has_rung.swap(false, Ordering::AcqRel);
    }
}

impl Wake for Bell {
    fn wake(&self) {
        if !self.has_rung.swap(true, Ordering::AcqRel) {
            let ready = &self.mailbox.ready;
            ready
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(self.token);
            self.mailbox.wake();
        }
    }
}

/// Makes the waker of a poll, under the token that no connection has.
pub(super) fn waker(poll: &mio::Poll) -> io::Result<Waker> {
    Waker::new(poll.registry(), WAKER)
}

/// The token of the waker.
pub(super) const WAKER: mio::Token = mio::Token(usize::MAX);
