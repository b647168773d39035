//! What a load run found out.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::account::Tally;
use super::ledger::Ledger;
use crate::latency::Latency;

/// How far a run is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Since the first record could be sent.
    pub elapsed: Duration,
    pub tally: Tally,
    /// Records on their way.
    pub unanswered: u64,
    /// The answers since the last progress.
    pub latest: Latency,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct LoadReport {
    pub tally: Tally,
    /// From the start to the last answer.
    pub elapsed: Duration,
    /// Records that were due by the rate but could not be sent within the duration.
    pub overdue: u64,
    /// From the intended send time of each record to its final answer.
    pub latency: Latency,
    /// CPU time of the threads that made the load; `None` where the system does not tell.
    pub cpu: Option<Duration>,
    /// Which records were acknowledged, when the plan asked for it.
    pub ledger: Option<Ledger>,
    /// The first faults in words, at most [`PROBLEMS_MAX`].
    pub problems: Vec<String>,
}

/// How many faults are told in words.
pub const PROBLEMS_MAX: usize = 8;

impl LoadReport {
    /// Whether every record got the answer it had to get, each at its place.
    pub fn is_clean(&self) -> bool {
        let Tally {
            permanent,
            misplaced,
            missing,
            violations,
            abandoned,
            ..
        } = self.tally;
        [permanent, misplaced, missing, violations, abandoned]
            .iter()
            .all(|&count| count == 0)
    }

    /// Answered records per second.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate is shown with few digits"
    )]
    pub fn rate(&self) -> f64 {
        self.tally.answered as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The report for machines: counts, rates, and times in microseconds.
    pub fn to_json(&self) -> Value {
        let tally = &self.tally;
        let latency: Map<String, Value> = self
            .latency
            .rows()
            .map(|(name, time)| (name.to_owned(), micros(time).into()))
            .collect();
        json!({
            "clean": self.is_clean(),
            "sent": tally.sent,
            "resent": tally.resent,
            "answered": tally.answered,
            "success": tally.success,
            "temporary": tally.temporary,
            "permanent": tally.permanent,
            "refused_as_expected": tally.refused,
            "misplaced": tally.misplaced,
            "missing": tally.missing,
            "overdue": self.overdue,
            "reconnects": tally.reconnects,
            "violations": tally.violations,
            "abandoned_connections": tally.abandoned,
            "bytes": tally.bytes,
            "elapsed_seconds": self.elapsed.as_secs_f64(),
            "answered_per_second": self.rate(),
            "cpu_seconds": self.cpu.map(|cpu| cpu.as_secs_f64()),
            "latency_us": latency,
            "problems": self.problems,
        })
    }
}

fn micros(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e9).round() / 1e3
}
