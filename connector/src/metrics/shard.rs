//! What one shard counts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::distribution::{Bounds, Distribution, microseconds};
use super::labels::LabelCounters;

/// How the records of one run of replies were answered.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Replied {
    /// Records answered "success": acknowledged by Kafka, or skipped by rule.
    pub success: usize,
    /// Records answered "temporary error".
    pub temporary: usize,
    /// Records answered "permanent error".
    pub permanent: usize,
}

/// The counters of one shard. Each call is a few relaxed additions and is made per read or per
/// run of replies, never per record; failures may be counted one by one.
///
/// Aligned so that two shards never write to one cache line.
#[derive(Debug)]
#[repr(align(128))]
pub struct ShardMetrics {
    origin: Instant,
    ticked_ms: AtomicU64,
    pub(super) reads: AtomicU64,
    pub(super) received_bytes: AtomicU64,
    pub(super) received_records: AtomicU64,
    pub(super) success: AtomicU64,
    pub(super) temporary: AtomicU64,
    pub(super) permanent: AtomicU64,
    pub(super) malformed: AtomicU64,
    pub(super) opened: AtomicU64,
    pub(super) closed: AtomicU64,
    pub(super) broken: AtomicU64,
    pub(super) stalled_us: AtomicU64,
    pub(super) ahead: AtomicU64,
    pub(super) letters: AtomicU64,
    /// Milliseconds, and the moment they were noted in microseconds after `origin`; 0: never.
    last_lag_ms: AtomicU64,
    last_lag_at: AtomicU64,
    pub(super) skipped: LabelCounters,
    pub(super) failed: LabelCounters,
    pub(super) responses: LabelCounters,
    pub(super) record_bytes: Distribution,
    pub(super) read_to_submit: Distribution,
    pub(super) read_to_report: Distribution,
    pub(super) report_to_reply: Distribution,
    pub(super) read_to_reply: Distribution,
    pub(super) change_to_kafka: Distribution,
}

impl ShardMetrics {
    pub(super) fn new(origin: Instant) -> Self {
        let zero = || AtomicU64::new(0);
        let durations = || Distribution::new(Bounds::MICROSECONDS);
        Self {
            origin,
            ticked_ms: zero(),
            reads: zero(),
            received_bytes: zero(),
            received_records: zero(),
            success: zero(),
            temporary: zero(),
            permanent: zero(),
            malformed: zero(),
            opened: zero(),
            closed: zero(),
            broken: zero(),
            stalled_us: zero(),
            ahead: zero(),
            letters: zero(),
            last_lag_ms: zero(),
            last_lag_at: zero(),
            skipped: LabelCounters::default(),
            failed: LabelCounters::default(),
            responses: LabelCounters::default(),
            record_bytes: Distribution::new(Bounds::BYTES),
            read_to_submit: durations(),
            read_to_report: durations(),
            report_to_reply: durations(),
            read_to_reply: durations(),
            change_to_kafka: durations(),
        }
    }

    /// One read brought `records` whole records in `bytes` bytes, frame headers included. The
    /// sizes of its records count as their mean.
    pub fn read(&self, bytes: usize, records: usize) {
        let (bytes, records) = (count(bytes), count(records));
        add(&self.reads, 1);
        add(&self.received_bytes, bytes);
        add(&self.received_records, records);
        if let Some(mean) = bytes.checked_div(records) {
            self.record_bytes.record(mean, records);
        }
    }

    /// The records of one read were handed to the producer, so long after they were read.
    pub fn submitted(&self, since_read: Duration, records: usize) {
        self.read_to_submit
            .record_duration(since_read, count(records));
    }

    /// The last report for the records of one read is in, so long after they were read.
    pub fn reported(&self, since_read: Duration, records: usize) {
        self.read_to_report
            .record_duration(since_read, count(records));
    }

    /// The records of one read were answered, so long after the last report for them was in.
    pub fn replied_after_report(&self, since_report: Duration, records: usize) {
        self.report_to_reply
            .record_duration(since_report, count(records));
    }

    /// The records of one read were answered, so long after they were read.
    pub fn replied(&self, since_read: Duration, replied: Replied) {
        let success = count(replied.success);
        let temporary = count(replied.temporary);
        let permanent = count(replied.permanent);
        add(&self.success, success);
        add(&self.temporary, temporary);
        add(&self.permanent, permanent);
        self.read_to_reply
            .record_duration(since_read, success + temporary + permanent);
    }

    /// A rule says that `records` are not published; they are answered "success".
    pub fn skipped(&self, rule: &'static str, records: u64) {
        self.skipped.add(rule, records);
    }

    /// `records` were not published, or not in time. `reason` is out of a closed set, never the
    /// text of an error.
    pub fn failed(&self, reason: &'static str, records: u64) {
        self.failed.add(reason, records);
    }

    /// An HTTP request was answered with this status, which is out of a closed set.
    pub fn responded(&self, status: &'static str) {
        self.responses.add(status, 1);
    }

    /// `messages` sound frames held no sound message.
    pub fn parse_error(&self, messages: u64) {
        add(&self.malformed, messages);
    }

    /// `records` were sent as dead letters.
    pub fn letters(&self, records: u64) {
        add(&self.letters, records);
    }

    /// `records` were changed in the future, as our clock has it.
    pub fn ahead(&self, records: u32) {
        if records > 0 {
            add(&self.ahead, records.into());
        }
    }

    /// `records` are in Kafka, `ms` after their change in the database. The caller takes a
    /// negative lag, which comes from clocks that differ, as 0.
    pub fn lag(&self, ms: u64, records: u32) {
        self.last_lag_ms.store(ms, Ordering::Relaxed);
        let at = microseconds(self.origin.elapsed()).max(1);
        self.last_lag_at.store(at, Ordering::Relaxed);
        self.change_to_kafka
            .record(ms.saturating_mul(1000), records.into());
    }

    /// A connection of this shard was opened.
    pub fn connection_opened(&self) {
        add(&self.opened, 1);
    }

    /// A connection of this shard was closed, by whomever.
    pub fn connection_closed(&self) {
        add(&self.closed, 1);
    }

    /// A connection was closed for a fault of the peer: no sound frames, too slow, does not read
    /// its replies. Counted in addition to [`connection_closed`](Self::connection_closed).
    pub fn connection_broken(&self) {
        add(&self.broken, 1);
    }

    /// For so long the shard would have read, and back-pressure forbade it.
    pub fn stalled(&self, duration: Duration) {
        add(&self.stalled_us, microseconds(duration));
    }

    /// The shard's event loop has come round.
    pub fn beat(&self) {
        let ms = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.ticked_ms.store(ms, Ordering::Relaxed);
    }

    pub(super) fn silent_at(&self, now: Instant) -> Duration {
        let ticked = Duration::from_millis(self.ticked_ms.load(Ordering::Relaxed));
        now.saturating_duration_since(self.origin)
            .saturating_sub(ticked)
    }

    /// The last lag and when it was noted, if there was any.
    pub(super) fn last_lag(&self) -> Option<(u64, u64)> {
        let at = self.last_lag_at.load(Ordering::Relaxed);
        (at > 0).then(|| (at, self.last_lag_ms.load(Ordering::Relaxed)))
    }
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
