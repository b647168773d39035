//! Kafka Connect, standalone, with the connector for files that comes with Kafka.

use super::field::{Facts, Field, Goal, Peer, Run, Runner};
use super::jvm::Jvm;
use crate::http;
use crate::process::{cpu_of, memory_of};
use crate::report::Bounds;
use crate::system;
use aeroduct_tests::ports;
use aeroduct_tests::program::Program;
use anyhow::Context;
use serde_json::json;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const WORKER: &str = include_str!("../../../../rig/peers/connect.properties");
const CLASS: &str = "org.apache.kafka.connect.cli.ConnectStandalone";

/// A worker starts in 2 to 4 s.
const START_LIMIT: Duration = Duration::from_secs(90);

/// The first run costs two to three times as much per record as the fourth.
pub(super) const WARM_UPS: u32 = 4;

/// How long a connector may take to its first record.
const FIRST_LIMIT: Duration = Duration::from_secs(30);

/// How often the topic is looked at for it.
const FIRST_INTERVAL: Duration = Duration::from_millis(10);

/// The fetched programs.
#[derive(Clone, Debug)]
pub(super) struct Connect {
    jvm: Jvm,
    is_anew: bool,
}

/// A worker for each run, as after a deployment.
#[derive(Debug)]
struct Anew {
    connect: Connect,
    file: PathBuf,
}

/// A running worker.
#[derive(Debug)]
struct Worker {
    program: Program,
    port: u16,
    file: PathBuf,
    runs: u32,
}

impl Connect {
    pub(super) fn get() -> anyhow::Result<Self> {
        Ok(Self {
            jvm: Jvm::get()?,
            is_anew: false,
        })
    }

    /// The same, started anew for each run.
    pub(super) fn anew(self) -> Self {
        Self {
            is_anew: true,
            ..self
        }
    }

    fn work(field: &Field) -> PathBuf {
        field.kafka.folder().join("connect")
    }

    fn worker(&self, field: &Field, file: &Path) -> anyhow::Result<Worker> {
        let work = Self::work(field);
        let port = ports::free()?;
        let properties = work.join("worker.properties");
        let text = WORKER
            .replace("@WORK@", &work.to_string_lossy())
            .replace("@PORT@", &port.to_string())
            .replace("@BROKERS@", &field.kafka.bootstrap());
        std::fs::write(&properties, text)?;
        let mut command = self.jvm.command(&["-Xms256M", "-Xmx2G"]);
        command.arg(CLASS).arg(&properties);
        let mut program = Program::start(&mut command, &work.join("log"))?;
        program.await_ready(START_LIMIT, |_| {
            http::request(port, "GET", "/connectors", "").ok()
        })?;
        Ok(Worker {
            program,
            port,
            file: file.to_owned(),
            runs: 0,
        })
    }
}

impl Peer for Connect {
    fn facts(&self) -> Facts {
        Facts {
            name: if self.is_anew {
                "Kafka Connect, started anew"
            } else {
                "Kafka Connect"
            },
            version: self.jvm.version.clone(),
            way: if self.is_anew {
                "the same, by a worker of its own for each run; timed from its first record in the \
                 topic, its processor time with its start"
            } else {
                "lines of a file in memory, FileStreamSource and StringConverter; no keys; timed \
                 from its first record in the topic"
            },
            lacks: "parse, format, answer: it notes its place in the file every 10 s",
            goal: Goal::Cost(Bounds::at_most(1.0 / 3.0, 1.0 / 4.0)),
        }
    }

    fn warm_ups(&self) -> u32 {
        if self.is_anew { 1 } else { WARM_UPS }
    }

    fn start(&self, field: &Field, records: u64) -> anyhow::Result<Box<dyn Runner>> {
        let work = Self::work(field);
        let plugins = work.join("plugins");
        std::fs::create_dir_all(&plugins)?;
        let jar = self.jvm.jar("connect-file-")?;
        std::fs::copy(&jar, plugins.join("connect-file.jar"))?;
        let file = work.join("lines");
        let mut lines = BufWriter::new(File::create(&file)?);
        field.sample.values().write(records, &mut lines)?;
        lines.flush()?;
        Ok(if self.is_anew {
            let connect = self.clone();
            Box::new(Anew { connect, file })
        } else {
            Box::new(self.worker(field, &file)?)
        })
    }
}

impl Runner for Anew {
    fn publish(&mut self, field: &Field, records: u64) -> anyhow::Result<Run> {
        let mut worker = self.connect.worker(field, &self.file)?;
        let start = cpu_of(&worker.program.id().to_string())?;
        let mut run = worker.publish(field, records)?;
        run.cpu_ns += start.as_secs_f64() * 1e9 / records as f64;
        Ok(run)
    }
}

impl Runner for Worker {
    fn publish(&mut self, field: &Field, records: u64) -> anyhow::Result<Run> {
        let process = self.program.id().to_string();
        let before = field.ends.sum()?;
        let cpu_before = cpu_of(&process)?;
        self.runs += 1;
        let name = format!("lines-{process}-{}", self.runs);
        // A new connector begins at the begin of the file, in a process that is warm.
        let connector = json!({ "name": name, "config": {
            "connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector",
            "tasks.max": "1",
            "file": self.file,
            "topic": system::TOPIC,
            "batch.size": "5000",
        }});
        http::request(self.port, "POST", "/connectors", &connector.to_string())?;
        let first = await_first(field, before)
            .with_context(|| format!("it says:\n{}", self.program.log()))?;
        let start = Instant::now();
        field.ends.wait(before + records)?;
        let elapsed = start.elapsed().as_secs_f64();
        let cpu = cpu_of(&process)?.saturating_sub(cpu_before);
        http::request(self.port, "DELETE", &format!("/connectors/{name}"), "")?;
        Ok(Run {
            rate: (before + records - first) as f64 / elapsed,
            cpu_ns: cpu.as_secs_f64() * 1e9 / records as f64,
            memory_mib: memory_of(&process)?.1,
        })
    }
}

/// Waits until the topic grows; returns its length then.
fn await_first(field: &Field, before: u64) -> anyhow::Result<u64> {
    let start = Instant::now();
    loop {
        let now = field.ends.sum()?;
        if now > before {
            return Ok(now);
        }
        anyhow::ensure!(start.elapsed() < FIRST_LIMIT, "no record came");
        std::thread::sleep(FIRST_INTERVAL);
    }
}
