//! Reads a pattern in Java's syntax and puts its pieces together.
//!
//! Groups are kept on a stack of our own, not on the program's.

use super::{
    charset::CharSet,
    class::{ClassReader, cased, dot},
    error::RegexError,
    escape::{Escaped, read_escape},
    flags::{Flag, Flags},
    piece::Piece,
    program::{Assertion, Program, Step},
    source::Source,
};

mod group;
mod quantifier;

/// Ranges in all character sets of a pattern together: some 2 MiB.
const RANGES_MAX: usize = 1 << 18;

/// A pattern that was read.
pub(super) struct Translated {
    pub(super) program: Program,
    /// The pattern as one piece, for the linear-time engine.
    pub(super) linear: Option<regex_syntax::hir::Hir>,
    pub(super) plain_only: bool,
    /// The names of groups, with their numbers.
    pub(super) names: Vec<(String, u32)>,
}

/// A group whose end was not read yet; the first one is the pattern itself.
struct Level {
    opener: Opener,
    position: usize,
    /// The flags to return to.
    flags: Flags,
    branches: Vec<Piece>,
    sequence: Piece,
}

#[derive(Clone, Copy)]
enum Opener {
    Pattern,
    Group,
    Capture {
        index: u32,
        group: usize,
        opened: usize,
    },
    Atomic,
    Ahead {
        negated: bool,
    },
    Behind {
        negated: bool,
    },
}

/// Reads `pattern`.
pub(super) fn translate(pattern: &str) -> Result<Translated, RegexError> {
    let mut translator = Translator {
        source: Source::new(pattern),
        flags: Flags::default(),
        levels: vec![Level::new(Opener::Pattern, 1, Flags::default())],
        groups: vec![0],
        names: Vec::new(),
        register_count: 2,
        range_count: 0,
    };
    loop {
        translator.skip();
        if !translator.item()? {
            return translator.finish();
        }
    }
}

struct Translator {
    source: Source,
    flags: Flags,
    levels: Vec<Level>,
    groups: Vec<usize>,
    names: Vec<(String, u32)>,
    register_count: usize,
    range_count: usize,
}

impl Level {
    fn new(opener: Opener, position: usize, flags: Flags) -> Self {
        Self {
            opener,
            position,
            flags,
            branches: Vec::new(),
            sequence: Piece::empty(),
        }
    }
}

impl Translator {
    fn finish(mut self) -> Result<Translated, RegexError> {
        let Some(level) = self.levels.pop() else {
            return Err(unmatched(1));
        };
        if !self.levels.is_empty() {
            return Err(RegexError::new(
                "the group is not closed",
                level.position,
                r"close it with ), or write \( for a parenthesis",
            ));
        }
        let piece = level.piece();
        let mut steps = piece.steps;
        steps.push(Step::Match);
        Ok(Translated {
            program: Program {
                steps,
                groups: self.groups,
                register_count: self.register_count,
            },
            linear: piece.linear,
            plain_only: piece.plain_only,
            names: self.names,
        })
    }

    fn skip(&mut self) {
        if self.flags.has(Flag::Comments) {
            self.source.skip_comments(self.flags.has(Flag::UnixLines));
        }
    }

    /// Reads one item of the pattern; `false` at its end.
    fn item(&mut self) -> Result<bool, RegexError> {
        let Some(letter) = self.source.next() else {
            return Ok(false);
        };
        let position = letter.position;
        let piece = match letter.value {
            literal if letter.quoted => Some(self.letter(literal)),
            '\\' => Some(self.escape(position)?),
            '[' => {
                let set = ClassReader::read(&mut self.source, self.flags, position)?;
                Some(self.set(set, position)?)
            }
            '(' => {
                self.open(position)?;
                None
            }
            ')' => Some(self.close(position)?),
            '|' => {
                if let Some(level) = self.levels.last_mut() {
                    let branch = std::mem::replace(&mut level.sequence, Piece::empty());
                    level.branches.push(branch);
                }
                None
            }
            '.' => Some(Piece::set(dot(self.flags))),
            '^' if self.flags.has(Flag::MultiLine) => {
                Some(Piece::assertion(Assertion::LineStart {
                    unix_lines: self.flags.has(Flag::UnixLines),
                }))
            }
            '^' => Some(Piece::assertion(Assertion::TextStart)),
            '$' if self.flags.has(Flag::MultiLine) => Some(Piece::assertion(Assertion::LineEnd {
                unix_lines: self.flags.has(Flag::UnixLines),
            })),
            '$' => Some(self.final_end()),
            '*' | '+' | '?' | '{' => {
                return Err(RegexError::new(
                    format!("the quantifier {} has nothing to repeat", letter.value),
                    position,
                    "put it behind what is to be repeated, in a group where that has a quantifier \
                     already; or escape it with \\",
                ));
            }
            literal => Some(self.letter(literal)),
        };
        if let Some(piece) = piece {
            let piece = self.quantified(piece)?;
            if let Some(level) = self.levels.last_mut() {
                level.sequence.append(piece);
            }
        }
        Ok(true)
    }

    /// A set from the pattern, of which all together are bounded.
    fn set(&mut self, set: CharSet, position: usize) -> Result<Piece, RegexError> {
        self.range_count += set.range_count();
        if self.range_count > RANGES_MAX {
            return Err(RegexError::new(
                "the sets of characters grow too large",
                position,
                "use fewer of them",
            ));
        }
        Ok(Piece::set(set))
    }

    fn letter(&self, letter: char) -> Piece {
        Piece::set(cased(letter, letter, self.flags))
    }

    fn final_end(&self) -> Piece {
        Piece::assertion(Assertion::FinalEnd {
            unix_lines: self.flags.has(Flag::UnixLines),
        })
    }

    fn escape(&mut self, position: usize) -> Result<Piece, RegexError> {
        let construct = match read_escape(&mut self.source, self.flags, position)? {
            Escaped::Letter(letter) => return Ok(self.letter(letter)),
            Escaped::Set(set) => return self.set(set, position),
            Escaped::Construct(construct) => construct,
        };
        let unicode = self.flags.has(Flag::UnicodeClasses);
        Ok(match construct {
            'A' => Piece::assertion(Assertion::TextStart),
            'z' => Piece::assertion(Assertion::TextEnd),
            'Z' => self.final_end(),
            'G' => Piece::assertion(Assertion::LastMatchEnd),
            'b' if self.source.peek() == Some('{')
                && self.source.ahead(1).is_some_and(|next| next.value == 'g') =>
            {
                return Err(RegexError::new(
                    r"grapheme boundaries (\b{g}) are not supported",
                    position,
                    r"use \b",
                ));
            }
            'b' => Piece::assertion(Assertion::WordBoundary {
                unicode,
                negated: false,
            }),
            'B' => Piece::assertion(Assertion::WordBoundary {
                unicode,
                negated: true,
            }),
            'R' => Piece::line_break(),
            'k' => self.named_reference(position)?,
            digit => self.reference(digit),
        })
    }
}

impl Level {
    fn piece(mut self) -> Piece {
        if self.branches.is_empty() {
            return self.sequence;
        }
        self.branches.push(self.sequence);
        Piece::either(self.branches)
    }
}

fn unmatched(position: usize) -> RegexError {
    RegexError::new(
        "the closing parenthesis closes no group",
        position,
        r"write \) for a parenthesis",
    )
}
