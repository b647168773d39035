//! What happened in a run, for the one that failed.

use super::clock::SimulatedClock;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

/// Lines that are kept: the last ones tell why.
const LINES_MAX: usize = 120;

/// The events of one run. A run that is not told costs no text.
#[derive(Clone, Debug)]
pub(super) struct Trace(Rc<Events>);

#[derive(Debug)]
struct Events {
    clock: SimulatedClock,
    is_told: bool,
    step: Cell<usize>,
    lines: RefCell<VecDeque<String>>,
}

impl Trace {
    pub(super) fn new(clock: SimulatedClock, is_told: bool) -> Self {
        Self(Rc::new(Events {
            clock,
            is_told,
            step: Cell::new(0),
            lines: RefCell::default(),
        }))
    }

    /// Counts a step.
    pub(super) fn step(&self) {
        self.0.step.set(self.0.step.get() + 1);
    }

    pub(super) fn steps(&self) -> usize {
        self.0.step.get()
    }

    /// Adds a line.
    pub(super) fn note(&self, line: impl FnOnce() -> String) {
        if !self.0.is_told {
            return;
        }
        let mut lines = self.0.lines.borrow_mut();
        if lines.len() == LINES_MAX {
            lines.pop_front();
        }
        let (step, now) = (self.steps(), self.0.clock.now().as_secs_f64());
        lines.push_back(format!("{step:>5} {now:>10.6} s  {}", line()));
    }

    /// The last lines, each with its step and time.
    pub(super) fn last_lines(&self) -> String {
        let mut lines = self.0.lines.borrow_mut();
        lines.make_contiguous().join("\n")
    }
}
