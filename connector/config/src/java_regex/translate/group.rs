//! Groups and references to them.

use super::{Level, Opener, Translator, unmatched};
use crate::java_regex::{
    error::RegexError,
    flags::Flag,
    piece::Piece,
    program::{Case, Isolation, Step},
};

/// Groups inside groups.
const DEPTH_MAX: usize = 64;

impl Translator {
    pub(super) fn open(&mut self, position: usize) -> Result<(), RegexError> {
        if self.levels.len() > DEPTH_MAX {
            return Err(RegexError::new(
                "groups are nested too deep",
                position,
                "nest at most 64 of them",
            ));
        }
        self.skip();
        let opener = if self.source.take('?') {
            match self.special_group(position)? {
                Some(opener) => opener,
                None => return Ok(()),
            }
        } else {
            self.capture()
        };
        self.levels.push(Level::new(opener, position, self.flags));
        Ok(())
    }

    fn capture(&mut self) -> Opener {
        let group = self.register_count;
        self.register_count += 3;
        self.groups.push(group);
        let index = u32::try_from(self.groups.len() - 1).unwrap_or(u32::MAX);
        Opener::Capture {
            index,
            group,
            opened: group + 2,
        }
    }

    /// What `(?` begins; `None` where that was flags for what follows.
    fn special_group(&mut self, position: usize) -> Result<Option<Opener>, RegexError> {
        let behind = self.source.peek() == Some('<');
        let opener = match (
            self.source.peek(),
            self.source.ahead(1).map(|letter| letter.value),
        ) {
            (Some(':'), _) => Opener::Group,
            (Some('='), _) => Opener::Ahead { negated: false },
            (Some('!'), _) => Opener::Ahead { negated: true },
            (Some('>'), _) => Opener::Atomic,
            (Some('<'), Some('=')) => Opener::Behind { negated: false },
            (Some('<'), Some('!')) => Opener::Behind { negated: true },
            (Some('<'), _) => {
                self.source.next();
                let name = self.name(position)?;
                if self.names.iter().any(|(known, _)| *known == name) {
                    return Err(RegexError::new(
                        format!("there are two groups named {name:?}"),
                        position,
                        "give each group a name of its own",
                    ));
                }
                let opener = self.capture();
                if let Opener::Capture { index, .. } = opener {
                    self.names.push((name, index));
                }
                return Ok(Some(opener));
            }
            _ => return self.flag_group(position),
        };
        self.source.next();
        if behind {
            self.source.next();
        }
        Ok(Some(opener))
    }

    /// `(?i)` or `(?i:`.
    fn flag_group(&mut self, position: usize) -> Result<Option<Opener>, RegexError> {
        let mut flags = self.flags;
        let mut on = true;
        loop {
            let letter = self
                .source
                .next()
                .filter(|letter| !letter.quoted)
                .map(|letter| letter.value);
            match letter {
                Some('-') if on => on = false,
                Some(')') => {
                    self.flags = flags;
                    return Ok(None);
                }
                Some(':') => {
                    let outer = std::mem::replace(&mut self.flags, flags);
                    self.levels.push(Level::new(Opener::Group, position, outer));
                    return Ok(None);
                }
                _ => {
                    let switched = letter.and_then(|letter| flags.switch(letter, on));
                    flags = switched.ok_or_else(|| {
                        RegexError::new(
                            "what follows (? is not known",
                            position,
                            "use (?:...), (?=...), (?!...), (?<=...), (?<!...), (?>...), (?<name>...) \
                             or flags of idmsuxU",
                        )
                    })?;
                }
            }
        }
    }

    pub(super) fn close(&mut self, position: usize) -> Result<Piece, RegexError> {
        if self.levels.len() == 1 {
            return Err(unmatched(position));
        }
        let Some(level) = self.levels.pop() else {
            return Err(unmatched(position));
        };
        self.flags = level.flags;
        let (opener, opened_at) = (level.opener, level.position);
        let piece = level.piece();
        Ok(match opener {
            Opener::Pattern | Opener::Group => piece.grouped(),
            Opener::Capture {
                index,
                group,
                opened,
            } => piece.captured(index, group, opened),
            Opener::Atomic => piece.isolated(Isolation::Atomic),
            Opener::Ahead { negated } => piece.isolated(Isolation::Ahead { negated }),
            Opener::Behind { negated } => {
                if !piece.fits_behind() {
                    return Err(RegexError::new(
                        "the look-behind has no greatest length",
                        opened_at,
                        "use {n,m} in place of * and +, and no back-reference",
                    ));
                }
                let (least, most) = (piece.least, piece.most);
                piece.isolated(Isolation::Behind {
                    least,
                    most,
                    negated,
                })
            }
        })
    }

    /// A group's name and the `>` behind it.
    fn name(&mut self, position: usize) -> Result<String, RegexError> {
        let name = self
            .source
            .take_while(64, |letter| letter.is_ascii_alphanumeric());
        let sound =
            name.starts_with(|first: char| first.is_ascii_alphabetic()) && self.source.take('>');
        if sound {
            Ok(name)
        } else {
            Err(RegexError::new(
                "the name of a group is malformed",
                position,
                "use letters a-z, A-Z and digits, a letter first, and end it with >",
            ))
        }
    }

    /// `\1`: of the digits that follow, as many as still make the number of a group begun before.
    pub(super) fn reference(&mut self, first: char) -> Piece {
        let digit = |letter: char| {
            letter
                .to_digit(10)
                .and_then(|digit| usize::try_from(digit).ok())
        };
        let mut number = digit(first).unwrap_or(0);
        while let Some(longer) = self
            .source
            .peek()
            .and_then(digit)
            .map(|digit| number * 10 + digit)
        {
            if longer >= self.groups.len() {
                break;
            }
            number = longer;
            self.source.next();
        }
        self.reference_to(number)
    }

    fn reference_to(&self, group: usize) -> Piece {
        let case = match (
            self.flags.has(Flag::CaseInsensitive),
            self.flags.has(Flag::UnicodeCase),
        ) {
            (false, _) => Case::Sensitive,
            (true, false) => Case::AsciiInsensitive,
            (true, true) => Case::UnicodeInsensitive,
        };
        Piece::back_reference(Step::BackReference { group, case })
    }

    pub(super) fn named_reference(&mut self, position: usize) -> Result<Piece, RegexError> {
        if !self.source.take('<') {
            return Err(RegexError::new(
                r"\k is not followed by <",
                position,
                r"write it as in \k<name>",
            ));
        }
        let name = self.name(position)?;
        let Some(&(_, index)) = self.names.iter().find(|(known, _)| *known == name) else {
            return Err(RegexError::new(
                format!("there is no group named {name:?} before this place"),
                position,
                "name the group with (?<name>...) further ahead in the pattern",
            ));
        };
        Ok(self.reference_to(usize::try_from(index).unwrap_or(usize::MAX)))
    }
}
