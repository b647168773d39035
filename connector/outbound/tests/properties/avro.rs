//! What a value should become by a schema: a second account of the rules, over trees (13.27).

#[path = "avro/cases.rs"]
pub(crate) mod cases;
#[path = "avro/read.rs"]
pub(crate) mod read;
#[path = "avro/record.rs"]
pub(crate) mod record;

use std::collections::BTreeMap;

use serde_json::json;

use super::tree::{Tree, lossy};
use read::Read;

/// A type of a schema.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Array(Box<Self>),
    Map(Box<Self>),
    Union(Vec<Self>),
    Record(Vec<Field>),
    Enum(Vec<&'static str>),
    Fixed(usize),
}

/// A field of a record.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) default: Option<(serde_json::Value, Read)>,
}

impl Kind {
    /// The schema as JSON; named types are numbered.
    pub(crate) fn schema(&self, names: &mut usize) -> serde_json::Value {
        let mut name = || {
            *names += 1;
            format!("T{names}")
        };
        match self {
            Self::Null => json!("null"),
            Self::Boolean => json!("boolean"),
            Self::Int => json!("int"),
            Self::Long => json!({"type": "long", "logicalType": "unheard-of"}),
            Self::Float => json!("float"),
            Self::Double => json!("double"),
            Self::Bytes => json!("bytes"),
            Self::String => json!("string"),
            Self::Fixed(size) => json!({"type": "fixed", "name": name(), "size": size}),
            Self::Enum(symbols) => json!({"type": "enum", "name": name(), "symbols": symbols}),
            Self::Array(items) => json!({"type": "array", "items": items.schema(names)}),
            Self::Map(values) => json!({"type": "map", "values": values.schema(names)}),
            Self::Union(branches) => branches.iter().map(|branch| branch.schema(names)).collect(),
            Self::Record(fields) => {
                let name = name();
                let fields = fields.iter().map(|field| {
                    let mut json = json!({"name": field.name, "type": field.kind.schema(names)});
                    if let Some((default, _)) = &field.default {
                        json["default"] = default.clone();
                    }
                    json
                });
                json!({"type": "record", "name": name, "fields": fields.collect::<Vec<_>>()})
            }
        }
    }

    /// What a reader should make of a value of this type; `None` where it has no place.
    pub(crate) fn expect(&self, tree: &Tree) -> Option<Read> {
        if let Self::Union(branches) = self {
            return branch_for(branches, tree)?.expect(tree);
        }
        Some(match (self, tree) {
            (Self::Null, Tree::Null) => Read::Nothing,
            (Self::Boolean, Tree::Bool(value)) => Read::Bool(*value),
            (Self::Long, Tree::Integer(value)) => Read::Integer(*value),
            (Self::Int, Tree::Integer(value)) => Read::Integer(i32::try_from(*value).ok()?.into()),
            (Self::Double, Tree::Double(value)) => Read::double(*value),
            (Self::Double, Tree::Integer(value)) => Read::double(exact(*value)?),
            (Self::Float, Tree::Integer(value)) => Read::float(exact(*value)?)?,
            (Self::Float, Tree::Double(value)) => Read::float(*value)?,
            (Self::String, Tree::Text(text)) => Read::Text(lossy(text)),
            (Self::String, Tree::GeoJson(value)) => {
                Read::Text(serde_json::to_string_pretty(value).unwrap())
            }
            (Self::Enum(words), Tree::Text(text)) => {
                let word = words.iter().find(|word| word.as_bytes() == text)?;
                Read::Text((*word).to_owned())
            }
            (Self::Bytes, Tree::Blob(bytes) | Tree::Hll(bytes)) => Read::Bytes(bytes.clone()),
            (Self::Fixed(len), Tree::Blob(bytes) | Tree::Hll(bytes)) if *len == bytes.len() => {
                Read::Bytes(bytes.clone())
            }
            (Self::Array(kind), Tree::List { items, .. }) => {
                let items = items.iter().map(|item| kind.expect(item));
                Read::Items(items.collect::<Option<_>>()?)
            }
            (Self::Map(kind), Tree::Map { pairs, .. }) => {
                let mut members = BTreeMap::new();
                for (key, value) in pairs {
                    let twice = members.insert(name_of(key), kind.expect(value)?);
                    if twice.is_some() {
                        return None;
                    }
                }
                Read::Members(members)
            }
            (Self::Record(fields), Tree::Map { pairs, .. }) => {
                let pairs = pairs.iter().map(|(key, value)| (name_of(key), value));
                expect_record(fields, &pairs.collect::<Vec<_>>())?
            }
            _ => return None,
        })
    }
}

/// What a reader should make of these members as a record.
pub(crate) fn expect_record(fields: &[Field], members: &[(String, &Tree)]) -> Option<Read> {
    let mut read = BTreeMap::new();
    for (name, value) in members {
        let field = fields.iter().find(|field| field.name == name)?;
        if read
            .insert(name.clone(), field.kind.expect(value)?)
            .is_some()
        {
            return None;
        }
    }
    for field in fields {
        if !read.contains_key(field.name) {
            read.insert(field.name.to_owned(), field.absent()?);
        }
    }
    Some(Read::Members(read))
}

impl Field {
    fn absent(&self) -> Option<Read> {
        match &self.kind {
            Kind::Null => return Some(Read::Nothing),
            Kind::Union(branches) if branches.iter().any(|kind| matches!(kind, Kind::Null)) => {
                return Some(Read::Nothing);
            }
            _ => {}
        }
        self.default.as_ref().map(|(_, read)| read.clone())
    }
}

/// The branch of a union that takes a value.
fn branch_for<'k>(branches: &'k [Kind], tree: &Tree) -> Option<&'k Kind> {
    let first = |is_it: &dyn Fn(&Kind) -> bool| branches.iter().find(|kind| is_it(kind));
    let fits = |kind: &Kind| kind.expect(tree).is_some();
    match tree {
        Tree::Integer(_) => first(&|kind| matches!(kind, Kind::Long))
            .or_else(|| first(&|kind| matches!(kind, Kind::Int)))
            .or_else(|| first(&|kind| matches!(kind, Kind::Double)))
            .or_else(|| first(&|kind| matches!(kind, Kind::Float))),
        Tree::Double(_) => first(&|kind| matches!(kind, Kind::Double))
            .or_else(|| first(&|kind| matches!(kind, Kind::Float))),
        Tree::Text(_) => first(&|kind| matches!(kind, Kind::String))
            .or_else(|| first(&|kind| matches!(kind, Kind::Enum(_)) && fits(kind))),
        Tree::Blob(_) | Tree::Hll(_) => first(&|kind| matches!(kind, Kind::Bytes))
            .or_else(|| first(&|kind| matches!(kind, Kind::Fixed(_)) && fits(kind))),
        Tree::Map { pairs, .. } => {
            let is_for_keys = |kind: &Kind| {
                let Kind::Record(fields) = kind else {
                    return false;
                };
                let names: Vec<_> = pairs.iter().map(|(key, _)| name_of(key)).collect();
                names
                    .iter()
                    .all(|name| fields.iter().any(|field| field.name == name))
                    && fields.iter().all(|field| {
                        field.absent().is_some() || names.iter().any(|name| field.name == name)
                    })
            };
            let records = branches
                .iter()
                .filter(|kind| matches!(kind, Kind::Record(_)));
            let map = first(&|kind| matches!(kind, Kind::Map(_)));
            match (records.count(), map) {
                (1, None) => first(&|kind| matches!(kind, Kind::Record(_))),
                (_, map) => first(&is_for_keys).or(map),
            }
        }
        Tree::Null | Tree::Bool(_) | Tree::GeoJson(_) | Tree::List { .. } => first(&fits)
            // Of an array whose items do not fit there is no other.
            .or_else(|| first(&|kind| matches!(kind, Kind::Array(_)))),
    }
}

/// The name that a key becomes.
fn name_of(key: &Tree) -> String {
    match key {
        Tree::Text(text) => lossy(text),
        number => format!("_{}", number.key()),
    }
}

fn exact(value: i64) -> Option<f64> {
    let text = format!("{value}.0");
    let double: f64 = text.parse().unwrap();
    (format!("{double:.1}") == text).then_some(double)
}
