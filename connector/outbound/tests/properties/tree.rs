//! Values as trees: generated, written as a source would, and turned into the JSON to expect.

use std::ops::Range;

use aeroduct_record::{Collection, Particle, ParticleKind, cdt::MapOrder};
use aeroduct_wire::encode::CdtWriter;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A value of a bin, or inside one.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Integer(i64),
    Double(f64),
    Text(Vec<u8>),
    Blob(Vec<u8>),
    Hll(Vec<u8>),
    GeoJson(Value),
    List {
        ordered: bool,
        items: Vec<Self>,
    },
    Map {
        order: MapOrder,
        pairs: Vec<(Self, Self)>,
    },
}

pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

impl Tree {
    pub(crate) fn with_particle<R>(&self, take: impl FnOnce(&Particle<'_>) -> R) -> R {
        let mut held = Vec::new();
        take(&match self {
            Self::Null => Particle::Null,
            Self::Bool(value) => Particle::Bool(*value),
            Self::Integer(value) => Particle::Integer(*value),
            Self::Double(value) => Particle::Double(*value),
            Self::Text(text) => Particle::String(text),
            Self::Blob(bytes) => Particle::Blob(bytes),
            Self::Hll(bytes) => Particle::Hll(bytes),
            Self::GeoJson(value) => {
                held = serde_json::to_vec_pretty(value).unwrap();
                Particle::GeoJson(&held)
            }
            Self::List { .. } => {
                self.write(&mut CdtWriter::new(&mut held));
                Particle::List(Collection::new(&held))
            }
            Self::Map { .. } => {
                self.write(&mut CdtWriter::new(&mut held));
                Particle::Map(Collection::new(&held))
            }
        })
    }

    fn write(&self, writer: &mut CdtWriter<'_>) {
        match self {
            Self::Null => writer.nil(),
            Self::Bool(value) => writer.boolean(*value),
            Self::Integer(value) => writer.integer(*value),
            Self::Double(value) => writer.double(*value),
            Self::Text(text) => writer.string(text),
            Self::Blob(bytes) => writer.blob(bytes),
            Self::Hll(bytes) => writer.raw(ParticleKind::HLL, bytes),
            Self::GeoJson(value) => writer.geojson(&serde_json::to_vec_pretty(value).unwrap()),
            Self::List { ordered, items } => {
                let len = items.len().try_into().unwrap();
                if *ordered {
                    writer.ordered_list(len)
                } else {
                    writer.list(len)
                };
                for item in items {
                    item.write(writer);
                }
                writer
            }
            Self::Map { order, pairs } => {
                writer.map(pairs.len().try_into().unwrap(), *order);
                for (key, value) in pairs {
                    key.write(writer);
                    value.write(writer);
                }
                writer
            }
        };
    }

    /// The value as JSON.
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => json!(value),
            Self::Integer(value) => json!(value),
            Self::Double(value) if value.is_finite() => json!(value),
            Self::Double(value) => json!(java(*value)),
            Self::Text(text) => json!(lossy(text)),
            Self::Blob(bytes) | Self::Hll(bytes) => json!(BASE64_STANDARD.encode(bytes)),
            Self::GeoJson(value) => value.clone(),
            Self::List { items, .. } => items.iter().map(Self::json).collect(),
            Self::Map { pairs, .. } => pairs
                .iter()
                .map(|(key, value)| (key.key(), value.json()))
                .collect(),
        }
    }

    /// The name of the type in the format `json`, and what else it says about the bin.
    pub(crate) fn kind(&self) -> (&'static str, Option<(&'static str, Value)>) {
        match self {
            Self::Null => ("null", None),
            Self::Bool(_) => ("bool", None),
            Self::Integer(_) => ("int", None),
            Self::Double(_) => ("float", None),
            Self::Text(_) => ("str", None),
            Self::Blob(_) => ("blob", None),
            Self::Hll(_) => ("hll", None),
            Self::GeoJson(_) => ("geojson", None),
            Self::List { ordered, .. } => ("list", Some(("ordered", json!(ordered)))),
            Self::Map {
                order: MapOrder::Unordered,
                ..
            } => ("map", None),
            Self::Map {
                order: MapOrder::Key,
                ..
            } => ("map", Some(("order", json!("key")))),
            Self::Map {
                order: MapOrder::KeyValue,
                ..
            } => ("map", Some(("order", json!("key-value")))),
        }
    }

    pub(crate) fn key(&self) -> String {
        match self {
            Self::Integer(value) => value.to_string(),
            Self::Double(value) => java(*value),
            Self::Text(text) => lossy(text),
            other => panic!("{other:?} as a key"),
        }
    }
}

/// Java's spelling of a double, from the shortest digits as the standard library finds them.
fn java(value: f64) -> String {
    let magnitude = value.abs();
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 {
            "Infinity".to_owned()
        } else {
            "-Infinity".to_owned()
        }
    } else if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        let shortest = format!("{value:?}");
        let decimals = shortest.split_once('.').unwrap().1.len();
        format!("{value:.decimals$}")
    } else {
        // The fewest digits that read back, and of the texts with so many the nearest; of two
        // equally near, the even one, as the standard library rounds to a given number.
        let shortest = format!("{value:e}");
        let digits = shortest.split_once('e').unwrap().0;
        let decimals = digits
            .split_once('.')
            .map_or(0, |(_, decimals)| decimals.len());
        let text = format!("{value:.decimals$e}");
        let (mantissa, exponent) = text.split_once('e').unwrap();
        let point = if mantissa.contains('.') { "" } else { ".0" };
        format!("{mantissa}{point}E{exponent}")
    }
}

/// Text of a source: mostly text, at times any bytes.
pub(crate) fn text(len: Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let (start, end) = (len.start, len.end);
    let cut = move |text: String| {
        let mut bytes = text.into_bytes();
        bytes.truncate(end);
        bytes.resize(bytes.len().max(start), b'x');
        bytes
    };
    prop_oneof![
        4 => prop::collection::vec(b' '..=b'~', len.clone()),
        2 => ".*".prop_map(cut),
        1 => prop::collection::vec(any::<u8>(), len),
    ]
}

fn double() -> impl Strategy<Value = f64> {
    // The few subnormals that Java spells with the nearest two digits have a test of their own.
    prop_oneof![
        any::<f64>(),
        -1e9..1e9_f64,
        (-1000_i32..1000).prop_map(|tenths| f64::from(tenths) / 10.0)
    ]
    .prop_filter("large enough", |value| {
        value.abs() > 1e-320 || *value == 0.0
    })
}

pub(crate) fn user_key() -> impl Strategy<Value = Tree> {
    prop_oneof![
        any::<i64>().prop_map(Tree::Integer),
        double().prop_map(Tree::Double),
        text(0..40).prop_map(Tree::Text),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Tree::Blob),
    ]
}

pub(crate) fn key() -> impl Strategy<Value = Tree> {
    prop_oneof![
        (-20..20_i64).prop_map(Tree::Integer),
        any::<i64>().prop_map(Tree::Integer),
        double().prop_map(Tree::Double),
        text(0..12).prop_map(Tree::Text),
    ]
}

fn geojson() -> impl Strategy<Value = Tree> {
    (-180.0..180.0_f64, -90.0..90.0_f64, ".*").prop_map(|(x, y, name)| {
        Tree::GeoJson(json!({"type": "Point", "coordinates": [x, y], "name": name}))
    })
}

fn scalar() -> impl Strategy<Value = Tree> {
    prop_oneof![
        Just(Tree::Null),
        any::<bool>().prop_map(Tree::Bool),
        any::<i64>().prop_map(Tree::Integer),
        double().prop_map(Tree::Double),
        text(0..60).prop_map(Tree::Text),
        prop::collection::vec(any::<u8>(), 0..50).prop_map(Tree::Blob),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Tree::Hll),
        geojson(),
    ]
}

pub(crate) fn value() -> impl Strategy<Value = Tree> {
    scalar().prop_recursive(5, 80, 8, |inner| {
        prop_oneof![list(inner.clone(), 0), map(inner, 0)]
    })
}

pub(crate) fn collection() -> impl Strategy<Value = Tree> {
    prop_oneof![list(value(), 1), map(value(), 1)]
}

fn list(inner: impl Strategy<Value = Tree>, len_min: usize) -> impl Strategy<Value = Tree> {
    (any::<bool>(), prop::collection::vec(inner, len_min..8))
        .prop_map(|(ordered, items)| Tree::List { ordered, items })
}

fn map(inner: impl Strategy<Value = Tree>, len_min: usize) -> impl Strategy<Value = Tree> {
    let order = prop_oneof![
        Just(MapOrder::Unordered),
        Just(MapOrder::Key),
        Just(MapOrder::KeyValue)
    ];
    (order, prop::collection::vec((key(), inner), len_min..8)).prop_map(|(order, mut pairs)| {
        let mut names: Map<String, Value> = Map::new();
        pairs.retain(|(key, _)| names.insert(key.key(), Value::Null).is_none());
        Tree::Map { order, pairs }
    })
}
