//! What this connector does otherwise than the vendor's, in one table.
//!
//! `check` shows of it what the keys of a file bring about, and the page for those who come from the
//! vendor's connector has all of it, so that the two say the same.

use crate::{
    check::{child, named},
    note::Note,
    plan::Warning,
    support::general,
    yaml::{Kind, Node},
};

use table::TABLE;

#[cfg(test)]
mod page;
mod table;
#[cfg(test)]
mod tests;

/// Something that this connector does otherwise than the vendor's, as a user could notice it.
struct Difference {
    /// The key that brings it about, such as `routing.mode`, wherever an item may stand; empty where it
    /// is the program itself.
    key: &'static str,
    /// Which files it is noticed with.
    when: When,
    /// What is so here.
    here: &'static str,
    /// What to do about it; empty where nothing needs doing.
    remedy: &'static str,
}

/// Which files a difference is noticed with.
#[derive(Clone, Copy)]
enum When {
    /// Those that have the key.
    Given,
    /// Those where the key has one of these values, in any case.
    Is(&'static [&'static str]),
    /// Those that leave the key out.
    Absent,
    /// Those in which some value names such a path.
    Names(&'static str),
    /// All of them, whatever they say.
    Always,
}

/// Where notes about keys go that the file does not have.
const BEHIND_ALL: (usize, usize) = (usize::MAX, 0);

/// What is otherwise than with the vendor's connector for the file `root`, of which `warnings` are told
/// besides.
pub(crate) fn of_file(root: &Node, warnings: &[Warning]) -> Vec<Note> {
    let mut values = Vec::new();
    collect(root, "", &mut values);
    let is_warned = |path: &str| warnings.iter().any(|warning| warning.path == path);
    let mut notes: Vec<_> = TABLE
        .iter()
        .filter_map(|difference| difference.noticed(&values))
        .filter(|note| !is_warned(&note.path))
        .collect();
    notes.sort_by_key(|note| note.place.unwrap_or(BEHIND_ALL));
    notes
}

/// A value of the file, with the path of its key.
struct Placed<'n> {
    path: String,
    /// Where in the path that of an item begins, which may stand at any level.
    general: usize,
    node: &'n Node,
}

impl<'n> Placed<'n> {
    fn new(path: String, node: &'n Node) -> Self {
        Self {
            general: path.len() - general(&path).len(),
            path,
            node,
        }
    }

    /// The path that an item of a port, namespace or set has on the general level.
    fn general(&self) -> &str {
        self.path
            .split_at_checked(self.general)
            .map_or("", |(_, path)| path)
    }
}

fn collect<'n>(node: &'n Node, path: &str, values: &mut Vec<Placed<'n>>) {
    match &node.kind {
        Kind::Map(entries) => {
            let last = path.rsplit('.').next().unwrap_or_default();
            let has_names = matches!(last, "namespaces" | "sets" | "port-based-config");
            for entry in entries {
                let key = &entry.key.text;
                let path = if has_names {
                    named(path, key)
                } else {
                    child(path, key)
                };
                collect(&entry.value, &path, values);
                values.push(Placed::new(path, &entry.value));
            }
        }
        Kind::List(items) => {
            for (index, node) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                collect(node, &path, values);
                values.push(Placed::new(path, node));
            }
        }
        Kind::Scalar(_) | Kind::Alias => {}
    }
}

impl Difference {
    /// What it means for a file with these values, if anything.
    fn noticed(&self, values: &[Placed<'_>]) -> Option<Note> {
        if let When::Absent = self.when {
            let is_given = values.iter().any(|value| self.is_about(value));
            return (!is_given).then(|| Note {
                path: self.key.to_owned(),
                place: None,
                message: self.here.to_owned(),
                remedy: self.remedy,
            });
        }
        let mut noticed = values.iter().filter(|value| self.is_noticed_at(value));
        let first = noticed.next()?;
        let message = match noticed.count() {
            0 => self.here.to_owned(),
            others => format!("{} (and at {others} more)", self.here),
        };
        Some(Note {
            remedy: self.remedy,
            ..Note::new(&first.path, first.node.at, message)
        })
    }

    fn is_noticed_at(&self, value: &Placed<'_>) -> bool {
        let text = match &value.node.kind {
            Kind::Scalar(scalar) if scalar.is_null() => return false,
            Kind::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        };
        match self.when {
            When::Given => self.is_about(value),
            When::Is(values) => {
                let is_one = |text: &String| values.iter().any(|v| v.eq_ignore_ascii_case(text));
                self.is_about(value) && text.is_some_and(is_one)
            }
            When::Names(place) => text.is_some_and(|text| text.contains(place)),
            When::Absent | When::Always => false,
        }
    }

    fn is_about(&self, value: &Placed<'_>) -> bool {
        value.general() == self.key
    }
}
