//! Starting, stopping and looking at a producer.

use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::error;

use crate::fleet::Fleet;
use crate::native::{BatchLimit, Client};
use crate::shared::{Phase, Shared};
use crate::sync::{lock, spawn};
use crate::{
    Publisher, Recipient, Settings, Snapshot, StartError, metadata, prompter, reports, tokens,
};

/// How many records one batch holds at most, unless the properties say less: librdkafka's
/// own limit of one request.
const BATCH_MESSAGES: usize = 10_000;
/// What a batch of records needs beside its records.
const BATCH_OVERHEAD_BYTES: usize = 128;

const METADATA: &str = "kafka-metadata";
const PROMPTER: &str = "kafka-prompter";
const TOKENS: &str = "kafka-tokens";

/// How a drain ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "says whether records were given up"]
pub struct Drained {
    /// Records that Kafka had not acknowledged or refused when time was up; each was
    /// reported [`Failure::ShuttingDown`](crate::Failure::ShuttingDown).
    pub left: u64,
}

/// A handle to the producer; clones are handles to the same one. When the last is
/// dropped the producer stops as by [`Producer::drain`] without time, and waits for its
/// threads.
pub struct Producer<R: Recipient>(Arc<Life<R>>);

struct Life<R: Recipient> {
    shared: Arc<Shared<R>>,
    metadata: Mutex<Option<JoinHandle<()>>>,
    prompter: Mutex<Option<JoinHandle<()>>>,
    /// Where the settings have a source of tokens.
    tokens: Mutex<Option<JoinHandle<()>>>,
}

impl<R: Recipient> Clone for Producer<R> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: Recipient> Producer<R> {
    /// Starts a producer: its first client and three threads. Does not wait for a broker: while
    /// none can be reached, records wait.
    ///
    /// # Errors
    ///
    /// When librdkafka refuses a property, cannot use a file that one names, or when the
    /// system gives no thread.
    pub fn start(mut settings: Settings) -> Result<Self, StartError> {
        let given = given_limit(&settings);
        let fleet = Fleet::new(std::mem::take(&mut settings.properties));
        let first = fleet.launch(&settings)?;
        let limit = batch_limit(&settings, given, &first.client);
        let shared = Shared::new(settings, fleet, limit);
        shared.count_launch(&first);
        // From here on the threads are stopped by `Life`, also when the second one fails.
        let life = Life {
            shared: Arc::clone(&shared),
            metadata: Mutex::new(None),
            prompter: Mutex::new(None),
            tokens: Mutex::new(None),
        };
        if let Some(source) = shared.settings.tokens.clone() {
            let shared = Arc::clone(&shared);
            let body = move || tokens::run(&shared, &source);
            *lock(&life.tokens) = Some(spawn(TOKENS, body)?);
        }
        let mut first = Some(first);
        for carrier in shared.carriers.all() {
            let client = first.as_ref().map(|first| Arc::clone(&first.client));
            carrier.client.store(client);
            reports::start(&shared, &carrier, first.take())?;
        }
        let for_prompter = Arc::clone(&shared);
        *lock(&life.prompter) = Some(spawn(PROMPTER, move || prompter::run(&for_prompter))?);
        *lock(&life.metadata) = Some(spawn(METADATA, move || metadata::run(&shared))?);
        Ok(Self(Arc::new(life)))
    }

    /// A new way in, for one thread.
    pub fn publisher(&self) -> Publisher<R> {
        Publisher::new(Arc::clone(&self.0.shared))
    }

    /// Takes nothing new, sends what waits, and returns when everything is reported or
    /// `limit` has passed; what is left then is given up and reported
    /// [`Failure::ShuttingDown`](crate::Failure::ShuttingDown), never as delivered. Blocks
    /// for up to `limit` and the short time that giving up takes. Records shipped from now
    /// on are reported in the same way.
    pub fn drain(&self, limit: Duration) -> Drained {
        self.0.drain(limit)
    }

    /// The name of a thread of the producer that has ended though the producer runs, which
    /// only a panic does. Nothing is delivered from then on; the program should end.
    pub fn dead_thread(&self) -> Option<&'static str> {
        let has_ended = |thread: &Mutex<Option<JoinHandle<()>>>| {
            lock(thread).as_ref().is_some_and(JoinHandle::is_finished)
        };
        let carriers = self.0.shared.carriers.all();
        if carriers.iter().any(|carrier| has_ended(&carrier.thread)) {
            return Some(reports::THREAD_NAME);
        }
        if has_ended(&self.0.metadata) {
            return Some(METADATA);
        }
        if has_ended(&self.0.prompter) {
            return Some(PROMPTER);
        }
        if has_ended(&self.0.tokens) {
            return Some(TOKENS);
        }
        self.0.shared.dead_quarantine()
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<R>> {
        &self.0.shared
    }

    /// Counts and states of this moment. Locks every partition shortly: not for the hot
    /// path.
    pub fn snapshot(&self) -> Snapshot {
        self.0.shared.snapshot()
    }

    /// Makes the present clients fail for good, as a lost producer identity would; for
    /// tests of what follows. Returns false while there is none.
    pub fn fail_for_test(&self) -> bool {
        let carriers = self.0.shared.carriers.all();
        let clients = carriers.iter().filter_map(|it| it.client.load_full());
        clients.map(|client| client.fail_for_test()).count() > 0
    }
}

impl<R: Recipient> Life<R> {
    fn drain(&self, limit: Duration) -> Drained {
        let shared = &self.shared;
        shared.enter(Phase::Draining);
        // What lingers goes now.
        for partition in shared.partitions() {
            partition.nudge(shared);
        }
        let left = shared.wait_idle(limit);
        shared.close();
        shared.join_quarantine();
        for carrier in shared.carriers.all() {
            join(&carrier.thread, reports::THREAD_NAME);
        }
        Drained { left }
    }
}

impl<R: Recipient> Drop for Life<R> {
    fn drop(&mut self) {
        let _: Drained = self.drain(Duration::ZERO);
        self.shared.prompter.stop();
        join(&self.prompter, PROMPTER);
        self.shared.questions.stop();
        join(&self.metadata, METADATA);
        self.shared.token_stop.stop();
        join(&self.tokens, TOKENS);
        for carrier in self.shared.carriers.all() {
            self.shared.withdraw_client(&carrier);
        }
        self.shared.fleet.scrap_spare();
        metadata::destroy_retired(&self.shared);
    }
}

fn join(thread: &Mutex<Option<JoinHandle<()>>>, name: &str) {
    let thread = lock(thread).take();
    if let Some(thread) = thread
        && thread.join().is_err()
    {
        error!(target: "kafka", "thread {name:?} has panicked");
    }
}

/// What the properties say about batches.
fn given_limit(settings: &Settings) -> BatchLimit {
    let given = |name: &str| {
        let value = settings.properties.iter().rev().find(|(it, _)| it == name);
        value.and_then(|(_, value)| value.parse::<usize>().ok())
    };
    BatchLimit {
        messages: given("batch.num.messages").unwrap_or(BATCH_MESSAGES),
        bytes: given("batch.size").unwrap_or(usize::MAX),
    }
}

/// The batch must fit into one request, or librdkafka would cut it in two.
fn batch_limit(settings: &Settings, given: BatchLimit, client: &Client) -> BatchLimit {
    let request = client.message_bytes_max().unwrap_or(usize::MAX);
    let request = request.min(given.bytes);
    BatchLimit {
        messages: given.messages.clamp(1, BATCH_MESSAGES),
        bytes: settings
            .batch_bytes
            .min(request.saturating_sub(BATCH_OVERHEAD_BYTES)),
    }
}
