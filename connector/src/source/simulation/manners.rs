//! How badly nodes behave.

use super::random::Random;

/// What a node does beside sending changes, in per cent of what it does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manners {
    /// It closes or resets a connection, in one direction or both.
    pub(super) leaving: usize,
    /// It falls silent in the middle of a frame, or does not read replies, for some time or for good.
    pub(super) stalling: usize,
    /// It sends what is no change, or no frame.
    pub(super) nonsense: usize,
}

impl Manners {
    pub(super) const GOOD: Self = Self {
        leaving: 0,
        stalling: 0,
        nonsense: 0,
    };

    /// Each fault comes in some of the runs, seldom or often.
    pub(super) fn any(random: &mut Random) -> Self {
        Self {
            leaving: random.pick(&[0, 0, 2, 10]),
            stalling: random.pick(&[0, 0, 2, 20]),
            nonsense: random.pick(&[0, 0, 5, 40]),
        }
    }
}
