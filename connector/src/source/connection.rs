//! One connection of a source: bytes in, flights in arrival order, replies out.

use super::lifetime::Lifetime;
use super::mailbox::Bell;
use super::partial::{FRAME_TIME, LongFrames, Partial};
use super::replies::Replies;
use super::standing::{Rank, Standing};
use super::stream::Stream;
use crate::clock::{Clock, Moment};
use crate::metrics::{Replied, ShardMetrics};
use crate::pipeline::{Flight, Load, Origin, Pipeline, Sink, Wake, Window};
use aeroduct_wire::FrameError;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A peer that takes none of its replies for so long is disconnected (13.34).
const REPLY_TIME: Duration = Duration::from_secs(10);

/// A peer that takes none of its replies for so long is not ahead of others any more: longer than the
/// way there and back.
const REPLY_PATIENCE: Duration = Duration::from_millis(500);

/// In a long outage what is read is answered at once, but behind what was read before: so many reads
/// wait for that at most.
const OVERDUE_FLIGHTS_MAX: usize = 128;

/// How long a broken connection is read and ignored, so that its last replies are not
/// destroyed by the reset that closing over unread bytes would send.
const LINGER_TIME: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(super) enum End {
    /// The peer closed it, and everything is answered.
    #[error("closed by the peer")]
    ClosedByPeer,
    /// The peer closed it, and what it had sent before could not be read.
    #[error("closed by the peer, which has sent messages that cannot be read")]
    Spoilt,
    /// The socket failed, most often because the peer reset it.
    #[error("the connection failed")]
    Fail(#[source] io::Error),
    /// Framing is lost.
    #[error("the peer does not speak the protocol")]
    Broken(#[source] FrameError),
    /// A frame was not completed in time.
    #[error("a frame was begun and did not go on for {} s, or came too slowly", FRAME_TIME.as_secs())]
    FrameTimeout,
    /// The peer does not read its replies.
    #[error("the peer has read none of its replies for {} s", REPLY_TIME.as_secs())]
    ReplyTimeout,
    /// It has reached `max-connection-age`.
    #[error("as old as connections may become")]
    Aged,
    /// Nothing has come over it for `idle-timeout`.
    #[error("idle for as long as connections may be")]
    Idle,
    /// The process shuts down.
    #[error("shutting down")]
    Drained,
}

#[derive(Debug)]
enum Phase {
    Open,
    /// Nothing more is read; it ends when all is answered.
    Closing(End),
    /// All is answered; what the peer still sends is ignored until this moment.
    Lingering(End, Instant),
}

/// What a turn of a connection left to do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Turn {
    /// More can be read at once.
    Again,
    /// The socket has no more.
    Rest,
    /// There may be more, and no room for it.
    Starved,
}

/// What one read gave.
struct Count {
    bytes: usize,
    /// The socket had less than there was room for.
    is_short: bool,
}

/// A frame seems to be late. A shard that is busy may only be late to read, so that is believed when
/// the socket has been read since.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Doubt {
    #[default]
    None,
    /// The next turn is to read.
    Asked,
    /// It has.
    Read,
}

#[derive(Debug)]
pub(super) struct Connection<T> {
    stream: T,
    peer: SocketAddr,
    phase: Phase,
    is_readable: bool,
    is_read_closed: bool,
    doubt: Doubt,
    partial: Partial,
    flights: VecDeque<Arc<Flight>>,
    in_flight: Load,
    replies: Replies,
    bell: Arc<Bell>,
    origin: Origin,
    lifetime: Lifetime,
    standing: Standing,
}

impl<T: Stream> Connection<T> {
    pub(super) fn new(
        stream: T,
        peer: SocketAddr,
        port: u16,
        bell: Arc<Bell>,
        (frames, lifetime, standing): (Arc<LongFrames>, Lifetime, Standing),
    ) -> Self {
        Self {
            stream,
            peer,
            phase: Phase::Open,
            is_readable: false,
            is_read_closed: false,
            doubt: Doubt::None,
            partial: Partial::new(frames),
            flights: VecDeque::new(),
            in_flight: Load::default(),
            replies: Replies::default(),
            origin: Origin {
                port,
                wake: Arc::clone(&bell) as Arc<dyn Wake>,
            },
            bell,
            lifetime,
            standing,
        }
    }

    pub(super) const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Whose turn comes before its.
    pub(super) const fn rank(&self) -> Rank {
        self.standing.rank()
    }

    /// When there was something to do for it last.
    pub(super) fn worked_at(&self, now: Instant) -> Instant {
        if self.is_at_work() {
            now
        } else {
            self.lifetime.heard_at()
        }
    }

    /// Somebody waits for an answer, or sends.
    fn is_at_work(&self) -> bool {
        self.is_readable || !self.flights.is_empty()
    }

    pub(super) const fn mark_readable(&mut self, is_closed: bool) {
        self.is_readable = true;
        self.is_read_closed |= is_closed;
    }

    /// Nothing more is read; what is in flight is still answered.
    pub(super) fn drain(&mut self) {
        if matches!(self.phase, Phase::Open) {
            self.phase = Phase::Closing(End::Drained);
        }
    }

    /// Reads once and puts what came on its way.
    pub(super) fn read<S: Sink, C: Clock>(
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
        if let Some(turn) = self.obstacle(pipeline.window()) {
            // Not the peer is slow.
            let now = pipeline.clock().instant();
            self.partial.excuse(now);
            self.lifetime.hear(now);
            if self.standing.wants_answers(self.flights.len()) {
                pipeline.close_batches();
            }
            return turn;
        }
        let begun = self.partial.bytes();
        let is_copied = self.partial.is_short() && begun.len() < buffer.len();
        let held = if is_copied { begun.len() } else { 0 };
        let more = self.standing.read_bytes(aeroduct_wire::missing(begun));
        let room = more.saturating_add(held).min(buffer.len());
        let buffer = &mut buffer[..room];
        let read = if is_copied {
            self.read_behind(buffer)
        } else if self.partial.reserve(buffer.len()) {
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
        let has_room = may_have_more && window.has_room(self.in_flight, is_proven);
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

    /// Sends the replies of all flights that are complete, from the oldest on.
    pub(super) fn reply(&mut self, metrics: &ShardMetrics, is_buffered: bool, now: Instant) {
        self.bell.reset();
        while self
            .flights
            .front()
            .is_some_and(|flight| flight.answers.is_complete())
        {
            self.answer_oldest(metrics, now);
            if !is_buffered {
                self.flush(now);
            }
        }
        self.flush(now);
    }

    /// Answers the oldest flight as it stands.
    fn answer_oldest(&mut self, metrics: &ShardMetrics, now: Instant) {
        let Some(flight) = self.flights.pop_front() else {
            return;
        };
        let tally = self.replies.push(&flight.answers);
        let owed = self.replies.owed();
        self.standing.answer(tally.success, tally.permanent, owed);
        // Who waits for an answer is not idle.
        self.lifetime.hear(now);
        self.in_flight.records -= flight.load().records;
        self.in_flight.bytes -= flight.load().bytes;
        metrics.replied(
            now.saturating_duration_since(flight.arrived.instant),
            Replied {
                success: tally.success,
                temporary: tally.temporary,
                permanent: tally.permanent,
            },
        );
        if let Some(reported_for) = flight.reported_for(now) {
            metrics.replied_after_report(reported_for, flight.answers.count());
        }
    }

    /// Answers at once what has waited for its deadline.
    pub(super) fn answer_overdue(
        &mut self,
        metrics: &ShardMetrics,
        deadline: Duration,
        now: Instant,
    ) {
        let is_overdue = |flight: &Arc<Flight>| {
            now.saturating_duration_since(flight.arrived.instant) >= deadline
        };
        let mut any = false;
        while let Some(head) = self.flights.front().filter(|&head| is_overdue(head)) {
            if !head.answers.is_complete() {
                head.abandon_as_overdue();
            }
            self.answer_oldest(metrics, now);
            any = true;
        }
        if any {
            self.flush(now);
        }
    }

    /// Writes what is unsent, unless the socket has to say first that it takes more.
    fn flush(&mut self, now: Instant) {
        if self.replies.blocked_since().is_none() {
            self.write(now);
        }
    }

    /// The socket can take more.
    pub(super) fn on_writable(&mut self, now: Instant) {
        self.write(now);
    }

    fn write(&mut self, now: Instant) {
        if self.replies.is_empty() {
            return;
        }
        if let Err(error) = self.replies.flush(&mut self.stream, now) {
            self.fail(End::Fail(error), now);
        } else if self.standing.take_replies(self.replies.taken(), now) {
            self.stream.raise_send_buffer();
        }
    }

    /// The peer is gone in both directions. What it had still sent is not read: the source has
    /// the same records on their way over another connection, and newer ones behind them.
    pub(super) fn on_reset(&mut self, now: Instant) {
        let error = self.stream.take_error().ok().flatten();
        let error = error.unwrap_or_else(|| io::ErrorKind::ConnectionReset.into());
        self.fail(End::Fail(error), now);
    }

    /// Ends at once, whatever is unanswered: the source sends it again.
    fn fail(&mut self, end: End, now: Instant) {
        for flight in self.flights.drain(..) {
            flight.abandon();
        }
        self.in_flight = Load::default();
        self.replies = Replies::default();
        self.partial.clear();
        // What made us close it is the reason, not that the peer closed it thereupon.
        let end = match std::mem::replace(&mut self.phase, Phase::Open) {
            Phase::Open => end,
            Phase::Closing(reason) | Phase::Lingering(reason, _) => reason,
        };
        self.phase = Phase::Lingering(end, now);
    }

    /// Watches the time limits.
    pub(super) fn check_time(&mut self, now: Instant) {
        if let Some(since) = self.replies.blocked_since() {
            let time = now.saturating_duration_since(since);
            if time >= REPLY_TIME {
                self.fail(End::ReplyTimeout, now);
            } else if time >= REPLY_PATIENCE {
                self.standing.ignore_replies();
            }
        }
        self.check_frame(now);
        self.check_end();
        let is_quiet =
            !self.is_at_work() && self.replies.is_empty() && self.partial.bytes().is_empty();
        if matches!(self.phase, Phase::Open)
            && let Some(end) = self.lifetime.end(is_quiet, now)
        {
            self.partial.clear();
            self.phase = Phase::Closing(end);
        }
    }

    /// Ends a connection whose peer writes nothing more and has sent what cannot be read: the rest
    /// would wait long for its turns, and hold a place that others could have.
    fn check_end(&mut self) {
        let is_spoilt = self.standing.is_spoilt();
        if matches!(self.phase, Phase::Open) && self.is_read_closed && is_spoilt {
            self.partial.clear();
            self.phase = Phase::Closing(End::Spoilt);
        }
    }

    /// Ends a connection whose frame does not go on.
    fn check_frame(&mut self, now: Instant) {
        let is_late = matches!(self.phase, Phase::Open) && self.partial.is_late(now);
        match self.doubt {
            _ if !is_late => self.doubt = Doubt::None,
            Doubt::None => {
                self.doubt = Doubt::Asked;
                self.is_readable = true;
            }
            Doubt::Asked => {}
            Doubt::Read => {
                self.partial.clear();
                self.phase = Phase::Closing(End::FrameTimeout);
            }
        }
    }

    /// The reason to close it now, when there is one.
    pub(super) fn ended(&mut self, now: Instant) -> Option<End> {
        if matches!(self.phase, Phase::Closing(_))
            && self.flights.is_empty()
            && self.replies.is_empty()
            && let Phase::Closing(end) = std::mem::replace(&mut self.phase, Phase::Open)
        {
            let is_gone = matches!(end, End::ClosedByPeer);
            let linger = if is_gone { Duration::ZERO } else { LINGER_TIME };
            // Fails only when the peer is gone already, which the next read shows.
            drop(self.stream.shut_down_write());
            self.phase = Phase::Lingering(end, now + linger);
        }
        match std::mem::replace(&mut self.phase, Phase::Open) {
            Phase::Lingering(end, until) if until <= now => Some(end),
            phase => {
                self.phase = phase;
                None
            }
        }
    }

    /// Answers everything as it stands and gives it to the socket, for the end of the process.
    pub(super) fn answer_all(&mut self, metrics: &ShardMetrics, now: Instant) {
        while let Some(head) = self.flights.front() {
            head.abandon();
            self.answer_oldest(metrics, now);
        }
        self.flush(now);
    }
}
