//! How large the batches of a topic may be: what Kafka refused tells.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::Recipient;
use crate::native::{BatchLimit, Outstanding};

/// For how long a refusal counts; the topic may take more by then.
const REMEMBERED: Duration = Duration::from_mins(10);

/// A batch of no more bytes, which is what Java's producer sends by default, is hardly refused for the
/// sum of its records. Each refusal costs the client all that it has on its way, so it is not looked
/// for the guilty record in steps: it goes to the quarantine.
const SMALL: usize = 16 << 10;

/// The bytes that a batch of a topic may have, where they are less than the producer's own limit:
/// the topic's `max.message.bytes`, which a producer is not told. Learnt by halves from batches that
/// were refused, as Java's producer splits them.
#[derive(Debug)]
pub(crate) struct Ceiling {
    bytes: AtomicUsize,
    /// When it was lowered, in the producer's milliseconds.
    lowered_ms: AtomicU64,
}

impl Default for Ceiling {
    fn default() -> Self {
        Self {
            bytes: AtomicUsize::new(usize::MAX),
            lowered_ms: AtomicU64::new(0),
        }
    }
}

impl Ceiling {
    /// The limit for the next batch, of which `most` is the producer's own.
    pub(crate) fn limit(&self, most: BatchLimit, now_ms: u64) -> BatchLimit {
        let bytes = self.bytes.load(Ordering::Relaxed);
        if bytes == usize::MAX {
            return most;
        }
        let lowered_ms = self.lowered_ms.load(Ordering::Relaxed);
        if u128::from(now_ms.saturating_sub(lowered_ms)) >= REMEMBERED.as_millis() {
            self.bytes.store(usize::MAX, Ordering::Relaxed);
            return most;
        }
        BatchLimit {
            bytes: bytes.min(most.bytes),
            ..most
        }
    }

    /// Whether a batch that was too large may have been so for the sum of its records.
    pub(crate) fn may_be_lowered_by<R: Recipient>(batch: &Outstanding<R>) -> bool {
        batch.accepted() > 1 && batch.accepted_bytes() > SMALL
    }

    /// A batch of several records and so many bytes was too large.
    pub(crate) fn lower(&self, refused: usize, now_ms: u64) {
        self.lowered_ms.store(now_ms, Ordering::Relaxed);
        let bytes = (refused / 2).max(SMALL);
        self.bytes.fetch_min(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: BatchLimit = BatchLimit {
        messages: 10,
        bytes: 1_000_000,
    };

    #[test]
    fn what_was_refused_is_halved_and_forgotten_after_a_while() {
        let ceiling = Ceiling::default();
        assert_eq!(ceiling.limit(MOST, 5).bytes, 1_000_000);
        ceiling.lower(900_000, 10);
        assert_eq!(ceiling.limit(MOST, 11).bytes, 450_000);
        ceiling.lower(400_000, 20);
        assert_eq!(ceiling.limit(MOST, 600_019).bytes, 200_000);
        assert_eq!(ceiling.limit(MOST, 600_020).bytes, 1_000_000);
        assert_eq!(ceiling.limit(MOST, 600_020).messages, 10);
    }

    #[test]
    fn a_batch_that_was_large_before_does_not_raise_it_and_a_small_one_is_small_enough() {
        let ceiling = Ceiling::default();
        ceiling.lower(100_000, 10);
        ceiling.lower(900_000, 11);
        assert_eq!(ceiling.limit(MOST, 12).bytes, 50_000);
        ceiling.lower(SMALL + 1, 13);
        assert_eq!(ceiling.limit(MOST, 14).bytes, SMALL);
    }
}
