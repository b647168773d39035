//! How a connection is read: as much at a time as its standing allows, whole frames at once, and the
//! beginning of a frame kept for the next read.

use super::ending::{Doubt, End, Phase};
use super::{Connection, Turn};
use crate::clock::{Clock, Moment};
use crate::pipeline::{Pipeline, Sink, Window};
use crate::source::stream::Stream;
use std::io;

/// In a long outage what is read is answered at once, but behind what was read before: so many reads
/// wait for that at most.
const OVERDUE_FLIGHTS_MAX: usize = 128;

/// What one read gave.
struct Count {
    bytes: usize,
    /// The socket had less than there was room for.
    is_short: bool,
}

impl<T: Stream> Connection<T> {
    /// Reads once and puts what came on its way.
    pub(in crate::source) fn read<S: Sink, C: Clock>(
        &mut self,
        buffer: &mut [u8],
        pipeline: &mut Pipeline<S, C>,
    ) -> Turn {
        match self.phase {
            Phase::Open => {}
            Phase::Closing(_) => return Turn::Rest,
            Phase::Lingering(..) => return self.ignore(buffer, pipeline.clock()),
        }
        if !self.is_readable {
            return Turn::Rest;
        }
        match self.obstacle(pipeline.window()) {
            None => self.read_once(buffer, pipeline),
            Some(turn) => {
                self.wait(pipeline);
                turn
            }
        }
    }

    /// It is not read, though it may have something: not the peer is slow.
    fn wait<S: Sink, C: Clock>(&mut self, pipeline: &mut Pipeline<S, C>) {
        let now = pipeline.clock().instant();
        self.partial.excuse(now);
        self.lifetime.hear(now);
        if self.standing.wants_answers(self.flights.len()) {
            pipeline.close_batches();
        }
    }

    fn read_once<S: Sink, C: Clock>(
        &mut self,
        buffer: &mut [u8],
        pipeline: &mut Pipeline<S, C>,
    ) -> Turn {
        let begun = self.partial.bytes();
        let is_copied = self.partial.is_short() && begun.len() < buffer.len();
        let held = if is_copied { begun.len() } else { 0 };
        let more = self.standing.read_bytes(aeroduct_wire::missing(begun));
        let room = more.saturating_add(held).min(buffer.len());
        let buffer = &mut buffer[..room];
        let read = if is_copied {
            self.read_behind(buffer)
        } else if self
            .partial
            .reserve(buffer.len(), self.standing.is_privileged())
        {
            self.read_apart(buffer)
        } else {
            return Turn::Starved;
        };
        let was_doubted = self.doubt == Doubt::Asked;
        if was_doubted {
            self.doubt = Doubt::Read;
        }
        match read {
            Ok(Count { bytes: 0, .. }) => {
                self.phase = Phase::Closing(End::ClosedByPeer);
                Turn::Rest
            }
            Ok(count) => {
                self.standing.note_read();
                self.take_in(is_copied.then_some(buffer), count.bytes, pipeline);
                if was_doubted && !count.is_short {
                    // It had sent enough, and waited for its turn.
                    self.partial.excuse(pipeline.clock().instant());
                }
                // A short read has emptied the socket, unless the end of the stream follows.
                self.is_readable = !count.is_short || self.is_read_closed;
                if self.is_readable {
                    Turn::Again
                } else {
                    Turn::Rest
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.is_readable = false;
                Turn::Rest
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Turn::Again,
            Err(error) => {
                self.fail(End::Fail(error), pipeline.clock().instant());
                Turn::Rest
            }
        }
    }

    /// What keeps it from being read, and so what becomes of its turn.
    fn obstacle(&self, window: &Window) -> Option<Turn> {
        let is_proven = self.standing.is_proven();
        let is_blocked = self.replies.blocked_since().is_some();
        if self.replies.is_full() || (is_blocked && !is_proven) {
            // The socket gives it a turn when it takes something.
            return Some(Turn::Rest);
        }
        let flights = self.flights.len();
        let may_have_more = if window.is_overdue() {
            flights < OVERDUE_FLIGHTS_MAX
        } else {
            self.standing.may_have_more(flights)
        };
        if !may_have_more {
            // The flight that is complete gives it a turn.
            return Some(Turn::Rest);
        }
        let has_room = window.has_room(self.in_flight, is_proven);
        (!has_room).then_some(Turn::Starved)
    }

    /// Puts the whole frames of what was read on their way and keeps the rest.
    fn take_in<S: Sink, C: Clock>(
        &mut self,
        buffer: Option<&mut [u8]>,
        count: usize,
        pipeline: &mut Pipeline<S, C>,
    ) {
        let arrived = pipeline.clock().moment();
        self.lifetime.hear(arrived.instant);
        if let Some(buffer) = buffer {
            let input = &buffer[..self.partial.bytes().len() + count];
            let used = self.dispatch(input, arrived, pipeline);
            let rest = &input[used..];
            self.partial.replace(rest, used > 0, arrived.instant);
        } else {
            let input = self.partial.lend();
            let used = self.dispatch(&input, arrived, pipeline);
            self.partial.give_back(input, used, arrived.instant);
        }
        if !matches!(self.phase, Phase::Open) {
            self.partial.clear();
        }
    }

    /// Reads into the shard's buffer, behind the beginning that is left from last time.
    fn read_behind(&mut self, buffer: &mut [u8]) -> io::Result<Count> {
        let (held, room) = buffer.split_at_mut(self.partial.bytes().len());
        held.copy_from_slice(self.partial.bytes());
        let bytes = self.stream.read(room)?;
        Ok(Count {
            bytes,
            is_short: bytes < room.len(),
        })
    }

    /// Reads into the shard's buffer and adds it to a long frame.
    fn read_apart(&mut self, buffer: &mut [u8]) -> io::Result<Count> {
        let bytes = self.stream.read(buffer)?;
        self.partial.extend(&buffer[..bytes]);
        Ok(Count {
            bytes,
            is_short: bytes < buffer.len(),
        })
    }

    /// Puts all whole frames of `input` on their way and tells how many bytes they were.
    fn dispatch<S: Sink, C: Clock>(
        &mut self,
        input: &[u8],
        arrived: Moment,
        pipeline: &mut Pipeline<S, C>,
    ) -> usize {
        let mut used = 0;
        loop {
            let dispatched = pipeline.dispatch(&input[used..], arrived, &self.origin);
            used += dispatched.consumed;
            if dispatched.unreadable > 0 {
                self.standing.spoil(dispatched.unreadable, arrived.instant);
            }
            if let Some(flight) = dispatched.flight {
                self.in_flight.records += flight.load().records;
                self.in_flight.bytes += flight.load().bytes;
                self.flights.push_back(flight);
            }
            if let Some(error) = dispatched.broken {
                self.phase = Phase::Closing(End::Broken(error));
                return used;
            }
            if dispatched.consumed == 0 {
                return used;
            }
        }
    }

    fn ignore(&mut self, buffer: &mut [u8], clock: &impl Clock) -> Turn {
        match self.stream.read(buffer) {
            Ok(count) if count > 0 => Turn::Again,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Turn::Rest,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Turn::Again,
            Ok(_) | Err(_) => {
                if let Phase::Lingering(_, until) = &mut self.phase {
                    *until = clock.instant();
                }
                Turn::Rest
            }
        }
    }
}
