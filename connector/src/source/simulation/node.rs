//! A node of a database that ships its changes, as XDR does: replies are matched by their order, what
//! is not answered in time goes again over a new connection, and what goes again is the record's
//! current version (7.2).

mod link;

use super::change::{write_broken, write_nonsense};
use super::clock::SimulatedClock;
use super::ledger::{Ledger, LineEnd};
use super::manners::Manners;
use super::random::Random;
use super::setup::{PORTS, Setup};
use super::wire::{SharedWire, Wire};
use aeroduct_wire::reply::{self, ResultCode};
use link::{Link, Mood};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

/// A record without an answer for so long is sent again (7.2).
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Records whose changes a node ships.
const RECORDS: usize = 7;

/// A new connection, on its way to the connector.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) wire: SharedWire,
    pub(super) port: u16,
}

/// A node and its connections.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) manners: Manners,
    setup: Setup,
    clock: SimulatedClock,
    ledger: Rc<RefCell<Ledger>>,
    links: Vec<Link>,
    /// Records that must be sent again.
    retries: VecDeque<usize>,
    /// Changes that are yet to be made.
    pub(super) changes_left: usize,
    outstanding_max: usize,
    /// Bytes that the connector may write before the node must read.
    room: usize,
}

impl Node {
    pub(super) fn new(
        setup: Setup,
        clock: SimulatedClock,
        ledger: Rc<RefCell<Ledger>>,
        manners: Manners,
        random: &mut Random,
    ) -> Self {
        Self {
            manners,
            setup,
            clock,
            ledger,
            links: Vec::new(),
            retries: VecDeque::new(),
            changes_left: random.between(1, 60),
            outstanding_max: random.pick(&[1, 8, 40]),
            room: random.pick(&[1, 45, 300, 10_000]),
        }
    }

    /// True when everything is sent and answered.
    pub(super) fn is_done(&self) -> bool {
        let ledger = self.ledger.borrow();
        let is_idle = |link: &Link| {
            let is_answered = link.outstanding.is_empty() && link.unsent.is_empty();
            is_answered && !ledger.must_end(link.line)
        };
        self.changes_left == 0 && self.retries.is_empty() && self.links.iter().all(is_idle)
    }

    /// Does something; a connection that is newly opened is returned.
    pub(super) fn act(&mut self, random: &mut Random) -> Option<Call> {
        self.forget_closed();
        self.resend_overdue(random);
        if self.links.len() < 4 && (self.links.is_empty() || random.percent(3)) {
            return Some(self.open(random));
        }
        let index = random.below(self.links.len());
        if random.percent(self.manners.leaving) {
            self.leave(index, random);
            return None;
        }
        if random.percent(self.manners.stalling) {
            self.change_mood(index, random);
        }
        match random.below(3) {
            0 => self.write(index, random),
            1 => self.links[index].flow(random.pick(&[1, 9, 100, 3_000, 200_000])),
            _ => self.hear(index, random.pick(&[1, 30, 100, 100_000])),
        }
        None
    }

    /// Does everything that it can at once, with good manners.
    pub(super) fn act_well(&mut self, random: &mut Random) -> Option<Call> {
        self.manners = Manners::GOOD;
        self.forget_closed();
        self.resend_overdue(random);
        if !self.links.iter().any(Link::is_of_use) {
            return Some(self.open(random));
        }
        for index in 0..self.links.len() {
            self.links[index].cheer_up();
            self.write(index, random);
            self.links[index].flow(usize::MAX);
            self.hear(index, usize::MAX);
        }
        None
    }

    fn open(&mut self, random: &mut Random) -> Call {
        let line = self.ledger.borrow_mut().open_line();
        let port = random.pick(&PORTS);
        let wire = Wire::new(line, self.room, Rc::clone(&self.ledger));
        self.links.push(Link::new(Rc::clone(&wire), line, port));
        Call { wire, port }
    }

    /// Writes frames, as many as may be outstanding.
    fn write(&mut self, index: usize, random: &mut Random) {
        let link = &mut self.links[index];
        if !link.is_of_use() {
            return;
        }
        if random.percent(self.manners.nonsense) && random.percent(20) {
            let mut frame = Vec::new();
            write_broken(&mut frame, random);
            link.unsent.extend(frame);
            link.is_ended = true;
            self.ledger.borrow_mut().sent_broken(link.line);
            return;
        }
        for _ in 0..random.between(1, 12) {
            if link.outstanding.len() >= self.outstanding_max {
                return;
            }
            let mut frame = Vec::new();
            let mut ledger = self.ledger.borrow_mut();
            let number = ledger.next_number();
            let (record, content) = if random.percent(self.manners.nonsense) {
                (0, write_nonsense(&mut frame, random))
            } else {
                let record = if let Some(record) = self.retries.pop_front() {
                    record
                } else if self.changes_left > 0 {
                    self.changes_left -= 1;
                    random.below(RECORDS)
                } else {
                    return;
                };
                let change = (number, record, link.port);
                let content = self.setup.write(&mut frame, change, random);
                (record, content)
            };
            ledger.sent(link.line, record, content, frame.len());
            link.unsent.extend(frame);
            link.outstanding.push_back((number, self.clock.now()));
        }
    }

    /// Takes replies.
    fn hear(&mut self, index: usize, count: usize) {
        let link = &mut self.links[index];
        if matches!(link.mood, Mood::Deaf | Mood::Dead) {
            return;
        }
        link.replies.extend(link.wire.borrow_mut().hear(count));
        while let Some(code) = reply::read(&link.replies).unwrap() {
            link.replies.drain(..reply::LEN);
            let (number, _) = link.outstanding.pop_front().unwrap();
            if code == ResultCode::TemporaryError.code() {
                self.retries.extend(self.ledger.borrow().record_of(number));
            }
        }
    }

    /// Ends a connection in one of the ways there are.
    fn leave(&mut self, index: usize, random: &mut Random) {
        match random.below(3) {
            0 => {
                // What was written arrives before the end.
                let link = &mut self.links[index];
                link.flow(usize::MAX);
                link.wire.borrow_mut().end();
                link.is_ended = true;
            }
            1 => self.drop_link(index, Wire::desert),
            _ => self.drop_link(index, Wire::reset),
        }
    }

    /// What is on the way over a connection whose peer dies goes again over another one.
    fn change_mood(&mut self, index: usize, random: &mut Random) {
        let link = &mut self.links[index];
        if link.mood == Mood::Dead {
            return;
        }
        let moods = [Mood::Lively, Mood::Silent, Mood::Deaf, Mood::Dead];
        link.mood = random.pick(&moods);
        if link.mood == Mood::Dead {
            link.unsent.clear();
            let outstanding = std::mem::take(&mut link.outstanding);
            self.retry(&outstanding);
        }
    }

    fn drop_link(&mut self, index: usize, leave: impl FnOnce(&mut Wire)) {
        let link = self.links.remove(index);
        leave(&mut link.wire.borrow_mut());
        self.retry(&link.outstanding);
    }

    /// What is not answered goes again.
    fn retry(&mut self, outstanding: &VecDeque<(usize, Duration)>) {
        let ledger = self.ledger.borrow();
        let records = outstanding.iter();
        let records = records.filter_map(|&(number, _)| ledger.record_of(number));
        self.retries.extend(records);
    }

    /// Lets go of the connections that the connector has ended, once their replies are taken.
    fn forget_closed(&mut self) {
        for index in (0..self.links.len()).rev() {
            let link = &self.links[index];
            let end = self.ledger.borrow().end_of(link.line);
            let is_over = end == LineEnd::Closed || !link.wire.borrow().has_replies();
            if end != LineEnd::Open && is_over {
                self.drop_link(index, Wire::desert);
            }
        }
    }

    /// Gives connections up whose records were not answered in time.
    fn resend_overdue(&mut self, random: &mut Random) {
        let now = self.clock.now();
        for index in (0..self.links.len()).rev() {
            let oldest = self.links[index].outstanding.front();
            if oldest.is_some_and(|&(_, since)| now >= since + ANSWER_TIME) {
                if random.percent(50) {
                    self.drop_link(index, Wire::reset);
                } else {
                    self.drop_link(index, Wire::desert);
                }
            }
        }
    }
}
