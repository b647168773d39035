//! When which partition wants to be looked at again.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Mutex;
use std::time::Instant;

use crate::sync::lock;

/// Partitions (by number in the producer) and the times at which they ask for a look.
/// A partition has at most one entry, so the size is bounded by their number.
#[derive(Debug, Default)]
pub(crate) struct Alarms(Mutex<BinaryHeap<Reverse<(Instant, u32)>>>);

impl Alarms {
    /// Notes an alarm. Returns whether it is now the first one, so that whoever waits for
    /// the first must be woken.
    pub(crate) fn set(&self, due: Instant, partition: u32) -> bool {
        let mut alarms = lock(&self.0);
        let is_first = alarms.peek().is_none_or(|Reverse((first, _))| due < *first);
        alarms.push(Reverse((due, partition)));
        is_first
    }

    /// When the first alarm is due.
    pub(crate) fn first(&self) -> Option<Instant> {
        lock(&self.0).peek().map(|Reverse((due, _))| *due)
    }

    /// Takes the next alarm that is due by `now`.
    pub(crate) fn take_due(&self, now: Instant) -> Option<u32> {
        let mut alarms = lock(&self.0);
        let &Reverse((due, partition)) = alarms.peek()?;
        if due > now {
            return None;
        }
        alarms.pop();
        Some(partition)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn alarms_come_in_the_order_of_their_times_and_not_early() {
        let alarms = Alarms::default();
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        assert!(alarms.set(after(20), 2));
        assert!(!alarms.set(after(30), 3));
        assert!(alarms.set(after(10), 1));
        assert_eq!(alarms.first(), Some(after(10)));
        assert_eq!(alarms.take_due(after(9)), None);
        assert_eq!(alarms.take_due(after(25)), Some(1));
        assert_eq!(alarms.take_due(after(25)), Some(2));
        assert_eq!(alarms.take_due(after(25)), None);
    }
}
