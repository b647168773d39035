//! The side of Kafka: topics, partitions and their batches, with reports that come when the
//! simulation has them come.

mod intake;

use super::ledger::Ledger;
use super::random::Random;
use super::sights::Sight;
use super::trace::Trace;
use super::weather::{Outcome, Weather};
use crate::pipeline::Shipment;
use aeroduct_kafka::{Failure, Recipient as _, Report, partition_of};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

pub(super) use intake::SimulatedSink;

/// One message on its way.
#[derive(Debug)]
struct Posted {
    shipment: Shipment,
    slot: u32,
    hash: u32,
    numbers: Vec<usize>,
}

/// A partition: what waits for it, and the one batch that is under way.
#[derive(Debug, Default)]
struct Partition {
    waiting: VecDeque<Posted>,
    batch: VecDeque<Posted>,
}

#[derive(Debug)]
struct Topic {
    name: &'static str,
    partitions: Vec<Partition>,
    /// What waits until the partitions are known.
    waiting: VecDeque<Posted>,
    /// Every message is refused at once.
    is_refusing: bool,
}

/// A Kafka that does nothing by itself.
#[derive(Debug)]
pub(super) struct Kafka {
    pub(super) weather: Weather,
    ledger: Rc<RefCell<Ledger>>,
    trace: Trace,
    topics: Vec<Topic>,
    topics_max: usize,
    /// What librdkafka will never give back.
    quarantine: Vec<Shipment>,
    is_closed: bool,
}

pub(super) type SharedKafka = Rc<RefCell<Kafka>>;

impl Kafka {
    pub(super) fn new(
        weather: Weather,
        topics_max: usize,
        ledger: Rc<RefCell<Ledger>>,
        trace: Trace,
    ) -> SharedKafka {
        Rc::new(RefCell::new(Self {
            weather,
            ledger,
            trace,
            topics: Vec::new(),
            topics_max,
            quarantine: Vec::new(),
            is_closed: false,
        }))
    }

    /// Something happens at one topic.
    pub(super) fn act(&mut self, random: &mut Random) {
        if self.topics.is_empty() {
            return;
        }
        let topic = random.below(self.topics.len());
        if self.topics[topic].partitions.is_empty() {
            self.learn(topic, random.between(1, 3));
        } else if self.weather.turns(random) {
            self.topics[topic].is_refusing ^= true;
        } else {
            let partition = random.below(self.topics[topic].partitions.len());
            if self.topics[topic].partitions[partition].batch.is_empty() {
                self.launch(topic, partition, random.between(1, 40));
            } else {
                self.report_some(topic, partition, random);
            }
        }
    }

    /// The librdkafka client fails for good: its messages fail, later ones go on.
    pub(super) fn fail_fatally(&mut self) {
        self.trace.note(|| "the producer fails for good".to_owned());
        self.ledger.borrow_mut().see(Sight::FatalFailure);
        for partition in self.topics.iter_mut().flat_map(|it| &mut it.partitions) {
            for message in partition.batch.drain(..) {
                report(&self.ledger, &message, Report::Failed(Failure::Fatal));
            }
        }
    }

    /// Everything that waits goes to Kafka, and is reported.
    pub(super) fn settle(&mut self, random: &mut Random) {
        for topic in 0..self.topics.len() {
            if self.topics[topic].partitions.is_empty() {
                self.learn(topic, 2);
            }
            self.topics[topic].is_refusing = false;
            for partition in 0..self.topics[topic].partitions.len() {
                self.launch(topic, partition, usize::MAX);
                while !self.topics[topic].partitions[partition].batch.is_empty() {
                    self.report_some(topic, partition, random);
                }
            }
        }
    }

    /// The producer is stopped: nothing more is given to Kafka.
    pub(super) fn close(&mut self, random: &mut Random) {
        self.is_closed = true;
        for topic in &mut self.topics {
            let queues = topic.partitions.iter_mut().map(|it| &mut it.waiting);
            let messages = queues.chain([&mut topic.waiting]).flat_map(std::mem::take);
            for message in messages {
                report(
                    &self.ledger,
                    &message,
                    Report::Failed(Failure::ShuttingDown),
                );
            }
        }
        self.settle(random);
    }

    /// The partitions of a topic are known.
    fn learn(&mut self, topic: usize, partitions: usize) {
        let topic = &mut self.topics[topic];
        self.trace
            .note(|| format!("{} has {partitions} partitions", topic.name));
        topic.partitions.resize_with(partitions, Partition::default);
        for message in std::mem::take(&mut topic.waiting) {
            topic.give(message);
        }
    }

    /// Gives Kafka the next batch of a partition.
    fn launch(&mut self, topic: usize, partition: usize, count: usize) {
        let Partition { waiting, batch } = &mut self.topics[topic].partitions[partition];
        while batch.len() < count
            && let Some(message) = waiting.pop_front()
        {
            let mut ledger = self.ledger.borrow_mut();
            let is_abandoned = ledger.hand_over(&message.shipment, &message.numbers);
            drop(ledger);
            if is_abandoned {
                report(&self.ledger, &message, Report::Failed(Failure::Abandoned));
            } else {
                batch.push_back(message);
            }
        }
    }

    /// The next messages of a batch are reported.
    fn report_some(&mut self, topic: usize, partition: usize, random: &mut Random) {
        let batch = &mut self.topics[topic].partitions[partition].batch;
        let count = random.between(1, batch.len());
        for message in batch.drain(..count) {
            let outcome = self.weather.outcome(random);
            if outcome.is_appended() {
                self.ledger.borrow_mut().appended(&message.numbers);
            }
            if outcome == Outcome::Unheard {
                self.ledger.borrow_mut().see(Sight::Unheard);
            }
            if outcome == Outcome::Forgotten {
                self.ledger.borrow_mut().written_off(&message.numbers);
                report(&self.ledger, &message, outcome.report());
                message.shipment.recipient().written_off();
                self.quarantine.push(message.shipment);
            } else {
                report(&self.ledger, &message, outcome.report());
            }
        }
    }
}

impl Topic {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            partitions: Vec::new(),
            waiting: VecDeque::new(),
            is_refusing: false,
        }
    }

    fn give(&mut self, message: Posted) {
        let queue = match self.partitions.len() {
            0 => &mut self.waiting,
            count => &mut self.partitions[partition_of(message.hash, count)].waiting,
        };
        queue.push_back(message);
    }
}

fn report(ledger: &RefCell<Ledger>, message: &Posted, word: Report) {
    ledger.borrow_mut().reported(&message.numbers, word);
    let recipient = message.shipment.recipient();
    recipient.report(message.slot, word);
    recipient.settle(1);
}
