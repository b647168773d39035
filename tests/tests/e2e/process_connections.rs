//! Connections that the connector closes by itself, and topics that it takes no more of.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::reading;
use aeroduct_tests::source::{Heard, PERMANENT, SUCCESS, Source};
use anyhow::{Result, anyhow, bail, ensure};

use crate::stand::{LIMIT, Stand};

const CLOSED: &str = "aeroduct_connector_connections_closed_total";
/// Changes that a source has on the wire at a time.
const WINDOW: usize = 10;

fn write(set: &str, seq: u64) -> Message {
    Message::write("shop", digest(seq))
        .set(set)
        .integer("seq", seq.cast_signed())
}

/// The numbers in a topic.
fn numbers(stand: &Stand, topic: &str) -> Result<BTreeSet<u64>> {
    let count = reading::count(stand.cluster, topic)?;
    let number = |record: &reading::Stored| -> Result<u64> {
        let value: serde_json::Value = serde_json::from_str(&record.text())?;
        Ok(value["seq"].as_u64().unwrap_or_default())
    };
    stand.read(topic, count)?.iter().map(number).collect()
}

/// Sends numbered changes, each until it is answered with success, and comes again when its
/// connection is closed; ends after the first time. How many numbers from `first` on were
/// published, and how long the first connection lasted.
fn persist(port: u16, topic: &str, first: u64) -> Result<(u64, Duration)> {
    let begin = Instant::now();
    let mut source = Source::connect(port)?;
    let mut lasted = None;
    let mut next = first;
    while lasted.is_none_or(|lasted| begin.elapsed() < lasted + Duration::from_millis(200)) {
        ensure!(begin.elapsed() < LIMIT, "the connection is never closed");
        let frames = (next..).take(WINDOW).map(|seq| write(topic, seq).frame());
        let frames: Vec<u8> = frames.flatten().collect();
        let is_sent = source.send(&frames).is_ok();
        for _ in 0..WINDOW {
            match source.listen(LIMIT)? {
                Heard::Answer(SUCCESS) => next += 1,
                Heard::Closed => {
                    lasted.get_or_insert_with(|| begin.elapsed());
                    source = Source::connect(port)?;
                    break;
                }
                other => bail!("{other:?} to {next}, sent: {is_sent}"),
            }
        }
        thread::park_timeout(Duration::from_millis(5));
    }
    Ok((next - first, lasted.unwrap_or_default()))
}

// covers: aeroduct.max-connection-age
#[test]
fn an_old_connection_is_closed_and_nothing_is_lost() -> Result<()> {
    const TOPIC: &str = "connections-old";
    let blocks = "routing: { mode: set }
format: { mode: flat-json, metadata-key: of }
aeroduct: { max-connection-age: 10s }";
    let stand = Stand::start(&[Topic::new(TOPIC, 2)], blocks)?;
    let port = stand.connector.port;
    let lines =
        [0, 1_000_000].map(|first| (first, thread::spawn(move || persist(port, TOPIC, first))));
    let mut all = BTreeSet::new();
    for (first, line) in lines {
        let (count, lasted) = line.join().map_err(|_| anyhow!("a source panicked"))??;
        assert!(count > 0);
        // Ten seconds, give or take a tenth.
        assert!(lasted >= Duration::from_secs(9), "{lasted:?}");
        all.extend(first..first + count);
    }
    let arrived = numbers(&stand, TOPIC)?;
    let lost: Vec<_> = all.difference(&arrived).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(stand.connector.metric(CLOSED)? >= 2.0);
    Ok(())
}

// covers: aeroduct.idle-timeout
#[test]
fn a_silent_connection_is_closed_and_its_source_may_come_again() -> Result<()> {
    const TOPIC: &str = "connections-silent";
    let blocks = "routing: { mode: set }
format: { mode: flat-json, metadata-key: of }
aeroduct: { idle-timeout: 1s }";
    let mut stand = Stand::start(&[Topic::new(TOPIC, 1)], blocks)?;
    for seq in [1, 2] {
        assert_eq!(stand.ask(&[write(TOPIC, seq)])?, [SUCCESS]);
        let silent = Instant::now();
        assert_eq!(stand.source.listen(LIMIT)?, Heard::Closed);
        let lasted = silent.elapsed();
        assert!(lasted >= Duration::from_millis(900), "{lasted:?}");
        stand.source = Source::connect(stand.connector.port)?;
    }
    assert_eq!(numbers(&stand, TOPIC)?, [1, 2].into());
    Ok(())
}

// covers: aeroduct.max-topics
#[test]
fn beyond_the_most_topics_records_are_refused_and_those_of_known_topics_pass() -> Result<()> {
    let topics = ["topics-1", "topics-2", "topics-3"];
    let blocks = "routing: { mode: set }
format: { mode: flat-json, metadata-key: of }
aeroduct: { max-topics: 2 }";
    let mut stand = Stand::start(&topics.map(|name| Topic::new(name, 1)), blocks)?;
    let sets = ["topics-1", "topics-2", "topics-3", "topics-1"];
    let messages: Vec<_> = (1..).zip(sets).map(|(seq, set)| write(set, seq)).collect();
    assert_eq!(
        stand.ask(&messages)?,
        [SUCCESS, SUCCESS, PERMANENT, SUCCESS]
    );
    assert_eq!(numbers(&stand, "topics-1")?, [1, 4].into());
    assert_eq!(reading::count(stand.cluster, "topics-3")?, 0);
    let failed = r#"aeroduct_connector_records_failed_total{reason="too-many-topics"}"#;
    assert!((stand.connector.metric(failed)? - 1.0).abs() < 0.5);
    Ok(())
}

#[test]
fn topics_that_the_file_names_do_not_count() -> Result<()> {
    let topics = ["topics-6", "topics-default", "topics-static"];
    let blocks = "routing: { mode: set, default: topics-default }
namespaces: { bank: { routing: { mode: static, destination: topics-static } } }
format: { mode: flat-json, metadata-key: of }
aeroduct: { max-topics: 1 }";
    let mut stand = Stand::start(&topics.map(|name| Topic::new(name, 1)), blocks)?;
    let without_set = Message::write("shop", digest(3)).integer("seq", 3);
    let of_bank = Message::write("bank", digest(4)).integer("seq", 4);
    let messages = [
        write("topics-6", 1),
        write("topics-7", 2),
        without_set,
        of_bank,
    ];
    assert_eq!(
        stand.ask(&messages)?,
        [SUCCESS, PERMANENT, SUCCESS, SUCCESS]
    );
    assert_eq!(numbers(&stand, "topics-default")?, [3].into());
    assert_eq!(numbers(&stand, "topics-static")?, [4].into());
    Ok(())
}

#[test]
fn beyond_the_most_topics_records_are_letters_where_those_are_wanted() -> Result<()> {
    let topics = ["topics-4", "topics-5", "topics-letters"];
    // The topic of the letters does not count.
    let blocks = "routing: { mode: set }
format: { mode: flat-json, metadata-key: of }
aeroduct: { max-topics: 1, dead-letter: { destination: topics-letters } }";
    let mut stand = Stand::start(&topics.map(|name| Topic::new(name, 1)), blocks)?;
    let messages = [write("topics-4", 1), write("topics-5", 2)];
    assert_eq!(stand.ask(&messages)?, [SUCCESS; 2]);
    stand.read("topics-4", 1)?;
    let letter = &stand.read("topics-letters", 1)?[0];
    assert_eq!(
        letter.header("aeroduct.error.reason"),
        Some("too-many-topics")
    );
    assert_eq!(letter.header("aeroduct.set"), Some("topics-5"));
    assert_eq!(letter.value, Some(messages[1].frame()));
    Ok(())
}
