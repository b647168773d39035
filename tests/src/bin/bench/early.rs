//! The connector with one difference: a record is answered as soon as it is on its way, not
//! when Kafka has it. What the promise costs is the difference: P18.
//!
//! The flight's bytes are copied here, because the flight itself is free again before Kafka has
//! them; that makes this side a little slower than it could be.

use crate::Bench;
use crate::report::{Bounds, Figure, median};
use crate::system::{self, System};
use aeroduct_config::Plan;
use aeroduct_connector::clock::SystemClock;
use aeroduct_connector::metrics::Metrics;
use aeroduct_connector::pipeline::{Load, Message, Pipeline, Shared, Shipment, Sink, Window};
use aeroduct_connector::source::{Lifetimes, Listener, LongFrames, Shard, ShardSettings};
use aeroduct_kafka::{Parcel, Producer, Publisher, Recipient, Report, TopicIndex};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Records without a report, as many as the connector would have.
const OUTSTANDING: usize = 32_768;

struct Unheard(Arc<AtomicUsize>);

impl Recipient for Unheard {
    fn report(&self, _slot: u32, _report: Report) {}

    fn settle(&self, count: u32) {
        self.0.fetch_sub(count as usize, Ordering::AcqRel);
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn reclaim(&self, _bytes: Vec<u8>) {}
}

struct EarlySink {
    publisher: Publisher<Unheard>,
    outstanding: Arc<AtomicUsize>,
    slots: Vec<u32>,
}

impl Sink for EarlySink {
    type Topic = TopicIndex;

    fn topic(&mut self, name: &str) -> Option<TopicIndex> {
        self.publisher.topic(name)
    }

    fn partitions(&mut self, topic: TopicIndex) -> Option<usize> {
        self.publisher.partitions(topic)
    }

    fn add(&mut self, message: Message<TopicIndex>) {
        self.slots.push(message.slot);
        let (topic, piece) = message.into_piece();
        self.publisher.add(topic, piece);
    }

    fn ship(&mut self, shipment: Shipment) {
        while self.outstanding.load(Ordering::Acquire) > OUTSTANDING {
            std::thread::sleep(Duration::from_micros(50));
        }
        let count = self.slots.len();
        self.outstanding.fetch_add(count, Ordering::AcqRel);
        let copy = Parcel::seal(
            shipment.bytes().to_vec(),
            Unheard(Arc::clone(&self.outstanding)),
        );
        for slot in self.slots.drain(..) {
            shipment.recipient().report(slot, Report::Delivered);
        }
        shipment
            .recipient()
            .settle(u32::try_from(count).unwrap_or(u32::MAX));
        self.publisher.ship(copy);
    }
}

/// Serves until the process is ended.
pub(crate) fn serve(file: &Path) -> anyhow::Result<()> {
    let plan: Arc<Plan> = Arc::new(aeroduct_config::load(file)?);
    let listener = Listener::bind(&plan.service.addresses, &plan.service.ports)?;
    let metrics = Metrics::new(plan.service.io_threads, &plan.service.cluster_name);
    let producer = Producer::start(aeroduct_connector::sink::settings(
        &plan,
        None,
        metrics.observer(),
    ))?;
    let window = Arc::new(Window::new(Load {
        records: OUTSTANDING,
        bytes: 256 << 20,
    }));
    let shards = plan.service.io_threads;
    let common = Shared::new(Arc::clone(&plan), window, shards, Instant::now());
    let outstanding = Arc::default();
    let mut mailboxes = Vec::new();
    for (number, metrics) in metrics.shards().iter().enumerate() {
        let sink = EarlySink {
            publisher: producer.publisher(),
            outstanding: Arc::clone(&outstanding),
            slots: Vec::new(),
        };
        let pipeline = Pipeline::new(
            common.clone(),
            number,
            Arc::clone(metrics),
            sink,
            SystemClock,
        );
        let settings = ShardSettings {
            reply_deadline: plan.aeroduct.reply_deadline,
            is_ack_buffered: true,
            read_bytes: None,
            lifetimes: Lifetimes::default(),
            long_frames: Arc::new(LongFrames::new(128 << 20)),
        };
        let shard = Shard::new(settings, pipeline, Arc::clone(metrics))?;
        mailboxes.push(shard.mailbox());
        std::thread::spawn(move || shard.run());
    }
    crate::process::ready(listener.addresses()[0]);
    listener.run(&mailboxes, 64, &metrics.connections())?;
    Ok(())
}

/// Runs P18.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let broker = crate::mock(1)?;
    let start =
        |system: System| system.start(&broker.address, &system::one_topic(), bench.folder());
    let (promised, hasty) = (start(System::Aeroduct)?, start(System::Early)?);
    let mut ratios = Vec::new();
    for round in 1..=bench.rounds() {
        let mut rates = Vec::new();
        for served in [&hasty, &promised] {
            crate::say(&format!(
                "answers at once, and after Kafka's: round {round}"
            ));
            system::drive(served, &system::plan(served, Duration::from_secs(1)))?;
            rates.push(
                system::drive(served, &system::plan(served, bench.duration()))?
                    .report
                    .rate(),
            );
        }
        ratios.push(rates[0] / rates[1]);
    }
    let (ratio, spread) = median(ratios);
    bench.report.add(
        Figure::of(
            "P18",
            "answers at once, times the rate with answers after Kafka's",
            format!("{ratio:.2} x"),
            ratio,
        )
        .spread(spread)
        .judged(Bounds::at_most(1.15, 1.05)),
    );
    Ok(())
}
