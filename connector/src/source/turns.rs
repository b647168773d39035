//! Whose turn it is to read: every connection of a shard that may have something, each once.

use super::allowance::Strangers;
use super::standing::Rank;
use std::collections::VecDeque;

/// What a connection waits for. It can stand in both lists; the next turn clears both.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    rank: Rank,
    is_queued: bool,
    is_starved: bool,
}

/// The connections that may have something to read, by token.
#[derive(Debug, Default)]
pub(super) struct Turns {
    proven: VecDeque<usize>,
    new: VecDeque<usize>,
    promising: VecDeque<usize>,
    unproven: VecDeque<usize>,
    suspect: VecDeque<usize>,
    /// Those that have something to read and must wait for room.
    starved: Vec<usize>,
    places: Vec<Place>,
}

impl Turns {
    /// Says where a token stands from its next turn on.
    pub(super) fn rank(&mut self, token: usize, rank: Rank) {
        self.place(token).rank = rank;
    }

    /// Gives a token a turn, unless it has one.
    pub(super) fn queue(&mut self, token: usize) {
        let place = self.place(token);
        let rank = place.rank;
        if !std::mem::replace(&mut place.is_queued, true) {
            self.line(rank).push_back(token);
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

    /// Takes the next turn of a rank.
    pub(super) fn next(&mut self, rank: Rank) -> Option<usize> {
        let token = self.line(rank).pop_front()?;
        self.place(token).is_queued = false;
        Some(token)
    }

    /// How many proven ones have a turn.
    pub(super) fn proven(&self) -> usize {
        self.proven.len()
    }

    /// How many have a turn who are not proven.
    pub(super) fn strangers(&self) -> Strangers {
        let lines = [&self.new, &self.promising, &self.unproven, &self.suspect];
        lines.map(VecDeque::len)
    }

    /// True when nobody has a turn who is not proven.
    pub(super) fn has_no_strangers(&self) -> bool {
        self.strangers().iter().all(|&count| count == 0)
    }

    pub(super) fn has_starved(&self) -> bool {
        !self.starved.is_empty()
    }

    const fn line(&mut self, rank: Rank) -> &mut VecDeque<usize> {
        match rank {
            Rank::Proven => &mut self.proven,
            Rank::New => &mut self.new,
            Rank::Promising => &mut self.promising,
            Rank::Unproven => &mut self.unproven,
            Rank::Suspect => &mut self.suspect,
        }
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
        assert_eq!((turns.new.len(), turns.starved.len()), (1, 2));
        assert_eq!(turns.next(Rank::New), Some(7));
        turns.queue_starved();
        assert!(!turns.has_starved());
        let next = [(); 3].map(|()| turns.next(Rank::New));
        assert_eq!(next, [Some(7), Some(2), None]);
    }

    #[test]
    fn a_token_that_rises_keeps_the_turn_it_has_and_stands_higher_from_the_next_on() {
        let mut turns = Turns::default();
        turns.queue(7);
        turns.rank(7, Rank::Proven);
        turns.queue(7);
        assert_eq!(turns.proven(), 0);
        assert_eq!(turns.next(Rank::New), Some(7));
        turns.queue(7);
        assert_eq!(turns.next(Rank::Proven), Some(7));
        assert!(turns.has_no_strangers());
    }
}
