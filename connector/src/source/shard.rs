//! A shard: one thread, the connections it owns, and one event loop over them.

use super::desk::{Desk, Happening, Input, ShardSettings};
use super::mailbox::{Arrival, Mailbox, WAKER, waker};
use crate::clock::SystemClock;
use crate::metrics::ShardMetrics;
use crate::pipeline::{Pipeline, Sink};
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// One event loop and everything that it owns.
pub struct Shard<S: Sink> {
    poll: Poll,
    mailbox: Arc<Mailbox>,
    metrics: Arc<ShardMetrics>,
    desk: Desk<S, TcpStream, SystemClock>,
}

impl<S: Sink> Shard<S> {
    /// Makes a shard; it serves once [`run`](Self::run) is called.
    ///
    /// # Errors
    /// When the system gives no event queue.
    pub fn new(
        settings: ShardSettings,
        pipeline: Pipeline<S>,
        metrics: Arc<ShardMetrics>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mailbox = Arc::new(Mailbox::new(waker(&poll)?));
        let desk = Desk::new(
            Arc::clone(&mailbox),
            settings,
            pipeline,
            Arc::clone(&metrics),
        );
        Ok(Self {
            poll,
            mailbox,
            metrics,
            desk,
        })
    }

    /// The way to tell this shard something.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        Arc::clone(&self.mailbox)
    }

    /// Serves until the order to drain is carried out.
    ///
    /// # Errors
    /// When the system's event queue fails, which leaves no way to go on.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut arrivals = Vec::new();
        let mut rung = Vec::new();
        loop {
            self.poll(&mut events)?;
            for event in &events {
                if event.token() != WAKER {
                    self.desk.on(event.token().0, happening(event));
                }
            }
            self.mailbox.empty(&mut arrivals, &mut rung);
            for arrival in arrivals.drain(..) {
                self.admit(arrival);
            }
            if self.desk.go_round(&mut rung) {
                return Ok(());
            }
        }
    }

    fn poll(&mut self, events: &mut Events) -> io::Result<()> {
        let patience = self.desk.patience();
        let stalled = self.desk.has_starved().then(Instant::now);
        let polled = self.poll.poll(events, Some(patience));
        if let Some(since) = stalled {
            self.metrics.stalled(since.elapsed());
        }
        match polled {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }

    fn admit(&mut self, arrival: Arrival) {
        let mut stream = TcpStream::from_std(arrival.stream);
        let token = Token(self.desk.next_token());
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self.poll.registry().register(&mut stream, token, interest);
        if let Err(error) = registered {
            tracing::error!(target: "server", peer = %arrival.peer, %error, "cannot watch a connection");
            self.mailbox.connection_closed();
            return;
        }
        self.desk.admit(stream, arrival.peer, arrival.port);
    }
}

fn happening(event: &Event) -> Happening {
    let input = if event.is_error() || event.is_write_closed() {
        Input::Gone
    } else if event.is_read_closed() {
        Input::End
    } else if event.is_readable() {
        Input::More
    } else {
        Input::Same
    };
    Happening {
        is_writable: event.is_writable(),
        input,
    }
}
