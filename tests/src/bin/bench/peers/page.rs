//! The page about the peers, as Markdown with a picture.

use super::connect::WARM_UPS;
use super::contest::{Outcome, Side, Spread};
use super::{Missing, plot};
use crate::report::{Bounds, Machine};
use crate::sample::Sample;
use crate::system::{CONNECTIONS, PARTITIONS, WINDOW};
use aeroduct_tests::{java, kafka};
use anyhow::Context;
use std::fmt::{self, Write as _};
use std::path::Path;

const PAGE: &str = "peers.md";
const PICTURE: &str = "peers.svg";

/// Everything that the page tells.
#[derive(Debug)]
pub(super) struct Page<'a> {
    pub(super) machine: &'a Machine,
    pub(super) sample: &'a Sample,
    pub(super) outcomes: &'a [Outcome],
    pub(super) missing: &'a [Missing],
    pub(super) rounds: u32,
}

impl Page<'_> {
    /// Writes the page and its picture into `folder`.
    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        for (name, text) in [
            (PAGE, self.to_string()),
            (PICTURE, plot::draw(self.outcomes)?),
        ] {
            let file = folder.join(name);
            std::fs::write(&file, text).with_context(|| format!("write {}", file.display()))?;
        }
        Ok(())
    }

    fn machine(&self, page: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine {
            processor,
            cores,
            memory,
            kernel,
            load,
        } = self.machine;
        let java = java::version().unwrap_or_default();
        let java = java.split('"').nth(1).unwrap_or("unknown");
        let date = jiff::Zoned::now().date();
        writeln!(
            page,
            "| | |\n|---|---|\n\
             | Date | {date} |\n\
             | Machine | {processor}, {cores} cores, {memory:.0} GiB of memory, {kernel}; load before the first run {load} |\n\
             | Aeroduct | {version}, librdkafka {librdkafka} |\n\
             | Kafka | {kafka}, one broker on Java {java}, {PARTITIONS} partitions, its log in memory |\n\
             | Records | value {value} bytes, key {key} bytes, not compressed |\n\
             | Command | `make bench-peers` |\n",
            version = env!("CARGO_PKG_VERSION"),
            librdkafka = rdkafka::util::get_rdkafka_version().1,
            kafka = kafka::version(),
            value = self.sample.value_len,
            key = self.sample.key_len,
        )
    }

    fn ratios(&self, page: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            page,
            "| | | Aeroduct / peer | min .. max | must | goal | |\n|---|---|--:|--:|--:|--:|---|"
        )?;
        for outcome in self.outcomes {
            let (id, what, ratio, bounds) = outcome.verdict();
            writeln!(
                page,
                "| {id} | {what}, beside {} | **{:.2}** | {:.2} .. {:.2} | {} |",
                outcome.facts.name,
                ratio.middle,
                ratio.lowest,
                ratio.highest,
                bounds.map_or_else(|| " | | ".to_owned(), |it| judgement(it, ratio.middle)),
            )?;
        }
        writeln!(page)
    }

    fn runs(&self, page: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            page,
            "| | processor time per record, µs | min .. max | records/s, thousands | min .. max | memory, MiB |\n\
             |---|--:|--:|--:|--:|--:|"
        )?;
        for outcome in self.outcomes {
            let name = outcome.facts.name;
            row(page, &format!("**{name}**"), &outcome.theirs)?;
            row(page, "Aeroduct in turn with it", &outcome.ours)?;
        }
        writeln!(page)
    }

    fn peers(&self, page: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            page,
            "| | Version | What it was given | What it does not do |\n|---|---|---|---|"
        )?;
        for Outcome { facts, .. } in self.outcomes {
            let (name, version) = (facts.name, &facts.version);
            writeln!(
                page,
                "| {name} | {version} | {} | {} |",
                facts.way, facts.lacks
            )?;
        }
        for Missing { name, reason } in self.missing {
            let reason = reason
                .lines()
                .next()
                .unwrap_or_default()
                .replace('|', "\\|");
            writeln!(page, "| {name} | | left out: {reason} | |")?;
        }
        writeln!(page)
    }
}

impl fmt::Display for Page<'_> {
    fn fmt(&self, page: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            page,
            "# Beside other programs\n\n\
             Written by `make bench-peers`; a new run writes it anew.\n\n\
             Each program brings records of the same size into the same topic of a real Kafka, in \
             turn with Aeroduct. Aeroduct reads them as Aerospike's changes, parses them, writes \
             them as JSON, and answers each change after Kafka has acknowledged it, in order. \
             None of the others does that; what is measured is what moving the bytes costs them, \
             and what all of it costs Aeroduct.\n"
        )?;
        self.machine(page)?;
        writeln!(
            page,
            "![Processor time per record and records per second of Aeroduct and its peers]({PICTURE})\n"
        )?;
        self.ratios(page)?;
        writeln!(page, "## The runs\n")?;
        self.runs(page)?;
        writeln!(page, "## The peers\n")?;
        self.peers(page)?;
        let records = self.outcomes.first().map_or(0, |outcome| outcome.records);
        writeln!(
            page,
            "## How it is measured\n\n\
             - Pairs of runs: {rounds}, Aeroduct and the peer in turn, after one of each that is not \
             counted, {WARM_UPS} beside Kafka Connect where it stays running: it needs them to be \
             compiled. Records in each run: {records}. A ratio is the middle of the ratios of the \
             pairs.\n\
             - A run counts only if the end offsets of the topic show every record once.\n\
             - Records per second: until all are in the topic, for Aeroduct until all are \
             answered. The two benchmark programs say it themselves, from their first record to \
             the last acknowledgement.\n\
             - Processor time: of the program's process, user and system, divided by the records; \
             for the benchmark programs, and for what is started anew for each run, with their start. Memory: resident, the highest of all \
             runs.\n\
             - Sources, broker and program share the {cores} cores. Aeroduct's source is the \
             simulator, with {CONNECTIONS} connections and a window of {WINDOW} records each, which \
             checks each answer; the sources of the gateways only write, over as many connections.\n\
             - With keys, records are spread over the partitions; without, producers fill one \
             partition after the other, which is cheaper. So who can do both is measured both \
             ways; Aeroduct has its keys in all runs. Its rate is judged against the runs with keys, where there are some.\n\
             - All wait for `acks=all`; all but Kafka Connect, whose default it is not, are \
             idempotent producers. Aeroduct has its default configuration, with `flat-json`.",
            rounds = self.rounds,
            cores = self.machine.cores,
        )
    }
}

/// What must hold, what is aimed at, and what came of it: three cells.
fn judgement(bounds: Bounds, ratio: f64) -> String {
    let Bounds { must, goal, .. } = bounds;
    let at = if bounds.upwards { "≥" } else { "≤" };
    let verdict = match bounds.verdict(ratio) {
        "goal" => "goal reached",
        "must" => "holds",
        _ => "**missed**",
    };
    format!("{at} {must:.2} | {at} {goal:.2} | {verdict}")
}

fn row(page: &mut fmt::Formatter<'_>, name: &str, side: &Side) -> fmt::Result {
    let mut cells = String::new();
    for (spread, unit, digits) in [(side.cpu_ns, 1e3, 2), (side.rate, 1e3, 0)] {
        let Spread {
            middle,
            lowest,
            highest,
        } = spread;
        write!(
            cells,
            " {:.digits$} | {:.digits$} .. {:.digits$} |",
            middle / unit,
            lowest / unit,
            highest / unit,
        )?;
    }
    writeln!(page, "| {name} |{cells} {:.0} |", side.memory_mib)
}
