//! One connection as the ledger sees it.

use super::super::sights::Parting;
use super::Promises;
use crate::pipeline::{Flight, Load};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// So long a frame may take, a peer may be deaf, and an old connection be busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one read brought.
#[derive(Debug)]
pub(super) struct Voyage {
    /// The frames, in order; at least one.
    pub(super) numbers: Vec<usize>,
    /// Its frames in messages that the sink has not reported.
    pub(super) unreported: Cell<usize>,
    pub(super) is_overdue: Cell<bool>,
    pub(super) is_written_off: Cell<bool>,
    /// Nothing of it can be in the pipeline any more.
    pub(super) has_left: Cell<bool>,
    /// The flight, if it has come to the sink, and what it holds.
    flight: RefCell<Option<(Weak<Flight>, Load)>>,
}

impl Voyage {
    /// Its flight has come to the sink.
    pub(super) fn meet(&self, flight: &Arc<Flight>) {
        let met = || (Arc::downgrade(flight), flight.load());
        self.flight.borrow_mut().get_or_insert_with(met);
    }

    /// True when its flight has come to the sink: parts of it may go other ways.
    pub(super) fn is_met(&self) -> bool {
        self.flight.borrow().is_some()
    }

    /// What it holds while somebody holds it and it is not written off. That somebody does is an
    /// assumption about a flight that was not met; its bytes are not known, either.
    pub(super) fn load_at_least(&self) -> Load {
        self.load(0)
    }

    /// See [`load_at_least`](Self::load_at_least).
    pub(super) fn load_at_most(&self) -> Load {
        self.load(usize::MAX)
    }

    fn load(&self, bytes: usize) -> Load {
        let is_alive = |flight: &Weak<_>| flight.strong_count() > 0;
        match &*self.flight.borrow() {
            _ if self.is_written_off.get() => Load::default(),
            Some((flight, load)) if is_alive(flight) => *load,
            Some(_) => Load::default(),
            None => Load {
                records: self.numbers.len(),
                bytes,
            },
        }
    }
}

/// How far the end of a connection has come.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in super::super) enum LineEnd {
    #[default]
    Open,
    /// The connector writes nothing more.
    Finished,
    /// The connector has let go of it.
    Closed,
}

/// The end of what a source sends.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
enum InputEnd {
    #[default]
    None,
    Sent,
    /// The connector has come to it.
    Read,
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Line {
    unread: VecDeque<usize>,
    unanswered: VecDeque<usize>,
    voyages: Vec<Rc<Voyage>>,
    opened: Duration,
    heard: Duration,
    bytes_sent: u64,
    bytes_read: u64,
    /// Where its last whole frame ended.
    framed: u64,
    /// Where it is clear that no frame follows.
    broken_at: Option<u64>,
    /// When the frame that is not whole was begun.
    begun: Duration,
    input: InputEnd,
    /// The connector has read a message that cannot be read.
    is_spoilt: bool,
    is_reset: bool,
    blocked_since: Option<Duration>,
    is_behind: bool,
    end: LineEnd,
    closed_at: Duration,
}

impl Line {
    /// A frame was sent; tells where it ends.
    pub(super) fn sent(&mut self, number: usize, bytes: usize) -> u64 {
        self.bytes_sent += bytes as u64;
        self.unread.push_back(number);
        self.bytes_sent
    }

    pub(super) fn sent_broken(&mut self) {
        self.bytes_sent += aeroduct_wire::HEADER_LEN as u64;
        self.broken_at = Some(self.bytes_sent);
    }

    /// The connector has taken it over.
    pub(super) const fn admit(&mut self, now: Duration) {
        self.opened = now;
        self.heard = now;
    }

    /// Bytes were read; tells which frames are whole with them.
    pub(super) fn read(
        &mut self,
        bytes: usize,
        now: Duration,
        end_of: impl Fn(usize) -> u64,
    ) -> Vec<usize> {
        if self.end != LineEnd::Open {
            return Vec::new();
        }
        if bytes == 0 {
            self.input = InputEnd::Read;
        } else {
            self.heard = now;
        }
        if self.framed == self.bytes_read {
            self.begun = now;
        }
        self.bytes_read += bytes as u64;
        let mut numbers = Vec::new();
        while let Some(&number) = self.unread.front()
            && end_of(number) <= self.bytes_read
        {
            self.unread.pop_front();
            self.framed = end_of(number);
            self.begun = now;
            numbers.push(number);
        }
        self.unanswered.extend(&numbers);
        numbers
    }

    /// Among them was one that cannot be read.
    pub(super) const fn spoil(&mut self) {
        self.is_spoilt = true;
    }

    /// The frames of one read are under way.
    pub(super) fn depart(&mut self, numbers: Vec<usize>) -> Rc<Voyage> {
        let voyage = Rc::new(Voyage {
            numbers,
            unreported: Cell::new(0),
            is_overdue: Cell::new(false),
            is_written_off: Cell::new(false),
            has_left: Cell::new(false),
            flight: RefCell::new(None),
        });
        self.voyages.push(Rc::clone(&voyage));
        voyage
    }

    pub(super) fn voyage_of(&self, number: usize) -> &Rc<Voyage> {
        let after = self.voyages.partition_point(|it| it.numbers[0] <= number);
        &self.voyages[after - 1]
    }

    /// Takes the frame that the next answer is for.
    pub(super) fn answer(&mut self) -> Option<usize> {
        assert_eq!(self.end, LineEnd::Open, "nothing is written after the end");
        self.unanswered.pop_front()
    }

    /// The oldest frame that was read and not answered.
    pub(super) fn oldest(&self) -> Option<usize> {
        self.unanswered.front().copied()
    }

    /// The socket has taken all that was offered, or not.
    pub(super) fn offered(&mut self, is_taken: bool, now: Duration) {
        if is_taken {
            self.blocked_since = None;
        } else {
            self.blocked_since.get_or_insert(now);
            self.is_behind = true;
        }
    }

    /// The connector has done all it can now.
    pub(super) const fn rest(&mut self) {
        self.is_behind &= self.blocked_since.is_some();
    }

    /// Answers may have been fixed that the socket has not taken.
    pub(super) const fn is_behind(&self) -> bool {
        self.is_behind
    }

    pub(super) const fn how_ended(&self) -> LineEnd {
        self.end
    }

    /// The source writes nothing more.
    pub(super) fn end(&mut self) {
        self.input = self.input.max(InputEnd::Sent);
    }

    pub(super) fn closed_at(&self) -> Option<Duration> {
        self.is_closed().then_some(self.closed_at)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.end == LineEnd::Closed
    }

    /// The peer has reset it.
    pub(super) const fn reset(&mut self) {
        self.is_reset = true;
    }

    /// It is open, no frame is begun, and the peer takes its replies.
    pub(super) fn is_at_leisure(&self) -> bool {
        let is_between_frames = self.end == LineEnd::Open && self.bytes_read == self.framed;
        is_between_frames && self.blocked_since.is_none()
    }

    /// It cannot stay open, whatever the peer does.
    pub(super) fn must_end(&self) -> bool {
        self.bytes_read > self.framed
            || self.input != InputEnd::None
            || self.blocked_since.is_some()
    }

    /// The connector has said that it writes nothing more. Tells why it may do so.
    pub(super) fn finish(
        &mut self,
        now: Duration,
        is_draining: bool,
        promises: &Promises,
    ) -> Parting {
        assert_eq!(self.oldest(), None, "what was read is answered before");
        self.end = LineEnd::Finished;
        let is_stuck = self.bytes_read > self.framed && now >= self.begun + PATIENCE;
        let is_old = |age: Duration| now >= self.opened + age.mul_f64(0.9);
        let is_idle = |idle| now >= self.heard + idle;
        if self.input == InputEnd::Read {
            Parting::End
        } else if self.broken_at.is_some_and(|at| at <= self.bytes_read) {
            Parting::Broken
        } else if self.input == InputEnd::Sent && self.is_spoilt {
            Parting::Spoilt
        } else if is_draining {
            Parting::Drained
        } else if is_stuck {
            Parting::Stuck
        } else if promises.age.is_some_and(is_old) {
            Parting::Aged
        } else {
            let is_idle = promises.idle.is_some_and(is_idle) && self.bytes_read == self.framed;
            assert!(is_idle, "it is closed without cause: {self:?}");
            Parting::Idle
        }
    }

    /// The connector has let go of it. Tells why it may do so, if it did not say so before.
    pub(super) fn close(&mut self, now: Duration, is_stopping: bool) -> Option<Parting> {
        self.closed_at = now;
        let is_finished = std::mem::replace(&mut self.end, LineEnd::Closed) == LineEnd::Finished;
        if is_finished {
            None
        } else if self.is_reset {
            Some(Parting::Reset)
        } else if is_stopping {
            let is_answered = self.unanswered.is_empty() || self.is_behind;
            assert!(is_answered, "what was read is not answered: {self:?}");
            Some(Parting::Stopped)
        } else {
            let is_deaf = self.blocked_since.is_some_and(|it| now >= it + PATIENCE);
            assert!(is_deaf, "it is dropped without cause: {self:?}");
            Some(Parting::Deaf)
        }
    }
}
