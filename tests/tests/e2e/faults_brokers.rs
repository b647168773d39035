//! Brokers die in turn, leaders move, and one topic of ten refuses everything.

use std::thread;
use std::time::{Duration, Instant};

use aeroduct_tests::connector::Connector;
use aeroduct_tests::kafka::{Cluster, Layout, Topic};
use aeroduct_tests::load::{Load, Outcome, Running};
use aeroduct_tests::source::{PERMANENT, SUCCESS, TEMPORARY};
use anyhow::{Context as _, Result, bail};

const LIMIT: Duration = Duration::from_mins(1);
/// What brokers that fail over, and a client that finds the new leaders, need at most.
const DEADLINE: &str = "9s";

const fn replicated(name: &'static str) -> Topic<'static> {
    Topic {
        name,
        partitions: 8,
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

    let nearly_all = outcome.per_mille(990, SUCCESS).context("no answer")?;
    assert!(
        nearly_all < Duration::from_secs(3),
        "answers took {nearly_all:?} while leaders moved"
    );
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
const SPELL: Duration = Duration::from_secs(3);
/// Answers within this time are as quick as anybody asks for; what differs below is chance.
const QUICK: Duration = Duration::from_millis(50);

/// How changes passed for a while.
#[derive(Clone, Copy, Debug)]
struct Passage {
    /// Changes per second that succeeded.
    rate: f64,
    /// What nearly all of them did not take longer than.
    p99: Duration,
}

impl Passage {
    /// The better of both in each respect.
    fn best(self, other: Self) -> Self {
        Self {
            rate: self.rate.max(other.rate),
            p99: self.p99.min(other.p99),
        }
    }
}

/// Changes of all ten topics for a while. Numbers go on where `outcome` ends, which takes what
/// came of them.
fn spell(port: u16, outcome: &mut Outcome) -> Result<Passage> {
    let load = Load {
        connections: 3,
        rate: Some(OFFERED / 3),
        first: outcome.end(),
        ..Load::new(port, "shop", &TEN)
    };
    let begin = Instant::now();
    let running = load.start()?;
    thread::park_timeout(SPELL);
    let (passed, time) = (running.succeeded(), begin.elapsed());
    let of_spell = running.stop()?;
    let p99 = of_spell.per_mille(990, SUCCESS);
    outcome.add(of_spell);
    Ok(Passage {
        rate: f64::from(u32::try_from(passed)?) / time.as_secs_f64(),
        p99: p99.context("nothing succeeded")?,
    })
}

/// Whether nine topics keep their rate and time while the tenth refuses.
fn is_undisturbed(sick: Passage, healthy: Passage) -> bool {
    // Nine tenths of what succeeded were theirs, and they keep nine tenths of that at least.
    sick.rate >= healthy.rate * 0.9 * 0.9 && sick.p99 <= healthy.p99.max(QUICK) * 2
}

/// The tenth topic is healthy and sick in turn, until a turn shows that the others do not mind:
/// they pass as in the best of all healthy times. What disturbs a turn are other tests; what the
/// topic itself costs it costs in each.
fn compare(
    mut pass: impl FnMut() -> Result<Passage>,
    sicken: impl Fn() -> Result<()>,
    heal: impl Fn() -> Result<()>,
) -> Result<()> {
    const TURNS: usize = 5;
    let mut healthy = pass()?;
    let mut turns = Vec::new();
    while turns.len() < TURNS {
        sicken()?;
        let sick = pass()?;
        heal()?;
        if is_undisturbed(sick, healthy) {
            return Ok(());
        }
        turns.push(sick);
        healthy = healthy.best(pass()?);
    }
    bail!("{turns:?}, and {healthy:?} while it is healthy");
}

#[test]
fn a_topic_that_refuses_everything_does_not_slow_down_nine_others() -> Result<()> {
    let cluster = Cluster::shared()?;
    for topic in TEN {
        cluster.create_topic(&Topic::new(topic, 2))?;
    }
    let blocks = "routing: { mode: set }\nformat: { mode: flat-json, metadata-key: of }";
    let connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let mut outcome = Outcome::default();
    let mut pass = || spell(connector.port, &mut outcome);
    pass()?;

    let limit = |bytes| move || cluster.alter_topic(TENTH, "max.message.bytes", bytes);
    compare(&mut pass, limit("1"), limit("1000000")).context("its limit is too small")?;
    let (deny, allow) = (
        || cluster.deny_writes(TENTH),
        || cluster.allow_writes(TENTH),
    );
    compare(&mut pass, deny, allow).context("it is forbidden")?;

    outcome.answered_only(&[SUCCESS, TEMPORARY, PERMANENT])?;
    assert!(outcome.with(PERMANENT).len() > 100);
    assert!(outcome.with(TEMPORARY).len() > 100);
    Ok(())
}
