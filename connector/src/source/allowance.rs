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

/// What strangers have not used of their part for so long they can still use: longer than it takes to
/// go round those who are proven.
const SAVED: Duration = Duration::from_millis(100);

/// When they have used all, they wait for this much more than their next turn needs, or they would be
/// woken for each.
const PAUSE: Duration = Duration::from_millis(10);

/// When nobody else is at work strangers get this much at a time, so that somebody proven who comes
/// back does not wait for all of them.
const SLICE: Duration = Duration::from_millis(2);

/// Each rank of strangers is served for as long as each other one, so that those overtake whose turns
/// cost little, and never shut the others out. So much a rank can use later of what it has not used.
const HEAD_START_MAX: Duration = Duration::from_millis(50);

/// The time of strangers in one shard.
#[derive(Debug)]
pub(super) struct Allowance {
    /// What strangers have used is theirs at this time.
    paid_at: Instant,
    /// Up to here somebody proven counts as being at work.
    contested_until: Instant,
    slice_end: Option<Instant>,
    /// How long each rank was served.
    served: [Duration; Rank::STRANGERS.len()],
}

/// Turns of the ranks of strangers.
pub(super) type Strangers = [usize; Rank::STRANGERS.len()];

impl Allowance {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            paid_at: now,
            contested_until: now,
            slice_end: None,
            served: [Duration::ZERO; Rank::STRANGERS.len()],
        }
    }

    /// Somebody proven was at work at this time.
    pub(super) fn contest(&mut self, at: Instant) {
        self.contested_until = self.contested_until.max(at + WORK_TIME);
    }

    /// The turns of strangers begin.
    pub(super) fn begin(&mut self, now: Instant) {
        let is_contested = now < self.contested_until;
        self.slice_end = (!is_contested).then_some(now + SLICE);
        // Nothing is saved for ever, and alone nothing has to be paid.
        let earliest = now.checked_sub(SAVED).unwrap_or(now);
        self.paid_at = if is_contested {
            self.paid_at.max(earliest)
        } else {
            earliest
        };
    }

    /// Whether one more stranger may have a turn now.
    pub(super) fn has_time(&self, now: Instant) -> bool {
        let is_in_slice = self.slice_end.is_none_or(|end| now <= end);
        is_in_slice && self.paid_at <= now
    }

    /// Takes the next turn of those that are left, and tells of which rank it is.
    pub(super) fn take(&mut self, left: &mut Strangers) -> Option<Rank> {
        let ranks = Rank::STRANGERS.into_iter().zip(&self.served).zip(left);
        let waiting = ranks.filter(|(_, left)| **left > 0);
        let ((rank, served), left) = waiting.min_by_key(|((_, served), _)| **served)?;
        *left -= 1;
        let least = served.saturating_sub(HEAD_START_MAX);
        for served in &mut self.served {
            *served = least.max(*served);
        }
        Some(rank)
    }

    /// A turn of a stranger of this rank took so long.
    pub(super) fn spend(&mut self, rank: Rank, time: Duration) {
        for (of, served) in Rank::STRANGERS.into_iter().zip(&mut self.served) {
            if of == rank {
                *served += time;
            }
        }
        let is_contested = self.slice_end.is_none();
        if is_contested {
            self.paid_at += time * PARTS;
        }
    }

    /// How long strangers have to wait for their next turn.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        if self.paid_at <= now {
            return Duration::ZERO;
        }
        (self.paid_at + PAUSE)
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
                allowance.spend(Rank::Suspect, turn);
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
        allowance.spend(Rank::Suspect, 20 * MS);
        assert!(!allowance.has_time(now));
        let next = now + allowance.wait(now);
        allowance.begin(next);
        assert!(allowance.has_time(next));
    }

    #[test]
    fn what_was_used_is_forgiven_when_nobody_else_is_at_work_any_more() {
        let begin = Instant::now();
        let mut allowance = contested(begin);
        allowance.begin(begin);
        let now = begin + 500 * MS;
        allowance.spend(Rank::Suspect, 500 * MS);
        let rest = begin + 2 * WORK_TIME;
        assert_eq!(now + allowance.wait(now), rest);
        allowance.begin(rest);
        assert!(allowance.has_time(rest));
    }

    #[test]
    fn each_rank_is_served_for_as_long_as_each_other_and_those_with_short_turns_more_often() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        let turns = [MS / 10, MS / 2, MS, 5 * MS];
        let mut served = [Duration::ZERO; 4];
        for _ in 0..10_000 {
            let rank = allowance.take(&mut [1; 4]).unwrap();
            let index = Rank::STRANGERS.iter().position(|of| *of == rank).unwrap();
            served[index] += turns[index];
            allowance.spend(rank, turns[index]);
        }
        let [least, most] = [served.iter().min(), served.iter().max()].map(Option::unwrap);
        assert!(*most <= *least + 5 * MS, "{served:?}");
    }

    #[test]
    fn a_rank_that_was_not_there_for_long_does_not_shut_out_the_others() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        allowance.spend(Rank::Suspect, 1_000 * MS);
        let mut turns = 0;
        while allowance.take(&mut [1, 0, 0, 1]) == Some(Rank::New) {
            allowance.spend(Rank::New, MS);
            turns += 1;
        }
        assert!(turns > 1_000 && turns < 1_010, "{turns}");
        while allowance.take(&mut [0, 0, 0, 1]).is_some() && turns < 2_000 {
            allowance.spend(Rank::Suspect, MS);
            turns += 1;
        }
        let mut overtaken = 0;
        while allowance.take(&mut [1, 0, 0, 1]) == Some(Rank::New) {
            allowance.spend(Rank::New, MS);
            overtaken += 1;
        }
        assert!(overtaken * MS <= HEAD_START_MAX + MS, "{overtaken}");
    }

    #[test]
    fn turns_of_a_round_are_taken_until_none_is_left() {
        let mut allowance = Allowance::new(Instant::now());
        let mut left = [1, 0, 0, 2];
        let taken = [(); 4].map(|()| allowance.take(&mut left));
        let suspect = Some(Rank::Suspect);
        assert_eq!(taken, [Some(Rank::New), suspect, suspect, None]);
    }
}
