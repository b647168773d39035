//! What must be true: a book of everything that was sent, read, shipped, reported and answered,
//! which each event is checked against.

mod answers;
mod audit;
mod line;
mod shipping;
mod window;

use super::clock::SimulatedClock;
use super::setup::{Content, Rules};
use super::sights::{Sight, Sights};
use super::trace::Trace;
use crate::pipeline::Window;
use line::{Line, Voyage};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

pub(super) use line::LineEnd;

/// A record on its way to a topic: its versions keep their order.
type Stream = (usize, &'static str);

/// One frame that a source has sent.
#[derive(Debug)]
struct Sent {
    line: usize,
    record: usize,
    content: Content,
    bytes: usize,
    /// Where it ends in the bytes of its connection.
    end: u64,
    read: Option<Read>,
    fate: Fate,
    answer: Option<u8>,
    answered_at: Duration,
}

/// When the connector had a frame whole.
#[derive(Clone, Copy, Debug)]
struct Read {
    at: Duration,
    /// The window was overdue, so that nothing was to be produced.
    is_overdue: bool,
}

/// What Kafka's side has to do with a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    /// Nothing yet, or never.
    Unseen,
    /// A message that tells of it is on its way.
    Aboard,
    /// Kafka refuses it for good, so that it is to become a dead letter.
    Undeliverable,
    /// It is on its way as a dead letter.
    Letter,
    Known(Verdict),
}

/// Kafka's last word about a frame.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Verdict {
    Delivered,
    Failed,
    FailedForGood,
    /// Its batch was refused for good; it may go by itself.
    BatchFailed,
    LetterDelivered,
    LetterFailed,
}

/// The newest version of a record that Kafka has acknowledged.
#[derive(Clone, Copy, Debug)]
struct Newest {
    number: usize,
    /// So long it is remembered at least.
    until: Duration,
}

/// The book of one run.
#[derive(Debug)]
pub(super) struct Ledger {
    clock: SimulatedClock,
    trace: Trace,
    sights: Sights,
    promises: Promises,
    window: Arc<Window>,
    sent: Vec<Sent>,
    lines: Vec<Line>,
    /// Flights of which something may still be counted.
    voyages: Vec<Rc<Voyage>>,
    latest_voyage: Option<Rc<Voyage>>,
    /// The last change of each record of each connection that Kafka has.
    appended: BTreeMap<(usize, usize), usize>,
    /// By record: its last change that was shipped and is not reported.
    flying: BTreeMap<Stream, usize>,
    /// By record.
    newest: BTreeMap<Stream, Newest>,
    refused_topics: BTreeSet<&'static str>,
    is_draining: bool,
    is_stopping: bool,
}

/// What the connector has promised.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promises {
    pub(super) deadline: Duration,
    pub(super) rules: Rules,
    pub(super) age: Option<Duration>,
    pub(super) idle: Option<Duration>,
}

impl Ledger {
    pub(super) fn new(
        clock: SimulatedClock,
        trace: Trace,
        promises: Promises,
        window: Arc<Window>,
    ) -> Self {
        Self {
            clock,
            trace,
            sights: Sights::default(),
            promises,
            window,
            sent: Vec::new(),
            lines: Vec::new(),
            voyages: Vec::new(),
            latest_voyage: None,
            appended: BTreeMap::new(),
            flying: BTreeMap::new(),
            newest: BTreeMap::new(),
            refused_topics: BTreeSet::new(),
            is_draining: false,
            is_stopping: false,
        }
    }

    /// Notes that something was met.
    pub(super) fn see(&mut self, sight: Sight) {
        self.sights.add(sight);
    }

    pub(super) const fn sights(&self) -> &Sights {
        &self.sights
    }

    /// Notes a new connection and gives its number.
    pub(super) fn open_line(&mut self) -> usize {
        self.lines.push(Line::default());
        self.lines.len() - 1
    }

    /// The number of the next frame.
    pub(super) const fn next_number(&self) -> usize {
        self.sent.len()
    }

    /// A source has sent a sound frame of so many bytes.
    pub(super) fn sent(&mut self, line: usize, record: usize, content: Content, bytes: usize) {
        let number = self.sent.len();
        let end = self.lines[line].sent(number, bytes);
        self.sent.push(Sent {
            line,
            record,
            content,
            bytes,
            end,
            read: None,
            fate: Fate::Unseen,
            answer: None,
            answered_at: Duration::ZERO,
        });
        self.trace.note(|| {
            format!("line {line}: sends {number}, record {record}, {content:?}, {bytes} bytes")
        });
    }

    /// A source has sent what is no frame.
    pub(super) fn sent_broken(&mut self, line: usize) {
        self.lines[line].sent_broken();
        self.trace
            .note(|| format!("line {line}: sends what is no frame"));
    }

    /// The record of a frame, if it was a change.
    pub(super) fn record_of(&self, number: usize) -> Option<usize> {
        let sent = &self.sent[number];
        matches!(sent.content, Content::Change { .. }).then_some(sent.record)
    }

    /// The connector has taken over a connection.
    pub(super) fn admitted(&mut self, line: usize) {
        self.trace.note(|| format!("line {line}: admitted"));
        self.lines[line].admit(self.clock.now());
    }

    /// The connector has read so many bytes of a connection; 0 is their end.
    pub(super) fn read(&mut self, line: usize, bytes: usize) {
        self.trace
            .note(|| format!("line {line}: {bytes} bytes read"));
        let now = self.clock.now();
        let read = Read {
            at: now,
            is_overdue: self.window.is_overdue(),
        };
        let sent = &mut self.sent;
        let line = &mut self.lines[line];
        let numbers = line.read(bytes, now, |number| sent[number].end);
        if numbers.is_empty() {
            return;
        }
        for &number in &numbers {
            sent[number].read = Some(read);
        }
        let is_refused = |&number: &usize| matches!(sent[number].content, Content::Refused);
        if numbers.iter().any(is_refused) {
            line.spoil();
        }
        let voyage = line.depart(numbers);
        self.voyages.push(Rc::clone(&voyage));
        self.latest_voyage = Some(voyage);
    }

    /// True when the connector has let go of a connection.
    pub(super) fn is_closed(&self, line: usize) -> bool {
        self.lines[line].is_closed()
    }

    /// Overdue messages fill the window.
    pub(super) fn is_window_overdue(&self) -> bool {
        self.window.is_overdue()
    }

    /// True when nothing but a lack of room may keep the connector from reading.
    pub(super) fn may_read(&self, line: usize) -> bool {
        let is_at_leisure = self.lines[line].is_at_leisure();
        is_at_leisure && self.promises.age.is_none() && !self.is_draining
    }

    /// True when a connection must be closed in time, whatever its peer does.
    pub(super) fn must_end(&self, line: usize) -> bool {
        self.lines[line].must_end()
    }

    pub(super) fn drain(&mut self) {
        self.trace
            .note(|| "the connector is told to drain".to_owned());
        self.is_draining = true;
    }

    pub(super) fn stop(&mut self) {
        self.trace
            .note(|| "the connector is told to stop".to_owned());
        self.is_draining = true;
        self.is_stopping = true;
    }
}

impl Sent {
    /// Whose order the change keeps.
    const fn stream(&self) -> Stream {
        let topic = match self.content {
            Content::Change { topic } => topic,
            _ => "",
        };
        (self.record, topic)
    }

    /// Nobody waits for its answer any more.
    fn is_given_up(&self, lines: &[Line]) -> bool {
        self.given_up_at(lines).is_some()
    }

    /// Since when nobody waits for its answer any more.
    fn given_up_at(&self, lines: &[Line]) -> Option<Duration> {
        let answered_at = self.answer.map(|_| self.answered_at);
        answered_at.or_else(|| lines[self.line].closed_at())
    }
}
