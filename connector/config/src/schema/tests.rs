use std::collections::BTreeSet;

use super::*;
use crate::support;

/// Every key that the documentation of the official connector has, and ours, by path; `*` is any
/// name.
const OFFICIAL_KEYS: &[&str] = &[
    "service.protocol",
    "service.port",
    "service.address",
    "service.tls.port",
    "service.tls.address",
    "service.tls.key-store.store-file",
    "service.tls.key-store.store-password-file",
    "service.tls.key-store.key-password-file",
    "service.tls.key-store.store-type",
    "service.tls.trust-store.store-file",
    "service.tls.trust-store.store-password-file",
    "service.tls.trust-store.key-password-file",
    "service.tls.trust-store.store-type",
    "service.tls.mutual-auth",
    "service.tls.protocols",
    "service.tls.ciphers",
    "service.tls.allowed-peer-names",
    "service.io-threads",
    "service.worker-threads",
    "service.max-concurrent-records",
    "service.max-concurrent-requests",
    "service.manage.port",
    "service.manage.address",
    "service.manage.tls.port",
    "service.cluster-name",
    "service.enable-tcp-xdr-ack-buffering",
    "service.socket-receive-buffer-bytes",
    "service.http2-max-concurrent-streams",
    "producer-props.*",
    "routing.mode",
    "routing.destination",
    "routing.default",
    "routing.transforms",
    "routing.bin",
    "routing.class",
    "routing.params",
    "format.mode",
    "format.metadata-key",
    "format.stringify-map-keys",
    "format.schema",
    "format.schema-file",
    "format.registry-topic",
    "format.props.*",
    "format.class",
    "format.batch-formatter-class",
    "format.params",
    "format.payload-format",
    "key.source",
    "key.bin-name",
    "key.value",
    "key.failure-strategy",
    "bin-transforms.include.type",
    "bin-transforms.include.bins",
    "bin-transforms.exclude.type",
    "bin-transforms.exclude.bins",
    "bin-transforms.map",
    "bin-transforms.transforms",
    "custom-transformer.class",
    "custom-transformer.params",
    "batching.enabled",
    "batching.max-records",
    "batching.max-bytes",
    "batching.batch-interval",
    "namespaces.*.bin-transforms",
    "namespaces.*.routing",
    "namespaces.*.format",
    "namespaces.*.key",
    "namespaces.*.batching",
    "namespaces.*.custom-transformer",
    "namespaces.*.record-ordering",
    "namespaces.*.sets.*.bin-transforms",
    "namespaces.*.sets.*.routing",
    "namespaces.*.sets.*.format",
    "namespaces.*.sets.*.key",
    "namespaces.*.sets.*.batching",
    "namespaces.*.sets.*.custom-transformer",
    "port-based-config.*.routing",
    "port-based-config.*.format",
    "port-based-config.*.key",
    "port-based-config.*.batching",
    "port-based-config.*.bin-transforms",
    "port-based-config.*.record-ordering",
    "port-based-config.*.namespaces.*.sets.*.routing",
    "record-ordering.enable",
    "record-ordering.lut-cache-ttl-seconds",
    "logging.file",
    "logging.enable-console-logging",
    "logging.max-history",
    "logging.levels.*",
    "logging.ticker-interval",
    "logging.format",
    "feature-key-file",
    "aeroduct.reply-deadline",
    "aeroduct.drain-timeout",
    "aeroduct.max-in-flight-bytes",
    "aeroduct.max-frame-bytes",
    "aeroduct.max-connections",
    "aeroduct.max-connection-age",
    "aeroduct.idle-timeout",
    "aeroduct.dead-letter.destination",
    "aeroduct.headers",
    "aeroduct.timestamp",
    "aeroduct.max-topics",
];

/// The modes and words of the official documentation, by path.
const OFFICIAL_CHOICES: &[(&str, &[&str])] = &[
    (
        "routing.mode",
        &[
            "static",
            "skip",
            "namespace",
            "set",
            "bin",
            "path",
            "custom",
        ],
    ),
    (
        "format.mode",
        &[
            "json",
            "flat-json",
            "message-pack",
            "avro",
            "kafka-avro",
            "xdr",
            "custom",
        ],
    ),
    ("service.protocol", &["TCP", "HTTP", "HTTP_1_1", "HTTP_2"]),
    (
        "logging.levels.*",
        &["error", "warn", "info", "debug", "trace"],
    ),
    ("logging.format", &["simple", "json"]),
    ("bin-transforms.include.type", &["all", "none", "specified"]),
    (
        "service.tls.key-store.store-type",
        &[
            "JKS",
            "JCEKS",
            "PKCS12",
            "PKCS11",
            "DKS",
            "Windows_MY",
            "BKS",
        ],
    ),
    (
        "key.source",
        &[
            "system-default",
            "namespace",
            "set",
            "digest",
            "user-key",
            "bin-value",
            "static",
            "key-concat",
            "key-hash",
            "none",
        ],
    ),
    ("key.failure-strategy", &["use-digest", "fail", "ignore"]),
    ("aeroduct.headers", &["none", "metadata"]),
    ("aeroduct.timestamp", &["produce", "lut"]),
];

fn structural() -> Value {
    structural_schema().unwrap().to_value()
}

/// The structural schema of the key at `path`.
fn at<'s>(schema: &'s Value, path: &str) -> Option<&'s Value> {
    path.split('.').try_fold(schema, |schema, key| match key {
        "*" => schema.get("additionalProperties"),
        key => schema.get("properties")?.get(key),
    })
}

#[test]
fn every_official_key_is_there() {
    let schema = structural();
    let missing: Vec<_> = OFFICIAL_KEYS
        .iter()
        .filter(|path| at(&schema, path).is_none())
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_key_that_is_there_is_official_or_ours() {
    let listed: BTreeSet<_> = OFFICIAL_KEYS.iter().copied().collect();
    let is_listed = |path: &str| {
        listed
            .iter()
            .any(|key| *key == path || key.starts_with(&format!("{path}.")))
    };
    let schema = structural();
    for (section, schema) in schema["properties"].as_object().unwrap() {
        let keys = schema.get("properties").and_then(Value::as_object);
        for key in keys.into_iter().flat_map(Map::keys) {
            let path = format!("{section}.{key}");
            assert!(is_listed(&path), "{path}");
        }
    }
}

#[test]
fn every_official_choice_is_there() {
    let schema = structural();
    for (path, choices) in OFFICIAL_CHOICES {
        assert_eq!(at(&schema, path).unwrap()["enum"], json!(choices), "{path}");
    }
}

#[test]
fn what_is_refused_exists_in_the_schema() {
    let schema = structural();
    for path in support::refused_keys() {
        assert!(at(&schema, path).is_some(), "{path}");
    }
    for (path, value) in support::refused_values() {
        let choices = at(&schema, path).unwrap()["enum"].as_array().unwrap();
        assert!(choices.contains(&value.into()), "{path} {value}");
    }
}

#[test]
fn the_structural_schema_has_nothing_that_a_custom_resource_refuses() {
    const ALLOWED: &[&str] = &[
        "additionalProperties",
        "description",
        "enum",
        "items",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "pattern",
        "properties",
        "required",
        "type",
        "x-kubernetes-preserve-unknown-fields",
    ];
    let mut open = vec![structural()];
    let mut count = 0;
    while let Some(schema) = open.pop() {
        count += 1;
        let keys = schema.as_object().unwrap();
        for key in keys.keys() {
            assert!(ALLOWED.contains(&key.as_str()), "{key} in {schema:#}");
        }
        let is_typed = keys.get("type").is_some_and(Value::is_string);
        assert!(
            is_typed || keys.contains_key("x-kubernetes-preserve-unknown-fields"),
            "no type in {schema:#}"
        );
        assert!(
            !(keys.contains_key("properties") && keys.contains_key("additionalProperties")),
            "{schema:#}"
        );
        open.extend(
            keys.get("properties")
                .and_then(Value::as_object)
                .into_iter()
                .flat_map(Map::values)
                .cloned(),
        );
        open.extend(keys.get("items").cloned());
        open.extend(
            keys.get("additionalProperties")
                .filter(|schema| !schema.is_boolean())
                .cloned(),
        );
    }
    assert!(count > OFFICIAL_KEYS.len(), "{count} schemas seen");
}

#[test]
fn one_key_with_two_meanings_is_a_conflict() {
    let alternatives = ["string", "integer"].map(|kind| {
        json!({ "type": "object", "properties": { "mode": { "const": kind }, "size": { "type": kind } } })
    });
    let error = merge(&mut Schema::default(), alternatives.to_vec()).unwrap_err();
    assert_eq!(error.key, "size");
}

#[test]
fn every_key_is_described() {
    let schema = structural();
    for path in OFFICIAL_KEYS
        .iter()
        .filter(|path| !matches!(path.rsplit('.').next(), Some("mode" | "*")))
    {
        assert!(
            at(&schema, path).unwrap()["description"].is_string(),
            "{path}"
        );
    }
}

#[test]
fn the_keys_one_by_one_are_those_of_the_documentation() {
    let keys = keys();
    let is_there = |path: &str| keys.iter().any(|key| key.path == path);
    for path in OFFICIAL_KEYS {
        // What is the same at another key is described there, and of free names there is nothing.
        let known = path
            .replace(".trust-store.", ".key-store.")
            .replace("manage.tls.", "tls.")
            .replace(".exclude.", ".include.")
            .replace("port-based-config.*.namespaces.", "namespaces.");
        assert!(is_there(known.trim_end_matches(".*")), "{path}");
    }
    for (path, choices) in OFFICIAL_CHOICES {
        let key = keys
            .iter()
            .find(|key| key.path == path.trim_end_matches(".*"));
        let words = key.into_iter().flat_map(|key| &key.choices);
        let words: Vec<_> = words.map(|choice| choice.value.as_str()).collect();
        assert_eq!(words, *choices, "{path}");
    }
}

#[test]
fn keys_know_which_modes_have_and_need_them() {
    let keys = keys();
    let key = |path: &str| keys.iter().find(|key| key.path == path).unwrap();
    assert_eq!(key("routing.destination").modes, ["static"]);
    assert_eq!(key("routing.destination").required_by, ["static"]);
    let metadata_key = key("format.metadata-key");
    assert_eq!(metadata_key.modes, ["flat-json", "kafka-avro"]);
    assert_eq!(metadata_key.required_by, ["flat-json"]);
    assert!(
        metadata_key.description.contains("\n\nWith `kafka-avro`: "),
        "{metadata_key:?}"
    );
    assert!(key("key.source").is_required);
    assert!(!key("routing.transforms.regex").is_required);
    assert!(key("routing.transforms.regex.pattern").is_required);
    assert_eq!(key("aeroduct.headers").source.as_deref(), Some("ours"));
    let tls = key("service.manage.tls").same_as.as_deref();
    assert_eq!(tls, Some("service.tls"));
}
