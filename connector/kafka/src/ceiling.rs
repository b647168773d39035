//! How large the batches of a topic may be: what Kafka refused tells.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use crate::native::BatchLimit;

/// For how long a refusal counts; the topic may take more by then.
const REMEMBERED: Duration = Duration::from_mins(10);

/// The bytes that a batch of a topic may have, where they are less than the producer's own limit:
/// the topic's `max.message.bytes`, which a producer is not told. Learnt by halves from batches that
/// were refused, as Java's producer splits them; a batch of one record is no matter of this.
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

    /// A batch of several records and so many bytes was too large.
    pub(crate) fn lower(&self, refused: usize, now_ms: u64) {
        self.lowered_ms.store(now_ms, Ordering::Relaxed);
        self.bytes.fetch_min(refused / 2, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: BatchLimit = BatchLimit {
        messages: 10,
        bytes: 1_000,
    };

    #[test]
    fn what_was_refused_is_halved_and_forgotten_after_a_while() {
        let ceiling = Ceiling::default();
        assert_eq!(ceiling.limit(MOST, 5).bytes, 1_000);
        ceiling.lower(900, 10);
        assert_eq!(ceiling.limit(MOST, 11).bytes, 450);
        ceiling.lower(400, 20);
        assert_eq!(ceiling.limit(MOST, 600_019).bytes, 200);
        assert_eq!(ceiling.limit(MOST, 600_020).bytes, 1_000);
        assert_eq!(ceiling.limit(MOST, 600_020).messages, 10);
    }

    #[test]
    fn a_batch_that_was_large_before_does_not_raise_it() {
        let ceiling = Ceiling::default();
        ceiling.lower(100, 10);
        ceiling.lower(900, 11);
        assert_eq!(ceiling.limit(MOST, 12).bytes, 50);
    }
}
