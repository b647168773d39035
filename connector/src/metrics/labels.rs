//! A counter per label.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most labels; what comes beyond is counted under [`OTHER`].
const LABELS_MAX: usize = 48;

/// The label of what found no place of its own.
const OTHER: &str = "other";

/// Reasons that are neither a fault of a record's values nor a word of Kafka's.
pub mod reason {
    /// Overdue messages hold the window, so the record was not produced.
    pub const OVERDUE: &str = "overdue";
    /// The message is no sound record.
    pub const PARSE_ERROR: &str = "parse-error";
    /// The record's topic would be one too many.
    pub const TOO_MANY_TOPICS: &str = "too-many-topics";
}

/// The rule that keeps a version from being published behind a newer one of its record.
pub const STALE_VERSION: &str = "stale-version";

/// Counts by a label out of a closed set that others own (reasons, rules). Adding takes no lock:
/// a label keeps the place that it gets at its first use.
#[derive(Debug)]
pub struct LabelCounters {
    places: [Place; LABELS_MAX],
    other: AtomicU64,
}

#[derive(Debug, Default)]
struct Place {
    label: OnceLock<&'static str>,
    count: AtomicU64,
}

impl LabelCounters {
    /// Counts `count` more.
    pub fn add(&self, label: &'static str, count: u64) {
        let is_ours = |place: &&Place| *place.label.get_or_init(|| label) == label;
        let count_of_label = self
            .places
            .iter()
            .find(is_ours)
            .map_or(&self.other, |place| &place.count);
        count_of_label.fetch_add(count, Ordering::Relaxed);
    }

    /// The labels used so far and their counts, in the order of their first use.
    pub fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let other = self.other.load(Ordering::Relaxed);
        self.places
            .iter()
            .map_while(|place| {
                let label = place.label.get()?;
                Some((*label, place.count.load(Ordering::Relaxed)))
            })
            .chain((other > 0).then_some((OTHER, other)))
    }
}

impl Default for LabelCounters {
    fn default() -> Self {
        Self {
            places: std::array::from_fn(|_| Place::default()),
            other: AtomicU64::new(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_label_has_its_own_count() {
        let counters = LabelCounters::default();
        counters.add("too-large", 2);
        counters.add("overdue", 1);
        counters.add("too-large", 3);
        let read: Vec<_> = counters.read().collect();
        assert_eq!(read, [("too-large", 5), ("overdue", 1)]);
    }

    #[test]
    fn labels_beyond_the_limit_are_counted_together() {
        let counters = LabelCounters::default();
        for number in 0..LABELS_MAX + 2 {
            let label: &'static str = Box::leak(number.to_string().into_boxed_str());
            counters.add(label, 1);
        }
        let read: Vec<_> = counters.read().collect();
        assert_eq!(read.len(), LABELS_MAX + 1);
        assert_eq!(read.last(), Some(&(OTHER, 2)));
    }

    #[test]
    fn threads_that_meet_at_a_new_label_lose_nothing() {
        let counters = LabelCounters::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for label in ["a", "b", "c", "d"].into_iter().cycle().take(4000) {
                        counters.add(label, 1);
                    }
                });
            }
        });
        let mut read: Vec<_> = counters.read().collect();
        read.sort_unstable();
        assert_eq!(read, [("a", 4000), ("b", 4000), ("c", 4000), ("d", 4000)]);
    }
}
