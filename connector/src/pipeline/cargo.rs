//! Whose messages a parcel holds: those of one flight, or one that stands for records of several.

use super::batch::Batch;
use super::flight::Flight;
use aeroduct_kafka::{Parcel, Recipient, Report};
use std::sync::Arc;

/// What a parcel carries, and who is told of the reports.
#[derive(Debug)]
pub enum Cargo {
    /// Messages of single records; a message's slot is its record's in the flight.
    Flight(Arc<Flight>),
    /// One message of several records.
    Batch(Batch),
}

/// Bytes on their way to Kafka.
pub type Shipment = Arc<Parcel<Cargo>>;

impl Recipient for Cargo {
    #[inline]
    fn report(&self, slot: u32, report: Report) {
        match self {
            Self::Flight(flight) => flight.report(slot, report),
            Self::Batch(batch) => batch.report(report),
        }
    }

    fn settle(&self, count: u32) {
        match self {
            Self::Flight(flight) => flight.settle(count),
            Self::Batch(batch) => batch.settle(),
        }
    }

    fn is_abandoned(&self) -> bool {
        match self {
            Self::Flight(flight) => flight.is_abandoned(),
            Self::Batch(batch) => batch.is_abandoned(),
        }
    }

    fn reclaim(&self, bytes: Vec<u8>) {
        match self {
            Self::Flight(flight) => flight.reclaim(bytes),
            Self::Batch(batch) => batch.reclaim(bytes),
        }
    }

    fn written_off(&self) {
        match self {
            Self::Flight(flight) => flight.written_off(),
            Self::Batch(batch) => batch.written_off(),
        }
    }
}
