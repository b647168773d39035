//! What one read of a connection put on its way: the records' answers, the memory they
//! hold, and whom to wake when the last report is in.

use super::answers::{Answer, Answers};
use super::arenas::Arenas;
use super::inbox::Undelivered;
use super::ordering::Ticket;
use super::side::Side;
use super::window::{Admitted, Load, Wake};
use crate::clock::{Clock, Moment, SystemClock};
use crate::metrics::ShardMetrics;
use crate::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use aeroduct_kafka::{Failure, Report};
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
    /// What is remembered of records that do not take the straight way.
    pub(super) side: Option<Box<Side>>,
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
            side: None,
        }
    }
}

/// What becomes of the records; every call is to be followed by a [`settle`](Self::settle).
impl Flight {
    /// Takes Kafka's word about one record.
    #[inline]
    pub fn report(self: &Arc<Self>, slot: u32, report: Report) {
        // First, because the failure may make a letter of it, whose report comes by itself.
        if let Some(side) = &self.side {
            side.end(slot, report == Report::Delivered);
        }
        match report {
            Report::Delivered => self.answers.put(slot, Answer::Success),
            Report::Failed(failure) => self.fail(slot, failure),
        }
    }

    #[cold]
    fn fail(self: &Arc<Self>, slot: u32, failure: Failure) {
        self.note_failure(failure);
        if !failure.is_permanent() {
            return;
        }
        let letters = self.side.as_ref().and_then(|side| side.letters.as_ref());
        match letters {
            None => self.answers.put(slot, Answer::PermanentError),
            // A letter that fails is sent again by the source, as the record that it is; and a record
            // that nobody waits for any more, whose shard may have ended, is being sent again.
            Some(letters) if letters.is_written(slot) || self.is_abandoned() => {}
            Some(letters) => {
                self.answers.expect_another();
                letters.inbox.refuse(Undelivered {
                    flight: Arc::clone(self),
                    slot,
                    failure,
                });
            }
        }
    }

    /// The record's message failed together with others, so it is sent again by its source.
    pub(super) fn put_off(&self, slot: u32, failure: Failure) {
        self.note_failure(failure);
        if let Some(side) = &self.side {
            side.end(slot, false);
        }
    }

    fn note_failure(&self, failure: Failure) {
        self.has_failures.store(true, Ordering::Relaxed);
        self.metrics.failed(failure.label(), 1);
    }

    /// The version in this slot is on its way.
    pub(super) fn put_ticket(&self, slot: u32, ticket: Ticket) {
        if let Some(side) = &self.side {
            side.tickets.put(slot, ticket);
        }
    }

    /// The record is not to be published, and settled thereby.
    pub(super) fn skip(&self, slot: u32) {
        self.answers.put(slot, Answer::Success);
        self.settle(1);
    }

    /// The record was never handed to Kafka's client, and will not be; it is settled thereby.
    pub(super) fn give_up(&self) {
        self.note_failure(Failure::Abandoned);
        self.settle(1);
    }

    /// The message in this slot as it was received, where frames are kept.
    pub(super) fn frame(&self, slot: u32) -> Option<&[u8]> {
        let letters = self.side.as_ref()?.letters.as_ref()?;
        letters.frames.get(slot)
    }

    /// The record in this slot is a dead letter now.
    pub(super) fn note_letter(&self, slot: u32) {
        if let Some(letters) = self.side.as_ref().and_then(|side| side.letters.as_ref()) {
            letters.write(slot);
        }
    }

    /// Counts reports that have been taken.
    pub fn settle(&self, count: u32) {
        if self.answers.settle(count) {
            let since_read = self.arrived.instant.elapsed();
            if let Some(reported_us) = &self.reported_us {
                let us = u64::try_from(since_read.as_micros()).unwrap_or(u64::MAX);
                reported_us.store(us.max(1), Ordering::Relaxed);
            }
            self.metrics.reported(since_read, self.answers.count());
            self.note_lag();
            self.wake.wake();
        } else {
            self.wake.wake_early();
        }
    }

    /// Whether nobody waits for the answers any more.
    pub fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Acquire)
    }

    pub(super) fn reclaim(&self, bytes: Vec<u8>) {
        self.arenas.give_back(bytes);
    }

    pub(super) fn written_off(&self) {
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
