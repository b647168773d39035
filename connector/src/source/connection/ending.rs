//! Why and how a connection ends.

use super::Connection;
use crate::pipeline::Load;
use crate::source::partial::FRAME_TIME;
use crate::source::replies::Replies;
use crate::source::stream::Stream;
use aeroduct_wire::FrameError;
use std::io;
use std::time::{Duration, Instant};

/// A peer that takes none of its replies for so long is disconnected (13.34).
const REPLY_TIME: Duration = Duration::from_secs(10);

/// A peer that takes none of its replies for so long is not ahead of others any more: longer than the
/// way there and back.
const REPLY_PATIENCE: Duration = Duration::from_millis(500);

/// How long a broken connection is read and ignored, so that its last replies are not
/// destroyed by the reset that closing over unread bytes would send.
const LINGER_TIME: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
pub(in crate::source) enum End {
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

impl End {
    /// Whether it is a fault of the peer's. Peers come and go: only of those is it worth a word.
    pub(in crate::source) const fn is_fault(&self) -> bool {
        match self {
            Self::Broken(_) | Self::FrameTimeout | Self::ReplyTimeout => true,
            Self::ClosedByPeer
            | Self::Spoilt
            | Self::Fail(_)
            | Self::Aged
            | Self::Idle
            | Self::Drained => false,
        }
    }
}

#[derive(Debug)]
pub(super) enum Phase {
    Open,
    /// Nothing more is read; it ends when all is answered.
    Closing(End),
    /// All is answered; what the peer still sends is ignored until this moment.
    Lingering(End, Instant),
}

/// A frame seems to be late. A shard that is busy may only be late to read, so that is believed when
/// the socket has been read since.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Doubt {
    #[default]
    None,
    /// The next turn is to read.
    Asked,
    /// It has.
    Read,
}

impl<T: Stream> Connection<T> {
    /// The peer is gone in both directions. What it had still sent is not read: the source has
    /// the same records on their way over another connection, and newer ones behind them.
    pub(in crate::source) fn on_reset(&mut self, now: Instant) {
        let error = self.stream.take_error().ok().flatten();
        let error = error.unwrap_or_else(|| io::ErrorKind::ConnectionReset.into());
        self.fail(End::Fail(error), now);
    }

    /// Ends at once, whatever is unanswered: the source sends it again.
    pub(super) fn fail(&mut self, end: End, now: Instant) {
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
    pub(in crate::source) fn check_time(&mut self, now: Instant) {
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
    pub(in crate::source) fn ended(&mut self, now: Instant) -> Option<End> {
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
}
