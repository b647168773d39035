//! A program that runs beside the tests, and ends with them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

use crate::keeper;
use crate::wait::eventually;

/// Lets this process, and what it starts, open as many files as the system allows; how many.
pub fn raise_file_limit() -> u64 {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let current = maximum;
    // What is not allowed stays as it is.
    let _ignored = setrlimit(Resource::Nofile, Rlimit { current, maximum });
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Runs a program to its end, which must be a good one.
pub fn checked(command: &mut Command) -> Result<Output> {
    let name = command.get_program().display().to_string();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{name} cannot be started"))?;
    if !output.status.success() {
        bail!(
            "{name}: {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(output)
}

/// A running program; killed when dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it with all that it prints going to the file `log`.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let output = File::create(log).with_context(|| format!("create {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("start {}", command.get_program().display()))?;
        keeper::keep(child.id());
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// All it has printed so far.
    pub fn log(&self) -> String {
        fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.try_wait().ok().flatten()?;
        keeper::forget(self.child.id());
        Some(status)
    }

    /// Waits for its end.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        eventually(limit, "the program ends", || self.ended())
            .with_context(|| format!("its log:\n{}", self.log_tail()))
    }

    /// Waits until `probe` has an answer; an early end of the program is an error with its last words.
    pub fn await_ready<T>(
        &mut self,
        limit: Duration,
        mut probe: impl FnMut(&Self) -> Option<T>,
    ) -> Result<T> {
        let answer = eventually(limit, "the program is ready", || {
            let ready = probe(self);
            ready.map(Ok).or_else(|| self.ended().map(Err))
        })
        .with_context(|| format!("its log:\n{}", self.log_tail()))?;
        match answer {
            Ok(ready) => Ok(ready),
            Err(status) => bail!("it ended early, {status}; its log:\n{}", self.log_tail()),
        }
    }

    /// SIGTERM.
    pub fn terminate(&self) -> Result<()> {
        self.signal(Signal::TERM)
    }

    /// SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        keeper::forget(self.child.id());
        Ok(())
    }

    /// SIGSTOP: it stays, with its connections, and does nothing.
    pub fn pause(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// SIGCONT.
    pub fn resume(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Bytes of memory it holds now.
    pub fn resident_bytes(&self) -> Result<u64> {
        Ok(self.status("VmRSS:")? * 1024)
    }

    /// The most bytes of memory it has held so far.
    pub fn peak_bytes(&self) -> Result<u64> {
        Ok(self.status("VmHWM:")? * 1024)
    }

    /// Threads it has now.
    pub fn threads(&self) -> Result<u64> {
        self.status("Threads:")
    }

    /// Files, sockets and the like that it has open now.
    pub fn descriptors(&self) -> Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }

    /// The number in one line of what the system says about it.
    fn status(&self, name: &str) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        Ok(number.with_context(|| format!("no {name}"))?.parse()?)
    }

    /// Processor time it has used so far. It can still be asked for when the program has ended,
    /// until the end is noticed.
    pub fn cpu_time(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // Behind the name, which may hold anything: the 12th and 13th field, user and system.
        let (_, fields) = stat.rsplit_once(')').context("no name")?;
        let mut fields = fields.split_whitespace().skip(11);
        let mut ticks = || -> Result<u64> { Ok(fields.next().context("a short line")?.parse()?) };
        // A tick is a hundredth of a second on every Linux.
        Ok(Duration::from_millis((ticks()? + ticks()?) * 10))
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .context("a process number")?;
        Ok(kill_process(pid, signal)?)
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.ended().is_none() {
            // It may end between the look and the signal.
            let _ignored = self.kill();
        }
    }
}
