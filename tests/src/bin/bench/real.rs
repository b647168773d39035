//! A real Kafka with its log in memory, beside librdkafka's own benchmark program: P21.

use crate::Bench;
use crate::report::{Bounds, Figure, median};
use crate::system::{self, System};
use aeroduct_tests::cache;
use aeroduct_tests::kafka::{Cluster, Layout, Topic};
use anyhow::{Context, ensure};
use cargo_metadata::MetadataCommand;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Bytes of one value, here and there.
const VALUE_BYTES: &str = "503";

/// Records of one run of the peer: about as long as one of ours.
const PEER_RECORDS: &str = "2000000";

/// Where its table has the rate of acknowledgements.
const RATE_COLUMN: usize = 6;

/// Runs P21.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    crate::say("building rdkafka_performance");
    let peer = performance_program()?;
    let memory = tempfile::tempdir_in("/dev/shm")?;
    // The bench writes more than the machine has memory, so the broker drops what is old.
    let settings = [
        ("log.dirs", memory.path().display().to_string()),
        ("log.retention.bytes", "500000000".to_owned()),
        ("log.retention.check.interval.ms", "2000".to_owned()),
        ("log.segment.delete.delay.ms", "1000".to_owned()),
    ];
    let cluster = Cluster::with_layout(Layout {
        settings: settings
            .map(|(name, value)| (name.to_owned(), value))
            .to_vec(),
        full_speed: true,
        ..Layout::default()
    })?;
    let bootstrap = cluster.bootstrap();
    cluster.create_topic(&Topic::new(system::TOPIC, system::PARTITIONS))?;
    let served = System::Aeroduct.start(&bootstrap, &system::one_topic(), bench.folder())?;

    crate::say("a real Kafka: until its compiler has seen the load");
    system::drive(&served, &system::plan(&served, bench.duration() * 4))?;
    performance(&peer, &bootstrap)?;
    let (mut ratios, mut rates, mut costs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=bench.rounds() {
        crate::say(&format!("a real Kafka, round {round}: aeroduct"));
        system::drive(&served, &system::plan(&served, Duration::from_secs(1)))?;
        let ours = system::drive(&served, &system::plan(&served, bench.duration()))?;
        crate::say(&format!("a real Kafka, round {round}: rdkafka_performance"));
        let theirs = performance(&peer, &bootstrap)?;
        ratios.push(ours.report.rate() / theirs);
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

/// One run of the peer, in messages per second.
fn performance(program: &Path, bootstrap: &str) -> anyhow::Result<f64> {
    let output = Command::new(program)
        .args([
            "-P",
            "-t",
            system::TOPIC,
            "-s",
            VALUE_BYTES,
            "-c",
            PEER_RECORDS,
            "-b",
            bootstrap,
        ])
        .args([
            "-a",
            "-1",
            "-X",
            "enable.idempotence=true",
            "-X",
            "linger.ms=5",
            "-u",
        ])
        .args(["-X", "queue.buffering.max.messages=500000"])
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "rdkafka_performance: {}\n{text}",
        output.status
    );
    // The last row of its table has the rate of acknowledgements since the start.
    let row = text.lines().rfind(|line| line.starts_with("| "));
    let rate = row.and_then(|row| row.split('|').nth(RATE_COLUMN)?.trim().parse().ok());
    rate.with_context(|| format!("rdkafka_performance said no rate:\n{text}"))
}

/// librdkafka's benchmark program, built once from the sources that the crate brings.
fn performance_program() -> anyhow::Result<PathBuf> {
    let workspace = MetadataCommand::new().exec()?;
    let package = workspace
        .packages
        .iter()
        .find(|package| package.name.as_str() == "rdkafka-sys");
    let package = package.context("rdkafka-sys is no dependency any more")?;
    let sources = package.manifest_path.with_file_name("librdkafka");
    let version = package.version.to_string();
    let folder = cache::folder("rdkafka_performance", &version, |draft| {
        let script = "cp -r \"$0\" . && cd librdkafka && chmod -R u+w . && \
                      ./configure --disable-curl --disable-gssapi --disable-zstd && \
                      make -C src librdkafka.a && make -C examples rdkafka_performance";
        let mut build = Command::new("sh");
        let output = build
            .args(["-c", script, sources.as_str()])
            .current_dir(draft)
            .output()?;
        ensure!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    })?;
    Ok(folder.join("librdkafka/examples/rdkafka_performance"))
}
