//! Children of the bench: each serves in a process of its own, so that its processor time and
//! memory are its own.

use anyhow::{Context, bail};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Says to the parent where this child serves.
pub(crate) fn ready(address: SocketAddr) {
    announce(&address.to_string());
}

/// Says one line to the parent.
pub(crate) fn announce(line: &str) {
    #[expect(clippy::print_stdout, reason = "the parent reads it there")]
    {
        println!("{line}");
    }
}

/// A child that is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    child: Child,
    /// What it announced: where it serves.
    pub(crate) address: String,
    /// From the start to the announcement.
    pub(crate) start_time: Duration,
}

impl Served {
    /// Starts this program again as `arguments` say, and waits until it serves.
    pub(crate) fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments);
        Self::saying(command).with_context(|| format!("cannot start {arguments:?}"))
    }

    /// Starts a program that says where it serves, and nothing before.
    pub(crate) fn saying(command: Command) -> anyhow::Result<Self> {
        Self::of(command, |line| Some(line.to_owned()))
    }

    /// Starts a connector on a configuration and waits until it is bound.
    pub(crate) fn connector(command: Command) -> anyhow::Result<Self> {
        Self::of(command, |line| {
            line.split_once("binding clear text to /")
                .map(|(_, address)| address.trim().to_owned())
        })
    }

    fn of(mut command: Command, ready: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let start = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next().transpose()? {
            if let Some(address) = ready(&line) {
                let start_time = start.elapsed();
                // What it says later must go somewhere, or it blocks.
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(Self {
                    child,
                    address,
                    start_time,
                });
            }
        }
        bail!("ended with {} before it served", child.wait()?)
    }

    /// Processor time so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        cpu_of(&self.child.id().to_string())
    }

    /// Resident memory now and at its highest, in MiB.
    pub(crate) fn memory(&self) -> anyhow::Result<(f64, f64)> {
        memory_of(&self.child.id().to_string())
    }

    /// Asks it to end and waits for that.
    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Processor time of a process so far, of the user's and the system's kind together; `process`
/// is its number or `self`.
pub(crate) fn cpu_of(process: &str) -> anyhow::Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let after_name = stat.rsplit_once(')').context("no process name")?.1;
    let ticks = |field: usize| -> anyhow::Result<u64> {
        Ok(after_name
            .split_whitespace()
            .nth(field)
            .context("too few fields")?
            .parse()?)
    };
    // USER_HZ is 100 on every Linux platform that Rust supports.
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}

/// Resident memory of a process now and at its highest, in MiB.
pub(crate) fn memory_of(process: &str) -> anyhow::Result<(f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let mib = |name: &str| -> anyhow::Result<f64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let kib = line
            .and_then(|rest| rest.split_whitespace().next())
            .context("no such row")?;
        Ok(kib.parse::<f64>()? / 1024.0)
    };
    Ok((mib("VmRSS:")?, mib("VmHWM:")?))
}

/// A program that was built beside this one.
pub(crate) fn sibling(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if !Path::new(&path).exists() {
        bail!("{} is not built; use `make bench`", path.display());
    }
    Ok(path)
}
