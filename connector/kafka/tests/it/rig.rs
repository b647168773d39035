//! A mock cluster, a producer, and recipients that remember what they were told.

use std::collections::HashMap;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use aeroduct_kafka::consume::{Consumed, Consumer};
use aeroduct_kafka::mock::MockCluster;
use aeroduct_kafka::{
    Batch, BrokerState, Failure, Observer, Parcel, Piece, Producer, Publisher, Recipient, Report,
    Settings, murmur2,
};

/// How long anything may take before a test fails. Generous: the machine may be busy.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

/// What one parcel's recipient was told.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    reports: Mutex<HashMap<u32, Report>>,
    settled: AtomicU32,
    abandoned: AtomicBool,
    reclaimed: AtomicUsize,
}

#[derive(Debug)]
pub(crate) struct Told(Arc<Sheet>);

impl Recipient for Told {
    fn report(&self, slot: u32, report: Report) {
        let before = self.0.reports.lock().unwrap().insert(slot, report);
        assert_eq!(before, None, "slot {slot} is reported twice");
    }

    fn settle(&self, count: u32) {
        assert!(count > 0, "an empty settlement");
        self.0.settled.fetch_add(count, Ordering::SeqCst);
    }

    fn is_abandoned(&self) -> bool {
        self.0.abandoned.load(Ordering::SeqCst)
    }

    fn reclaim(&self, _bytes: Vec<u8>) {
        self.0.reclaimed.fetch_add(1, Ordering::SeqCst);
    }
}

impl Sheet {
    pub(crate) fn settled(&self) -> u32 {
        self.settled.load(Ordering::SeqCst)
    }

    pub(crate) fn abandon(&self) {
        self.abandoned.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_reclaimed(&self) -> bool {
        self.reclaimed.load(Ordering::SeqCst) == 1
    }

    /// Waits until that many records are reported, and gives the reports by slot.
    pub(crate) fn reports(&self, count: u32) -> Vec<Report> {
        eventually("every record is reported", || self.settled() >= count);
        assert_eq!(self.settled(), count, "settlements do not add up");
        let reports = self.reports.lock().unwrap();
        assert_eq!(reports.len(), count as usize, "reports do not add up");
        (0..count).map(|slot| reports[&slot]).collect()
    }

    pub(crate) fn failures(&self, count: u32) -> Vec<Failure> {
        let failure = |report| match report {
            Report::Delivered => None,
            Report::Failed(failure) => Some(failure),
        };
        self.reports(count)
            .into_iter()
            .filter_map(failure)
            .collect()
    }

    pub(crate) fn assert_delivered(&self, count: u32) {
        assert_eq!(self.failures(count), [], "of {count} records");
    }
}

pub(crate) struct Rig {
    pub(crate) cluster: MockCluster,
    pub(crate) producer: Producer<Told>,
    pub(crate) publisher: Publisher<Told>,
    pub(crate) traffic: Arc<Traffic>,
}

impl Rig {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// A cluster of one broker; `change` may alter the settings.
    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::on(MockCluster::start(1).unwrap(), change)
    }

    pub(crate) fn on(cluster: MockCluster, change: impl FnOnce(&mut Settings)) -> Self {
        let traffic = Arc::new(Traffic::default());
        let mut settings = Settings::new(vec![property(
            "bootstrap.servers",
            &cluster.bootstrap_servers(),
        )]);
        settings.observer = Some(Arc::<Traffic>::clone(&traffic));
        change(&mut settings);
        let producer = Producer::start(settings).unwrap();
        let publisher = producer.publisher();
        Self {
            cluster,
            producer,
            publisher,
            traffic,
        }
    }

    /// Ships one parcel to one topic.
    pub(crate) fn ship(&mut self, topic: &str, records: &[(&str, &str)]) -> Arc<Sheet> {
        ship(&mut self.publisher, topic, records)
    }

    /// A rig whose broker answers late, so that what is shipped to `topic` is on its way for a while.
    pub(crate) fn start_far_away(topic: &str) -> Self {
        let mut rig = Self::start();
        rig.cluster.create_topic(topic, 1).unwrap();
        rig.warm_up(topic);
        rig.cluster
            .set_round_trip(Duration::from_millis(100))
            .unwrap();
        rig
    }

    /// Ships one record, which is delivered: so everything is connected.
    pub(crate) fn warm_up(&mut self, topic: &str) {
        self.ship(topic, &[("warm", "up")]).assert_delivered(1);
    }

    /// Takes the brokers away, and waits until the client knows: what is shipped then is collected, and
    /// goes as a whole when they are back.
    pub(crate) fn take_brokers_away(&self) {
        self.cluster.set_down().unwrap();
        eventually("the client knows that no broker is there", || {
            self.producer.snapshot().brokers == BrokerState::AllDown
        });
    }

    pub(crate) fn read(&self, topic: &str, count: usize) -> Vec<Consumed> {
        read(&self.cluster, topic, count)
    }

    /// All records of a topic.
    pub(crate) fn read_all(&self, topic: &str) -> Vec<Consumed> {
        let count = self.consumer(topic).count(LIMIT).unwrap();
        self.read(topic, usize::try_from(count).unwrap())
    }

    /// Reads a topic from its beginning.
    pub(crate) fn consumer(&self, topic: &str) -> Consumer {
        consumer(&self.cluster, topic)
    }

    /// Has the cluster do many things in a row. Without connections that come it looks for
    /// orders only now and then.
    pub(crate) fn kept_awake(&self, orders: impl FnOnce(&MockCluster)) {
        let address = self.cluster.bootstrap_servers();
        let address = address.split(',').next().unwrap();
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    drop(TcpStream::connect(address));
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            let _done = Done(&is_done);
            orders(&self.cluster);
        });
    }

    pub(crate) fn failed(&self, failure: Failure) -> u64 {
        let snapshot = self.producer.snapshot();
        snapshot
            .failed
            .into_iter()
            .find(|(it, _)| *it == failure)
            .unwrap()
            .1
    }
}

pub(crate) fn ship(
    publisher: &mut Publisher<Told>,
    topic: &str,
    records: &[(&str, &str)],
) -> Arc<Sheet> {
    let mut bytes = Vec::new();
    let index = publisher.topic(topic).unwrap();
    for (slot, (key, value)) in (0..).zip(records) {
        let key_range = put(&mut bytes, key.as_bytes());
        let value_range = put(&mut bytes, value.as_bytes());
        let piece = Piece {
            key: Some(key_range),
            value: value_range,
            hash: murmur2(key.as_bytes()),
            slot,
            ..Piece::default()
        };
        publisher.add(index, piece);
    }
    let sheet = Arc::new(Sheet::default());
    publisher.ship(Parcel::seal(bytes, Told(Arc::clone(&sheet))));
    sheet
}

pub(crate) fn put(bytes: &mut Vec<u8>, part: &[u8]) -> std::ops::Range<u32> {
    let start = u32::try_from(bytes.len()).unwrap();
    bytes.extend_from_slice(part);
    start..u32::try_from(bytes.len()).unwrap()
}

pub(crate) fn seal(bytes: Vec<u8>) -> (Arc<Sheet>, Arc<Parcel<Told>>) {
    let sheet = Arc::new(Sheet::default());
    (Arc::clone(&sheet), Parcel::seal(bytes, Told(sheet)))
}

/// How often a test does what it does: so often, or as often as the variable `REPEAT` says.
pub(crate) fn repetitions(default: u32) -> u32 {
    std::env::var("REPEAT").map_or(default, |count| count.parse().unwrap())
}

pub(crate) fn property(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn consumer(cluster: &MockCluster, topic: &str) -> Consumer {
    let properties = [property("bootstrap.servers", &cluster.bootstrap_servers())];
    Consumer::open(&properties, topic, LIMIT).unwrap()
}

/// That many records of a topic, and not one more.
pub(crate) fn read(cluster: &MockCluster, topic: &str, count: usize) -> Vec<Consumed> {
    let mut consumer = consumer(cluster, topic);
    let held = consumer.count(LIMIT).unwrap();
    assert_eq!(held, count as u64, "records in topic {topic}");
    (0..count)
        .map(|_| {
            consumer
                .next(LIMIT)
                .unwrap()
                .expect("a record that is there")
        })
        .collect()
}

pub(crate) fn text(bytes: Option<&Vec<u8>>) -> &str {
    std::str::from_utf8(bytes.unwrap()).unwrap()
}

/// Waits for a condition.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < until, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Sets a flag on drop, also in a panic.
struct Done<'f>(&'f AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Remembers batches.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    /// How many batches of a partition librdkafka has.
    present: Mutex<HashMap<(String, i32), u32>>,
    most: AtomicU32,
    sizes: Mutex<Vec<u32>>,
}

impl Traffic {
    /// The most batches of one partition that librdkafka ever had at a time.
    pub(crate) fn most(&self) -> u32 {
        self.most.load(Ordering::SeqCst)
    }

    /// The numbers of records of all batches handed over.
    pub(crate) fn sizes(&self) -> Vec<u32> {
        self.sizes.lock().unwrap().clone()
    }
}

impl Observer for Traffic {
    fn batch_handed_over(&self, batch: &Batch<'_>) {
        let mut present = self.present.lock().unwrap();
        let count = present
            .entry((batch.topic.to_owned(), batch.partition))
            .or_default();
        *count += 1;
        self.most.fetch_max(*count, Ordering::SeqCst);
        self.sizes.lock().unwrap().push(batch.records);
    }

    fn batch_reported(&self, batch: &Batch<'_>, latency: Duration) {
        let mut present = self.present.lock().unwrap();
        let count = present
            .get_mut(&(batch.topic.to_owned(), batch.partition))
            .unwrap();
        *count -= 1;
        assert!(latency < LIMIT);
    }
}
