//! The connector ends under load, again and again, at moments of chance.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::chance::Chance;
use crate::connector::{Connector, Launch};
use crate::kafka::{Cluster, Topic};
use crate::load::{Load, Outcome};

const LIMIT: Duration = Duration::from_mins(1);
/// The end comes at the latest so long after the first answers.
const UNDER_WAY: Duration = Duration::from_millis(400);
/// What the connector is given to drain, and a little for the end of the process.
const DRAIN_SECONDS: u64 = 10;
const GRACE: Duration = Duration::from_secs(DRAIN_SECONDS + 1);

/// How the connector ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// SIGKILL.
    Kill,
    /// SIGTERM.
    Terminate,
}

/// Ends the connector `rounds` times under load on a topic of its own, starts it again each time,
/// and holds what is in Kafka against the answers.
///
/// An error where an acknowledged change is lost, where versions are out of order, where a
/// connector that is told to stop takes longer than its grace, or where it leaves a change that
/// is in Kafka without an answer.
pub fn repeat(
    (cluster, launch): (&Cluster, &Launch),
    topic: &str,
    ending: Ending,
    rounds: u64,
    chance: &mut Chance,
) -> Result<Outcome> {
    cluster.create_topic(&Topic::new(topic, 3))?;
    let blocks = format!(
        "routing: {{ mode: static, destination: {topic} }}
format: {{ mode: flat-json, metadata-key: of }}
aeroduct: {{ drain-timeout: {DRAIN_SECONDS}s }}"
    );
    let mut connector = Connector::start_as(launch, &cluster.bootstrap(), &blocks)?;
    let mut all = Outcome::default();
    for round in 1..=rounds {
        if round > 1 {
            connector.restart()?;
        }
        let outcome = one(&mut connector, ending, all.end(), chance);
        all.add(outcome.with_context(|| format!("round {round}, seed {}", chance.seed()))?);
    }
    let seed = || format!("seed {}", chance.seed());
    let arrived = all.none_lost(cluster, topic).with_context(seed)?;
    if ending == Ending::Terminate {
        let silent = arrived.numbers.intersection(&all.unanswered).count();
        ensure!(
            silent == 0,
            "{silent} changes are in Kafka and were not answered, seed {}",
            chance.seed()
        );
    }
    Ok(all)
}

fn one(
    connector: &mut Connector,
    ending: Ending,
    first: u64,
    chance: &mut Chance,
) -> Result<Outcome> {
    let load = Load {
        first,
        ..Load::new(connector.port, "shop", &["s"])
    };
    let running = load.start()?;
    running.await_success(1, LIMIT)?;
    thread::park_timeout(chance.time(UNDER_WAY));
    match ending {
        Ending::Kill => connector.kill()?,
        Ending::Terminate => {
            let told = Instant::now();
            connector.terminate()?;
            let status = connector.wait(LIMIT)?;
            let took = told.elapsed();
            let log = connector.log();
            ensure!(status.code() == Some(0), "{status}; its log:\n{log}");
            ensure!(took < GRACE, "it took {took:?}; its log:\n{log}");
        }
    }
    running.finish()
}
