//! What the connector publishes for the records of a load, read back from Kafka.

use crate::in_memory::InMemory;
use crate::process::Served;
use crate::system::{self, System};
use aeroduct_simulator::load::{End, LoadPlan};
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::reading::{self, Stored};
use anyhow::{Context, ensure};
use std::path::Path;
use std::time::Duration;

/// Different records; more than fit into a processor's nearest cache.
pub(crate) const RECORDS: u32 = 4096;

const TOPIC: &str = "sample";

/// Numbers from here on have nine digits, as in the reference record, so all values are of one
/// length.
const FIRST_NUMBER: u64 = 100_000_000;

/// Keys and values, all of the same length each.
#[derive(Debug)]
pub(crate) struct Sample {
    records: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) key_len: usize,
    pub(crate) value_len: usize,
}

/// The load that every system is measured with which takes changes: so many records.
pub(crate) fn plan(system: &Served, records: u64) -> LoadPlan {
    LoadPlan {
        end: End::count(records),
        first_sequence: FIRST_NUMBER,
        ..system::plan(system, Duration::ZERO)
    }
}

impl Sample {
    /// Has the connector publish some records, and reads them.
    pub(crate) fn take(kafka: &InMemory, folder: &Path) -> anyhow::Result<Self> {
        kafka.cluster().create_topic(&Topic::new(TOPIC, 1))?;
        let routing = format!("{{ mode: static, destination: {TOPIC} }}");
        let served = System::Aeroduct.start(&kafka.bootstrap(), &routing, folder)?;
        system::drive(&served, &plan(&served, RECORDS.into()))?;
        served.end()?;
        let stored = reading::read(kafka.cluster(), TOPIC, usize::try_from(RECORDS)?)?;
        let both = |it: Stored| {
            it.key
                .zip(it.value)
                .context("a record without key or value")
        };
        let records = stored
            .into_iter()
            .map(both)
            .collect::<anyhow::Result<Vec<_>>>()?;
        let (key, value) = records.first().context("no record")?;
        let (key_len, value_len) = (key.len(), value.len());
        for (key, value) in &records {
            ensure!(
                (key.len(), value.len()) == (key_len, value_len),
                "the records are not of one size: {} and {} bytes beside {key_len} and {value_len}",
                key.len(),
                value.len()
            );
            let is_line = |bytes: &[u8]| !bytes.iter().any(|byte| b"\t\n".contains(byte));
            ensure!(is_line(key) && is_line(value), "a record is no line");
        }
        Ok(Self {
            records,
            key_len,
            value_len,
        })
    }

    /// A key of the right length, always the same.
    pub(crate) fn one_key(&self) -> String {
        "k".repeat(self.key_len)
    }

    /// The values, a line each.
    pub(crate) fn values(&self) -> Lines {
        Lines::of(self.records.iter().map(|(_, value)| value.clone()))
    }

    /// The records, a line each: key, tab, value.
    pub(crate) fn keys_and_values(&self) -> Lines {
        let joined =
            |(key, value): &(Vec<u8>, Vec<u8>)| [key, value].map(Vec::as_slice).join(&b'\t');
        Lines::of(self.records.iter().map(joined))
    }
}

/// Some lines of one length, to be sent over and over.
#[derive(Debug)]
pub(crate) struct Lines {
    bytes: Vec<u8>,
    line_len: usize,
}

impl Lines {
    fn of(lines: impl Iterator<Item = Vec<u8>>) -> Self {
        let mut it = Self {
            bytes: Vec::new(),
            line_len: 0,
        };
        for line in lines {
            it.bytes.extend_from_slice(&line);
            it.bytes.push(b'\n');
            it.line_len = line.len() + 1;
        }
        it
    }

    /// Writes so many lines.
    pub(crate) fn write(&self, count: u64, out: &mut impl std::io::Write) -> anyhow::Result<()> {
        let mut left = usize::try_from(count)? * self.line_len;
        while left > 0 {
            let part = left.min(self.bytes.len());
            out.write_all(&self.bytes[..part])?;
            left -= part;
        }
        Ok(())
    }
}
