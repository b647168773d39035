//! A plain consumer: every record of one topic from the beginning, without a group. For
//! the demo and for tests.

use std::ffi::CString;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::native::{
    Client, CreateError, ErrorCode, NativeConsumer, NativeRecord, Role, TopicHandle,
};

/// What holds unless the properties say otherwise. librdkafka wants a group's name even
/// from a consumer that joins none, and would write its log lines to the standard error.
const DEFAULTS: [(&str, &str); 2] = [("group.id", "aeroduct-consume"), ("log_level", "0")];

/// Why a topic cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// The properties are not usable.
    #[error("the consumer cannot be created: {reason}")]
    CreateClient {
        /// librdkafka's words.
        reason: String,
    },
    /// No broker describes the topic.
    #[error("topic {topic:?} cannot be described: error {}", .code.0)]
    Describe {
        /// The topic's name.
        topic: String,
        /// The broker's or librdkafka's word.
        code: ErrorCode,
    },
    /// A broker refuses to be read from.
    #[error("topic {topic:?} cannot be read: {reason}")]
    Fetch {
        /// The topic's name.
        topic: String,
        /// librdkafka's words.
        reason: String,
    },
}

/// One record as Kafka holds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Consumed {
    /// The partition's number.
    pub partition: i32,
    /// The record's place in its partition.
    pub offset: i64,
    /// Milliseconds since 1970, where the record has a time.
    pub timestamp_ms: Option<i64>,
    /// The key.
    pub key: Option<Vec<u8>>,
    /// The value.
    pub value: Option<Vec<u8>>,
    /// Names and values, in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

/// Reads all partitions of one topic from their beginnings.
#[derive(Debug)]
pub struct Consumer {
    native: NativeConsumer,
    topic: String,
    c_topic: CString,
    partitions: i32,
}

impl Consumer {
    /// Connects and finds the topic's partitions, within `limit`. `properties` are
    /// librdkafka's; `bootstrap.servers` is the least of them. Partitions that the topic
    /// gets later are not read.
    pub fn open(
        properties: &[(String, String)],
        topic: &str,
        limit: Duration,
    ) -> Result<Self, ConsumeError> {
        let describe = |code| ConsumeError::Describe {
            topic: topic.to_owned(),
            code,
        };
        let given = properties
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let client =
            Client::create(Role::Consumer, DEFAULTS.into_iter().chain(given)).map_err(|error| {
                match error {
                    CreateError::Property { name, reason } => ConsumeError::CreateClient {
                        reason: format!("{name}: {reason}"),
                    },
                    CreateError::Client { reason } => ConsumeError::CreateClient { reason },
                }
            })?;
        let client = Arc::new(client);
        let partitions = count_partitions(&client, topic, limit).map_err(describe)?;
        let client = Arc::try_unwrap(client).map_err(|_| describe(ErrorCode::DESTROY))?;
        let c_topic = CString::new(topic).map_err(|_| describe(ErrorCode::TOPIC_EXCEPTION))?;
        let native = NativeConsumer::assign(client, &c_topic, partitions).map_err(describe)?;
        Ok(Self {
            native,
            topic: topic.to_owned(),
            c_topic,
            partitions,
        })
    }

    /// The next record of any partition, or `None` when none came within `limit`. Records
    /// of one partition come in their order.
    pub fn next(&mut self, limit: Duration) -> Result<Option<Consumed>, ConsumeError> {
        let until = Instant::now() + limit;
        loop {
            let rest = until.saturating_duration_since(Instant::now());
            let Some(record) = self.native.poll(rest) else {
                return Ok(None);
            };
            match record.error() {
                ErrorCode::NONE => return Ok(Some(owned(&record))),
                // It goes on trying by itself.
                ErrorCode::TRANSPORT | ErrorCode::ALL_BROKERS_DOWN | ErrorCode::RESOLVE => {}
                _ => {
                    let (topic, reason) = (self.topic.clone(), record.error_text());
                    return Err(ConsumeError::Fetch { topic, reason });
                }
            }
        }
    }

    /// How many records the topic holds: the distance of last and first offset, summed over
    /// the partitions. Each may take up to `limit`.
    pub fn count(&self, limit: Duration) -> Result<u64, ConsumeError> {
        self.sum(limit, |low, high| high - low)
    }

    /// How many records the topic holds or has held: its last offsets, summed over the
    /// partitions. Each may take up to `limit`.
    pub fn count_ever(&self, limit: Duration) -> Result<u64, ConsumeError> {
        self.sum(limit, |_, high| high)
    }

    fn sum(&self, limit: Duration, of: fn(i64, i64) -> i64) -> Result<u64, ConsumeError> {
        let mut count = 0;
        for partition in 0..self.partitions {
            let (low, high) = self
                .native
                .watermarks(&self.c_topic, partition, limit)
                .map_err(|code| ConsumeError::Describe {
                    topic: self.topic.clone(),
                    code,
                })?;
            count += u64::try_from(of(low, high)).unwrap_or(0);
        }
        Ok(count)
    }

    /// How many partitions are read.
    pub fn partitions(&self) -> i32 {
        self.partitions
    }
}

/// Asks until the topic is there or time is up.
fn count_partitions(client: &Arc<Client>, topic: &str, limit: Duration) -> Result<i32, ErrorCode> {
    let handle = TopicHandle::open(client, topic).ok_or(ErrorCode::TOPIC_EXCEPTION)?;
    let until = Instant::now() + limit;
    loop {
        let rest = until.saturating_duration_since(Instant::now());
        let code = match client.partition_count(&handle, rest) {
            Ok(count) if count > 0 => return Ok(i32::try_from(count).unwrap_or(i32::MAX)),
            Ok(_) => ErrorCode::LEADER_NOT_AVAILABLE,
            Err(code) => code,
        };
        if Instant::now() >= until {
            return Err(code);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn owned(record: &NativeRecord) -> Consumed {
    Consumed {
        partition: record.partition(),
        offset: record.offset(),
        timestamp_ms: record.timestamp_ms(),
        key: record.key().map(<[u8]>::to_vec),
        value: record.value().map(<[u8]>::to_vec),
        headers: record.headers(),
    }
}
