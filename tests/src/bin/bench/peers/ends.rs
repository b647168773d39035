//! How many records were ever written to the topic: its end offsets.

use crate::system;
use anyhow::ensure;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use std::fmt;
use std::time::{Duration, Instant};

/// How often they are looked at: seldom enough to disturb nobody.
const INTERVAL: Duration = Duration::from_millis(50);

/// Patience with one question.
const LIMIT: Duration = Duration::from_secs(10);

/// Patience with a topic that does not grow.
const STANDSTILL: Duration = Duration::from_secs(20);

/// Asks for the end offsets of the topic `bench`.
pub(super) struct Ends {
    consumer: BaseConsumer,
}

impl fmt::Debug for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ends").finish_non_exhaustive()
    }
}

impl Ends {
    pub(super) fn new(bootstrap: &str) -> anyhow::Result<Self> {
        let consumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("group.id", "counting")
            .set("log_level", "0")
            .create()?;
        Ok(Self { consumer })
    }

    /// Their sum.
    pub(super) fn sum(&self) -> anyhow::Result<u64> {
        let mut sum = 0;
        for partition in 0..system::PARTITIONS {
            let (_, end) = self
                .consumer
                .fetch_watermarks(system::TOPIC, partition, LIMIT)?;
            sum += u64::try_from(end)?;
        }
        Ok(sum)
    }

    /// Waits until their sum is at least `target`; an error when it stands still before.
    pub(super) fn wait(&self, target: u64) -> anyhow::Result<()> {
        let mut last = (self.sum()?, Instant::now());
        while last.0 < target {
            ensure!(
                last.1.elapsed() < STANDSTILL,
                "{} records are missing in the topic, and none came for {STANDSTILL:?}",
                target - last.0
            );
            std::thread::sleep(INTERVAL);
            let sum = self.sum()?;
            if sum > last.0 {
                last = (sum, Instant::now());
            }
        }
        self.expect(target)
    }

    /// Demands that it is `target`, with nothing lost and nothing twice.
    pub(super) fn expect(&self, target: u64) -> anyhow::Result<()> {
        let sum = self.sum()?;
        ensure!(
            sum == target,
            "a run with loss or duplicates has no result: {sum} records instead of {target}"
        );
        Ok(())
    }
}
