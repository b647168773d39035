//! Keys that take one value or a list of them.

use std::{borrow::Cow, slice};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Values in a list; enough for every interface of a host, and a bound for the custom resource's
/// rules.
pub(super) const LIST_MAX: u32 = 64;

/// One value, or a list of them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// The one value.
    One(T),
    /// The list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The values, in the order of the file.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(value) => slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({
            "anyOf": [item, { "type": "array", "items": item, "minItems": 1, "maxItems": LIST_MAX }],
        })
    }
}
