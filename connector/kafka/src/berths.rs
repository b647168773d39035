//! How many batches are under way at a time.
//!
//! librdkafka sends one request per partition, and has five at most under way to a broker, as it
//! must for idempotence. What else it is given waits inside it and grows no more. With many
//! partitions it is better to keep the rest here, where every record that comes makes its
//! partition's next batch larger.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// How many batches may be under way while others wait. A broker at hand answers within a few
/// milliseconds, so these keep it busy.
const BERTHS: usize = 48;

/// After this time a batch does not count any more: its broker is far, slow or away, and it must
/// not hold up partitions of others.
const PATIENCE: Duration = Duration::from_millis(10);

/// Lets partitions hand over batches, in the order in which they asked.
#[derive(Debug, Default)]
pub(crate) struct Berths {
    state: Mutex<State>,
    is_sought: AtomicBool,
}

/// The right of a partition to have a batch under way, until it is given back.
#[derive(Debug)]
#[must_use = "a berth that is not given back is missed for a while"]
pub(crate) struct Berth {
    number: u64,
}

#[derive(Debug, Default)]
struct State {
    /// The berths that count, by number, and some between them that do not. No more than are
    /// taken within [`PATIENCE`].
    taken: VecDeque<Taken>,
    /// The number of the first of them.
    first: u64,
    /// How many count.
    count: usize,
    /// Partitions without a berth, by number in the producer; each is in here at most once.
    queue: VecDeque<u32>,
}

#[derive(Debug)]
struct Taken {
    until: Instant,
    is_back: bool,
}

impl Berths {
    /// A berth, or `None`: then the partition's turn comes with [`Berths::next`].
    pub(crate) fn take(&self, partition: u32, now: Instant) -> Option<Berth> {
        let mut state = lock(&self.state);
        if state.queue.is_empty()
            && let Some(berth) = state.assign(now)
        {
            return Some(berth);
        }
        state.queue.push_back(partition);
        self.is_sought.store(true, Ordering::Relaxed);
        None
    }

    pub(crate) fn give_back(&self, Berth { number }: Berth) {
        let mut state = lock(&self.state);
        let index = number.checked_sub(state.first);
        let taken = index.and_then(|index| state.taken.get_mut(usize::try_from(index).ok()?));
        if let Some(taken) = taken {
            taken.is_back = true;
            state.count -= 1;
        }
    }

    /// The partition whose turn it is, and its berth.
    pub(crate) fn next(&self, now: Instant) -> Option<(u32, Berth)> {
        if !self.are_sought() {
            return None;
        }
        let mut state = lock(&self.state);
        if state.queue.is_empty() {
            self.is_sought.store(false, Ordering::Relaxed);
            return None;
        }
        let berth = state.assign(now)?;
        Some((state.queue.pop_front()?, berth))
    }

    /// Whether partitions wait for a berth.
    pub(crate) fn are_sought(&self) -> bool {
        self.is_sought.load(Ordering::Relaxed)
    }

    /// When to look at [`Berths::next`] although no berth has been given back.
    pub(crate) fn due(&self) -> Option<Instant> {
        if !self.are_sought() {
            return None;
        }
        let state = lock(&self.state);
        let mut counting = state.taken.iter().filter(|taken| !taken.is_back);
        counting.next().map(|taken| taken.until)
    }
}

impl State {
    fn assign(&mut self, now: Instant) -> Option<Berth> {
        self.forget(now);
        if self.count == BERTHS {
            return None;
        }
        let number = self.first + self.taken.len() as u64;
        self.count += 1;
        self.taken.push_back(Taken {
            until: now + PATIENCE,
            is_back: false,
        });
        Some(Berth { number })
    }

    /// Forgets berths from the oldest on, as far as they do not count.
    fn forget(&mut self, now: Instant) {
        while let Some(oldest) = self.taken.front() {
            if !oldest.is_back {
                if oldest.until > now {
                    return;
                }
                self.count -= 1;
            }
            self.taken.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full(now: Instant) -> (Berths, Vec<Berth>) {
        let berths = Berths::default();
        let taken = (0..BERTHS).map_while(|_| berths.take(1, now)).collect();
        (berths, taken)
    }

    #[test]
    fn whoever_comes_too_late_gets_its_turn_in_order() {
        let now = Instant::now();
        let (berths, mut taken) = full(now);
        assert_eq!(taken.len(), BERTHS);
        assert!(berths.take(7, now).is_none());
        assert!(berths.take(8, now).is_none());
        assert!(berths.next(now).is_none());

        berths.give_back(taken.remove(3));
        assert!(berths.take(9, now).is_none(), "others wait already");
        let (partition, _berth) = berths.next(now).unwrap();
        assert_eq!(partition, 7);
        assert!(berths.next(now).is_none());
        assert!(berths.are_sought());
    }

    #[test]
    fn a_batch_that_takes_long_does_not_hold_up_others() {
        let start = Instant::now();
        let (berths, slow) = full(start);
        let later = start + PATIENCE;
        assert!(berths.take(7, start).is_none());
        assert_eq!(berths.due(), Some(later));

        let (partition, berth) = berths.next(later).unwrap();
        assert_eq!(partition, 7);
        assert!(berths.next(later).is_none() && !berths.are_sought());
        // What comes back late is not counted twice.
        for berth in slow {
            berths.give_back(berth);
        }
        let more: Vec<_> = (0..BERTHS).map_while(|_| berths.take(1, later)).collect();
        assert_eq!(more.len(), BERTHS - 1);
        berths.give_back(berth);
        assert!(berths.take(1, later).is_none(), "after the one that waits");
        assert!(berths.next(later).is_some());
    }

    #[test]
    fn what_is_kept_is_bounded_by_what_is_under_way() {
        let now = Instant::now();
        let (berths, mut taken) = full(now);
        for _ in 0..10 * BERTHS {
            berths.give_back(taken.remove(0));
            taken.extend(berths.take(1, now));
        }
        assert_eq!(taken.len(), BERTHS);
        assert_eq!(lock(&berths.state).taken.len(), BERTHS);
    }
}
