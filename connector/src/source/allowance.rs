//! How much of a shard's time those may take who have shown nothing yet, or nothing good.
//!
//! As long as nobody else has anything to do they may take all of it. While somebody proven is at
//! work, they have a tenth: half of it is for those of whom nothing bad is known.

use super::standing::Rank;
use std::time::{Duration, Instant};

/// Those of whom nothing bad is known have one part in so many, and so have the others.
const PARTS: u32 = 20;

/// Somebody is at work who was so lately.
const WORK_TIME: Duration = Duration::from_secs(1);

/// What strangers have not used of their part for so long they can still use: longer than it takes to
/// go round those who are proven.
const SAVED: Duration = Duration::from_millis(100);

/// No turn has to be paid for longer, however long it took: the process may have been suspended.
const DEBT_MAX: Duration = Duration::from_secs(1);

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
    /// What strangers have used is theirs at this time: those of whom nothing bad is known, and the
    /// others.
    paid_at: [Instant; 2],
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
            paid_at: [now; 2],
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
        for paid_at in &mut self.paid_at {
            *paid_at = if is_contested {
                (*paid_at).clamp(earliest, now + DEBT_MAX)
            } else {
                earliest
            };
        }
    }

    /// Whether the turns of strangers may go on now.
    pub(super) fn is_in_slice(&self, now: Instant) -> bool {
        self.slice_end.is_none_or(|end| now <= end)
    }

    /// Takes the next turn of those that are left and have time, and tells of which rank it is.
    pub(super) fn take(&mut self, left: &mut Strangers, now: Instant) -> Option<Rank> {
        let paid_at = self.paid_at;
        let ranks = Rank::STRANGERS.into_iter().zip(&self.served).zip(left);
        let waiting =
            ranks.filter(|((rank, _), left)| **left > 0 && paid_at[account(*rank)] <= now);
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
            self.paid_at[account(rank)] += time * PARTS;
        }
    }

    /// How long these have to wait for the next turn of one of them.
    pub(super) fn wait(&self, waiting: &Strangers, now: Instant) -> Duration {
        let ranks = Rank::STRANGERS.into_iter().zip(waiting);
        let waiting = ranks.filter(|(_, count)| **count > 0);
        let Some(paid_at) = waiting.map(|(rank, _)| self.paid_at[account(rank)]).min() else {
            return Duration::ZERO;
        };
        if paid_at <= now {
            return Duration::ZERO;
        }
        (paid_at + PAUSE)
            .min(self.contested_until)
            .saturating_duration_since(now)
    }
}

/// Which part of the time is a rank's.
const fn account(rank: Rank) -> usize {
    match rank {
        Rank::Proven | Rank::Promising | Rank::New => 0,
        Rank::Unproven | Rank::Suspect => 1,
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
            while allowance.take(&mut [0, 0, 0, 1], now).is_some() && allowance.is_in_slice(now) {
                now += turn;
                served += turn;
                allowance.spend(Rank::Suspect, turn);
            }
            now += allowance.wait(&[0, 0, 0, 1], now).max(MS / 2);
        }
        served
    }

    fn contested(now: Instant) -> Allowance {
        let mut allowance = Allowance::new(now);
        allowance.contest(now + WORK_TIME);
        allowance
    }

    #[test]
    fn beside_somebody_proven_suspects_have_a_twentieth_of_the_time_however_long_their_turns() {
        let now = Instant::now();
        for turn in [MS / 50, MS, 5 * MS, 16 * MS] {
            let served = served(contested(now), now, turn);
            let part = Duration::from_millis(50);
            assert!(
                (part * 8 / 10..=part * 12 / 10 + turn).contains(&served),
                "turns of {turn:?}: {served:?}"
            );
        }
    }

    #[test]
    fn a_costly_turn_of_a_suspect_keeps_nobody_waiting_of_whom_nothing_bad_is_known() {
        let now = Instant::now();
        let mut allowance = contested(now);
        allowance.begin(now);
        allowance.spend(Rank::Suspect, 50 * MS);
        assert_eq!(allowance.take(&mut [0, 0, 0, 1], now), None);
        assert_eq!(
            allowance.take(&mut [0, 1, 0, 1], now),
            Some(Rank::Promising)
        );
        assert_eq!(allowance.wait(&[1, 0, 0, 1], now), Duration::ZERO);
    }

    #[test]
    fn a_pause_of_the_process_is_not_paid_for() {
        let now = Instant::now();
        let mut allowance = contested(now);
        allowance.begin(now);
        allowance.spend(Rank::Suspect, 60_000 * MS);
        let now = now + 60_000 * MS;
        allowance.contest(now);
        allowance.begin(now);
        assert_eq!(allowance.wait(&[0, 0, 0, 1], now), DEBT_MAX.min(WORK_TIME));
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
        assert_eq!(allowance.take(&mut [0, 0, 0, 1], now), None);
        let next = now + allowance.wait(&[0, 0, 0, 1], now);
        allowance.begin(next);
        assert!(allowance.take(&mut [0, 0, 0, 1], next).is_some());
    }

    #[test]
    fn what_was_used_is_forgiven_when_nobody_else_is_at_work_any_more() {
        let begin = Instant::now();
        let mut allowance = contested(begin);
        allowance.begin(begin);
        let now = begin + 500 * MS;
        allowance.spend(Rank::Suspect, 500 * MS);
        let rest = begin + 2 * WORK_TIME;
        assert_eq!(now + allowance.wait(&[0, 0, 0, 1], now), rest);
        allowance.begin(rest);
        assert!(allowance.take(&mut [0, 0, 0, 1], rest).is_some());
    }

    #[test]
    fn each_rank_is_served_for_as_long_as_each_other_and_those_with_short_turns_more_often() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        allowance.begin(now);
        let turns = [MS / 10, MS / 2, MS, 5 * MS];
        let mut served = [Duration::ZERO; 4];
        for _ in 0..10_000 {
            let rank = allowance.take(&mut [1; 4], now).unwrap();
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
        allowance.begin(now);
        allowance.spend(Rank::Suspect, 1_000 * MS);
        let mut turns = 0;
        while allowance.take(&mut [1, 0, 0, 1], now) == Some(Rank::New) {
            allowance.spend(Rank::New, MS);
            turns += 1;
        }
        assert!(turns > 1_000 && turns < 1_010, "{turns}");
        while allowance.take(&mut [0, 0, 0, 1], now).is_some() && turns < 2_000 {
            allowance.spend(Rank::Suspect, MS);
            turns += 1;
        }
        let mut overtaken = 0;
        while allowance.take(&mut [1, 0, 0, 1], now) == Some(Rank::New) {
            allowance.spend(Rank::New, MS);
            overtaken += 1;
        }
        assert!(overtaken * MS <= HEAD_START_MAX + MS, "{overtaken}");
    }

    #[test]
    fn turns_of_a_round_are_taken_until_none_is_left() {
        let now = Instant::now();
        let mut allowance = Allowance::new(now);
        allowance.begin(now);
        let mut left = [1, 0, 0, 2];
        let taken = [(); 4].map(|()| allowance.take(&mut left, now));
        let suspect = Some(Rank::Suspect);
        assert_eq!(taken, [Some(Rank::New), suspect, suspect, None]);
    }
}
