//! The key of a Kafka message from every source, and the partition that it leads to.

use std::fmt::Write as _;

use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::message::{Message, digest, particle};
use aeroduct_tests::reading::{self, Stored};
use aeroduct_tests::source::{PERMANENT, SUCCESS, TEMPORARY};
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::stand::{LIMIT, Stand};

const PARTITIONS: i32 = 16;

const JSON: &str = "mode: json";
const FLAT: &str = "mode: flat-json, metadata-key: of";
const PACK: &str = "mode: message-pack";
const XDR: &str = "mode: xdr";

/// What the source is told, and the key where that is success.
#[derive(Clone, Copy)]
enum Expected {
    Key(&'static [u8]),
    /// The digest in Base64.
    Digest,
    /// That of the format; the tests of the formats have it to the byte.
    OfFormat,
    NoKey,
    Answer(u8),
}
use Expected::{Answer, Digest, Key, NoKey, OfFormat};

/// Format and key of a namespace, and the one record that it gets: this is added to it.
type Case = (&'static str, &'static str, fn(Message) -> Message, Expected);

const CASES: &[Case] = &[
    (JSON, "source: system-default", with_all, OfFormat),
    (FLAT, "source: SYSTEM_DEFAULT", with_all, OfFormat),
    (PACK, "source: system-default", with_all, OfFormat),
    (XDR, "source: system-default", with_all, OfFormat),
    (JSON, "source: none", with_all, NoKey),
    (XDR, "source: none", with_all, NoKey),
    (FLAT, "source: namespace", bare, Key(b"k6")),
    (JSON, "source: set", with_all, Key(b"vip")),
    (PACK, "source: digest", with_all, Digest),
    (JSON, "source: static, value: all", bare, Key(b"all")),
    (JSON, USER_KEY, with_all, Key(b"id123")),
    (JSON, USER_KEY, with_integer_key, Key(b"-7")),
    (JSON, USER_KEY, with_double_key, Key(b"1.0E10")),
    (JSON, USER_KEY, with_blob_key, Key(&[0, 0xff])),
    (XDR, BIN, with_all, Key(b"north")),
    (FLAT, BIN, with_integer_bin, Key(b"42")),
    // The record has not what is asked for.
    (JSON, USER_KEY, bare, Digest),
    (PACK, BIN, with_boolean_bin, Digest),
    (
        JSON,
        "source: set, failure-strategy: use-digest",
        bare,
        Digest,
    ),
    (
        JSON,
        "source: set, failure-strategy: fail",
        bare,
        Answer(TEMPORARY),
    ),
    (
        JSON,
        "source: set, failure-strategy: ignore",
        bare,
        Answer(PERMANENT),
    ),
    (
        JSON,
        "source: user-key, failure-strategy: fail",
        bare,
        Answer(TEMPORARY),
    ),
    (
        FLAT,
        "source: USER_KEY, failure-strategy: IGNORE",
        bare,
        Answer(PERMANENT),
    ),
    (
        PACK,
        "source: bin-value, bin-name: b, failure-strategy: fail",
        bare,
        Answer(TEMPORARY),
    ),
    (
        XDR,
        "source: bin-value, bin-name: b, failure-strategy: ignore",
        bare,
        Answer(PERMANENT),
    ),
];
const USER_KEY: &str = "source: user-key";
const BIN: &str = "source: bin-value, bin-name: tenant";

fn bare(record: Message) -> Message {
    record
}

fn with_all(record: Message) -> Message {
    record
        .set("vip")
        .user_key(particle::STRING, b"id123")
        .text("tenant", "north")
}

fn with_integer_key(record: Message) -> Message {
    record.user_key(particle::INTEGER, &(-7_i64).to_be_bytes())
}

fn with_double_key(record: Message) -> Message {
    record.user_key(particle::DOUBLE, &1e10_f64.to_be_bytes())
}

fn with_blob_key(record: Message) -> Message {
    record.user_key(particle::BLOB, &[0, 0xff])
}

fn with_integer_bin(record: Message) -> Message {
    record.integer("tenant", 42)
}

fn with_boolean_bin(record: Message) -> Message {
    record.bin("tenant", particle::BOOL, &[1])
}

/// The record with this digest, whatever its format.
fn find<'r>(records: &'r [Stored], digest: &[u8; 20]) -> Result<&'r Stored> {
    let text = STANDARD.encode(digest);
    let has_it = |record: &&Stored| {
        let value = record.value.as_deref().unwrap_or_default();
        let mut parts = value.windows(digest.len());
        parts.any(|part| part == digest) || record.text().contains(&text)
    };
    let found = records.iter().find(has_it);
    found.with_context(|| format!("no record {text}"))
}

/// The partitions that messages with these keys go to by the rule of Java's producer, as another
/// client has it.
fn java_partitions(cluster: &Cluster, keys: &[Vec<u8>]) -> Result<Vec<i32>> {
    const TOPIC: &str = "keys-of-java";
    cluster.create_topic(&Topic::new(TOPIC, PARTITIONS))?;
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap())
        .set("partitioner", "murmur2")
        .create()?;
    for (index, key) in keys.iter().enumerate() {
        let index = index.to_string();
        let record = BaseRecord::to(TOPIC).key(key).payload(&index);
        producer.send(record).map_err(|(error, _)| error)?;
    }
    producer.flush(LIMIT)?;
    let mut partitions = vec![-1; keys.len()];
    for record in reading::read(cluster, TOPIC, keys.len())? {
        partitions[record.text().parse::<usize>()?] = record.partition;
    }
    Ok(partitions)
}

// covers: key.source=system-default, key.source=namespace, key.source=set, key.source=digest,
// covers: key.source=user-key, key.source=bin-value, key.source=static, key.source=none,
// covers: key.bin-name, key.value, key.failure-strategy=use-digest, key.failure-strategy=fail,
// covers: key.failure-strategy=ignore
#[test]
fn every_source_makes_its_key_and_the_key_leads_to_the_partition_that_java_chooses() -> Result<()> {
    let mut blocks = "routing: { mode: static, destination: keys }\nnamespaces:\n".to_owned();
    let mut messages = Vec::new();
    for (number, (format, key, record, _)) in (0..).zip(CASES) {
        writeln!(
            blocks,
            "  k{number}: {{ format: {{ {format} }}, key: {{ {key} }} }}"
        )?;
        messages.push(record(Message::write(
            &format!("k{number}"),
            digest(number),
        )));
    }
    let mut stand = Stand::start(&[Topic::new("keys", PARTITIONS)], &blocks)?;
    let expected: Vec<_> = CASES
        .iter()
        .map(|(.., expected)| match expected {
            Answer(code) => *code,
            _ => SUCCESS,
        })
        .collect();
    assert_eq!(stand.ask(&messages)?, expected);

    let answers = expected.into_iter();
    let published = answers.filter(|&code| code == SUCCESS);
    let records = stand.read("keys", published.count())?;
    let (mut keys, mut partitions) = (Vec::new(), Vec::new());
    for (number, (_, key, _, expected)) in (0..).zip(CASES) {
        let digest = digest(number);
        let text = STANDARD.encode(digest);
        let expected = match expected {
            Answer(_) => continue,
            Key(bytes) => Some(*bytes),
            Digest => Some(text.as_bytes()),
            OfFormat => find(&records, &digest)?.key.as_deref(),
            NoKey => None,
        };
        let record = find(&records, &digest)?;
        assert_eq!(record.key.as_deref(), expected, "k{number}: {key}");
        // A record without a key goes where its digest leads to.
        keys.push(expected.unwrap_or(&digest).to_vec());
        partitions.push(record.partition);
    }
    assert_eq!(partitions, java_partitions(stand.cluster, &keys)?);
    Ok(())
}
