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

use aeroduct_config::{
    Format, Plan,
    avro::{self, AvroSchema},
};
use aeroduct_outbound::{Change, Lane, Outbound, Prepared, Scratch, TopicChoice, UnixSeconds};
use apache_avro::{reader::datum::GenericDatumReader, types::Value as Avro};

/// No configuration of these cases asks for the port.
const PORT: u16 = 8080;

// covers: format.mode=avro, format.schema, format.stringify-map-keys
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
        Format::Avro { .. } => "avro.out",
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
        Ok(Prepared::Outbound(outbound)) => {
            let reader = Reader::of(plan);
            published(&lane, &outbound, (&out, &reader), &scratch)
        }
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

fn published(
    lane: &Lane,
    outbound: &Outbound,
    (out, reader): (&[u8], &Reader),
    scratch: &Scratch,
) -> String {
    let topic = match outbound.topic {
        TopicChoice::Fixed => lane.topic().unwrap(),
        TopicChoice::Named => scratch.topic(),
    };
    assert!(
        outbound.value.start == "what was there before".len(),
        "the value follows what was there before"
    );
    let key = outbound
        .key
        .clone()
        .map_or_else(|| "none".to_owned(), |key| reader.key(&out[key]));
    let value = reader.value(&out[outbound.value.clone()]);
    format!("topic {topic}\nkey   {key}\nvalue {value}\n")
}

/// An independent reader of what was written.
enum Reader {
    Avro { value: AvroSchema, has_key: bool },
    Other,
}

impl Reader {
    fn of(plan: &Plan) -> Self {
        let items = &plan.outbound.general.items;
        match &items.format {
            Some(Format::Avro { schema, .. }) => Self::Avro {
                value: schema.clone(),
                has_key: items.key.is_none(),
            },
            _ => Self::Other,
        }
    }

    fn key(&self, bytes: &[u8]) -> String {
        match self {
            Self::Avro {
                value,
                has_key: true,
            } => {
                let schema = match value.as_record() {
                    Some(_) => avro::key_schema(),
                    None => avro::key_map_schema(),
                };
                decoded(bytes, &schema)
            }
            _ => legible(bytes),
        }
    }

    fn value(&self, bytes: &[u8]) -> String {
        match self {
            Self::Avro { value, .. } => decoded(bytes, value),
            Self::Other => legible(bytes),
        }
    }
}

/// The bytes, and what an independent reader takes them for.
fn decoded(bytes: &[u8], schema: &AvroSchema) -> String {
    let schema = apache_avro::Schema::parse_str(schema.text()).unwrap();
    let mut rest = bytes;
    let reader = GenericDatumReader::builder(&schema).build().unwrap();
    let value = reader.read_value(&mut rest).unwrap();
    assert!(rest.is_empty(), "one value and no more");
    format!("{}\n      {}", hex::encode(bytes), legible_avro(&value))
}

fn legible_avro(value: &Avro) -> String {
    let joined = |members: Vec<String>| members.join(", ");
    match value {
        Avro::Union(_, value) => legible_avro(value),
        Avro::Null => "null".to_owned(),
        Avro::Boolean(value) => value.to_string(),
        Avro::Int(value) => format!("{value}i"),
        Avro::Long(value) => value.to_string(),
        Avro::Float(value) => format!("{value:?}f"),
        Avro::Double(value) => format!("{value:?}"),
        Avro::Bytes(bytes) | Avro::Fixed(_, bytes) => format!("0x{}", hex::encode(bytes)),
        Avro::String(text) => format!("{text:?}"),
        Avro::Enum(_, word) => word.clone(),
        Avro::Array(items) => {
            format!("[{}]", joined(items.iter().map(legible_avro).collect()))
        }
        Avro::Map(members) => {
            let mut members: Vec<_> = members
                .iter()
                .map(|(name, value)| format!("{name:?}: {}", legible_avro(value)))
                .collect();
            members.sort();
            format!("{{{}}}", joined(members))
        }
        Avro::Record(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, value)| format!("{name}: {}", legible_avro(value)));
            format!("({})", joined(fields.collect()))
        }
        other => format!("{other:?}"),
    }
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
