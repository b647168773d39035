//! `sasl.jaas.config`: one entry of a JAAS configuration, read as Kafka reads it.
//!
//! `MODULE FLAG NAME=VALUE ... ;`, where a word may stand in quotes. The rules are those of Java's
//! `StreamTokenizer` as Kafka sets it up: numbers are no words, so a value that begins with a digit
//! needs quotes, and `/` begins a comment. Nothing of the text is in an error, for a password may be
//! anywhere in it once a quote is missing.

use std::{fmt, iter::Peekable, str::Chars};

use zeroize::Zeroizing;

use crate::secret::Secret;

#[cfg(test)]
mod tests;

/// A login module and its options.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Entry {
    /// The Java class.
    pub(crate) module: String,
    /// Names and values, in the order of the text.
    options: Vec<(String, Secret)>,
}

impl Entry {
    /// The value of an option; of several the last, as in Java.
    pub(crate) fn option(&self, name: &str) -> Option<&Secret> {
        let mut options = self.options.iter().rev();
        options
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The names of all options.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.options.iter().map(|(name, _)| name.as_str())
    }

    /// Names, without what they begin with, and values of the options that begin with `prefix`.
    pub(crate) fn beginning_with(&self, prefix: &str) -> impl Iterator<Item = (&str, &Secret)> {
        let options = self.options.iter();
        options.filter_map(move |(name, value)| Some((name.strip_prefix(prefix)?, value)))
    }
}

/// Where a text is no entry, and what was expected there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Malformed {
    /// Characters before the place.
    before: usize,
    expected: &'static str,
}

/// `is no JAAS entry: at character N ... is expected`.
impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, expected } = self;
        write!(
            f,
            "is no login module with options: {expected} is expected at character {}",
            before + 1
        )
    }
}

const MODULE: &str = "the Java class of a login module";
const FLAG: &str = "required, requisite, sufficient or optional";
const OPTION: &str = "the name of an option, or a semicolon that ends the entry,";
const EQUALS: &str = "= behind the name of an option";
const VALUE: &str = "a value, in quotes unless it is one word that begins with a letter,";
const END: &str = "the end, after one entry,";
const QUOTE: &str = "a quote on the same line that closes the one";

/// Reads the one entry of `text`.
pub(crate) fn parse(text: &str) -> Result<Entry, Malformed> {
    let mut tokens = Tokens {
        rest: text.chars().peekable(),
        position: 0,
    };
    let (_, module) = tokens.word(MODULE)?;
    let (at, flag) = tokens.word(FLAG)?;
    let flags = ["required", "requisite", "sufficient", "optional"];
    if !flags.iter().any(|known| flag.eq_ignore_ascii_case(known)) {
        return Err(at.expects(FLAG));
    }
    let mut options = Vec::new();
    loop {
        let (at, token) = tokens.next()?;
        match token {
            Token::Word(name) => {
                let (at, token) = tokens.next()?;
                if !matches!(token, Token::Other('=')) {
                    return Err(at.expects(EQUALS));
                }
                let (_, value) = tokens.word(VALUE)?;
                options.push((name.to_string(), Secret::new(value.to_string())));
            }
            Token::Other(';') => break,
            Token::Other(_) | Token::Number | Token::End => return Err(at.expects(OPTION)),
        }
    }
    match tokens.next()? {
        (_, Token::End) => Ok(Entry {
            module: module.to_string(),
            options,
        }),
        (at, _) => Err(at.expects(END)),
    }
}

enum Token {
    /// With quotes or without.
    Word(Zeroizing<String>),
    Number,
    Other(char),
    End,
}

/// A place in the text.
#[derive(Clone, Copy)]
struct At(usize);

impl At {
    const fn expects(self, expected: &'static str) -> Malformed {
        Malformed {
            before: self.0,
            expected,
        }
    }
}

struct Tokens<'t> {
    rest: Peekable<Chars<'t>>,
    /// Characters before `rest`.
    position: usize,
}

impl Tokens<'_> {
    fn word(&mut self, expected: &'static str) -> Result<(At, Zeroizing<String>), Malformed> {
        match self.next()? {
            (at, Token::Word(word)) => Ok((at, word)),
            (at, _) => Err(at.expects(expected)),
        }
    }

    fn next(&mut self) -> Result<(At, Token), Malformed> {
        self.skip_blanks();
        let at = At(self.position);
        let token = match self.rest.peek().copied() {
            None => Token::End,
            Some(quote @ ('"' | '\'')) => Token::Word(self.quoted(at, quote)?),
            Some(c) if is_initial(c) => Token::Word(self.bare()),
            // A lone minus is none of the things that can stand here either.
            Some(c) if is_part(c) => {
                self.bare();
                Token::Number
            }
            Some(c) => {
                self.bump();
                Token::Other(c)
            }
        };
        Ok((at, token))
    }

    fn bump(&mut self) -> Option<char> {
        self.position += 1;
        self.rest.next()
    }

    fn bump_if(&mut self, is_wanted: impl FnOnce(char) -> bool) -> Option<char> {
        let next = self.rest.peek().copied();
        next.filter(|c| is_wanted(*c))?;
        self.bump()
    }

    fn bare(&mut self) -> Zeroizing<String> {
        // Room for all of it: what grows leaves copies behind that nobody wipes.
        let length = self
            .rest
            .clone()
            .take_while(|c| is_part(*c))
            .map(char::len_utf8);
        let mut word = Zeroizing::new(String::with_capacity(length.sum()));
        while let Some(c) = self.bump_if(is_part) {
            word.push(c);
        }
        word
    }

    fn quoted(&mut self, at: At, quote: char) -> Result<Zeroizing<String>, Malformed> {
        self.bump();
        let length = self
            .rest
            .clone()
            .take_while(|c| !is_line_end(*c))
            .map(char::len_utf8);
        let mut word = Zeroizing::new(String::with_capacity(length.sum()));
        loop {
            match self.bump_if(|c| !is_line_end(c)) {
                None => return Err(at.expects(QUOTE)),
                Some(c) if c == quote => return Ok(word),
                Some('\\') => match self.escaped() {
                    Some(c) => word.push(c),
                    None => return Err(at.expects(QUOTE)),
                },
                Some(c) => word.push(c),
            }
        }
    }

    /// The character behind a backslash; `None` at the end of the text.
    fn escaped(&mut self) -> Option<char> {
        Some(match self.bump()? {
            first @ '0'..='7' => self.octal(first),
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            other => other,
        })
    }

    /// One to three digits, of a number up to 255.
    fn octal(&mut self, first: char) -> char {
        let more = if first <= '3' { 2 } else { 1 };
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..more {
            let Some(digit) = self.bump_if(|c| c.is_digit(8)) else {
                break;
            };
            code = code * 8 + digit.to_digit(8).unwrap_or(0);
        }
        char::from_u32(code).unwrap_or('\0')
    }

    /// Skips white space and comments.
    fn skip_blanks(&mut self) {
        loop {
            if self.bump_if(|c| c <= ' ').is_some() {
                continue;
            }
            if self.bump_if(|c| c == '/').is_none() {
                return;
            }
            if self.bump_if(|c| c == '*').is_some() {
                self.skip_comment();
            } else {
                while self.bump_if(|c| !is_line_end(c)).is_some() {}
            }
        }
    }

    /// Skips to behind the `*/` that ends the comment.
    fn skip_comment(&mut self) {
        let mut last = ' ';
        while let Some(c) = self.bump_if(|_| true) {
            if last == '*' && c == '/' {
                return;
            }
            last = c;
        }
    }
}

const fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

/// Whether a word without quotes may begin with `c`.
const fn is_initial(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '_' | '$') || c >= '\u{a0}'
}

/// Whether a word without quotes, or a number, goes on with `c`.
const fn is_part(c: char) -> bool {
    is_initial(c) || c.is_ascii_digit() || matches!(c, '-' | '.')
}
