//! The characters of a pattern, quoted stretches (`\Q...\E`) resolved.

/// One character of a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Letter {
    pub(super) value: char,
    /// Came from a quoted stretch: it means itself, whatever it is.
    pub(super) quoted: bool,
    /// Its place in the pattern, counted from 1.
    pub(super) position: usize,
}

/// A pattern being read.
pub(super) struct Source {
    letters: Vec<Letter>,
    next: usize,
    end: usize,
}

impl Source {
    /// Resolves the quoted stretches first, as Java does: a quantifier after `\E` is about the last
    /// quoted character alone.
    pub(super) fn new(pattern: &str) -> Self {
        let mut letters = Vec::with_capacity(pattern.len());
        let mut quoted = false;
        let mut rest = pattern.chars().zip(1..).peekable();
        let mut end = 1;
        while let Some((value, position)) = rest.next() {
            end = position + 1;
            let follower = rest.peek().map(|&(follower, _)| follower);
            match (value, follower) {
                ('\\', Some('E')) if quoted => {
                    quoted = false;
                    rest.next();
                }
                ('\\', Some('Q')) if !quoted => {
                    quoted = true;
                    rest.next();
                }
                ('\\', Some(escaped)) if !quoted => {
                    rest.next();
                    letters.push(Letter {
                        value,
                        quoted,
                        position,
                    });
                    letters.push(Letter {
                        value: escaped,
                        quoted,
                        position: position + 1,
                    });
                }
                _ => letters.push(Letter {
                    value,
                    quoted,
                    position,
                }),
            }
        }
        Self {
            letters,
            next: 0,
            end,
        }
    }

    pub(super) fn next(&mut self) -> Option<Letter> {
        let letter = self.letters.get(self.next).copied();
        self.next += usize::from(letter.is_some());
        letter
    }

    /// The letter `distance` ahead of the next one.
    pub(super) fn ahead(&self, distance: usize) -> Option<Letter> {
        self.letters.get(self.next + distance).copied()
    }

    /// The next letter, where it is not quoted.
    pub(super) fn peek(&self) -> Option<char> {
        self.ahead(0)
            .filter(|letter| !letter.quoted)
            .map(|letter| letter.value)
    }

    /// Takes the next letter if it is `wanted` and not quoted.
    pub(super) fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.next += usize::from(found);
        found
    }

    /// Takes letters as long as `belongs` holds, at most `most`.
    pub(super) fn take_while(&mut self, most: usize, belongs: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(letter) = self.peek().filter(|&letter| belongs(letter)) {
            if text.chars().count() == most {
                break;
            }
            text.push(letter);
            self.next += 1;
        }
        text
    }

    /// Where the next letter stands in the pattern; after the last one: where the pattern ends.
    pub(super) fn position(&self) -> usize {
        self.ahead(0).map_or(self.end, |letter| letter.position)
    }

    /// Passes over white space and comments, as the flag `x` asks for.
    pub(super) fn skip_comments(&mut self, unix_lines: bool) {
        while let Some(letter) = self.peek() {
            match letter {
                ' ' | '\t'..='\r' => self.next += 1,
                '#' => {
                    while self
                        .next()
                        .is_some_and(|letter| !ends_line(letter.value, unix_lines))
                    {
                    }
                }
                _ => return,
            }
        }
    }
}

/// Whether `letter` ends a line: with `unix_lines` (flag `d`) a newline alone.
pub(super) fn ends_line(letter: char, unix_lines: bool) -> bool {
    letter == '\n' || !unix_lines && matches!(letter, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
