//! What the producer tells about its batches.

use std::time::Duration;

use aeroduct_kafka::{Batch, Observer};

use super::distribution::{Bounds, Distribution};

/// Written by the producer's threads, once per batch.
#[derive(Debug)]
pub(super) struct BatchMetrics {
    pub(super) submit_to_report: Distribution,
}

impl Default for BatchMetrics {
    fn default() -> Self {
        Self {
            submit_to_report: Distribution::new(Bounds::MICROSECONDS),
        }
    }
}

impl Observer for BatchMetrics {
    fn batch_reported(&self, batch: &Batch<'_>, latency: Duration) {
        self.submit_to_report
            .record_duration(latency, batch.records.into());
    }
}
