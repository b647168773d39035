//! The JSON writer alone, from wire bytes to text, in turn with serde: P11.

use crate::Bench;
use crate::reference::{self, Reference};
use crate::report::{Bounds, Figure, median};
use aeroduct_outbound::{Lane, Scratch, UnixSeconds};
use anyhow::{Context, ensure};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Records of one round.
const RECORDS: u32 = 300_000;

/// Runs P11.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let frame = reference::frame()?;
    let plan = aeroduct_config::parse(
        &crate::system::configuration("127.0.0.1:1", &crate::system::one_topic(), ""),
        "bench",
    )
    .map_err(|errors| anyhow::anyhow!("{errors}"))?;
    let whole = aeroduct_wire::next_frame(&frame, 16 << 20)?.context("no frame")?;
    let record = aeroduct_wire::parse_message(whole.body())?;
    let lane = Lane::resolve(&plan, record.metadata.namespace, record.metadata.set);
    let (mut out, mut scratch) = (Vec::with_capacity(4096), Scratch::default());

    let mut ours = || {
        let record = aeroduct_wire::parse_message(black_box(whole.body()));
        out.clear();
        record.is_ok_and(|record| {
            lane.prepare(&record, UnixSeconds(0), &mut out, &mut scratch)
                .is_ok()
        })
    };
    let mut buffer = Vec::with_capacity(4096);
    let mut theirs = || {
        let record = aeroduct_wire::parse_message(black_box(whole.body()));
        buffer.clear();
        record
            .is_ok_and(|record| serde_json::to_writer(&mut buffer, &Reference::of(&record)).is_ok())
    };
    ensure!(ours() && theirs(), "the reference record cannot be written");

    let mut runs = Vec::new();
    let mut best = (Duration::MAX, Duration::MAX);
    for round in 1..=bench.rounds() * 3 {
        crate::say(&format!("JSON, round {round}"));
        let (mine, other) = (time(&mut ours), time(&mut theirs));
        best = (best.0.min(mine), best.1.min(other));
        runs.push(other.as_secs_f64() / mine.as_secs_f64());
    }
    let (ratio, spread) = median(runs);
    bench.report.add(
        Figure::of(
            "P11",
            "JSON value and key from wire bytes, times as fast as serde's value",
            format!(
                "{ratio:.2} x ({} ns against {} ns)",
                best.0.as_nanos(),
                best.1.as_nanos()
            ),
            ratio,
        )
        .spread(spread)
        .judged(Bounds::at_least(1.7, 2.0)),
    );
    bench.report.note(format!(
        "The reference record has {} bytes on the wire.",
        frame.len()
    ));
    Ok(())
}

fn time(work: &mut impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    for _ in 0..RECORDS {
        black_box(work());
    }
    start.elapsed() / RECORDS
}
