//! The benchmark programs of librdkafka and of Kafka: they make their records themselves, and
//! say themselves how fast Kafka acknowledged them.

use super::field::{Facts, Field, Goal, Keys, Peer, Run, Runner};
use super::jvm::Jvm;
use crate::performance::{self, Performance};
use crate::process::{cpu_of, memory_of};
use crate::report::Bounds;
use crate::system;
use aeroduct_tests::program::Program;
use anyhow::{Context, ensure};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// The longest that one run may take.
const LIMIT: Duration = Duration::from_mins(2);

/// How often a running one is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

const PRODUCER: &str = "org.apache.kafka.tools.ProducerPerformance";

/// Records of Java's tool that it leaves out of its figure, while its compiler is at work.
const WARM_UP: u64 = 500_000;

/// `rdkafka_performance`.
#[derive(Clone, Debug)]
pub(super) struct RdkafkaPerformance {
    program: Performance,
    keys: Keys,
}

/// `kafka-producer-perf-test.sh`.
#[derive(Debug)]
pub(super) struct ProducerPerformance(Jvm);

/// A program that is started for each run.
#[derive(Debug)]
struct Tool {
    command: Command,
    /// Records that it publishes before those that it times.
    warm_up: u64,
    rate: fn(&str) -> anyhow::Result<f64>,
    log: PathBuf,
}

impl RdkafkaPerformance {
    pub(super) fn get() -> anyhow::Result<Self> {
        Ok(Self {
            program: Performance::get()?,
            keys: Keys::Equal,
        })
    }

    /// The same, publishing without keys.
    pub(super) fn keyless(self) -> Self {
        Self {
            keys: Keys::None,
            ..self
        }
    }
}

impl Peer for RdkafkaPerformance {
    fn facts(&self) -> Facts {
        let (name, way) = match self.keys {
            Keys::Equal => (
                "rdkafka_performance",
                "one value and one key from its own memory, of the right lengths, and \
                 partitions by lot",
            ),
            Keys::None => (
                "rdkafka_performance, no keys",
                "one value from its own memory, of the right length; no keys",
            ),
        };
        Facts {
            name,
            version: format!("librdkafka {}", self.program.version),
            way,
            lacks: "read from a source, parse, format, answer",
            goal: Goal::Rate((self.keys == Keys::Equal).then_some(Bounds::at_least(0.9, 1.2))),
        }
    }

    fn start(&self, field: &Field, records: u64) -> anyhow::Result<Box<dyn Runner>> {
        let bootstrap = field.kafka.bootstrap();
        let mut command = self.program.command(&bootstrap, &field.sample, records);
        if self.keys == Keys::Equal {
            performance::with_keys(&mut command, &field.sample);
        }
        Ok(Box::new(Tool {
            command,
            warm_up: 0,
            rate: Performance::rate,
            log: field.kafka.folder().join("rdkafka_performance.log"),
        }))
    }
}

impl ProducerPerformance {
    pub(super) fn get() -> anyhow::Result<Self> {
        Ok(Self(Jvm::get()?))
    }
}

impl Peer for ProducerPerformance {
    fn facts(&self) -> Facts {
        Facts {
            name: "ProducerPerformance",
            version: self.0.version.clone(),
            way: "values from its own memory, no keys (it cannot set any); its first 500 000 \
                  records are not timed",
            lacks: "read from a source, parse, format, answer",
            goal: Goal::Rate(Some(Bounds::at_least(1.0, 1.5))),
        }
    }

    fn start(&self, field: &Field, records: u64) -> anyhow::Result<Box<dyn Runner>> {
        let values = field.kafka.folder().join("values");
        let count = crate::sample::RECORDS.into();
        field
            .sample
            .values()
            .write(count, &mut File::create(&values)?)?;
        // As in `kafka-producer-perf-test.sh`.
        let mut command = self.0.command(&["-Xmx512M"]);
        command
            .args([PRODUCER, "--topic", system::TOPIC])
            .args(["--bootstrap-server", &field.kafka.bootstrap()])
            .args(["--num-records", &(records + WARM_UP).to_string()])
            .args(["--warmup-records", &WARM_UP.to_string()])
            .args(["--throughput", "-1"])
            .arg("--payload-file")
            .arg(&values)
            .args(["--command-property", "acks=all", "enable.idempotence=true"])
            .args(["linger.ms=5", "batch.size=262144"]);
        Ok(Box::new(Tool {
            command,
            warm_up: WARM_UP,
            rate: steady_rate,
            log: field.kafka.folder().join("producer-performance.log"),
        }))
    }
}

impl Runner for Tool {
    fn publish(&mut self, field: &Field, records: u64) -> anyhow::Result<Run> {
        let all = records + self.warm_up;
        let before = field.ends.sum()?;
        let mut program = Program::start(&mut self.command, &self.log)?;
        let (cpu, memory_mib) = await_end(&program)?;
        let status = program.wait(LIMIT)?;
        let said = program.log();
        ensure!(status.success(), "{status}; it says:\n{said}");
        field.ends.expect(before + all)?;
        Ok(Run {
            rate: (self.rate)(&said)?,
            cpu_ns: cpu.as_secs_f64() * 1e9 / all as f64,
            memory_mib,
        })
    }
}

/// Processor time and highest memory of a program that ends by itself. Its end is seen before
/// the system forgets it.
fn await_end(program: &Program) -> anyhow::Result<(Duration, f64)> {
    let process = program.id().to_string();
    let start = Instant::now();
    let mut memory_mib: f64 = 0.0;
    while !is_over(&process)? {
        ensure!(start.elapsed() < LIMIT, "it has not ended within {LIMIT:?}");
        if let Ok((_, highest)) = memory_of(&process) {
            memory_mib = memory_mib.max(highest);
        }
        std::thread::sleep(INTERVAL);
    }
    Ok((cpu_of(&process)?, memory_mib))
}

fn is_over(process: &str) -> anyhow::Result<bool> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(process).join("stat"))?;
    let (_, after_name) = stat.rsplit_once(')').context("no process name")?;
    Ok(after_name.trim_start().starts_with('Z'))
}

/// Records per second after the warm-up: its last line that tells them.
fn steady_rate(text: &str) -> anyhow::Result<f64> {
    let summary = text.lines().rfind(|line| line.contains("records/sec"));
    let words = summary.and_then(|line| line.split(" records/sec").next());
    let rate = words.and_then(|words| words.rsplit(' ').next()?.parse().ok());
    rate.with_context(|| format!("ProducerPerformance said no rate:\n{text}"))
}

#[cfg(test)]
mod tests {
    use super::steady_rate;

    #[test]
    fn the_rate_is_that_after_the_warm_up() {
        let said = "\
10000 records sent, 2000.0 records/sec (0.95 MB/sec), 1.0 ms avg latency, 2.0 ms max latency.
2500000 records sent, 298472.1 records/sec (141.75 MB/sec), 9.12 ms avg latency.
2000000 steady state records sent, 351234.5 records/sec (166.81 MB/sec), 8.01 ms avg latency.
";
        assert_eq!(steady_rate(said).ok(), Some(351_234.5));
        assert!(steady_rate("nothing").is_err());
    }
}
