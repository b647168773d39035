//! The table as a part of `docs/coming-from-the-vendor.md`.

use std::fmt::Write as _;

use super::{
    Difference, TABLE,
    When::{Absent, Always, Given, Is, Names},
};

/// The table in Markdown, a part for each section of the file.
pub(super) fn table() -> String {
    let mut table = String::new();
    let mut section = None;
    for difference in TABLE {
        let of = section_of(difference);
        if section.replace(of) != Some(of) {
            let _ = write!(table, "{}", opening(of));
        }
        let Difference { here, remedy, .. } = difference;
        let key = match of {
            Section::Program => String::new(),
            _ => format!("| {} ", what(difference)),
        };
        let _ = writeln!(table, "{key}| {here} | {remedy} |");
    }
    table
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Section {
    Program,
    Paths,
    Key(&'static str),
}

fn section_of(difference: &Difference) -> Section {
    match (difference.when, difference.key.split('.').next()) {
        (Always, _) => Section::Program,
        (_, Some(section)) if !section.is_empty() => Section::Key(section),
        _ => Section::Paths,
    }
}

fn opening(section: Section) -> String {
    match section {
        Section::Program => "### The program\n\n| Here | What to do |\n|---|---|\n".to_owned(),
        Section::Paths => "\n### Paths\n\n| Path | Here | What to do |\n|---|---|---|\n".to_owned(),
        Section::Key(key) => {
            format!("\n### `{key}`\n\n| Key | Here | What to do |\n|---|---|---|\n")
        }
    }
}

/// What brings the difference about.
fn what(difference: &Difference) -> String {
    let key = difference.key;
    match difference.when {
        Given | Always => format!("`{key}`"),
        Is(values) => {
            let values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
            format!("`{key}`: {}", values.join(", "))
        }
        Absent => format!("`{key}`, left out"),
        Names(place) => format!("`{place}`"),
    }
}
