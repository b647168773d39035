//! Two readers of Avro that share no code, and what both make of bytes.

use std::{collections::BTreeMap, fmt};

use aeroduct_config::avro::AvroSchema;
use apache_avro::{Schema, reader::datum::GenericDatumReader, types::Value};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// What a reader makes of bytes, whichever it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Read {
    Nothing,
    Bool(bool),
    Integer(i64),
    /// The bits, so that all that are no number are alike and zeros differ.
    Double(u64),
    Text(String),
    Bytes(Vec<u8>),
    Items(Vec<Self>),
    Members(BTreeMap<String, Self>),
}

impl Read {
    pub(crate) fn double(value: f64) -> Self {
        Self::Double(if value.is_nan() { f64::NAN } else { value }.to_bits())
    }

    pub(crate) fn float(value: f64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "looked at below")]
        let float = value as f32;
        let is_same = value.is_nan() || f64::from(float).to_bits() == value.to_bits();
        is_same.then(|| Self::double(value))
    }
}

/// What both readers make of bytes.
pub(crate) fn twice(bytes: &[u8], schema: &AvroSchema) -> Read {
    let read = by_apache(bytes, schema);
    assert_eq!(read, by_serde(bytes, schema));
    read
}

/// The schema as a reader needs it that reads what was written with just this one. Not all agree on the
/// text of bytes in defaults.
fn without_defaults(schema: &AvroSchema) -> serde_json::Value {
    fn strip(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Object(members) => {
                members.remove("default");
                members.values_mut().for_each(strip);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut json = serde_json::from_str(schema.text()).unwrap();
    strip(&mut json);
    json
}

/// What `apache-avro` reads, which is all there is.
fn by_apache(bytes: &[u8], schema: &AvroSchema) -> Read {
    let schema = Schema::parse(&without_defaults(schema)).unwrap();
    let reader = GenericDatumReader::builder(&schema).build().unwrap();
    let mut rest = bytes;
    let value = reader.read_value(&mut rest).unwrap();
    assert!(rest.is_empty(), "one value and no more");
    Read::from(value)
}

/// What `serde_avro_fast` reads, which is all there is.
fn by_serde(bytes: &[u8], schema: &AvroSchema) -> Read {
    let schema = without_defaults(schema).to_string();
    let schema: serde_avro_fast::Schema = schema.parse().unwrap();
    let mut rest = bytes;
    let read = serde_avro_fast::from_datum_reader(&mut rest, &schema).unwrap();
    assert!(rest.is_empty(), "one value and no more");
    read
}

impl From<Value> for Read {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Boolean(value) => Self::Bool(value),
            Value::Int(value) => Self::Integer(value.into()),
            Value::Long(value) => Self::Integer(value),
            Value::Float(value) => Self::double(value.into()),
            Value::Double(value) => Self::double(value),
            Value::Bytes(bytes) | Value::Fixed(_, bytes) => Self::Bytes(bytes),
            Value::String(text) | Value::Enum(_, text) => Self::Text(text),
            Value::Union(_, value) => (*value).into(),
            Value::Array(items) => Self::Items(items.into_iter().map(Self::from).collect()),
            Value::Map(members) => Self::members(members),
            Value::Record(fields) => Self::members(fields),
            other => panic!("{other:?} is of no type of these schemas"),
        }
    }
}

impl Read {
    fn members(members: impl IntoIterator<Item = (String, Value)>) -> Self {
        let members = members.into_iter();
        Self::Members(members.map(|(name, value)| (name, value.into())).collect())
    }
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Read;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }

            fn visit_unit<E>(self) -> Result<Read, E> {
                Ok(Read::Nothing)
            }

            fn visit_bool<E>(self, value: bool) -> Result<Read, E> {
                Ok(Read::Bool(value))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Read, E> {
                Ok(Read::Integer(value))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Read, E> {
                Ok(Read::double(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Read, E> {
                Ok(Read::Text(value.to_owned()))
            }

            fn visit_bytes<E>(self, value: &[u8]) -> Result<Read, E> {
                Ok(Read::Bytes(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Read, A::Error> {
                let mut read = Vec::new();
                while let Some(item) = items.next_element()? {
                    read.push(item);
                }
                Ok(Read::Items(read))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Read, A::Error> {
                let mut read = BTreeMap::new();
                while let Some((name, value)) = members.next_entry()? {
                    read.insert(name, value);
                }
                Ok(Read::Members(read))
            }
        }

        deserializer.deserialize_any(Any)
    }
}
