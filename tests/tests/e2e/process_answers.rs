//! When the source is answered, and what it is told.

use std::time::{Duration, Instant};

use aeroduct_tests::connector::{Connector, get};
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::load::{Arrived, Load};
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::reading;
use aeroduct_tests::source::{Heard, PERMANENT, SUCCESS, Source, TEMPORARY};
use aeroduct_tests::wait::eventually;
use anyhow::Result;

const LIMIT: Duration = Duration::from_secs(30);
const DEADLINE: Duration = Duration::from_secs(2);

/// To the topic named like the set, with a short deadline.
const BY_SET: &str = "routing: { mode: set }
format: { mode: flat-json, metadata-key: of }
aeroduct: { reply-deadline: 2s }";

fn write(set: &str, seq: i64) -> Message {
    Message::write("shop", digest(seq.unsigned_abs()))
        .set(set)
        .integer("seq", seq)
}

/// The answer to one change, and how long it took.
fn ask(connector: &Connector, message: &Message) -> Result<(u8, Duration)> {
    let mut source = Source::connect(connector.port)?;
    let begin = Instant::now();
    source.send(&message.frame())?;
    let answer = source.answers(1, LIMIT)?[0];
    Ok((answer, begin.elapsed()))
}

// covers: service.protocol=TCP
#[test]
fn success_is_said_only_after_kafka_has_said_it() -> Result<()> {
    let cluster = Cluster::start()?;
    cluster.create_topic(&Topic::new("answers", 1))?;
    let blocks = "routing: { mode: static, destination: answers }
format: { mode: flat-json, metadata-key: of }
aeroduct: { reply-deadline: 9s }";
    let connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let mut source = Source::connect(connector.port)?;
    source.send(&write("s", 1).frame())?;
    assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);

    cluster.pause(1)?;
    source.send(&write("s", 2).frame())?;
    assert_eq!(source.listen(Duration::from_secs(2))?, Heard::Silence);
    cluster.resume(1)?;

    assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);
    assert_eq!(reading::read(&cluster, "answers", 2)?.len(), 2);
    Ok(())
}

#[test]
fn many_versions_of_a_record_stay_in_order() -> Result<()> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new("answers-order", 4))?;
    let connector = Connector::start(&cluster.bootstrap(), BY_SET)?;
    let load = Load {
        connections: 3,
        keys: 7,
        changes: 5_000,
        ..Load::new(connector.port, "shop", &["answers-order"])
    };
    let outcome = load.start()?.finish()?;
    assert_eq!(
        outcome.with(SUCCESS).len(),
        15_000,
        "{:?}",
        outcome.unanswered.len()
    );

    // Fails where a version comes behind a newer one, or a key is in two partitions.
    let arrived = Arrived::new(&reading::read(cluster, "answers-order", 15_000)?)?;
    assert_eq!(arrived.numbers, outcome.with(SUCCESS));
    assert_eq!(arrived.duplicates, 0);
    Ok(())
}

#[test]
fn records_of_a_missing_topic_are_to_come_again_and_others_pass() -> Result<()> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new("answers-there", 1))?;
    let connector = Connector::start(&cluster.bootstrap(), BY_SET)?;

    let (answer, took) = ask(&connector, &write("answers-missing", 1))?;
    assert_eq!(answer, TEMPORARY);
    assert!(took < DEADLINE + Duration::from_secs(2), "{took:?}");
    let (answer, _) = ask(&connector, &write("answers-there", 2))?;
    assert_eq!(answer, SUCCESS);

    cluster.create_topic(&Topic::new("answers-missing", 1))?;
    eventually(LIMIT, "the new topic takes records", || {
        let (answer, _) = ask(&connector, &write("answers-missing", 3)).ok()?;
        (answer == SUCCESS).then_some(())
    })?;
    assert!(reading::count(cluster, "answers-missing")? >= 1);
    Ok(())
}

#[test]
fn records_of_a_forbidden_topic_are_to_come_again_and_others_pass() -> Result<()> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new("answers-open", 1))?;
    cluster.create_topic(&Topic::new("answers-closed", 1))?;
    cluster.deny_writes("answers-closed")?;
    let connector = Connector::start(&cluster.bootstrap(), BY_SET)?;

    let (answer, took) = ask(&connector, &write("answers-closed", 1))?;
    assert_eq!(answer, TEMPORARY);
    assert!(took < DEADLINE + Duration::from_secs(2), "{took:?}");
    let (answer, _) = ask(&connector, &write("answers-open", 2))?;
    assert_eq!(answer, SUCCESS);
    assert_eq!(reading::count(cluster, "answers-closed")?, 0);

    cluster.allow_writes("answers-closed")?;
    eventually(LIMIT, "the opened topic takes records", || {
        let (answer, _) = ask(&connector, &write("answers-closed", 3)).ok()?;
        (answer == SUCCESS).then_some(())
    })?;
    Ok(())
}

#[test]
fn a_record_too_large_for_its_topic_is_refused_and_its_neighbours_pass() -> Result<()> {
    let cluster = Cluster::shared()?;
    let topic = Topic {
        settings: &[("max.message.bytes", "4000")],
        ..Topic::new("answers-small", 1)
    };
    cluster.create_topic(&topic)?;
    let connector = Connector::start(&cluster.bootstrap(), BY_SET)?;
    let mut source = Source::connect(connector.port)?;

    // All in one write, so that they are likely to share a batch.
    let too_large = write("answers-small", 3).text("long", &"x".repeat(6_000));
    let small = |seq| write("answers-small", seq).frame();
    source.send(&[small(1), small(2), too_large.frame(), small(4), small(5)].concat())?;

    let answers = source.answers(5, LIMIT)?;
    assert_eq!(answers, [SUCCESS, SUCCESS, PERMANENT, SUCCESS, SUCCESS]);
    let arrived = Arrived::new(&reading::read(cluster, "answers-small", 4)?)?;
    assert_eq!(arrived.numbers, [1, 2, 4, 5].into());
    assert_eq!(arrived.duplicates, 0);
    Ok(())
}

/// A producer is not told how much a topic takes; batches that are refused for the sum of their
/// records are no fault of these.
#[test]
fn a_topic_that_takes_only_small_batches_gets_them_and_few_records_are_put_off() -> Result<()> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic {
        settings: &[("max.message.bytes", "60000")],
        ..Topic::new("answers-narrow", 1)
    })?;
    let connector = Connector::start(&cluster.bootstrap(), BY_SET)?;
    let load = Load {
        changes: 10_000,
        window: 1_000,
        ..Load::new(connector.port, "shop", &["answers-narrow"])
    };
    let outcome = load.start()?.finish()?;

    // Put off is what a later version has overtaken, where half of a batch was refused.
    outcome.answered_only(&[SUCCESS, TEMPORARY])?;
    let (passed, put_off) = (outcome.with(SUCCESS).len(), outcome.with(TEMPORARY).len());
    assert!(put_off * 20 <= passed, "{put_off} beside {passed}");
    outcome.none_lost(cluster, "answers-narrow")?;
    let sent_alone = "aeroduct_connector_producer_quarantined_batches_total";
    assert!(connector.metric(sent_alone)?.abs() < 0.5);
    Ok(())
}

#[test]
fn what_was_answered_is_counted_under_the_official_names() -> Result<()> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new("answers-counted", 1))?;
    let connector = Connector::start(&cluster.bootstrap(), BY_SET)?;
    let mut source = Source::connect(connector.port)?;
    let no_message = aeroduct_tests::message::frame(3, &[0; 22]);
    let frames = [
        write("answers-counted", 1).frame(),
        no_message,
        write("answers-counted", 2).frame(),
    ];
    source.send(&frames.concat())?;
    assert_eq!(source.answers(3, LIMIT)?, [SUCCESS, PERMANENT, SUCCESS]);

    eventually(LIMIT, "the metrics have them", || {
        let json = get(connector.manage_port, "/manage/rest/v1/metrics")
            .ok()?
            .body;
        let metrics: serde_json::Value = serde_json::from_str(&json).ok()?;
        let success = count_of(&metrics, "requests-success")?;
        let parse_error = count_of(&metrics, "requests-parse-error")?;
        ((success, parse_error) == (2, 1)).then_some(())
    })?;
    assert_eq!(get(connector.manage_port, "/livez")?.status, 200);
    Ok(())
}

/// A metric that is a number, or an object with a count.
fn count_of(metrics: &serde_json::Value, name: &str) -> Option<u64> {
    let metric = metrics.get(name)?;
    metric.as_u64().or_else(|| metric.get("count")?.as_u64())
}
