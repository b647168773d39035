//! `make soak`: the connector between a real load and a real Kafka of three brokers, while
//! everything around it fails in turn.
//!
//! The honest load is numbered and keyed. A reader follows the topics all the while, so at the end
//! every acknowledged record is known to be there or lost, and every key in order or not. What was
//! required and what was seen is a table; how the process fared over time, curves and a picture.
#![expect(
    clippy::cast_precision_loss,
    reason = "counts and times are shown and compared with few digits"
)]
#![expect(
    clippy::print_stdout,
    reason = "the verdict is what this program is for"
)]

mod check;
mod curves;
mod fault;
mod honest;
mod picture;
mod sample;
mod schedule;
mod stage;
mod verdict;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use aeroduct_tests::chance::{self, Chance};
use aeroduct_tests::endings::{self, Ending};
use aeroduct_tests::source::SUCCESS;
use aeroduct_tests::{keeper, wait};
use anyhow::Result;
use clap::{Parser, ValueEnum};

use crate::check::Check;
use crate::honest::Honest;
use crate::sample::{Pulse, Watch};
use crate::schedule::{Schedule, Site};
use crate::stage::Stage;
use crate::verdict::{Seen, Verdict};

/// Runs the connector for a while with every fault around it, and judges it.
#[derive(Debug, Parser)]
#[command(name = "soak")]
struct Cli {
    /// How long the faults go on, in minutes.
    #[arg(long = "for", value_name = "MINUTES", default_value = "10")]
    minutes: f64,
    /// The seed of the schedule; `AERODUCT_SEED`, or another one each time, when none is named.
    #[arg(long)]
    seed: Option<u64>,
    /// The share of the capacity, which is measured first, that the load takes.
    #[arg(long, value_name = "SHARE", default_value = "0.7")]
    load: f64,
    /// Faults whose name holds this, and no other: `bombs`, `killed`, `black hole`.
    #[arg(long, value_name = "WORDS", default_value = "")]
    only: String,
    /// Where the picture goes.
    #[arg(long, value_name = "FILE", default_value = "soak.svg")]
    picture: PathBuf,
    /// What is repeated besides, `AERODUCT_ROUNDS` times each.
    #[arg(value_enum)]
    with: Vec<With>,
}

/// Ends of the connector.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum With {
    /// Killed at moments of chance: what it acknowledged is in Kafka.
    Kill,
    /// Told to stop at moments of chance: what is in Kafka it answered.
    Term,
}

/// Rounds of each kind of end, unless the environment says otherwise.
const ROUNDS: u64 = 100;
/// Rounds after which a topic is read and held against the answers: all of it is in memory then.
const AT_A_TIME: u64 = 25;
/// What starting, measuring and reading to the end may take besides.
const BESIDES: Duration = Duration::from_mins(20);
/// A round is a start, a moment of load and an end.
const ROUND: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            keeper::say(&format!("the soak has no verdict: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<bool> {
    let time = Duration::from_secs_f64(cli.minutes * 60.0);
    let rounds = chance::rounds(ROUNDS)?;
    let repeated = ROUND * u32::try_from(rounds * cli.with.len() as u64)?;
    wait::limit_the_suite(time + BESIDES + repeated);
    let mut chance = match cli.seed {
        Some(seed) => Chance::new(seed),
        None => Chance::of_environment()?,
    };
    println!(
        "soak for {} min, seed {} (again: make soak FOR={} SEED={1})",
        cli.minutes,
        chance.seed(),
        cli.minutes
    );

    let mut verdict = soak(cli, time, &mut chance)?;
    for with in &cli.with {
        repeat(*with, rounds, &mut chance, &mut verdict)?;
    }
    println!("{verdict}");
    Ok(verdict.holds())
}

fn soak(cli: &Cli, time: Duration, chance: &mut Chance) -> Result<Verdict> {
    let Stage {
        cluster,
        mut connector,
    } = Stage::set()?;
    println!("measuring the capacity");
    let capacity = stage::capacity(&connector)?;
    let rate = capacity * cli.load;
    println!("capacity {capacity:.0} records/s, load {rate:.0} records/s");

    let check = Check::start(&cluster.bootstrap())?;
    let honest = Honest::start(stage::address(&connector), rate, chance.seed());
    let pulse = Arc::new(Pulse::start(time));
    let site = Site {
        port: connector.port,
        rate,
        only: cli.only.clone(),
        pulse: Arc::clone(&pulse),
    };
    let schedule = Schedule::start(cluster, &site, chance);
    let mut watch = Watch::new(pulse);
    watch.run(&honest, &connector, &schedule)?;
    // The brokers stay until the reader is through.
    let (_cluster, events) = schedule.end()?;

    println!("waiting for the last answers, and reading on to the end of the topics");
    let report = honest.end()?;
    let ended = stage::end(&mut connector)?;
    let found = check.end()?;
    for problem in &report.problems {
        println!("the load met: {problem}");
    }
    if !report.problems.is_empty() {
        println!("the log of the connector:\n{}", connector.log());
    }
    let samples = watch.into_samples();
    println!("{}", curves::text(&samples));
    std::fs::write(&cli.picture, picture::svg(&samples, &events))?;
    println!("as a picture: {}", cli.picture.display());
    Ok(Verdict::of(&Seen {
        samples: &samples,
        events: &events,
        report: &report,
        found: &found,
        ended: &ended,
        rate,
        time,
        is_whole_deal: cli.only.is_empty() && time >= verdict::WHOLE_DEAL,
    }))
}

fn repeat(with: With, rounds: u64, chance: &mut Chance, verdict: &mut Verdict) -> Result<()> {
    let (ending, topic, what) = match with {
        With::Kill => (Ending::Kill, "soak-kill", "killed"),
        With::Term => (Ending::Terminate, "soak-term", "told to stop"),
    };
    println!("{rounds} times {what} under load");
    let cluster = aeroduct_tests::kafka::Cluster::start()?;
    let launch = stage::launch()?;
    let mut acknowledged = Ok(0);
    let mut done = 0;
    while done < rounds {
        let topic = format!("{topic}-{done}");
        let rounds_now = AT_A_TIME.min(rounds - done);
        let outcome = endings::repeat((&cluster, &launch), &topic, ending, rounds_now, chance);
        acknowledged = acknowledged.and_then(|before| Ok(before + outcome?.with(SUCCESS).len()));
        if acknowledged.is_err() {
            break;
        }
        done += rounds_now;
        println!("{done} of {rounds}");
    }
    verdict.add_endings(what, rounds, acknowledged);
    Ok(())
}
