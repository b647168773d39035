//! Java regular expressions, replacing as `String.replaceAll` does (13.7 of the behaviour notes).
//!
//! A pattern is compiled twice where it can be: for an engine whose time grows with the text alone,
//! and for a backtracking machine that goes Java's way step by step and gives up after a fixed
//! number of steps. The first does the work wherever it provably says the same. What cannot be held
//! is refused when the pattern is read.
//!
//! It follows Java 17. Beyond it lies only this: characters are whole, so that no match begins or
//! ends inside a surrogate pair; and Unicode's tables are those of this program.

use std::borrow::Cow;

use regex_automata::{
    Input,
    meta::{self, Config},
    util::primitives::NonMaxUsize,
};

pub use error::{RegexError, ReplaceError, ReplacementError};
use machine::{Machine, STEPS_MAX};
use program::Program;
use replacement::Part;
pub use replacement::Replacement;

mod charset;
mod class;
mod error;
mod escape;
mod flags;
mod machine;
mod piece;
mod program;
mod property;
mod replacement;
mod source;
#[cfg(test)]
mod tests;
mod translate;
mod word;

/// Bytes of a pattern.
const PATTERN_BYTES_MAX: usize = 4096;
/// Bytes of a text to work on; a topic has at most 249.
const TEXT_BYTES_MAX: usize = 16 << 10;
/// Bytes of a result.
const RESULT_BYTES_MAX: usize = 64 << 10;
/// Bytes of a compiled pattern in the linear-time engine. Larger ones are left to the machine.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Regex {
    pattern: String,
    program: Program,
    linear: Option<Linear>,
    names: Vec<(String, u32)>,
}

/// The pattern in the linear-time engine.
#[derive(Clone, Debug)]
struct Linear {
    engine: meta::Regex,
    /// It says the same as Java about plain texts alone.
    plain_only: bool,
}

impl Regex {
    /// Compiles `pattern`, at most 4096 bytes in Java's syntax.
    ///
    /// An error says what is wrong or not supported (`\X`, `\b{g}`, `\N{...}`, properties and
    /// blocks that are not known), where, and what to write instead.
    pub fn new(pattern: &str) -> Result<Self, RegexError> {
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(RegexError::new(
                "the pattern has more than 4096 bytes",
                1,
                "use a shorter one",
            ));
        }
        let translated = translate::translate(pattern)?;
        let linear = translated.linear.and_then(|hir| {
            let config = Config::new()
                .nfa_size_limit(Some(COMPILED_BYTES_MAX))
                .hybrid_cache_capacity(COMPILED_BYTES_MAX)
                .onepass_size_limit(Some(COMPILED_BYTES_MAX));
            let engine = meta::Builder::new()
                .configure(config)
                .build_from_hir(&hir)
                .ok()?;
            Some(Linear {
                engine,
                plain_only: translated.plain_only,
            })
        });
        Ok(Self {
            pattern: pattern.to_owned(),
            program: translated.program,
            linear,
            names: translated.names,
        })
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// `text` with every match replaced, empty matches included.
    ///
    /// Fails where the text has more than 16 KiB, the result more than 64 KiB, or the pattern takes
    /// too long on this text: the work for one text is bounded.
    pub fn replace_all<'t>(
        &self,
        text: &'t str,
        replacement: &Replacement,
    ) -> Result<Cow<'t, str>, ReplaceError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(ReplaceError::TextTooLong {
                len: text.len(),
                limit: TEXT_BYTES_MAX,
            });
        }
        match &self.linear {
            Some(linear) if !linear.plain_only || is_plain(text) => {
                replace(text, replacement, LinearSearch::new(&linear.engine, text))
            }
            _ => replace(text, replacement, Machine::new(&self.program, text)),
        }
    }

    /// How many groups the pattern has.
    fn group_count(&self) -> u32 {
        u32::try_from(self.program.groups.len() - 1).unwrap_or(u32::MAX)
    }

    fn group_named(&self, name: &str) -> Option<usize> {
        let (_, index) = self.names.iter().find(|(known, _)| known == name)?;
        usize::try_from(*index).ok()
    }
}

/// Whether `text` has no line ends and nothing beyond ASCII, nor is empty: then the anchors and
/// word boundaries of Java mean what everybody else's do.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii() && byte != b'\n' && byte != b'\r')
}

/// Finds one match after the other.
trait Search {
    /// The next match that begins at `from` or later.
    fn find(&mut self, from: usize) -> Result<Option<(usize, usize)>, ReplaceError>;
    /// What a group of the last match took.
    fn group(&self, group: usize) -> Option<(usize, usize)>;
}

impl Search for Machine<'_, '_> {
    fn find(&mut self, from: usize) -> Result<Option<(usize, usize)>, ReplaceError> {
        match self.find(from) {
            Ok(true) => Ok(self.group(0)),
            Ok(false) => Ok(None),
            Err(machine::Exhausted) => Err(ReplaceError::TooManySteps { limit: STEPS_MAX }),
        }
    }

    fn group(&self, group: usize) -> Option<(usize, usize)> {
        self.group(group)
    }
}

struct LinearSearch<'r, 't> {
    engine: &'r meta::Regex,
    text: &'t str,
    slots: Vec<Option<NonMaxUsize>>,
}

impl<'r, 't> LinearSearch<'r, 't> {
    fn new(engine: &'r meta::Regex, text: &'t str) -> Self {
        Self {
            engine,
            text,
            slots: vec![None; engine.group_info().slot_len()],
        }
    }
}

impl Search for LinearSearch<'_, '_> {
    fn find(&mut self, from: usize) -> Result<Option<(usize, usize)>, ReplaceError> {
        let input = Input::new(self.text).range(from..);
        let found = self.engine.search_slots(&input, &mut self.slots);
        Ok(found.and_then(|_| self.group(0)))
    }

    fn group(&self, group: usize) -> Option<(usize, usize)> {
        let slot = |index: usize| {
            self.slots
                .get(index)
                .copied()
                .flatten()
                .map(NonMaxUsize::get)
        };
        Some((slot(2 * group)?, slot(2 * group + 1)?))
    }
}

fn replace<'t>(
    text: &'t str,
    replacement: &Replacement,
    mut search: impl Search,
) -> Result<Cow<'t, str>, ReplaceError> {
    let mut result = String::new();
    let mut copied = 0;
    let mut from = 0;
    let mut found_any = false;
    while let Some((start, end)) = search.find(from)? {
        found_any = true;
        result.push_str(slice(text, copied, start));
        for part in replacement.parts() {
            match part {
                Part::Text(literal) => result.push_str(literal),
                Part::Group(group) => {
                    let (start, end) = search.group(*group).unwrap_or_default();
                    result.push_str(slice(text, start, end));
                }
            }
        }
        if result.len() > RESULT_BYTES_MAX {
            return Err(ReplaceError::ResultTooLong {
                limit: RESULT_BYTES_MAX,
            });
        }
        copied = end;
        // The next one begins where this one ended; after an empty one, a character further on.
        from = match slice(text, end, text.len()).chars().next() {
            _ if start < end => end,
            Some(letter) => end + letter.len_utf8(),
            None => break,
        };
    }
    if !found_any {
        return Ok(Cow::Borrowed(text));
    }
    result.push_str(slice(text, copied, text.len()));
    if result.len() > RESULT_BYTES_MAX {
        return Err(ReplaceError::ResultTooLong {
            limit: RESULT_BYTES_MAX,
        });
    }
    Ok(Cow::Owned(result))
}

/// Part of a text between two places that are known to be on its characters' borders.
fn slice(text: &str, start: usize, end: usize) -> &str {
    text.get(start..end).unwrap_or_default()
}
