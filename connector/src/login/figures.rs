//! How often what Kafka is shown has changed.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the changes.
#[derive(Debug, Default)]
pub struct Figures {
    taken: AtomicU64,
    refused: AtomicU64,
}

/// The counts of one moment.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LoginFigures {
    /// Changes that the producer has taken up.
    pub taken: u64,
    /// Tries to take one up that failed; what was in use goes on.
    pub refused: u64,
}

impl Figures {
    pub(super) fn note_taken(&self) {
        self.taken.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn note_refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// What is counted now.
    pub fn read(&self) -> LoginFigures {
        LoginFigures {
            taken: self.taken.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
        }
    }
}
