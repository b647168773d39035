//! The answers that one flight owes its source: a slot per record and one counter of the
//! records that still wait for Kafka. Written by report threads, read by the shard.
//!
//! Order of memory: a slot is written relaxed before its record is settled with
//! release, and read only after the counter was seen at zero with acquire; or, when a
//! flight is answered at its deadline, at any moment, which is why every slot begins as
//! "temporary error" and holds a whole answer at all times.

use crate::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// What the source is told about one record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// Kafka has acknowledged the record, or a rule says that it is not to be published.
    Success,
    /// Send it again later.
    TemporaryError,
    /// This version of the record will never pass.
    PermanentError,
}

/// One answer slot per record, and how many of them may still change.
#[derive(Debug)]
pub struct Answers {
    slots: Box<[AtomicU8]>,
    outstanding: AtomicU32,
}

impl Answers {
    /// Takes over the answers known at departure; `outstanding` of them are still to come.
    pub fn new(known: &[Answer], outstanding: u32) -> Self {
        Self {
            slots: known
                .iter()
                .map(|&answer| AtomicU8::new(encode(answer)))
                .collect(),
            outstanding: AtomicU32::new(outstanding),
        }
    }

    /// Number of records.
    pub fn count(&self) -> usize {
        self.slots.len()
    }

    /// Writes the answer of one record. A slot out of range is ignored.
    pub fn put(&self, slot: u32, answer: Answer) {
        if let Some(slot) = usize::try_from(slot)
            .ok()
            .and_then(|slot| self.slots.get(slot))
        {
            slot.store(encode(answer), Ordering::Relaxed);
        }
    }

    /// Counts `count` records as answered; true for the call that answers the last one.
    pub fn settle(&self, count: u32) -> bool {
        self.outstanding.fetch_sub(count, Ordering::AcqRel) == count
    }

    /// One more report is to come for a record that has had one; before that one is settled.
    pub fn expect_another(&self) {
        self.outstanding.fetch_add(1, Ordering::AcqRel);
    }

    /// True when no answer will change any more.
    pub fn is_complete(&self) -> bool {
        self.outstanding.load(Ordering::Acquire) == 0
    }

    /// The answers as they are now, in order of arrival.
    pub fn iter(&self) -> impl Iterator<Item = Answer> {
        self.slots
            .iter()
            .map(|slot| decode(slot.load(Ordering::Relaxed)))
    }
}

const fn encode(answer: Answer) -> u8 {
    match answer {
        Answer::TemporaryError => 0,
        Answer::Success => 1,
        Answer::PermanentError => 2,
    }
}

const fn decode(slot: u8) -> Answer {
    match slot {
        1 => Answer::Success,
        2 => Answer::PermanentError,
        _ => Answer::TemporaryError,
    }
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_slot_without_a_report_means_send_it_again() {
        let answers = Answers::new(&[Answer::TemporaryError, Answer::Success], 1);
        assert!(!answers.is_complete());
        assert_eq!(
            answers.iter().collect::<Vec<_>>(),
            [Answer::TemporaryError, Answer::Success]
        );
    }

    #[test]
    fn only_the_last_settlement_completes() {
        let answers = Answers::new(&[Answer::TemporaryError; 3], 3);
        answers.put(1, Answer::PermanentError);
        answers.put(9, Answer::Success);
        assert!(!answers.settle(2));
        assert!(answers.settle(1));
        assert!(answers.is_complete());
        assert_eq!(
            answers.iter().collect::<Vec<_>>(),
            [
                Answer::TemporaryError,
                Answer::PermanentError,
                Answer::TemporaryError
            ]
        );
    }
}

#[cfg(all(test, aeroduct_loom))]
mod interleavings {
    use super::*;
    use loom::{sync::Arc, thread};

    #[test]
    fn whoever_sees_the_flight_complete_sees_every_report() {
        loom::model(|| {
            let answers = Arc::new(Answers::new(&[Answer::TemporaryError; 2], 2));
            let reporters: Vec<_> = [(0, Answer::Success), (1, Answer::PermanentError)]
                .into_iter()
                .map(|(slot, answer)| {
                    let answers = Arc::clone(&answers);
                    thread::spawn(move || {
                        answers.put(slot, answer);
                        answers.settle(1)
                    })
                })
                .collect();
            if answers.is_complete() {
                assert_eq!(
                    answers.iter().collect::<Vec<_>>(),
                    [Answer::Success, Answer::PermanentError]
                );
            }
            let last = reporters
                .into_iter()
                .filter_map(|thread| thread.join().ok());
            assert_eq!(
                last.filter(|&last| last).count(),
                1,
                "one report completes the flight"
            );
        });
    }

    #[test]
    fn an_early_reader_sees_whole_answers_only() {
        loom::model(|| {
            let answers = Arc::new(Answers::new(&[Answer::TemporaryError], 1));
            let reporter = {
                let answers = Arc::clone(&answers);
                thread::spawn(move || {
                    answers.put(0, Answer::Success);
                    answers.settle(1);
                })
            };
            let early = answers.iter().next();
            assert!(matches!(
                early,
                Some(Answer::TemporaryError | Answer::Success)
            ));
            assert!(reporter.join().is_ok());
        });
    }
}
