mod batching;
mod letters;
mod ordering;
mod stand;

use super::*;
use crate::clock::SystemClock;
use crate::metrics::{Metrics, Outside, Snapshot};
use aeroduct_kafka::Report;
use aeroduct_record::{LastUpdate, Operation};
use aeroduct_wire::encode::MessageWriter;
use std::time::Duration;

const CONFIG: &str = "\
routing: {mode: static, destination: changes}
format: {mode: json}
producer-props: {bootstrap.servers: 'localhost:9092'}
";

/// Takes everything, and leaves the reports to the test.
struct Silent;

impl Sink for Silent {
    type Topic = ();

    fn topic(&mut self, _name: &str) -> Option<()> {
        Some(())
    }

    fn partitions(&mut self, _topic: ()) -> Option<usize> {
        Some(1)
    }

    fn add(&mut self, _message: Message<()>) {}

    fn ship(&mut self, _shipment: Shipment) {}
}

struct Nobody;

impl Wake for Nobody {
    fn wake(&self) {}
}

/// A frame with a change of this moment, in milliseconds since 1970.
fn change(unix_ms: u64) -> Vec<u8> {
    let mut frame = Vec::new();
    MessageWriter::new(&mut frame, Operation::Delete { durable: false })
        .namespace(b"shop")
        .digest(&[7; 20])
        .last_update(LastUpdate::from_unix_ms(unix_ms, 1))
        .finish()
        .unwrap();
    frame
}

/// What becomes of one read.
fn dispatch(input: &[u8], arrived: Moment) -> (Arc<Flight>, Snapshot) {
    let metrics = Metrics::new(1, "test");
    let limit = Load {
        records: 100,
        bytes: 1 << 20,
    };
    let plan = Arc::new(aeroduct_config::parse(CONFIG, "test.yml").unwrap());
    let window = Arc::new(Window::new(limit));
    let shared = Shared::new(plan, window, 1, arrived.instant);
    let mut pipeline = Pipeline::new(
        shared,
        0,
        Arc::clone(&metrics.shards()[0]),
        Silent,
        SystemClock,
    );
    let origin = Origin {
        port: 8901,
        wake: Arc::new(Nobody),
    };
    let flight = pipeline.dispatch(input, arrived, &origin).flight.unwrap();
    (flight, metrics.snapshot(Outside::default()))
}

#[test]
fn records_changed_after_they_arrived_are_counted() {
    let arrived = SystemClock.moment();
    let now = arrived.unix_ms;
    let input = [now - 5_000, now, now + 1, now + 60_000].map(change);
    let (_, snapshot) = dispatch(&input.concat(), arrived);
    assert_eq!(snapshot.totals.received_records, 4);
    assert_eq!(snapshot.totals.ahead, 2);
}

#[test]
fn a_flight_tells_for_how_long_its_reports_have_been_in() {
    let arrived = SystemClock.moment();
    let input = change(arrived.unix_ms).repeat(2);
    let (flight, _) = dispatch(&input, arrived);
    let later = arrived.instant + Duration::from_hours(1);
    assert_eq!(flight.reported_for(later), None);
    flight.report(0, Report::Delivered);
    flight.settle(1);
    assert_eq!(flight.reported_for(later), None);
    flight.report(1, Report::Delivered);
    flight.settle(1);
    let passed = arrived.instant.elapsed();
    let reported_for = flight.reported_for(later).unwrap();
    assert!(reported_for < Duration::from_hours(1));
    assert!(reported_for + passed >= Duration::from_hours(1));
    assert_eq!(flight.reported_for(arrived.instant), Some(Duration::ZERO));
}

#[test]
fn a_flight_without_messages_waits_for_no_report() {
    // A sound frame that holds no message.
    let frame = [2, 3, 0, 0, 0, 0, 0, 1, 0];
    let (flight, snapshot) = dispatch(&frame, SystemClock.moment());
    assert_eq!(snapshot.totals.malformed, 1);
    assert!(flight.answers.is_complete());
    assert_eq!(flight.reported_for(Instant::now()), None);
}

#[test]
fn with_the_round_robin_partitioner_each_partition_gets_one_in_turn() {
    let mut stand = stand::Stand::with_producer(
        "partitioner.class: org.apache.kafka.clients.producer.RoundRobinPartitioner",
        "routing: {mode: namespace}\nformat: {mode: json}\n",
    );
    let same = stand::Change::default();
    let _flight = stand.read_changes([same; 4]);
    let partitions = stand.sent().into_iter();
    let partitions: Vec<_> = partitions
        .map(|sent| aeroduct_kafka::partition_of(sent.hash, 4))
        .collect();
    let next = |partition: usize| (partition + 1) % 4;
    for pair in partitions.windows(2) {
        assert_eq!(pair[1], next(pair[0]), "{partitions:?}");
    }
    assert_eq!(partitions.len(), 4);
}
