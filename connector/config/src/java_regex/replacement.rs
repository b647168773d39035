//! What is put in place of a match.

use super::{Regex, error::ReplacementError};

/// Bytes of a replacement.
const REPLACEMENT_BYTES_MAX: usize = 4096;

/// A replacement in Java's notation, `$1` and `${name}` resolved against its pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Replacement {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Part {
    Text(String),
    Group(usize),
}

impl Replacement {
    /// Reads `text`, which goes with `regex`.
    ///
    /// `$` and digits is a group by number: as many digits as make the number of a group. `${name}`
    /// is a group by name. A backslash takes the special meaning from what follows it. A group that
    /// did not take part in a match stands for nothing.
    pub fn parse(text: &str, regex: &Regex) -> Result<Self, ReplacementError> {
        if text.len() > REPLACEMENT_BYTES_MAX {
            return Err(ReplacementError::TooLong {
                len: text.len(),
                limit: REPLACEMENT_BYTES_MAX,
            });
        }
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut letters = text.chars().zip(1..).peekable();
        while let Some((letter, position)) = letters.next() {
            match letter {
                '\\' => literal.push(letters.next().ok_or(ReplacementError::DanglingBackslash)?.0),
                '$' => {
                    if !literal.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut literal)));
                    }
                    let first = letters.next().map(|(first, _)| first);
                    let group = match first.and_then(|first| first.to_digit(10)) {
                        Some(digit) => number(digit, &mut letters, regex)?,
                        None if first == Some('{') => named(position, &mut letters, regex)?,
                        None => return Err(ReplacementError::DanglingDollar { position }),
                    };
                    parts.push(Part::Group(group));
                }
                _ => literal.push(letter),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Text(literal));
        }
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// The replacement as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }
}

type Letters<'t> =
    std::iter::Peekable<std::iter::Zip<std::str::Chars<'t>, std::ops::RangeFrom<usize>>>;

fn number(first: u32, letters: &mut Letters<'_>, regex: &Regex) -> Result<usize, ReplacementError> {
    let groups = regex.group_count();
    let mut group = first;
    while let Some(longer) = letters
        .peek()
        .and_then(|&(letter, _)| letter.to_digit(10))
        .map(|digit| group * 10 + digit)
    {
        if longer > groups {
            break;
        }
        group = longer;
        letters.next();
    }
    usize::try_from(group)
        .ok()
        .filter(|_| group <= groups)
        .ok_or(ReplacementError::NoSuchGroup { group, groups })
}

fn named(
    position: usize,
    letters: &mut Letters<'_>,
    regex: &Regex,
) -> Result<usize, ReplacementError> {
    let mut name = String::new();
    loop {
        match letters.next() {
            Some(('}', _)) if !name.is_empty() => break,
            Some((letter, _)) if letter.is_ascii_alphanumeric() => name.push(letter),
            _ => return Err(ReplacementError::DanglingDollar { position }),
        }
    }
    regex
        .group_named(&name)
        .ok_or(ReplacementError::NoSuchName { name })
}
