//! What a schema allows, in a phrase.

use serde_json::Value;

use super::keys::{alternatives, resolved};

const WORDS: &str = "one of the words below";

/// The values that `schema`, a part of `root`, allows.
pub(super) fn phrase(root: &Value, schema: &Value) -> String {
    let schema = resolved(root, schema);
    let others = || alternatives(schema).map(|alternative| resolved(root, alternative));
    let has_words = others().any(|alternative| alternative.get("const").is_some());
    let mut phrases: Vec<_> = others()
        .filter(|alternative| alternative.get("const").is_none())
        .map(|alternative| phrase(root, alternative))
        .collect();
    phrases.dedup();
    let phrases = match phrases.as_slice() {
        [one, list] if list.starts_with("list of ") => {
            let list = list.replace(&format!(": {one}"), " of them");
            format!("{one}; or a {list}")
        }
        phrases => phrases.join("; or a "),
    };
    match (phrases.as_str(), has_words) {
        ("", true) => return WORDS.to_owned(),
        ("", false) => {}
        (phrases, false) => return phrases.to_owned(),
        (phrases, true) => return format!("{WORDS}; or a {phrases}"),
    }
    match kind_of(schema) {
        Some("array") => list(root, schema),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => number(schema),
        Some("object") => mapping(root, schema),
        Some("string") => text(schema),
        _ => "anything".to_owned(),
    }
}

/// The type of a value that is not null.
fn kind_of(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::String(kind) => Some(kind),
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null"),
        _ => None,
    }
}

fn list(root: &Value, schema: &Value) -> String {
    let items = schema
        .get("items")
        .map_or_else(String::new, |items| phrase(root, items));
    let bound = |word: &str| schema.get(word).and_then(Value::as_u64);
    match (bound("minItems"), bound("maxItems")) {
        (Some(least), Some(most)) => format!("list of {least} to {most}: {items}"),
        (None, Some(most)) => format!("list of at most {most}: {items}"),
        _ => format!("list: {items}"),
    }
}

fn number(schema: &Value) -> String {
    let bound = |word: &str| schema.get(word).and_then(Value::as_i64);
    let of_type = |word| match (word, schema.get("format").and_then(Value::as_str)) {
        ("minimum", Some("uint32")) => Some(0),
        ("maximum", Some("uint32")) => Some(u32::MAX.into()),
        ("minimum", Some("int32")) => Some(i32::MIN.into()),
        ("maximum", Some("int32")) => Some(i32::MAX.into()),
        ("maximum", Some("int64")) => Some(i64::MAX),
        _ => None,
    };
    let least = bound("minimum").or_else(|| of_type("minimum"));
    let most = bound("maximum").or_else(|| of_type("maximum"));
    match (least, most) {
        (Some(least), Some(most)) => format!("whole number, {least} to {most}"),
        (Some(least), None) => format!("whole number, {least} or more"),
        _ => "whole number".to_owned(),
    }
}

fn mapping(root: &Value, schema: &Value) -> String {
    let most = schema.get("maxProperties").and_then(Value::as_u64);
    let names = most.map_or_else(
        || "names".to_owned(),
        |most| format!("at most {most} names"),
    );
    match schema.get("additionalProperties") {
        Some(values @ Value::Object(_)) => match phrase(root, values).as_str() {
            "mapping" => format!("mapping of {names}, each with keys of its own"),
            values => format!("mapping of {names} to values: {values}"),
        },
        Some(Value::Bool(true)) => format!("mapping of {names} to anything"),
        _ => "mapping".to_owned(),
    }
}

fn text(schema: &Value) -> String {
    let is_number = |kinds: &Vec<Value>| kinds.contains(&"number".into());
    if schema
        .get("type")
        .and_then(Value::as_array)
        .is_some_and(is_number)
    {
        return "text, number or boolean".to_owned();
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        return if pattern.contains("ms") {
            "duration, a whole number with `ms`, `s`, `m` or `h`".to_owned()
        } else {
            "size, a whole number with `B`, `kB`, `MB`, `GB`, `KiB`, `MiB` or `GiB`".to_owned()
        };
    }
    let bound = |word: &str| schema.get(word).and_then(Value::as_u64);
    match (bound("minLength"), bound("maxLength")) {
        (Some(least), Some(most)) => format!("text of {least} to {most} characters"),
        (None, Some(most)) => format!("text of at most {most} characters"),
        _ => "text".to_owned(),
    }
}
