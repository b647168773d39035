//! What is measured: one connector or baseline as a child, and one load against it.

use crate::process::{Served, sibling};
use aeroduct_simulator::load::{self, End, LoadPlan, LoadReport, RecordShape, Stop};
use anyhow::{Context, ensure};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Topic of the figures with one topic.
pub(crate) const TOPIC: &str = "bench";

/// Its partitions.
pub(crate) const PARTITIONS: i32 = 4;

/// Connections of every load, and records in flight on each.
pub(crate) const CONNECTIONS: u32 = 2;
pub(crate) const WINDOW: u32 = 16_384;

/// One thing that takes changes and publishes them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum System {
    /// The connector with its default configuration.
    Aeroduct,
    /// One task and one `FutureProducer` send per record.
    BaselineA,
    /// `ThreadedProducer` by topic name.
    BaselineB,
    /// No parsing, no formatting.
    CeilingC,
    /// The connector, but answering before Kafka has.
    Early,
}

impl System {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Aeroduct => "aeroduct",
            Self::BaselineA => "A: task + FutureProducer",
            Self::BaselineB => "B: ThreadedProducer",
            Self::CeilingC => "C: no parsing, no formatting",
            Self::Early => "aeroduct, answering at once",
        }
    }

    /// Starts it against a broker. `routing` is the `routing` block of the configuration.
    pub(crate) fn start(
        self,
        bootstrap: &str,
        routing: &str,
        folder: &Path,
    ) -> anyhow::Result<Served> {
        match self {
            Self::Aeroduct => connector(&configuration(bootstrap, routing, ""), folder),
            Self::BaselineA => Served::start(&["serve-a", bootstrap]),
            Self::BaselineB | Self::Early => {
                let file = folder.join("other.yml");
                std::fs::write(&file, configuration(bootstrap, routing, ""))?;
                let file = file.to_string_lossy();
                match self {
                    Self::Early => Served::start(&["serve-early", &file]),
                    _ => Served::start(&["serve-b", bootstrap, &file]),
                }
            }
            Self::CeilingC => Served::start(&["serve-c", bootstrap]),
        }
    }
}

/// The routing of the figures with one topic.
pub(crate) fn one_topic() -> String {
    format!("{{ mode: static, destination: {TOPIC} }}")
}

/// The default configuration with what has no default. `more` is added to `service`.
pub(crate) fn configuration(bootstrap: &str, routing: &str, more: &str) -> String {
    let port = free_port();
    format!(
        "service:\n  port: {port}\n  address: 127.0.0.1\n{more}\
         producer-props:\n  bootstrap.servers: ['{bootstrap}']\n\
         format: {{ mode: flat-json, metadata-key: metadata }}\n\
         routing: {routing}\n\
         logging: {{ enable-console-logging: true }}\n"
    )
}

/// A port of loopback that nobody has; 0, which the connector refuses by name, if there is none.
pub(crate) fn free_port() -> u16 {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    bound.map_or(0, |address| address.port())
}

/// Starts the connector on this configuration.
pub(crate) fn connector(configuration: &str, folder: &Path) -> anyhow::Result<Served> {
    let file = folder.join("aeroduct.yml");
    std::fs::write(&file, configuration)?;
    let mut command = Command::new(sibling("aeroduct-connector")?);
    command.args(["run", "--config"]).arg(&file);
    Served::connector(command).context("the connector does not start")
}

/// What one load showed.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) report: LoadReport,
    /// Processor time of the system for each record, in nanoseconds.
    pub(crate) cpu_ns: f64,
    /// Processor time of the system as a share of one core.
    pub(crate) cores: f64,
}

/// The load that all figures start from.
pub(crate) fn plan(system: &Served, duration: Duration) -> LoadPlan {
    LoadPlan {
        to: system.address.clone(),
        connections: CONNECTIONS,
        window: WINDOW,
        end: End::after(duration),
        shape: RecordShape::Reference,
        ..LoadPlan::default()
    }
}

/// Runs a load.
pub(crate) fn load(plan: &LoadPlan) -> anyhow::Result<LoadReport> {
    Ok(load::run(plan, &Stop::new(), &mut |_| {})?)
}

/// Runs a load and demands that every record was acknowledged.
pub(crate) fn drive(system: &Served, plan: &LoadPlan) -> anyhow::Result<Measured> {
    let before = system.cpu()?;
    let report = load(plan)?;
    let cpu = system.cpu()?.saturating_sub(before).as_secs_f64();
    ensure!(
        report.is_clean() && report.tally.temporary == 0,
        "a run with loss or refusals has no result: {:?} {:?}",
        report.tally,
        report.problems,
    );
    let records = report.tally.success as f64;
    let elapsed = report.elapsed.as_secs_f64();
    Ok(Measured {
        report,
        cpu_ns: cpu / records * 1e9,
        cores: cpu / elapsed,
    })
}
