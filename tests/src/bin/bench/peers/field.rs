//! Where peers are measured, and what they are to the bench.

use super::ends::Ends;
use crate::in_memory::InMemory;
use crate::report::Bounds;
use crate::sample::Sample;
use std::fmt;
use std::path::Path;

/// A real Kafka, and the records to bring there.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) kafka: InMemory,
    pub(super) sample: Sample,
    pub(super) ends: Ends,
}

/// A program to measure beside, ready to be started.
pub(super) trait Peer {
    fn facts(&self) -> Facts;

    /// Runs before the first one that counts: until its compiler, if it has one, is done.
    fn warm_ups(&self) -> u32 {
        1
    }

    /// Starts what stays running from one run to the next. Each run will have so many records.
    fn start(&self, field: &Field, records: u64) -> anyhow::Result<Box<dyn Runner>>;
}

/// A started peer; ended when it is dropped.
pub(super) trait Runner {
    /// Brings so many records into the topic; returns when all are there.
    fn publish(&mut self, field: &Field, records: u64) -> anyhow::Result<Run>;
}

/// What a reader must know of a peer.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) name: &'static str,
    pub(super) version: String,
    /// What it is given, and how.
    pub(super) way: &'static str,
    /// What it does not do, and the connector does.
    pub(super) lacks: &'static str,
    pub(super) goal: Goal,
}

/// Whether a peer publishes with keys as long as the connector's. Without keys, producers fill
/// one partition after the other, which is cheaper.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Keys {
    Equal,
    None,
}

/// Which ratio tells, and what it must be.
#[derive(Clone, Copy, Debug)]
pub(super) enum Goal {
    /// Processor time per record, the connector's divided by the peer's.
    Cost(Bounds),
    /// Records per second, likewise; not judged where the peer publishes less for each record
    /// although it could do the same.
    Rate(Option<Bounds>),
}

/// What one run showed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Records per second.
    pub(super) rate: f64,
    /// Processor time per record, in nanoseconds.
    pub(super) cpu_ns: f64,
    /// Resident memory at its highest so far, in MiB.
    pub(super) memory_mib: f64,
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rate, cpu_us) = (self.rate / 1e3, self.cpu_ns / 1e3);
        write!(
            f,
            "{cpu_us:.2} us, {rate:.0} k/s, {:.0} MiB",
            self.memory_mib
        )
    }
}

impl Field {
    pub(super) fn prepare(folder: &Path) -> anyhow::Result<Self> {
        crate::say("a real Kafka, and what the connector publishes there");
        let kafka = InMemory::start()?;
        let sample = Sample::take(&kafka, folder)?;
        let ends = Ends::new(&kafka.bootstrap())?;
        Ok(Self {
            kafka,
            sample,
            ends,
        })
    }
}
