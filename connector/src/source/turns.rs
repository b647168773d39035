//! Whose turn it is to read: every connection of a shard that may have something, each once.

use super::allowance::Strangers;
use super::standing::Rank;
use std::collections::VecDeque;

/// A place in a line: whose, and which of its places.
type Turn = (usize, u32);

/// What a connection waits for.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    rank: Rank,
    /// The line in which it stands.
    queued: Option<Rank>,
    /// Tells its place in line from those that it has left.
    stamp: u32,
    is_starved: bool,
}

/// The connections that may have something to read, by token.
#[derive(Debug, Default)]
pub(super) struct Turns {
    proven: VecDeque<Turn>,
    new: VecDeque<Turn>,
    promising: VecDeque<Turn>,
    unproven: VecDeque<Turn>,
    suspect: VecDeque<Turn>,
    /// Those that have something to read and must wait for room.
    starved: Vec<usize>,
    places: Vec<Place>,
}

impl Turns {
    /// Says where a token stands from its next turn on.
    pub(super) fn rank(&mut self, token: usize, rank: Rank) {
        self.place(token).rank = rank;
    }

    /// Gives a token a turn, unless it has one already that is not worse.
    pub(super) fn queue(&mut self, token: usize) {
        let place = self.place(token);
        let rank = place.rank;
        if place.queued.is_some_and(|line| line <= rank) {
            return;
        }
        place.queued = Some(rank);
        place.stamp = place.stamp.wrapping_add(1);
        let turn = (token, place.stamp);
        self.line(rank).push_back(turn);
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
            if std::mem::take(&mut self.place(token).is_starved) {
                self.queue(token);
            }
        }
    }

    /// Takes the next turn of a rank.
    pub(super) fn next(&mut self, rank: Rank) -> Option<usize> {
        loop {
            let (token, stamp) = self.line(rank).pop_front()?;
            let place = self.place(token);
            if place.queued.is_some() && place.stamp == stamp {
                place.queued = None;
                return Some(token);
            }
        }
    }

    /// The connection with this token has ended; what comes under it next is another one.
    pub(super) fn forget(&mut self, token: usize) {
        let place = self.place(token);
        *place = Place {
            stamp: place.stamp,
            ..Place::default()
        };
    }

    /// How many proven ones have a turn, at most.
    pub(super) fn proven(&self) -> usize {
        self.proven.len()
    }

    /// How many have a turn who are not proven, at most.
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

    const fn line(&mut self, rank: Rank) -> &mut VecDeque<Turn> {
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
    fn a_token_that_rises_stands_in_the_better_line_at_once_and_no_more_in_the_other() {
        let mut turns = Turns::default();
        turns.rank(7, Rank::Suspect);
        for rank in [Rank::Suspect, Rank::Promising, Rank::Proven] {
            turns.rank(7, rank);
            turns.queue(7);
        }
        turns.rank(7, Rank::Suspect);
        turns.queue(7);
        assert_eq!(turns.next(Rank::Proven), Some(7));
        let next = [Rank::Promising, Rank::Suspect].map(|rank| turns.next(rank));
        assert_eq!(next, [None; 2]);
        assert!(turns.has_no_strangers());
    }

    #[test]
    fn a_connection_has_no_place_of_the_one_that_had_its_token_before() {
        let mut turns = Turns::default();
        turns.rank(7, Rank::Suspect);
        turns.queue(7);
        turns.starve(7);
        turns.forget(7);
        turns.queue(7);
        assert_eq!(turns.next(Rank::New), Some(7));
        turns.queue_starved();
        assert_eq!(turns.next(Rank::New), None);
        assert_eq!(turns.next(Rank::Suspect), None);
    }
}
