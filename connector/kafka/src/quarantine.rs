//! Sends the records of a spoilt batch again, one by one, so that only the guilty one
//! gets the permanent report.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tracing::error;

use crate::fleet::Launched;
use crate::native::{
    BatchLimit, Client, ErrorCode, Event, Lot, Outstanding, Reports, TopicHandle, Verdict,
};
use crate::shared::{Phase, Shared};
use crate::sync::{lock, spawn};
use crate::{Failure, Recipient, Report};

/// How long the thread waits for an event before it looks for new suspects.
const POLL_LIMIT: Duration = Duration::from_millis(20);
/// How long the client may take to report what it was told to give up.
const PURGE_LIMIT: Duration = Duration::from_secs(5);
/// How long the client is kept without anything to do.
const IDLE_LIMIT: Duration = Duration::from_secs(10);
const THREAD_NAME: &str = "kafka-quarantine";
/// A batch is taken as it is.
const NO_LIMIT: BatchLimit = BatchLimit {
    messages: usize::MAX,
    bytes: usize::MAX,
};

/// The records of one batch of one partition, which takes nothing else meanwhile.
pub(crate) struct Suspects<R: Recipient> {
    pub(crate) partition: u32,
    pub(crate) lot: Lot<R>,
}

/// The way to the quarantine's thread, which starts with the first suspects. Holds at most
/// one batch per partition.
pub(crate) struct Quarantine<R: Recipient> {
    inbox: Mutex<Inbox<R>>,
    changed: Condvar,
}

struct Inbox<R: Recipient> {
    waiting: Vec<Suspects<R>>,
    thread: Option<JoinHandle<()>>,
    is_closed: bool,
}

impl<R: Recipient> Default for Quarantine<R> {
    fn default() -> Self {
        let inbox = Inbox {
            waiting: Vec::new(),
            thread: None,
            is_closed: false,
        };
        Self {
            inbox: Mutex::new(inbox),
            changed: Condvar::new(),
        }
    }
}

impl<R: Recipient> Quarantine<R> {
    pub(crate) fn submit(&self, shared: &Shared<R>, mut suspects: Suspects<R>) {
        let mut inbox = lock(&self.inbox);
        if inbox.is_closed {
            drop(inbox);
            shared.fail(&mut suspects.lot, Failure::ShuttingDown);
            return;
        }
        if inbox.thread.is_none() {
            let myself = shared.myself.upgrade();
            let body = move || {
                if let Some(shared) = myself {
                    run(&shared);
                }
            };
            match spawn(THREAD_NAME, body) {
                Ok(thread) => inbox.thread = Some(thread),
                Err(error) => {
                    drop(inbox);
                    error!(target: "kafka", %error, "no quarantine");
                    give_back(shared, suspects, Failure::Unexpected);
                    return;
                }
            }
        }
        inbox.waiting.push(suspects);
        self.changed.notify_one();
    }

    /// The thread's name, when it has ended before its time.
    pub(crate) fn dead_thread(&self) -> Option<&'static str> {
        let inbox = lock(&self.inbox);
        let has_ended = inbox.thread.as_ref().is_some_and(JoinHandle::is_finished);
        (has_ended && !inbox.is_closed).then_some(THREAD_NAME)
    }

    /// Takes nothing any more; the thread gives up what it has.
    pub(crate) fn close(&self) {
        lock(&self.inbox).is_closed = true;
        self.changed.notify_one();
    }

    /// Waits for the thread's end, after [`Quarantine::close`].
    pub(crate) fn join(&self) {
        let thread = lock(&self.inbox).thread.take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            error!(target: "kafka", "thread {THREAD_NAME:?} has panicked");
        }
    }

    /// Takes the suspects that have come, waiting a while for some if `may_wait`. `None`:
    /// closed.
    pub(crate) fn next(&self, may_wait: bool) -> Option<Vec<Suspects<R>>> {
        let mut inbox = lock(&self.inbox);
        if may_wait && inbox.waiting.is_empty() && !inbox.is_closed {
            (inbox, _) = self
                .changed
                .wait_timeout(inbox, IDLE_LIMIT)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if inbox.is_closed && inbox.waiting.is_empty() {
            return None;
        }
        Some(std::mem::take(&mut inbox.waiting))
    }
}

/// Lets a partition go on after its suspects could not be helped.
fn give_back<R: Recipient>(shared: &Shared<R>, mut suspects: Suspects<R>, failure: Failure) {
    shared.fail(&mut suspects.lot, failure);
    if let Some(partition) = shared.partition(suspects.partition) {
        partition.release(shared);
    }
}

fn run<R: Recipient>(shared: &Shared<R>) {
    let mut client = None;
    let mut attempts = Attempts {
        shared,
        waiting: Vec::new(),
        topics: HashMap::new(),
        batches: HashMap::new(),
    };
    let mut closing: Option<Instant> = None;
    loop {
        match shared.arrivals(attempts.batches.is_empty()) {
            // Idle: without a client there is nothing to poll, and no open connection.
            Some(arrivals) if arrivals.is_empty() && attempts.batches.is_empty() => {
                attempts.close_client(&mut client);
            }
            Some(arrivals) => {
                attempts.waiting.extend(arrivals);
                attempts.send_waiting(&mut client);
            }
            None => {
                attempts.drop_waiting();
                if attempts.batches.is_empty() {
                    break;
                }
                let since = *closing.get_or_insert_with(Instant::now);
                if let Some(Launched { client, .. }) = &client {
                    client.purge(true);
                }
                if since.elapsed() > PURGE_LIMIT {
                    attempts.give_up();
                }
            }
        }
        if let Some(Launched { client, .. }) = &client {
            attempts.turn(client);
        }
    }
    attempts.close_client(&mut client);
}

fn client_of<R: Recipient>(
    shared: &Shared<R>,
    launched: &mut Option<Launched>,
) -> Option<Arc<Client>> {
    if launched.is_none() {
        match shared.fleet.launch_quarantine(&shared.settings) {
            Ok(made) => {
                shared.count_launch(&made);
                *launched = Some(made);
            }
            Err(error) => error!(target: "kafka", %error, "cannot make the quarantine's client"),
        }
    }
    launched.as_ref().map(|it| Arc::clone(&it.client))
}

/// The batches that the quarantine's client has.
struct Attempts<'s, R: Recipient> {
    shared: &'s Shared<R>,
    /// Suspects that the client has not been given.
    waiting: Vec<Suspects<R>>,
    /// Topics that ever had suspects.
    topics: HashMap<String, Arc<TopicHandle>>,
    /// By the partition's number in the producer.
    batches: HashMap<u32, Outstanding<R>>,
}

impl<R: Recipient> Attempts<'_, R> {
    /// Waits for one event and deals with it.
    fn turn(&mut self, client: &Client) {
        match client.poll(POLL_LIMIT) {
            Some(Event::Reports(mut reports)) => self.take_reports(&mut reports),
            Some(Event::Error { code, reason, .. }) => {
                self.shared.counters.note_trouble(code, &reason);
            }
            Some(Event::Log {
                level,
                facility,
                line,
            }) => self.shared.counters.note_line(level, &facility, &line),
            Some(Event::Other) | None => {}
        }
    }

    /// Sends what waits. A client of old properties gets nothing more, and the next one is made
    /// when it is done.
    fn send_waiting(&mut self, client: &mut Option<Launched>) {
        let generation = self.shared.fleet.generation();
        if client
            .as_ref()
            .is_some_and(|it| it.generation != generation)
        {
            if !self.batches.is_empty() {
                return;
            }
            self.close_client(client);
        }
        for suspects in std::mem::take(&mut self.waiting) {
            match client_of(self.shared, client) {
                Some(client) => self.send(&client, suspects),
                None => give_back(self.shared, suspects, Failure::Unexpected),
            }
        }
    }

    fn drop_waiting(&mut self) {
        for mut suspects in self.waiting.drain(..) {
            self.shared.fail(&mut suspects.lot, Failure::ShuttingDown);
        }
    }

    fn close_client(&mut self, client: &mut Option<Launched>) {
        self.topics.clear();
        if client.take().is_some() {
            self.shared
                .counters
                .clients_closed
                .fetch_add(1, Ordering::Relaxed);
        }
    }

    fn send(&mut self, client: &Arc<Client>, mut suspects: Suspects<R>) {
        let shared = self.shared;
        let Some(partition) = shared.partition(suspects.partition) else {
            give_back(shared, suspects, Failure::Unexpected);
            return;
        };
        let name = partition.topic().name();
        if !self.topics.contains_key(name)
            && let Some(handle) = TopicHandle::open(client, name)
        {
            self.topics.insert(name.to_owned(), Arc::new(handle));
        }
        let Some(topic) = self.topics.get(name) else {
            give_back(shared, suspects, Failure::InvalidTopic);
            return;
        };
        let mut batch = Outstanding::default();
        let dropped = batch.load(&mut suspects.lot, NO_LIMIT);
        shared.count_failed(Failure::Abandoned, dropped);
        let handed = batch.produce(topic, partition.number(), suspects.partition);
        shared.count_own_faults(&handed);
        if let Some(code) = handed.refused_by {
            shared.fail(&mut batch.returned(), Failure::from(code));
        }
        if handed.accepted > 0 {
            self.batches.insert(suspects.partition, batch);
        } else {
            partition.release(shared);
        }
    }

    fn take_reports(&mut self, reports: &mut Reports) {
        for reported in reports.iter_mut() {
            let owner = reported.owner();
            let Some(batch) = self.batches.get_mut(&owner) else {
                error!(target: "kafka", ?reported, "report about an unknown message");
                continue;
            };
            let report = self.shared.final_report(reported.code());
            let bytes = batch.settle(&reported, Verdict::Final(report));
            batch.settle_run();
            match (bytes, report) {
                (None, _) => error!(target: "kafka", ?reported, "report about an unknown message"),
                (Some(bytes), Report::Delivered) => self.shared.count_delivered(1, bytes),
                (Some(_), Report::Failed(failure)) => {
                    self.note_failure(owner, failure, reported.code());
                }
            }
            if self
                .batches
                .get(&owner)
                .is_some_and(|batch| batch.unreported() == 0)
            {
                self.batches.remove(&owner);
                if let Some(partition) = self.shared.partition(owner) {
                    partition.release(self.shared);
                }
            }
        }
    }

    fn note_failure(&self, owner: u32, failure: Failure, code: ErrorCode) {
        self.shared.count_failed(failure, 1);
        if let Some(partition) = self.shared.partition(owner) {
            let number = Some(partition.number());
            self.shared
                .log_failure(failure, partition.topic().name(), number, code);
        }
    }

    fn give_up(&mut self) {
        for (_, mut batch) in self.batches.drain() {
            let (_, reported) = batch.write_off(Report::Failed(Failure::ShuttingDown));
            self.shared
                .count_failed(Failure::ShuttingDown, u64::from(reported));
        }
    }
}

impl<R: Recipient> Shared<R> {
    /// What a recipient is told for an error code.
    pub(crate) fn final_report(&self, code: ErrorCode) -> Report {
        if !code.is_error() {
            return Report::Delivered;
        }
        match Failure::from(code) {
            Failure::Fatal if self.phase() == Phase::Closed => {
                Report::Failed(Failure::ShuttingDown)
            }
            failure => Report::Failed(failure),
        }
    }
}
