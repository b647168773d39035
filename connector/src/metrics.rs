//! What the connector counts, and how it shows it.
//!
//! Counting happens per read and per run of replies, into counters that belong to one shard;
//! adding up, rates and percentiles happen when somebody looks. The names of the official
//! connector are one table ([`official`]), ours are another ([`native`]).

mod batches;
mod distribution;
mod labels;
pub mod native;
pub mod official;
mod outside;
mod process;
mod rates;
mod shard;
mod snapshot;
mod text;
mod ticker;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aeroduct_kafka::Observer;

pub use distribution::{Bounds, Counts, Distribution, Summary};
pub use labels::{LabelCounters, STALE_VERSION, reason};
pub use outside::{Breaker, Brokers, Outside, ProducerFigures};
pub use process::ProcessFigures;
pub use rates::Rate;
pub use shard::{Replied, ShardMetrics};
pub use snapshot::{Recent, Snapshot, Totals};
pub use text::{CONTENT_TYPE, Exposition, Kind, Samples};
pub use ticker::{TARGET, Ticker};

use batches::BatchMetrics;
use snapshot::History;

/// How often [`Metrics::tick`] wants to be called, for the moving averages.
pub const TICK: Duration = rates::TICK;

/// A shard that has not ticked for so long counts as stuck.
pub const STUCK_AFTER: Duration = Duration::from_secs(5);

/// All counters of the process.
#[derive(Debug)]
pub struct Metrics {
    cluster_name: String,
    started: Instant,
    shards: Box<[Arc<ShardMetrics>]>,
    connections: Arc<ConnectionMetrics>,
    batches: Arc<BatchMetrics>,
    is_draining: AtomicBool,
    history: Mutex<History>,
}

/// What the listener counts.
#[derive(Debug, Default)]
pub struct ConnectionMetrics {
    refused: AtomicU64,
}

impl ConnectionMetrics {
    /// A connection beyond `max-connections` was closed at once.
    pub fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }
}

/// A shard whose event loop does not come round any more.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Stuck {
    /// The shard's number, from 0.
    pub shard: usize,
    /// Time since its last tick.
    pub silent: Duration,
}

impl Metrics {
    /// Counters for `shards` shards. `cluster_name` is the label that groups instances
    /// (`service.cluster-name`).
    pub fn new(shards: usize, cluster_name: &str) -> Arc<Self> {
        let started = Instant::now();
        let shards = (0..shards).map(|_| Arc::new(ShardMetrics::new(started)));
        Arc::new(Self {
            cluster_name: cluster_name.to_owned(),
            started,
            shards: shards.collect(),
            connections: Arc::default(),
            batches: Arc::default(),
            is_draining: AtomicBool::new(false),
            history: Mutex::default(),
        })
    }

    /// The counters of each shard, in the order of the shards.
    pub fn shards(&self) -> &[Arc<ShardMetrics>] {
        &self.shards
    }

    /// The counters of the listener.
    pub fn connections(&self) -> Arc<ConnectionMetrics> {
        Arc::clone(&self.connections)
    }

    /// Who counts the producer's batches.
    pub fn observer(&self) -> Arc<dyn Observer> {
        Arc::clone(&self.batches) as Arc<dyn Observer>
    }

    /// From here on the connector takes nothing new: it is not ready any more.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Relaxed);
    }

    /// Whether new connections and records are taken.
    pub fn is_accepting(&self) -> bool {
        !self.is_draining.load(Ordering::Relaxed)
    }

    /// The shards that have not ticked for [`STUCK_AFTER`].
    pub fn stuck_shards(&self) -> Vec<Stuck> {
        self.stuck_shards_at(Instant::now())
    }

    fn stuck_shards_at(&self, now: Instant) -> Vec<Stuck> {
        let silent = self.shards.iter().map(|shard| shard.silent_at(now));
        let silent = silent.enumerate();
        silent
            .filter(|&(_, silent)| silent > STUCK_AFTER)
            .map(|(shard, silent)| Stuck { shard, silent })
            .collect()
    }

    /// Brings the moving averages and the window of the percentiles up to now. To be called
    /// each [`TICK`]; what was missed is made up for.
    pub fn tick(&self) {
        self.tick_at(Instant::now());
    }

    fn tick_at(&self, now: Instant) {
        let totals = self.totals_at(now);
        let uptime = now.saturating_duration_since(self.started);
        self.history().advance(uptime, &totals);
    }

    /// Everything at this moment. `outside` is what other parts know.
    pub fn snapshot(&self, outside: Outside) -> Snapshot {
        self.snapshot_at(Instant::now(), outside)
    }

    fn snapshot_at(&self, now: Instant, outside: Outside) -> Snapshot {
        let totals = self.totals_at(now);
        let uptime = now.saturating_duration_since(self.started);
        let recent = self.history().recent(uptime, &totals);
        Snapshot {
            cluster_name: self.cluster_name.clone(),
            uptime,
            totals,
            recent,
            outside,
            process: ProcessFigures::read(),
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
