//! Wakes librdkafka when a gathered batch is due.
//!
//! librdkafka holds a batch back for a moment after its first record, so that it is whole when it
//! goes (see [`Settings::gather`](crate::Settings::gather)). But its threads sleep in whole
//! milliseconds, several times as long. One thread of ours that sleeps in microseconds wakes them:
//! once for all batches that are due together.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Recipient;
use crate::shared::Shared;
use crate::sync::lock;

/// What comes after `gather` until a batch is surely due: librdkafka's clock has whole microseconds.
const MARGIN: Duration = Duration::from_micros(2);

/// librdkafka looks at all its partitions whenever it wakes. With more than this it is awake often
/// enough, and waking it once more costs more than it gains.
const PARTITIONS_MAX: usize = 64;

/// Batches of more records are not prompted: where they come, records wait for the batch before,
/// and not for librdkafka's clock.
const RECORDS_MAX: usize = 256;

/// When to wake librdkafka next.
#[derive(Default)]
pub(crate) struct Prompter {
    partitions: AtomicUsize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The next time.
    due: Option<Instant>,
    /// When the batch handed over last is due.
    latest: Option<Instant>,
    is_stopped: bool,
}

impl Prompter {
    /// Notes that there is one more partition.
    pub(crate) fn note_partition(&self) {
        self.partitions.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes a batch of `records`, the first of which was handed over at `start`.
    pub(crate) fn note(&self, start: Instant, gather: Duration, records: usize) {
        let is_many = self.partitions.load(Ordering::Relaxed) > PARTITIONS_MAX;
        if gather.is_zero() || records > RECORDS_MAX || is_many {
            return;
        }
        let due = start + gather + MARGIN;
        let mut state = lock(&self.state);
        state.latest = Some(due);
        if state.due.is_none() {
            state.due = Some(due);
            drop(state);
            self.changed.notify_one();
        }
    }

    pub(crate) fn stop(&self) {
        lock(&self.state).is_stopped = true;
        self.changed.notify_one();
    }

    /// Waits until something is due; false at the end.
    fn wait(&self) -> bool {
        let mut state = lock(&self.state);
        loop {
            if state.is_stopped {
                return false;
            }
            let now = Instant::now();
            state = match state.due {
                Some(due) if due <= now => {
                    state.due = state.latest.filter(|latest| *latest > now);
                    return true;
                }
                Some(due) => {
                    let waited = self.changed.wait_timeout(state, due - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(state);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
    }
}

/// Runs the thread until it is stopped.
pub(crate) fn run<R: Recipient>(shared: &Shared<R>) {
    while shared.prompter.wait() {
        for carrier in shared.carriers.all() {
            if let Some(client) = carrier.client.load_full() {
                client.prompt();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATHER: Duration = Duration::from_millis(5);

    #[test]
    fn a_batch_is_prompted_when_it_is_due_and_the_last_of_several_too() {
        let prompter = Prompter::default();
        let first = Instant::now();
        prompter.note(first, GATHER, 1);
        let last = first + GATHER;
        prompter.note(last, GATHER, 1);
        assert!(prompter.wait());
        assert!(first.elapsed() >= GATHER);
        assert!(prompter.wait());
        assert!(last.elapsed() >= GATHER);
        assert!(lock(&prompter.state).due.is_none());
    }

    #[test]
    fn large_batches_and_those_of_many_partitions_are_not_prompted() {
        let prompter = Prompter::default();
        prompter.note(Instant::now(), GATHER, RECORDS_MAX + 1);
        assert!(lock(&prompter.state).due.is_none());
        for _ in 0..=PARTITIONS_MAX {
            prompter.note_partition();
        }
        prompter.note(Instant::now(), GATHER, 1);
        assert!(lock(&prompter.state).due.is_none());
    }

    #[test]
    fn without_gathering_there_is_nothing_to_wait_for() {
        let prompter = Prompter::default();
        prompter.note(Instant::now(), Duration::ZERO, 1);
        prompter.stop();
        assert!(!prompter.wait());
    }
}
