//! Peers that take lines over TCP.

use super::field::{Field, Run, Runner};
use crate::process::{cpu_of, memory_of};
use crate::sample::Lines;
use crate::system::CONNECTIONS;
use aeroduct_tests::program::Program;
use anyhow::{Context, anyhow};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// From the start until it listens.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How long it may leave a line unread.
const WRITE_LIMIT: Duration = Duration::from_secs(30);

/// A running one.
#[derive(Debug)]
pub(super) struct Gateway {
    program: Program,
    port: u16,
    lines: Lines,
}

impl Gateway {
    /// Starts it, with what it prints in `log`, and waits until it listens on `port`.
    pub(super) fn start(
        command: &mut Command,
        port: u16,
        lines: Lines,
        log: &Path,
    ) -> anyhow::Result<Self> {
        let mut program = Program::start(command, log)?;
        program.await_ready(START_LIMIT, |_| {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()
        })?;
        Ok(Self {
            program,
            port,
            lines,
        })
    }

    fn feed(&self, lines: u64) -> anyhow::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_write_timeout(Some(WRITE_LIMIT))?;
        self.lines
            .write(lines, &mut stream)
            .context("it does not take what is sent")
    }
}

impl Runner for Gateway {
    fn publish(&mut self, field: &Field, records: u64) -> anyhow::Result<Run> {
        let process = self.program.id().to_string();
        let target = field.ends.sum()? + records;
        let cpu_before = cpu_of(&process)?;
        let start = Instant::now();
        let share = |number| {
            let (all, number) = (u64::from(CONNECTIONS), u64::from(number));
            records / all + u64::from(number < records % all)
        };
        thread::scope(|scope| {
            let feeders: Vec<_> = (0..CONNECTIONS)
                .map(|number| (share(number), &*self))
                .map(|(lines, it)| scope.spawn(move || it.feed(lines)))
                .collect();
            let waited = field.ends.wait(target);
            for feeder in feeders {
                feeder.join().map_err(|_| anyhow!("a feeder panicked"))??;
            }
            waited
        })
        .with_context(|| format!("it says:\n{}", self.program.log()))?;
        let elapsed = start.elapsed().as_secs_f64();
        let cpu = cpu_of(&process)?.saturating_sub(cpu_before);
        Ok(Run {
            rate: records as f64 / elapsed,
            cpu_ns: cpu.as_secs_f64() * 1e9 / records as f64,
            memory_mib: memory_of(&process)?.1,
        })
    }
}
