//! Golden cases: what becomes of described records, byte for byte.
//!
//! A case is a folder under `golden` with
//!
//! - `record.json`: one change, or an array of them, as `golden/change.rs` describes;
//! - `config.yaml`: the configuration; where it names no format, all formats are tried;
//! - `FORMAT.out`: per change the lines `topic`, `key` and `value`, or one line `skipped` or `error`.
//!
//! `UPDATE_GOLDEN=1` writes the `.out` files. Read them against the specification before keeping them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what fails here fails a test"
)]

#[path = "golden/change.rs"]
mod change;

use std::{error::Error, fmt::Write as _, fs, path::Path};

use aeroduct_config::{Format, Plan};
use aeroduct_outbound::{Change, Lane, Outbound, Prepared, Scratch, TopicChoice, UnixSeconds};

/// No configuration of these cases asks for the port.
const PORT: u16 = 8080;

#[test]
fn every_case_is_rendered_as_it_is_written_down() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    let differing: Vec<_> = cases.iter().filter_map(|case| check(case).err()).collect();
    assert!(differing.is_empty(), "{}", differing.join("\n\n"));
}

fn check(case: &Path) -> Result<(), String> {
    let read = |name: &str| {
        fs::read_to_string(case.join(name))
            .unwrap_or_else(|error| panic!("{}/{name}: {error}", case.display()))
    };
    let changes = change::all(&read("record.json"));
    for (name, plan) in plans(&read("config.yaml")) {
        let path = case.join(name);
        let rendered = changes
            .iter()
            .map(|change| render(&plan, change))
            .collect::<Vec<_>>()
            .join("\n");
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &rendered).unwrap();
        }
        let expected =
            fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        if rendered != expected {
            return Err(format!(
                "{}\nexpected\n{expected}\nrendered\n{rendered}",
                path.display()
            ));
        }
    }
    Ok(())
}

/// The plan that `config` makes, for its own format or for each there is, beside the name of the file
/// that holds what to expect.
fn plans(config: &str) -> Vec<(&'static str, Plan)> {
    let plan = change::plan(config);
    let formats = match &plan.outbound.general.items.format {
        Some(format) => vec![format.clone()],
        None => vec![
            Format::Json {
                stringify_map_keys: true,
            },
            Format::FlatJson {
                metadata_key: "metadata".to_owned(),
                stringify_map_keys: true,
            },
            Format::MessagePack,
        ],
    };
    let name = |format: &Format| match format {
        Format::Json { .. } => "json.out",
        Format::FlatJson { .. } => "flat-json.out",
        Format::MessagePack => "message-pack.out",
        Format::Xdr => "xdr.out",
    };
    let with = |format| {
        let (name, mut plan) = (name(&format), plan.clone());
        plan.outbound.general.items.format = Some(format);
        (name, plan)
    };
    formats.into_iter().map(with).collect()
}

fn render(plan: &Plan, change: &change::Change) -> String {
    let record = change.record();
    let lane = Lane::resolve(
        &plan.outbound,
        PORT,
        record.metadata.namespace,
        record.metadata.set,
    );
    let (mut out, mut scratch) = (b"what was there before".to_vec(), Scratch::default());
    let before = out.len();
    let change = Change {
        record: &record,
        frame: change.frame(),
        arrived: UnixSeconds(change.arrived),
        path: change.path.as_deref(),
    };
    match lane.prepare(&change, &mut out, &mut scratch) {
        Ok(Prepared::Outbound(outbound)) => published(&lane, &outbound, &out, &scratch),
        Ok(Prepared::Skipped(rule)) => format!("skipped {}\n", rule.label()),
        Err(error) => {
            assert_eq!(out.len(), before, "nothing is left of a record that failed");
            let mut text = format!("error {}: {error}", error.reason().label());
            let mut cause = error.source();
            while let Some(error) = cause {
                write!(text, ": {error}").unwrap();
                cause = error.source();
            }
            text + "\n"
        }
    }
}

fn published(lane: &Lane, outbound: &Outbound, out: &[u8], scratch: &Scratch) -> String {
    let topic = match outbound.topic {
        TopicChoice::Fixed => lane.topic().unwrap(),
        TopicChoice::Named => scratch.topic(),
    };
    let text = |range: &std::ops::Range<usize>| legible(&out[range.clone()]);
    assert!(
        outbound.value.start == "what was there before".len(),
        "the value follows what was there before"
    );
    let key = outbound
        .key
        .as_ref()
        .map_or_else(|| "none".to_owned(), text);
    format!(
        "topic {topic}\nkey   {key}\nvalue {}\n",
        text(&outbound.value)
    )
}

/// Text as it stands; of MessagePack the bytes, and what an independent reader takes them for; of others
/// the bytes.
fn legible(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes)
        && (text.starts_with(['{', '[']) || !text.contains(char::is_control))
    {
        return text.to_owned();
    }
    let mut rest = bytes;
    match rmpv::decode::read_value(&mut rest) {
        Ok(value) if rest.is_empty() => format!("{}\n      {value}", hex::encode(bytes)),
        _ => hex::encode(bytes),
    }
}
