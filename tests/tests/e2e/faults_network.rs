//! The network between the connector and Kafka fails in every way it can.

use std::thread;
use std::time::{Duration, Instant};

use aeroduct_tests::connector::Connector;
use aeroduct_tests::kafka::{Cluster, Layout, Topic};
use aeroduct_tests::load::{Load, Running};
use aeroduct_tests::proxy::Network;
use aeroduct_tests::source::{SUCCESS, TEMPORARY};
use anyhow::Result;

const LIMIT: Duration = Duration::from_mins(1);
const TOPIC: &str = "faults-network";
/// Changes per second of all connections, and changes without an answer at most.
const RATE: u32 = 2_000;
const WINDOW: u32 = 400;
const CONNECTIONS: u32 = 2;

/// One broker behind a proxy, and a load that reaches it through the connector.
fn under_load(deadline: &str) -> Result<(Cluster, Connector, Running)> {
    let cluster = Cluster::with_layout(Layout::default().proxied())?;
    cluster.create_topic(&Topic::new(TOPIC, 3))?;
    let blocks = format!(
        "routing: {{ mode: static, destination: {TOPIC} }}
format: {{ mode: flat-json, metadata-key: of }}
aeroduct: {{ reply-deadline: {deadline} }}"
    );
    let connector = Connector::start(&cluster.proxied_bootstrap(), &blocks)?;
    let load = Load {
        connections: CONNECTIONS.into(),
        rate: Some(RATE / CONNECTIONS),
        window: usize::try_from(WINDOW / CONNECTIONS)?,
        ..Load::new(connector.port, "shop", &["s"])
    };
    let running = load.start()?;
    running.await_success(1_000, LIMIT)?;
    Ok((cluster, connector, running))
}

/// Lets the network be like this for so long.
fn suffer(cluster: &Cluster, network: Network, time: Duration) -> Result<()> {
    cluster.proxy(1)?.set(network);
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
    }
    cluster.proxy(1)?.set(Network::Whole);
    Ok(())
}

#[test]
fn faults_shorter_than_the_deadline_cost_no_record_no_order_and_no_error() -> Result<()> {
    let (cluster, _connector, running) = under_load("9s")?;
    for network in [
        Network::BlackHole,
        Network::Cut,
        Network::Sliced,
        Network::Reset,
        Network::Slow(Duration::from_millis(200)),
        Network::HalfOpen,
    ] {
        suffer(&cluster, network, Duration::from_secs(1))?;
        running.await_success(1_000, LIMIT)?;
    }
    let outcome = running.stop()?;

    outcome.answered_only(&[SUCCESS])?;
    let arrived = outcome.none_lost(&cluster, TOPIC)?;
    // The broker tells what it has already, however often a client that heard nothing sends it.
    assert_eq!(arrived.duplicates, 0);
    Ok(())
}

/// With the deadline that there is by default, of five seconds.
#[test]
fn an_outage_of_four_seconds_costs_no_error_by_default() -> Result<()> {
    let (cluster, _connector, running) = under_load("5s")?;
    for network in [Network::BlackHole, Network::Cut, Network::HalfOpen] {
        suffer(&cluster, network, Duration::from_secs(4))?;
        running.await_success(1_000, LIMIT)?;
    }
    let outcome = running.stop()?;

    outcome.answered_only(&[SUCCESS])?;
    outcome.none_lost(&cluster, TOPIC)?;
    Ok(())
}

/// Farther and farther away, up to a second for there and back: what is on its way grows, so that
/// the rate falls no more than the window of the source makes it.
#[test]
fn a_kafka_that_is_far_away_slows_down_and_costs_no_error_and_little_memory() -> Result<()> {
    let (cluster, connector, running) = under_load("9s")?;
    let before = connector.resident_bytes()?;
    for one_way_ms in [5, 50, 500, 50, 5] {
        let one_way = Duration::from_millis(one_way_ms);
        let spell = Duration::from_secs(2) + one_way * 16;
        let succeeded = running.succeeded();
        suffer(&cluster, Network::Slow(one_way), spell)?;
        let passed = running.succeeded() - succeeded;

        // A change waits for the batch before it and then goes with its own.
        let waits = spell.as_millis() / (one_way * 4).as_millis();
        let possible =
            (u128::from(WINDOW) * waits).min(u128::from(RATE) * spell.as_millis() / 1_000);
        assert!(
            u128::from(passed) * 2 >= possible,
            "{passed} changes passed of {possible}, {one_way:?} away"
        );
        running.await_success(100, LIMIT)?;
    }
    let grown = connector.peak_bytes()?.saturating_sub(before);
    let outcome = running.stop()?;

    outcome.answered_only(&[SUCCESS])?;
    let arrived = outcome.none_lost(&cluster, TOPIC)?;
    assert_eq!(arrived.duplicates, 0);
    assert!(grown < 32 << 20, "{} MiB of memory more", grown >> 20);
    Ok(())
}

#[test]
fn a_black_hole_longer_than_the_deadline_is_told_after_it_costs_little_and_drains_quickly()
-> Result<()> {
    const HOLE: Duration = Duration::from_secs(6);
    let deadline = Duration::from_secs(2);
    let (cluster, connector, running) = under_load("2s")?;

    let used = connector.cpu_time()?;
    suffer(&cluster, Network::BlackHole, HOLE)?;
    let used = connector.cpu_time()?.saturating_sub(used);
    let back = Instant::now();
    running.await_success(1_000, LIMIT)?;
    let drained = back.elapsed();
    let outcome = running.stop()?;

    outcome.answered_only(&[SUCCESS, TEMPORARY])?;
    outcome.none_lost(&cluster, TOPIC)?;
    let soonest = outcome.soonest(TEMPORARY);
    assert!(soonest >= Some(deadline), "told after {soonest:?}");
    let latest = outcome.latest(TEMPORARY);
    assert!(latest < Some(deadline * 2), "told after {latest:?}");
    assert!(drained < HOLE * 2, "back only after {drained:?}");
    assert!(used < HOLE / 5, "{used:?} of processor time in {HOLE:?}");
    Ok(())
}
