//! Versions of records that come over several connections, out of order.

use std::collections::{BTreeSet, HashMap};
use std::thread;

use aeroduct_tests::chance::Chance;
use aeroduct_tests::connector::get;
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::reading::{self, Stored};
use aeroduct_tests::source::{SUCCESS, Source};
use anyhow::{Result, anyhow};

use crate::stand::{LIMIT, Stand};

const STALE: &str = r#"aeroduct_connector_records_skipped_total{rule="stale-version"}"#;
const REMEMBERED: &str = "aeroduct_connector_remembered_records";
/// Milliseconds since 2010: some time in 2024.
const EPOCH: u64 = 470_000_000_000;

/// A version of a record; later ones have greater numbers.
fn write(namespace: &str, set: &str, key: u64, version: u64) -> Message {
    Message::write(namespace, digest(key))
        .set(set)
        .last_update(EPOCH + version)
        .integer("version", version.cast_signed())
}

fn version(record: &Stored) -> Result<u64> {
    let value: serde_json::Value = serde_json::from_str(&record.text())?;
    Ok(value["version"].as_u64().unwrap_or_default())
}

// covers: record-ordering.enable
#[test]
fn a_version_older_than_what_kafka_has_is_a_success_and_not_sent() -> Result<()> {
    let topics = ["order-kept", "order-loose"].map(|name| Topic::new(name, 1));
    let blocks = "routing: { mode: set }
format: { mode: flat-json, metadata-key: of }
record-ordering: {}
namespaces: { loose: { record-ordering: { enable: false } } }";
    let mut stand = Stand::start(&topics, blocks)?;
    let mut other = Source::connect(stand.connector.port)?;
    let sent = [(5, true), (3, false), (5, true), (4, true), (6, false)];
    for (set, namespace) in [("order-kept", "shop"), ("order-loose", "loose")] {
        for (version, is_other) in sent {
            let source = if is_other {
                &mut other
            } else {
                &mut stand.source
            };
            source.send(&write(namespace, set, 1, version).frame())?;
            assert_eq!(source.answers(1, LIMIT)?, [SUCCESS], "{set}: {version}");
        }
    }
    let versions = |topic, count| -> Result<Vec<u64>> {
        stand.read(topic, count)?.iter().map(version).collect()
    };
    // The same version again may be one that the source was not answered.
    assert_eq!(versions("order-kept", 3)?, [5, 5, 6]);
    assert_eq!(versions("order-loose", 5)?, [5, 3, 5, 4, 6]);
    assert!((stand.connector.metric(STALE)? - 2.0).abs() < 0.5);
    assert!((stand.connector.metric(REMEMBERED)? - 1.0).abs() < 0.5);
    Ok(())
}

const KEYS: u64 = 60;
const VERSIONS: u64 = 24;
/// Changes of each of two connections.
const EACH: usize = (KEYS * VERSIONS / 2) as usize;

/// All versions of all records that one connection brings, in an order of chance.
fn shuffled(topic: &str, versions: impl Iterator<Item = u64>, mut chance: Chance) -> Vec<u8> {
    let mut changes: Vec<_> = versions
        .flat_map(|version| (0..KEYS).map(move |key| (key, version)))
        .collect();
    for left in (1..changes.len()).rev() {
        let other = chance.below(left as u64 + 1);
        changes.swap(left, usize::try_from(other).unwrap_or(left));
    }
    let frame = |(key, version)| write("shop", topic, key, version).frame();
    changes.into_iter().flat_map(frame).collect()
}

/// Has two connections bring the versions of many records, even ones over the one and odd ones
/// over the other, and waits until all are answered with success.
fn bring_in_disorder(topic: &str, further: &str, chance: &Chance) -> Result<Stand> {
    let blocks = format!(
        "routing: {{ mode: set }}
format: {{ mode: flat-json, metadata-key: of }}
record-ordering: {{}}
aeroduct: {{ reply-deadline: 9s }}
{further}"
    );
    let stand = Stand::start(&[Topic::new(topic, 4)], &blocks)?;
    let bring = |first: u64| -> Result<_> {
        let mut source = Source::connect(stand.connector.port)?;
        let chance = Chance::new(chance.seed() + first);
        let changes = shuffled(topic, (first..VERSIONS).step_by(2), chance);
        Ok(thread::spawn(move || {
            source.send(&changes)?;
            source.answers(EACH, LIMIT)
        }))
    };
    for line in [bring(0)?, bring(1)?] {
        let answers = line.join().map_err(|_| anyhow!("a source panicked"))??;
        assert_eq!(answers, [SUCCESS; EACH], "seed {}", chance.seed());
    }
    Ok(stand)
}

/// Digest and version of each change in a message: of one, or of a batch.
fn changes(message: &Stored) -> Result<Vec<(String, u64)>> {
    let value: serde_json::Value = serde_json::from_str(&message.text())?;
    let change = |value: &serde_json::Value| {
        let digest = value["of"]["digest"].as_str().unwrap_or_default();
        let version = value["version"].as_u64().unwrap_or_default();
        (digest.to_owned(), version)
    };
    let batch = value.as_array();
    Ok(batch.map_or_else(
        || vec![change(&value)],
        |batch| batch.iter().map(change).collect(),
    ))
}

/// Of each record the newest version is in the topic, and none is behind a newer one. How many
/// changes are there.
fn assert_order(stand: &Stand, topic: &str, seed: u64) -> Result<usize> {
    let messages = reading::count(stand.cluster, topic)?;
    let mut newest: HashMap<String, u64> = HashMap::new();
    let mut count = 0;
    for message in stand.read(topic, messages)? {
        for (digest, version) in changes(&message)? {
            count += 1;
            let before = newest.insert(digest, version);
            assert!(
                before <= Some(version),
                "{version} behind {before:?}, seed {seed}"
            );
        }
    }
    assert_eq!(newest.len() as u64, KEYS, "seed {seed}");
    let newest: BTreeSet<_> = newest.into_values().collect();
    assert_eq!(newest, [VERSIONS - 1].into(), "seed {seed}");
    Ok(count)
}

#[test]
fn an_older_version_is_never_behind_a_newer_one_whatever_connection_brings_it() -> Result<()> {
    let chance = Chance::of_environment()?;
    let stand = bring_in_disorder("order-many", "", &chance)?;
    let published = assert_order(&stand, "order-many", chance.seed())?;
    // What is not published is stale.
    let skipped = 2 * EACH - published;
    assert!(skipped > 0, "seed {}", chance.seed());
    let line = format!("{STALE} {skipped}\n");
    let metrics = get(stand.connector.manage_port, "/manage/rest/v1/prometheus")?.body;
    assert!(metrics.contains(&line), "no {line}in:\n{metrics}");
    Ok(())
}

#[test]
fn versions_stay_in_order_in_batches_too() -> Result<()> {
    let chance = Chance::of_environment()?;
    let batching = "batching: { max-records: 5, batch-interval: 20 }";
    let stand = bring_in_disorder("order-batches", batching, &chance)?;
    let published = assert_order(&stand, "order-batches", chance.seed())?;
    let messages = reading::count(stand.cluster, "order-batches")?;
    assert!(messages < published, "no batches, seed {}", chance.seed());
    Ok(())
}
