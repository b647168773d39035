//! One connection of a node, from its end.

use super::super::wire::SharedWire;
use std::collections::VecDeque;
use std::time::Duration;

/// One connection of a node.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) wire: SharedWire,
    pub(super) line: usize,
    pub(super) port: u16,
    /// Written, and not arrived yet.
    pub(super) unsent: VecDeque<u8>,
    /// What replies are awaited for, and since when.
    pub(super) outstanding: VecDeque<(usize, Duration)>,
    pub(super) replies: Vec<u8>,
    pub(super) mood: Mood,
    /// Nothing more is sent.
    pub(super) is_ended: bool,
}

/// How one end of a connection takes part in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mood {
    Lively,
    /// Nothing is sent.
    Silent,
    /// No reply is read.
    Deaf,
    /// Neither, and never again.
    Dead,
}

impl Link {
    /// Over this wire, with nothing sent.
    pub(super) const fn new(wire: SharedWire, line: usize, port: u16) -> Self {
        Self {
            wire,
            line,
            port,
            unsent: VecDeque::new(),
            outstanding: VecDeque::new(),
            replies: Vec::new(),
            mood: Mood::Lively,
            is_ended: false,
        }
    }

    /// True when something can be written.
    pub(super) fn is_of_use(&self) -> bool {
        !self.is_ended && self.mood != Mood::Dead
    }

    pub(super) fn cheer_up(&mut self) {
        if self.mood != Mood::Dead {
            self.mood = Mood::Lively;
        }
    }

    /// Lets up to `count` bytes arrive.
    pub(super) fn flow(&mut self, count: usize) {
        if matches!(self.mood, Mood::Silent | Mood::Dead) {
            return;
        }
        let count = count.min(self.unsent.len());
        if count > 0 {
            let bytes: Vec<u8> = self.unsent.drain(..count).collect();
            self.wire.borrow_mut().arrive(&bytes);
        }
    }
}
