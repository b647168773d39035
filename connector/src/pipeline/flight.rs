//! What one read of a connection put on its way: the records' answers, the memory they
//! hold, and whom to wake when the last report is in.

use super::answers::{Answer, Answers};
use super::arenas::Arenas;
use super::window::{Admitted, Load, Wake};
use crate::metrics::ShardMetrics;
use aeroduct_kafka::{Parcel, Recipient, Report};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// When something arrived, on both clocks: deadlines count on the steady one, expiry times
/// and lag on the one that people set.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The steady clock.
    pub instant: Instant,
    /// Milliseconds since 1970; 0 when the clock is set before that.
    pub unix_ms: u64,
}

impl Moment {
    /// This moment.
    pub fn now() -> Self {
        Self {
            instant: Instant::now(),
            unix_ms: unix_ms(),
        }
    }
}

fn unix_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The last update times of the records that were boarded, for the lag from change to Kafka.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UpdateTimes {
    /// Sum of milliseconds since 1970.
    pub(super) sum_ms: u64,
    /// How many records carried a time.
    pub(super) count: u32,
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
}

impl Recipient for Flight {
    #[inline]
    fn report(&self, slot: u32, report: Report) {
        match report {
            Report::Delivered => self.answers.put(slot, Answer::Success),
            Report::Failed(failure) => {
                self.metrics.failed(failure.label(), 1);
                if failure.is_permanent() {
                    self.answers.put(slot, Answer::PermanentError);
                }
            }
        }
    }

    fn settle(&self, count: u32) {
        if self.answers.settle(count) {
            self.metrics
                .reported(self.arrived.instant.elapsed(), self.answers.count());
            if let Some(mean) = self
                .updates
                .sum_ms
                .checked_div(u64::from(self.updates.count))
            {
                self.metrics
                    .lag(unix_ms().saturating_sub(mean), self.updates.count);
            }
            self.wake.wake();
        }
    }

    fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Acquire)
    }

    fn reclaim(&self, bytes: Vec<u8>) {
        self.arenas.give_back(bytes);
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
