//! The text of one line.

use std::error::Error;
use std::fmt::{self, Write as _};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};

use super::Format;
use super::level::Level;

/// Longest message, in bytes: a whole configuration file fits.
const MESSAGE_MAX: usize = 1 << 20;

/// Longest value of one field, in bytes.
const VALUE_MAX: usize = 8 << 10;

/// Most causes told of one error.
const CAUSES_MAX: usize = 16;

/// Shows an error with all its causes, separated by `: `.
///
/// `tracing::warn!(error = %chain(&error), "cannot write")` is the way to log an error.
pub fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl fmt::Display + 'a {
    Chain(error)
}

struct Chain<'a>(&'a (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        std::iter::successors(self.0.source(), |cause| (*cause).source())
            .take(CAUSES_MAX)
            .try_for_each(|cause| write!(f, ": {cause}"))
    }
}

/// What a line says: the message and the fields in their order.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Content {
    pub(super) fn message(text: &str) -> Self {
        Self {
            message: text.to_owned(),
            fields: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// Appends the fields of a span that surrounds the event.
    pub(super) fn surround(&mut self, span: &Self) {
        self.fields.extend(span.fields.iter().cloned());
    }

    fn push(&mut self, field: &Field, value: Value) {
        let name = field.name();
        match self.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.fields.push((name, value)),
        }
    }

    fn push_text(&mut self, field: &Field, text: impl fmt::Display) {
        if field.name() == "message" {
            self.message = bounded(MESSAGE_MAX, text);
        } else {
            self.push(field, Value::String(bounded(VALUE_MAX, text)));
        }
    }
}

impl Visit for Content {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push_text(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.push_text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.push_text(field, chain(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // Not a number and the infinities are no JSON numbers.
        match Value::from(value) {
            Value::Null => self.push_text(field, value),
            number => self.push(field, number),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value.into());
    }
}

/// One event, ready to be written in any form.
#[derive(Clone, Debug)]
pub(super) struct Line<'a> {
    pub(super) time: Timestamp,
    pub(super) level: Level,
    pub(super) logger: &'a str,
    pub(super) content: Content,
}

/// How lines of one destination look.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) format: Format,
    /// Whether the level is coloured; for the simple format alone.
    pub(super) colours: bool,
}

impl Layout {
    /// Writes the line, its end included.
    pub(super) fn render(self, line: &Line<'_>) -> String {
        let mut out = String::with_capacity(160 + line.content.message.len());
        match self.format {
            Format::Simple => self.render_simple(line, &mut out),
            Format::Json => render_json(line, &mut out),
        }
        out.push('\n');
        out
    }

    fn render_simple(self, line: &Line<'_>, out: &mut String) {
        let time = line.time.strftime("%Y-%m-%d %H:%M:%S%.3f GMT");
        let level = line.level.as_upper_str();
        let (colour, plain) = if self.colours {
            (colour(line.level), "\x1b[0m")
        } else {
            ("", "")
        };
        let logger = line.logger;
        infallible(write!(out, "{time} {colour}{level:<5}{plain} {logger} - "));
        push_message(out, &line.content.message);
        for (name, value) in &line.content.fields {
            infallible(write!(out, " {name}="));
            match value {
                Value::String(text) => push_value(out, text),
                other => infallible(write!(out, "{other}")),
            }
        }
    }
}

fn render_json(line: &Line<'_>, out: &mut String) {
    let fields = line.content.fields.iter();
    let fields: Map<String, Value> = fields
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    let time = line.time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    let level = line.level.as_upper_str();
    let object = Map::from_iter([
        ("timestamp".to_owned(), time.into()),
        ("level".to_owned(), level.into()),
        ("logger".to_owned(), line.logger.into()),
        ("message".to_owned(), line.content.message.as_str().into()),
        ("fields".to_owned(), fields.into()),
    ]);
    infallible(write!(out, "{}", Value::Object(object)));
}

const fn colour(level: Level) -> &'static str {
    match level {
        Level::Error => "\x1b[31m",
        Level::Warn => "\x1b[33m",
        Level::Info => "\x1b[32m",
        Level::Debug => "\x1b[34m",
        Level::Trace => "\x1b[35m",
    }
}

/// Further lines of a message are indented, so that none of them looks like a line of the log.
fn push_message(out: &mut String, message: &str) {
    for (index, part) in message.trim_end().lines().enumerate() {
        if index > 0 {
            out.push_str("\n    ");
        }
        part.chars().for_each(|char| match char {
            '\t' => out.push(char),
            _ => push_escaped(out, char),
        });
    }
}

/// A plain word stands as it is, everything else in quotes.
fn push_value(out: &mut String, text: &str) {
    let is_word = !text.is_empty()
        && !text.contains(|char: char| {
            char.is_whitespace() || matches!(char, '"' | '=' | '\\') || is_unprintable(char)
        });
    if is_word {
        out.push_str(text);
        return;
    }
    out.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            _ => push_escaped(out, char),
        }
    }
    out.push('"');
}

fn push_escaped(out: &mut String, char: char) {
    if is_unprintable(char) {
        out.extend(char.escape_default());
    } else {
        out.push(char);
    }
}

/// Control characters, and what ends or turns a line in Unicode.
fn is_unprintable(char: char) -> bool {
    char.is_control()
        || matches!(char, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes `text` up to `limit` bytes; what is cut off is marked by three dots.
fn bounded(limit: usize, text: impl fmt::Display) -> String {
    let mut bounded = Bounded {
        text: String::new(),
        left: limit,
        is_cut: false,
    };
    infallible(write!(bounded, "{text}"));
    if bounded.is_cut {
        bounded.text.push_str("...");
    }
    bounded.text
}

struct Bounded {
    text: String,
    left: usize,
    is_cut: bool,
}

impl fmt::Write for Bounded {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let end = part.floor_char_boundary(self.left);
        let kept = part.get(..end).unwrap_or_default();
        self.text.push_str(kept);
        self.left -= kept.len();
        if kept.len() < part.len() {
            self.left = 0;
            self.is_cut = true;
        }
        Ok(())
    }
}

/// Writing to a `String` cannot fail; a value whose own `Display` fails is left cut.
fn infallible(_result: fmt::Result) {}
