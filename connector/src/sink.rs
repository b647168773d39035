//! The side of Kafka: the settings of the producer and the way of a message into it.

use crate::login::Tokens;
use crate::pipeline::{Cargo, Message, Shipment, Sink};
use aeroduct_config::{Plan, ProducerPlan};
use aeroduct_kafka::{Observer, Publisher, Settings, TokenSource, TopicIndex};
use std::sync::Arc;
use std::time::Duration;

/// How long librdkafka waits for the rest of a batch that is being handed over; why, and what it
/// costs, is in `docs/decisions/0003-batches-are-gathered-before-they-are-sent.md`.
pub const GATHER: Duration = Duration::from_micros(200);

/// A shard's end of the producer.
pub struct KafkaSink {
    publisher: Publisher<Cargo>,
}

impl KafkaSink {
    /// Messages leave through `publisher`.
    pub const fn new(publisher: Publisher<Cargo>) -> Self {
        Self { publisher }
    }
}

impl Sink for KafkaSink {
    type Topic = TopicIndex;

    fn topic(&mut self, name: &str) -> Option<TopicIndex> {
        self.publisher.topic(name)
    }

    fn partitions(&mut self, topic: TopicIndex) -> Option<usize> {
        self.publisher.partitions(topic)
    }

    #[inline]
    fn add(&mut self, message: Message<TopicIndex>) {
        let (topic, piece) = message.into_piece();
        self.publisher.add(topic, piece);
    }

    fn ship(&mut self, shipment: Shipment) {
        self.publisher.ship(shipment);
    }
}

/// The properties of the producer's clients as the plan has them, secrets included.
pub fn properties(plan: &ProducerPlan) -> Vec<(String, String)> {
    let properties = plan.properties.iter();
    properties
        .map(|(name, value)| (name.clone(), value.expose().to_owned()))
        .collect()
}

/// The producer's settings as the plan has them.
pub fn settings(plan: &Plan, tokens: Option<Arc<Tokens>>, observer: Arc<dyn Observer>) -> Settings {
    let producer = &plan.producer;
    let mut settings = Settings::new(properties(producer));
    settings.tokens = tokens.map(|tokens| tokens as Arc<dyn TokenSource>);
    settings.linger = producer.linger;
    settings.batch_bytes = producer.batch_bytes;
    settings.gather = GATHER;
    settings.topics_max = plan.aeroduct.max_topics as usize;
    let named = plan.outbound.named_topics();
    settings.topics_named = named
        .chain(&plan.aeroduct.dead_letter)
        .map(|topic| topic.as_str().to_owned())
        .collect();
    settings.observer = Some(observer);
    settings
}
