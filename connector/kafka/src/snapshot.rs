//! The state of a producer at one moment, for metrics and a health page.

use crate::Failure;

/// A number of records and their bytes (keys, values, extras and record overhead).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Volume {
    /// Records.
    pub messages: u64,
    /// Keys, values, extras and record overhead.
    pub bytes: u64,
}

impl Volume {
    pub(crate) fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.bytes += other.bytes;
    }
}

/// Whether any broker can be reached.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BrokerState {
    /// Nothing is known yet.
    Unknown,
    /// Some broker answers.
    Up,
    /// librdkafka has lost all of them and keeps trying.
    AllDown,
}

/// Whether a topic takes records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BreakerState {
    /// Records go to Kafka.
    Closed,
    /// The topic refused records for this reason: new ones are reported so at once,
    /// but for one probe per second.
    Open(Failure),
}

/// One topic's state.
#[derive(Clone, Debug)]
pub struct TopicSnapshot {
    /// The topic's name.
    pub name: String,
    /// How many partitions it has; zero as long as Kafka has not said so.
    pub partitions: usize,
    /// Whether it takes records.
    pub breaker: BreakerState,
}

/// Counts since the start, and the state of the moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Given to librdkafka, quarantine not counted again.
    pub produced: Volume,
    /// Acknowledged by Kafka.
    pub delivered: Volume,
    /// Records reported as failed, for each kind of failure in the order of
    /// [`Failure::ALL`].
    pub failed: Vec<(Failure, u64)>,
    /// Batches given to librdkafka.
    pub batches: u64,
    /// Batches sent again record by record because one of them spoilt it.
    pub quarantined: u64,
    /// librdkafka clients made, those for many topics, replacements and the quarantine's included.
    pub clients_created: u64,
    /// librdkafka clients destroyed.
    pub clients_closed: u64,
    /// Clients replaced after a fatal error.
    pub fatal_errors: u64,
    /// Clients whose place one with new properties has taken.
    pub renewals: u64,
    /// How often a broker did not accept who we are.
    pub authentication_errors: u64,
    /// How often no TLS connection came about.
    pub tls_errors: u64,
    /// How often no token was to be had.
    pub token_errors: u64,
    /// Shipped and not yet with librdkafka.
    pub waiting: Volume,
    /// With librdkafka and not yet reported.
    pub outstanding: u64,
    /// Whether any broker can be reached.
    pub brokers: BrokerState,
    /// Every topic used so far, by name.
    pub topics: Vec<TopicSnapshot>,
}
