//! The chart's own configuration, under the one that the values file gives.

use std::sync::LazyLock;

use super::{Entry, Kind, Node, Note, Position, child};
use crate::yaml::{self, Scalar};

/// What the chart has in `connectorConfig` by itself, in all versions from 5 on.
const DEFAULTS: &str = "\
service: { port: 8080, manage: { port: 8081 } }
format: { mode: flat-json, metadata-key: metadata }
routing: { mode: static, destination: aerospike }
producer-props: { bootstrap.servers: ['localhost:9092'] }
logging: { enable-console-logging: true }
";

/// Section, key and value of a default that only some modes of the section know. Helm merges it into
/// every other mode too, where nobody reads it.
const OF_MODES: &[(&str, &str, &str, &[&str])] = &[
    (
        "format",
        "metadata-key",
        "metadata",
        &["flat-json", "kafka-avro"],
    ),
    ("routing", "destination", "aerospike", &["static"]),
];

const MODE: &str = "mode";

/// The mapping `config`, which lies at `path`, with its gaps filled as Helm does: mappings are merged
/// key by key, everything else is replaced as a whole, and null takes a default away.
///
/// Notes say what was filled in.
pub(super) fn over_defaults(config: &Node, path: &str, notes: &mut Vec<Note>) -> Node {
    static DEFAULT: LazyLock<Option<Node>> = LazyLock::new(|| yaml::parse(DEFAULTS).ok());

    let root = match &*DEFAULT {
        Some(defaults) => merged(config, defaults, path, notes),
        None => config.clone(),
    };
    without_residues(root, path, notes)
}

/// `root` with the cluster's name that the chart writes for a release, whatever the values say.
pub(super) fn with_cluster_name(mut root: Node, release: &str) -> Node {
    let at = root.at;
    let name = Entry {
        key: text("cluster-name"),
        at,
        value: node(at, Kind::Scalar(text(release))),
    };
    let Kind::Map(sections) = &mut root.kind else {
        return root;
    };
    match section(sections, "service").map(|service| &mut service.kind) {
        Some(Kind::Map(keys)) => {
            keys.retain(|entry| entry.key.text != "cluster-name");
            keys.push(name);
        }
        // Whatever else it is, the check says so.
        Some(_) => {}
        None => sections.push(Entry {
            key: text("service"),
            at,
            value: node(at, Kind::Map(vec![name])),
        }),
    }
    root
}

fn merged(given: &Node, default: &Node, path: &str, notes: &mut Vec<Note>) -> Node {
    let (Kind::Map(given_entries), Kind::Map(defaults)) = (&given.kind, &default.kind) else {
        return given.clone();
    };
    let mut entries = Vec::new();
    for entry in given_entries {
        let key = entry.key.text.as_str();
        let default = defaults.iter().find(|default| default.key.text == key);
        let value = match (default, &entry.value.kind) {
            (Some(_), Kind::Scalar(scalar)) if scalar.is_null() => continue,
            (Some(default), _) => merged(&entry.value, &default.value, &child(path, key), notes),
            (None, _) => entry.value.clone(),
        };
        entries.push(Entry {
            key: entry.key.clone(),
            at: entry.at,
            value,
        });
    }
    for default in defaults {
        let key = default.key.text.as_str();
        if given_entries.iter().any(|entry| entry.key.text == key) || !is_for(key, path, &entries) {
            continue;
        }
        let message = format!(
            "is not in the file: the chart fills in {}",
            shown(&default.value)
        );
        notes.push(Note::new(child(path, key), given.at, message));
        entries.push(at_place(default, given.at));
    }
    Node {
        at: given.at,
        tag: given.tag.clone(),
        kind: Kind::Map(entries),
    }
}

/// Whether the mode among `entries`, those of the section at `path`, knows `key`.
fn is_for(key: &str, path: &str, entries: &[Entry]) -> bool {
    let row = OF_MODES
        .iter()
        .find(|(section, of_mode, ..)| *of_mode == key && path.ends_with(section));
    let mode = entries.iter().find(|entry| entry.key.text == MODE);
    match (row, mode.map(|entry| &entry.value.kind)) {
        (Some((.., modes)), Some(Kind::Scalar(mode))) => modes.contains(&mode.text.as_str()),
        _ => true,
    }
}

/// `root` without what Helm merged into a section for another mode: `helm get values --all` prints it
/// as if it had been given.
fn without_residues(mut root: Node, path: &str, notes: &mut Vec<Note>) -> Node {
    let Kind::Map(sections) = &mut root.kind else {
        return root;
    };
    for (name, key, default, _) in OF_MODES {
        let path = child(path, name);
        let Some(Kind::Map(entries)) = section(sections, name).map(|section| &mut section.kind)
        else {
            continue;
        };
        if is_for(key, &path, entries) {
            continue;
        }
        entries.retain(|entry| {
            let is_residue = entry.key.text == *key
                && matches!(&entry.value.kind, Kind::Scalar(value) if value.text == *default);
            if is_residue {
                let message = "is a default of the chart that this `mode` does not know; left out";
                notes.push(Note::new(child(&path, key), entry.at, message));
            }
            !is_residue
        });
    }
    root
}

fn section<'e>(sections: &'e mut [Entry], name: &str) -> Option<&'e mut Node> {
    let section = sections.iter_mut().find(|entry| entry.key.text == name);
    section.map(|entry| &mut entry.value)
}

/// A default as if it stood at `at`, where the mapping is that lacks it.
fn at_place(default: &Entry, at: Position) -> Entry {
    Entry {
        key: default.key.clone(),
        at,
        value: moved(&default.value, at),
    }
}

fn moved(default: &Node, at: Position) -> Node {
    let kind = match &default.kind {
        Kind::Map(entries) => Kind::Map(entries.iter().map(|entry| at_place(entry, at)).collect()),
        Kind::List(items) => Kind::List(items.iter().map(|item| moved(item, at)).collect()),
        kind => kind.clone(),
    };
    node(at, kind)
}

/// A default in one line.
fn shown(default: &Node) -> String {
    match &default.kind {
        Kind::Map(entries) => {
            let pairs: Vec<_> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key.text, shown(&entry.value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        Kind::List(items) => {
            let items: Vec<_> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Scalar(scalar) => scalar.text.clone(),
        Kind::Alias => String::new(),
    }
}

fn node(at: Position, kind: Kind) -> Node {
    Node {
        at,
        tag: None,
        kind,
    }
}

fn text(text: &str) -> Scalar {
    Scalar {
        text: text.to_owned(),
        is_plain: false,
    }
}
