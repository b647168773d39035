//! A shard's way into the simulated Kafka.

use super::super::change::numbers_in;
use super::super::setup::LETTERS;
use super::{Kafka, Posted, SharedKafka, Topic, report};
use crate::pipeline::{Cargo, Message, Shipment, Sink};
use aeroduct_kafka::{Failure, Report};
use std::ops::Range;

/// The topics that something is routed to.
const NAMES: [&str; 5] = ["changes", "cars", "bikes", "others", LETTERS];

#[derive(Debug)]
pub(in super::super) struct SimulatedSink {
    kafka: SharedKafka,
    messages: Vec<Message<usize>>,
}

impl SimulatedSink {
    pub(in super::super) const fn new(kafka: SharedKafka) -> Self {
        Self {
            kafka,
            messages: Vec::new(),
        }
    }
}

impl Sink for SimulatedSink {
    type Topic = usize;

    fn topic(&mut self, name: &str) -> Option<usize> {
        self.kafka.borrow_mut().topic(name)
    }

    fn add(&mut self, message: Message<usize>) {
        self.messages.push(message);
    }

    fn partitions(&mut self, topic: usize) -> Option<usize> {
        let count = self.kafka.borrow().topics[topic].partitions.len();
        (count > 0).then_some(count)
    }

    fn ship(&mut self, shipment: Shipment) {
        let mut kafka = self.kafka.borrow_mut();
        let look = |message| kafka.look(&shipment, message);
        let messages: Vec<_> = self.messages.drain(..).map(look).collect();
        assert!(!messages.is_empty(), "a shipment has a message");
        for (topic, message) in messages {
            kafka.take(topic, message);
        }
    }
}

impl Kafka {
    fn topic(&mut self, name: &str) -> Option<usize> {
        let known = self.topics.iter().position(|topic| topic.name == name);
        if known.is_some() {
            return known;
        }
        let name = NAMES.into_iter().find(|&it| it == name).unwrap();
        if self.topics.len() == self.topics_max {
            self.ledger.borrow_mut().refused_topic(name);
            return None;
        }
        self.topics.push(Topic::new(name));
        Some(self.topics.len() - 1)
    }

    /// Looks at one message of a shipment.
    fn look(&self, shipment: &Shipment, message: Message<usize>) -> (usize, Posted) {
        let Message {
            topic,
            key,
            hash,
            value,
            slot,
            ..
        } = message;
        let bytes = |range: Range<u32>| &shipment.bytes()[range.start as usize..range.end as usize];
        let value = bytes(value);
        let key = key.map(bytes);
        if let Cargo::Flight(_) = shipment.recipient() {
            let hashed = key.unwrap_or(value);
            assert_eq!(hash, aeroduct_kafka::murmur2(hashed));
        }
        let mut ledger = self.ledger.borrow_mut();
        let numbers = ledger.identify(shipment, slot, numbers_in(value));
        let name = self.topics[topic].name;
        ledger.shipped(shipment, slot, &numbers, (name, value.len()));
        let shipment = Shipment::clone(shipment);
        let message = Posted {
            shipment,
            slot,
            hash,
            numbers,
        };
        (topic, message)
    }

    fn take(&mut self, topic: usize, message: Posted) {
        if self.is_closed {
            report(
                &self.ledger,
                &message,
                Report::Failed(Failure::ShuttingDown),
            );
        } else if self.topics[topic].is_refusing {
            report(
                &self.ledger,
                &message,
                Report::Failed(Failure::UnknownTopic),
            );
        } else {
            self.topics[topic].give(message);
        }
    }
}
