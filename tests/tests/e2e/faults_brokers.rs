//! Brokers die in turn, leaders move, and one topic of ten refuses everything.

use std::thread;
use std::time::{Duration, Instant};

use aeroduct_tests::connector::Connector;
use aeroduct_tests::kafka::{Cluster, Layout, Topic};
use aeroduct_tests::load::{Load, Outcome, Running};
use aeroduct_tests::source::{PERMANENT, SUCCESS, TEMPORARY};
use anyhow::Result;

const LIMIT: Duration = Duration::from_mins(1);
/// What brokers that fail over, and a client that finds the new leaders, need at most.
const DEADLINE: &str = "9s";

const fn replicated(name: &'static str) -> Topic<'static> {
    Topic {
        name,
        partitions: 6,
        replicas: 3,
        settings: &[],
    }
}

fn under_load(cluster: &Cluster, topic: &str, load: &Load) -> Result<(Connector, Running)> {
    let blocks = format!(
        "routing: {{ mode: static, destination: {topic} }}
format: {{ mode: flat-json, metadata-key: of }}
aeroduct: {{ reply-deadline: {DEADLINE} }}"
    );
    let connector = Connector::start(&cluster.bootstrap(), &blocks)?;
    let load = Load {
        port: connector.port,
        ..load.clone()
    };
    let running = load.start()?;
    running.await_success(1_000, LIMIT)?;
    Ok((connector, running))
}

fn moderate() -> Load {
    Load {
        rate: Some(1_500),
        ..Load::new(0, "shop", &["s"])
    }
}

/// Every answer is a success, every success is in Kafka, and of the changes in flight at each
/// fault at most all are there twice.
fn nothing_happened(
    outcome: &Outcome,
    cluster: &Cluster,
    topic: &str,
    faults: usize,
) -> Result<()> {
    outcome.answered_only(&[SUCCESS])?;
    let arrived = outcome.none_lost(cluster, topic)?;
    let load = moderate();
    let in_flight = load.window * usize::try_from(load.connections)?;
    assert!(
        arrived.duplicates <= in_flight * faults,
        "{} duplicates of {faults} faults with {in_flight} changes in flight",
        arrived.duplicates
    );
    Ok(())
}

#[test]
fn brokers_killed_and_restarted_in_turn_cost_no_record_no_order_and_no_error() -> Result<()> {
    let topic = replicated("faults-restarts");
    let mut cluster = Cluster::with_layout(Layout::three())?;
    cluster.create_topic(&topic)?;
    let (_connector, running) = under_load(&cluster, topic.name, &moderate())?;

    for broker in 1..=3 {
        cluster.kill(broker)?;
        // Every key again and again, so the partitions that the broker led too.
        running.await_success(5_000, LIMIT)?;
        cluster.restart(broker)?;
        cluster.await_in_sync(&topic, LIMIT)?;
    }
    let outcome = running.stop()?;

    nothing_happened(&outcome, &cluster, topic.name, 3)
}

#[test]
fn leaders_that_move_every_second_cost_no_record_no_order_and_no_error() -> Result<()> {
    const MOVES: u16 = 8;
    let topic = replicated("faults-leaders");
    let cluster = Cluster::with_layout(Layout::three())?;
    cluster.create_topic(&topic)?;
    let (_connector, running) = under_load(&cluster, topic.name, &moderate())?;

    for moved in 0..MOVES {
        let next = Instant::now() + Duration::from_secs(1);
        cluster.move_leaders(topic.name, topic.partitions, moved % 3 + 1)?;
        running.await_success(500, LIMIT)?;
        thread::park_timeout(next.saturating_duration_since(Instant::now()));
    }
    let outcome = running.stop()?;

    nothing_happened(&outcome, &cluster, topic.name, MOVES.into())
}

/// Changes of nine topics that take everything, and of a tenth, mixed on every connection.
const TEN: [&str; 10] = [
    "faults-ten-0",
    "faults-ten-1",
    "faults-ten-2",
    "faults-ten-3",
    "faults-ten-4",
    "faults-ten-5",
    "faults-ten-6",
    "faults-ten-7",
    "faults-ten-8",
    TENTH,
];
const TENTH: &str = "faults-ten-9";

/// Changes per second, over all of them.
const OFFERED: u32 = 1_500;

/// Changes that succeed per second, looked at for two seconds.
fn rate(running: &Running) -> f64 {
    let (begin, before) = (Instant::now(), running.succeeded());
    while begin.elapsed() < Duration::from_secs(2) {
        thread::park_timeout(Duration::from_millis(100));
    }
    let count = u32::try_from(running.succeeded() - before).unwrap_or(u32::MAX);
    f64::from(count) / begin.elapsed().as_secs_f64()
}

#[test]
fn a_topic_that_refuses_everything_does_not_slow_down_nine_others() -> Result<()> {
    let cluster = Cluster::shared()?;
    for topic in TEN {
        cluster.create_topic(&Topic::new(topic, 2))?;
    }
    let blocks = "routing: { mode: set }\nformat: { mode: flat-json, metadata-key: of }";
    let connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let load = Load {
        connections: 3,
        rate: Some(OFFERED / 3),
        ..Load::new(connector.port, "shop", &TEN)
    };
    let running = load.start()?;
    running.await_success(1_000, LIMIT)?;

    let mut healthy = rate(&running);
    cluster.alter_topic(TENTH, "max.message.bytes", "1")?;
    let too_small = rate(&running);
    cluster.alter_topic(TENTH, "max.message.bytes", "1000000")?;
    healthy = healthy.max(rate(&running));
    cluster.deny_writes(TENTH)?;
    let forbidden = rate(&running);
    cluster.allow_writes(TENTH)?;
    let outcome = running.stop()?;

    outcome.answered_only(&[SUCCESS, TEMPORARY, PERMANENT])?;
    assert!(outcome.with(PERMANENT).len() > 100);
    assert!(outcome.with(TEMPORARY).len() > 100);
    // What had to wait before it was measured is no rate to keep.
    let healthy = healthy.min(f64::from(OFFERED));
    // Nine tenths of what succeeded were theirs, and they keep nine tenths of that at least.
    for (sick, why) in [
        (too_small, "its limit is too small"),
        (forbidden, "it is forbidden"),
    ] {
        assert!(
            sick >= healthy * 0.9 * 0.9,
            "{sick:.0} changes/s pass of {healthy:.0} while the tenth topic refuses: {why}"
        );
    }
    Ok(())
}
