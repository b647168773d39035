//! The backtracking machine: tries the ways in which a pattern can match, in Java's order.
//!
//! Bounded in steps and memory, whatever pattern and text are. Groups keep what they took inside a
//! finished look-around, atomic group or round of a simple loop even if the match later goes
//! another way; Java's do so, and a replacement can show it.

use super::{
    program::{Assertion, Bounds, Case, EmptyRound, Isolation, Loop, Program, Step, UNSET},
    source::ends_line,
    word::is_boundary,
};

/// Steps that one text may cost, over all its matches.
pub(super) const STEPS_MAX: u32 = 1_000_000;
/// Notes for backtracking at one time: some 12 MiB.
const NOTES_MAX: usize = 1 << 18;

/// The pattern took too many steps.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Exhausted;

/// How to go on when a way fails.
#[derive(Clone, Copy, Debug)]
enum Note {
    /// Goes on at a step and a place of the text.
    Branch { pc: usize, at: usize },
    /// Takes a register back to what it was.
    Restore { register: usize, value: usize },
    /// The bottom of an isolated part that began at `at`; `after` is the step behind it.
    Barrier {
        isolation: Isolation,
        at: usize,
        after: usize,
    },
    /// Tries a look-behind from one character further back, `left` times more.
    FurtherBack { pc: usize, at: usize, left: usize },
}

/// One text being searched.
pub(super) struct Machine<'p, 't> {
    program: &'p Program,
    text: &'t str,
    registers: Vec<usize>,
    notes: Vec<Note>,
    barriers: Vec<usize>,
    last_match_end: usize,
    steps_left: u32,
}

impl<'p, 't> Machine<'p, 't> {
    pub(super) fn new(program: &'p Program, text: &'t str) -> Self {
        Self {
            program,
            text,
            registers: vec![UNSET; program.register_count],
            notes: Vec::new(),
            barriers: Vec::new(),
            last_match_end: 0,
            steps_left: STEPS_MAX,
        }
    }

    /// Whether there is a match that begins at `from` or later. Its groups are then to be asked
    /// for.
    pub(super) fn find(&mut self, from: usize) -> Result<bool, Exhausted> {
        self.registers.fill(UNSET);
        let mut start = from;
        loop {
            if let Some(end) = self.run(start)? {
                self.registers[0] = start;
                self.registers[1] = end;
                self.last_match_end = end;
                return Ok(true);
            }
            match self.char_at(start) {
                Some(letter) => start += letter.len_utf8(),
                None => return Ok(false),
            }
        }
    }

    /// What a group took, where it took part in the match. Group 0 is the whole match.
    pub(super) fn group(&self, group: usize) -> Option<(usize, usize)> {
        let &register = self.program.groups.get(group)?;
        let span = (self.registers[register], self.registers[register + 1]);
        (span.0 != UNSET && span.1 != UNSET).then_some(span)
    }

    fn run(&mut self, start: usize) -> Result<Option<usize>, Exhausted> {
        self.notes.clear();
        self.barriers.clear();
        let (mut pc, mut at) = (0, start);
        loop {
            self.steps_left = self.steps_left.checked_sub(1).ok_or(Exhausted)?;
            if self.notes.len() > NOTES_MAX {
                return Err(Exhausted);
            }
            if matches!(self.program.steps[pc], Step::Match) {
                return Ok(Some(at));
            }
            match self.step(pc, at).or_else(|| self.backtrack()) {
                Some(next) => (pc, at) = next,
                None => return Ok(None),
            }
        }
    }

    /// Does one step. `None` says that this way does not match.
    fn step(&mut self, pc: usize, at: usize) -> Option<(usize, usize)> {
        let program = self.program;
        match &program.steps[pc] {
            Step::Char(letter) => {
                (self.char_at(at) == Some(*letter)).then(|| (pc + 1, at + letter.len_utf8()))
            }
            Step::Set(set) => {
                let letter = self.char_at(at).filter(|&letter| set.contains(letter))?;
                Some((pc + 1, at + letter.len_utf8()))
            }
            Step::Split { other, lazy } => {
                let (first, second) = if *lazy {
                    (pc + other, pc + 1)
                } else {
                    (pc + 1, pc + other)
                };
                self.notes.push(Note::Branch { pc: second, at });
                Some((first, at))
            }
            Step::Jump(distance) => Some((pc + distance, at)),
            Step::JumpBack(distance) => Some((pc - distance, at)),
            Step::Open { opened } => {
                self.write(*opened, at);
                Some((pc + 1, at))
            }
            Step::Close { opened, group } => {
                self.write(*group, self.registers[*opened]);
                self.write(group + 1, at);
                Some((pc + 1, at))
            }
            Step::Assert(assertion) => self.holds(*assertion, at).then_some((pc + 1, at)),
            Step::BackReference { group, case } => {
                Some((pc + 1, self.repeat_group(*group, *case, at)?))
            }
            Step::LoopStart(cells) => {
                self.write(cells.count, 0);
                self.write(cells.begin, UNSET);
                Some((pc + 1, at))
            }
            Step::LoopTest {
                cells,
                bounds,
                exit,
            } => self.test_loop(*cells, *bounds, pc + exit, (pc, at)),
            Step::LoopBody(cells) => {
                self.write(cells.count, self.registers[cells.count] + 1);
                self.write(cells.begin, at);
                Some((pc + 1, at))
            }
            Step::Enter { isolation, skip } => self.enter(*isolation, pc + skip, (pc, at)),
            Step::Leave => self.leave(at),
            Step::Fail | Step::Match => None,
        }
    }

    /// Takes up the latest way not tried yet.
    fn backtrack(&mut self) -> Option<(usize, usize)> {
        loop {
            match self.notes.pop()? {
                Note::Branch { pc, at } => return Some((pc, at)),
                Note::Restore { register, value } => self.registers[register] = value,
                Note::Barrier {
                    isolation,
                    at,
                    after,
                } => {
                    self.barriers.pop();
                    if matches!(
                        isolation,
                        Isolation::Ahead { negated: true }
                            | Isolation::Behind { negated: true, .. }
                    ) {
                        return Some((after, at));
                    }
                }
                Note::FurtherBack { pc, at, left } => {
                    if let Some(letter) = self.char_before(at).filter(|_| left > 0) {
                        let at = at - letter.len_utf8();
                        self.notes.push(Note::FurtherBack {
                            pc,
                            at,
                            left: left - 1,
                        });
                        return Some((pc, at));
                    }
                }
            }
        }
    }

    fn write(&mut self, register: usize, value: usize) {
        let old = std::mem::replace(&mut self.registers[register], value);
        if old != value {
            self.notes.push(Note::Restore {
                register,
                value: old,
            });
        }
    }

    fn test_loop(
        &mut self,
        cells: Loop,
        bounds: Bounds,
        exit: usize,
        (pc, at): (usize, usize),
    ) -> Option<(usize, usize)> {
        let count = self.registers[cells.count];
        if self.registers[cells.begin] == at {
            match bounds.empty_round {
                EmptyRound::Ends => return Some((exit, at)),
                EmptyRound::EndsWhenEnough if count > bounds.least => return Some((exit, at)),
                EmptyRound::FailsWhenEnough if count > bounds.least => return None,
                EmptyRound::EndsWhenEnough | EmptyRound::FailsWhenEnough => {}
            }
        }
        if count < bounds.least {
            Some((pc + 1, at))
        } else if count >= bounds.most {
            Some((exit, at))
        } else if bounds.lazy {
            self.notes.push(Note::Branch { pc: pc + 1, at });
            Some((exit, at))
        } else {
            self.notes.push(Note::Branch { pc: exit, at });
            Some((pc + 1, at))
        }
    }

    fn enter(
        &mut self,
        isolation: Isolation,
        after: usize,
        (pc, at): (usize, usize),
    ) -> Option<(usize, usize)> {
        self.barriers.push(self.notes.len());
        self.notes.push(Note::Barrier {
            isolation,
            at,
            after,
        });
        let Isolation::Behind { least, most, .. } = isolation else {
            return Some((pc + 1, at));
        };
        self.charge(least);
        let mut from = at;
        for _ in 0..least {
            from -= self.char_before(from)?.len_utf8();
        }
        self.notes.push(Note::FurtherBack {
            pc: pc + 1,
            at: from,
            left: most - least,
        });
        Some((pc + 1, from))
    }

    fn leave(&mut self, at: usize) -> Option<(usize, usize)> {
        let bottom = *self.barriers.last()?;
        let Note::Barrier {
            isolation,
            at: entered,
            after,
        } = self.notes[bottom]
        else {
            return None;
        };
        if matches!(isolation, Isolation::Behind { .. }) && at != entered {
            return None;
        }
        self.barriers.pop();
        self.notes.truncate(bottom);
        match isolation {
            Isolation::Atomic => Some((after, at)),
            Isolation::Ahead { negated: false } | Isolation::Behind { negated: false, .. } => {
                Some((after, entered))
            }
            Isolation::Ahead { negated: true } | Isolation::Behind { negated: true, .. } => None,
        }
    }

    /// Where the text of a group ends if it stands at `at` once more.
    fn repeat_group(&mut self, group: usize, case: Case, at: usize) -> Option<usize> {
        let (start, end) = self.group(group)?;
        self.charge((end - start) / 16);
        let bytes = self.text.as_bytes();
        if case == Case::Sensitive {
            return bytes[at..]
                .starts_with(&bytes[start..end])
                .then_some(at + end - start);
        }
        let mut here = at;
        for wanted in self.text.get(start..end)?.chars() {
            let letter = self.char_at(here)?;
            let same = letter.eq_ignore_ascii_case(&wanted)
                || case == Case::UnicodeInsensitive && small(letter) == small(wanted);
            if !same {
                return None;
            }
            here += letter.len_utf8();
        }
        Some(here)
    }

    /// Counts work that is not bounded by the pattern alone.
    fn charge(&mut self, steps: usize) {
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        self.steps_left = self.steps_left.saturating_sub(steps);
    }

    fn holds(&self, assertion: Assertion, at: usize) -> bool {
        let (before, after) = (self.char_before(at), self.char_at(at));
        match assertion {
            Assertion::TextStart => at == 0,
            Assertion::TextEnd => after.is_none(),
            Assertion::FinalEnd { unix_lines } => {
                let rest = &self.text.as_bytes()[at..];
                let last = after.is_some_and(|letter| letter.len_utf8() == rest.len());
                after.is_none()
                    || last && self.line_ends(at, unix_lines)
                    || !unix_lines && rest == b"\r\n"
            }
            // Not at the very end, even after a line end.
            Assertion::LineStart { unix_lines } => match (before, after) {
                (_, None) | (Some('\r'), Some('\n')) => false,
                (None, _) => true,
                (Some(letter), _) => ends_line(letter, unix_lines),
            },
            Assertion::LineEnd { unix_lines } => after.is_none() || self.line_ends(at, unix_lines),
            Assertion::WordBoundary { unicode, negated } => {
                is_boundary(self.text, at, unicode) != negated
            }
            Assertion::LastMatchEnd => at == self.last_match_end,
        }
    }

    /// Whether a line ends at `at`: never between a carriage return and its newline.
    fn line_ends(&self, at: usize, unix_lines: bool) -> bool {
        match (self.char_before(at), self.char_at(at)) {
            (Some('\r'), Some('\n')) => unix_lines,
            (_, Some(letter)) => ends_line(letter, unix_lines),
            (_, None) => false,
        }
    }

    fn char_at(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    fn char_before(&self, at: usize) -> Option<char> {
        self.text.get(..at)?.chars().next_back()
    }
}

/// A letter in its small form, by way of its capital as Java compares them; letters whose other
/// case is longer than one character stay.
fn small(letter: char) -> char {
    let mut capitals = letter.to_uppercase();
    let capital = if capitals.len() == 1 {
        capitals.next().unwrap_or(letter)
    } else {
        letter
    };
    let mut smalls = capital.to_lowercase();
    if smalls.len() == 1 {
        smalls.next().unwrap_or(capital)
    } else {
        capital
    }
}
