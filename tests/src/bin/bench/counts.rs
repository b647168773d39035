//! Instructions and allocations per record, counted by valgrind as the difference between two
//! run lengths: P5, P6, P22, record ordering. The same on every machine and at every load.

use crate::Bench;
use crate::http;
use crate::process::{Served, sibling};
use crate::report::{Bounds, Figure};
use crate::system::{self, System};
use aeroduct_simulator::load::End;
use anyhow::{Context, ensure};
use std::path::Path;
use std::process::Command;

/// Records of the short and of the long run.
const SHORT: u32 = 20_000;
const LONG: u32 = 120_000;

/// So many records for each time that the metrics are asked for: what comes in a sixth of a
/// second at the rate that must hold, so each second has fewer scrapes than this has.
const RECORDS_PER_SCRAPE: u32 = 100_000;

/// What valgrind counts, and how it says so.
#[derive(Clone, Copy, Debug)]
struct Tool {
    name: &'static str,
    /// The words before the number in its log.
    words: &'static str,
    options: &'static [&'static str],
}

const INSTRUCTIONS: Tool = Tool {
    name: "callgrind",
    words: "Collected :",
    options: &["--callgrind-out-file=/dev/null"],
};

const ALLOCATIONS: Tool = Tool {
    name: "memcheck",
    words: "total heap usage:",
    options: &[],
};

/// A connector to count in.
#[derive(Debug)]
struct Subject<'a> {
    configuration: String,
    /// Where its metrics are asked for.
    scraped: Option<u16>,
    folder: &'a Path,
}

/// Runs P5 and P6.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    if is_missing(bench, "P5 and P6") {
        return Ok(());
    }
    let broker = crate::mock(1)?;
    let subject = Subject {
        configuration: system::configuration(&broker.address, &system::one_topic(), ""),
        scraped: None,
        folder: bench.folder(),
    };
    let instructions = subject.per_record(INSTRUCTIONS)?;
    let allocations = subject.per_record(ALLOCATIONS)?;
    bench.report.add(
        Figure::of(
            "P5",
            "instructions per record, the whole connector",
            format!("{instructions:.0}"),
            instructions,
        )
        .judged(Bounds::at_most(14_000.0, 9_500.0)),
    );
    bench.report.add(
        Figure::of(
            "P6",
            "allocations per record, librdkafka's own included",
            format!("{allocations:.3}"),
            allocations,
        )
        .judged(Bounds::at_most(1.20, 1.05)),
    );
    Ok(())
}

/// Metrics that are asked for and a line in the log each second, against neither: P22.
pub(crate) fn watching(bench: &mut Bench) -> anyhow::Result<()> {
    if is_missing(bench, "P22") {
        return Ok(());
    }
    let broker = crate::mock(1)?;
    let routing = system::one_topic();
    let port = system::free_port();
    let manage = format!("  manage: {{ port: {port}, address: 127.0.0.1 }}\n");
    let subject = |more: &str, ticker: &str, scraped| Subject {
        configuration: system::configuration(&broker.address, &routing, more)
            .replace("true }", &format!("true, ticker-interval: {ticker} }}")),
        scraped,
        folder: bench.folder(),
    };
    let without = subject("", "0", None).per_record(INSTRUCTIONS)?;
    let with = subject(&manage, "1", Some(port)).per_record(INSTRUCTIONS)?;
    let tax = (with / without - 1.0) * 100.0;
    bench.report.add(
        Figure::of(
            "P22",
            "instructions per record that metrics and logs cost",
            format!("{tax:+.2} % ({without:.0} to {with:.0})"),
            tax,
        )
        .judged(Bounds::at_most(4.0, 2.0)),
    );
    Ok(())
}

/// What keeping the order of versions costs the whole connector.
pub(crate) fn ordering(bench: &mut Bench) -> anyhow::Result<()> {
    if is_missing(bench, "instructions of record ordering") {
        return Ok(());
    }
    let broker = crate::mock(1)?;
    let plain = system::configuration(&broker.address, &system::one_topic(), "");
    let ordered = format!("{plain}record-ordering: {{ enable: true }}\n");
    let [without, with] = [plain, ordered].map(|configuration| {
        let subject = Subject {
            configuration,
            scraped: None,
            folder: bench.folder(),
        };
        subject.per_record(INSTRUCTIONS)
    });
    let (without, with) = (without?, with?);
    bench.report.add(Figure::of(
        "order",
        "instructions per record that record ordering costs",
        format!("{:.0} ({without:.0} to {with:.0})", with - without),
        with - without,
    ));
    Ok(())
}

fn is_missing(bench: &mut Bench, figures: &str) -> bool {
    let is_missing = Command::new("valgrind").arg("--version").output().is_err();
    if is_missing {
        bench
            .report
            .note(format!("{figures}: missing, valgrind is not installed."));
    }
    is_missing
}

impl Subject<'_> {
    fn per_record(&self, tool: Tool) -> anyhow::Result<f64> {
        let mut counted = Vec::new();
        for records in [SHORT, LONG] {
            crate::say(&format!("{}, {records} records", tool.name));
            counted.push(self.count(tool, records)?);
        }
        Ok((counted[1] - counted[0]) / f64::from(LONG - SHORT))
    }

    fn count(&self, tool: Tool, records: u32) -> anyhow::Result<f64> {
        let log = self.folder.join(format!("{}.{records}.log", tool.name));
        let file = self.folder.join("counted.yml");
        // Valgrind slows everything some fifty times: the deadline must not strike for that.
        std::fs::write(
            &file,
            format!("{}aeroduct: {{ reply-deadline: 9s }}\n", self.configuration),
        )?;
        let mut command = Command::new("valgrind");
        command
            .arg(format!("--tool={}", tool.name))
            .arg(format!("--log-file={}", log.display()))
            .arg("--fair-sched=yes")
            .args(tool.options)
            .arg(sibling("aeroduct-connector")?)
            .args(["run", "--config"])
            .arg(&file);
        let served = Served::connector(command).context(System::Aeroduct.name())?;
        let mut plan = system::plan(&served, std::time::Duration::ZERO);
        plan.end = End::count(records.into());
        plan.window = 2048;
        let report = system::load(&plan)?;
        ensure!(
            report.tally.success == u64::from(records),
            "not every record was acknowledged: {:?}",
            report.tally
        );
        if let Some(port) = self.scraped {
            // Once more than is counted: the first one in each run also prepares what stays.
            for _ in 0..=records / RECORDS_PER_SCRAPE {
                http::request(port, "GET", "/manage/rest/v1/prometheus", "")?;
            }
        }
        served.end()?;
        number_after(&std::fs::read_to_string(&log)?, tool.words)
    }
}

fn number_after(log: &str, words: &str) -> anyhow::Result<f64> {
    let rest = log
        .split_once(words)
        .with_context(|| format!("valgrind did not say {words:?}"))?
        .1;
    let number = rest.split_whitespace().next().context("no number")?;
    Ok(number.replace(',', "").parse()?)
}
