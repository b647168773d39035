//! The JSON writer alone, from wire bytes to text, in turn with serde: P11.

use crate::Bench;
use crate::reference::{self, Reference};
use crate::report::{Bounds, Figure, median};
use aeroduct_outbound::{Change, Lane, Scratch, UnixSeconds};
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
    let lane = Lane::resolve(
        &plan.outbound,
        0,
        record.metadata.namespace,
        record.metadata.set,
    );
    let mut scratch = Scratch::default();
    let mut ours = |out: &mut Vec<u8>| {
        let record = aeroduct_wire::parse_message(black_box(whole.body())).ok()?;
        out.clear();
        let change = Change {
            record: &record,
            frame: whole.bytes(),
            arrived: UnixSeconds(reference::ARRIVED),
        };
        lane.prepare(&change, out, &mut scratch).ok()
    };
    let theirs = |out: &mut Vec<u8>| {
        let record = aeroduct_wire::parse_message(black_box(whole.body())).ok()?;
        out.clear();
        let reference = Reference::of(&record);
        serde_json::to_writer(&mut *out, &reference).ok()?;
        serde_json::to_writer(out, &reference.identity()).ok()
    };
    let (mut out, mut buffer) = (Vec::with_capacity(4096), Vec::with_capacity(4096));
    let are_written = ours(&mut out).is_some() && theirs(&mut buffer).is_some();
    ensure!(
        are_written && out == buffer,
        "both must write the same bytes"
    );

    let mut runs = Vec::new();
    let mut best = (Duration::MAX, Duration::MAX);
    for round in 1..=bench.rounds() * 3 {
        crate::say(&format!("JSON, round {round}"));
        let (mine, other) = (
            time(|| black_box(ours(&mut out)).is_some()),
            time(|| black_box(theirs(&mut buffer)).is_some()),
        );
        best = (best.0.min(mine), best.1.min(other));
        runs.push(other.as_secs_f64() / mine.as_secs_f64());
    }
    let (ratio, spread) = median(runs);
    bench.report.add(
        Figure::of(
            "P11",
            "JSON value and key from wire bytes, times as fast as serde",
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

fn time(mut work: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    for _ in 0..RECORDS {
        black_box(work());
    }
    start.elapsed() / RECORDS
}
