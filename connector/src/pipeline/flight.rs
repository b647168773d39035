//! What one read of a connection put on its way: the records' answers, the memory they
//! hold, and whom to wake when the last report is in.

use super::answers::{Answer, Answers};
use super::arenas::Arenas;
use super::window::{Admitted, Load, Wake};
use crate::clock::{Clock, Moment, SystemClock};
use crate::metrics::ShardMetrics;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use aeroduct_kafka::{Parcel, Recipient, Report};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The last update times of the records that were boarded, for the lag from change to Kafka.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UpdateTimes {
    /// Sum of milliseconds since 1970.
    pub(super) sum_ms: u64,
    /// How many records carried a time.
    pub(super) count: u32,
    /// How many of those times lay in the future when the record arrived.
    pub(super) ahead: u32,
}

/// A flight that has departed: shared by its connection and by the batches that carry its
/// messages; its bytes go back to the stock when both have let go.
pub type Departed = Arc<Parcel<Flight>>;

/// The answers that one read of a connection owes its source.
///
/// Every slot begins as "temporary error": a panic, a lost report or a forgotten
/// branch means "send it again", never a lost record and never a silent hang.
#[must_use = "records without an answer are sent again"]
pub struct Flight {
    /// One slot per record of the read.
    pub answers: Answers,
    /// When the bytes were read.
    pub arrived: Moment,
    pub(super) admitted: Admitted,
    pub(super) updates: UpdateTimes,
    pub(super) wake: Arc<dyn Wake>,
    pub(super) arenas: Arc<Arenas>,
    pub(super) metrics: Arc<ShardMetrics>,
    pub(super) is_abandoned: AtomicBool,
    pub(super) has_failures: AtomicBool,
    /// Microseconds from the read to the last report, 0 before it; `None` when no report is to
    /// come.
    pub(super) reported_us: Option<AtomicU64>,
}

impl Flight {
    /// Records and bytes that this flight holds.
    pub const fn load(&self) -> Load {
        self.admitted.load()
    }

    /// Gives up waiting: what Kafka's client does not have yet is not handed to it any more.
    pub fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Release);
    }

    /// Gives up waiting because the reply deadline has passed: the messages that Kafka's
    /// client still has count as overdue until they are reported.
    pub fn abandon_as_overdue(&self) {
        self.abandon();
        self.admitted.overdue();
    }

    /// For how long at `now` all reports have been in; `None` while one is missing, and for a
    /// flight of which nothing was published.
    pub fn reported_for(&self, now: Instant) -> Option<Duration> {
        let reported_us = self.reported_us.as_ref()?;
        if !self.answers.is_complete() {
            return None;
        }
        match reported_us.load(Ordering::Relaxed) {
            // The last report is in, and its thread is about to note when.
            0 => Some(Duration::ZERO),
            us => {
                let since_read = now.saturating_duration_since(self.arrived.instant);
                Some(since_read.saturating_sub(Duration::from_micros(us)))
            }
        }
    }
}

impl Flight {
    /// The time from change to Kafka, for a flight that has reached it as a whole. A figure for
    /// people, by the system's clock: nothing is decided by it.
    fn note_lag(&self) {
        let UpdateTimes { sum_ms, count, .. } = self.updates;
        if let Some(mean) = sum_ms.checked_div(u64::from(count))
            && !self.has_failures.load(Ordering::Relaxed)
        {
            self.metrics
                .lag(SystemClock.unix_ms().saturating_sub(mean), count);
        }
    }
}

#[cfg(all(test, aeroduct_loom))]
impl Flight {
    /// A flight of so many records that all wait for Kafka.
    pub(crate) fn waiting(
        records: u32,
        window: &Arc<super::Window>,
        wake: Arc<dyn Wake>,
        metrics: &crate::metrics::Metrics,
    ) -> Self {
        let count = records as usize;
        Self {
            answers: Answers::new(&vec![Answer::TemporaryError; count], records),
            arrived: SystemClock.moment(),
            admitted: window.admit(Load {
                records: count,
                bytes: count,
            }),
            updates: UpdateTimes::default(),
            wake,
            arenas: Arc::default(),
            metrics: Arc::clone(&metrics.shards()[0]),
            is_abandoned: AtomicBool::new(false),
            has_failures: AtomicBool::new(false),
            reported_us: Some(AtomicU64::new(0)),
        }
    }
}

impl Recipient for Flight {
    #[inline]
    fn report(&self, slot: u32, report: Report) {
        match report {
            Report::Delivered => self.answers.put(slot, Answer::Success),
            Report::Failed(failure) => {
                self.has_failures.store(true, Ordering::Relaxed);
                self.metrics.failed(failure.label(), 1);
                if failure.is_permanent() {
                    self.answers.put(slot, Answer::PermanentError);
                }
            }
        }
    }

    fn settle(&self, count: u32) {
        if self.answers.settle(count) {
            let since_read = self.arrived.instant.elapsed();
            if let Some(reported_us) = &self.reported_us {
                let us = u64::try_from(since_read.as_micros()).unwrap_or(u64::MAX);
                reported_us.store(us.max(1), Ordering::Relaxed);
            }
            self.metrics.reported(since_read, self.answers.count());
            self.note_lag();
            self.wake.wake();
        }
    }

    fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Acquire)
    }

    fn reclaim(&self, bytes: Vec<u8>) {
        self.arenas.give_back(bytes);
    }

    fn written_off(&self) {
        self.admitted.release();
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight")
            .field("answers", &self.answers)
            .field("load", &self.load())
            .finish_non_exhaustive()
    }
}
