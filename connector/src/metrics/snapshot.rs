//! All counters at one moment, added up over the shards.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::distribution::{Bounds, Counts, Summary};
use super::outside::Outside;
use super::process::ProcessFigures;
use super::rates::{Averages, Rate, TICK};
use super::shard::ShardMetrics;
use super::{LabelCounters, Metrics};

/// Steps of the averages between two marks of the percentiles' window: one minute.
const STEPS_PER_MARK: u64 = 12;

/// Marks that are kept: percentiles are about the last four to five minutes.
const MARKS_MAX: usize = 5;

/// Everything that can be shown, at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub cluster_name: String,
    pub uptime: Duration,
    pub totals: Totals,
    pub recent: Recent,
    pub outside: Outside,
    pub process: ProcessFigures,
}

/// Counts since the start, over all shards. The fields are named as in
/// [`ShardMetrics`].
#[derive(Clone, Debug)]
pub struct Totals {
    pub opened: u64,
    pub closed: u64,
    pub broken: u64,
    pub refused: u64,
    pub reads: u64,
    pub received_bytes: u64,
    pub received_records: u64,
    pub success: u64,
    pub temporary: u64,
    pub permanent: u64,
    pub malformed: u64,
    pub stalled: Duration,
    pub ahead: u64,
    /// Records sent as dead letters.
    pub letters: u64,
    pub skipped: BTreeMap<&'static str, u64>,
    pub failed: BTreeMap<&'static str, u64>,
    /// HTTP requests answered, by status.
    pub responses: BTreeMap<&'static str, u64>,
    /// The newest lag of any shard, in milliseconds.
    pub last_lag_ms: Option<u64>,
    pub record_bytes: Counts,
    pub read_to_submit: Counts,
    pub submit_to_report: Counts,
    pub read_to_report: Counts,
    pub report_to_reply: Counts,
    pub read_to_reply: Counts,
    pub change_to_kafka: Counts,
    /// Time since the last tick, shard by shard.
    pub silent: Vec<Duration>,
}

impl Totals {
    /// Connections that are open.
    pub const fn active(&self) -> u64 {
        self.opened.saturating_sub(self.closed)
    }

    /// Records answered, however.
    pub const fn answered(&self) -> u64 {
        self.success + self.errors()
    }

    /// Records answered with an error of either kind.
    pub const fn errors(&self) -> u64 {
        self.temporary + self.permanent
    }

    /// Records skipped by any rule.
    pub fn all_skipped(&self) -> u64 {
        self.skipped.values().sum()
    }

    fn add(&mut self, shard: &ShardMetrics, now: Instant) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.opened += load(&shard.opened);
        self.closed += load(&shard.closed);
        self.broken += load(&shard.broken);
        self.reads += load(&shard.reads);
        self.received_bytes += load(&shard.received_bytes);
        self.received_records += load(&shard.received_records);
        self.success += load(&shard.success);
        self.temporary += load(&shard.temporary);
        self.permanent += load(&shard.permanent);
        self.malformed += load(&shard.malformed);
        self.stalled += Duration::from_micros(load(&shard.stalled_us));
        self.ahead += load(&shard.ahead);
        self.letters += load(&shard.letters);
        add_labels(&mut self.skipped, &shard.skipped);
        add_labels(&mut self.failed, &shard.failed);
        add_labels(&mut self.responses, &shard.responses);
        self.record_bytes.add(&shard.record_bytes.read());
        self.read_to_submit.add(&shard.read_to_submit.read());
        self.read_to_report.add(&shard.read_to_report.read());
        self.report_to_reply.add(&shard.report_to_reply.read());
        self.read_to_reply.add(&shard.read_to_reply.read());
        self.change_to_kafka.add(&shard.change_to_kafka.read());
        self.silent.push(shard.silent_at(now));
    }
}

fn add_labels(totals: &mut BTreeMap<&'static str, u64>, counters: &LabelCounters) {
    for (label, count) in counters.read() {
        *totals.entry(label).or_default() += count;
    }
}

impl Metrics {
    pub(super) fn totals_at(&self, now: Instant) -> Totals {
        let durations = Counts::empty(Bounds::MICROSECONDS);
        let last_lag = self.shards.iter().filter_map(|shard| shard.last_lag());
        let mut totals = Totals {
            opened: 0,
            closed: 0,
            broken: 0,
            refused: self.connections.refused.load(Ordering::Relaxed),
            reads: 0,
            received_bytes: 0,
            received_records: 0,
            success: 0,
            temporary: 0,
            permanent: 0,
            malformed: 0,
            stalled: Duration::ZERO,
            ahead: 0,
            letters: 0,
            skipped: BTreeMap::new(),
            failed: BTreeMap::new(),
            responses: BTreeMap::new(),
            last_lag_ms: last_lag.max().map(|(_, ms)| ms),
            record_bytes: Counts::empty(Bounds::BYTES),
            read_to_submit: durations.clone(),
            submit_to_report: self.batches.submit_to_report.read(),
            read_to_report: durations.clone(),
            report_to_reply: durations.clone(),
            read_to_reply: durations.clone(),
            change_to_kafka: durations,
            silent: Vec::with_capacity(self.shards.len()),
        };
        for shard in &self.shards {
            totals.add(shard, now);
        }
        totals
    }
}

/// Figures that depend on what was before.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Recent {
    /// Connections accepted per second.
    pub connections: Rate,
    /// Records answered per second.
    pub answered: Rate,
    /// Records that Kafka acknowledged in time, since the start. Skipped records, which are
    /// counted before they are answered, never make it fall.
    pub published: u64,
    /// From read to reply, in microseconds, over the last minutes.
    pub read_to_reply: Summary,
    /// Bytes per record, over the last minutes.
    pub record_bytes: Summary,
}

/// What is remembered of earlier moments.
#[derive(Debug, Default)]
pub(super) struct History {
    steps: u64,
    connections: Averages,
    answered: Averages,
    published: u64,
    /// Oldest first.
    marks: VecDeque<Mark>,
}

#[derive(Debug)]
struct Mark {
    read_to_reply: Counts,
    record_bytes: Counts,
}

impl History {
    pub(super) fn advance(&mut self, uptime: Duration, totals: &Totals) {
        let steps = uptime.as_secs() / TICK.as_secs();
        let more = steps.saturating_sub(self.steps);
        self.connections.advance(totals.opened, more);
        self.answered.advance(totals.answered(), more);
        if steps / STEPS_PER_MARK > self.steps / STEPS_PER_MARK {
            self.marks.push_back(Mark {
                read_to_reply: totals.read_to_reply.clone(),
                record_bytes: totals.record_bytes.clone(),
            });
            if self.marks.len() > MARKS_MAX {
                self.marks.pop_front();
            }
        }
        self.steps = steps.max(self.steps);
    }

    pub(super) fn recent(&mut self, uptime: Duration, totals: &Totals) -> Recent {
        let published = totals.success.saturating_sub(totals.all_skipped());
        self.published = self.published.max(published);
        let window = self.marks.front().filter(|_| self.marks.len() == MARKS_MAX);
        let since = |now: &Counts, earlier: fn(&Mark) -> &Counts| match window {
            Some(mark) => now.since(earlier(mark)).summary(),
            None => now.summary(),
        };
        Recent {
            connections: self.connections.rate(totals.opened, uptime),
            answered: self.answered.rate(totals.answered(), uptime),
            published: self.published,
            read_to_reply: since(&totals.read_to_reply, |mark| &mark.read_to_reply),
            record_bytes: since(&totals.record_bytes, |mark| &mark.record_bytes),
        }
    }
}
