//! What it costs to keep the order of versions: time for each record, memory for each that is
//! remembered.

use crate::Bench;
use crate::report::{Bounds, Figure, median};
use aeroduct_connector::pipeline::ordering::{RecordId, RecordOrder, Version};
use std::time::{Duration, Instant};

/// Records that are remembered.
const RECORDS: u64 = 1_000_000;

/// Records on their way at a time.
const ON_THEIR_WAY: u64 = 4_096;

/// Runs the two figures.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let start = Instant::now();
    let order = RecordOrder::new(start, &[]);
    let stream = order.stream(b"production", "changes");
    let before = resident()?;
    let mut times = Vec::new();
    for round in 0..=bench.rounds() {
        crate::say(&format!("record ordering, round {round}"));
        let version = |number| Version {
            record: RecordId::new(stream, &digest(number)),
            update_ms: u64::from(round) + 1,
        };
        let begun = Instant::now();
        for number in 0..RECORDS + ON_THEIR_WAY {
            if number < RECORDS {
                order.begin(&version(number), Duration::from_hours(1), start, 0);
            }
            if let Some(number) = number.checked_sub(ON_THEIR_WAY) {
                order.end(&version(number), true);
            }
        }
        // In the first round they are new, and the table grows.
        if round > 0 {
            times.push(begun.elapsed().as_secs_f64() * 1e9 / RECORDS as f64);
        }
    }
    let bytes = (resident()? - before) / RECORDS as f64;
    let (time, spread) = median(times);
    bench.report.add(
        Figure::of(
            "order",
            "record ordering, time for each record",
            format!("{time:.0} ns"),
            time,
        )
        .spread(spread)
        .judged(Bounds::at_most(150.0, 150.0)),
    );
    bench.report.add(
        Figure::of(
            "order",
            "record ordering, memory for each of a million records",
            format!("{bytes:.0} bytes"),
            bytes,
        )
        .judged(Bounds::at_most(100.0, 100.0)),
    );
    Ok(())
}

/// A digest that looks like one: its bytes are spread as those of a hash.
fn digest(number: u64) -> [u8; 20] {
    let mut digest = [0; 20];
    let mut word = number;
    for part in digest.chunks_mut(8) {
        word = (word ^ (word >> 30)).wrapping_add(0x9E37_79B9_7F4A_7C15);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        part.copy_from_slice(&word.to_le_bytes()[..part.len()]);
    }
    digest
}

/// Resident memory of this process, in bytes.
fn resident() -> anyhow::Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kib.unwrap_or_default() * 1024.0)
}
