//! The way of changes through Kafka.

use super::super::setup::{Content, LETTERS};
use super::super::sights::Sight;
use super::{Fate, Ledger, Newest, Verdict};
use crate::pipeline::{Cargo, Shipment};
use aeroduct_kafka::{Recipient as _, Report};
use std::time::Duration;

impl Ledger {
    /// The frames that a message tells of. A dead letter may hold what nobody can read: it is
    /// known by its slot in the flight that has just been read.
    pub(in super::super) fn identify(
        &self,
        shipment: &Shipment,
        slot: u32,
        readable: Vec<usize>,
    ) -> Vec<usize> {
        if !readable.is_empty() {
            return readable;
        }
        let Cargo::Flight(_) = shipment.recipient() else {
            panic!("a message tells of no change");
        };
        let voyage = self.latest_voyage.as_ref().expect("something was read");
        vec![voyage.numbers[slot as usize]]
    }

    /// A message has come to the sink, which tells of these frames.
    pub(in super::super) fn shipped(
        &mut self,
        shipment: &Shipment,
        slot: u32,
        numbers: &[usize],
        (topic, bytes): (&'static str, usize),
    ) {
        self.trace
            .note(|| format!("{numbers:?} shipped to {topic}"));
        if numbers.len() > 1 {
            self.sights.add(Sight::Batch);
        }
        for &number in numbers {
            self.check_shipped(number, topic, bytes);
            let sent = &mut self.sent[number];
            if topic == LETTERS {
                sent.fate = Fate::Letter;
            } else {
                sent.fate = Fate::Aboard;
                self.flying.insert(sent.stream(), number);
            }
            let voyage = self.lines[sent.line].voyage_of(number);
            voyage.unreported.set(voyage.unreported.get() + 1);
            if let Cargo::Flight(flight) = shipment.recipient() {
                voyage.meet(flight);
                let slot = voyage.numbers.get(slot as usize);
                assert_eq!(slot, Some(&number), "the slot is that of another frame");
                let slots = flight.answers.count();
                assert_eq!(slots, voyage.numbers.len(), "each frame has a slot");
            }
        }
    }

    fn check_shipped(&self, number: usize, topic: &'static str, bytes: usize) {
        let sent = &self.sent[number];
        let read = sent.read.expect("only what was read is shipped");
        assert!(!read.is_overdue, "{number} is shipped though overdue");
        assert!(
            !sent.is_given_up(&self.lines),
            "{number} is shipped though nobody waits for it"
        );
        if topic == LETTERS {
            assert_eq!(bytes, sent.bytes, "{number} is not written as it came");
            let is_right = match (sent.fate, sent.content) {
                (Fate::Undeliverable, _) | (Fate::Unseen, Content::Refused) => true,
                (Fate::Unseen, Content::Change { topic }) => self.refused_topics.contains(topic),
                _ => false,
            };
            assert!(is_right, "{number} is no dead letter: {sent:?}");
            return;
        }
        assert_eq!(sent.content, Content::Change { topic }, "{number}");
        assert_eq!(sent.fate, Fate::Unseen, "{number} is shipped twice");
        if self.promises.rules.remembered.is_some() {
            let other = self.flying.get(&sent.stream());
            assert_eq!(other, None, "{number} is shipped while another is flying");
        }
    }

    /// The sink has no handle for this topic.
    pub(in super::super) fn refused_topic(&mut self, topic: &'static str) {
        self.refused_topics.insert(topic);
    }

    /// A message is about to be given to Kafka; true when nobody waits for it any more.
    pub(in super::super) fn hand_over(&mut self, shipment: &Shipment, numbers: &[usize]) -> bool {
        let is_given_up = |&number: &usize| self.sent[number].is_given_up(&self.lines);
        let is_behind = |&number: &usize| self.lines[self.sent[number].line].is_behind();
        let is_abandoned = shipment.recipient().is_abandoned();
        if numbers.iter().all(is_given_up) {
            assert!(
                is_abandoned,
                "{numbers:?} is given up and may yet be produced"
            );
        } else if !numbers.iter().any(is_behind) {
            assert!(
                !is_abandoned,
                "{numbers:?} is abandoned and nobody was told"
            );
        }
        if is_abandoned {
            self.sights.add(Sight::Abandoned);
        }
        is_abandoned
    }

    /// Kafka has a message that tells of these frames.
    pub(in super::super) fn appended(&mut self, numbers: &[usize]) {
        self.trace.note(|| format!("{numbers:?} appended"));
        let now = self.clock.now();
        for &number in numbers {
            let sent = &self.sent[number];
            if sent.fate == Fate::Letter {
                continue;
            }
            let before = self.appended.insert((sent.line, sent.record), number);
            assert!(
                before.is_none_or(|before| before < number),
                "{number} is in Kafka behind {before:?}, a later change of its record"
            );
            if self.promises.rules.remembered.is_some() {
                let newest = self.newest.get(&sent.stream());
                assert!(
                    newest.is_none_or(|it| it.number < number || it.until < now),
                    "{number} is in Kafka behind {newest:?}, a newer version"
                );
            }
        }
    }

    /// The sink is about to report the message that tells of these frames.
    pub(in super::super) fn reported(&mut self, numbers: &[usize], report: Report) {
        self.trace.note(|| format!("{numbers:?} {report:?}"));
        for &number in numbers {
            let fate = self.fate_after(number, numbers.len(), report);
            let sent = &mut self.sent[number];
            if sent.fate == Fate::Aboard {
                self.flying.remove(&sent.stream());
            }
            sent.fate = fate;
            let voyage = self.lines[sent.line].voyage_of(number);
            voyage.unreported.set(voyage.unreported.get() - 1);
            if fate == Fate::Known(Verdict::Delivered) {
                self.remember(number);
            }
        }
    }

    fn fate_after(&self, number: usize, company: usize, report: Report) -> Fate {
        let is_letter = match self.sent[number].fate {
            Fate::Letter => true,
            Fate::Aboard => false,
            fate => panic!("{number} is reported, and is {fate:?}"),
        };
        Fate::Known(match report {
            Report::Delivered if is_letter => Verdict::LetterDelivered,
            Report::Delivered => Verdict::Delivered,
            Report::Failed(_) if is_letter => Verdict::LetterFailed,
            Report::Failed(failure) if !failure.is_permanent() => Verdict::Failed,
            Report::Failed(_) if company > 1 => Verdict::BatchFailed,
            Report::Failed(_) if self.promises.rules.has_letters => return Fate::Undeliverable,
            Report::Failed(_) => Verdict::FailedForGood,
        })
    }

    fn remember(&mut self, number: usize) {
        let sent = &self.sent[number];
        let read = sent.read.expect("only what was read is shipped");
        let remembered = self.promises.rules.remembered.unwrap_or_default();
        let newest = Newest {
            number,
            // The connector counts in whole seconds.
            until: (read.at + remembered).saturating_sub(Duration::from_secs(1)),
        };
        let known = self.newest.entry(sent.stream()).or_insert(newest);
        if known.number < number {
            *known = newest;
        }
    }

    /// The flights of these frames will never come back.
    pub(in super::super) fn written_off(&mut self, numbers: &[usize]) {
        self.sights.add(Sight::WrittenOff);
        for &number in numbers {
            let line = &self.lines[self.sent[number].line];
            line.voyage_of(number).is_written_off.set(true);
        }
    }
}
