//! The ends of connections, and what must hold whenever the connector has done what it can do at a
//! moment.

use super::super::setup::Rules;
use super::super::sights::Sight;
use super::line::{LineEnd, Voyage};
use super::{Fate, Ledger};
use crate::source::desk::TICK;
use std::rc::Rc;
use std::time::Duration;

/// A shard looks so often at least for what nobody waits for.
const LOOK_TIME: Duration = Duration::from_millis(1_100);

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
        self.let_go_of_given_up();
        let waiting: Vec<_> = self
            .voyages
            .iter()
            .flat_map(|voyage: &Rc<Voyage>| voyage.numbers.iter().copied())
            .filter(|&number| !self.is_settled(number))
            .collect();
        for &number in &waiting {
            let sent = &self.sent[number];
            if sent.is_given_up(&self.lines) || self.lines[sent.line].is_behind() {
                continue;
            }
            match sent.fate {
                Fate::Unseen => self.check_unseen(number, &waiting),
                Fate::Undeliverable => panic!("no letter is made of {number}"),
                Fate::Aboard | Fate::Letter | Fate::Known(_) => {}
            }
            if sent.fate == Fate::Unseen && self.flying.contains_key(&sent.stream()) {
                self.sights.add(Sight::Waited);
            }
        }
    }

    fn check_unseen(&self, number: usize, waiting: &[usize]) {
        let sent = &self.sent[number];
        assert!(self.may_wait(sent), "{number} was not shipped: {sent:?}");
        // It need not be told yet: others of its flight may wait.
        let is_stale = self.cause_to_skip(number).is_some();
        let is_before = |&other: &usize| {
            self.sent[other].fate == Fate::Unseen
                && self.sent[other].stream() == sent.stream()
                && self.is_in_open_batch(other)
        };
        let is_behind_another = self.promises.rules.remembered.is_some()
            && (self.flying.contains_key(&sent.stream()) || waiting.iter().any(is_before));
        assert!(
            is_stale || is_behind_another || self.is_in_open_batch(number),
            "{number} waits for nothing"
        );
    }

    /// What nobody waits for has been found by now, wherever it was.
    fn let_go_of_given_up(&self) {
        let interval = self.promises.rules.batch_interval.unwrap_or_default();
        for voyage in &self.voyages {
            let first = &self.sent[voyage.numbers[0]];
            let since = first.given_up_at(&self.lines);
            let is_found = |since| self.clock.now() >= since + interval + LOOK_TIME;
            voyage.has_left.set(since.is_some_and(is_found));
        }
    }

    /// Checks that a shard with these connections, which has come round, keeps no records back that
    /// should go: in a drain, when the window is full, or when they are much of it.
    pub(in super::super) fn check_batches(&self, lines: impl Iterator<Item = usize>) {
        let Rules {
            batch_interval: Some(_),
            remembered: None,
            ..
        } = self.promises.rules
        else {
            return;
        };
        let lines: Vec<_> = lines.collect();
        let numbers = self.voyages.iter().flat_map(|voyage| &voyage.numbers);
        let waiting = numbers.filter(|&&number: &&usize| {
            let sent = &self.sent[number];
            let is_kept =
                self.may_wait(sent) && !self.is_settled(number) && !sent.is_given_up(&self.lines);
            is_kept && lines.contains(&sent.line) && !self.lines[sent.line].is_behind()
        });
        let waiting = waiting.count();
        let is_much = waiting >= self.window.limit().records / 4;
        let should_go = self.is_draining || self.window.is_stalled() || is_much;
        assert!(
            waiting == 0 || !should_go,
            "{waiting} records are kept back"
        );
    }

    /// A batch with this frame may wait for company.
    fn is_in_open_batch(&self, number: usize) -> bool {
        let now = self.clock.now();
        let read = self.sent[number].read;
        let end = read.zip(self.promises.rules.batch_interval);
        end.is_some_and(|(read, interval)| now < read.at + interval)
    }
}
