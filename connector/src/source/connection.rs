//! One connection of a source: bytes in, flights in arrival order, replies out.

mod answering;
mod ending;
mod reading;

pub(super) use ending::End;

use super::lifetime::Lifetime;
use super::mailbox::Bell;
use super::partial::{LongFrames, Partial};
use super::replies::Replies;
use super::standing::{Rank, Standing};
use super::stream::Stream;
use crate::pipeline::{Flight, Load, Origin, Wake};
use ending::{Doubt, Phase};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

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
}
