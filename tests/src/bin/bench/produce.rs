//! Ways to call librdkafka: rates and processor time of the producing step alone, for values of
//! 500 bytes into 4 partitions. It shows why the connector hands over batches.

use crate::Bench;
use crate::process::cpu_of;
use crate::report::Figure;
use crate::system;
use aeroduct_connector::sink::GATHER;
use aeroduct_kafka::{Parcel, Piece, Producer as Batches, Recipient, Report, Settings, murmur2};
use anyhow::{Context, ensure};
use rdkafka::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{
    BaseRecord, FutureProducer, FutureRecord, NoCustomPartitioner, Producer, ProducerContext,
    ThreadedProducer,
};
use rdkafka::types::RDKafkaErrorCode;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const VALUE: [u8; 500] = [b'x'; 500];

/// Messages that may be without a report.
const OUTSTANDING: u64 = 50_000;

/// Messages of one batch call.
const BATCH: u32 = 256;

type Way = fn(&str, Instant) -> anyhow::Result<u64>;

/// Runs each way for a while.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let ways: [(&str, Way); 4] = [
        ("one task per record, FutureProducer::send", tasks),
        ("FutureProducer::send_result, 50 000 outstanding", futures),
        ("ThreadedProducer::send, topic by name", threaded),
        ("aeroduct-kafka: batches, partition given, no copy", batches),
    ];
    for (name, way) in ways {
        crate::say(&format!("ways to produce: {name}"));
        let broker = crate::mock(1)?;
        let start = Instant::now();
        let before = cpu_of("self")?;
        let count = way(&broker.address, start + bench.duration())? as f64;
        let cpu = cpu_of("self")?.saturating_sub(before).as_secs_f64() / count * 1e9;
        let rate = count / start.elapsed().as_secs_f64();
        bench.report.add(Figure::of(
            "way",
            name,
            format!("{:.0} k/s, {cpu:.0} ns", rate / 1e3),
            rate,
        ));
    }
    Ok(())
}

fn config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("queue.buffering.max.messages", "1000000");
    config
}

fn key(number: u64) -> [u8; 8] {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a task per record is what this way is about"
)]
fn tasks(bootstrap: &str, end: Instant) -> anyhow::Result<u64> {
    let producer: FutureProducer = config(bootstrap).create()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut tasks = VecDeque::new();
        let mut count = 0;
        while Instant::now() < end {
            let producer = producer.clone();
            let key = key(count);
            tasks.push_back(tokio::task::spawn(async move {
                let message = FutureRecord::to(system::TOPIC)
                    .key(&key[..])
                    .payload(&VALUE[..]);
                producer.send(message, Duration::from_secs(5)).await.is_ok()
            }));
            count += 1;
            if tasks.len() as u64 >= OUTSTANDING
                && let Some(oldest) = tasks.pop_front()
            {
                ensure!(oldest.await?, "a message failed");
            }
        }
        for task in tasks {
            ensure!(task.await?, "a message failed");
        }
        Ok(count)
    })
}

fn futures(bootstrap: &str, end: Instant) -> anyhow::Result<u64> {
    let producer: FutureProducer = config(bootstrap).create()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let mut waiting = VecDeque::new();
        let mut count = 0;
        while Instant::now() < end {
            let key = key(count);
            let message = FutureRecord::to(system::TOPIC)
                .key(&key[..])
                .payload(&VALUE[..]);
            match producer.send_result(message) {
                Ok(report) => waiting.push_back(report),
                Err((error, _)) => return Err(error.into()),
            }
            count += 1;
            if waiting.len() as u64 >= OUTSTANDING
                && let Some(oldest) = waiting.pop_front()
            {
                ensure!(oldest.await?.is_ok(), "a message failed");
            }
        }
        for report in waiting {
            ensure!(report.await?.is_ok(), "a message failed");
        }
        Ok(count)
    })
}

struct Counting(Arc<AtomicU64>);

impl ClientContext for Counting {}

impl ProducerContext<NoCustomPartitioner> for Counting {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if result.is_ok() {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn threaded(bootstrap: &str, end: Instant) -> anyhow::Result<u64> {
    let delivered = Arc::new(AtomicU64::new(0));
    let context = Counting(Arc::clone(&delivered));
    let producer: ThreadedProducer<Counting> = config(bootstrap).create_with_context(context)?;
    let mut count = 0;
    while Instant::now() < end {
        let key = key(count);
        match producer.send(
            BaseRecord::to(system::TOPIC)
                .key(&key[..])
                .payload(&VALUE[..]),
        ) {
            Ok(()) => count += 1,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err((error, _)) => return Err(error.into()),
        }
    }
    producer.flush(Duration::from_secs(30))?;
    ensure!(
        delivered.load(Ordering::Relaxed) == count,
        "messages failed"
    );
    Ok(count)
}

struct Counted(Arc<AtomicU64>);

impl Recipient for Counted {
    fn report(&self, _slot: u32, _report: Report) {}

    fn settle(&self, count: u32) {
        self.0.fetch_add(count.into(), Ordering::Relaxed);
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn reclaim(&self, _bytes: Vec<u8>) {}
}

fn batches(bootstrap: &str, end: Instant) -> anyhow::Result<u64> {
    let settings = [
        ("bootstrap.servers", bootstrap),
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("linger.ms", "0"),
        ("queue.buffering.max.messages", "1000000"),
    ];
    let pairs = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut settings = Settings::new(pairs.to_vec());
    settings.gather = GATHER;
    let producer = Batches::start(settings)?;
    let mut publisher = producer.publisher();
    let topic = publisher.topic(system::TOPIC).context("too many topics")?;
    let reported = Arc::new(AtomicU64::new(0));
    let mut count = 0_u64;
    while Instant::now() < end {
        if count - reported.load(Ordering::Relaxed) >= OUTSTANDING {
            std::thread::sleep(Duration::from_micros(100));
            continue;
        }
        let mut bytes = Vec::with_capacity(BATCH as usize * (VALUE.len() + 8));
        for slot in 0..BATCH {
            let key = key(count);
            let at = u32::try_from(bytes.len())?;
            bytes.extend_from_slice(&key);
            bytes.extend_from_slice(&VALUE);
            let value = at + 8..at + 508;
            let piece = Piece {
                key: Some(at..at + 8),
                value,
                hash: murmur2(&key),
                slot,
                ..Piece::default()
            };
            publisher.add(topic, piece);
            count += 1;
        }
        publisher.ship(Parcel::seal(bytes, Counted(Arc::clone(&reported))));
    }
    let drained = producer.drain(Duration::from_secs(30));
    ensure!(drained.left == 0, "messages failed");
    Ok(count)
}
