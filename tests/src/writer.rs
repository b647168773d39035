//! The connector's producer by itself, writing numbered records.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aeroduct_kafka::{
    Failure, Parcel, Piece, Producer, Publisher, Recipient, Report, Settings, murmur2,
};
use anyhow::{Context as _, Result, ensure};

use crate::wait::eventually;

const LIMIT: Duration = Duration::from_secs(30);

/// What is known of one record after another.
#[derive(Clone, Debug, Default)]
pub struct Sheet(Arc<Mutex<Vec<Option<Report>>>>);

pub struct Told {
    sheet: Sheet,
    number: usize,
}

impl Recipient for Told {
    fn report(&self, _slot: u32, report: Report) {
        if let Some(known) = self.sheet.lock().get_mut(self.number) {
            *known = Some(report);
        }
    }

    fn settle(&self, _count: u32) {}

    fn is_abandoned(&self) -> bool {
        false
    }

    fn reclaim(&self, _bytes: Vec<u8>) {}
}

impl Sheet {
    fn lock(&self) -> MutexGuard<'_, Vec<Option<Report>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many records are not reported.
    pub fn open(&self) -> usize {
        let reports = self.lock();
        reports.iter().filter(|report| report.is_none()).count()
    }

    /// All failures so far.
    pub fn failures(&self) -> Vec<Failure> {
        let failure = |report: &Option<Report>| match report {
            Some(Report::Failed(failure)) => Some(*failure),
            _ => None,
        };
        self.lock().iter().filter_map(failure).collect()
    }

    /// Waits until everything is delivered.
    pub fn await_delivered(&self) -> Result<()> {
        eventually(LIMIT, "every record is reported", || {
            (self.open() == 0).then_some(())
        })?;
        let failures = self.failures();
        ensure!(failures.is_empty(), "{failures:?}");
        Ok(())
    }
}

/// A producer whose records are numbered from 0 on, all of one key.
pub struct Writer {
    pub producer: Producer<Told>,
    publisher: Publisher<Told>,
    pub sheet: Sheet,
}

impl Writer {
    /// With properties by librdkafka's names.
    pub fn start(properties: Vec<(String, String)>) -> Result<Self> {
        Self::start_with(Settings::new(properties))
    }

    pub fn start_with(settings: Settings) -> Result<Self> {
        let producer = Producer::start(settings)?;
        Ok(Self {
            publisher: producer.publisher(),
            producer,
            sheet: Sheet::default(),
        })
    }

    /// How many records were shipped.
    pub fn shipped(&self) -> usize {
        self.sheet.lock().len()
    }

    /// Ships the next record.
    pub fn ship(&mut self, topic: &str) -> Result<()> {
        let number = {
            let mut reports = self.sheet.lock();
            reports.push(None);
            reports.len() - 1
        };
        let value = number.to_string().into_bytes();
        let index = self.publisher.topic(topic).context("no such topic")?;
        let piece = Piece {
            value: 0..u32::try_from(value.len())?,
            hash: murmur2(b"k"),
            ..Piece::default()
        };
        self.publisher.add(index, piece);
        let sheet = self.sheet.clone();
        self.publisher
            .ship(Parcel::seal(value, Told { sheet, number }));
        Ok(())
    }
}
