//! What is learnt from batches that Kafka refuses for good: how large those of a topic may be, and
//! which records must go alone.

use super::batch::Batch;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicUsize, Ordering};
use aeroduct_kafka::{Failure, Report};
use std::collections::HashSet;
use std::sync::PoisonError;

/// Suspects that are remembered; above, all are forgotten and found anew.
const SUSPECTS_MAX: usize = 1 << 16;

/// What is learnt of the batches of one topic.
#[derive(Debug)]
pub(super) struct Limits {
    /// Bytes of key and value that a batch may have now.
    bytes: AtomicUsize,
    /// What it may have again after a while: what the producer takes, or less than what Kafka has
    /// refused.
    most: AtomicUsize,
    /// Digests of records that were refused together: one of them is to blame.
    suspects: Mutex<HashSet<[u8; 20]>>,
    /// How many those are, so that mostly nobody has to lock.
    count: AtomicUsize,
}

impl Limits {
    /// Limits of batches that have at most so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(most),
            most: AtomicUsize::new(most),
            suspects: Mutex::default(),
            count: AtomicUsize::new(0),
        }
    }

    /// Bytes of key and value that a batch may have.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether a record must go alone.
    pub(super) fn is_suspect(&self, digest: &[u8; 20]) -> bool {
        self.count.load(Ordering::Relaxed) > 0 && self.with_suspects(|them| them.contains(digest))
    }

    /// A batch of several records was refused for what is in it.
    pub(super) fn learn(&self, failure: Failure, batch: &Batch) {
        if failure == Failure::TooLarge {
            // Never as large again, or batches would fail again and again.
            self.most
                .fetch_min(batch.bytes - batch.bytes / 8, Ordering::Relaxed);
            self.bytes.fetch_min(batch.bytes / 2, Ordering::Relaxed);
        } else {
            self.with_suspects(|them| {
                if them.len() + batch.passengers.len() > SUSPECTS_MAX {
                    them.clear();
                }
                them.extend(batch.passengers.iter().map(|passenger| passenger.digest));
            });
        }
    }

    /// A batch was taken, or a single record was refused: that one is to blame, or innocent.
    pub(super) fn note(&self, report: Report, batch: &Batch) {
        if report == Report::Delivered {
            self.raise(batch.bytes);
        }
        let is_known = report == Report::Delivered || is_permanent(report);
        if let [passenger] = &*batch.passengers
            && is_known
            && self.count.load(Ordering::Relaxed) > 0
        {
            self.with_suspects(|them| them.remove(&passenger.digest));
        }
    }

    /// A batch of so many bytes was taken: the next may be somewhat larger.
    fn raise(&self, taken: usize) {
        let (bytes, most) = (self.bytes(), self.most.load(Ordering::Relaxed));
        if bytes < most && taken >= bytes / 2 {
            let more = bytes + bytes / 8 + 1;
            self.bytes.store(more.min(most), Ordering::Relaxed);
        }
    }

    fn with_suspects<R>(&self, take: impl FnOnce(&mut HashSet<[u8; 20]>) -> R) -> R {
        let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
        let result = take(&mut suspects);
        self.count.store(suspects.len(), Ordering::Relaxed);
        result
    }
}

fn is_permanent(report: Report) -> bool {
    matches!(report, Report::Failed(failure) if failure.is_permanent())
}
