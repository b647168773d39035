//! Character classes: the predefined ones and those in brackets.

use super::{
    charset::CharSet,
    error::RegexError,
    escape::{Escaped, read_escape},
    flags::{Flag, Flags},
    source::{Letter, Source},
    word::UNICODE_WORD,
};

/// Brackets inside brackets.
const DEPTH_MAX: usize = 32;

/// `\h`.
pub(super) fn horizontal_space() -> CharSet {
    CharSet::of(&[
        ('\t', '\t'),
        (' ', ' '),
        ('\u{a0}', '\u{a0}'),
        ('\u{1680}', '\u{1680}'),
        ('\u{180e}', '\u{180e}'),
        ('\u{2000}', '\u{200a}'),
        ('\u{202f}', '\u{202f}'),
        ('\u{205f}', '\u{205f}'),
        ('\u{3000}', '\u{3000}'),
    ])
}

/// `\v`.
pub(super) fn vertical_space() -> CharSet {
    CharSet::of(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
}

/// `.`
pub(super) fn dot(flags: Flags) -> CharSet {
    if flags.has(Flag::DotAll) {
        CharSet::any()
    } else if flags.has(Flag::UnixLines) {
        CharSet::range('\n', '\n').negated()
    } else {
        CharSet::of(&[
            ('\n', '\n'),
            ('\r', '\r'),
            ('\u{85}', '\u{85}'),
            ('\u{2028}', '\u{2029}'),
        ])
        .negated()
    }
}

/// `\d`, `\s`, `\w` and, as capitals, their opposites.
pub(super) fn predefined(letter: char, flags: Flags) -> CharSet {
    let set = match (letter.to_ascii_lowercase(), flags.has(Flag::UnicodeClasses)) {
        ('d', false) => CharSet::range('0', '9'),
        ('d', true) => CharSet::property("Nd").unwrap_or_else(CharSet::empty),
        ('s', false) => CharSet::of(&[('\t', '\r'), (' ', ' ')]),
        ('s', true) => CharSet::property("White_Space").unwrap_or_else(CharSet::empty),
        (_, false) => CharSet::of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')]),
        (_, true) => UNICODE_WORD.clone(),
    };
    if letter.is_ascii_uppercase() {
        set.negated()
    } else {
        set
    }
}

/// The characters that match where the pattern has those from `first` to `last`.
pub(super) fn cased(first: char, last: char, flags: Flags) -> CharSet {
    let set = CharSet::range(first, last);
    match (
        flags.has(Flag::CaseInsensitive),
        flags.has(Flag::UnicodeCase),
    ) {
        (false, _) => set,
        (true, false) => set.ascii_folded(),
        // Java does not count its rare capital.
        (true, true) if first == last && first == 'ß' => set,
        (true, true) => set.unicode_folded(),
    }
}

/// How far the last `&&` of a level was read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Intersection {
    None,
    Open,
    Done,
}

/// One pair of brackets, or the right side of an `&&` in it.
#[derive(Debug)]
struct Level {
    position: usize,
    negated: bool,
    /// Ends before the closing bracket, which belongs to the level around.
    borrowed: bool,
    /// What the level has so far.
    set: Option<CharSet>,
    intersection: Intersection,
    /// The right side of an `&&`, as far as it was read.
    right: Option<CharSet>,
}

impl Level {
    fn new(position: usize, negated: bool, borrowed: bool) -> Self {
        Self {
            position,
            negated,
            borrowed,
            set: None,
            intersection: Intersection::None,
            right: None,
        }
    }

    fn add(&mut self, set: &CharSet) {
        let target = if self.intersection == Intersection::Open {
            &mut self.right
        } else {
            &mut self.set
        };
        *target = Some(
            target
                .take()
                .map_or_else(|| set.clone(), |had| had.with(set)),
        );
    }
}

/// Reads a class in brackets, nested ones and intersections included.
pub(super) struct ClassReader<'s> {
    source: &'s mut Source,
    flags: Flags,
    levels: Vec<Level>,
}

impl<'s> ClassReader<'s> {
    /// Reads the class whose opening bracket, at `position`, is taken already.
    pub(super) fn read(
        source: &'s mut Source,
        flags: Flags,
        position: usize,
    ) -> Result<CharSet, RegexError> {
        let mut reader = Self {
            source,
            flags,
            levels: Vec::new(),
        };
        reader.open(position)?;
        loop {
            reader.skip();
            let at = reader.source.position();
            if reader.in_right_side() {
                if let Some(set) = reader.right_side(at)? {
                    return Ok(set);
                }
                continue;
            }
            match reader.source.peek() {
                Some('[') => {
                    reader.source.next();
                    reader.open(at)?;
                }
                Some('&')
                    if reader
                        .source
                        .ahead(1)
                        .is_some_and(|next| next.value == '&' && !next.quoted) =>
                {
                    reader.source.next();
                    reader.source.next();
                    reader.intersect(at)?;
                }
                Some(']') if reader.has_content() => {
                    if let Some(set) = reader.close(at)? {
                        return Ok(set);
                    }
                }
                _ => reader.item(at)?,
            }
        }
    }

    fn skip(&mut self) {
        if self.flags.has(Flag::Comments) {
            self.source.skip_comments(self.flags.has(Flag::UnixLines));
        }
    }

    fn top(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn in_right_side(&self) -> bool {
        self.levels
            .last()
            .is_some_and(|level| level.intersection == Intersection::Open)
    }

    fn has_content(&self) -> bool {
        self.levels.last().is_some_and(|level| level.set.is_some())
    }

    fn open(&mut self, position: usize) -> Result<(), RegexError> {
        if self.levels.len() == DEPTH_MAX {
            return Err(RegexError::new(
                "brackets are nested too deep",
                position,
                "nest at most 32 of them",
            ));
        }
        let negated = self.source.take('^');
        self.levels.push(Level::new(position, negated, false));
        Ok(())
    }

    fn intersect(&mut self, at: usize) -> Result<(), RegexError> {
        let level = self.top();
        if level.set.is_none() && level.intersection != Intersection::None {
            return Err(empty_side(at));
        }
        level.intersection = Intersection::Open;
        Ok(())
    }

    /// Goes on behind an `&&`: brackets stand for themselves, anything else up to the closing
    /// bracket is a level of its own. A set is the finished class.
    fn right_side(&mut self, at: usize) -> Result<Option<CharSet>, RegexError> {
        match self.source.peek() {
            Some('[') => {
                self.source.next();
                self.open(at)?;
                return Ok(None);
            }
            Some(']' | '&') => {}
            _ if self.source.ahead(0).is_none() => return Err(self.unclosed()),
            _ => {
                if self.levels.len() == DEPTH_MAX {
                    return Err(RegexError::new(
                        "brackets are nested too deep",
                        at,
                        "nest at most 32 of them",
                    ));
                }
                self.levels.push(Level::new(at, false, true));
                return Ok(None);
            }
        }
        let level = self.top();
        let right = level.right.take().ok_or_else(|| empty_side(at))?;
        level.intersection = Intersection::Done;
        level.set = Some(match level.set.take() {
            Some(left) => left.within(&right),
            None => right,
        });
        Ok(None)
    }

    /// Closes a level. A set is the finished class.
    fn close(&mut self, at: usize) -> Result<Option<CharSet>, RegexError> {
        let Some(level) = self.levels.pop() else {
            return Err(empty_side(at));
        };
        if !level.borrowed {
            self.source.next();
        }
        let set = level.set.unwrap_or_else(CharSet::empty);
        let set = if level.negated { set.negated() } else { set };
        if self.levels.is_empty() {
            return Ok(Some(set));
        }
        self.top().add(&set);
        Ok(None)
    }

    fn unclosed(&self) -> RegexError {
        let position = self.levels.first().map_or(1, |level| level.position);
        RegexError::new(
            "the bracket is not closed",
            position,
            r"close it with ], or write \[ for a bracket",
        )
    }

    /// Reads a character, a range or an escape.
    fn item(&mut self, at: usize) -> Result<(), RegexError> {
        let Some(letter) = self.source.next() else {
            return Err(self.unclosed());
        };
        if self.top().intersection != Intersection::None {
            return Err(RegexError::new(
                "a single & after && is ambiguous",
                at,
                r"write \& for the character, or put the sides of && in brackets",
            ));
        }
        let set = match self.letter(letter)? {
            Escaped::Set(set) => set,
            Escaped::Letter(first) => self.range(first, at)?,
            Escaped::Construct(construct) => {
                return Err(RegexError::new(
                    format!(r"\{construct} has no meaning in brackets"),
                    at,
                    "put it outside of the brackets",
                ));
            }
        };
        self.top().add(&set);
        Ok(())
    }

    fn letter(&mut self, letter: Letter) -> Result<Escaped, RegexError> {
        if letter.value == '\\' && !letter.quoted {
            return read_escape(self.source, self.flags, letter.position);
        }
        Ok(Escaped::Letter(letter.value))
    }

    fn range(&mut self, first: char, at: usize) -> Result<CharSet, RegexError> {
        self.skip();
        let is_range = self.source.peek() == Some('-')
            && self
                .source
                .ahead(1)
                .is_some_and(|end| end.quoted || !matches!(end.value, '[' | ']'));
        if !is_range {
            return Ok(cased(first, first, self.flags));
        }
        self.source.next();
        self.skip();
        let last = match self.source.next() {
            Some(letter) => match self.letter(letter)? {
                Escaped::Letter(last) => last,
                Escaped::Set(_) | Escaped::Construct(_) => '\0',
            },
            None => return Err(self.unclosed()),
        };
        if last < first {
            return Err(RegexError::new(
                "the range ends before it begins",
                at,
                r"write the smaller character first, or \- for a dash",
            ));
        }
        Ok(cased(first, last, self.flags))
    }
}

fn empty_side(at: usize) -> RegexError {
    RegexError::new(
        "&& has nothing on one side",
        at,
        r"write characters on both sides, or \& for the character",
    )
}
