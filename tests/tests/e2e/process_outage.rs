//! Kafka goes away and comes back.

use std::time::{Duration, Instant};

use aeroduct_tests::connector::Connector;
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::keeper;
use aeroduct_tests::load::{Arrived, Load};
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::reading;
use aeroduct_tests::source::{SUCCESS, Source, TEMPORARY};
use aeroduct_tests::wait::eventually;
use anyhow::Result;

const LIMIT: Duration = Duration::from_mins(1);

fn blocks(topic: &str, deadline: &str) -> String {
    format!(
        "routing: {{ mode: static, destination: {topic} }}
format: {{ mode: flat-json, metadata-key: of }}
aeroduct: {{ reply-deadline: {deadline} }}"
    )
}

fn write(seq: u64) -> Vec<u8> {
    Message::write("shop", digest(seq))
        .integer("seq", seq.cast_signed())
        .frame()
}

/// Sends changes until one is a success.
fn recovers(connector: &Connector, seq: u64) -> Result<()> {
    eventually(LIMIT, "changes are published again", || {
        let mut source = Source::connect(connector.port).ok()?;
        source.send(&write(seq)).ok()?;
        let answer = source.answers(1, LIMIT).ok()?;
        (answer == [SUCCESS]).then_some(())
    })
}

#[test]
fn a_broker_killed_and_restarted_under_load_costs_no_record_and_no_error() -> Result<()> {
    let mut cluster = Cluster::start()?;
    cluster.create_topic(&Topic::new("outage-short", 3))?;
    let connector = Connector::start(&cluster.bootstrap(), &blocks("outage-short", "9s"))?;
    let running = Load::new(connector.port, "shop", &["s"]).start()?;
    eventually(LIMIT, "the load is under way", || {
        (running.answered() > 2_000).then_some(())
    })?;

    cluster.kill(1)?;
    let gone = Instant::now();
    cluster.restart(1)?;
    let restarted = running.answered();
    eventually(LIMIT, "the load goes on", || {
        (running.answered() > restarted + 2_000).then_some(())
    })?;
    let gap = gone.elapsed();
    let outcome = running.stop()?;

    let success = outcome.with(SUCCESS);
    assert!(
        outcome.unanswered.is_empty(),
        "{} without an answer",
        outcome.unanswered.len()
    );
    let arrived = Arrived::new(&reading::read(&cluster, "outage-short", success.len())?)?;
    let lost = success.difference(&arrived.numbers).count();
    assert_eq!(lost, 0, "of {}", success.len());
    if gap < Duration::from_secs(8) {
        assert_eq!(outcome.with(TEMPORARY).len(), 0, "the gap was {gap:?}");
    } else {
        keeper::say(&format!(
            "a broker restart took {gap:?}, too long to tell whether a short one costs no error"
        ));
    }
    Ok(())
}

// covers: aeroduct.reply-deadline
#[test]
fn an_outage_longer_than_the_deadline_gives_temporary_errors_after_it_and_then_ends() -> Result<()>
{
    let deadline = Duration::from_secs(2);
    let mut cluster = Cluster::start()?;
    cluster.create_topic(&Topic::new("outage-long", 1))?;
    let connector = Connector::start(&cluster.bootstrap(), &blocks("outage-long", "2s"))?;
    let mut source = Source::connect(connector.port)?;
    source.send(&write(1))?;
    assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);

    cluster.kill(1)?;
    for seq in [2, 3] {
        let begin = Instant::now();
        source.send(&write(seq))?;
        assert_eq!(source.answers(1, LIMIT)?, [TEMPORARY]);
        let took = begin.elapsed();
        assert!(
            took >= deadline,
            "answered after {took:?}, before the deadline"
        );
        assert!(took < deadline * 2, "answered after {took:?}");
    }
    cluster.restart(1)?;
    recovers(&connector, 4)?;

    let arrived = Arrived::new(&reading::read(&cluster, "outage-long", 2)?)?;
    assert!(
        arrived.numbers.is_superset(&[1, 4].into()),
        "{:?}",
        arrived.numbers
    );
    Ok(())
}

#[test]
fn a_long_outage_under_load_loses_nothing_that_was_acknowledged() -> Result<()> {
    let mut cluster = Cluster::start()?;
    cluster.create_topic(&Topic::new("outage-load", 3))?;
    let connector = Connector::start(&cluster.bootstrap(), &blocks("outage-load", "1s"))?;
    let running = Load::new(connector.port, "shop", &["s"]).start()?;
    eventually(LIMIT, "the load is under way", || {
        (running.answered() > 2_000).then_some(())
    })?;

    cluster.pause(1)?;
    let paused = running.answered();
    // Two windows of temporary errors at least: twice as long as the deadline.
    eventually(LIMIT, "errors are answered", || {
        (running.answered() > paused + 800).then_some(())
    })?;
    cluster.resume(1)?;
    let resumed = running.answered();
    eventually(LIMIT, "the load goes on", || {
        (running.answered() > resumed + 5_000).then_some(())
    })?;
    let outcome = running.stop()?;

    let success = outcome.with(SUCCESS);
    assert!(
        outcome.unanswered.is_empty(),
        "{} without an answer",
        outcome.unanswered.len()
    );
    assert!(!outcome.with(TEMPORARY).is_empty());
    let arrived = Arrived::new(&reading::read(&cluster, "outage-load", success.len())?)?;
    assert_eq!(success.difference(&arrived.numbers).count(), 0);
    // It still works after all that.
    cluster.kill(1)?;
    cluster.restart(1)?;
    recovers(&connector, 999_999_999)
}

#[test]
fn without_kafka_the_connector_is_ready_and_begins_by_itself_when_it_comes() -> Result<()> {
    let deadline = Duration::from_secs(1);
    let mut cluster = Cluster::start()?;
    cluster.create_topic(&Topic::new("outage-begin", 1))?;
    cluster.stop(1)?;

    // Ready, or this fails.
    let connector = Connector::start(&cluster.bootstrap(), &blocks("outage-begin", "1s"))?;
    let mut source = Source::connect(connector.port)?;
    let begin = Instant::now();
    source.send(&[write(1), write(2)].concat())?;
    assert_eq!(source.answers(2, LIMIT)?, [TEMPORARY; 2]);
    let took = begin.elapsed();
    assert!(
        took >= deadline && took < deadline * 3,
        "answered after {took:?}"
    );

    cluster.restart(1)?;
    recovers(&connector, 3)?;
    assert!(reading::count(&cluster, "outage-begin")? >= 1);
    Ok(())
}
