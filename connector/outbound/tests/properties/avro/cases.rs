//! Schemas, and records most of which fit them.

use std::{
    collections::{BTreeMap, HashSet},
    mem,
};

use aeroduct_record::cdt::MapOrder;
use proptest::prelude::*;
use serde_json::json;

use super::{Field, Kind, read::Read};
use crate::tree::{self, Tree};

const FIELDS: [&str; 6] = ["a", "b", "c", "_1", "_2", "longest_bin_nam"];
const WORDS: [&str; 3] = ["red", "green", "blue"];

/// The schema of a map with a place for most values.
pub(crate) fn map_of_all() -> serde_json::Value {
    json!({"type": "map", "values": ["long", "double", "bytes", "string", "boolean", {
        "type": "map",
        "values": ["null", "long", "double", "bytes", "string", "boolean", {
            "type": "array", "items": ["null", "long", "double", "bytes", "string", "boolean"]
        }]
    }]})
}

/// A record's type.
pub(crate) fn record() -> impl Strategy<Value = Vec<Field>> {
    fields(kind())
}

fn kind() -> BoxedStrategy<Kind> {
    let leaf = prop_oneof![
        Just(Kind::Null),
        Just(Kind::Boolean),
        Just(Kind::Int),
        Just(Kind::Long),
        Just(Kind::Float),
        Just(Kind::Double),
        Just(Kind::Bytes),
        Just(Kind::String),
        (1..=WORDS.len()).prop_map(|len| Kind::Enum(WORDS[..len].to_vec())),
        (0..4_usize).prop_map(Kind::Fixed),
    ];
    let tree = leaf.prop_recursive(4, 40, 6, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..6).prop_map(union);
        prop_oneof![
            2 => inner.clone().prop_map(|kind| Kind::Array(kind.into())),
            2 => inner.clone().prop_map(|kind| Kind::Map(kind.into())),
            3 => fields(inner).prop_map(Kind::Record),
            4 => several,
        ]
    });
    tree.boxed()
}

/// A union of these: none twice that has no name, and none a union itself.
fn union(kinds: Vec<Kind>) -> Kind {
    let mut seen = HashSet::new();
    let mut branches = Vec::new();
    for kind in kinds {
        let kinds = match kind {
            Kind::Union(inner) => inner,
            other => vec![other],
        };
        for kind in kinds {
            let is_named = matches!(kind, Kind::Record(_) | Kind::Enum(_) | Kind::Fixed(_));
            if is_named || seen.insert(mem::discriminant(&kind)) {
                branches.push(kind);
            }
        }
    }
    Kind::Union(branches)
}

fn fields(kind: impl Strategy<Value = Kind> + 'static) -> impl Strategy<Value = Vec<Field>> {
    let names = prop::sample::subsequence(FIELDS.to_vec(), 0..=FIELDS.len()).prop_shuffle();
    let kinds = prop::collection::vec((kind, any::<bool>()), FIELDS.len());
    (names, kinds).prop_map(|(names, kinds)| {
        let fields = names.into_iter().zip(kinds);
        fields
            .map(|(name, (kind, has_default))| Field {
                name,
                default: has_default.then(|| default_of(&kind)),
                kind,
            })
            .collect()
    })
}

/// A default of a type, as JSON and as it is read.
fn default_of(kind: &Kind) -> (serde_json::Value, Read) {
    match kind {
        Kind::Null => (json!(null), Read::Nothing),
        Kind::Boolean => (json!(true), Read::Bool(true)),
        Kind::Int | Kind::Long => (json!(-70), Read::Integer(-70)),
        Kind::Float | Kind::Double => (json!(1.5), Read::double(1.5)),
        Kind::Bytes => (json!("\u{0}\u{ff}"), Read::Bytes(vec![0, 255])),
        Kind::String => (json!("\u{ff}"), Read::Text("\u{ff}".to_owned())),
        Kind::Enum(words) => (json!(words[0]), Read::Text(words[0].to_owned())),
        Kind::Fixed(len) => (json!("\u{fe}".repeat(*len)), Read::Bytes(vec![254; *len])),
        Kind::Array(items) => {
            let (json, read) = default_of(items);
            (json!([json, json]), Read::Items(vec![read.clone(), read]))
        }
        Kind::Map(values) => {
            let (json, read) = default_of(values);
            let members = BTreeMap::from([("k".to_owned(), read)]);
            (json!({"k": json}), Read::Members(members))
        }
        Kind::Union(branches) => default_of(&branches[0]),
        Kind::Record(fields) => {
            let mut json = serde_json::Map::new();
            let mut read = BTreeMap::new();
            for field in fields {
                // What is left out is the field's own default.
                let expected = if let Some((_, expected)) = &field.default {
                    expected.clone()
                } else {
                    let (value, expected) = default_of(&field.kind);
                    json.insert(field.name.to_owned(), value);
                    expected
                };
                read.insert(field.name.to_owned(), expected);
            }
            (json.into(), Read::Members(read))
        }
    }
}

/// Bins, most of which fit the fields.
pub(crate) fn bins_for(
    fields: &[Field],
) -> impl Strategy<Value = Vec<(&'static str, Tree)>> + use<> {
    let values: Vec<_> = fields
        .iter()
        .map(|field| (Just(field.name), value_for(&field.kind), 0..12_u8))
        .collect();
    let stray = prop::option::weighted(0.05, ("[a-d]", tree::value()));
    (values, stray, any::<u64>()).prop_map(|(values, stray, turn)| {
        let mut bins: Vec<_> = values
            .into_iter()
            .filter(|(.., chance)| *chance > 0)
            .map(|(name, value, _)| (name, value))
            .collect();
        if let Some((name, value)) = stray {
            let name = FIELDS.iter().find(|field| **field == name).copied();
            bins.push((name.unwrap_or("d"), value));
        }
        let len = bins.len().max(1);
        bins.rotate_left(usize::try_from(turn % 8).unwrap() % len);
        bins
    })
}

/// A value, which most likely is of the type.
fn value_for(kind: &Kind) -> BoxedStrategy<Tree> {
    let value = match kind {
        Kind::Null => Just(Tree::Null).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Tree::Bool).boxed(),
        Kind::Int => any::<i32>()
            .prop_map(|value| Tree::Integer(value.into()))
            .boxed(),
        Kind::Long => any::<i64>().prop_map(Tree::Integer).boxed(),
        Kind::Float => any::<f32>()
            .prop_map(|value| Tree::Double(value.into()))
            .boxed(),
        Kind::Double => prop_oneof![
            any::<f64>().prop_map(Tree::Double),
            any::<i32>().prop_map(|value| Tree::Integer(value.into())),
        ]
        .boxed(),
        Kind::Bytes => prop::collection::vec(any::<u8>(), 0..100)
            .prop_map(Tree::Blob)
            .boxed(),
        Kind::String => tree::text(0..100).prop_map(Tree::Text).boxed(),
        Kind::Enum(words) => prop::sample::select(words.clone())
            .prop_map(|word| Tree::Text(word.as_bytes().to_vec()))
            .boxed(),
        Kind::Fixed(len) => prop::collection::vec(any::<u8>(), *len)
            .prop_map(Tree::Hll)
            .boxed(),
        Kind::Array(items) => (any::<bool>(), prop::collection::vec(value_for(items), 0..5))
            .prop_map(|(ordered, items)| Tree::List { ordered, items })
            .boxed(),
        Kind::Map(values) => prop::collection::vec((tree::key(), value_for(values)), 0..5)
            .prop_map(map)
            .boxed(),
        Kind::Union(branches) => {
            let branches: Vec<_> = branches.iter().map(value_for).collect();
            proptest::strategy::Union::new(branches).boxed()
        }
        Kind::Record(fields) => bins_for(fields)
            .prop_map(|members| {
                let key = |name: &str| match name {
                    "_1" => Tree::Integer(1),
                    name => Tree::Text(name.as_bytes().to_vec()),
                };
                map(members
                    .into_iter()
                    .map(|(name, value)| (key(name), value))
                    .collect())
            })
            .boxed(),
    };
    prop_oneof![40 => value, 1 => tree::value()].boxed()
}

fn map(pairs: Vec<(Tree, Tree)>) -> Tree {
    Tree::Map {
        order: MapOrder::Unordered,
        pairs,
    }
}
