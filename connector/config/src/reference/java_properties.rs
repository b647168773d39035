//! Java properties files, read as `java.util.Properties.load` reads them.

use std::iter;

use zeroize::Zeroizing;

use crate::secret::Secret;

/// Why Java would not read a file.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Malformed {
    /// Counted from 1; the one the entry begins on.
    pub(super) line: usize,
    pub(super) reason: &'static str,
}

/// The value of `key`; of several the last, as in Java.
pub(super) fn value(text: &str, key: &str) -> Result<Option<Secret>, Malformed> {
    let mut found = None;
    for entry in entries(text) {
        let (name, value) = entry?;
        if name.as_str() == key {
            found = Some(value);
        }
    }
    Ok(found)
}

/// Names and values, in the order of the file.
pub(super) fn entries(
    text: &str,
) -> impl Iterator<Item = Result<(Zeroizing<String>, Secret), Malformed>> {
    let mut lines = Lines {
        rest: text,
        line: 1,
    };
    iter::from_fn(move || {
        let (line, text) = lines.next_logical()?;
        Some(entry(&text).map_err(|reason| Malformed { line, reason }))
    })
}

/// What Java takes for white space; a line end is none.
const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\u{c}')
}

/// What is left of a file.
struct Lines<'t> {
    rest: &'t str,
    /// The number of the line that `rest` begins on.
    line: usize,
}

impl<'t> Lines<'t> {
    /// The next line that is neither blank nor a comment, and those that it goes on in, each after a
    /// backslash at the end of the one before; with the number of the first.
    fn next_logical(&mut self) -> Option<(usize, Zeroizing<String>)> {
        loop {
            let number = self.line;
            let line = self.next_natural()?.trim_start_matches(is_blank);
            if line.is_empty() || line == "\\" || line.starts_with(['#', '!']) {
                continue;
            }
            let mut line = line;
            let mut parts = Vec::new();
            while let Some(start) = without_continuation(line) {
                parts.push(start);
                line = self.next_natural().unwrap_or_default();
                line = line.trim_start_matches(is_blank);
            }
            parts.push(line);
            return Some((number, Zeroizing::new(parts.concat())));
        }
    }

    /// The next line without its end, which is LF, CR or both.
    fn next_natural(&mut self) -> Option<&'t str> {
        if self.rest.is_empty() {
            return None;
        }
        self.line += 1;
        let end = self.rest.find(['\n', '\r']).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest
            .strip_prefix("\r\n")
            .or_else(|| rest.strip_prefix(['\n', '\r']))
            .unwrap_or(rest);
        Some(line)
    }
}

/// The line without the backslash that makes it go on in the next one; `None` where it does not.
fn without_continuation(line: &str) -> Option<&str> {
    let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\');
    let is_continued = backslashes.count() % 2 == 1;
    line.strip_suffix('\\').filter(|_| is_continued)
}

/// Name and value of a logical line.
fn entry(line: &str) -> Result<(Zeroizing<String>, Secret), &'static str> {
    let mut is_escaped = false;
    let end = line.find(|c| {
        let ends = !is_escaped && (is_blank(c) || matches!(c, '=' | ':'));
        is_escaped = c == '\\' && !is_escaped;
        ends
    });
    let (name, rest) = end
        .and_then(|end| line.split_at_checked(end))
        .unwrap_or((line, ""));
    let rest = rest.trim_start_matches(is_blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    let value = unescaped(rest.trim_start_matches(is_blank))?;
    Ok((unescaped(name)?, Secret::new(value.to_string())))
}

fn unescaped(text: &str) -> Result<Zeroizing<String>, &'static str> {
    const HEX: &str = "has \\u without four hexadecimal digits behind it";
    const HALF: &str = "has \\u with one half of a pair of surrogates";

    let mut units: Zeroizing<Vec<u16>> = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let unit = match character {
            '\\' => match characters.next() {
                Some('t') => u16::from(b'\t'),
                Some('n') => u16::from(b'\n'),
                Some('f') => 0xc,
                Some('r') => u16::from(b'\r'),
                Some('u') => {
                    let digits = characters.as_str().get(..4).ok_or(HEX)?;
                    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                    characters = characters.as_str().get(4..).unwrap_or_default().chars();
                    u16::from_str_radix(digits, 16)
                        .ok()
                        .filter(|_| is_hex)
                        .ok_or(HEX)?
                }
                Some(other) => {
                    units.extend(other.encode_utf16(&mut [0; 2]).iter());
                    continue;
                }
                None => continue,
            },
            other => {
                units.extend(other.encode_utf16(&mut [0; 2]).iter());
                continue;
            }
        };
        units.push(unit);
    }
    String::from_utf16(&units)
        .map(Zeroizing::new)
        .map_err(|_| HALF)
}
