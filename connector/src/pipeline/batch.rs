//! A message that stands for several records: its report is the answer of each.

use super::arenas::Arenas;
use super::flight::Flight;
use super::limits::Limits;
use aeroduct_kafka::{Failure, Report};
use std::sync::Arc;

/// A record in a batch: its slot in its flight.
#[derive(Clone, Debug)]
pub(super) struct Passenger {
    pub(super) flight: Arc<Flight>,
    pub(super) slot: u32,
    pub(super) digest: [u8; 20],
}

/// A message of several records, or a dead letter, which is sent apart from its flight.
#[derive(Debug)]
pub struct Batch {
    pub(super) passengers: Box<[Passenger]>,
    /// Bytes of key and value.
    pub(super) bytes: usize,
    /// What is learnt of batches of its topic.
    pub(super) limits: Arc<Limits>,
    pub(super) arenas: Arc<Arenas>,
}

impl Batch {
    /// Answers all records as their message was: but when Kafka refuses a message of several for what
    /// is in it, that may be for its size or for one of them. Then all are sent again by their source, into
    /// smaller batches or each alone.
    pub(super) fn report(&self, report: Report) {
        match report {
            Report::Failed(failure) if is_of_one(failure) && self.passengers.len() > 1 => {
                self.limits.learn(failure, self);
                for Passenger { flight, slot, .. } in &self.passengers {
                    flight.put_off(*slot, failure);
                }
            }
            Report::Delivered | Report::Failed(_) => {
                self.limits.note(report, self);
                for Passenger { flight, slot, .. } in &self.passengers {
                    flight.report(*slot, report);
                }
            }
        }
    }

    /// Counts the reports; those of one flight that follow each other together.
    pub(super) fn settle(&self) {
        let same = |one: &Passenger, other: &Passenger| Arc::ptr_eq(&one.flight, &other.flight);
        for run in self.passengers.chunk_by(same) {
            if let [Passenger { flight, .. }, ..] = run {
                flight.settle(u32::try_from(run.len()).unwrap_or(u32::MAX));
            }
        }
    }

    pub(super) fn is_abandoned(&self) -> bool {
        let mut passengers = self.passengers.iter();
        passengers.all(|passenger| passenger.flight.is_abandoned())
    }

    pub(super) fn reclaim(&self, bytes: Vec<u8>) {
        self.arenas.give_back(bytes);
    }

    pub(super) fn written_off(&self) {
        for passenger in &self.passengers {
            passenger.flight.written_off();
        }
    }
}

/// Whether one record may be to blame. The time of a message is the latest of its records.
fn is_of_one(failure: Failure) -> bool {
    failure.is_permanent() || failure == Failure::InvalidTimestamp
}
