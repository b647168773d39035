//! What came of a load: the answers held against what is in Kafka.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use super::SHARE;
use crate::kafka::Cluster;
use crate::reading::{self, Stored};
use crate::source::SUCCESS;

/// One change and what was said about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    pub(super) number: u64,
    /// None: the connection ended first.
    pub(super) code: Option<u8>,
    /// From sending it to that.
    pub(super) took: Duration,
}

/// All changes of a load, by number.
#[derive(Debug, Default)]
pub struct Outcome {
    pub answers: BTreeMap<u8, BTreeSet<u64>>,
    pub unanswered: BTreeSet<u64>,
    /// How long the answers of each code took.
    times: BTreeMap<u8, Vec<Duration>>,
}

impl Outcome {
    pub(super) fn note(&mut self, answered: Answered) {
        let Answered { number, code, took } = answered;
        if let Some(code) = code {
            self.answers.entry(code).or_default().insert(number);
            self.times.entry(code).or_default().push(took);
        } else {
            self.unanswered.insert(number);
        }
    }

    /// The numbers with this answer.
    pub fn with(&self, code: u8) -> BTreeSet<u64> {
        self.answers.get(&code).cloned().unwrap_or_default()
    }

    /// How long the quickest answer of this code took.
    pub fn soonest(&self, code: u8) -> Option<Duration> {
        self.times.get(&code)?.iter().min().copied()
    }

    /// How long the slowest answer of this code took.
    pub fn latest(&self, code: u8) -> Option<Duration> {
        self.times.get(&code)?.iter().max().copied()
    }

    /// What so many of a thousand answers of this code did not take longer than.
    pub fn per_mille(&self, share: usize, code: u8) -> Option<Duration> {
        let mut times = self.times.get(&code)?.clone();
        times.sort_unstable();
        times
            .get((times.len() * share / 1_000).min(times.len() - 1))
            .copied()
    }

    /// An error unless every change was answered, and as `allowed` says.
    pub fn answered_only(&self, allowed: &[u8]) -> Result<()> {
        ensure!(
            self.unanswered.is_empty(),
            "{} changes without an answer",
            self.unanswered.len()
        );
        for (code, numbers) in &self.answers {
            ensure!(
                allowed.contains(code),
                "{} changes were answered {code}, the first after {:?}",
                numbers.len(),
                self.soonest(*code)
            );
        }
        Ok(())
    }

    /// Reads `topic` and holds it against the answers: an error if a change that was answered with
    /// success is not there, or versions of a record are out of order. The load sends none twice, so
    /// the last version of a record there is its newest.
    pub fn none_lost(&self, cluster: &Cluster, topic: &str) -> Result<Arrived> {
        let success = self.with(SUCCESS);
        let arrived = Arrived::new(&reading::read(cluster, topic, success.len())?)?;
        let lost = success.difference(&arrived.numbers).count();
        ensure!(
            lost == 0,
            "{lost} of {} acknowledged changes are lost",
            success.len()
        );
        let superseded = arrived.superseded;
        ensure!(
            superseded == 0,
            "{superseded} keys end with another version than their newest"
        );
        Ok(arrived)
    }

    /// The place of the first change that no connection has sent yet: where a later load begins.
    pub fn end(&self) -> u64 {
        let numbers = self.answers.values().flatten().chain(&self.unanswered);
        numbers.map(|number| number % SHARE + 1).max().unwrap_or(0)
    }

    /// Takes what a later load found out about other changes.
    pub fn add(&mut self, later: Self) {
        for (code, numbers) in later.answers {
            self.answers.entry(code).or_default().extend(numbers);
        }
        for (code, times) in later.times {
            self.times.entry(code).or_default().extend(times);
        }
        self.unanswered.extend(later.unanswered);
    }
}

/// What is in a topic, told by number.
#[derive(Debug, Default)]
pub struct Arrived {
    pub numbers: BTreeSet<u64>,
    pub duplicates: usize,
    /// Keys whose last version is not their newest, because an older one came once more.
    pub superseded: usize,
}

impl Arrived {
    /// Takes the numbers out of `flat-json` values.
    ///
    /// An error if one key lies in two partitions, or if a version comes for the first time
    /// behind a newer one of its key.
    pub fn new(records: &[Stored]) -> Result<Self> {
        let mut arrived = Self::default();
        let mut keys: BTreeMap<&[u8], Versions> = BTreeMap::new();
        for record in records {
            let number = number_of(record)?;
            let is_new = arrived.numbers.insert(number);
            arrived.duplicates += usize::from(!is_new);
            let key = record.key.as_deref().context("a record without a key")?;
            let partition = record.partition;
            let versions = keys.entry(key).or_insert(Versions {
                partition,
                newest: number,
                last: number,
            });
            ensure!(versions.partition == partition, "one key in two partitions");
            ensure!(
                !is_new || number >= versions.newest,
                "{number} comes for the first time behind {}, in partition {partition} at {}",
                versions.newest,
                record.offset
            );
            versions.newest = number.max(versions.newest);
            versions.last = number;
        }
        let superseded = keys.values().filter(|key| key.last < key.newest);
        arrived.superseded = superseded.count();
        Ok(arrived)
    }
}

/// What there is of one key.
struct Versions {
    partition: i32,
    newest: u64,
    last: u64,
}

fn number_of(record: &Stored) -> Result<u64> {
    #[derive(Deserialize)]
    struct Numbered {
        seq: u64,
    }
    let value = record.value.as_deref();
    let numbered: Numbered = serde_json::from_slice(value.context("a record without a value")?)?;
    Ok(numbered.seq)
}
