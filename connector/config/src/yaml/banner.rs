//! A file as it may be shown to anybody: keys and values in the order of the file, secrets left
//! blank.
//!
//! It is written anew from what was read. Comments are left out: many a one holds an old password, or
//! a line that was switched off with its password in it.

use std::fmt::Write as _;

use super::{Entry, Kind, Node, Scalar};
use crate::{
    check::child,
    secret::{BLANK, has_credentials, is_open_path},
};

/// The text of the file `root`.
pub(crate) fn banner(root: &Node) -> String {
    let mut text = String::new();
    write(&mut text, root, "", 0);
    text
}

/// Writes a value behind its key, or the whole file; `depth` is that of its own lines.
fn write(text: &mut String, node: &Node, path: &str, depth: usize) {
    match &node.kind {
        Kind::Map(entries) if entries.is_empty() => text.push_str(" {}\n"),
        Kind::Map(entries) => {
            if !text.is_empty() {
                text.push('\n');
            }
            for entry in entries {
                indent(text, depth);
                member(text, entry, path, depth);
            }
        }
        Kind::List(items) if items.is_empty() => text.push_str(" []\n"),
        Kind::List(items) => {
            text.push('\n');
            for (index, item) in items.iter().enumerate() {
                indent(text, depth);
                text.push('-');
                write_item(text, item, &format!("{path}[{index}]"), depth);
            }
        }
        Kind::Scalar(scalar) => {
            text.push(' ');
            value(text, scalar, path, depth);
        }
        // None is left in a file that makes a plan.
        Kind::Alias => text.push_str(" \"*\"\n"),
    }
}

/// Writes an item behind its dash; the first key of a mapping stands on the same line.
fn write_item(text: &mut String, item: &Node, path: &str, depth: usize) {
    match &item.kind {
        Kind::Map(entries) if !entries.is_empty() => {
            for (index, entry) in entries.iter().enumerate() {
                if index == 0 {
                    text.push(' ');
                } else {
                    indent(text, depth + 1);
                }
                member(text, entry, path, depth + 1);
            }
        }
        _ => write(text, item, path, depth + 1),
    }
}

fn member(text: &mut String, entry: &Entry, path: &str, depth: usize) {
    let key = &entry.key;
    scalar(text, key);
    text.push(':');
    write(text, &entry.value, &child(path, &key.text), depth + 1);
}

fn indent(text: &mut String, depth: usize) {
    for _ in 0..depth {
        text.push_str("  ");
    }
}

fn value(text: &mut String, written: &Scalar, path: &str, depth: usize) {
    if written.is_null() {
        text.push_str("null");
    } else if !is_open_path(path) || has_credentials(&written.text) {
        let _ = write!(text, "{BLANK:?}");
    } else if depth > 0 && is_block(&written.text) {
        let keeps_end = if written.text.ends_with('\n') {
            "|"
        } else {
            "|-"
        };
        text.push_str(keeps_end);
        for line in written.text.lines() {
            text.push('\n');
            indent(text, depth);
            text.push_str(line);
        }
    } else {
        scalar(text, written);
    }
    text.push('\n');
}

/// Whether `text` is better read as lines: a schema, say.
fn is_block(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    let is_plain = |c: char| c == '\n' || !(c.is_control() || c == '\u{feff}');
    let has_edge = |line: &str| line.is_empty() || line.ends_with(' ');
    body.contains('\n')
        && body.chars().all(is_plain)
        && !body.starts_with([' ', '\n'])
        && !body.split('\n').any(has_edge)
}

/// Writes a text on one line, in quotes unless it had none and needs none.
fn scalar(text: &mut String, scalar: &Scalar) {
    if scalar.is_plain && is_bare(&scalar.text) {
        text.push_str(&scalar.text);
    } else {
        // What JSON quotes, YAML reads alike.
        text.push_str(&serde_json::Value::from(scalar.text.as_str()).to_string());
    }
}

/// Whether `text` is read as it stands wherever it stands. The parser takes more in some places than
/// in others.
fn is_bare(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || "-_./+~$=*".contains(c);
    let parts = text
        .split(':')
        .all(|part| !part.is_empty() && part.chars().all(is_word));
    parts && text.starts_with(|c: char| c.is_alphanumeric() || "_/~.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse;

    fn shown(text: &str) -> String {
        banner(&parse(text).unwrap())
    }

    #[test]
    fn keys_and_values_are_shown_in_the_order_of_the_file() {
        let text = "# a comment\nb: {c: [1, 'x: y', {d: e, f: ''}], g: []}\na: \"no\" # why\nh:\n  - - 1\n    - 2\n  -\n  - {}\ni:\n";
        let expected = r#"b:
  c:
    - 1
    - "x: y"
    - d: e
      f: ""
  g: []
a: "no"
h:
  -
    - 1
    - 2
  - null
  - {}
i: null
"#;
        assert_eq!(shown(text), expected);
        assert_eq!(shown(expected), expected);
    }

    #[test]
    fn lines_stay_lines_where_they_can() {
        for text in [
            "a: |\n  {\n    x\n  }\n",
            "a: |-\n  x\n  y\nb: 1\n",
            "a: \"x\\n\\ny\"\n",
            "a: \" x\\ny\"\n",
            "a: \"x \\ny\\n\\n\"\n",
            "a: \"x\\ny\\n\\n\"\n",
            " \"x\\n...\"\n",
        ] {
            assert_eq!(shown(text), text);
        }
        assert_eq!(shown("a: >\n  x\n  y\n"), "a: \"x y\\n\"\n");
    }

    #[test]
    fn secrets_are_blank_however_they_are_written() {
        for secret in [
            "canary",
            "'canary'",
            "\"can\\x61ry canary\"",
            "|\n    canary\n    canary",
            ">-\n    canary\n\n    canary",
            "[canary, canary]",
            "\n    - canary\n    - 'canary'",
            "{canary: canary}",
            "&canary canary",
            "!!str canary",
            "canary # canary",
        ] {
            for path in [
                "producer-props:\n  sasl.jaas.config",
                "producer-props:\n  sasl.pasword",
                "format:\n  props:\n   bearer.auth.token",
            ] {
                let text = format!("# canary\n{path}: {secret}\n# canary\n");
                let shown = shown(&text);
                let is_key = secret.starts_with('{');
                let expected = usize::from(is_key);
                assert_eq!(shown.matches("canary").count(), expected, "{text}{shown}");
                assert!(shown.contains(BLANK), "{text}{shown}");
            }
        }
        let shown =
            shown("format: {props: {schema.registry.url: 'http://canary:canary@registry'}}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}
