//! The thread that takes librdkafka's reports, sends the next batches, and replaces the
//! client after a fatal error or for new properties.

mod predecessors;
mod succession;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::{error, info};

use self::predecessors::Predecessors;
use crate::carrier::Carrier;
use crate::fleet::Launched;
use crate::native::{Client, ErrorCode, Event, Reports, TopicHandle};
use crate::partition::Sender;
use crate::shared::{Phase, Shared};
use crate::snapshot::BrokerState;
use crate::sync::{lock, spawn};
use crate::{Failure, Recipient, StartError};

/// How long the thread sleeps at most when nothing happens.
const POLL_LIMIT: Duration = Duration::from_millis(100);
/// The same while a client is being settled.
const POLL_LIMIT_SETTLING: Duration = Duration::from_millis(10);
/// The same while predecessors have batches, which are looked for between two polls.
const POLL_LIMIT_SUCCEEDING: Duration = Duration::from_millis(2);
/// With partitions waiting for a berth there are so many small batches that waking up for the
/// reports of each is a good part of its cost. So they are collected for a moment; a batch that
/// waits for its turn grows meanwhile.
const COLLECT_PAUSE: Duration = Duration::from_micros(500);
/// How many events are dealt with before the thread looks at anything else.
const COLLECT_MAX: usize = 256;
/// How often waiting records are searched for those that nobody waits for.
const SWEEP_PAUSE: Duration = Duration::from_secs(1);
/// How long requests of a failed client may stay on their way. An older version of a
/// record must not reach Kafka after a newer one that the next client sends.
const SETTLE_LIMIT: Duration = Duration::from_secs(10);
/// How long a client may take to report what it was told to give up.
const PURGE_LIMIT: Duration = Duration::from_secs(5);
/// How often a settling client is told to give up what came back to its queues.
const PURGE_PAUSE: Duration = Duration::from_millis(50);
/// How soon a client that could not be made is tried again.
const CREATE_PAUSE: Duration = Duration::from_secs(1);

/// The thread's name.
pub(crate) const THREAD_NAME: &str = "kafka-reports";

/// Starts the thread of a carrier. Without a client it makes one itself.
///
/// # Errors
///
/// When the system gives no thread.
pub(crate) fn start<R: Recipient>(
    shared: &Arc<Shared<R>>,
    carrier: &Arc<Carrier>,
    client: Option<Launched>,
) -> Result<(), StartError> {
    let (shared, mine) = (Arc::clone(shared), Arc::clone(carrier));
    let body = move || run(&shared, &mine, client);
    *lock(&carrier.thread) = Some(spawn(THREAD_NAME, body)?);
    Ok(())
}

/// Runs the thread until the producer is closed and everything is reported.
fn run<R: Recipient>(shared: &Shared<R>, carrier: &Arc<Carrier>, launched: Option<Launched>) {
    let settling = launched.is_none().then(|| Settling::begin(Duration::ZERO));
    let (client, generation) = launched.map_or((None, 0), |it| (Some(it.client), it.generation));
    let mut thread = Thread {
        shared,
        carrier,
        client,
        generation,
        next_renewal: Instant::now(),
        predecessors: Predecessors::default(),
        settling,
    };
    let mut next_sweep = Instant::now() + SWEEP_PAUSE;
    loop {
        thread.turn();
        let now = Instant::now();
        shared.ring(carrier, now);
        if now >= next_sweep {
            next_sweep = now + SWEEP_PAUSE;
            shared.sweep(carrier);
        }
        if thread.settle(now) {
            break;
        }
        thread.renew(now);
        thread.attend_to_predecessors(now);
    }
    let left = thread.predecessors.take_all();
    for client in left.into_iter().chain(thread.client.take()) {
        shared.questions.retire(client);
    }
}

struct Thread<'s, R: Recipient> {
    shared: &'s Shared<R>,
    carrier: &'s Arc<Carrier>,
    /// `None` when the next client could not be made yet.
    client: Option<Arc<Client>>,
    /// Of the client's properties.
    generation: u64,
    /// When new properties are tried again.
    next_renewal: Instant,
    predecessors: Predecessors,
    settling: Option<Settling>,
}

/// A client that gets nothing more, because it failed or because the producer is closed, or one
/// that is still to be made.
#[derive(Clone, Copy, Debug)]
struct Settling {
    since: Instant,
    next_purge: Instant,
    /// When what is on its way is given up, too.
    in_flight_until: Instant,
    /// When the next client is tried again.
    next_create: Instant,
}

impl<R: Recipient> Thread<'_, R> {
    /// Waits for an event and deals with it.
    fn turn(&mut self) {
        let is_settling = self.settling.is_some() || self.shared.phase() == Phase::Closed;
        let mut limit = match is_settling {
            true => POLL_LIMIT_SETTLING,
            false if self.predecessors.is_empty() => POLL_LIMIT,
            false => POLL_LIMIT_SUCCEEDING,
        };
        let (alarm, berth) = (self.carrier.next_alarm(), self.shared.berths.due());
        for due in [alarm, berth].into_iter().flatten() {
            limit = limit.min(due.saturating_duration_since(Instant::now()));
        }
        let Some(client) = self.client.clone() else {
            std::thread::sleep(limit.min(POLL_LIMIT_SETTLING));
            return;
        };
        if let Some(event) = client.poll(limit) {
            self.take(event);
        }
        if self.shared.berths.are_sought() {
            std::thread::sleep(COLLECT_PAUSE);
            let events = std::iter::from_fn(|| client.poll(Duration::ZERO));
            events.take(COLLECT_MAX).for_each(|event| self.take(event));
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Reports(mut reports) => self.take_reports(&mut reports, Sender::Present),
            Event::Error {
                code,
                is_fatal,
                reason,
            } => self.note_error(code, is_fatal, &reason),
            Event::Log {
                level,
                facility,
                line,
            } => self.shared.counters.note_line(level, &facility, &line),
            Event::Other => {}
        }
    }

    fn take_reports(&self, reports: &mut Reports, sender: Sender) {
        let mut reports = reports.iter_mut().peekable();
        while let Some(first) = reports.next() {
            if let Some(partition) = self.shared.partition(first.owner()) {
                partition.take_reports(self.shared, sender, first, &mut reports);
            } else {
                error!(target: "kafka", ?first, "report about an unknown partition");
            }
        }
    }

    fn note_error(&mut self, code: ErrorCode, is_fatal: bool, reason: &str) {
        if is_fatal || code == ErrorCode::FATAL {
            if self.settling.is_none() {
                error!(target: "kafka", reason, "the kafka client has failed and is replaced");
                self.shared
                    .counters
                    .fatal_errors
                    .fetch_add(1, Ordering::Relaxed);
                self.shared.withdraw_client(self.carrier);
                self.settling = Some(Settling::begin(SETTLE_LIMIT));
            }
        } else if code == ErrorCode::ALL_BROKERS_DOWN {
            self.carrier.note_cut_off();
            if self.shared.carriers.are_cut_off() {
                self.shared.counters.note_brokers(BrokerState::AllDown);
            }
        } else {
            self.shared.counters.note_trouble(code, reason);
        }
    }

    /// Brings a client that gets nothing more to its end. Returns true when the thread is
    /// done.
    fn settle(&mut self, now: Instant) -> bool {
        let is_closed = self.shared.phase() == Phase::Closed;
        if is_closed
            && self
                .settling
                .is_none_or(|settling| settling.in_flight_until > now)
        {
            self.settling = Some(Settling::begin(Duration::ZERO));
        }
        let Some(settling) = &mut self.settling else {
            return false;
        };
        let is_settled = self.carrier.outstanding() == 0;
        if !is_settled {
            let is_overdue = now >= settling.in_flight_until + PURGE_LIMIT;
            if let Some(client) = &self.client
                && now >= settling.next_purge
            {
                client.purge(now >= settling.in_flight_until);
                settling.next_purge = now + PURGE_PAUSE;
            }
            if now >= settling.in_flight_until {
                self.predecessors.give_up();
            }
            if !is_overdue {
                return false;
            }
            let failure = if is_closed {
                Failure::ShuttingDown
            } else {
                Failure::Fatal
            };
            for partition in self.shared.partitions_of(self.carrier) {
                partition.write_off(self.shared, failure);
            }
        }
        if !is_closed {
            self.replace_client(now);
        }
        is_closed
    }

    /// Makes the next client and lets it go on with what waits.
    fn replace_client(&mut self, now: Instant) {
        if let Some(old) = self.client.take() {
            self.shared.questions.retire(old);
        }
        let Some(settling) = &mut self.settling else {
            return;
        };
        if now < settling.next_create {
            return;
        }
        match self.shared.fleet.launch(&self.shared.settings) {
            Ok(launched) => {
                let took_ms = settling.since.elapsed().as_millis();
                self.install(launched);
                self.settling = None;
                info!(target: "kafka", took_ms, "a new kafka client is at work");
            }
            Err(error) => {
                self.carrier.note_creation(true);
                error!(target: "kafka", %error, "cannot make the next kafka client");
                settling.next_create = now + CREATE_PAUSE;
            }
        }
    }

    fn install(&mut self, launched: Launched) {
        let shared = self.shared;
        shared.count_launch(&launched);
        let Launched {
            client, generation, ..
        } = launched;
        let client = &client;
        self.generation = generation;
        self.carrier.note_creation(false);
        self.client = Some(Arc::clone(client));
        self.carrier.client.store(Some(Arc::clone(client)));
        for topic in shared.topics_of(self.carrier) {
            let handle = TopicHandle::open(client, topic.core.name());
            topic.core.set_handle(handle.map(Arc::new));
            shared.questions.ask(&topic);
        }
        for partition in shared.partitions_of(self.carrier) {
            partition.nudge(shared);
        }
    }
}

impl Settling {
    fn begin(in_flight: Duration) -> Self {
        let now = Instant::now();
        Self {
            since: now,
            next_purge: now,
            in_flight_until: now + in_flight,
            next_create: now,
        }
    }
}
