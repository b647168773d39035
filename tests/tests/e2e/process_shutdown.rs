//! The connector goes away: killed, or told to.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aeroduct_tests::chance::{self, Chance};
use aeroduct_tests::connector::{Connector, Launch};
use aeroduct_tests::endings::{self, Ending};
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::load::{Arrived, Load, Running};
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::reading;
use aeroduct_tests::source::{Heard, SUCCESS, Source};
use aeroduct_tests::wait::eventually;
use anyhow::{Result, ensure};

const LIMIT: Duration = Duration::from_mins(1);

fn under_load(topic: &str) -> Result<(Connector, Running)> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new(topic, 3))?;
    let blocks = format!(
        "routing: {{ mode: static, destination: {topic} }}
format: {{ mode: flat-json, metadata-key: of }}"
    );
    let connector = Connector::start(&cluster.bootstrap(), &blocks)?;
    let running = Load::new(connector.port, "shop", &["s"]).start()?;
    eventually(LIMIT, "the load is under way", || {
        (running.answered() > 5_000).then_some(())
    })?;
    Ok((connector, running))
}

/// A few times, at moments of chance; `AERODUCT_ROUNDS` and `AERODUCT_SEED` make it more or again.
fn repeat(ending: Ending, topic: &str) -> Result<()> {
    let mut chance = Chance::of_environment()?;
    let (cluster, launch) = (Cluster::shared()?, Launch::default());
    let rounds = chance::rounds(6)?;
    let outcome = endings::repeat((cluster, &launch), topic, ending, rounds, &mut chance)?;
    ensure!(!outcome.with(SUCCESS).is_empty(), "nothing was published");
    Ok(())
}

#[test]
fn all_that_a_killed_connector_has_acknowledged_is_in_kafka() -> Result<()> {
    repeat(Ending::Kill, "shutdown-kill")
}

#[test]
fn a_connector_told_to_stop_answers_what_kafka_has_and_leaves_in_time() -> Result<()> {
    repeat(Ending::Terminate, "shutdown-term")
}

#[test]
fn what_a_killed_connector_left_open_its_successor_brings_and_nothing_is_missing() -> Result<()> {
    let (mut connector, running) = under_load("shutdown-again")?;
    connector.kill()?;
    let outcome = running.finish()?;
    let success = outcome.with(SUCCESS);
    let codes = outcome.answers.into_values();
    let sent: BTreeSet<u64> = codes.flatten().chain(outcome.unanswered).collect();
    let open: Vec<u64> = sent.difference(&success).copied().collect();
    ensure!(!open.is_empty(), "nothing was in flight");

    connector.restart()?;
    let load = Load::new(connector.port, "shop", &["s"]);
    let mut source = Source::connect(connector.port)?;
    let mut due = open.clone();
    eventually(LIMIT, "all is taken", || {
        let frames: Vec<u8> = due.iter().flat_map(|&number| load.frame(number)).collect();
        source.send(&frames).ok()?;
        let mut answers = source.answers(due.len(), LIMIT).ok()?.into_iter();
        due.retain(|_| answers.next() != Some(SUCCESS));
        due.is_empty().then_some(())
    })?;

    let stored = reading::read(Cluster::shared()?, "shutdown-again", sent.len())?;
    let arrived = Arrived::new(&stored)?;
    let missing = sent.difference(&arrived.numbers).count();
    assert_eq!(missing, 0, "of {}", sent.len());
    assert_eq!(arrived.numbers.len(), sent.len());
    // Only what Kafka had and the source did not know about may be there twice.
    assert!(
        arrived.duplicates <= open.len(),
        "{} duplicates, {} were in flight",
        arrived.duplicates,
        open.len()
    );
    Ok(())
}

// covers: aeroduct.drain-timeout
#[test]
fn a_connector_told_to_stop_without_kafka_leaves_in_time_and_says_no_success() -> Result<()> {
    let mut cluster = Cluster::start()?;
    cluster.create_topic(&Topic::new("shutdown-away", 1))?;
    cluster.stop(1)?;
    let blocks = "routing: { mode: static, destination: shutdown-away }
format: { mode: json }
aeroduct: { reply-deadline: 9s, drain-timeout: 3s }";
    let mut connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let mut source = Source::connect(connector.port)?;
    source.send(&Message::write("shop", digest(1)).integer("seq", 1).frame())?;
    source.listen(Duration::from_millis(300))?;

    let told = Instant::now();
    connector.terminate()?;
    let heard = source.listen(LIMIT)?;
    let status = connector.wait(LIMIT)?;

    assert_ne!(heard, Heard::Answer(SUCCESS));
    assert_eq!(status.code(), Some(0), "its log:\n{}", connector.log());
    // The timeout, and a little for the end of the process.
    assert!(
        told.elapsed() < Duration::from_secs(8),
        "{:?}",
        told.elapsed()
    );
    Ok(())
}

#[test]
fn a_connector_told_to_stop_does_not_wait_for_peers_that_never_close() -> Result<()> {
    let blocks = "routing: { mode: skip }\nformat: { mode: json }";
    let mut connector = Connector::start("127.0.0.1:9", blocks)?;
    let mut idle = (0..20)
        .map(|_| Source::connect(connector.port))
        .collect::<Result<Vec<_>>>()?;
    for source in &mut idle {
        source.send(&Message::write("shop", digest(1)).frame())?;
        assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);
    }

    let used = connector.cpu_time()?;
    let told = Instant::now();
    connector.terminate()?;
    let mut used_at_end = used;
    let status = eventually(LIMIT, "the connector ends", || {
        // Before the end is noticed, so the last look is at all it has used.
        used_at_end = connector.cpu_time().unwrap_or(used_at_end);
        connector.ended()
    })?;
    let took = told.elapsed();

    assert_eq!(status.code(), Some(0), "its log:\n{}", connector.log());
    // One second for replies on their way, and a little for a busy machine.
    assert!(took < Duration::from_secs(4), "{took:?}");
    let used = used_at_end.saturating_sub(used);
    assert!(
        used < Duration::from_millis(300),
        "{used:?} of processor time"
    );
    for source in &mut idle {
        assert_eq!(source.listen(LIMIT)?, Heard::Closed);
    }
    Ok(())
}
