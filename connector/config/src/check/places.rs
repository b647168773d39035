//! Where each key of a file stands.

use std::collections::BTreeMap;

use crate::yaml::{Kind, Node, Position};

/// Characters of a value that a message shows.
const SHOWN_MAX: usize = 64;

/// Where each key stands, by path, and what it holds.
#[derive(Debug, Default)]
pub(crate) struct Places(BTreeMap<String, Place>);

#[derive(Debug)]
struct Place {
    at: Position,
    value: Option<String>,
}

impl Places {
    /// Keeps in mind that `node` stands at `path`.
    pub(super) fn insert(&mut self, path: &str, node: &Node) {
        self.0.insert(
            path.to_owned(),
            Place {
                at: node.at,
                value: shown(path, node),
            },
        );
    }

    /// Where the value at `path` stands, or the nearest mapping around the place where it should.
    pub(crate) fn position(&self, path: &str) -> Position {
        let mut path = path;
        loop {
            if let Some(place) = self.0.get(path) {
                return place.at;
            }
            match path
                .rfind(['.', '['])
                .and_then(|end| path.split_at_checked(end))
            {
                Some((around, _)) => path = around,
                None => return self.0.get("").map_or(Position::START, |place| place.at),
            }
        }
    }

    /// What the file has at `path`, as a message shows it.
    pub(crate) fn value(&self, path: &str) -> Option<&str> {
        self.0.get(path).and_then(|place| place.value.as_deref())
    }
}

/// The path of a key in the mapping at `path`.
pub(crate) fn child(path: &str, key: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:$@*<".contains(c);
    let key = if !key.is_empty() && key.chars().all(is_plain) {
        truncated(key)
    } else {
        format!("{:?}", truncated(key))
    };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

/// What a message shows of a node: a single value in quotes, never one that may be a secret.
pub(super) fn shown(path: &str, node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(_) if is_secret(path) => None,
        Kind::Scalar(scalar) if scalar.is_null() => None,
        Kind::Scalar(scalar) => Some(format!("{:?}", truncated(&scalar.text))),
        Kind::List(_) => Some("a list".to_owned()),
        Kind::Map(_) => Some("a mapping".to_owned()),
        Kind::Alias => None,
    }
}

/// Whether the value at `path` may be a secret.
fn is_secret(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    [
        "password",
        "jaas",
        "secret",
        "token",
        "credential",
        "user.info",
        "ssl.key",
    ]
    .iter()
    .any(|part| path.contains(part))
}

fn truncated(text: &str) -> String {
    match text
        .char_indices()
        .nth(SHOWN_MAX)
        .and_then(|(end, _)| text.split_at_checked(end))
    {
        Some((head, _)) => format!("{head}..."),
        None => text.to_owned(),
    }
}
