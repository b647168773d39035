//! Parts of a pattern and how they are put together: as steps of the machine and, where it can be,
//! for the linear-time engine as well.

use regex_syntax::hir::{Capture, Hir, Look, Repetition};

use super::{
    charset::CharSet,
    program::{Assertion, Bounds, EmptyRound, Isolation, Loop, Step, UNSET},
};

/// A part of a pattern.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) steps: Vec<Step>,
    /// The same for the linear-time engine; `None` where only the machine gives Java's result.
    pub(super) linear: Option<Hir>,
    /// `linear` is right for plain texts alone (see [`super::is_plain`]).
    pub(super) plain_only: bool,
    /// The fewest and most characters it takes; [`UNSET`] for no limit.
    pub(super) least: usize,
    pub(super) most: usize,
    /// Parts without a greatest length inside it, and the greatest length of the others.
    endless: usize,
    bounded_most: usize,
    /// Groups inside it.
    captures: usize,
    /// Java takes it for a part that can match in one way only, and repeats it by a simpler loop.
    deterministic: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// A character, an anchor, a back-reference: matched for itself by nature.
    Single,
    /// A look-around or an atomic group: matched for itself by its steps.
    Isolated,
    Group,
    /// A group whose steps begin with [`Step::Open`] and end with [`Step::Close`].
    Capture,
}

/// How a quantifier goes about its work.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

/// A quantifier: [`UNSET`] is no limit, `optional` the sign `?`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantifier {
    pub(super) least: usize,
    pub(super) most: usize,
    pub(super) greed: Greed,
    pub(super) optional: bool,
}

impl Piece {
    pub(super) fn empty() -> Self {
        Self {
            steps: Vec::new(),
            linear: Some(Hir::empty()),
            plain_only: false,
            least: 0,
            most: 0,
            endless: 0,
            bounded_most: 0,
            captures: 0,
            deterministic: true,
            kind: Kind::Group,
        }
    }

    pub(super) fn set(set: CharSet) -> Self {
        let linear = Some(set.hir());
        let step = match set.only() {
            Some(letter) => Step::Char(letter),
            None => Step::Set(Box::new(set)),
        };
        Self {
            steps: vec![step],
            linear,
            least: 1,
            most: 1,
            bounded_most: 1,
            kind: Kind::Single,
            ..Self::empty()
        }
    }

    pub(super) fn assertion(assertion: Assertion) -> Self {
        let (look, plain_only) = match assertion {
            Assertion::TextStart => (Some(Look::Start), false),
            Assertion::TextEnd => (Some(Look::End), false),
            Assertion::LineStart { .. } => (Some(Look::Start), true),
            Assertion::FinalEnd { .. } | Assertion::LineEnd { .. } => (Some(Look::End), true),
            Assertion::WordBoundary { negated: false, .. } => (Some(Look::WordAscii), true),
            Assertion::WordBoundary { negated: true, .. } => (Some(Look::WordAsciiNegate), true),
            Assertion::LastMatchEnd => (None, false),
        };
        Self {
            steps: vec![Step::Assert(assertion)],
            linear: look.map(Hir::look),
            plain_only,
            kind: Kind::Single,
            ..Self::empty()
        }
    }

    /// A step that takes what a group took. Its length is not known, not even in the way of `.*`.
    pub(super) fn back_reference(step: Step) -> Self {
        Self {
            steps: vec![step],
            linear: None,
            most: UNSET,
            endless: 2,
            kind: Kind::Single,
            ..Self::empty()
        }
    }

    /// `\R`: any line end, a carriage return and newline as one where that helps.
    pub(super) fn line_break() -> Self {
        let mut both = Self::set(CharSet::range('\r', '\r'));
        both.append(Self::set(CharSet::range('\n', '\n')));
        Self {
            // Java takes it for a part that can match in one way only, though it is not.
            deterministic: true,
            linear: None,
            ..Self::either(vec![both, Self::set(super::class::vertical_space())])
        }
    }

    /// Whether Java takes it for a look-behind. It lets one `*` or `+` pass; with more, its
    /// arithmetic runs over and nothing ever matches.
    pub(super) fn fits_behind(&self) -> bool {
        self.endless == 0 || self.endless == 1 && self.bounded_most <= self.least.saturating_add(1)
    }

    pub(super) fn append(&mut self, next: Self) {
        self.steps.extend(next.steps);
        self.linear = match (self.linear.take(), next.linear) {
            (Some(linear), Some(next)) => Some(Hir::concat(vec![linear, next])),
            _ => None,
        };
        self.plain_only |= next.plain_only;
        self.least = self.least.saturating_add(next.least);
        self.most = self.most.saturating_add(next.most);
        self.endless = self.endless.saturating_add(next.endless);
        self.bounded_most = self.bounded_most.saturating_add(next.bounded_most);
        self.captures += next.captures;
        self.deterministic &= next.deterministic;
    }

    /// The first of `branches` that leads to a match.
    pub(super) fn either(mut branches: Vec<Self>) -> Self {
        if branches.len() == 1 {
            return branches.pop().unwrap_or_else(Self::empty);
        }
        let mut either = Self::empty();
        either.deterministic = false;
        either.least = branches
            .iter()
            .map(|branch| branch.least)
            .min()
            .unwrap_or(0);
        either.most = branches.iter().map(|branch| branch.most).max().unwrap_or(0);
        either.endless = branches
            .iter()
            .map(|branch| branch.endless)
            .max()
            .unwrap_or(0);
        either.bounded_most = branches
            .iter()
            .map(|branch| branch.bounded_most)
            .max()
            .unwrap_or(0);
        either.captures = branches.iter().map(|branch| branch.captures).sum();
        either.plain_only = branches.iter().any(|branch| branch.plain_only);
        let mut jumps = Vec::new();
        let count = branches.len();
        let mut linear = Vec::with_capacity(count);
        for (index, branch) in branches.into_iter().enumerate() {
            linear.push(branch.linear);
            if index + 1 < count {
                either.steps.push(Step::Split {
                    other: branch.steps.len() + 2,
                    lazy: false,
                });
                either.steps.extend(branch.steps);
                jumps.push(either.steps.len());
                either.steps.push(Step::Fail);
            } else {
                either.steps.extend(branch.steps);
            }
        }
        for jump in jumps {
            either.steps[jump] = Step::Jump(either.steps.len() - jump);
        }
        either.linear = linear
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .map(Hir::alternation);
        either
    }

    /// A group without a number.
    pub(super) fn grouped(self) -> Self {
        Self {
            kind: Kind::Group,
            ..self
        }
    }

    /// A group with number `index`, whose content goes to the registers `group` and `group + 1`.
    pub(super) fn captured(mut self, index: u32, group: usize, opened: usize) -> Self {
        self.steps.insert(0, Step::Open { opened });
        self.steps.push(Step::Close { opened, group });
        self.linear = self.linear.map(|sub| {
            Hir::capture(Capture {
                index,
                name: None,
                sub: Box::new(sub),
            })
        });
        self.captures += 1;
        Self {
            kind: Kind::Capture,
            ..self
        }
    }

    /// A look-around or an atomic group.
    pub(super) fn isolated(self, isolation: Isolation) -> Self {
        let atomic = isolation == Isolation::Atomic;
        Self {
            least: if atomic { self.least } else { 0 },
            most: if atomic { self.most } else { 0 },
            deterministic: !atomic || self.deterministic,
            endless: if atomic { self.endless } else { 0 },
            bounded_most: if atomic { self.bounded_most } else { 0 },
            captures: self.captures,
            steps: isolate(self.steps, isolation),
            linear: None,
            plain_only: false,
            kind: Kind::Isolated,
        }
    }

    /// This piece as often as `quantifier` says, the registers `cells` counting.
    pub(super) fn repeated(self, quantifier: Quantifier, cells: Loop) -> Self {
        let Quantifier {
            least,
            most,
            greed,
            optional,
        } = quantifier;
        let linear = self.repeated_linear(least, most, greed);
        let result = Self {
            steps: Vec::new(),
            linear,
            plain_only: self.plain_only,
            least: self.least.saturating_mul(least),
            most: if self.most == 0 || most == 0 {
                0
            } else {
                self.most.saturating_mul(most)
            },
            endless: self.endless + usize::from(most == UNSET),
            bounded_most: if most == UNSET {
                0
            } else {
                self.bounded_most.saturating_mul(most)
            },
            captures: self.captures,
            deterministic: self.deterministic && least == most && !optional,
            kind: Kind::Single,
        };
        let lazy = greed == Greed::Lazy;
        if optional && greed != Greed::Possessive {
            let mut steps = vec![Step::Split {
                other: self.steps.len() + 1,
                lazy,
            }];
            steps.extend(self.steps);
            return Self { steps, ..result };
        }
        let group = matches!(self.kind, Kind::Group | Kind::Capture);
        let empty_round = match greed {
            Greed::Greedy | Greed::Lazy if group && !self.deterministic => EmptyRound::Ends,
            Greed::Greedy if group => EmptyRound::FailsWhenEnough,
            Greed::Lazy => EmptyRound::FailsWhenEnough,
            Greed::Greedy | Greed::Possessive => EmptyRound::EndsWhenEnough,
        };
        let bounds = Bounds {
            least,
            most,
            lazy,
            empty_round,
        };
        let steps = if greed == Greed::Possessive {
            // Each round is final, and so is their number.
            isolate(
                repeat(isolate(self.steps, Isolation::Atomic), bounds, cells),
                Isolation::Atomic,
            )
        } else if group && self.deterministic {
            repeat(final_rounds(self.steps, self.kind), bounds, cells)
        } else {
            repeat(self.steps, bounds, cells)
        };
        Self { steps, ..result }
    }

    fn repeated_linear(&self, least: usize, most: usize, greed: Greed) -> Option<Hir> {
        // A round that takes nothing ends Java's loops, and groups keep what those leave in them:
        // the other engine knows neither.
        let faithful = match self.captures {
            0 => self.least > 0 || most <= 1,
            1 if self.kind == Kind::Capture => self.least > 0 && most > 0,
            _ => self.least > 0 && most == 1,
        };
        if greed == Greed::Possessive || !faithful {
            return None;
        }
        Some(Hir::repetition(Repetition {
            min: u32::try_from(least).ok()?,
            max: if most == UNSET {
                None
            } else {
                Some(u32::try_from(most).ok()?)
            },
            greedy: greed == Greed::Greedy,
            sub: Box::new(self.linear.clone()?),
        }))
    }
}

fn isolate(steps: Vec<Step>, isolation: Isolation) -> Vec<Step> {
    let mut isolated = Vec::with_capacity(steps.len() + 2);
    isolated.push(Step::Enter {
        isolation,
        skip: steps.len() + 2,
    });
    isolated.extend(steps);
    isolated.push(Step::Leave);
    isolated
}

fn repeat(body: Vec<Step>, bounds: Bounds, cells: Loop) -> Vec<Step> {
    let mut steps = Vec::with_capacity(body.len() + 4);
    steps.push(Step::LoopStart(cells));
    steps.push(Step::LoopTest {
        cells,
        bounds,
        exit: body.len() + 3,
    });
    steps.push(Step::LoopBody(cells));
    let back = body.len() + 2;
    steps.extend(body);
    steps.push(Step::JumpBack(back));
    steps
}

/// The steps of a group of which each round is final; its own content still follows the rounds
/// taken.
fn final_rounds(mut steps: Vec<Step>, kind: Kind) -> Vec<Step> {
    if kind != Kind::Capture {
        return isolate(steps, Isolation::Atomic);
    }
    let close = steps.pop();
    let inner = steps.split_off(1);
    steps.extend(isolate(inner, Isolation::Atomic));
    steps.extend(close);
    steps
}
