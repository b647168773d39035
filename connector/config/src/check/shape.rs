//! What a schema asks of a value.

use schemars::Schema;
use serde_json::{Map, Value};

use super::suggest::listed;
use crate::yaml::Kind;

/// What a value must be.
pub(super) enum Shape<'s> {
    Boolean,
    Choice(ChoiceShape<'s>),
    Integer(IntegerShape<'s>),
    List(ListShape<'s>),
    Object(ObjectShape<'s>),
    Tagged(TaggedShape<'s>),
    Text(TextShape),
    /// Any of several, told apart by being a single value, a list or a mapping.
    Either(Vec<Self>),
    /// Whatever it is.
    Free,
}

/// One of several words.
pub(super) struct ChoiceShape<'s> {
    pub(super) values: Vec<&'s str>,
    pub(super) is_any_case: bool,
}

/// A whole number within its bounds.
pub(super) struct IntegerShape<'s> {
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) remedy: Option<&'s str>,
}

/// A list, and how many values it may have.
pub(super) struct ListShape<'s> {
    pub(super) items: &'s Value,
    pub(super) min: u64,
    pub(super) max: u64,
}

/// A text, and how many characters it may have.
pub(super) struct TextShape {
    pub(super) min: u64,
    pub(super) max: u64,
}

/// A mapping whose keys depend on the value of one of them.
pub(super) struct TaggedShape<'s> {
    pub(super) tag: &'s str,
    /// The values, each with the schema of the mapping.
    pub(super) variants: Vec<(&'s str, &'s Value)>,
}

/// The keys of a mapping.
pub(super) struct ObjectShape<'s> {
    pub(super) properties: Option<&'s Map<String, Value>>,
    pub(super) required: Vec<&'s str>,
    /// Of keys without a name of their own; without it such keys are unknown.
    pub(super) additional: Option<&'s Value>,
    pub(super) max: u64,
}

impl<'s> Shape<'s> {
    /// The shape that `schema`, a part of `root`, asks for.
    pub(super) fn of(root: &'s Schema, schema: &'s Value) -> Self {
        let schema = resolve(root, schema);
        for key in ["oneOf", "anyOf"] {
            if let Some(Value::Array(alternatives)) = schema.get(key) {
                let is_any_case = schema.get("x-any-case").is_some();
                return Self::of_alternatives(root, alternatives, is_any_case);
            }
        }
        if let Some(Value::String(value)) = schema.get("const") {
            return Self::Choice(ChoiceShape {
                values: vec![value],
                is_any_case: false,
            });
        }
        let number = |key: &str| schema.get(key).and_then(Value::as_i64);
        let length = |key: &str| schema.get(key).and_then(Value::as_u64);
        match type_of(schema) {
            Some("array") => Self::List(ListShape {
                items: schema.get("items").unwrap_or(&Value::Null),
                min: length("minItems").unwrap_or(0),
                max: length("maxItems").unwrap_or(u64::MAX),
            }),
            Some("boolean") => Self::Boolean,
            Some("integer") => {
                let (min, max) = match schema.get("format").and_then(Value::as_str) {
                    Some("int32") => (i32::MIN.into(), i32::MAX.into()),
                    Some("uint32") => (0, u32::MAX.into()),
                    _ => (i64::MIN, i64::MAX),
                };
                Self::Integer(IntegerShape {
                    min: number("minimum").unwrap_or(min),
                    max: number("maximum").unwrap_or(max),
                    remedy: schema.get("x-remedy").and_then(Value::as_str),
                })
            }
            Some("object") => Self::Object(ObjectShape::of(schema)),
            Some("string") => Self::Text(TextShape {
                min: length("minLength").unwrap_or(0),
                max: length("maxLength").unwrap_or(u64::MAX),
            }),
            _ => Self::Free,
        }
    }

    /// A value of this shape that stands in for a faulty one, so that what lies around it can be
    /// checked. What is then said of it is a consequence of the fault.
    pub(super) fn neutral(&self) -> Option<Value> {
        match self {
            Self::Boolean => Some(false.into()),
            Self::Choice(choice) => choice.values.first().map(|value| (*value).into()),
            Self::Integer(integer) => Some(integer.min.into()),
            Self::List(_) => Some(Value::Array(Vec::new())),
            Self::Text(_) => Some("".into()),
            Self::Either(shapes) => shapes.first()?.neutral(),
            Self::Free | Self::Object(_) | Self::Tagged(_) => None,
        }
    }

    /// Whether a value of this kind can have this shape.
    pub(super) fn fits(&self, kind: &Kind) -> bool {
        match self {
            Self::Boolean | Self::Choice(_) | Self::Integer(_) | Self::Text(_) => {
                matches!(kind, Kind::Scalar(_))
            }
            Self::List(_) => matches!(kind, Kind::List(_)),
            Self::Object(_) | Self::Tagged(_) => matches!(kind, Kind::Map(_)),
            Self::Either(shapes) => shapes.iter().any(|shape| shape.fits(kind)),
            Self::Free => true,
        }
    }

    /// What values of this shape are called.
    pub(super) fn phrases(&self) -> Vec<String> {
        match self {
            Self::Boolean => vec!["`true`".to_owned(), "`false`".to_owned()],
            Self::Choice(choice) => choice
                .values
                .iter()
                .map(|value| format!("`{value}`"))
                .collect(),
            Self::Integer(_) => vec!["a whole number".to_owned()],
            Self::List(_) => vec!["a list".to_owned()],
            Self::Object(ObjectShape { required, .. }) if !required.is_empty() => {
                vec![format!("a mapping with {}", listed(required, "and"))]
            }
            Self::Object(_) | Self::Tagged(_) => vec!["a mapping".to_owned()],
            Self::Text(_) => vec!["text".to_owned()],
            Self::Either(shapes) => shapes.iter().flat_map(Self::phrases).collect(),
            Self::Free => vec!["a value".to_owned()],
        }
    }

    fn of_alternatives(root: &'s Schema, alternatives: &'s [Value], is_any_case: bool) -> Self {
        let alternatives: Vec<_> = alternatives
            .iter()
            .map(|alternative| resolve(root, alternative))
            .filter(|alternative| type_of(alternative) != Some("null"))
            .collect();
        if let [only] = alternatives.as_slice() {
            return Self::of(root, only);
        }
        let variants: Option<Vec<_>> = alternatives
            .iter()
            .map(|&alternative| tag_of(alternative))
            .collect();
        if let Some([(tag, ..), ..]) = variants.as_deref() {
            let tag = *tag;
            let variants = variants
                .into_iter()
                .flatten()
                .map(|(_, value, schema)| (value, schema))
                .collect();
            return Self::Tagged(TaggedShape { tag, variants });
        }
        let is_const = |alternative: &&Value| alternative.get("const").is_some();
        let values: Vec<_> = alternatives
            .iter()
            .filter_map(|alternative| alternative.get("const").and_then(Value::as_str))
            .collect();
        let mut shapes: Vec<_> = alternatives
            .iter()
            .filter(|alternative| !is_const(alternative))
            .map(|alternative| Self::of(root, alternative))
            .collect();
        if !values.is_empty() {
            shapes.insert(
                0,
                Self::Choice(ChoiceShape {
                    values,
                    is_any_case,
                }),
            );
        }
        match shapes.pop() {
            Some(only) if shapes.is_empty() => only,
            Some(last) => {
                shapes.push(last);
                Self::Either(shapes)
            }
            None => Self::Free,
        }
    }
}

impl<'s> ObjectShape<'s> {
    /// The keys that `schema`, which is of an object, asks for.
    pub(super) fn of(schema: &'s Value) -> Self {
        let required = schema.get("required").and_then(Value::as_array);
        Self {
            properties: schema.get("properties").and_then(Value::as_object),
            required: required
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect(),
            additional: schema
                .get("additionalProperties")
                .filter(|additional| !additional.is_boolean()),
            max: schema
                .get("maxProperties")
                .and_then(Value::as_u64)
                .unwrap_or(u64::MAX),
        }
    }
}

/// The schema itself, where `schema` is a reference to it.
fn resolve<'s>(root: &'s Schema, schema: &'s Value) -> &'s Value {
    let reference = schema.get("$ref").and_then(Value::as_str);
    reference
        .and_then(|reference| root.pointer(reference.trim_start_matches('#')))
        .unwrap_or(schema)
}

/// The type of a value, or the type it has where it is not null. Text goes before the types that it
/// can stand for.
fn type_of(schema: &Value) -> Option<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        _ => None,
    }
}

/// The key of an object that has but one value, and that value.
fn tag_of(schema: &Value) -> Option<(&str, &str, &Value)> {
    let properties = schema.get("properties")?.as_object()?;
    let (tag, value) = properties
        .iter()
        .find_map(|(key, property)| Some((key, property.get("const")?.as_str()?)))?;
    Some((tag, value, schema))
}
