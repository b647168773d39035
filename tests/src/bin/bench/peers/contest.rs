//! The connector and one peer in turn.

use super::field::{Facts, Field, Goal, Peer, Run};
use crate::Bench;
use crate::process::Served;
use crate::report::{Bounds, Figure, median};
use crate::sample;
use crate::system::{self, System};

/// Records of each run, on both sides.
const RECORDS: u64 = 2_000_000;

/// The same for `--quick`.
const FEW_RECORDS: u64 = 100_000;

/// The runs of the connector and of one peer.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) facts: Facts,
    pub(super) records: u64,
    pub(super) ours: Side,
    pub(super) theirs: Side,
    /// The connector's divided by the peer's, pair by pair.
    pub(super) cost_ratio: Spread,
    pub(super) rate_ratio: Spread,
}

/// What the runs of one side showed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    /// Records per second.
    pub(super) rate: Spread,
    /// Nanoseconds per record.
    pub(super) cpu_ns: Spread,
    /// The highest of all runs, in MiB.
    pub(super) memory_mib: f64,
}

/// The middle of some runs, the lowest and the highest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spread {
    pub(super) middle: f64,
    pub(super) lowest: f64,
    pub(super) highest: f64,
}

/// Measures both in turn, after runs of each that are not counted.
pub(super) fn hold(bench: &Bench, field: &Field, peer: &dyn Peer) -> anyhow::Result<Outcome> {
    let facts = peer.facts();
    let records = if bench.is_quick { FEW_RECORDS } else { RECORDS };
    let bootstrap = field.kafka.bootstrap();
    let served = System::Aeroduct.start(&bootstrap, &system::one_topic(), bench.folder())?;
    let mut runner = peer.start(field, records)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let warm_ups = if bench.is_quick { 1 } else { peer.warm_ups() };
    for number in 0..warm_ups + bench.rounds() {
        let our = publish(&served, field, records)?;
        let their = runner.publish(field, records)?;
        let round = (number + 1)
            .checked_sub(warm_ups)
            .filter(|&round| round > 0);
        let step = round.map_or_else(|| "warming up".to_owned(), |round| format!("round {round}"));
        crate::say(&format!("{}, {step}: {their}; aeroduct: {our}", facts.name));
        if round.is_some() {
            ours.push(our);
            theirs.push(their);
        }
    }
    drop(runner);
    served.end()?;
    let ratio = |figure: fn(&Run) -> f64| {
        let pairs = ours.iter().zip(&theirs);
        Spread::of(pairs.map(|(our, their)| figure(our) / figure(their)))
    };
    Ok(Outcome {
        facts,
        records,
        cost_ratio: ratio(|run| run.cpu_ns),
        rate_ratio: ratio(|run| run.rate),
        ours: Side::of(&ours),
        theirs: Side::of(&theirs),
    })
}

/// One run of the connector: until every record is acknowledged and in the topic.
fn publish(served: &Served, field: &Field, records: u64) -> anyhow::Result<Run> {
    let before = field.ends.sum()?;
    let measured = system::drive(served, &sample::plan(served, records))?;
    field.ends.expect(before + records)?;
    Ok(Run {
        rate: measured.report.rate(),
        cpu_ns: measured.cpu_ns,
        memory_mib: served.memory()?.1,
    })
}

impl Outcome {
    /// The number of the figure, what its ratio is of, the ratio, and its bounds if it is judged.
    pub(super) const fn verdict(&self) -> (&'static str, &'static str, Spread, Option<Bounds>) {
        match self.facts.goal {
            Goal::Cost(bounds) => (
                "P16",
                "processor time per record",
                self.cost_ratio,
                Some(bounds),
            ),
            Goal::Rate(bounds) => ("P21", "records per second", self.rate_ratio, bounds),
        }
    }

    /// For the list of figures.
    pub(super) fn figure(&self) -> Figure {
        let (id, what, ratio, bounds) = self.verdict();
        let figure = Figure::of(
            id,
            &format!("{what}, times {}", self.facts.name),
            format!("{:.2} x", ratio.middle),
            ratio.middle,
        )
        .spread((ratio.lowest, ratio.highest));
        match bounds {
            Some(bounds) => figure.judged(bounds),
            None => figure,
        }
    }
}

impl Side {
    fn of(runs: &[Run]) -> Self {
        Self {
            rate: Spread::of(runs.iter().map(|run| run.rate)),
            cpu_ns: Spread::of(runs.iter().map(|run| run.cpu_ns)),
            memory_mib: runs.iter().map(|run| run.memory_mib).fold(0.0, f64::max),
        }
    }
}

impl Spread {
    fn of(runs: impl Iterator<Item = f64>) -> Self {
        let (middle, (lowest, highest)) = median(runs.collect());
        Self {
            middle,
            lowest,
            highest,
        }
    }
}
