//! Reads the topics while they are written, and keeps of each record its number and its place
//! among those of its key.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aeroduct_simulator::load::Ledger;
use anyhow::{Context as _, Result, anyhow, bail, ensure};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde::Deserialize;

use crate::honest::FIRST;
use crate::stage::{self, TOPICS};

const STEP: Duration = Duration::from_secs(5);
const MOMENT: Duration = Duration::from_millis(200);
/// Reading on to the end, with brokers that may just have come back.
const LIMIT: Duration = Duration::from_mins(5);

/// The reader at work.
#[derive(Debug)]
pub(crate) struct Check {
    is_over: Arc<AtomicBool>,
    reader: JoinHandle<Result<Found>>,
}

/// What was found in the topics.
#[derive(Debug, Default)]
pub(crate) struct Found {
    numbers: Bits,
    /// Records, those that are there twice included.
    pub(crate) records: u64,
    pub(crate) duplicates: u64,
    /// Records that came for the first time behind a newer one of their key.
    pub(crate) disorder: u64,
    keys: HashMap<Vec<u8>, Versions>,
}

/// What is there of a key.
#[derive(Debug)]
struct Versions {
    newest: u64,
    last: u64,
}

impl Check {
    /// Begins where the topics end now.
    pub(crate) fn start(bootstrap: &str) -> Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&is_over);
        let reader = Reader::new(bootstrap)?;
        let reader = thread::spawn(move || reader.run(&told));
        Ok(Self { is_over, reader })
    }

    /// Reads on to the end of the topics, to which nothing must be added any more.
    pub(crate) fn end(self) -> Result<Found> {
        self.is_over.store(true, Ordering::Relaxed);
        let found = self.reader.join();
        found
            .map_err(|_| anyhow!("the reader panicked"))?
            .context("read the topics")
    }
}

impl Found {
    /// How many acknowledged records are nowhere.
    pub(crate) fn lost(&self, ledger: &Ledger) -> usize {
        let is_lost = |number: &u64| !self.numbers.contains(number.wrapping_sub(FIRST));
        ledger.sequences().filter(is_lost).count()
    }

    /// How many keys end with another version than their newest.
    pub(crate) fn superseded(&self) -> usize {
        let keys = self.keys.values();
        keys.filter(|versions| versions.last < versions.newest)
            .count()
    }

    fn note(&mut self, key: &[u8], number: u64) {
        let Some(place) = number.checked_sub(FIRST) else {
            return;
        };
        self.records += 1;
        let is_new = self.numbers.insert(place);
        self.duplicates += u64::from(!is_new);
        let Some(versions) = self.keys.get_mut(key) else {
            let (newest, last) = (number, number);
            self.keys.insert(key.to_vec(), Versions { newest, last });
            return;
        };
        self.disorder += u64::from(is_new && versions.newest > number);
        versions.newest = versions.newest.max(number);
        versions.last = number;
    }
}

struct Reader {
    consumer: BaseConsumer,
    /// The next offset of each partition.
    next: HashMap<Place, i64>,
    found: Found,
}

/// A topic by its index, and a partition of it.
type Place = (usize, i32);

impl Reader {
    fn new(bootstrap: &str) -> Result<Self> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("group.id", "soak")
            .set("enable.auto.commit", "false")
            // What is gone before it was read must be noticed.
            .set("auto.offset.reset", "error")
            // A broker that is killed on purpose is no news.
            .set("log_level", "0")
            .create()?;
        let mut places = TopicPartitionList::new();
        let mut next = HashMap::new();
        for (index, topic) in TOPICS.into_iter().enumerate() {
            for partition in 0..stage::topic(topic).partitions {
                let (_, end) = consumer.fetch_watermarks(topic, partition, STEP)?;
                places.add_partition_offset(topic, partition, Offset::Offset(end))?;
                next.insert((index, partition), end);
            }
        }
        consumer.assign(&places)?;
        Ok(Self {
            consumer,
            next,
            found: Found::default(),
        })
    }

    fn run(mut self, is_over: &AtomicBool) -> Result<Found> {
        while !is_over.load(Ordering::Relaxed) {
            self.read_for(MOMENT)?;
        }
        let ends = self.ends()?;
        let give_up = Instant::now() + LIMIT;
        while !ends
            .iter()
            .all(|(place, end)| self.next.get(place) >= Some(end))
        {
            ensure!(
                Instant::now() < give_up,
                "the end was not reached within {LIMIT:?}"
            );
            self.read_for(MOMENT)?;
        }
        Ok(self.found)
    }

    fn read_for(&mut self, time: Duration) -> Result<()> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            match self.consumer.poll(time) {
                Some(Ok(message)) => note(&mut self.next, &mut self.found, &message)?,
                Some(Err(error)) => {
                    let code = error.rdkafka_error_code();
                    ensure!(
                        code != Some(rdkafka::types::RDKafkaErrorCode::AutoOffsetReset),
                        "records were dropped before they were read: {error}"
                    );
                }
                None => {}
            }
        }
        Ok(())
    }

    fn ends(&self) -> Result<Vec<(Place, i64)>> {
        let give_up = Instant::now() + LIMIT;
        let mut ends = Vec::new();
        for &(index, partition) in self.next.keys() {
            let topic = TOPICS.get(index).copied().unwrap_or_default();
            let end = loop {
                match self.consumer.fetch_watermarks(topic, partition, STEP) {
                    Ok((_, end)) => break end,
                    Err(error) if Instant::now() >= give_up => bail!(error),
                    Err(_) => {}
                }
            };
            ends.push(((index, partition), end));
        }
        Ok(ends)
    }
}

fn note(
    next: &mut HashMap<Place, i64>,
    found: &mut Found,
    message: &BorrowedMessage<'_>,
) -> Result<()> {
    #[derive(Deserialize)]
    struct Numbered {
        seq: u64,
    }
    let topic = TOPICS.iter().position(|&topic| topic == message.topic());
    let place = (topic.context("an unknown topic")?, message.partition());
    let expected = next.entry(place).or_insert(0);
    ensure!(
        message.offset() == *expected,
        "{} follows {expected} in a topic",
        message.offset()
    );
    *expected += 1;
    let value = message.payload().context("a record without a value")?;
    let Numbered { seq } = serde_json::from_slice(value)?;
    found.note(message.key().context("a record without a key")?, seq);
    Ok(())
}

/// A set of small numbers.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    /// False when it is there already.
    fn insert(&mut self, number: u64) -> bool {
        let (Ok(word), bit) = (usize::try_from(number / 64), 1 << (number % 64)) else {
            return true;
        };
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0.get_mut(word).is_some_and(|word| {
            let is_new = *word & bit == 0;
            *word |= bit;
            is_new
        })
    }

    fn contains(&self, number: u64) -> bool {
        usize::try_from(number / 64)
            .ok()
            .and_then(|word| self.0.get(word))
            .is_some_and(|word| word & (1 << (number % 64)) != 0)
    }
}
