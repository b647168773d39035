//! What a record should be as MessagePack, in the values of an independent reader.

use aeroduct_record::cdt::MapOrder;
use rmpv::Value;

use super::Change;
use super::tree::Tree;

impl Change {
    pub(super) fn expected_message_pack(&self) -> (Value, Value) {
        let key = Value::Array(vec![
            text(&self.namespace),
            self.set.as_ref().map_or(Value::Nil, |set| text(set)),
            Value::Binary(self.digest.to_vec()),
            self.user_key.as_ref().map_or(Value::Nil, Tree::bin_value),
        ]);
        let (kind, payload) = if let Some(durable) = self.durable() {
            (2, vec![key.clone(), i64::from(durable).into()])
        } else {
            let bins = self.bins.iter().map(|(name, value)| {
                let (kind, flags) = value.bin_type();
                let parts = [text(name), kind.into(), flags.into(), value.bin_value()];
                Value::Array(parts.into())
            });
            let payload = vec![
                key.clone(),
                self.generation.map_or(Value::Nil, Value::from),
                self.expiry().map_or(Value::Nil, Value::from),
                self.last_update.map_or(Value::Nil, Value::from),
                Value::Array(bins.collect()),
            ];
            (1, payload)
        };
        (
            key,
            Value::Array(vec![1.into(), kind.into(), Value::Array(payload)]),
        )
    }
}

impl Tree {
    /// Number and flags of the type of a bin.
    fn bin_type(&self) -> (u8, u8) {
        match self {
            Self::Null => (0, 0),
            Self::Integer(_) => (1, 0),
            Self::Double(_) => (2, 0),
            Self::Text(_) => (3, 0),
            Self::Blob(_) => (4, 0),
            Self::Bool(_) => (17, 0),
            Self::Hll(_) => (18, 0),
            Self::Map { order, .. } => match order {
                MapOrder::Unordered => (19, 0),
                MapOrder::Key => (19, 1),
                MapOrder::KeyValue => (19, 3),
            },
            Self::List { ordered, .. } => (20, u8::from(*ordered)),
            Self::GeoJson(_) => (23, 0),
        }
    }

    /// The value of a bin.
    fn bin_value(&self) -> Value {
        match self {
            Self::Hll(bytes) => Value::Binary(bytes.clone()),
            Self::GeoJson(value) => text(&serde_json::to_vec_pretty(value).unwrap()),
            other => other.nested_value(),
        }
    }

    /// The value inside of a list or map.
    fn nested_value(&self) -> Value {
        match self {
            Self::Null => Value::Nil,
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Double(value) => (*value).into(),
            Self::Text(bytes) => text(bytes),
            Self::Blob(bytes) => Value::Binary(bytes.clone()),
            Self::Hll(bytes) => Value::Ext(18, bytes.clone()),
            Self::GeoJson(value) => Value::Ext(23, serde_json::to_vec_pretty(value).unwrap()),
            Self::List { items, .. } => items.iter().map(Self::nested_value).collect(),
            Self::Map { pairs, .. } => {
                let pairs = pairs.iter();
                Value::Map(
                    pairs
                        .map(|(key, value)| (key.nested_value(), value.nested_value()))
                        .collect(),
                )
            }
        }
    }
}

fn text(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => Value::Binary(bytes.to_vec()),
    }
}
