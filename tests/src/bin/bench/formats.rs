//! The writers of the formats alone, from wire bytes to value and key, in turn with serde: P11, P13.

use crate::Bench;
use crate::reference::{self, Reference, packed};
use crate::report::{Bounds, Figure, median};
use aeroduct_config::Format;
use aeroduct_outbound::{Change, Lane, Prepared, Scratch, UnixSeconds};
use aeroduct_record::Record;
use anyhow::{Context, ensure};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Records of one round.
const RECORDS: u32 = 300_000;

/// A format of ours and the way of those who have a serialiser and no writer of their own.
struct Contest {
    id: &'static str,
    name: &'static str,
    format: Format,
    /// Appends value and key; `None` when it cannot.
    theirs: fn(&Record<'_>, &mut Vec<u8>, &mut Vec<u8>) -> Option<()>,
    bounds: Bounds,
}

/// Runs P11 and P13.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let contests = [
        Contest {
            id: "P11",
            name: "JSON",
            format: Format::FlatJson {
                metadata_key: "metadata".to_owned(),
                stringify_map_keys: true,
            },
            theirs: |record, value, key| {
                let reference = Reference::of(record);
                serde_json::to_writer(value, &reference).ok()?;
                serde_json::to_writer(key, &reference.identity()).ok()
            },
            bounds: Bounds::at_least(1.7, 2.0),
        },
        Contest {
            id: "P13",
            name: "MessagePack",
            format: Format::MessagePack,
            theirs: packed::write,
            bounds: Bounds::at_least(1.8, 2.2),
        },
    ];
    for contest in contests {
        contest.hold(bench)?;
    }
    Ok(())
}

impl Contest {
    fn hold(self, bench: &mut Bench) -> anyhow::Result<()> {
        let frame = reference::frame()?;
        let whole = aeroduct_wire::next_frame(&frame, 16 << 20)?.context("no frame")?;
        let record = aeroduct_wire::parse_message(whole.body())?;
        let lane = self.lane(&record)?;
        let mut scratch = Scratch::default();
        let mut out = Vec::with_capacity(4096);
        let mut ours = |out: &mut Vec<u8>| {
            let record = aeroduct_wire::parse_message(black_box(whole.body())).ok()?;
            out.clear();
            let change = Change {
                record: &record,
                frame: whole.bytes(),
                arrived: UnixSeconds(reference::ARRIVED),
                path: None,
            };
            match lane.prepare(&change, out, &mut scratch) {
                Ok(Prepared::Outbound(outbound)) => Some(outbound),
                Ok(Prepared::Skipped(_)) | Err(_) => None,
            }
        };
        let (mut value, mut key) = (Vec::with_capacity(4096), Vec::with_capacity(4096));
        let theirs = |value: &mut Vec<u8>, key: &mut Vec<u8>| {
            let record = aeroduct_wire::parse_message(black_box(whole.body())).ok()?;
            value.clear();
            key.clear();
            (self.theirs)(&record, value, key)
        };
        let outbound = ours(&mut out).context("the reference record is not written")?;
        theirs(&mut value, &mut key).context("serde cannot write the reference record")?;
        let is_same =
            out[outbound.value] == value && outbound.key.is_some_and(|written| out[written] == key);
        ensure!(is_same, "{}: both must write the same bytes", self.name);

        let mut runs = Vec::new();
        let mut best = (Duration::MAX, Duration::MAX);
        for round in 1..=bench.rounds() * 3 {
            crate::say(&format!("{}, round {round}", self.name));
            let (mine, other) = (
                time(|| black_box(ours(&mut out)).is_some()),
                time(|| black_box(theirs(&mut value, &mut key)).is_some()),
            );
            best = (best.0.min(mine), best.1.min(other));
            runs.push(other.as_secs_f64() / mine.as_secs_f64());
        }
        self.report(bench, runs, best);
        Ok(())
    }

    fn lane(&self, record: &Record<'_>) -> anyhow::Result<Lane> {
        let mut plan = aeroduct_config::parse(
            &crate::system::configuration("127.0.0.1:1", &crate::system::one_topic(), ""),
            "bench",
        )
        .map_err(|errors| anyhow::anyhow!("{errors}"))?;
        plan.outbound.general.items.format = Some(self.format.clone());
        let metadata = &record.metadata;
        Ok(Lane::resolve(
            &plan.outbound,
            0,
            metadata.namespace,
            metadata.set,
        ))
    }

    fn report(&self, bench: &mut Bench, runs: Vec<f64>, best: (Duration, Duration)) {
        let (ratio, spread) = median(runs);
        let (mine, other) = (best.0.as_nanos(), best.1.as_nanos());
        bench.report.add(
            Figure::of(
                self.id,
                &format!("{} from wire bytes, times as fast as serde", self.name),
                format!("{ratio:.2} x ({mine} ns against {other} ns)"),
                ratio,
            )
            .spread(spread)
            .judged(self.bounds),
        );
    }
}

fn time(mut work: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    for _ in 0..RECORDS {
        black_box(work());
    }
    start.elapsed() / RECORDS
}
