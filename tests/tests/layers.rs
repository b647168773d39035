//! Which part may know which: the arrows between the crates, and the two ends of the connector.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, PackageId};

/// Each crate, and the crates of ours it may use. Tests may use anything.
const ARROWS: &[(&str, &[&str])] = &[
    ("aeroduct-record", &[]),
    ("aeroduct-wire", &["aeroduct-record"]),
    ("aeroduct-config", &["aeroduct-stores"]),
    ("aeroduct-stores", &[]),
    ("aeroduct-outbound", &["aeroduct-config", "aeroduct-record"]),
    ("aeroduct-kafka", &[]),
    ("aeroduct-process", &[]),
    (
        "aeroduct-connector",
        &[
            "aeroduct-config",
            "aeroduct-kafka",
            "aeroduct-outbound",
            "aeroduct-process",
            "aeroduct-record",
            "aeroduct-stores",
            "aeroduct-wire",
        ],
    ),
    (
        "aeroduct-simulator",
        &[
            "aeroduct-config",
            "aeroduct-connector",
            "aeroduct-kafka",
            "aeroduct-record",
            "aeroduct-wire",
        ],
    ),
];
const TESTS: &str = "aeroduct-tests";

/// Foreign crates that only these may name.
const CONFINED: &[(&str, &[&str])] = &[
    ("rdkafka", &["aeroduct-kafka", TESTS]),
    ("rdkafka-sys", &["aeroduct-kafka", TESTS]),
    (
        "kube",
        &["aeroduct-operator", "aeroduct-operator-api", TESTS],
    ),
];

/// Crates that reach none of [`HEAVY`], not through others either.
const PURE: &[&str] = &[
    "aeroduct-record",
    "aeroduct-wire",
    "aeroduct-config",
    "aeroduct-outbound",
    "aeroduct-stores",
];
const HEAVY: &[&str] = &["tokio", "rdkafka", "rdkafka-sys", "kube"];

fn metadata() -> Result<Metadata> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    MetadataCommand::new()
        .manifest_path(root)
        .features(CargoOpt::AllFeatures)
        .other_options(vec!["--locked".to_owned()])
        .exec()
        .context("cargo metadata")
}

#[test]
fn crates_of_ours_use_only_what_their_place_allows() -> Result<()> {
    let metadata = metadata()?;
    let ours: BTreeSet<&str> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        if name == TESTS {
            continue;
        }
        let allowed = arrows
            .get(name)
            .with_context(|| format!("{name} has no place in the table of arrows"))?;
        // What only the tests of a crate use does not go into any program.
        let linked = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development);
        for used in linked.map(|dependency| dependency.name.as_str()) {
            assert!(
                !ours.contains(used) || allowed.contains(&used),
                "{name} must not use {used}"
            );
        }
    }
    Ok(())
}

#[test]
fn heavy_crates_are_named_only_where_they_belong() -> Result<()> {
    for package in metadata()?.workspace_packages() {
        let name = package.name.as_str();
        for dependency in &package.dependencies {
            let confined = CONFINED
                .iter()
                .find(|(foreign, _)| *foreign == dependency.name);
            assert!(
                confined.is_none_or(|(_, users)| users.contains(&name)),
                "{name} must not use {}",
                dependency.name
            );
        }
    }
    Ok(())
}

#[test]
fn pure_crates_reach_no_runtime_no_kafka_and_no_kubernetes() -> Result<()> {
    let metadata = metadata()?;
    let names: BTreeMap<&PackageId, &str> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.as_str()))
        .collect();
    let resolve = metadata.resolve.as_ref().context("no resolved graph")?;
    let used: BTreeMap<&PackageId, Vec<&PackageId>> = resolve
        .nodes
        .iter()
        .map(|node| {
            let linked = node.deps.iter().filter(|dep| {
                dep.dep_kinds
                    .iter()
                    .any(|kind| kind.kind == DependencyKind::Normal)
            });
            (&node.id, linked.map(|dep| &dep.pkg).collect())
        })
        .collect();

    for package in metadata.workspace_packages() {
        if !PURE.contains(&package.name.as_str()) {
            continue;
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![&package.id];
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                open.extend(used.get(id).into_iter().flatten());
            }
        }
        let reached: Vec<_> = seen
            .iter()
            .filter_map(|id| names.get(id))
            .filter(|name| HEAVY.contains(name))
            .collect();
        assert!(reached.is_empty(), "{} reaches {reached:?}", package.name);
    }
    Ok(())
}

#[test]
fn source_and_sink_of_the_connector_never_name_each_other() -> Result<()> {
    for (part, other) in [("source", "sink"), ("sink", "source")] {
        let files = files_of(part)?;
        assert!(!files.is_empty(), "the connector has no part {part}");
        for file in files {
            let text = fs::read_to_string(&file)?;
            for (number, line) in (1..).zip(text.lines()) {
                assert!(
                    !names_module(line, other),
                    "{}:{number} names the module {other}",
                    file.display()
                );
            }
        }
    }
    Ok(())
}

/// `connector/src/PART.rs` and all below `connector/src/PART/`.
fn files_of(part: &str) -> Result<Vec<PathBuf>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../connector/src");
    let mut files = Vec::new();
    let mut open = vec![src.join(part), src.join(part).with_extension("rs")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            for entry in fs::read_dir(path)? {
                open.push(entry?.path());
            }
        } else if path.exists() {
            files.push(path);
        }
    }
    Ok(files)
}

/// Whether a line of code has this module in a path: before or after `::`, or in a `use` list.
fn names_module(line: &str, module: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let is_part_of_name = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(module).any(|(at, _)| {
        let (before, rest) = code.split_at(at);
        let after = rest.strip_prefix(module).unwrap_or_default();
        let is_whole = !before.ends_with(is_part_of_name) && !after.starts_with(is_part_of_name);
        let is_path = before.ends_with("::") || after.trim_start().starts_with("::");
        let is_listed = code.trim_start().starts_with("use ");
        is_whole && (is_path || is_listed)
    })
}

#[test]
fn a_module_in_a_path_is_seen_and_a_word_is_not() {
    assert!(names_module("use crate::sink::Publisher;", "sink"));
    assert!(names_module("use crate::{pipeline, sink};", "sink"));
    assert!(names_module(
        "    let publisher = super::sink::open();",
        "sink"
    ));
    assert!(!names_module("    // the sink:: is not ours", "sink"));
    assert!(!names_module("    let sink = lane.sink();", "sink"));
    assert!(!names_module("use crate::pipeline::sinking;", "sink"));
}
