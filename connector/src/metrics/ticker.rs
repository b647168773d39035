//! The lines that the log repeats (`logging.ticker-interval`).

use std::collections::BTreeMap;

use super::official;
use super::snapshot::Snapshot;

/// The logger of these lines.
pub const TARGET: &str = "metrics-ticker";

/// Writes all official metrics to the log, in the shapes of the official connector, and for each
/// reason of failure how often it came since the last time.
#[derive(Debug, Default)]
pub struct Ticker {
    told: BTreeMap<&'static str, u64>,
}

impl Ticker {
    /// Writes the lines of one interval.
    pub fn tick(&mut self, snapshot: &Snapshot) {
        for line in official::TABLE
            .iter()
            .flat_map(|metric| metric.lines(snapshot))
        {
            tracing::info!(target: TARGET, "{line}");
        }
        for (reason, count) in self.failures(snapshot) {
            tracing::error!(target: TARGET, "{reason}: count={count}");
        }
    }

    /// What failed since the last time, by reason.
    fn failures(&mut self, snapshot: &Snapshot) -> Vec<(&'static str, u64)> {
        let failed = &snapshot.totals.failed;
        let since = failed.iter().map(|(&reason, &count)| {
            let told = self.told.get(reason).copied().unwrap_or_default();
            (reason, count.saturating_sub(told))
        });
        let came = since.filter(|&(_, count)| count > 0).collect();
        self.told.clone_from(failed);
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Metrics, Outside};

    #[test]
    fn failures_are_told_by_reason_and_only_what_is_new() {
        let metrics = Metrics::new(1, "test");
        let shard = &metrics.shards()[0];
        let mut ticker = Ticker::default();
        shard.failed("too-large", 2);
        shard.failed("overdue", 1);
        let snapshot = metrics.snapshot(Outside::default());
        assert_eq!(
            ticker.failures(&snapshot),
            [("overdue", 1), ("too-large", 2)]
        );
        shard.failed("overdue", 4);
        let snapshot = metrics.snapshot(Outside::default());
        assert_eq!(ticker.failures(&snapshot), [("overdue", 4)]);
        assert_eq!(ticker.failures(&snapshot), []);
    }
}
