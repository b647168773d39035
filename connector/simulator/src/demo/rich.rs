//! Text with colours that can be wrapped and cut.

use std::fmt::Write as _;

use anstyle::Style;
use unicode_width::UnicodeWidthChar;

use crate::screen::{DIM, GOOD, NAME, PLAIN, VALUE};

/// Characters with their styles.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Rich(Vec<(char, Style)>);

impl Rich {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn push(&mut self, style: Style, text: &str) -> &mut Self {
        let printable = |c: char| if c.is_control() { '·' } else { c };
        self.0
            .extend(text.chars().map(|character| (printable(character), style)));
        self
    }

    pub(super) fn append(&mut self, mut other: Self) -> &mut Self {
        self.0.append(&mut other.0);
        self
    }

    /// Columns.
    pub(super) fn width(&self) -> usize {
        self.0
            .iter()
            .map(|&(character, _)| columns(character))
            .sum()
    }

    /// Breaks into at most `lines_max` lines of `width` columns, the later ones indented; what does
    /// not fit is cut.
    pub(super) fn wrap(&self, width: usize, indent: usize, lines_max: usize) -> Vec<Self> {
        let mut lines = Vec::new();
        let mut rest = self.0.as_slice();
        while !rest.is_empty() {
            let indent = if lines.is_empty() { 0 } else { indent };
            let mut line = Self(vec![(' ', PLAIN); indent]);
            if lines.len() + 1 == lines_max {
                line.0.extend_from_slice(rest);
                lines.push(line.fit(width));
                break;
            }
            let (head, tail) = rest.split_at(break_at(rest, width.saturating_sub(indent).max(1)));
            line.0.extend_from_slice(head);
            lines.push(line);
            rest = tail;
            while let [(' ', _), after @ ..] = rest {
                rest = after;
            }
        }
        lines
    }

    /// Cut to `width` columns.
    pub(super) fn fit(mut self, width: usize) -> Self {
        if self.width() <= width {
            return self;
        }
        let mut taken = 0;
        self.0.retain(|&(character, _)| {
            taken += columns(character);
            taken < width
        });
        self.0.push(('…', DIM));
        self
    }

    /// Filled up to `width` columns, or cut there.
    pub(super) fn pad(self, width: usize) -> Self {
        let mut padded = self.fit(width);
        let missing = width.saturating_sub(padded.width());
        padded.0.extend(std::iter::repeat_n((' ', PLAIN), missing));
        padded
    }

    /// The text with the codes of its colours.
    pub(super) fn render(&self) -> String {
        let mut text = String::new();
        let mut current = PLAIN;
        for &(character, style) in &self.0 {
            if style != current {
                let _infallible = write!(text, "{current:#}{style}");
                current = style;
            }
            text.push(character);
        }
        let _infallible = write!(text, "{current:#}");
        text
    }
}

fn columns(character: char) -> usize {
    character.width().unwrap_or(0)
}

/// How many cells make the first line: up to a good place to break, if there is one near its end.
fn break_at(cells: &[(char, Style)], width: usize) -> usize {
    let mut taken = 0;
    let mut good = 0;
    for (at, &(character, _)) in cells.iter().enumerate() {
        taken += columns(character);
        if taken > width {
            return if good * 2 > at { good } else { at.max(1) };
        }
        if matches!(character, ' ' | ',') {
            good = at + 1;
        }
    }
    cells.len()
}

/// JSON, or whatever it is that should be JSON, in colours.
pub(super) fn json(text: &str) -> Rich {
    let mut rich = Rich::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '"' => string_len(rest),
            '{' | '}' | '[' | ']' | ':' | ',' => 1,
            _ => rest
                .find(['"', '{', '}', '[', ']', ':', ','])
                .unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(len).unwrap_or((rest, ""));
        let style = match first {
            '"' if after.starts_with(':') => NAME,
            '"' => GOOD,
            '{' | '}' | '[' | ']' | ':' | ',' => DIM,
            _ => VALUE,
        };
        rich.push(style, token);
        rest = after;
    }
    rich
}

/// The length of the string that `text` begins with, quotes included.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// One line of YAML in colours.
pub(super) fn yaml(line: &str) -> Rich {
    let mut rich = Rich::new();
    let (line, comment) = line.split_at(line.find(" #").unwrap_or(line.len()));
    match line
        .split_once(": ")
        .or_else(|| Some((line.strip_suffix(':')?, "")))
    {
        Some((key, value)) => {
            rich.push(NAME, key).push(DIM, ": ").push(GOOD, value);
        }
        None => {
            rich.push(GOOD, line);
        }
    }
    rich.push(DIM, comment);
    rich
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(rich: &Rich) -> String {
        rich.0.iter().map(|&(character, _)| character).collect()
    }

    fn wrapped(text: &str, width: usize, lines_max: usize) -> Vec<String> {
        let mut rich = Rich::new();
        rich.push(PLAIN, text);
        rich.wrap(width, 1, lines_max).iter().map(plain).collect()
    }

    #[test]
    fn text_is_wrapped_at_spaces_and_commas_with_an_indent() {
        assert_eq!(wrapped("one two three", 8, 9), ["one two ", " three"]);
        assert_eq!(wrapped("a,b,c,d", 4, 9), ["a,b,", " c,d"]);
        assert_eq!(wrapped("abcdefghij", 4, 9), ["abcd", " efg", " hij"]);
        assert!(wrapped("", 4, 9).is_empty());
    }

    #[test]
    fn what_does_not_fit_into_the_lines_is_cut() {
        assert_eq!(wrapped("abcdefghijklmn", 4, 2), ["abcd", " ef…"]);
    }

    #[test]
    fn wide_characters_take_two_columns() {
        let mut rich = Rich::new();
        rich.push(PLAIN, "北京北京");
        assert_eq!(rich.width(), 8);
        assert_eq!(plain(&rich.clone().fit(5)), "北京…");
        assert_eq!(plain(&rich.pad(9)), "北京北京 ");
    }

    #[test]
    fn colours_are_written_once_per_run_and_ended() {
        let mut rich = Rich::new();
        rich.push(GOOD, "ok").push(PLAIN, "!");
        assert_eq!(rich.render(), format!("{GOOD}ok{GOOD:#}!"));
    }

    #[test]
    fn keys_and_values_of_json_differ_in_colour() {
        let rich = json(r#"{"a\"b": "c:", "n": -1.5e3, "t": [true, null]}"#);
        assert_eq!(
            plain(&rich),
            r#"{"a\"b": "c:", "n": -1.5e3, "t": [true, null]}"#
        );
        let style_of = |needle: char| rich.0.iter().find(|cell| cell.0 == needle).unwrap().1;
        assert_eq!(style_of('a'), NAME);
        assert_eq!(style_of('c'), GOOD);
        assert_eq!(style_of('5'), VALUE);
        assert_eq!(style_of('{'), DIM);
    }

    #[test]
    fn broken_json_is_shown_as_it_is() {
        for text in ["", "\"", "{\"a", "\"\\", "北\"京"] {
            assert_eq!(plain(&json(text)), text);
        }
    }

    #[test]
    fn yaml_keys_values_and_comments_differ_in_colour() {
        let rich = yaml("  port: 8080   # the port");
        assert_eq!(plain(&rich), "  port: 8080   # the port");
        assert_eq!(rich.0.last().unwrap().1, DIM);
        assert_eq!(plain(&yaml("service:")), "service: ");
    }
}
