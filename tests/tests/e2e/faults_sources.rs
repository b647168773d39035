//! Sources that behave badly, beside one that does not.

use std::time::Duration;

use aeroduct_tests::connector::Connector;
use aeroduct_tests::crowd::{Crowd, Kind};
use aeroduct_tests::kafka::{Cluster, Layout, Topic};
use aeroduct_tests::load::Load;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::proxy::Network;
use aeroduct_tests::source::{Heard, SUCCESS, Source};
use aeroduct_tests::wait::eventually;
use anyhow::Result;

const LIMIT: Duration = Duration::from_mins(1);
const ACTIVE: &str = "aeroduct_connector_connections_active";
const IN_FLIGHT: &str = "aeroduct_connector_in_flight_records";

fn changes(count: u64) -> Vec<u8> {
    let change = |number| Message::write("shop", digest(number)).set("left");
    let frames = (0..count).map(|number| change(number).integer("seq", 1).frame());
    frames.flatten().collect()
}

#[test]
fn what_a_source_left_behind_is_not_answered_on_another_connection() -> Result<()> {
    const SOURCES: usize = 10;
    let cluster = Cluster::with_layout(Layout::default().proxied())?;
    cluster.create_topic(&Topic::new("left", 2))?;
    let blocks = "routing: { mode: set }
format: { mode: flat-json, metadata-key: of }
aeroduct: { reply-deadline: 9s }";
    let connector = Connector::start(&cluster.proxied_bootstrap(), blocks)?;
    let mut first = Source::connect(connector.port)?;
    first.send(&changes(1))?;
    assert_eq!(first.answers(1, LIMIT)?, [SUCCESS]);

    // All of them go while their changes are on the way to Kafka, half of them by a reset.
    cluster.proxy(1)?.set(Network::BlackHole);
    let mut gone = (0..SOURCES)
        .map(|_| Source::connect(connector.port))
        .collect::<Result<Vec<_>>>()?;
    for source in &mut gone {
        source.send(&changes(100))?;
    }
    connector.await_metric(IN_FLIGHT, 100.0 * 10.0, LIMIT)?;
    for (number, source) in gone.into_iter().enumerate() {
        if number.is_multiple_of(2) {
            source.reset()?;
        }
    }
    let mut new = (0..SOURCES)
        .map(|_| Source::connect(connector.port))
        .collect::<Result<Vec<_>>>()?;
    cluster.proxy(1)?.set(Network::Whole);

    connector.await_metric_below(IN_FLIGHT, 0.5, LIMIT)?;
    for source in &mut new {
        assert_eq!(source.listen(Duration::from_millis(50))?, Heard::Silence);
        source.send(&changes(1))?;
        assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);
        assert_eq!(source.listen(Duration::from_millis(50))?, Heard::Silence);
    }
    // Those that came later, and the first.
    connector.await_metric_below(ACTIVE, 11.5, LIMIT)
}

/// Every kind of bad peer at once. The connector has less memory for records than they offer.
#[test]
fn crowds_of_bad_peers_cost_an_honest_source_no_answer_and_the_connector_bounded_memory()
-> Result<()> {
    const MEMBERS: u64 = 200;
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new("faults-crowds", 3))?;
    // What the crowds send has no set, so nothing of it comes to Kafka.
    let blocks = "routing: { mode: set }
format: { mode: flat-json, metadata-key: of }
aeroduct: { reply-deadline: 9s, max-in-flight-bytes: 32MiB }";
    let connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let load = Load {
        rate: Some(500),
        ..Load::new(connector.port, "shop", &["faults-crowds"])
    };
    let running = load.start()?;
    running.await_success(500, LIMIT)?;
    let before = connector.resident_bytes()?;

    let crowds = Kind::ALL
        .iter()
        .map(|&kind| Crowd::start(connector.port, kind, usize::try_from(MEMBERS)?))
        .collect::<Result<Vec<_>>>()?;
    let mut most = 0;
    // Of each kind, but for the one whose frames are only refused, some came again.
    let thrown_out = Kind::ALL.iter().zip(&crowds);
    eventually(LIMIT * 2, "bad peers are thrown out", || {
        most = most.max(connector.resident_bytes().ok()?);
        thrown_out
            .clone()
            .all(|(&kind, crowd)| kind == Kind::Bombs || crowd.connected() > MEMBERS)
            .then_some(())
    })?;
    running.await_success(500, LIMIT)?;
    drop(crowds);
    connector.await_metric_below(ACTIVE, 2.5, LIMIT)?;
    running.await_success(500, LIMIT)?;
    let outcome = running.stop()?;

    outcome.answered_only(&[SUCCESS])?;
    outcome.none_lost(cluster, "faults-crowds")?;
    let grown = most.saturating_sub(before);
    assert!(grown < 96 << 20, "{} MiB of memory more", grown >> 20);
    Ok(())
}
