//! Every routing mode, with defaults and transforms.

use std::collections::HashMap;
use std::time::Duration;

use aeroduct_tests::connector::Connector;
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::message::{Message, digest, particle};
use aeroduct_tests::reading;
use aeroduct_tests::source::{PERMANENT, SUCCESS, Source};
use anyhow::Result;

const LIMIT: Duration = Duration::from_secs(30);

/// Sends these through a connector with this routing; the answers.
fn route(topics: &[&str], routing: &str, messages: &[Message]) -> Result<Vec<u8>> {
    let cluster = Cluster::shared()?;
    for topic in topics {
        cluster.create_topic(&Topic::new(topic, 1))?;
    }
    let blocks = format!("routing:\n{routing}\nformat: {{ mode: flat-json, metadata-key: of }}");
    let connector = Connector::start(&cluster.bootstrap(), &blocks)?;
    let mut source = Source::connect(connector.port)?;
    let frames: Vec<u8> = messages.iter().flat_map(Message::frame).collect();
    source.send(&frames)?;
    source.answers(messages.len(), LIMIT)
}

/// The number in the bin `seq` of each record of a topic, or -1 for a delete.
fn numbers(topic: &str, count: usize) -> Result<Vec<i64>> {
    let number = |value: &str| -> Result<i64> {
        let value: serde_json::Value = serde_json::from_str(value)?;
        Ok(value["seq"].as_i64().unwrap_or(-1))
    };
    reading::print(Cluster::shared()?, topic, count)?
        .iter()
        .map(|record| number(&record.value))
        .collect()
}

fn write(seq: i64) -> Message {
    Message::write("Shop", digest(seq.unsigned_abs())).integer("seq", seq)
}

// covers: routing.mode=static, routing.destination
#[test]
fn static_takes_everything_to_one_topic() -> Result<()> {
    let messages = [
        write(1),
        write(2).set("a"),
        Message::delete("Shop", digest(3)),
    ];
    let answers = route(
        &["route-static"],
        "  mode: static\n  destination: route-static",
        &messages,
    )?;
    assert_eq!(answers, [SUCCESS; 3]);
    assert_eq!(numbers("route-static", 3)?, [1, 2, -1]);
    Ok(())
}

// covers: routing.mode=skip
#[test]
fn skip_publishes_nothing_and_is_a_success() -> Result<()> {
    let cluster = Cluster::shared()?;
    let answers = route(&["Shop"], "  mode: skip", &[write(1), write(2).set("Shop")])?;
    assert_eq!(answers, [SUCCESS; 2]);
    assert_eq!(reading::count(cluster, "Shop")?, 0);
    Ok(())
}

// covers: routing.mode=namespace, routing.default, routing.transforms=lowercase
#[test]
fn namespace_names_the_topic() -> Result<()> {
    let routing = "  mode: namespace
  default: route-ns-default
  transforms:
    - lowercase
    - regex: { pattern: '^', replacement: 'route-ns-' }";
    let other = |namespace| Message::write(namespace, digest(9));
    let messages = [
        write(1),
        other("OTHER").integer("seq", 2),
        // No legal name of a topic, so the default takes it.
        other("not legal").integer("seq", 3),
    ];
    let topics = ["route-ns-shop", "route-ns-other", "route-ns-default"];
    assert_eq!(route(&topics, routing, &messages)?, [SUCCESS; 3]);
    assert_eq!(numbers("route-ns-shop", 1)?, [1]);
    assert_eq!(numbers("route-ns-other", 1)?, [2]);
    assert_eq!(numbers("route-ns-default", 1)?, [3]);
    Ok(())
}

// covers: routing.mode=set, routing.default, routing.transforms=uppercase,
// covers: routing.transforms.regex.pattern, routing.transforms.regex.replacement
#[test]
fn set_names_the_topic_and_a_record_without_one_takes_the_default() -> Result<()> {
    let routing = "  mode: set
  default: route-set-default
  transforms:
    - regex: { pattern: '(.*):(.*)', replacement: '$2_$1' }
    - regex: { pattern: '^', replacement: 'route-set-' }
    - uppercase
    - regex: { pattern: 'ROUTE-SET', replacement: 'route-set' }";
    let messages = [
        write(1).set("vip:north"),
        write(2),
        write(3).set("Plain"),
        Message::delete("Shop", digest(4)).set("plain"),
    ];
    let topics = [
        "route-set-NORTH_VIP",
        "route-set-PLAIN",
        "route-set-default",
    ];
    assert_eq!(route(&topics, routing, &messages)?, [SUCCESS; 4]);
    assert_eq!(numbers("route-set-NORTH_VIP", 1)?, [1]);
    assert_eq!(numbers("route-set-PLAIN", 2)?, [3, -1]);
    assert_eq!(numbers("route-set-default", 1)?, [2]);
    Ok(())
}

#[test]
fn many_wide_topics_are_shared_out_among_clients_and_each_record_keeps_its_order() -> Result<()> {
    const TOPICS: u64 = 8;
    const KEYS: u64 = 400;
    const RECORDS: usize = 8000;
    let topics: Vec<String> = (0..TOPICS).map(|n| format!("route-wide-{n}")).collect();
    let cluster = Cluster::shared()?;
    for topic in &topics {
        cluster.create_topic(&Topic::new(topic, 20))?;
    }
    let blocks = "routing: { mode: set }\nformat: { mode: flat-json, metadata-key: of }";
    let connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let mut source = Source::connect(connector.port)?;
    let change = |seq: u64| {
        let key = digest(seq % KEYS);
        let message = Message::write("Shop", key).integer("seq", i64::try_from(seq)?);
        Ok::<_, anyhow::Error>(message.set(&topics[usize::try_from(seq % TOPICS)?]).frame())
    };
    // One by one, so that each topic's partitions are known when the next one appears.
    for seq in 0..TOPICS {
        source.send(&change(seq)?)?;
        assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);
    }
    let clients = "aeroduct_connector_producer_clients_created_total";
    connector.await_metric(clients, 2.0, LIMIT)?;

    let mut burst = Vec::new();
    for seq in TOPICS..RECORDS as u64 {
        burst.extend(change(seq)?);
    }
    let count = RECORDS - usize::try_from(TOPICS)?;
    source.send(&burst)?;
    assert_eq!(source.answers(count, LIMIT)?, vec![SUCCESS; count]);
    for topic in &topics {
        let mut last: HashMap<Vec<u8>, i64> = HashMap::new();
        for record in reading::read(cluster, topic, RECORDS / topics.len())? {
            let value: serde_json::Value =
                serde_json::from_slice(&record.value.unwrap_or_default())?;
            let seq = value["seq"].as_i64().unwrap_or(-1);
            let before = last.insert(record.key.unwrap_or_default(), seq);
            assert!(before < Some(seq), "{topic}: {seq} after {before:?}");
        }
        assert_eq!(last.len() as u64, KEYS / TOPICS, "{topic}");
    }
    Ok(())
}

// covers: routing.mode=bin, routing.bin, routing.default, routing.transforms=trim
#[test]
fn bin_names_the_topic_by_text_bytes_or_number() -> Result<()> {
    let routing = "  mode: bin
  bin: to
  default: route-bin-default
  transforms:
    - trim
    - regex: { pattern: '[^A-Za-z0-9]', replacement: '-' }
    - lowercase
    - regex: { pattern: '^', replacement: 'route-bin-' }";
    let messages = [
        write(1).text("to", "  Garden Tools "),
        write(2).bin("to", particle::BLOB, b"garden/tools"),
        write(3).integer("to", 42),
        // Neither can name a topic.
        write(4).bin("to", particle::BOOL, &[1]),
        write(5),
        // A delete has no bins.
        Message::delete("Shop", digest(6)),
    ];
    let topics = [
        "route-bin-garden-tools",
        "route-bin-42",
        "route-bin-default",
    ];
    assert_eq!(route(&topics, routing, &messages)?, [SUCCESS; 6]);
    assert_eq!(numbers("route-bin-garden-tools", 2)?, [1, 2]);
    assert_eq!(numbers("route-bin-42", 1)?, [3]);
    assert_eq!(numbers("route-bin-default", 3)?, [4, 5, -1]);
    Ok(())
}

#[test]
fn what_no_rule_can_route_is_refused_for_good_and_its_neighbours_pass() -> Result<()> {
    let messages = [
        write(1).text("to", "route-only"),
        write(2),
        write(3).text("to", "route-only"),
    ];
    let answers = route(&["route-only"], "  mode: bin\n  bin: to", &messages)?;
    assert_eq!(answers, [SUCCESS, PERMANENT, SUCCESS]);
    assert_eq!(numbers("route-only", 2)?, [1, 3]);
    Ok(())
}

#[test]
fn without_a_routing_everything_is_skipped() -> Result<()> {
    let connector = Connector::start(&Cluster::shared()?.bootstrap(), "format: { mode: json }")?;
    let mut source = Source::connect(connector.port)?;
    source.send(&write(1).frame())?;
    assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);
    Ok(())
}

#[test]
fn the_monitor_records_of_transactions_are_skipped() -> Result<()> {
    let answers = route(
        &["route-monitor"],
        "  mode: static\n  destination: route-monitor",
        &[write(1).set("<ERO~MRT"), write(2)],
    )?;
    assert_eq!(answers, [SUCCESS; 2]);
    assert_eq!(numbers("route-monitor", 1)?, [2]);
    Ok(())
}
