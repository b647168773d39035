//! The ends of connections, and what must hold whenever the connector has done what it can do at a
//! moment.

use super::super::setup::Content;
use super::super::sights::Sight;
use super::line::{LineEnd, Voyage};
use super::{Fate, Ledger};
use crate::source::desk::TICK;
use std::rc::Rc;

impl Ledger {
    /// The socket of a connection has taken all that was offered, or not.
    pub(in super::super) fn offered(&mut self, line: usize, is_taken: bool) {
        if !is_taken {
            self.trace.note(|| format!("line {line}: takes no more"));
        }
        self.lines[line].offered(is_taken, self.clock.now());
    }

    /// The source writes nothing more on a connection.
    pub(in super::super) fn ended(&mut self, line: usize) {
        self.trace.note(|| format!("line {line}: ended"));
        self.lines[line].end();
    }

    /// The peer has reset a connection.
    pub(in super::super) fn reset(&mut self, line: usize) {
        self.trace.note(|| format!("line {line}: reset"));
        self.lines[line].reset();
    }

    /// The connector writes nothing more on a connection.
    pub(in super::super) fn finished(&mut self, line: usize) {
        let parting = self.lines[line].finish(self.clock.now(), self.is_draining, &self.promises);
        self.trace
            .note(|| format!("line {line}: finished, {parting:?}"));
        self.sights.add(Sight::Ended(parting));
    }

    /// The connector has let go of a connection.
    pub(in super::super) fn closed(&mut self, line: usize) {
        self.trace.note(|| format!("line {line}: closed"));
        if let Some(parting) = self.lines[line].close(self.clock.now(), self.is_stopping) {
            self.sights.add(Sight::Ended(parting));
        }
    }

    /// How far the end of a connection has come.
    pub(in super::super) fn end_of(&self, line: usize) -> LineEnd {
        self.lines[line].how_ended()
    }

    /// Checks what must hold when a shard with these connections has come round, and either will
    /// come round again at once or is at rest.
    pub(in super::super) fn check_round(
        &mut self,
        lines: impl Iterator<Item = usize>,
        is_at_rest: bool,
    ) {
        let now = self.clock.now();
        for number in lines {
            self.lines[number].rest();
            let line = &self.lines[number];
            let Some(oldest) = line.oldest() else {
                continue;
            };
            if line.is_behind() || line.is_closed() {
                continue;
            }
            let read = self.sent[oldest].read.expect("it was read");
            assert!(
                now < read.at + self.promises.deadline + TICK,
                "{oldest} is not answered, and its deadline has passed"
            );
            let voyage = line.voyage_of(oldest);
            assert!(
                !is_at_rest || !voyage.numbers.iter().all(|&it| self.is_settled(it)),
                "{oldest} and all of its flight is known, and it is not answered"
            );
        }
    }

    /// Checks that whatever waits in the pipeline has something to wait for, when all shards are at
    /// rest.
    pub(in super::super) fn check_waiting(&mut self) {
        let waiting: Vec<_> = self
            .voyages
            .iter()
            .flat_map(|voyage: &Rc<Voyage>| voyage.numbers.iter().copied())
            .filter(|&number| self.sent[number].fate == Fate::Unseen)
            .filter(|&number| !self.is_settled(number))
            .collect();
        for &number in &waiting {
            let sent = &self.sent[number];
            if sent.is_given_up(&self.lines) || self.lines[sent.line].is_behind() {
                continue;
            }
            assert!(
                matches!(sent.content, Content::Change { .. }) && self.may_wait(sent),
                "{number} was not shipped: {sent:?}"
            );
            // It need not be told yet: others of its flight may wait.
            let is_stale = self.cause_to_skip(number).is_some();
            let is_flying = self.flying.contains_key(&sent.stream());
            let is_before = |&other: &usize| {
                self.sent[other].record == sent.record && self.is_in_open_batch(other)
            };
            let is_behind_another = self.promises.rules.remembered.is_some()
                && (is_flying || waiting.iter().any(is_before));
            assert!(
                is_stale || is_behind_another || self.is_in_open_batch(number),
                "{number} waits for nothing"
            );
            if is_flying {
                self.sights.add(Sight::Waited);
            }
        }
    }

    /// A batch with this frame may wait for company.
    fn is_in_open_batch(&self, number: usize) -> bool {
        let now = self.clock.now();
        let read = self.sent[number].read;
        let end = read.zip(self.promises.rules.batch_interval);
        end.is_some_and(|(read, interval)| now < read.at + interval)
    }
}
