//! A real Kafka whose log is in memory, so that no disk is measured.

use crate::system;
use aeroduct_tests::kafka::{Cluster, Layout, Topic};
use aeroduct_tests::keeper;
use std::path::Path;
use tempfile::TempDir;

/// One broker with the topic `bench`.
#[derive(Debug)]
pub(crate) struct InMemory {
    cluster: Cluster,
    folder: TempDir,
}

impl InMemory {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("aeroduct-bench-")
            .tempdir_in("/dev/shm")?;
        keeper::remove(folder.path());
        let log = folder.path().join("log");
        // The bench writes more than the machine has memory, so the broker drops what is old.
        let settings = [
            ("log.dirs", log.display().to_string()),
            ("log.retention.bytes", "500000000".to_owned()),
            ("log.retention.check.interval.ms", "2000".to_owned()),
            ("log.segment.delete.delay.ms", "1000".to_owned()),
        ];
        let cluster = Cluster::with_layout(Layout {
            settings: settings
                .map(|(name, value)| (name.to_owned(), value))
                .to_vec(),
            full_speed: true,
            ..Layout::default()
        })?;
        cluster.create_topic(&Topic::new(system::TOPIC, system::PARTITIONS))?;
        Ok(Self { cluster, folder })
    }

    pub(crate) const fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub(crate) fn bootstrap(&self) -> String {
        self.cluster.bootstrap()
    }

    /// A folder in memory.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
