//! The whole way at saturation, in turn with its baselines: rates, processor time, latency.

use crate::Bench;
use crate::process::Served;
use crate::report::{Bounds, Figure, median};
use crate::system::{self, Measured, System};
use aeroduct_kafka::consume::Consumer;
use aeroduct_simulator::load::{End, LoadPlan};
use anyhow::ensure;
use std::time::Duration;

/// The systems of the saturated figures, in the order of their runs.
const SATURATED: [System; 3] = [System::CeilingC, System::Aeroduct, System::BaselineA];

/// Runs the saturated figures: P1 to P4.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let broker = crate::mock(1)?;
    let served: Vec<Served> = SATURATED
        .iter()
        .map(|system| system.start(&broker.address, &system::one_topic(), bench.folder()))
        .collect::<anyhow::Result<_>>()?;
    let mut runs: [Vec<Measured>; 3] = Default::default();
    for round in 1..=bench.rounds() {
        for ((system, served), runs) in SATURATED.iter().zip(&served).zip(&mut runs) {
            crate::say(&format!("pipe, round {round}: {}", system.name()));
            system::drive(served, &system::plan(served, Duration::from_secs(1)))?;
            runs.push(system::drive(
                served,
                &system::plan(served, bench.duration()),
            )?);
        }
    }
    prove_published(&broker, &runs)?;
    report_ratios(bench, &runs);
    report_best(bench, &runs);
    Ok(())
}

/// A run with loss has no result.
fn prove_published(broker: &Served, runs: &[Vec<Measured>; 3]) -> anyhow::Result<()> {
    let acknowledged: u64 = runs
        .iter()
        .flatten()
        .map(|run| run.report.tally.success)
        .sum();
    let bootstrap = ("bootstrap.servers".to_owned(), broker.address.clone());
    let limit = Duration::from_secs(10);
    let published = Consumer::open(&[bootstrap], system::TOPIC, limit)?.count_ever(limit)?;
    ensure!(
        published >= acknowledged,
        "{acknowledged} acknowledged, {published} published"
    );
    Ok(())
}

fn report_ratios(bench: &mut Bench, [c, ours, a]: &[Vec<Measured>; 3]) {
    let against = |peer: &[Measured]| {
        let pairs = ours.iter().zip(peer);
        median(
            pairs
                .map(|(ours, peer)| ours.report.rate() / peer.report.rate())
                .collect(),
        )
    };
    let (ratio, spread) = against(c);
    let what = "acknowledged records/s, share of ceiling C";
    bench.report.add(
        Figure::of("P1", what, format!("{ratio:.2}"), ratio)
            .spread(spread)
            .judged(Bounds::at_least(0.45, 0.60)),
    );
    let (ratio, spread) = against(a);
    let what = "acknowledged records/s, times baseline A";
    bench.report.add(
        Figure::of("P2", what, format!("{ratio:.2} x"), ratio)
            .spread(spread)
            .judged(Bounds::at_least(3.0, 4.0)),
    );
}

fn report_best(bench: &mut Bench, runs: &[Vec<Measured>; 3]) {
    for (system, runs) in SATURATED.iter().zip(runs) {
        let name = system.name();
        let rates = runs.iter().map(|run| run.report.rate());
        let rate = rates.fold(0.0, f64::max);
        let what = format!("acknowledged records/s, best run: {name}");
        let measured = format!("{:.0} k/s", rate / 1e3);
        bench.report.add(Figure::of("P3", &what, measured, rate));
        let costs = runs.iter().map(|run| run.cpu_ns);
        let cost = costs.fold(f64::INFINITY, f64::min);
        let what = format!("processor time per record, best run: {name}");
        let measured = format!("{cost:.0} ns");
        bench.report.add(Figure::of("P4", &what, measured, cost));
    }
}

/// Open loop: P7, P8, and the cost of a thin stream, P9.
pub(crate) fn latency(bench: &mut Bench) -> anyhow::Result<()> {
    let broker = crate::mock(1)?;
    let served = System::Aeroduct.start(&broker.address, &system::one_topic(), bench.folder())?;
    system::drive(&served, &system::plan(&served, Duration::from_secs(1)))?;
    for (id, rate) in [("P7", 100_000.0), ("P8", 400_000.0), ("P9", 1_000.0)] {
        crate::say(&format!("open loop at {rate} records/s"));
        let mut plan = system::plan(&served, bench.duration());
        plan.rate = Some(rate);
        let run = system::drive(&served, &plan)?;
        let ms = |quantile| run.report.latency.at(quantile).as_secs_f64() * 1e3;
        bench.report.add(Figure::of(
            id,
            &format!("reply latency at {rate} records/s: p50 / p99 / p99.9"),
            format!("{:.2} / {:.2} / {:.2} ms", ms(0.5), ms(0.99), ms(0.999)),
            ms(0.99),
        ));
        bench.report.add(Figure::of(
            id,
            &format!("processor time at {rate} records/s"),
            format!("{:.1} % of a core", run.cores * 100.0),
            run.cores * 100.0,
        ));
    }
    Ok(())
}

/// A thousand topics, in turn with baseline B: P10.
pub(crate) fn topics(bench: &mut Bench) -> anyhow::Result<()> {
    let broker = crate::mock(1000)?;
    let systems = [System::Aeroduct, System::BaselineB];
    let routing = "{ mode: set }";
    let served: Vec<Served> = systems
        .iter()
        .map(|system| system.start(&broker.address, routing, bench.folder()))
        .collect::<anyhow::Result<_>>()?;
    let plan = |served: &Served| {
        let mut plan = system::plan(served, bench.duration());
        plan.sets = (0..1000)
            .map(|number| format!("topic-{number:04}"))
            .collect();
        plan
    };
    if let Some(ours) = served.first().filter(|_| !bench.is_quick) {
        let retry = true;
        fill(
            &broker,
            &LoadPlan {
                retry,
                ..plan(ours)
            },
        )?;
    }
    let mut runs: [Vec<f64>; 2] = Default::default();
    for round in 1..=bench.rounds() {
        for ((system, served), runs) in systems.iter().zip(&served).zip(&mut runs) {
            crate::say(&format!("1000 topics, round {round}: {}", system.name()));
            let mut plan = plan(served);
            plan.end = End::after(Duration::from_secs(1));
            plan.retry = true;
            system::load(&plan)?;
            plan.retry = false;
            plan.end = End::after(bench.duration());
            runs.push(system::drive(served, &plan)?.report.rate());
        }
    }
    let [ours, theirs] = runs;
    let ratios = ours
        .iter()
        .zip(&theirs)
        .map(|(ours, theirs)| ours / theirs)
        .collect();
    let (ratio, spread) = median(ratios);
    bench.report.add(
        Figure::of(
            "P10",
            "1000 topics, records/s, times baseline B",
            format!("{ratio:.1} x ({:.0} k/s)", median(ours).0 / 1e3),
            ratio,
        )
        .spread(spread)
        .judged(Bounds::at_least(4.0, 8.0)),
    );
    Ok(())
}

/// Loads the mock cluster until it takes no more memory. It keeps 5 MiB of each partition, and until it
/// has them the system gives it fresh memory for each message, which is half of what it costs.
fn fill(broker: &Served, plan: &LoadPlan) -> anyhow::Result<()> {
    let mut before = 0.0;
    for round in 1..=12 {
        let mib = broker.memory()?.0;
        if mib < before * 1.02 {
            break;
        }
        before = mib;
        crate::say(&format!(
            "1000 topics, filling, round {round}: {mib:.0} MiB"
        ));
        system::load(plan)?;
    }
    Ok(())
}
