//! Two consumers that share no code with the connector: Kafka's own, for exact text, and a plain
//! one for counting.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedHeaders, Header, Headers as _, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::kafka::{Cluster, tool};
use crate::wait::eventually;

const LIMIT: Duration = Duration::from_mins(1);
const STEP: Duration = Duration::from_secs(5);

/// A record as Kafka's own console consumer prints it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Printed {
    pub partition: i32,
    pub offset: i64,
    /// `NO_HEADERS` where there are none.
    pub headers: String,
    /// `null` where there is none.
    pub key: String,
    pub value: String,
}

/// A record as it is in the topic.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stored {
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since 1970.
    pub timestamp: Option<i64>,
    /// In the order in which they were written.
    pub headers: Vec<(String, Vec<u8>)>,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
}

impl Stored {
    /// The text of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(of_one, _)| of_one == name)?;
        std::str::from_utf8(value).ok()
    }

    /// The value as text; empty where there is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.value.as_deref().unwrap_or_default()).into_owned()
    }
}

/// Reads `topic` with Kafka's own console consumer, once at least `count` records are there.
/// Sorted by partition and offset.
pub fn print(cluster: &Cluster, topic: &str, count: usize) -> Result<Vec<Printed>> {
    let consumer = consumer(cluster)?;
    let there = await_count(&consumer, topic, count)?;
    let output = cluster.tool(
        tool::CONSUMER,
        &[
            "--topic",
            topic,
            "--from-beginning",
            "--max-messages",
            &there.to_string(),
            "--timeout-ms",
            "30000",
            "--formatter-property",
            "print.partition=true",
            "--formatter-property",
            "print.offset=true",
            "--formatter-property",
            "print.headers=true",
            "--formatter-property",
            "print.key=true",
        ],
    )?;
    let mut records = output.lines().map(parse).collect::<Result<Vec<_>>>()?;
    ensure!(
        records.len() == there,
        "{there} records are in {topic}, {} were printed",
        records.len()
    );
    records.sort_by_key(|record| (record.partition, record.offset));
    Ok(records)
}

/// Reads all that is in `topic`, once at least `count` records are there. Sorted by partition
/// and offset.
pub fn read(cluster: &Cluster, topic: &str, count: usize) -> Result<Vec<Stored>> {
    let consumer = consumer(cluster)?;
    let there = await_count(&consumer, topic, count)?;
    let mut from_the_begin = TopicPartitionList::new();
    for partition in partitions(&consumer, topic)? {
        from_the_begin.add_partition_offset(topic, partition, Offset::Beginning)?;
    }
    consumer.assign(&from_the_begin)?;
    let end = Instant::now() + LIMIT;
    let mut records = Vec::with_capacity(there);
    while records.len() < there {
        // A broker that is down is an error for the one who asks it, and not the last word.
        let message = match consumer.poll(STEP) {
            Some(Ok(message)) => message,
            Some(Err(_)) | None if Instant::now() < end => continue,
            Some(Err(error)) => return Err(error).context("read the topic"),
            None => bail!("{there} records are in {topic}, {} came", records.len()),
        };
        records.push(Stored {
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp().to_millis(),
            headers: message.headers().map_or_else(Vec::new, all_of),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
        });
    }
    records.sort_by_key(|record| (record.partition, record.offset));
    Ok(records)
}

fn all_of(headers: &BorrowedHeaders) -> Vec<(String, Vec<u8>)> {
    let owned = |header: Header<'_, &[u8]>| {
        let value = header.value.unwrap_or_default().to_vec();
        (header.key.to_owned(), value)
    };
    headers.iter().map(owned).collect()
}

/// How many records are in `topic`.
pub fn count(cluster: &Cluster, topic: &str) -> Result<usize> {
    watermarks(&consumer(cluster)?, topic)
}

fn parse(line: &str) -> Result<Printed> {
    // Partition:0 Offset:3 NO_HEADERS key value, with tabs between. JSON holds no bare tab.
    let mut columns = line.splitn(5, '\t');
    let mut column = || {
        columns
            .next()
            .with_context(|| format!("a short line: {line:?}"))
    };
    let number = |text: &str, label: &str| -> Result<i64> {
        let digits = text
            .strip_prefix(label)
            .with_context(|| format!("no {label} in {line:?}"))?;
        Ok(digits.parse()?)
    };
    Ok(Printed {
        partition: i32::try_from(number(column()?, "Partition:")?)?,
        offset: number(column()?, "Offset:")?,
        headers: column()?.to_owned(),
        key: column()?.to_owned(),
        value: column()?.to_owned(),
    })
}

fn await_count(consumer: &BaseConsumer, topic: &str, count: usize) -> Result<usize> {
    eventually(LIMIT, &format!("{count} records are in {topic}"), || {
        watermarks(consumer, topic)
            .ok()
            .filter(|&there| there >= count)
    })
}

fn watermarks(consumer: &BaseConsumer, topic: &str) -> Result<usize> {
    let mut records = 0;
    for partition in partitions(consumer, topic)? {
        let (low, high) = consumer.fetch_watermarks(topic, partition, STEP)?;
        records += usize::try_from(high - low)?;
    }
    Ok(records)
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> Result<Vec<i32>> {
    let seen = consumer.fetch_metadata(Some(topic), STEP)?;
    let topic = seen
        .topics()
        .first()
        .context("the brokers do not know the topic")?;
    Ok(topic
        .partitions()
        .iter()
        .map(rdkafka::metadata::MetadataPartition::id)
        .collect())
}

fn consumer(cluster: &Cluster) -> Result<BaseConsumer> {
    ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap())
        .set("group.id", "counting")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "false")
        // A broker that is killed on purpose is no news.
        .set("log_level", "0")
        .create()
        .context("a consumer")
}
