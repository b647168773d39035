//! Instructions and allocations per record, counted by valgrind as the difference between two
//! run lengths: P5, P6. The same on every machine and at every load.

use crate::Bench;
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

/// Runs P5 and P6.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    if Command::new("valgrind").arg("--version").output().is_err() {
        bench
            .report
            .note("P5 and P6 are missing: valgrind is not installed.".to_owned());
        return Ok(());
    }
    let broker = crate::mock(1)?;
    let per_record = |tool: &str, read: fn(&str) -> anyhow::Result<f64>| -> anyhow::Result<f64> {
        let mut counted = Vec::new();
        for records in [SHORT, LONG] {
            crate::say(&format!("{tool}, {records} records"));
            let log = bench.folder().join(format!("{tool}.{records}.log"));
            count(tool, &broker, bench.folder(), &log, records)?;
            counted.push(read(&std::fs::read_to_string(&log)?)?);
        }
        Ok((counted[1] - counted[0]) / f64::from(LONG - SHORT))
    };
    let instructions = per_record("callgrind", instructions)?;
    let allocations = per_record("memcheck", allocations)?;
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

fn count(
    tool: &str,
    broker: &Served,
    folder: &Path,
    log: &Path,
    records: u32,
) -> anyhow::Result<()> {
    let file = folder.join("counted.yml");
    let configuration = system::configuration(&broker.address, &system::one_topic(), "");
    // Valgrind slows everything some fifty times: the deadline must not strike for that.
    std::fs::write(
        &file,
        format!("{configuration}aeroduct: {{ reply-deadline: 9s }}\n"),
    )?;
    let mut command = Command::new("valgrind");
    command
        .arg(format!("--tool={tool}"))
        .arg(format!("--log-file={}", log.display()))
        .arg("--fair-sched=yes")
        .args((tool == "callgrind").then_some("--callgrind-out-file=/dev/null"))
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
    served.end()
}

/// `Collected : 123` of callgrind.
fn instructions(log: &str) -> anyhow::Result<f64> {
    number_after(log, "Collected :")
}

/// `total heap usage: 123 allocs` of memcheck.
fn allocations(log: &str) -> anyhow::Result<f64> {
    number_after(log, "total heap usage:")
}

fn number_after(log: &str, words: &str) -> anyhow::Result<f64> {
    let rest = log
        .split_once(words)
        .with_context(|| format!("valgrind did not say {words:?}"))?
        .1;
    let number = rest.split_whitespace().next().context("no number")?;
    Ok(number.replace(',', "").parse()?)
}
