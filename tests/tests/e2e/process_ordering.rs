//! Versions of records that come over several connections, out of order.

use std::collections::{BTreeSet, HashMap};
use std::thread;

use aeroduct_tests::chance::Chance;
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::reading::Stored;
use aeroduct_tests::source::{SUCCESS, Source};
use anyhow::{Result, anyhow};

use crate::stand::{LIMIT, Stand};

const STALE: &str = r#"aeroduct_connector_records_skipped_total{rule="stale-version"}"#;
const REMEMBERED: &str = "aeroduct_connector_remembered_records";
const PUBLISHED: &str = "aeroduct_connector_records_published_total";
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

/// All versions of all records that one connection brings, in an order of chance.
fn shuffled(mut chance: Chance, versions: impl Iterator<Item = u64>, keys: u64) -> Vec<u8> {
    let mut changes: Vec<_> = versions
        .flat_map(|version| (0..keys).map(move |key| (key, version)))
        .collect();
    for left in (1..changes.len()).rev() {
        let other = chance.below(left as u64 + 1);
        changes.swap(left, usize::try_from(other).unwrap_or(left));
    }
    let frame = |(key, version)| write("shop", "order-many", key, version).frame();
    changes.into_iter().flat_map(frame).collect()
}

#[test]
fn an_older_version_is_never_behind_a_newer_one_whatever_connection_brings_it() -> Result<()> {
    const KEYS: u64 = 60;
    const VERSIONS: u64 = 24;
    const EACH: usize = (KEYS * VERSIONS / 2) as usize;
    let blocks = "routing: { mode: set }
format: { mode: flat-json, metadata-key: of }
record-ordering: {}
aeroduct: { reply-deadline: 9s }";
    let stand = Stand::start(&[Topic::new("order-many", 4)], blocks)?;
    let chance = Chance::of_environment()?;
    let seed = chance.seed();
    let bring = |first: u64| {
        let mut source = Source::connect(stand.connector.port)?;
        let changes = shuffled(
            Chance::new(seed + first),
            (first..VERSIONS).step_by(2),
            KEYS,
        );
        thread::Builder::new()
            .spawn(move || {
                source.send(&changes)?;
                source.answers(EACH, LIMIT)
            })
            .map_err(anyhow::Error::from)
    };
    for line in [bring(0)?, bring(1)?] {
        let answers = line.join().map_err(|_| anyhow!("a source panicked"))??;
        assert_eq!(answers, [SUCCESS; EACH], "seed {seed}");
    }

    let published = stand.connector.metric(PUBLISHED)?;
    let stale = stand.connector.metric(STALE)?;
    assert!(stale > 0.0, "seed {seed}");
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let all = (2 * EACH) as f64;
    assert!(
        (published + stale - all).abs() < 0.5,
        "{published}, {stale}"
    );
    let count = aeroduct_tests::reading::count(stand.cluster, "order-many")?;
    let mut newest: HashMap<Vec<u8>, u64> = HashMap::new();
    for record in stand.read("order-many", count)? {
        let version = version(&record)?;
        let key = record.key.unwrap_or_default();
        let before = newest.insert(key, version);
        assert!(
            before <= Some(version),
            "{version} behind {before:?}, seed {seed}"
        );
    }
    let newest: Vec<_> = newest.into_values().collect();
    assert_eq!(newest.len() as u64, KEYS);
    assert_eq!(
        BTreeSet::from_iter(newest),
        [VERSIONS - 1].into(),
        "seed {seed}"
    );
    Ok(())
}
