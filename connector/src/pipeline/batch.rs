//! A message that stands for several records: its report is the answer of each.

use super::arenas::Arenas;
use super::flight::Flight;
use super::window::Admitted;
use crate::sync::atomic::{AtomicUsize, Ordering};
use aeroduct_kafka::Report;
use std::sync::Arc;

/// A record in a batch: its slot in its flight.
#[derive(Clone, Debug)]
pub(super) struct Passenger {
    pub(super) flight: Arc<Flight>,
    pub(super) slot: u32,
}

/// A message of several records, or a dead letter, which is sent apart from its flight.
#[derive(Debug)]
pub struct Batch {
    pub(super) passengers: Box<[Passenger]>,
    /// Bytes of key and value.
    pub(super) bytes: usize,
    /// How large batches of its kind may be.
    pub(super) ceiling: Arc<Ceiling>,
    /// The memory of the message.
    pub(super) admitted: Admitted,
    pub(super) arenas: Arc<Arenas>,
}

impl Batch {
    /// Answers all records as their message was: but when Kafka refuses a message of several for good,
    /// that may be for its size or for one of them. Then all are sent again by their source, and
    /// smaller batches are made until the one that is to blame is alone.
    pub(super) fn report(&self, report: Report) {
        match report {
            Report::Failed(failure) if failure.is_permanent() && self.passengers.len() > 1 => {
                self.ceiling.lower(self.bytes);
                for Passenger { flight, slot } in &self.passengers {
                    flight.put_off(*slot, failure);
                }
            }
            Report::Delivered | Report::Failed(_) => {
                if report == Report::Delivered {
                    self.ceiling.raise(self.bytes);
                }
                for Passenger { flight, slot } in &self.passengers {
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
        self.admitted.release();
        for passenger in &self.passengers {
            passenger.flight.written_off();
        }
    }
}

/// How large a batch may be, in bytes of key and value: what the producer takes, or less after Kafka
/// has refused one.
#[derive(Debug)]
pub(super) struct Ceiling {
    bytes: AtomicUsize,
    most: usize,
}

impl Ceiling {
    pub(super) fn new(most: usize) -> Self {
        Self {
            bytes: AtomicUsize::new(most),
            most,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// A batch of so many bytes was refused.
    fn lower(&self, refused: usize) {
        self.bytes.fetch_min(refused / 2, Ordering::Relaxed);
    }

    /// A batch of so many bytes was taken: the next may be somewhat larger.
    fn raise(&self, taken: usize) {
        let bytes = self.bytes();
        if bytes < self.most && taken >= bytes / 2 {
            let more = bytes + bytes / 8 + 1;
            self.bytes.store(more.min(self.most), Ordering::Relaxed);
        }
    }
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests {
    use super::Ceiling;

    #[test]
    fn a_refused_batch_halves_the_ceiling_and_full_ones_raise_it_again() {
        let ceiling = Ceiling::new(1000);
        ceiling.lower(900);
        assert_eq!(ceiling.bytes(), 450);
        ceiling.raise(100);
        assert_eq!(ceiling.bytes(), 450, "a small batch proves nothing");
        for _ in 0..10 {
            ceiling.raise(ceiling.bytes());
        }
        assert_eq!(ceiling.bytes(), 1000);
    }
}
