//! The counters of the window, held against what is known to be in flight.

use super::super::sights::Sight;
use super::line::Voyage;
use super::{Fate, Ledger};
use crate::pipeline::Load;
use std::rc::Rc;

impl Ledger {
    pub(in super::super) fn check_window(&mut self) {
        self.forget_arrived();
        let mut in_flight = Bounds::default();
        let mut overdue = Bounds::default();
        for voyage in &self.voyages {
            let first = &self.sent[voyage.numbers[0]];
            let line = &self.lines[first.line];
            let is_given_up = first.is_given_up(&self.lines);
            // Its replies may wait for the socket alone, or its records be in the pipeline still.
            let is_held = voyage.is_met() || voyage.unreported.get() > 0;
            let is_doubtful = !is_held && (line.is_behind() || is_given_up);
            let most = voyage.load_at_most();
            let least = if is_doubtful {
                Load::default()
            } else {
                voyage.load_at_least()
            };
            in_flight.add(least, most);
            if voyage.is_overdue.get() {
                overdue.add(least, most);
            } else if line.is_behind() || (is_given_up && line.is_closed()) {
                overdue.add(Load::default(), most);
            }
        }
        let counted = self.window.in_flight();
        assert!(
            (in_flight.low.records..=in_flight.high.records).contains(&counted.records)
                && counted.bytes >= in_flight.low.bytes,
            "{counted:?} is counted, and {in_flight:?} is in flight"
        );
        let limit = self.window.limit();
        let is_over = |load: Load| load.records > limit.records / 2 || load.bytes > limit.bytes / 2;
        let is_overdue = self.window.is_overdue();
        assert!(
            (is_over(overdue.low)..=is_over(overdue.high)).contains(&is_overdue),
            "{:?} is wrong about being overdue: {overdue:?}",
            self.window
        );
        if is_overdue {
            self.sights.add(Sight::WindowOverdue);
        }
        if self.window.is_stalled() {
            self.sights.add(Sight::Stalled);
        }
    }

    /// Forgets the flights of which nothing can be counted any more.
    fn forget_arrived(&mut self) {
        let mut voyages = std::mem::take(&mut self.voyages);
        voyages.retain(|voyage| !self.has_arrived(voyage));
        self.voyages = voyages;
    }

    fn has_arrived(&self, voyage: &Rc<Voyage>) -> bool {
        let last = &self.sent[voyage.numbers[voyage.numbers.len() - 1]];
        if !last.is_given_up(&self.lines) || voyage.unreported.get() > 0 {
            return false;
        }
        let may_be_held = |&number: &usize| {
            let sent = &self.sent[number];
            sent.fate == Fate::Undeliverable || self.may_wait(sent)
        };
        if !voyage.has_left.get() && voyage.numbers.iter().any(may_be_held) {
            return voyage.load_at_most() == Load::default();
        }
        let is_held = voyage.is_met() && voyage.load_at_most() != Load::default();
        assert!(!is_held, "an answered flight is held: {voyage:?}");
        true
    }

    /// Checks that nothing is left when all is over.
    pub(in super::super) fn check_end(&mut self) {
        self.check_window();
        assert_eq!(self.window.in_flight(), Load::default(), "left");
        assert!(!self.window.is_overdue());
        for (number, line) in self.lines.iter().enumerate() {
            assert!(line.is_closed(), "line {number} was never closed: {line:?}");
        }
    }
}

/// What is known of a sum.
#[derive(Debug, Default)]
struct Bounds {
    low: Load,
    high: Load,
}

impl Bounds {
    fn add(&mut self, least: Load, most: Load) {
        self.low.records += least.records;
        self.low.bytes += least.bytes;
        self.high.records += most.records;
        self.high.bytes = self.high.bytes.saturating_add(most.bytes);
    }
}
