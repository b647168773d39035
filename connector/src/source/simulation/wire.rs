//! A connection without a network: the bytes on their way in both directions.

use super::ledger::Ledger;
use crate::source::desk::{Happening, Input};
use crate::source::stream::Stream;
use aeroduct_wire::reply;
use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::rc::Rc;

/// What both ends of a connection and the network between them know.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) line: usize,
    ledger: Rc<RefCell<Ledger>>,
    /// Arrived at the connector.
    inbound: Vec<u8>,
    /// Arrived at the source.
    outbound: Vec<u8>,
    /// Bytes that the connector can write before the source must read.
    room: usize,
    peer: Peer,
    /// Calls that are interrupted before one gets through.
    interruptions: usize,
    /// Something has happened that the connector was not told.
    has_news: bool,
    /// The beginning of a reply that is not written as a whole yet.
    reply: Vec<u8>,
}

/// What the source has done with its end.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Peer {
    Open,
    /// It writes nothing more.
    Ended,
    /// It reads nothing more, either: what is written to it comes back as a reset.
    Gone,
    Reset,
}

pub(super) type SharedWire = Rc<RefCell<Wire>>;

impl Wire {
    pub(super) fn new(line: usize, room: usize, ledger: Rc<RefCell<Ledger>>) -> SharedWire {
        Rc::new(RefCell::new(Self {
            line,
            ledger,
            inbound: Vec::new(),
            outbound: Vec::new(),
            room,
            peer: Peer::Open,
            interruptions: 0,
            // A socket that is newly watched tells its state.
            has_news: true,
            reply: Vec::new(),
        }))
    }

    /// Bytes of the source arrive.
    pub(super) fn arrive(&mut self, bytes: &[u8]) {
        self.inbound.extend(bytes);
        self.has_news = true;
    }

    /// The source takes up to `count` bytes of replies.
    pub(super) fn hear(&mut self, count: usize) -> Vec<u8> {
        self.has_news |= self.outbound.len() >= self.room;
        let count = count.min(self.outbound.len());
        self.outbound.drain(..count).collect()
    }

    /// True when the source has replies to take.
    pub(super) fn has_replies(&self) -> bool {
        !self.outbound.is_empty()
    }

    /// True when something has arrived at the connector that it has not read.
    pub(super) const fn has_input(&self) -> bool {
        !self.inbound.is_empty()
    }

    /// The source writes nothing more, and still reads.
    pub(super) fn end(&mut self) {
        self.peer = self.peer.max(Peer::Ended);
        self.has_news = true;
        self.ledger.borrow_mut().ended(self.line);
    }

    /// The source has closed it.
    pub(super) fn desert(&mut self) {
        self.end();
        self.peer = self.peer.max(Peer::Gone);
    }

    /// The source, or the network, has reset it.
    pub(super) fn reset(&mut self) {
        self.peer = Peer::Reset;
        self.has_news = true;
        self.inbound.clear();
        self.ledger.borrow_mut().reset(self.line);
    }

    /// Nobody accepts it.
    pub(super) fn refuse(&mut self) {
        self.reset();
        self.ledger.borrow_mut().closed(self.line);
    }

    /// The next calls of the connector are interrupted by signals.
    pub(super) const fn interrupt(&mut self, calls: usize) {
        self.interruptions = calls;
    }

    /// The connector is told again what it knows.
    pub(super) const fn repeat_news(&mut self) {
        self.has_news = true;
    }

    pub(super) const fn has_news(&self) -> bool {
        self.has_news
    }

    /// Tells the connector what the state is, if it has changed.
    pub(super) fn take_news(&mut self) -> Option<Happening> {
        let is_new = std::mem::take(&mut self.has_news);
        is_new.then_some(Happening {
            is_writable: self.outbound.len() < self.room,
            input: match self.peer {
                Peer::Reset => Input::Gone,
                Peer::Ended | Peer::Gone => Input::End,
                Peer::Open if self.inbound.is_empty() => Input::Same,
                Peer::Open => Input::More,
            },
        })
    }

    fn interrupted(&mut self) -> io::Result<()> {
        if self.interruptions == 0 {
            return Ok(());
        }
        self.interruptions -= 1;
        Err(io::ErrorKind::Interrupted.into())
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted()?;
        if self.peer == Peer::Reset {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if self.inbound.is_empty() && self.peer == Peer::Open {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = buffer.len().min(self.inbound.len());
        buffer[..count].copy_from_slice(&self.inbound[..count]);
        self.inbound.drain(..count);
        self.ledger.borrow_mut().read(self.line, count);
        Ok(count)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.interrupted()?;
        if self.peer == Peer::Reset {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = if self.peer == Peer::Gone {
            self.reset();
            bytes.len()
        } else {
            bytes.len().min(self.room - self.outbound.len())
        };
        self.reply.extend_from_slice(&bytes[..taken]);
        while let Some(code) = reply::read(&self.reply).expect("replies are well formed") {
            self.reply.drain(..reply::LEN);
            self.ledger.borrow_mut().answered(self.line, code);
        }
        let is_taken = taken == bytes.len();
        self.ledger.borrow_mut().offered(self.line, is_taken);
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.outbound.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }
}

/// The connector's end of a wire.
#[derive(Debug)]
pub(super) struct SimulatedStream(SharedWire);

impl SimulatedStream {
    pub(super) const fn new(wire: SharedWire) -> Self {
        Self(wire)
    }
}

impl Read for SimulatedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}

impl Write for SimulatedStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for SimulatedStream {
    fn shut_down_write(&self) -> io::Result<()> {
        let wire = self.0.borrow();
        if wire.peer == Peer::Reset {
            return Err(io::ErrorKind::NotConnected.into());
        }
        wire.ledger.borrow_mut().finished(wire.line);
        Ok(())
    }

    fn raise_send_buffer(&self) {}

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        let is_reset = self.0.borrow().peer == Peer::Reset;
        Ok(is_reset.then(|| io::ErrorKind::ConnectionReset.into()))
    }
}

impl Drop for SimulatedStream {
    fn drop(&mut self) {
        // A check that fails drops the connections, and must not fail again.
        if std::thread::panicking() {
            return;
        }
        let wire = self.0.borrow();
        wire.ledger.borrow_mut().closed(wire.line);
    }
}
