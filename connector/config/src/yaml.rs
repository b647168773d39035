//! YAML text as a tree in which every node knows its place.
//!
//! Scalars stay the text they were written with: what `no` or `8901` means is for the key that
//! holds it to say. Size and depth are bounded, and aliases are not resolved, so no short text
//! grows into a large tree.

use std::mem;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use crate::diagnostic::Diagnostic;

pub(crate) use banner::banner;

mod banner;

/// Levels of mappings and lists inside one another; the deepest official key lies on the
/// eleventh.
const DEPTH_MAX: usize = 32;

/// A place in the text, both counted from 1.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Position {
    /// Where a text begins.
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

impl From<&Marker> for Position {
    fn from(marker: &Marker) -> Self {
        Self {
            line: marker.line().max(1),
            column: marker.col() + 1,
        }
    }
}

/// A value, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) at: Position,
    /// A tag that changes what the value is, as written.
    pub(crate) tag: Option<String>,
    pub(crate) kind: Kind,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Alias,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A single value.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Whether it was written without quotes, so that `null` may mean nothing.
    pub(crate) is_plain: bool,
}

impl Scalar {
    /// Whether nothing was written, or a word for nothing.
    pub(crate) fn is_null(&self) -> bool {
        self.is_plain && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Scalar,
    pub(crate) at: Position,
    pub(crate) value: Node,
}

/// Reads `text`, which must hold one document.
pub(crate) fn parse(text: &str) -> Result<Node, Diagnostic> {
    check_characters(text)?;
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| syntax(text, &error))?;
        builder.take(event, span)?;
    }
    let root = builder
        .root
        .filter(|root| !matches!(&root.kind, Kind::Scalar(scalar) if scalar.is_null()));
    root.ok_or_else(|| {
        fault(
            Position::START,
            "the file has no content",
            "write at least `producer-props`, `routing` and `format`",
        )
    })
}

/// YAML allows no control characters but tab and line ends; others would also garble what is
/// printed of the file.
fn check_characters(text: &str) -> Result<(), Diagnostic> {
    for (line, content) in (1..).zip(text.split('\n')) {
        let content = content.strip_suffix('\r').unwrap_or(content);
        if let Some((before, character)) = (0..)
            .zip(content.chars())
            .find(|(_, c)| c.is_control() && *c != '\t')
        {
            let at = Position {
                line,
                column: before + 1,
            };
            let reason = format!(
                "not valid YAML: control character U+{:04X}",
                u32::from(character)
            );
            return Err(fault(
                at,
                &reason,
                "remove it; inside double quotes write it as an escape such as \"\\x07\"",
            ));
        }
    }
    Ok(())
}

fn syntax(text: &str, error: &ScanError) -> Diagnostic {
    let at = Position::from(error.marker());
    let line = text.lines().nth(at.line - 1).unwrap_or_default();
    let indentation = line.len() - line.trim_start().len();
    if line.bytes().take(indentation).any(|byte| byte == b'\t') {
        return fault(
            at,
            "not valid YAML: a tab in the indentation",
            "indent with spaces",
        );
    }
    if let Some((indicator, column)) = tab_behind_indicator(line, at) {
        let reason = format!("not valid YAML: a tab after the {indicator}");
        let at = Position { column, ..at };
        return fault(at, &reason, "use a space");
    }
    let reason = format!("not valid YAML: {}", error.info());
    fault(
        at,
        &reason,
        "look at quotes, colons, brackets and indentation on this line and the one before",
    )
}

/// What the tab just before `at` follows, and its column: YAML takes it for white space, but not
/// before every value.
fn tab_behind_indicator(line: &str, at: Position) -> Option<(&'static str, usize)> {
    let before: Vec<_> = line.chars().take(at.column - 1).collect();
    let blanks = before.iter().rev().take_while(|c| matches!(c, ' ' | '\t'));
    let (head, blanks) = before.split_at_checked(before.len() - blanks.count())?;
    let indicator = match head.last()? {
        ':' => "colon",
        '-' => "dash",
        _ => return None,
    };
    let tab = blanks.iter().position(|c| *c == '\t')?;
    Some((indicator, head.len() + tab + 1))
}

fn fault(at: Position, reason: &str, remedy: &str) -> Diagnostic {
    Diagnostic {
        path: String::new(),
        line: at.line,
        column: at.column,
        value: None,
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// Puts the parser's events together.
#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    documents: usize,
    root: Option<Node>,
}

/// A list or mapping whose end is still to come.
struct Open {
    at: Position,
    tag: Option<String>,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map {
        entries: Vec<Entry>,
        key: Option<(Scalar, Position)>,
    },
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        let at = Position::from(&span.start);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents == 1 {
                    return Ok(());
                }
                Err(fault(
                    at,
                    "a second document begins",
                    "keep one document in the file, without a further `---`",
                ))
            }
            Event::Alias(_) => self.close(Node {
                at,
                tag: None,
                kind: Kind::Alias,
            }),
            Event::Scalar(text, style, _, tag) => {
                let (tag, is_text) = scalar_tag(tag.as_deref());
                let is_plain = style == ScalarStyle::Plain && !is_text;
                let kind = Kind::Scalar(Scalar {
                    text: text.into_owned(),
                    is_plain,
                });
                self.close(Node { at, tag, kind })
            }
            Event::SequenceStart(_, tag) => {
                self.open(at, tag.as_deref(), Content::List(Vec::new()))
            }
            Event::MappingStart(_, tag) => self.open(
                at,
                tag.as_deref(),
                Content::Map {
                    entries: Vec::new(),
                    key: None,
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
        }
    }

    /// The innermost list or mapping is complete.
    fn end(&mut self) -> Result<(), Diagnostic> {
        let Some(Open { at, tag, content }) = self.open.pop() else {
            return Ok(());
        };
        let kind = match content {
            Content::List(items) => Kind::List(items),
            Content::Map { entries, .. } => Kind::Map(entries),
        };
        self.close(Node { at, tag, kind })
    }

    fn open(
        &mut self,
        at: Position,
        tag: Option<&Tag>,
        content: Content,
    ) -> Result<(), Diagnostic> {
        if self.open.len() == DEPTH_MAX {
            let reason = format!("more than {DEPTH_MAX} levels inside one another");
            return Err(fault(
                at,
                &reason,
                "no key of the configuration lies that deep; look at the indentation",
            ));
        }
        if self.expects_key() {
            return Err(fault(
                at,
                "a key is a list or a mapping",
                "write the key as text; quote it if it has brackets",
            ));
        }
        let tag = tag
            .filter(|tag| !tag.is_yaml_core_schema())
            .map(ToString::to_string);
        self.open.push(Open { at, tag, content });
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(
            self.open.last(),
            Some(Open {
                content: Content::Map { key: None, .. },
                ..
            })
        )
    }

    /// Puts a finished node where it belongs.
    fn close(&mut self, node: Node) -> Result<(), Diagnostic> {
        match self.open.last_mut().map(|open| &mut open.content) {
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, key }) => match (mem::take(key), node) {
                (Some((key, at)), value) => entries.push(Entry { key, at, value }),
                (
                    None,
                    Node {
                        at,
                        tag: None,
                        kind: Kind::Scalar(scalar),
                    },
                ) => *key = Some((scalar, at)),
                (None, Node { at, .. }) => {
                    return Err(fault(
                        at,
                        "a key is an alias or has a tag",
                        "write the key as text",
                    ));
                }
            },
        }
        Ok(())
    }
}

/// The tag of a scalar if it is none of YAML's own, and whether YAML's own says that the value is
/// text.
fn scalar_tag(tag: Option<&Tag>) -> (Option<String>, bool) {
    match tag {
        None => (None, false),
        Some(tag) if tag.is_yaml_core_schema() => (None, tag.suffix == "str"),
        Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => (None, true),
        Some(tag) => (Some(tag.to_string()), false),
    }
}

#[cfg(test)]
mod tests;
