//! Whose turn it is to read: every connection of a shard that may have something, each once.

use std::collections::VecDeque;

/// What a connection waits for. It can stand in both lists; the next turn clears both.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    is_queued: bool,
    is_starved: bool,
}

/// The connections that may have something to read, by token.
#[derive(Debug, Default)]
pub(super) struct Turns {
    queue: VecDeque<usize>,
    /// Those that have something to read and must wait for room.
    starved: Vec<usize>,
    places: Vec<Place>,
}

impl Turns {
    /// Gives a token a turn, unless it has one.
    pub(super) fn queue(&mut self, token: usize) {
        if !std::mem::replace(&mut self.place(token).is_queued, true) {
            self.queue.push_back(token);
        }
    }

    /// Remembers that a token must wait for room.
    pub(super) fn starve(&mut self, token: usize) {
        if !std::mem::replace(&mut self.place(token).is_starved, true) {
            self.starved.push(token);
        }
    }

    /// Gives all that wait for room a turn.
    pub(super) fn queue_starved(&mut self) {
        for token in std::mem::take(&mut self.starved) {
            self.place(token).is_starved = false;
            self.queue(token);
        }
    }

    /// Takes the next turn.
    pub(super) fn next(&mut self) -> Option<usize> {
        let token = self.queue.pop_front()?;
        self.place(token).is_queued = false;
        Some(token)
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn has_starved(&self) -> bool {
        !self.starved.is_empty()
    }

    fn place(&mut self, token: usize) -> &mut Place {
        if self.places.len() <= token {
            self.places.resize(token + 1, Place::default());
        }
        &mut self.places[token]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_stands_in_each_list_once() {
        let mut turns = Turns::default();
        for _ in 0..3 {
            turns.queue(7);
            turns.starve(7);
            turns.starve(2);
        }
        assert_eq!((turns.len(), turns.starved.len()), (1, 2));
        assert_eq!(turns.next(), Some(7));
        turns.queue_starved();
        assert!(!turns.has_starved());
        assert_eq!(
            [turns.next(), turns.next(), turns.next()],
            [Some(7), Some(2), None]
        );
    }
}
