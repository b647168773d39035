//! What publishers and the producer's threads share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use tracing::warn;

use crate::alarm::Alarms;
use crate::counters::Counters;
use crate::metadata::Questions;
use crate::native::{BatchLimit, Client, ErrorCode, Lot};
use crate::partition::Partition;
use crate::prompter::Prompter;
use crate::publisher::Item;
use crate::quarantine::{Quarantine, Suspects};
use crate::sync::lock;
use crate::topic::{Topic, TopicCore};
use crate::{Failure, Parcel, Recipient, Report, Settings, Snapshot};

/// How far the producer's life has come. Only goes forward.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub(crate) enum Phase {
    Running,
    /// Takes nothing new, and sends what it has.
    Draining,
    /// Reports what it still has as failed.
    Closed,
}

pub(crate) struct Shared<R: Recipient> {
    /// For threads that are started late.
    pub(crate) myself: Weak<Self>,
    pub(crate) settings: Settings,
    pub(crate) limit: BatchLimit,
    pub(crate) counters: Counters,
    /// The main client; `None` between two.
    pub(crate) client: ArcSwapOption<Client>,
    pub(crate) questions: Questions<R>,
    pub(crate) prompter: Prompter,
    topics: Mutex<Topics<R>>,
    /// Partition n is the one with id n + 1.
    partitions: RwLock<Vec<Arc<Partition<R>>>>,
    alarms: Alarms,
    quarantine: Quarantine<R>,
    phase: AtomicU8,
    /// Whoever drains waits here for the last report.
    idle: (Mutex<()>, Condvar),
}

struct Topics<R: Recipient> {
    by_name: HashMap<String, Arc<Topic<R>>>,
    is_closed: bool,
}

impl<R: Recipient> Shared<R> {
    pub(crate) fn new(settings: Settings, limit: BatchLimit) -> Arc<Self> {
        Arc::new_cyclic(|myself| Self {
            myself: Weak::clone(myself),
            settings,
            limit,
            counters: Counters::default(),
            client: ArcSwapOption::empty(),
            questions: Questions::default(),
            prompter: Prompter::default(),
            topics: Mutex::new(Topics {
                by_name: HashMap::new(),
                is_closed: false,
            }),
            partitions: RwLock::new(Vec::new()),
            alarms: Alarms::default(),
            quarantine: Quarantine::default(),
            phase: AtomicU8::new(Phase::Running as u8),
            idle: (Mutex::new(()), Condvar::new()),
        })
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            phase if phase == Phase::Running as u8 => Phase::Running,
            phase if phase == Phase::Draining as u8 => Phase::Draining,
            _ => Phase::Closed,
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.fetch_max(phase as u8, Ordering::AcqRel);
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.counters.clock_ms(Instant::now())
    }

    // Topics and partitions.

    /// The topic with this name, made on first sight; `None` above `topics_max`.
    pub(crate) fn topic(&self, name: &str) -> Option<Arc<Topic<R>>> {
        let mut topics = lock(&self.topics);
        if let Some(topic) = topics.by_name.get(name) {
            return Some(Arc::clone(topic));
        }
        if topics.by_name.len() >= self.settings.topics_max {
            return None;
        }
        let topic = Arc::new(Topic::new(name, topics.is_closed));
        topics.by_name.insert(name.to_owned(), Arc::clone(&topic));
        Some(topic)
    }

    pub(crate) fn topics(&self) -> Vec<Arc<Topic<R>>> {
        lock(&self.topics).by_name.values().cloned().collect()
    }

    pub(crate) fn new_partition(&self, number: i32, topic: &Arc<TopicCore>) -> Arc<Partition<R>> {
        let mut partitions = self
            .partitions
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let id = u32::try_from(partitions.len())
            .unwrap_or(u32::MAX)
            .saturating_add(1);
        let partition = Arc::new(Partition::new(id, number, Arc::clone(topic)));
        partitions.push(Arc::clone(&partition));
        self.prompter.note_partition();
        partition
    }

    /// The partition that an owner number of a report stands for.
    pub(crate) fn partition(&self, id: u32) -> Option<Arc<Partition<R>>> {
        let partitions = self
            .partitions
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        partitions.get((id as usize).checked_sub(1)?).cloned()
    }

    pub(crate) fn partitions(&self) -> Vec<Arc<Partition<R>>> {
        self.partitions
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Asks for the topic's metadata, after something that makes it doubtful.
    pub(crate) fn ask_again(&self, topic: &TopicCore) {
        let topic = lock(&self.topics).by_name.get(topic.name()).cloned();
        if let Some(topic) = topic {
            self.questions.ask(&topic);
        }
    }

    // Records.

    /// Reports records that were not taken.
    pub(crate) fn refuse<'i>(
        &self,
        parcel: &Parcel<R>,
        items: impl Iterator<Item = &'i Item>,
        failure: Failure,
    ) {
        let mut count = 0;
        for item in items {
            parcel
                .recipient()
                .report(item.slot, Report::Failed(failure));
            count += 1;
        }
        if count > 0 {
            parcel.recipient().settle(count);
            self.count_failed(failure, u64::from(count));
        }
    }

    /// Reports all records of a lot.
    pub(crate) fn fail(&self, lot: &mut Lot<R>, failure: Failure) {
        let count = lot.report_all(Report::Failed(failure));
        self.count_failed(failure, count);
    }

    /// Sends records again one by one. The partition is released afterwards.
    pub(crate) fn quarantine(&self, partition: u32, suspects: Lot<R>) {
        self.counters.quarantined.fetch_add(1, Ordering::Relaxed);
        self.quarantine.submit(
            self,
            Suspects {
                partition,
                lot: suspects,
            },
        );
    }

    /// Suspects that the quarantine's thread has not taken yet; `None`: it is closed.
    pub(crate) fn arrivals(&self, may_wait: bool) -> Option<Vec<Suspects<R>>> {
        self.quarantine.next(may_wait)
    }

    pub(crate) fn dead_quarantine(&self) -> Option<&'static str> {
        self.quarantine.dead_thread()
    }

    pub(crate) fn join_quarantine(&self) {
        self.quarantine.join();
    }

    // Counting. Every record that was shipped is counted once, by one of the next two.

    pub(crate) fn count_delivered(&self, messages: u64, bytes: usize) {
        self.counters.delivered(messages, bytes);
        self.count_reported(messages);
    }

    pub(crate) fn count_failed(&self, failure: Failure, messages: u64) {
        if messages > 0 {
            self.counters.failed(failure, messages);
            self.count_reported(messages);
        }
    }

    fn count_reported(&self, messages: u64) {
        let before = self
            .counters
            .unreported
            .fetch_sub(messages, Ordering::AcqRel);
        if before == messages && self.phase() != Phase::Running {
            drop(lock(&self.idle.0));
            self.idle.1.notify_all();
        }
    }

    /// Waits until every record is reported, or until the limit. Returns how many are not.
    pub(crate) fn wait_idle(&self, limit: Duration) -> u64 {
        let until = Instant::now() + limit;
        let mut guard = lock(&self.idle.0);
        loop {
            let left = self.counters.unreported.load(Ordering::Acquire);
            let rest = until.saturating_duration_since(Instant::now());
            if left == 0 || rest.is_zero() {
                return left;
            }
            (guard, _) = self
                .idle
                .1
                .wait_timeout(guard, rest)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Messages are about to be given to the main client.
    pub(crate) fn hands_over(&self, messages: usize) {
        self.counters
            .outstanding
            .fetch_add(messages as u64, Ordering::AcqRel);
    }

    /// The main client does not have these messages any more.
    pub(crate) fn took_back(&self, messages: u32) {
        self.counters
            .outstanding
            .fetch_sub(u64::from(messages), Ordering::AcqRel);
    }

    pub(crate) fn log_failure(
        &self,
        failure: Failure,
        topic: &str,
        partition: Option<i32>,
        code: ErrorCode,
    ) {
        let is_expected = self.phase() == Phase::Closed || failure == Failure::Fatal;
        if !is_expected && self.counters.may_log(failure) {
            warn!(
                target: "kafka",
                topic,
                partition,
                code = code.0,
                permanent = failure.is_permanent(),
                "kafka does not take records: {failure}"
            );
        }
    }

    // Alarms.

    /// Until when a lot waits for company, if it does.
    pub(crate) fn lingers_until(&self, lot: &Lot<R>) -> Option<Instant> {
        let linger = self.settings.linger;
        let is_full = || lot.bytes() >= self.limit.bytes || lot.len() >= self.limit.messages;
        if linger.is_zero() || is_full() || self.phase() != Phase::Running {
            return None;
        }
        let due = lot.oldest()? + linger;
        (due > Instant::now()).then_some(due)
    }

    pub(crate) fn set_alarm(&self, due: Instant, partition: u32) {
        if self.alarms.set(due, partition)
            && let Some(client) = &*self.client.load()
        {
            client.wake();
        }
    }

    pub(crate) fn next_alarm(&self) -> Option<Instant> {
        self.alarms.first()
    }

    pub(crate) fn ring_alarms(&self, now: Instant) {
        while let Some(partition) = self.alarms.take_due(now) {
            if let Some(partition) = self.partition(partition) {
                partition.ring(self);
            }
        }
    }

    // Life.

    /// Lets every partition look whether it can send.
    pub(crate) fn nudge_all(&self) {
        for partition in self.partitions() {
            partition.nudge(self);
        }
    }

    /// Drops what waits in vain.
    pub(crate) fn sweep(&self) {
        for topic in self.topics() {
            topic.sweep(self);
        }
        for partition in self.partitions() {
            partition.sweep(self);
        }
    }

    /// Takes nothing any more and reports everything that librdkafka does not have.
    pub(crate) fn close(&self) {
        let topics: Vec<Arc<Topic<R>>> = {
            let mut topics = lock(&self.topics);
            topics.is_closed = true;
            topics.by_name.values().cloned().collect()
        };
        for topic in topics {
            topic.close(self);
        }
        for partition in self.partitions() {
            partition.close(self);
        }
        self.quarantine.close();
        // Last: who sees this knows that nothing more is handed over.
        self.enter(Phase::Closed);
        if let Some(client) = &*self.client.load() {
            client.wake();
        }
    }

    /// No client: the next batches wait.
    pub(crate) fn withdraw_handles(&self) {
        for topic in self.topics() {
            topic.core.set_handle(None);
        }
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.counters.snapshot();
        for topic in self.topics() {
            snapshot.waiting.add(topic.pending());
            snapshot.topics.push(topic.snapshot());
        }
        for partition in self.partitions() {
            snapshot.waiting.add(partition.waiting());
        }
        snapshot
            .topics
            .sort_by(|one, other| one.name.cmp(&other.name));
        snapshot
    }
}
