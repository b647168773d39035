//! What a connection has shown of itself, and what it may therefore take of its shard.
//!
//! Whoever has had records published and has taken its replies again and again comes first, and is
//! read in full. Whoever has not yet, or sends what cannot be read, or reads no replies, comes
//! afterwards, in small reads and within an [allowance](super::allowance).

use crate::pipeline::{Trusted, Window};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of the first reads: some small records, which are enough to be proven by. They may inflate to
/// a thousand times as many, and whoever comes behind a crowd waits for a read of each.
const FIRST_READ: usize = 512;

/// A connection of which nothing has been published, and so many flights have been refused, is suspect.
const FRUITLESS_MAX: usize = 4;

/// Bytes of a read of a suspect: what they may inflate to takes some milliseconds.
const SUSPECT_READ: usize = 4 << 10;

/// Reads become twice as large whenever a reply of success was taken, up to this and at most the
/// shard's buffer.
const FULL_READ: usize = 1 << 30;

/// Whoever has earned reads of this size is proven. What the system takes of replies for a peer that
/// reads none does not last so far.
const PROVEN_READ: usize = 256 << 10;

/// Records refused for good, one after the other and none published between them, before a
/// connection is one that only costs time.
const REFUSED_MAX: usize = 1_000;

/// For each message that cannot be read, a connection stays suspect for so long. An honest source
/// sends none.
const SPOILT_TIME: Duration = Duration::from_secs(1);

/// At most.
const SPOILT_TIME_MAX: Duration = Duration::from_mins(10);

/// Flights of a connection that is not proven while another one is and the window is
/// [scarce](Window::is_scarce).
const STRANGERS_FLIGHTS_MAX: usize = 8;

/// Whose turn comes before whose.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Rank {
    /// Records of it were published, and it has taken its replies again and again.
    Proven,
    /// Records of it were published, and it has taken its replies so far.
    Promising,
    /// Nothing of it has been read yet.
    #[default]
    New,
    /// It has been read, and brought nothing yet, neither good nor bad.
    Unproven,
    /// It has cost time and brought nothing good.
    Suspect,
}

impl Rank {
    /// All but the proven.
    pub(super) const STRANGERS: [Self; 4] =
        [Self::New, Self::Promising, Self::Unproven, Self::Suspect];
}

/// The standing of one connection.
#[derive(Debug)]
pub(super) struct Standing {
    window: Arc<Window>,
    rank: Rank,
    /// Held as long as it is proven.
    trusted: Option<Trusted>,
    /// Flights of which all was refused, before the first record that was published.
    fruitless: usize,
    read_bytes: usize,
    /// Where in its replies one of success ends that it has not taken yet.
    success_at: Option<u64>,
    /// Refused since the last success.
    refused: usize,
    spoilt_until: Option<Instant>,
    /// The largest size of its reads at which it has wanted answers.
    wanted: usize,
}

impl Standing {
    /// Of a new connection.
    pub(super) const fn new(window: Arc<Window>) -> Self {
        Self {
            window,
            rank: Rank::New,
            trusted: None,
            fruitless: 0,
            read_bytes: FIRST_READ,
            success_at: None,
            refused: 0,
            spoilt_until: None,
            wanted: 0,
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

    /// Bytes that its next read may have, if the buffer has so many, when so many of a begun frame are
    /// missing: until it is whole they only have to be kept.
    pub(super) fn read_bytes(&self, missing: usize) -> usize {
        self.read_bytes.max(missing)
    }

    /// Whether it may hold what others wait for: it is proven, or nobody is.
    pub(super) fn is_privileged(&self) -> bool {
        self.is_proven() || !self.window.has_trusted()
    }

    /// Whether it may have another flight while so many are not answered.
    pub(super) fn may_have_more(&self, flights: usize) -> bool {
        self.is_proven() || flights < STRANGERS_FLIGHTS_MAX || !self.window.is_scarce()
    }

    /// It was read.
    pub(super) fn note_read(&mut self) {
        if self.rank == Rank::New {
            self.rank = Rank::Unproven;
        }
    }

    /// True once for each size of its reads, when it may have no more flights before the first of them
    /// are answered: they must not wait in batches for records that it may not send.
    pub(super) fn wants_answers(&mut self, flights: usize) -> bool {
        let is_held_up = !self.may_have_more(flights) && !self.is_spoilt();
        let wants = is_held_up && self.read_bytes > self.wanted;
        if wants {
            self.wanted = self.read_bytes;
        }
        wants
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
            if self.rank == Rank::Unproven && refused > 0 {
                self.fruitless += 1;
            }
            if self.refused >= REFUSED_MAX || self.fruitless >= FRUITLESS_MAX {
                self.suspect();
            }
        }
    }

    /// Its socket has taken all replies up to `taken`. True when it is proven thereby, and
    /// may be owed more.
    pub(super) fn take_replies(&mut self, taken: u64, now: Instant) -> bool {
        if self.success_at.is_none_or(|at| at > taken) {
            return false;
        }
        self.success_at = None;
        if self.spoilt_until.is_some_and(|until| now < until) {
            return false;
        }
        self.spoilt_until = None;
        self.read_bytes = (self.read_bytes * 2).min(FULL_READ);
        if self.is_proven() {
            return false;
        }
        let is_proven = self.read_bytes >= PROVEN_READ;
        if is_proven {
            self.rank = Rank::Proven;
            self.trusted = Some(self.window.trust());
        } else {
            self.rank = Rank::Promising;
        }
        is_proven
    }

    fn suspect(&mut self) {
        if self.rank != Rank::Suspect {
            // Who stays suspect must not close everybody's batches again and again.
            self.wanted = 0;
        }
        self.rank = Rank::Suspect;
        self.trusted = None;
        self.read_bytes = SUSPECT_READ;
        self.fruitless = 0;
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

    const HALF: Load = Load {
        records: 50,
        bytes: 50,
    };

    fn standing() -> Standing {
        Standing::new(window())
    }

    fn proven(now: Instant) -> Standing {
        let mut standing = standing();
        while !publish(&mut standing, now) {}
        standing
    }

    /// A record is published, and its reply taken.
    fn publish(standing: &mut Standing, now: Instant) -> bool {
        standing.answer(1, 0, 30);
        standing.take_replies(30, now)
    }

    #[test]
    fn who_takes_a_reply_of_success_is_promising() {
        let mut standing = standing();
        let now = Instant::now();
        standing.answer(2, 1, 90);
        standing.take_replies(60, now);
        assert_eq!(standing.rank(), Rank::New, "it is not taken as a whole");
        standing.take_replies(90, now);
        assert_eq!(standing.rank(), Rank::Promising);
    }

    #[test]
    fn reads_grow_with_every_reply_of_success_until_the_connection_is_proven() {
        let now = Instant::now();
        let mut standing = standing();
        let mut sizes = vec![standing.read_bytes(0)];
        while !publish(&mut standing, now) {
            assert_eq!(standing.rank(), Rank::Promising);
            sizes.push(standing.read_bytes(0));
        }
        assert_eq!(standing.rank(), Rank::Proven);
        assert_eq!((sizes[0], sizes.len()), (FIRST_READ, 9));
        assert!(sizes.windows(2).all(|pair| pair[1] == pair[0] * 2));
        assert_eq!(standing.read_bytes(0), PROVEN_READ);
    }

    #[test]
    fn whose_first_flights_are_all_refused_is_suspect_until_a_record_is_published() {
        let mut standing = standing();
        standing.note_read();
        for _ in 1..FRUITLESS_MAX {
            standing.answer(0, 1, 30);
            assert_eq!(standing.rank(), Rank::Unproven);
        }
        standing.answer(0, 1, 30);
        assert_eq!(standing.rank(), Rank::Suspect);
        publish(&mut standing, Instant::now());
        assert_eq!(standing.rank(), Rank::Promising);
    }

    #[test]
    fn whose_answers_take_long_is_not_suspect_for_that() {
        let mut standing = standing();
        for _ in 0..100 {
            standing.note_read();
            standing.answer(0, 0, 30);
        }
        assert_eq!(standing.rank(), Rank::Unproven);
    }

    #[test]
    fn a_begun_frame_is_read_to_its_end() {
        let standing = standing();
        assert_eq!(standing.read_bytes(FIRST_READ - 1), FIRST_READ);
        assert_eq!(standing.read_bytes(1 << 20), 1 << 20);
    }

    #[test]
    fn who_sends_what_cannot_be_read_is_suspect_for_a_while_whatever_else_it_sends() {
        let now = Instant::now();
        let mut standing = proven(now);
        standing.spoil(5, now);
        assert_eq!(standing.rank(), Rank::Suspect);
        assert_eq!(standing.read_bytes(0), SUSPECT_READ);
        standing.answer(1, 0, 60);
        standing.take_replies(60, now + SPOILT_TIME * 4);
        assert_eq!(standing.rank(), Rank::Suspect);
        standing.answer(1, 0, 90);
        standing.take_replies(90, now + SPOILT_TIME * 5);
        assert_eq!(standing.rank(), Rank::Promising);
    }

    #[test]
    fn no_number_of_bad_messages_spoils_for_ever() {
        let now = Instant::now();
        let mut standing = proven(now);
        standing.spoil(usize::MAX, now);
        standing.answer(1, 0, 60);
        standing.take_replies(60, now + SPOILT_TIME_MAX);
        assert_eq!(standing.rank(), Rank::Promising);
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
        assert_eq!(standing.rank(), Rank::Promising);
    }

    #[test]
    fn who_reads_no_replies_is_suspect_until_it_does() {
        let now = Instant::now();
        let mut standing = proven(now);
        standing.ignore_replies();
        assert_eq!(standing.rank(), Rank::Suspect);
        standing.answer(1, 0, 60);
        standing.take_replies(60, now);
        assert_eq!(standing.rank(), Rank::Promising);
    }

    #[test]
    fn who_may_have_no_more_flights_wants_answers_once_for_each_size_of_its_reads() {
        let now = Instant::now();
        let mut standing = standing();
        let _other = standing.window.trust();
        let _held = standing.window.admit(HALF);
        for _ in 0..3 {
            assert!(!standing.wants_answers(STRANGERS_FLIGHTS_MAX - 1));
            assert!(standing.wants_answers(STRANGERS_FLIGHTS_MAX));
            assert!(!standing.wants_answers(STRANGERS_FLIGHTS_MAX));
            publish(&mut standing, now);
        }
        standing.ignore_replies();
        assert!(
            standing.wants_answers(STRANGERS_FLIGHTS_MAX),
            "it begins anew"
        );
        standing.ignore_replies();
        assert!(!standing.wants_answers(STRANGERS_FLIGHTS_MAX), "but once");
        standing.spoil(1, now);
        assert!(!standing.wants_answers(STRANGERS_FLIGHTS_MAX));
        assert!(!proven(now).wants_answers(STRANGERS_FLIGHTS_MAX));
    }

    #[test]
    fn who_is_not_proven_has_few_flights_beside_one_that_is_when_the_window_is_in_use() {
        let stranger = standing();
        let window = Arc::clone(&stranger.window);
        let held = window.admit(HALF);
        assert!(stranger.may_have_more(STRANGERS_FLIGHTS_MAX));
        let mut other = Standing::new(Arc::clone(&stranger.window));
        while !publish(&mut other, Instant::now()) {}
        assert!(!stranger.may_have_more(STRANGERS_FLIGHTS_MAX));
        assert!(stranger.may_have_more(STRANGERS_FLIGHTS_MAX - 1));
        assert!(other.may_have_more(STRANGERS_FLIGHTS_MAX));
        drop(held);
        assert!(stranger.may_have_more(STRANGERS_FLIGHTS_MAX));
        let _held = window.admit(HALF);
        drop(other);
        assert!(stranger.may_have_more(STRANGERS_FLIGHTS_MAX));
    }
}
