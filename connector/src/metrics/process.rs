//! What the system says about the process.

use std::fs;

/// Ticks per second of the times in `/proc`; the same on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// Figures about the process; absent where the system does not tell them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProcessFigures {
    /// Processor time used so far, by the program and by the system for it.
    pub cpu_seconds: Option<f64>,
    /// Memory that is in use and not swapped out.
    pub resident_bytes: Option<u64>,
    pub open_files: Option<u64>,
    pub threads: Option<u64>,
}

impl ProcessFigures {
    /// Asks the system.
    pub fn read() -> Self {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self {
            cpu_seconds: cpu_seconds(&stat),
            resident_bytes: number_of(&status, "VmRSS:").map(|kilobytes| kilobytes * 1024),
            open_files: open_files(),
            threads: number_of(&status, "Threads:"),
        }
    }
}

/// The fields after the command, which is in parentheses and may hold anything: user time is the
/// twelfth, system time the thirteenth.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_ascii_whitespace().skip(11);
    let user: f64 = times.next()?.parse().ok()?;
    let system: f64 = times.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

fn number_of(status: &str, name: &str) -> Option<u64> {
    let mut values = status.lines().filter_map(|line| line.strip_prefix(name));
    let value = values.next()?;
    value.split_ascii_whitespace().next()?.parse().ok()
}

fn open_files() -> Option<u64> {
    let files = fs::read_dir("/proc/self/fd").ok()?;
    u64::try_from(files.count()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_read_past_a_command_with_parentheses() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 4 0 1 1 1 1";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds(""), None);
    }

    #[test]
    fn the_system_tells_about_this_process() {
        let figures = ProcessFigures::read();
        assert!(figures.resident_bytes > Some(1 << 20));
        assert!(figures.open_files > Some(2));
        assert!(figures.threads > Some(0));
    }
}
