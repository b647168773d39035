//! What a producer is started with.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::TokenSource;

/// How a producer talks to Kafka and when it hands batches over.
#[derive(Clone)]
pub struct Settings {
    /// librdkafka's own property names and values, in order; a later one wins.
    /// Nothing is printed of them: they may hold secrets.
    pub properties: Vec<(String, String)>,
    /// The longest time for which records of an idle partition wait for company
    /// while they fill less than `batch_bytes`. Zero: they go at once.
    pub linger: Duration,
    /// How long librdkafka holds a batch back before it sends it (its `linger.ms`). Zero
    /// sends at once, but then librdkafka's thread may start while a large batch is still
    /// being handed over, cut it in two, and spin until the first half is acknowledged. Some
    /// hundred microseconds spare that; a lone record waits that long.
    pub gather: Duration,
    /// How many bytes of keys, values, extras and record overhead one batch holds at most.
    /// A larger record goes alone. Never more than librdkafka's `message.max.bytes`.
    pub batch_bytes: usize,
    /// How often the number of partitions of every topic in use is asked for.
    pub metadata_refresh: Duration,
    /// How many different topics are published to at most, those that are named here left out:
    /// each is kept, with its partitions, as long as the producer lives.
    pub topics_max: usize,
    /// Topics that can be published to however many others there are.
    pub topics_named: HashSet<String>,
    /// When every client carries so many topics or partitions, the next topic gets a client
    /// of its own, up to `clients_max`: librdkafka's work for one request grows with them.
    pub partitions_per_client: usize,
    /// How many librdkafka clients topics are shared out among at most. Each has its own
    /// connections and threads.
    pub clients_max: usize,
    /// Where tokens come from when the properties say `sasl.mechanism=OAUTHBEARER`.
    pub tokens: Option<Arc<dyn TokenSource>>,
    /// Who is told about every batch; see [`Observer`].
    pub observer: Option<Arc<dyn Observer>>,
}

impl Settings {
    /// Settings with these properties and the defaults: no linger, no gathering, batches of
    /// 900 000 bytes, metadata every five minutes (Java's `metadata.max.age.ms`), at most a
    /// thousand topics, a client for 128 partitions and eight clients at most.
    pub fn new(properties: Vec<(String, String)>) -> Self {
        Self {
            properties,
            linger: Duration::ZERO,
            gather: Duration::ZERO,
            batch_bytes: 900_000,
            metadata_refresh: Duration::from_mins(5),
            topics_max: 1000,
            topics_named: HashSet::new(),
            partitions_per_client: 128,
            clients_max: 8,
            tokens: None,
            observer: None,
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self
            .properties
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        formatter
            .debug_struct("Settings")
            .field("properties", &names)
            .field("linger", &self.linger)
            .field("gather", &self.gather)
            .field("batch_bytes", &self.batch_bytes)
            .field("metadata_refresh", &self.metadata_refresh)
            .field("topics_max", &self.topics_max)
            .field("topics_named", &self.topics_named)
            .field("partitions_per_client", &self.partitions_per_client)
            .field("clients_max", &self.clients_max)
            .finish_non_exhaustive()
    }
}

/// One batch of one partition.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// The partition's number.
    pub partition: i32,
    /// How many records librdkafka accepted.
    pub records: u32,
    /// Keys, values, extras and record overhead.
    pub bytes: usize,
}

/// Is told about batches, for latency histograms and the like.
///
/// Called once per batch, never per record, from the thread that moves the batch:
/// must be short and must not call the producer.
pub trait Observer: Send + Sync + 'static {
    /// librdkafka has been given a batch.
    fn batch_handed_over(&self, _batch: &Batch<'_>) {}

    /// The last report of a batch is in. `latency` counts from the moment the oldest
    /// record of the batch was shipped, so it includes the wait for the batch before.
    fn batch_reported(&self, _batch: &Batch<'_>, _latency: Duration) {}
}

/// Why a producer could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A property is unknown to librdkafka, or its value is not possible.
    #[error("producer property {name:?} is refused: {reason}")]
    SetProperty {
        /// The property's name. Its value may be a secret and is not kept.
        name: String,
        /// librdkafka's words.
        reason: String,
    },
    /// The properties do not fit together, or a file they name cannot be used.
    #[error("the producer cannot be created: {reason}")]
    CreateClient {
        /// librdkafka's words.
        reason: String,
    },
    /// The system gives no more threads.
    #[error("cannot start the producer's thread {name:?}")]
    SpawnThread {
        /// The thread's name.
        name: &'static str,
        /// The system's word.
        source: std::io::Error,
    },
}
