//! A pipeline on a test stand: its clock is moved by hand, its sink keeps what it is given.

use super::super::*;
use crate::clock::Moment;
use crate::metrics::Metrics;
use aeroduct_kafka::{Failure, Recipient, Report};
use aeroduct_record::{LastUpdate, Operation, Particle};
use aeroduct_wire::encode::MessageWriter;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const UNIX_MS: u64 = 1_700_000_000_000;

/// A message that the pipeline has sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) topic: String,
    pub(super) key: Option<Vec<u8>>,
    pub(super) value: String,
    /// The block of extras, legible as far as it is text.
    pub(super) extras: String,
    pub(super) hash: u32,
    slot: u32,
    shipment: Shipment,
}

/// What is sent, and what is known of topics.
#[derive(Debug, Default)]
pub(super) struct World {
    added: Vec<Message<usize>>,
    pub(super) sent: Vec<Sent>,
    topics: Vec<String>,
    pub(super) partitions: HashMap<String, usize>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Recording(pub(super) Arc<Mutex<World>>);

#[derive(Clone, Debug)]
pub(super) struct HandClock {
    start: Instant,
    passed_ms: Arc<AtomicU64>,
}

/// One pipeline of a process, and the process.
pub(super) struct Stand {
    pub(super) pipeline: Pipeline<Recording, HandClock>,
    pub(super) world: Recording,
    pub(super) clock: HandClock,
    pub(super) metrics: Arc<Metrics>,
    /// Where changes arrive.
    pub(super) port: u16,
    pub(super) shared: Shared,
}

/// A change to send.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'c> {
    pub(super) namespace: &'c str,
    pub(super) digest: u8,
    pub(super) update_ms: u64,
    pub(super) bins: &'c [(&'c str, i64)],
}

impl Clock for HandClock {
    fn instant(&self) -> Instant {
        self.start + Duration::from_millis(self.passed_ms.load(Ordering::Relaxed))
    }

    fn unix_ms(&self) -> u64 {
        UNIX_MS + self.passed_ms.load(Ordering::Relaxed)
    }
}

impl HandClock {
    pub(super) fn pass(&self, duration: Duration) {
        let ms = u64::try_from(duration.as_millis()).unwrap();
        self.passed_ms.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Sink for Recording {
    type Topic = usize;

    fn topic(&mut self, name: &str) -> Option<usize> {
        let topics = &mut self.0.lock().unwrap().topics;
        let known = topics.iter().position(|topic| topic == name);
        Some(known.unwrap_or_else(|| {
            topics.push(name.to_owned());
            topics.len() - 1
        }))
    }

    fn partitions(&mut self, topic: usize) -> Option<usize> {
        let world = self.0.lock().unwrap();
        match world.partitions.get(&world.topics[topic]) {
            Some(0) => None,
            Some(count) => Some(*count),
            None => Some(1),
        }
    }

    fn add(&mut self, message: Message<usize>) {
        self.0.lock().unwrap().added.push(message);
    }

    fn ship(&mut self, shipment: Shipment) {
        let mut world = self.0.lock().unwrap();
        for message in std::mem::take(&mut world.added) {
            let part = |range: Range<u32>| {
                shipment.bytes()[range.start as usize..range.end as usize].to_vec()
            };
            let sent = Sent {
                topic: world.topics[message.topic].clone(),
                key: message.key.map(part),
                value: String::from_utf8_lossy(&part(message.value)).into_owned(),
                extras: String::from_utf8_lossy(&shipment.bytes()[message.extras.range()])
                    .into_owned(),
                hash: message.hash,
                slot: message.slot,
                shipment: Arc::clone(&shipment),
            };
            world.sent.push(sent);
        }
    }
}

struct Nobody;

impl Wake for Nobody {
    fn wake(&self) {}
}

impl Default for Change<'_> {
    fn default() -> Self {
        Self {
            namespace: "shop",
            digest: 1,
            update_ms: 1,
            bins: &[],
        }
    }
}

impl Change<'_> {
    pub(super) fn frame(&self) -> Vec<u8> {
        let mut frame = Vec::new();
        let update = LastUpdate::from_unix_ms(UNIX_MS + self.update_ms, 0);
        let mut bins = MessageWriter::new(&mut frame, Operation::Write { whole_record: true })
            .namespace(self.namespace.as_bytes())
            .digest(&[self.digest; 20])
            .last_update(update.filter(|_| self.update_ms > 0))
            .bins();
        for (name, value) in self.bins {
            bins = bins.bin(name.as_bytes(), &Particle::Integer(*value));
        }
        bins.finish().unwrap();
        frame
    }
}

impl Stand {
    /// A process of one shard. `items` are what its file has beside the brokers.
    pub(super) fn new(items: &str) -> Self {
        Self::with_producer("", items)
    }

    /// The same, with one more property of the producer.
    pub(super) fn with_producer(property: &str, items: &str) -> Self {
        let metrics = Metrics::new(2, "test");
        let text =
            format!("producer-props: {{bootstrap.servers: 'localhost:9092', {property}}}\n{items}");
        let plan =
            aeroduct_config::parse(&text, "test.yml").unwrap_or_else(|faults| panic!("{faults}"));
        let limit = Load {
            records: 100,
            bytes: 1 << 20,
        };
        let clock = HandClock {
            start: Instant::now(),
            passed_ms: Arc::default(),
        };
        let window = Arc::new(Window::new(limit));
        let shared = Shared::new(Arc::new(plan), window, 2, clock.instant());
        Self::shard(&shared, 0, &metrics, &clock)
    }

    /// The other shard of the same process.
    pub(super) fn other(&self) -> Self {
        Self::shard(&self.shared, 1, &self.metrics, &self.clock)
    }

    fn shard(shared: &Shared, number: usize, metrics: &Arc<Metrics>, clock: &HandClock) -> Self {
        let world = Recording::default();
        let counters = Arc::clone(&metrics.shards()[number]);
        let pipeline = Pipeline::new(
            shared.clone(),
            number,
            counters,
            world.clone(),
            clock.clone(),
        );
        Self {
            pipeline,
            world,
            clock: clock.clone(),
            metrics: Arc::clone(metrics),
            shared: shared.clone(),
            port: 8080,
        }
    }

    /// One read of a connection.
    pub(super) fn read(&mut self, frames: &[Vec<u8>]) -> Arc<Flight> {
        let origin = Origin {
            port: self.port,
            wake: Arc::new(Nobody),
        };
        let arrived = Moment {
            instant: self.clock.instant(),
            unix_ms: self.clock.unix_ms(),
        };
        let dispatched = self.pipeline.dispatch(&frames.concat(), arrived, &origin);
        dispatched.flight.unwrap()
    }

    pub(super) fn read_changes<const N: usize>(&mut self, changes: [Change<'_>; N]) -> Arc<Flight> {
        self.read(&changes.map(|change| change.frame()))
    }

    /// Takes out what was sent since the last call.
    pub(super) fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.world.0.lock().unwrap().sent)
    }

    /// How many partitions a topic has; 0 stands for not known.
    pub(super) fn set_partitions(&self, topic: &str, count: usize) {
        let mut world = self.world.0.lock().unwrap();
        world.partitions.insert(topic.to_owned(), count);
    }
}

impl Sent {
    pub(super) fn deliver(&self) {
        self.report(Report::Delivered);
    }

    pub(super) fn fail(&self, failure: Failure) {
        self.report(Report::Failed(failure));
    }

    fn report(&self, report: Report) {
        self.shipment.recipient().report(self.slot, report);
        self.shipment.recipient().settle(1);
    }
}

/// The answers that a flight owes, once all are known.
pub(super) fn answers(flight: &Flight) -> Option<Vec<Answer>> {
    let is_complete = flight.answers.is_complete();
    is_complete.then(|| flight.answers.iter().collect())
}
