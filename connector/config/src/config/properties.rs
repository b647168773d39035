//! Free maps of property names, whose values are text, numbers, booleans or lists of them.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

/// Properties by name, in the order of the file.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Properties(Vec<(String, Property)>);

/// The value of a property.
#[derive(Clone, Eq, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Property {
    /// One value, as it was written.
    Text(String),
    /// Several, for properties that take a list.
    List(Vec<String>),
}

/// Properties that a map may hold; the Java producer knows about 150.
const PROPERTIES_MAX: u32 = 512;

impl Properties {
    /// Names and values, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Property)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// Leaves the values out: a password may be among them.
impl fmt::Debug for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl fmt::Debug for Property {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Properties;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of property names to values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut properties = Vec::new();
                while let Some(property) = map.next_entry()? {
                    properties.push(property);
                }
                Ok(Properties(properties))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

impl<'de> Deserialize<'de> for Property {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Boolean(bool),
            Number(serde_json::Number),
            Text(String),
        }

        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Shape {
            One(Written),
            Many(Vec<Written>),
        }

        let text = |written| match written {
            Written::Boolean(boolean) => boolean.to_string(),
            Written::Number(number) => number.to_string(),
            Written::Text(text) => text,
        };
        Ok(match Shape::deserialize(deserializer)? {
            Shape::One(value) => Self::Text(text(value)),
            Shape::Many(values) => Self::List(values.into_iter().map(text).collect()),
        })
    }
}

impl JsonSchema for Properties {
    fn schema_name() -> Cow<'static, str> {
        "Properties".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let scalar = json_schema!({ "type": ["string", "number", "boolean"] });
        json_schema!({
            "type": "object",
            "maxProperties": PROPERTIES_MAX,
            "additionalProperties": { "anyOf": [scalar, { "type": "array", "items": scalar, "maxItems": 1024 }] },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_the_text_they_were_written_with() {
        let properties: Properties = serde_json::from_str(
            r#"{"retries": 0, "enable.idempotence": true, "bootstrap.servers": ["a:1", "b:2"]}"#,
        )
        .unwrap();
        assert_eq!(
            properties.0,
            [
                ("retries".to_owned(), Property::Text("0".to_owned())),
                (
                    "enable.idempotence".to_owned(),
                    Property::Text("true".to_owned())
                ),
                (
                    "bootstrap.servers".to_owned(),
                    Property::List(vec!["a:1".to_owned(), "b:2".to_owned()])
                ),
            ]
        );
    }

    #[test]
    fn debug_output_has_no_values() {
        let properties: Properties =
            serde_json::from_str(r#"{"sasl.password": "canary"}"#).unwrap();
        let debug = format!("{properties:?} {:?}", properties.0);
        assert!(
            debug.contains("sasl.password") && !debug.contains("canary"),
            "{debug}"
        );
    }
}
