//! What a connection has shown of itself, and what it may therefore take of its shard.
//!
//! Whoever has had a record published and takes its replies comes first, and is read in full. Whoever
//! has not yet, or sends what cannot be read, or reads no replies, comes afterwards, in small reads
//! and within an [allowance](super::allowance).

use crate::pipeline::{Trusted, Window};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of the first read, and of all reads up to the first record that is published: some hundred
/// small records, and when they are compressed little enough to be inflated in some milliseconds.
const FIRST_READ: usize = 16 << 10;

/// Bytes of a read of a suspect, which may inflate to a thousand times as many.
const SUSPECT_READ: usize = 4 << 10;

/// Reads become twice as large whenever replies were taken, up to this and at most the shard's
/// buffer.
const FULL_READ: usize = 1 << 30;

/// Reads of this size have been earned by replies that were taken several times: what waits for such
/// a peer in the system may be more, too.
const STEADY_READ: usize = 256 << 10;

/// Records refused for good, one after the other and none published between them, before a
/// connection is one that only costs time.
const REFUSED_MAX: usize = 1_000;

/// For each message that cannot be read, a connection stays suspect for so long. An honest source
/// sends none.
const SPOILT_TIME: Duration = Duration::from_secs(1);

/// At most.
const SPOILT_TIME_MAX: Duration = Duration::from_mins(10);

/// Flights of a connection that has not yet had a reply of success, or is suspect.
const STRANGERS_FLIGHTS_MAX: usize = 2;

/// Whose turn comes before whose.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Rank {
    /// Records of it were published, and it takes its replies.
    Proven,
    /// Nothing is known of it yet.
    #[default]
    New,
    /// It has cost time and brought nothing.
    Suspect,
}

/// The standing of one connection.
#[derive(Debug)]
pub(super) struct Standing {
    window: Arc<Window>,
    rank: Rank,
    /// Held as long as it is proven.
    trusted: Option<Trusted>,
    read_bytes: usize,
    /// Where in its replies one of success ends that it has not taken yet.
    success_at: Option<u64>,
    /// Refused since the last success.
    refused: usize,
    spoilt_until: Option<Instant>,
}

impl Standing {
    /// Of a new connection.
    pub(super) const fn new(window: Arc<Window>) -> Self {
        Self {
            window,
            rank: Rank::New,
            trusted: None,
            read_bytes: FIRST_READ,
            success_at: None,
            refused: 0,
            spoilt_until: None,
        }
    }

    pub(super) const fn rank(&self) -> Rank {
        self.rank
    }

    pub(super) const fn is_proven(&self) -> bool {
        matches!(self.rank, Rank::Proven)
    }

    /// True when it has sent what cannot be read, and nothing good since that time is over.
    pub(super) const fn is_spoilt(&self) -> bool {
        self.spoilt_until.is_some()
    }

    /// Bytes that its next read may have, if the buffer has so many.
    pub(super) const fn read_bytes(&self) -> usize {
        self.read_bytes
    }

    /// Whether it may have another flight while so many are not answered.
    pub(super) const fn may_have_more(&self, flights: usize) -> bool {
        self.is_proven() || flights < STRANGERS_FLIGHTS_MAX
    }

    /// It has sent so many messages that cannot be read.
    pub(super) fn spoil(&mut self, messages: usize, now: Instant) {
        let more = SPOILT_TIME.saturating_mul(u32::try_from(messages).unwrap_or(u32::MAX));
        let until = self.spoilt_until.map_or(now, |until| until.max(now)) + more;
        self.spoilt_until = Some(until.min(now + SPOILT_TIME_MAX));
        self.suspect();
    }

    /// Its socket has taken no replies for some time.
    pub(super) fn ignore_replies(&mut self) {
        self.suspect();
    }

    /// Replies were made for it, so many of success and so many of refusal; `owed` is where they end.
    pub(super) fn answer(&mut self, success: usize, refused: usize, owed: u64) {
        if success > 0 {
            self.refused = 0;
            self.success_at.get_or_insert(owed);
        } else {
            self.refused = self.refused.saturating_add(refused);
            if self.refused >= REFUSED_MAX {
                self.suspect();
            }
        }
    }

    /// Its socket has taken all replies up to `taken`. True when it has become one that may be owed
    /// more.
    pub(super) fn take_replies(&mut self, taken: u64, now: Instant) -> bool {
        if self.success_at.is_none_or(|at| at > taken) {
            return false;
        }
        self.success_at = None;
        if self.spoilt_until.is_some_and(|until| now < until) {
            return false;
        }
        self.spoilt_until = None;
        if self.trusted.is_none() {
            self.trusted = Some(self.window.trust());
            self.rank = Rank::Proven;
            self.read_bytes = FIRST_READ;
        }
        let before = self.read_bytes;
        self.read_bytes = (before * 2).min(FULL_READ);
        before < STEADY_READ && self.read_bytes >= STEADY_READ
    }

    fn suspect(&mut self) {
        self.rank = Rank::Suspect;
        self.trusted = None;
        self.read_bytes = SUSPECT_READ;
        self.success_at = None;
    }
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests {
    use super::*;
    use crate::pipeline::Load;

    fn window() -> Arc<Window> {
        Arc::new(Window::new(Load {
            records: 100,
            bytes: 100,
        }))
    }

    fn standing() -> Standing {
        Standing::new(window())
    }

    fn proven(now: Instant) -> Standing {
        let mut standing = standing();
        standing.answer(1, 0, 30);
        standing.take_replies(30, now);
        standing
    }

    #[test]
    fn who_takes_a_reply_of_success_is_proven() {
        let mut standing = standing();
        let now = Instant::now();
        standing.answer(2, 1, 90);
        assert!(!standing.take_replies(60, now));
        assert_eq!(
            standing.rank(),
            Rank::New,
            "the reply is not taken as a whole"
        );
        standing.take_replies(90, now);
        assert_eq!(standing.rank(), Rank::Proven);
    }

    #[test]
    fn reads_grow_with_every_reply_that_is_taken_and_then_more_may_be_owed() {
        let now = Instant::now();
        let mut standing = standing();
        let mut sizes = Vec::new();
        let mut steady = Vec::new();
        for round in 1..=5 {
            sizes.push(standing.read_bytes() >> 10);
            standing.answer(1, 0, round * 30);
            steady.push(standing.take_replies(round * 30, now));
        }
        assert_eq!(sizes, [16, 32, 64, 128, 256]);
        assert_eq!(steady, [false, false, false, true, false]);
    }

    #[test]
    fn who_sends_what_cannot_be_read_is_suspect_for_a_while_whatever_else_it_sends() {
        let now = Instant::now();
        let mut standing = proven(now);
        standing.spoil(5, now);
        assert_eq!(standing.rank(), Rank::Suspect);
        assert!(standing.read_bytes() < FIRST_READ);
        standing.answer(1, 0, 60);
        standing.take_replies(60, now + SPOILT_TIME * 4);
        assert_eq!(standing.rank(), Rank::Suspect);
        standing.answer(1, 0, 90);
        standing.take_replies(90, now + SPOILT_TIME * 5);
        assert_eq!(standing.rank(), Rank::Proven);
    }

    #[test]
    fn no_number_of_bad_messages_spoils_for_ever() {
        let now = Instant::now();
        let mut standing = proven(now);
        standing.spoil(usize::MAX, now);
        standing.answer(1, 0, 60);
        standing.take_replies(60, now + SPOILT_TIME_MAX);
        assert_eq!(standing.rank(), Rank::Proven);
    }

    #[test]
    fn who_brings_nothing_but_refused_records_is_suspect_until_one_is_published() {
        let now = Instant::now();
        let mut standing = proven(now);
        standing.answer(0, REFUSED_MAX - 1, 60);
        assert_eq!(standing.rank(), Rank::Proven);
        standing.answer(0, 1, 90);
        assert_eq!(standing.rank(), Rank::Suspect);
        standing.answer(1, 10, 120);
        standing.take_replies(120, now);
        assert_eq!(standing.rank(), Rank::Proven);
    }

    #[test]
    fn who_reads_no_replies_is_suspect_until_it_does() {
        let now = Instant::now();
        let mut standing = proven(now);
        standing.ignore_replies();
        assert_eq!(standing.rank(), Rank::Suspect);
        standing.answer(1, 0, 60);
        standing.take_replies(60, now);
        assert_eq!(standing.rank(), Rank::Proven);
    }

    #[test]
    fn who_is_not_proven_has_few_flights() {
        let standing = standing();
        assert!(standing.may_have_more(STRANGERS_FLIGHTS_MAX - 1));
        assert!(!standing.may_have_more(STRANGERS_FLIGHTS_MAX));
        assert!(proven(Instant::now()).may_have_more(STRANGERS_FLIGHTS_MAX));
    }
}
