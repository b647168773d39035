//! A real Kafka with its log in memory, beside librdkafka's own benchmark program: P21.

use crate::Bench;
use crate::in_memory::InMemory;
use crate::performance::{self, Performance};
use crate::report::{Bounds, Figure, median};
use crate::sample::Sample;
use crate::system::{self, System};
use anyhow::ensure;
use std::time::Duration;

/// Records of one run of the peer: about as long as one of ours.
const PEER_RECORDS: u64 = 2_000_000;

/// Runs P21.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let peer = Performance::get()?;
    let kafka = InMemory::start()?;
    let sample = Sample::take(&kafka, bench.folder())?;
    let theirs = || rate(&peer, &kafka, &sample);
    let served =
        System::Aeroduct.start(&kafka.bootstrap(), &system::one_topic(), bench.folder())?;

    crate::say("a real Kafka: until its compiler has seen the load");
    system::drive(&served, &system::plan(&served, bench.duration() * 4))?;
    theirs()?;
    let (mut ratios, mut rates, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=bench.rounds() {
        crate::say(&format!("a real Kafka, round {round}: aeroduct"));
        system::drive(&served, &system::plan(&served, Duration::from_secs(1)))?;
        let ours = system::drive(&served, &system::plan(&served, bench.duration()))?;
        crate::say(&format!("a real Kafka, round {round}: rdkafka_performance"));
        ratios.push(ours.report.rate() / theirs()?);
        rates.push(ours.report.rate());
        costs.push(ours.cpu_ns);
    }
    let (ratio, spread) = median(ratios);
    let (rate, cost) = (median(rates).0, median(costs).0);
    let what = "processor time per record, a real Kafka";
    let measured = format!("{cost:.0} ns");
    bench.report.add(Figure::of("P16", what, measured, cost));
    bench.report.add(
        Figure::of(
            "P21",
            "a real Kafka, records/s, times rdkafka_performance",
            format!("{ratio:.2} x ({:.0} k/s)", rate / 1e3),
            ratio,
        )
        .spread(spread)
        .judged(Bounds::at_least(0.9, 1.2)),
    );
    Ok(())
}

/// One run of the peer, in records per second.
fn rate(peer: &Performance, kafka: &InMemory, sample: &Sample) -> anyhow::Result<f64> {
    let mut command = peer.command(&kafka.bootstrap(), sample, PEER_RECORDS);
    performance::with_keys(&mut command, sample);
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "rdkafka_performance: {}\n{text}",
        output.status
    );
    Performance::rate(&text)
}
