//! The side of Kafka: the settings of the producer and the way of a message into it.

use crate::pipeline::{Departed, Flight, Message, Sink};
use aeroduct_config::Plan;
use aeroduct_kafka::{Observer, Piece, Publisher, Settings, TopicIndex};
use std::sync::Arc;
use std::time::Duration;

/// How many different topics a connector publishes to: the default of `aeroduct.max-topics`
/// (14), which cannot be set yet. A record for a further one is unroutable (13.34).
const TOPICS_MAX: usize = 1000;

/// How long librdkafka waits for the rest of a batch that is being handed over; why, and what it
/// costs, is in `docs/decisions/0003-batches-are-gathered-before-they-are-sent.md`.
pub const GATHER: Duration = Duration::from_micros(200);

/// A shard's end of the producer.
pub struct KafkaSink {
    publisher: Publisher<Flight>,
}

impl KafkaSink {
    /// Messages leave through `publisher`.
    pub const fn new(publisher: Publisher<Flight>) -> Self {
        Self { publisher }
    }
}

impl Sink for KafkaSink {
    type Topic = TopicIndex;

    fn topic(&mut self, name: &str) -> Option<TopicIndex> {
        self.publisher.topic(name)
    }

    #[inline]
    fn add(&mut self, message: Message<TopicIndex>) {
        let Message {
            topic,
            key,
            hash,
            value,
            slot,
        } = message;
        let piece = Piece {
            key,
            value,
            hash,
            slot,
            ..Piece::default()
        };
        self.publisher.add(topic, piece);
    }

    fn ship(&mut self, flight: Departed) {
        self.publisher.ship(flight);
    }
}

/// The producer's settings as the plan has them.
pub fn settings(plan: &Plan, observer: Arc<dyn Observer>) -> Settings {
    let producer = &plan.producer;
    let mut settings = Settings::new(producer.properties.clone());
    settings.linger = producer.linger;
    settings.batch_bytes = producer.batch_bytes;
    settings.gather = GATHER;
    settings.topics_max = TOPICS_MAX;
    settings.observer = Some(observer);
    settings
}
