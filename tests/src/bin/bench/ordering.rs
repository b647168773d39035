//! What it costs to keep the order of versions: time for each record, memory for each that is
//! remembered.

use crate::Bench;
use crate::report::{Bounds, Figure, median};
use aeroduct_connector::pipeline::ordering::{
    Claim, RecordId, RecordOrder, Round, Ticket, Turn, Version,
};
use std::collections::VecDeque;
use std::time::Instant;

/// Records that are remembered.
const RECORDS: u64 = 1_000_000;

/// Records of a read: half of what the connector reads at a time under load.
const READ: usize = 200;

/// Reads on their way at a time.
const ON_THEIR_WAY: usize = 20;

/// Runs the figures.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let start = Instant::now();
    let order = RecordOrder::new(start, &[]);
    let stream = order.stream(b"production", "changes");
    let records: Vec<_> = (0..RECORDS)
        .map(|number| RecordId::new(stream, &digest(number)))
        .collect();
    let before = resident()?;
    let mut times = Vec::new();
    for round in 0..=bench.rounds() {
        crate::say(&format!("record ordering, round {round}"));
        let begun = Instant::now();
        pass(&order, &records, u64::from(round) + 1, start);
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
    crate::counts::ordering(bench)
}

/// A version of each record begins and ends, a read at a time.
fn pass(order: &RecordOrder, records: &[RecordId], update_ms: u64, now: Instant) {
    let mut round = Round::default();
    let mut claims: Vec<Claim> = Vec::with_capacity(READ);
    let mut on_their_way: VecDeque<Vec<Ticket>> = VecDeque::new();
    let end = |tickets: Vec<Ticket>| {
        for ticket in tickets {
            order.end(ticket, true);
        }
    };
    for read in records.chunks(READ) {
        claims.clear();
        claims.extend(read.iter().map(|record| Claim {
            version: Version {
                record: *record,
                update_ms,
            },
            remembered_s: 3_600,
        }));
        let turns = order.begin_all(&claims, now, 0, &mut round);
        on_their_way.push_back(turns.iter().filter_map(ticket).collect());
        if on_their_way.len() > ON_THEIR_WAY {
            on_their_way.pop_front().map(end);
        }
    }
    on_their_way.into_iter().for_each(end);
}

fn ticket(turn: &Turn) -> Option<Ticket> {
    match turn {
        Turn::Go(ticket) => Some(*ticket),
        Turn::Stale | Turn::Wait => None,
    }
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
