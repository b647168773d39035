//! `rdkafka_performance`, librdkafka's own benchmark program.

use crate::sample::Sample;
use crate::system;
use aeroduct_tests::{cache, keeper};
use anyhow::{Context, ensure};
use cargo_metadata::MetadataCommand;
use std::path::PathBuf;
use std::process::Command;

/// Where the table that it prints has the rate of acknowledgements.
const RATE_COLUMN: usize = 6;

/// The built program.
#[derive(Clone, Debug)]
pub(crate) struct Performance {
    program: PathBuf,
    /// Of librdkafka.
    pub(crate) version: String,
}

impl Performance {
    /// Builds it, once, from the sources that the crate brings.
    pub(crate) fn get() -> anyhow::Result<Self> {
        let workspace = MetadataCommand::new().exec()?;
        let package = workspace
            .packages
            .iter()
            .find(|package| package.name.as_str() == "rdkafka-sys");
        let package = package.context("rdkafka-sys is no dependency any more")?;
        let sources = package.manifest_path.with_file_name("librdkafka");
        let version = package.version.to_string();
        let folder = cache::folder("rdkafka_performance", &version, |draft| {
            keeper::say("building rdkafka_performance (about 45 s, once)");
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
        Ok(Self {
            program: folder.join("librdkafka/examples/rdkafka_performance"),
            version: package.version.build.to_string(),
        })
    }

    /// A run of so many records with values of the sample's size and without keys.
    pub(crate) fn command(&self, bootstrap: &str, sample: &Sample, records: u64) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["-P", "-t", system::TOPIC, "-b", bootstrap])
            .args(["-s", &sample.value_len.to_string()])
            .args(["-c", &records.to_string()])
            .args(["-a", "-1", "-u"])
            .args(["-X", "enable.idempotence=true"])
            .args(["-X", "linger.ms=5"])
            .args(["-X", "queue.buffering.max.messages=500000"]);
        command
    }

    /// Acknowledged records per second, from what it prints.
    pub(crate) fn rate(text: &str) -> anyhow::Result<f64> {
        // The last row has the rate since the start.
        let row = text.lines().rfind(|line| line.starts_with("| "));
        let rate = row.and_then(|row| row.split('|').nth(RATE_COLUMN)?.trim().parse().ok());
        rate.with_context(|| format!("rdkafka_performance said no rate:\n{text}"))
    }
}

/// With a key of the sample's size. It is always the same, so the partition is drawn by lot.
pub(crate) fn with_keys(command: &mut Command, sample: &Sample) {
    command
        .args(["-k", &sample.one_key()])
        .args(["-X", "partitioner=random"]);
}
