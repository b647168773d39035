//! What a pattern becomes for the backtracking machine.

use super::charset::CharSet;

/// Stands in a register that nothing was written to.
pub(super) const UNSET: usize = usize::MAX;

/// One step of the machine. Distances are counted in steps from the step itself.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// One character.
    Char(char),
    /// One character of a set.
    Set(Box<CharSet>),
    /// Goes on with the next step; on failure at `other`. With `lazy` the other way round.
    Split {
        other: usize,
        lazy: bool,
    },
    Jump(usize),
    JumpBack(usize),
    /// Notes where a group begins.
    Open {
        opened: usize,
    },
    /// Makes what lies between the note and here the content of a group.
    Close {
        opened: usize,
        group: usize,
    },
    Assert(Assertion),
    BackReference {
        group: usize,
        case: Case,
    },
    LoopStart(Loop),
    /// Decides on another round; `exit` is where the loop ends.
    LoopTest {
        cells: Loop,
        bounds: Bounds,
        exit: usize,
    },
    LoopBody(Loop),
    /// Begins a part that is matched for itself; `skip` leads behind its [`Step::Leave`].
    Enter {
        isolation: Isolation,
        skip: usize,
    },
    /// Ends such a part: its first way to match is its only one.
    Leave,
    Fail,
    Match,
}

/// How often a part may repeat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) least: usize,
    /// [`UNSET`] for no limit.
    pub(super) most: usize,
    pub(super) lazy: bool,
    pub(super) empty_round: EmptyRound,
}

/// What a round does that takes no character.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EmptyRound {
    /// It ends the loop, even before there were enough rounds.
    Ends,
    /// It ends the loop once there were enough.
    EndsWhenEnough,
    /// It fails once there were enough.
    FailsWhenEnough,
}

/// The registers of a loop: rounds begun, and where the last one began.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loop {
    pub(super) count: usize,
    pub(super) begin: usize,
}

/// How a back-reference compares letters.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Case {
    Sensitive,
    AsciiInsensitive,
    UnicodeInsensitive,
}

/// A place that matches without taking a character.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Assertion {
    TextStart,
    TextEnd,
    /// The end, or before the line end that is last in the text.
    FinalEnd {
        unix_lines: bool,
    },
    LineStart {
        unix_lines: bool,
    },
    LineEnd {
        unix_lines: bool,
    },
    WordBoundary {
        unicode: bool,
        negated: bool,
    },
    /// Where the match before ended.
    LastMatchEnd,
}

/// What becomes of a part that is matched for itself.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Isolation {
    /// It is taken, and never taken back in pieces.
    Atomic,
    /// It must match here, and is not taken.
    Ahead { negated: bool },
    /// It must match up to here, from `least` to `most` characters before.
    Behind {
        least: usize,
        most: usize,
        negated: bool,
    },
}

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) steps: Vec<Step>,
    /// Register with the start of each group, its end in the next one; group 0 is the whole match.
    pub(super) groups: Vec<usize>,
    pub(super) register_count: usize,
}
