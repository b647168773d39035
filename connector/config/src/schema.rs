//! The schema of the file, in two forms.

use schemars::{Schema, transform::transform_subschemas};
use serde_json::{Map, Value, json};

use crate::config::Config;

pub use keys::{Choice, ConfigKey, keys};

mod keys;
mod phrase;

/// The JSON schema of the file, for editors and for the reference.
///
/// Its own words are `x-remedy`, what to do about a number out of bounds; `x-any-case`, for choices
/// whose letters may be of either case; and `x-source`, for what is `ours`, or `historical`: of old
/// versions of the official connector.
pub fn json_schema() -> Schema {
    let mut schema = schemars::schema_for!(Config);
    join_lines(&mut schema);
    schema
}

/// The schema of the file as the specification of a custom resource can hold it: without
/// references, and with one object in place of the alternatives that a `mode` chooses from.
///
/// Keys of which the API server cannot know the type (one value or a list of them, steps that are a
/// word or a mapping) keep whatever is there: only [`parse`](crate::parse) sees what is wrong with
/// them. Defaults are left out, since the API server would fill them in for every mode; so are the
/// marks of required and unknown keys of a mode.
pub fn structural_schema() -> Result<Schema, SchemaConflict> {
    let settings = schemars::generate::SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<Config>();
    join_lines(&mut schema);
    let mut conflict = None;
    make_structural(&mut schema, &mut conflict);
    match conflict {
        None => Ok(schema),
        Some(conflict) => Err(conflict),
    }
}

/// Two modes of one item mean different things by one key, so that no single schema describes it.
#[derive(Debug, thiserror::Error)]
#[error("two modes give the key {key:?} different schemas")]
pub struct SchemaConflict {
    /// The key.
    pub key: String,
}

/// Turns the lines of a comment into one paragraph.
fn join_lines(schema: &mut Schema) {
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    transform_subschemas(&mut join_lines, schema);
}

fn make_structural(schema: &mut Schema, conflict: &mut Option<SchemaConflict>) {
    drop_null(schema);
    for word in ["anyOf", "oneOf"] {
        if let Some(Value::Array(alternatives)) = schema.remove(word)
            && let Err(found) = merge(schema, alternatives)
        {
            conflict.get_or_insert(found);
        }
    }
    for word in [
        "$schema",
        "additionalProperties",
        "default",
        "format",
        "title",
        "x-any-case",
        "x-remedy",
        "x-source",
    ] {
        if word != "additionalProperties" || schema.get(word).is_some_and(Value::is_boolean) {
            schema.remove(word);
        }
    }
    if schema
        .as_object()
        .is_some_and(|keys| keys.keys().all(|key| key == "description"))
    {
        schema.insert(
            "x-kubernetes-preserve-unknown-fields".to_owned(),
            true.into(),
        );
    }
    transform_subschemas(
        &mut |schema: &mut Schema| make_structural(schema, conflict),
        schema,
    );
}

/// Null is not a value of its own there: a key that may be null may be absent.
fn drop_null(schema: &mut Schema) {
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        match kinds.as_slice() {
            [only] => {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
            _ => {
                schema.remove("type");
            }
        }
    }
}

/// Puts what the alternatives say into the one schema.
fn merge(schema: &mut Schema, alternatives: Vec<Value>) -> Result<(), SchemaConflict> {
    let mut alternatives: Vec<_> = alternatives
        .into_iter()
        .filter(|alternative| alternative.get("type") != Some(&json!("null")))
        .collect();
    if alternatives.len() == 1
        && let Some(Value::Object(only)) = alternatives.pop()
    {
        for (key, value) in only {
            // What is said of the key goes before what is said of its type.
            if key != "description" || schema.get(&key).is_none() {
                schema.insert(key, value);
            }
        }
        // The one alternative may have alternatives of its own.
        for word in ["anyOf", "oneOf"] {
            if let Some(Value::Array(inner)) = schema.remove(word) {
                merge(schema, inner)?;
            }
        }
        return Ok(());
    }
    let choices: Vec<_> = alternatives
        .iter()
        .filter_map(|alternative| alternative.get("const").cloned())
        .collect();
    if choices.len() == alternatives.len() {
        schema.insert("type".to_owned(), "string".into());
        schema.insert("enum".to_owned(), choices.into());
        return Ok(());
    }
    match tag_of(&alternatives) {
        Some(tag) => one_object_per_tag(schema, alternatives, &tag),
        // A word or a mapping, one value or a list: left to the program.
        None => Ok(()),
    }
}

/// The key by whose value the alternatives are told apart.
fn tag_of(alternatives: &[Value]) -> Option<String> {
    let properties = alternatives.first()?.get("properties")?.as_object()?;
    let (tag, _) = properties
        .iter()
        .find(|(_, property)| property.get("const").is_some())?;
    Some(tag.clone())
}

/// One object with the keys of all alternatives, whose `tag` lists the choices.
fn one_object_per_tag(
    schema: &mut Schema,
    alternatives: Vec<Value>,
    tag: &str,
) -> Result<(), SchemaConflict> {
    let mut properties = Map::new();
    let mut choices = Vec::new();
    for mut alternative in alternatives {
        let Some(Value::Object(mut keys)) = alternative.get_mut("properties").map(Value::take)
        else {
            continue;
        };
        if let Some(choice) = keys
            .remove(tag)
            .and_then(|mut choice| choice.get_mut("const").map(Value::take))
        {
            choices.push(choice);
        }
        for (key, property) in keys {
            match properties.get(&key) {
                Some(known) if !is_same(known, &property) => return Err(SchemaConflict { key }),
                Some(_) => {}
                None => {
                    properties.insert(key, property);
                }
            }
        }
    }
    properties.insert(tag.to_owned(), json!({ "type": "string", "enum": choices }));
    schema.insert("type".to_owned(), "object".into());
    schema.insert("required".to_owned(), json!([tag]));
    schema.insert("properties".to_owned(), properties.into());
    Ok(())
}

/// Whether two schemas allow the same, whatever they say about it, and but for null.
fn is_same(one: &Value, other: &Value) -> bool {
    let bare = |schema: &Value| {
        let mut schema = Schema::try_from(schema.clone()).unwrap_or_default();
        schema.remove("description");
        drop_null(&mut schema);
        schema
    };
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests;
