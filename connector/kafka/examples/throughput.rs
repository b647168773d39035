//! How many records per second the producer takes to a mock cluster in a process of its
//! own, and what one costs: `throughput [RECORDS] [FLIGHT] [ROUND_TRIP_MS] [NAME=VALUE ...]`,
//! where NAME is a property of librdkafka's. Values have 500 bytes, the topic has 4
//! partitions. With `bootstrap.servers=...` the topic `throughput` of a real cluster is
//! written to instead.
#![expect(clippy::print_stdout, reason = "prints its figures")]

use std::env;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aeroduct_kafka::mock::{Api, MockCluster};
use aeroduct_kafka::{
    Parcel, Piece, Producer, Publisher, Recipient, Report, Settings, TopicIndex, murmur2,
};

const VALUE_BYTES: usize = 500;
const WINDOW: u64 = 32_768;
const TOPIC: &str = "throughput";

/// Counts reports and keeps buffers for reuse, like a connector's shard.
#[derive(Default)]
struct Shard {
    settled: AtomicU64,
    failed: AtomicU64,
    pool: Mutex<Vec<Vec<u8>>>,
}

struct Flight(Arc<Shard>);

impl Recipient for Flight {
    fn report(&self, _slot: u32, report: Report) {
        if report != Report::Delivered {
            self.0.failed.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn settle(&self, count: u32) {
        self.0
            .settled
            .fetch_add(u64::from(count), Ordering::Release);
    }

    fn is_abandoned(&self) -> bool {
        false
    }

    fn reclaim(&self, mut bytes: Vec<u8>) {
        bytes.clear();
        if let Ok(mut pool) = self.0.pool.lock() {
            pool.push(bytes);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.first().is_some_and(|it| it == "mock") {
        return serve_mock(arguments.get(1).map_or("0", |it| it.as_str()));
    }
    let number = |place: usize, default: u64| {
        arguments
            .get(place)
            .map_or(Ok(default), |text| text.parse::<u64>())
    };
    let (records, per_flight) = (number(0, 2_000_000)?, number(1, 256)?);
    let properties = arguments.iter().skip(3).filter_map(|it| it.split_once('='));

    let mut mock = start_mock(number(2, 0)?)?;
    let mut bootstrap = String::new();
    let mut output = BufReader::new(mock.stdout.take().ok_or("no output")?);
    output.read_line(&mut bootstrap)?;
    let mut settings = Settings::new(vec![(
        "bootstrap.servers".to_owned(),
        bootstrap.trim().to_owned(),
    )]);
    settings
        .properties
        .extend(properties.map(|(name, value)| (name.to_owned(), value.to_owned())));
    measure(settings, records, per_flight)?;
    drop(mock.stdin.take());
    let mut requests = String::new();
    output.read_line(&mut requests)?;
    println!("{} produce requests", requests.trim());
    mock.wait()?;
    Ok(())
}

fn measure(settings: Settings, records: u64, per_flight: u64) -> Result<(), Box<dyn Error>> {
    let producer = Producer::start(settings)?;
    let mut publisher = producer.publisher();
    let topic = publisher.topic(TOPIC).ok_or("too many topics")?;
    let mut way = (publisher, topic);
    let shard = Arc::new(Shard::default());
    send(&mut way, &shard, 1000, per_flight);
    let before = producer.snapshot();
    let (start, cpu_start) = (Instant::now(), cpu_seconds()?);
    send(&mut way, &shard, records, per_flight);
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu_start);
    let after = producer.snapshot();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let (count, batches) = (records as f64, (after.batches - before.batches) as f64);
    println!(
        "{records} records: {:.0} records/s, {:.0} ns of CPU each, {batches:.0} batches, {} failed",
        count / seconds,
        cpu * 1e9 / count,
        shard.failed.load(Ordering::Relaxed),
    );
    Ok(())
}

/// A publisher and the topic that it publishes to.
type Way = (Publisher<Flight>, TopicIndex);

/// Ships so many records and waits for their reports, with a window like a connector's.
fn send(way: &mut Way, shard: &Arc<Shard>, records: u64, per_flight: u64) {
    let (publisher, topic) = way;
    let value = [b'v'; VALUE_BYTES];
    let base = shard.settled.load(Ordering::Acquire);
    let mut sent = 0_u64;
    while sent < records {
        while sent - (shard.settled.load(Ordering::Acquire) - base) > WINDOW - per_flight {
            std::thread::sleep(Duration::from_micros(50));
        }
        let pooled = shard.pool.lock().ok().and_then(|mut pool| pool.pop());
        let mut bytes = pooled.unwrap_or_default();
        for slot in (0_u32..).take(usize::try_from(per_flight).unwrap_or(usize::MAX)) {
            let key = (sent + u64::from(slot)).to_le_bytes();
            let key_range = put(&mut bytes, &key);
            let value_range = put(&mut bytes, &value);
            let piece = Piece {
                key: Some(key_range),
                value: value_range,
                hash: murmur2(&key),
                slot,
                ..Piece::default()
            };
            publisher.add(*topic, piece);
        }
        publisher.ship(Parcel::seal(bytes, Flight(Arc::clone(shard))));
        sent += per_flight;
    }
    while shard.settled.load(Ordering::Acquire) - base < sent {
        std::thread::sleep(Duration::from_micros(50));
    }
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) -> std::ops::Range<u32> {
    let position = |bytes: &Vec<u8>| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let start = position(bytes);
    bytes.extend_from_slice(part);
    start..position(bytes)
}

fn start_mock(round_trip_ms: u64) -> Result<Child, Box<dyn Error>> {
    let program = env::current_exe()?;
    Ok(Command::new(program)
        .arg("mock")
        .arg(round_trip_ms.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?)
}

/// Serves until the other side closes the input.
fn serve_mock(round_trip_ms: &str) -> Result<(), Box<dyn Error>> {
    let cluster = MockCluster::start(1)?;
    cluster.create_topic(TOPIC, 4)?;
    cluster.set_round_trip(Duration::from_millis(round_trip_ms.parse()?))?;
    cluster.track_requests();
    println!("{}", cluster.bootstrap_servers());
    std::io::stdout().flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    println!("{}", cluster.count_requests(Api::Produce));
    Ok(())
}

/// CPU time of this process, in steps of a hundredth of a second.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |place: usize| {
        fields
            .get(place)
            .and_then(|field| field.parse::<f64>().ok())
    };
    Ok((ticks(11).ok_or("no time")? + ticks(12).ok_or("no time")?) / 100.0)
}
