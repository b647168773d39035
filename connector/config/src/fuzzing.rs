//! What fuzz targets call, and ordinary tests too, so that it keeps working.

use serde_json::json;

use crate::{
    Diagnostics, NoFiles, Plan, jaas, load,
    reference::{self, Providers},
    yaml,
};

/// Reads `text` as a configuration file, whatever it is, and shows what is said of it.
///
/// What the banner shows of it, shown once more, is the same. Nothing may panic, and nothing that is said may hold a character that garbles a terminal or
/// breaks a line.
pub fn fuzz_yaml(text: &[u8]) {
    // Longer ones only take longer.
    let root = str::from_utf8(text)
        .ok()
        .filter(|text| text.len() < 1 << 16);
    if let Some(root) = root.and_then(|text| yaml::parse(text).ok()) {
        let shown = yaml::banner(&root);
        let again = yaml::parse(&shown).map(|root| yaml::banner(&root));
        assert_eq!(again.as_ref(), Ok(&shown));
    }
    show(load::parse_bytes(text, "fuzz.yml", &NoFiles));
}

/// Reads `text` as an Avro schema, whatever it is. The same must hold.
pub fn fuzz_schema(text: &[u8]) {
    if let Ok(text) = str::from_utf8(text) {
        show(with_schema(text));
    }
}

/// The plan that publishes by the Avro schema `text`, if it is one.
pub fn plan_with_schema(text: &str) -> Option<Plan> {
    with_schema(text).ok()
}

fn with_schema(text: &str) -> Result<Plan, Diagnostics> {
    let config = json!({
        "producer-props": { "bootstrap.servers": "localhost:9092" },
        "routing": { "mode": "static", "destination": "all" },
        "format": { "mode": "avro", "schema": text },
    });
    load::parse(&config.to_string(), "fuzz.yml")
}

fn show(outcome: Result<Plan, Diagnostics>) {
    let messages: Vec<_> = match outcome {
        Ok(plan) => plan.warnings.iter().map(ToString::to_string).collect(),
        Err(diagnostics) => diagnostics.iter().map(ToString::to_string).collect(),
    };
    for message in messages {
        assert!(!message.chars().any(char::is_control), "{message:?}");
    }
}

/// Reads `text` as an entry of a JAAS configuration.
///
/// Nothing may panic, no option may be longer than the text, and nothing of the text may be in what is
/// said of it.
pub fn fuzz_jaas(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    match jaas::parse(text) {
        Ok(entry) => {
            let lengths = entry
                .beginning_with("")
                .map(|(_, value)| value.expose().len());
            assert!(lengths.sum::<usize>() <= text.len());
        }
        Err(malformed) => assert!(malformed.to_string().starts_with("is no login module")),
    }
}

/// Reads `text` as a value with references, and as the properties file that they refer to.
///
/// Nothing may panic, and a text without references must stay as it is.
pub fn fuzz_reference(text: &[u8]) {
    let content = reference::value_of_properties(text, "key");
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    assert!(content.len() <= text.len());
    let expanded = reference::expand(text, &Providers::default(), &NoFiles);
    if let Ok(expanded) = expanded
        && !text.contains("${")
    {
        assert_eq!(expanded.text.expose(), text);
    }
}
