//! Where each key of a file stands.

use std::collections::BTreeMap;

use crate::{
    secret::{has_credentials, is_open_path},
    yaml::{Kind, Node, Position},
};

/// Characters of a value that a message shows.
const SHOWN_MAX: usize = 64;

/// Where each key stands, by path, and what it holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    values: BTreeMap<String, Place>,
    /// Of keys whose names the file chooses: where the names stand.
    names: BTreeMap<String, Position>,
}

#[derive(Clone, Debug)]
struct Place {
    at: Position,
    value: Option<String>,
}

impl Places {
    /// Keeps in mind that `node` stands at `path`.
    pub(super) fn insert(&mut self, path: &str, node: &Node) {
        self.values.insert(
            path.to_owned(),
            Place {
                at: node.at,
                value: shown(path, node),
            },
        );
    }

    /// Keeps in mind that the name that ends `path` stands at `at`.
    pub(super) fn insert_name(&mut self, path: &str, at: Position) {
        self.names.insert(path.to_owned(), at);
    }

    /// The places of `section` alone, and of the whole file.
    pub(crate) fn within(&self, section: &str) -> Self {
        let is_within = |path: &&String| path.is_empty() || is_within(path, section);
        let values = self.values.iter().filter(|(path, _)| is_within(path));
        let names = self.names.iter().filter(|(path, _)| is_within(path));
        Self {
            values: values
                .map(|(path, place)| (path.clone(), place.clone()))
                .collect(),
            names: names.map(|(path, at)| (path.clone(), *at)).collect(),
        }
    }

    /// Where the name that ends `path` stands.
    pub(crate) fn name_position(&self, path: &str) -> Position {
        let name = self.names.get(path).copied();
        name.unwrap_or_else(|| self.position(path))
    }

    /// Where the value at `path` stands, or the nearest mapping around the place where it should.
    pub(crate) fn position(&self, path: &str) -> Position {
        let mut path = path;
        loop {
            if let Some(place) = self.values.get(path) {
                return place.at;
            }
            let around = path
                .rfind(['.', '['])
                .and_then(|end| path.split_at_checked(end));
            let Some((around, _)) = around else {
                let root = self.values.get("");
                return root.map_or(Position::START, |place| place.at);
            };
            path = around;
        }
    }

    /// Whether the file has a value at `path`, be it null.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.values.contains_key(path)
    }

    /// What the file has at `path`, as a message shows it.
    pub(crate) fn value(&self, path: &str) -> Option<&str> {
        self.values
            .get(path)
            .and_then(|place| place.value.as_deref())
    }
}

/// The path of a key in the mapping at `path`.
pub(crate) fn child(path: &str, key: &str) -> String {
    joined(path, key, "-_./:$@*<")
}

/// The path of a key in the mapping at `path`, where the file chooses the names of the keys and each
/// has keys of its own: a name with a dot stands in quotes, so that no two keys have one path.
pub(crate) fn named(path: &str, key: &str) -> String {
    joined(path, key, "-_/:$@*<")
}

fn joined(path: &str, key: &str, plain: &str) -> String {
    let key = truncated(key);
    let is_plain = |c: char| c.is_alphanumeric() || plain.contains(c);
    let key = if !key.is_empty() && key.chars().all(is_plain) {
        key
    } else {
        format!("{key:?}")
    };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

/// Whether `path` is `around` or lies in it. A fault there explains whatever seems wrong with
/// `around`.
pub(crate) fn is_within(path: &str, around: &str) -> bool {
    path.strip_prefix(around)
        .is_some_and(|rest| rest.is_empty() || around.is_empty() || rest.starts_with(['.', '[']))
}

/// What a message shows of a node: a single value in quotes, never one that may be a secret.
pub(super) fn shown(path: &str, node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Scalar(scalar) if scalar.is_null() => None,
        Kind::Scalar(scalar) if !is_open_path(path) || has_credentials(&scalar.text) => None,
        Kind::Scalar(scalar) => Some(format!("{:?}", truncated(&scalar.text))),
        Kind::List(_) => Some("a list".to_owned()),
        Kind::Map(_) => Some("a mapping".to_owned()),
        Kind::Alias => None,
    }
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
