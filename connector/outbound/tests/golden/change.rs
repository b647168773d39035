//! Changes described in JSON, made into the bytes that a source would send.
//!
//! ```json
//! {
//!   "operation": "write | partial-write | delete | durable-delete",
//!   "namespace": "test", "set": "demo", "digest": "<Base64>", "user-key": {"integer": 123},
//!   "generation": 1, "last-update": 1698586936461, "ttl": 2592000, "arrived": 1698586936,
//!   "bins": [["name", {"string": "text"}]]
//! }
//! ```
//!
//! Only namespace and digest are needed. `ttl` is a number of seconds, else the record never expires; 0
//! is unknown. A value is an object with its type as the one member: `null`, `integer`, `double` (a text
//! for what JSON has no number for), `string`, `bytes-of-string` (hex), `blob`, `hll`, `vector` (hex),
//! `bool`, `geojson` (text), `list`, `ordered-list` (of values), `map`, `key-map`, `key-value-map` (of
//! pairs), `wildcard`, `infinity`, and `raw` (kind and hex). Names may be given as bytes in hex too.

use aeroduct_config::Plan;
use aeroduct_record::{
    Collection, LastUpdate, Operation, Particle, ParticleKind, Record, Ttl, cdt::MapOrder,
};
use aeroduct_wire::encode::{CdtWriter, MessageWriter};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::Value;

/// The plan for a configuration file.
pub(crate) fn plan(config: &str) -> Plan {
    aeroduct_config::parse(config, "config.yaml").unwrap_or_else(|faults| panic!("{faults}"))
}

/// One change as the source sends it.
pub(crate) struct Change {
    frame: Vec<u8>,
    /// When it arrives, in Unix seconds.
    pub(crate) arrived: u64,
    /// The path of the request that brings it.
    pub(crate) path: Option<String>,
}

impl Change {
    pub(crate) fn frame(&self) -> &[u8] {
        &self.frame
    }

    pub(crate) fn record(&self) -> Record<'_> {
        let frame = aeroduct_wire::next_frame(&self.frame, 1 << 24)
            .unwrap()
            .unwrap();
        aeroduct_wire::parse_message(frame.body()).unwrap()
    }
}

/// The changes that `text` describes: one, or an array of them.
pub(crate) fn all(text: &str) -> Vec<Change> {
    match serde_json::from_str(text).unwrap() {
        Value::Array(changes) => changes.iter().map(change).collect(),
        one => vec![change(&one)],
    }
}

fn change(described: &Value) -> Change {
    let operation = match described["operation"].as_str().unwrap_or("write") {
        "write" => Operation::Write { whole_record: true },
        "partial-write" => Operation::Write {
            whole_record: false,
        },
        "delete" => Operation::Delete { durable: false },
        "durable-delete" => Operation::Delete { durable: true },
        other => panic!("operation {other}"),
    };
    let digest = BASE64_STANDARD
        .decode(described["digest"].as_str().unwrap())
        .unwrap();
    let mut frame = Vec::new();
    let mut writer = MessageWriter::new(&mut frame, operation)
        .namespace(&name(&described["namespace"]))
        .digest(&digest.try_into().unwrap());
    if let Some(set) = described.get("set") {
        writer = writer.set(&name(set));
    }
    if let Some(generation) = described["generation"].as_u64() {
        writer = writer.generation(generation.try_into().unwrap());
    }
    if let Some(ttl) = described["ttl"].as_u64() {
        writer = writer.ttl(Ttl::from_raw(ttl.try_into().unwrap()));
    }
    if let Some(key) = described.get("user-key") {
        writer = with_particle(key, |key| writer.user_key(key));
    }
    writer = writer.last_update(
        described["last-update"]
            .as_u64()
            .and_then(|unix_ms| LastUpdate::from_unix_ms(unix_ms, 0)),
    );
    let mut bins = writer.bins();
    for bin in described["bins"].as_array().into_iter().flatten() {
        let bin_name = name(&bin[0]);
        bins = match bin[1].get("raw") {
            Some(raw) => bins.raw(&bin_name, kind(&raw[0]), &bytes(&raw[1])),
            None => with_particle(&bin[1], |value| bins.bin(&bin_name, value)),
        };
    }
    bins.finish().unwrap();
    Change {
        frame,
        arrived: described["arrived"].as_u64().unwrap_or(0),
        path: described["path"].as_str().map(str::to_owned),
    }
}

/// Text, or `{"hex": ...}` for names that are none.
fn name(described: &Value) -> Vec<u8> {
    match described {
        Value::String(text) => text.as_bytes().to_vec(),
        other => bytes(&other["hex"]),
    }
}

fn bytes(described: &Value) -> Vec<u8> {
    hex::decode(described.as_str().unwrap()).unwrap()
}

fn kind(described: &Value) -> ParticleKind {
    ParticleKind(described.as_u64().unwrap().try_into().unwrap())
}

fn double(described: &Value) -> f64 {
    described
        .as_f64()
        .unwrap_or_else(|| described.as_str().unwrap().parse().unwrap())
}

fn member(described: &Value) -> (&str, &Value) {
    let members = described
        .as_object()
        .unwrap_or_else(|| panic!("no value: {described}"));
    let (name, value) = members.iter().next().unwrap();
    (name, value)
}

fn with_particle<R>(described: &Value, take: impl FnOnce(&Particle<'_>) -> R) -> R {
    let (mut held, text);
    let particle = match member(described) {
        ("null", _) => Particle::Null,
        ("integer", value) => Particle::Integer(value.as_i64().unwrap()),
        ("double", value) => Particle::Double(double(value)),
        ("bool", value) => Particle::Bool(value.as_bool().unwrap()),
        ("string", value) => Particle::String(value.as_str().unwrap().as_bytes()),
        ("geojson", value) => Particle::GeoJson(value.as_str().unwrap().as_bytes()),
        (kind @ ("bytes-of-string" | "blob" | "hll" | "vector"), value) => {
            text = bytes(value);
            match kind {
                "bytes-of-string" => Particle::String(&text),
                "blob" => Particle::Blob(&text),
                "hll" => Particle::Hll(&text),
                _ => Particle::Vector(&text),
            }
        }
        (kind, _) => {
            held = Vec::new();
            write_element(&mut CdtWriter::new(&mut held), described);
            let collection = Collection::new(&held);
            if kind.ends_with("list") {
                Particle::List(collection)
            } else {
                Particle::Map(collection)
            }
        }
    };
    take(&particle)
}

fn write_element(writer: &mut CdtWriter<'_>, described: &Value) {
    match member(described) {
        ("null", _) => writer.nil(),
        ("integer", value) => match value.as_i64() {
            Some(value) => writer.integer(value),
            None => writer.unsigned(value.as_u64().unwrap()),
        },
        ("double", value) => writer.double(double(value)),
        ("float", value) => writer.float(value.to_string().parse().unwrap()),
        ("bool", value) => writer.boolean(value.as_bool().unwrap()),
        ("string", value) => writer.string(value.as_str().unwrap().as_bytes()),
        ("bytes-of-string", value) => writer.string(&bytes(value)),
        ("blob", value) => writer.blob(&bytes(value)),
        ("hll", value) => writer.raw(ParticleKind::HLL, &bytes(value)),
        ("geojson", value) => writer.geojson(value.as_str().unwrap().as_bytes()),
        ("raw", raw) => writer.raw(kind(&raw[0]), &bytes(&raw[1])),
        ("wildcard", _) => writer.wildcard(),
        ("infinity", _) => writer.infinity(),
        (kind, elements) => {
            let elements = elements.as_array().unwrap();
            let len = elements.len().try_into().unwrap();
            match kind {
                "list" => writer.list(len),
                "ordered-list" => writer.ordered_list(len),
                "map" => writer.map(len, MapOrder::Unordered),
                "key-map" => writer.map(len, MapOrder::Key),
                "key-value-map" => writer.map(len, MapOrder::KeyValue),
                other => panic!("value of type {other}"),
            };
            for element in elements {
                match element {
                    Value::Array(pair) => {
                        for value in pair {
                            write_element(writer, value);
                        }
                    }
                    value => write_element(writer, value),
                }
            }
            writer
        }
    };
}
