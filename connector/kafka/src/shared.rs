//! What publishers and the producer's threads share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use tracing::{error, warn};

use crate::berths::{Berth, Berths};
use crate::carrier::{Carrier, Carriers};
use crate::counters::Counters;
use crate::fleet::{Fleet, Launched};
use crate::metadata::Questions;
use crate::native::{BatchLimit, ErrorCode, Handed, Lot};
use crate::partition::Partition;
use crate::prompter::Prompter;
use crate::publisher::Item;
use crate::quarantine::{Quarantine, Suspects};
use crate::sync::lock;
use crate::tokens::Stop;
use crate::topic::{Topic, TopicCore};
use crate::{Failure, Parcel, Recipient, Report, Settings, Snapshot, reports};

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
    /// Without properties: those are the fleet's.
    pub(crate) settings: Settings,
    pub(crate) fleet: Fleet,
    pub(crate) limit: BatchLimit,
    pub(crate) counters: Counters,
    pub(crate) carriers: Carriers,
    pub(crate) questions: Questions<R>,
    pub(crate) prompter: Prompter,
    pub(crate) berths: Berths,
    topics: Mutex<Topics<R>>,
    /// Partition n is the one with id n + 1.
    partitions: RwLock<Vec<Arc<Partition<R>>>>,
    quarantine: Quarantine<R>,
    phase: AtomicU8,
    /// Held by who renews the clients.
    pub(crate) renewing: Mutex<()>,
    pub(crate) token_stop: Stop,
    /// Whoever drains waits here for the last report.
    idle: (Mutex<()>, Condvar),
}

struct Topics<R: Recipient> {
    by_name: HashMap<String, Arc<Topic<R>>>,
    /// Those among them that the settings do not name.
    unnamed: usize,
    is_closed: bool,
}

impl<R: Recipient> Shared<R> {
    pub(crate) fn new(settings: Settings, fleet: Fleet, limit: BatchLimit) -> Arc<Self> {
        Arc::new_cyclic(|myself| Self {
            myself: Weak::clone(myself),
            settings,
            fleet,
            limit,
            counters: Counters::default(),
            carriers: Carriers::default(),
            questions: Questions::default(),
            prompter: Prompter::default(),
            berths: Berths::default(),
            topics: Mutex::new(Topics {
                by_name: HashMap::new(),
                unnamed: 0,
                is_closed: false,
            }),
            partitions: RwLock::new(Vec::new()),
            quarantine: Quarantine::default(),
            phase: AtomicU8::new(Phase::Running as u8),
            renewing: Mutex::new(()),
            token_stop: Stop::default(),
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

    /// The topic with this name, made on first sight; `None` above `topics_max`, unless the settings
    /// name it.
    pub(crate) fn topic(&self, name: &str) -> Option<Arc<Topic<R>>> {
        let mut topics = lock(&self.topics);
        if let Some(topic) = topics.by_name.get(name) {
            return Some(Arc::clone(topic));
        }
        let is_named = self.settings.topics_named.contains(name);
        if !is_named {
            if topics.unnamed >= self.settings.topics_max {
                return None;
            }
            topics.unnamed += 1;
        }
        let carrier = self.carrier_of_new_topic(topics.is_closed);
        let topic = Arc::new(Topic::new(name, carrier, topics.is_closed));
        topics.by_name.insert(name.to_owned(), Arc::clone(&topic));
        Some(topic)
    }

    fn carrier_of_new_topic(&self, is_closed: bool) -> Arc<Carrier> {
        let settings = &self.settings;
        let start = |carrier: &Arc<Carrier>| {
            let shared = self.myself.upgrade().filter(|_| !is_closed);
            let started = shared.map(|shared| reports::start(&shared, carrier, None));
            match started {
                Some(Ok(())) => true,
                Some(Err(error)) => {
                    error!(target: "kafka", %error, "no further kafka client");
                    false
                }
                None => false,
            }
        };
        let (fill, max) = (settings.partitions_per_client, settings.clients_max);
        let carrier = self.carriers.assign(fill, max, start);
        carrier.add_load();
        carrier
    }

    pub(crate) fn topics(&self) -> Vec<Arc<Topic<R>>> {
        lock(&self.topics).by_name.values().cloned().collect()
    }

    /// The topics of one carrier.
    pub(crate) fn topics_of(&self, carrier: &Arc<Carrier>) -> Vec<Arc<Topic<R>>> {
        let topics = lock(&self.topics);
        let of_carrier = |topic: &&Arc<Topic<R>>| Arc::ptr_eq(&topic.core.carrier, carrier);
        topics
            .by_name
            .values()
            .filter(of_carrier)
            .cloned()
            .collect()
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
        if number > 0 {
            topic.carrier.add_load();
        }
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

    /// The partitions of one carrier.
    pub(crate) fn partitions_of(&self, carrier: &Arc<Carrier>) -> Vec<Arc<Partition<R>>> {
        let mut partitions = self.partitions();
        partitions.retain(|partition| Arc::ptr_eq(&partition.topic().carrier, carrier));
        partitions
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
                .report(item.piece.slot, Report::Failed(failure));
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

    pub(crate) fn count_launch(&self, launched: &Launched) {
        if launched.is_new {
            self.count_trial();
        }
    }

    pub(crate) fn count_trial(&self) {
        let created = &self.counters.clients_created;
        created.fetch_add(1, Ordering::Relaxed);
    }

    // Counting. Every record that was shipped is counted once, by one of the next three.

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

    /// Counts the records that were refused for what they are when they were handed over.
    pub(crate) fn count_own_faults(&self, handed: &Handed) {
        self.count_failed(Failure::TooLarge, u64::from(handed.too_large));
        self.count_failed(Failure::InvalidRecord, u64::from(handed.invalid));
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

    // What is due.

    /// Until when a lot waits for company, if it does.
    pub(crate) fn lingers_until(&self, lot: &Lot<R>, limit: BatchLimit) -> Option<Instant> {
        let linger = self.settings.linger;
        let is_full = || lot.bytes() >= limit.bytes || lot.len() >= limit.messages;
        if linger.is_zero() || is_full() || self.phase() != Phase::Running {
            return None;
        }
        let due = lot.oldest()? + linger;
        (due > Instant::now()).then_some(due)
    }

    /// Lets partitions of a carrier send whose time or turn has come.
    pub(crate) fn ring(&self, carrier: &Carrier, now: Instant) {
        while let Some(id) = carrier.take_alarm(now) {
            if let Some(partition) = self.partition(id) {
                partition.ring(self);
            }
        }
        self.admit();
    }

    /// Passes a berth on.
    pub(crate) fn leave(&self, berth: Berth) {
        self.berths.give_back(berth);
        self.admit();
    }

    /// Lets partitions hand over their batches as far as there are berths.
    fn admit(&self) {
        while let Some((id, berth)) = self.berths.next(Instant::now()) {
            match self.partition(id) {
                Some(partition) => partition.admit(self, berth),
                None => self.berths.give_back(berth),
            }
        }
    }

    // Life.

    /// Drops what waits in vain for a carrier.
    pub(crate) fn sweep(&self, carrier: &Arc<Carrier>) {
        for topic in self.topics_of(carrier) {
            topic.sweep(self);
        }
        for partition in self.partitions_of(carrier) {
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
        for carrier in self.carriers.all() {
            carrier.wake();
        }
    }

    /// No client for a carrier's topics: the next batches wait.
    pub(crate) fn withdraw_client(&self, carrier: &Arc<Carrier>) {
        carrier.client.store(None);
        for topic in self.topics_of(carrier) {
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
        for carrier in self.carriers.all() {
            snapshot.outstanding += carrier.outstanding();
        }
        snapshot
            .topics
            .sort_by(|one, other| one.name.cmp(&other.name));
        snapshot
    }
}
