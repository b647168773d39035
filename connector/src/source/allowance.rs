//! How much of a shard's time those may take who have shown nothing yet, or nothing good.
//!
//! As long as nobody else has anything to do they may take all of it. While somebody proven is at
//! work, they share a tenth.

use super::standing::Rank;
use std::time::{Duration, Instant};

/// Strangers' time is one part in so many.
const PARTS: u32 = 10;

/// Somebody is at work who was so lately.
const WORK_TIME: Duration = Duration::from_secs(1);

/// What strangers have left of their part for so long they can still use, at once.
const SAVED: Duration = Duration::from_millis(10);

/// Even when nobody else is at work strangers get no more than this at a time, so that somebody
/// proven who comes back does not wait for all of them.
const SLICE: Duration = Duration::from_millis(2);

/// New connections are served for as long as suspects were, and what they have not used up to this
/// they can use later: so they overtake suspects, whose turns cost more, and never shut them out.
const HEAD_START_MAX: Duration = Duration::from_millis(50);

/// The time of strangers in one shard.
#[derive(Debug)]
pub(super) struct Allowance {
    /// What strangers have used is theirs at this time.
    paid_at: Instant,
    /// Up to here somebody proven counts as being at work.
    contested_until: Instant,
    slice_end: Instant,
    /// How much longer suspects were served than new connections.
    head_start: Duration,
}

impl Allowance {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            paid_at: now,
            contested_until: now,
            slice_end: now,
            head_start: HEAD_START_MAX,
        }
    }

    /// Somebody proven is at work.
    pub(super) fn contest(&mut self, now: Instant) {
        self.contested_until = now + WORK_TIME;
    }

    /// The turns of strangers begin.
    pub(super) fn begin(&mut self, now: Instant) {
        self.slice_end = now + SLICE;
        if now >= self.contested_until {
            self.paid_at = now;
        }
    }

    /// Whether one more stranger may have a turn now.
    pub(super) fn has_time(&self, now: Instant) -> bool {
        now <= self.slice_end && self.paid_at <= now + SAVED
    }

    /// Which strangers come first.
    pub(super) const fn first(&self) -> Rank {
        if self.head_start.is_zero() {
            Rank::Suspect
        } else {
            Rank::New
        }
    }

    /// A stranger's turn took so long, up to `now`.
    pub(super) fn spend(&mut self, rank: Rank, time: Duration, now: Instant) {
        self.head_start = match rank {
            Rank::Suspect => (self.head_start + time).min(HEAD_START_MAX),
            Rank::New | Rank::Proven => self.head_start.saturating_sub(time),
        };
        if now < self.contested_until {
            let begun = now.checked_sub(time).unwrap_or(now);
            self.paid_at = self.paid_at.max(begun) + time * PARTS;
        }
    }

    /// How long strangers have to wait for their next turn.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        if now >= self.contested_until || self.paid_at <= now + SAVED {
            return Duration::ZERO;
        }
        // Until some has been saved, or they would be woken for every turn.
        self.paid_at
            .min(self.contested_until)
            .saturating_duration_since(now)
    }
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// How long strangers were served whose turns last so long, and how often, in a second in which
    /// the shard comes round every half millisecond at the latest.
    fn served(mut allowance: Allowance, begin: Instant, turn: Duration) -> Duration {
        let (mut now, mut served) = (begin, Duration::ZERO);
        while now < begin + Duration::from_secs(1) {
            allowance.begin(now);
            while allowance.has_time(now) {
                now += turn;
                served += turn;
                allowance.spend(Rank::Suspect, turn, now);
            }
            now += allowance.wait(now).max(MS / 2);
        }
        served
    }

    fn contested(now: Instant) -> Allowance {
        let mut allowance = Allowance::new(now);
        allowance.contest(now + WORK_TIME);
        allowance
    }

    #[test]
    fn beside_somebody_proven_strangers_have_a_tenth_of_the_time_however_long_their_turns() {
        let now = Instant::now();
        for turn in [MS / 50, MS, 5 * MS, 16 * MS] {
            let served = served(contested(now), now, turn);
            let tenth = Duration::from_millis(100);
            assert!(
                (tenth * 8 / 10..=tenth * 12 / 10 + turn).contains(&served),
                "turns of {turn:?}: {served:?}"
            );
        }
    }

    #[test]
    fn alone_strangers_have_all_the_time_in_slices() {
        let now = Instant::now();
        let served = served(Allowance::new(now), now, MS / 10);
        assert!(served > Duration::from_millis(750), "{served:?}");
    }

    #[test]
    fn a_stranger_gets_its_turn_however_long_the_one_before_it_took() {
        let begin = Instant::now();
        let mut allowance = contested(begin);
        allowance.begin(begin);
        let now = begin + 20 * MS;
        allowance.spend(Rank::Suspect, 20 * MS, now);
        assert!(!allowance.has_time(now));
        let next = now + allowance.wait(now);
        allowance.begin(next);
        assert!(allowance.has_time(next));
    }

    #[test]
    fn what_was_used_is_forgiven_when_nobody_else_is_at_work_any_more() {
        let begin = Instant::now();
        let mut allowance = contested(begin);
        let now = begin + 500 * MS;
        allowance.spend(Rank::Suspect, 500 * MS, now);
        let rest = begin + 2 * WORK_TIME;
        assert_eq!(now + allowance.wait(now), rest);
        allowance.begin(rest);
        assert!(allowance.has_time(rest));
    }

    #[test]
    fn new_connections_are_served_for_as_long_as_suspects() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        let mut served = [Duration::ZERO; 2];
        for _ in 0..10_000 {
            let rank = allowance.first();
            let (index, time) = if rank == Rank::New {
                (0, MS / 10)
            } else {
                (1, 5 * MS)
            };
            served[index] += time;
            allowance.spend(rank, time, now);
        }
        let [new, suspects] = served;
        assert!(
            new >= suspects && new <= suspects + HEAD_START_MAX,
            "{served:?}"
        );
    }
}
