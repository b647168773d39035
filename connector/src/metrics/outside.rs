//! What other parts know and the metrics show.

use crate::login::LoginFigures;
use aeroduct_kafka::{BreakerState, BrokerState, Snapshot};

/// Figures of other parts at the moment of a snapshot.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Outside {
    /// Records without an answer or a report, and how many there may be.
    pub in_flight_records: u64,
    pub in_flight_records_limit: u64,
    /// Memory of those records in bytes, and how much it may be.
    pub in_flight_bytes: u64,
    pub in_flight_bytes_limit: u64,
    /// Whether the window is held by overdue messages, so that records are not produced.
    pub is_overdue: bool,
    /// Records whose last update is remembered to keep versions in order.
    pub remembered_records: u64,
    /// Records whose last update was forgotten before its time.
    pub forgotten_records: u64,
    pub login: LoginFigures,
    pub producer: ProducerFigures,
}

/// What the producer counts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProducerFigures {
    pub produced_messages: u64,
    pub produced_bytes: u64,
    pub delivered_messages: u64,
    pub delivered_bytes: u64,
    /// Messages by the label of their failure.
    pub failed: Vec<(&'static str, u64)>,
    pub batches: u64,
    pub quarantined_batches: u64,
    pub clients_created: u64,
    pub clients_closed: u64,
    pub fatal_errors: u64,
    pub renewals: u64,
    pub authentication_errors: u64,
    pub tls_errors: u64,
    pub token_errors: u64,
    /// Shipped and not yet with the Kafka client.
    pub waiting_messages: u64,
    pub waiting_bytes: u64,
    /// With the Kafka client and not yet reported.
    pub outstanding_messages: u64,
    pub brokers: Brokers,
    /// Topics used so far.
    pub topics: u64,
    /// Topics that refuse records.
    pub breakers: Vec<Breaker>,
}

/// Whether any broker can be reached.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Brokers {
    #[default]
    Unknown,
    Up,
    Down,
}

/// A topic that refuses records, and the label of its reason.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Breaker {
    pub topic: String,
    pub reason: &'static str,
}

impl From<Snapshot> for ProducerFigures {
    fn from(snapshot: Snapshot) -> Self {
        let failed = snapshot.failed.iter();
        let topics = u64::try_from(snapshot.topics.len()).unwrap_or(u64::MAX);
        let breakers = snapshot.topics.into_iter();
        Self {
            produced_messages: snapshot.produced.messages,
            produced_bytes: snapshot.produced.bytes,
            delivered_messages: snapshot.delivered.messages,
            delivered_bytes: snapshot.delivered.bytes,
            failed: failed.map(|&(kind, count)| (kind.label(), count)).collect(),
            batches: snapshot.batches,
            quarantined_batches: snapshot.quarantined,
            clients_created: snapshot.clients_created,
            clients_closed: snapshot.clients_closed,
            fatal_errors: snapshot.fatal_errors,
            renewals: snapshot.renewals,
            authentication_errors: snapshot.authentication_errors,
            tls_errors: snapshot.tls_errors,
            token_errors: snapshot.token_errors,
            waiting_messages: snapshot.waiting.messages,
            waiting_bytes: snapshot.waiting.bytes,
            outstanding_messages: snapshot.outstanding,
            brokers: match snapshot.brokers {
                BrokerState::Unknown => Brokers::Unknown,
                BrokerState::Up => Brokers::Up,
                BrokerState::AllDown => Brokers::Down,
            },
            topics,
            breakers: breakers
                .filter_map(|topic| match topic.breaker {
                    BreakerState::Closed => None,
                    BreakerState::Open(reason) => Some(Breaker {
                        topic: topic.name,
                        reason: reason.label(),
                    }),
                })
                .collect(),
        }
    }
}
