//! The `format` item.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Properties;

/// How a record is written.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    tag = "mode"
)]
pub enum FormatConfig {
    /// A JSON object with the metadata, and bins that name their types.
    Json {
        /// Whether numeric keys of maps become text. Default `true`; with `false` a record that has
        /// one is refused for good.
        #[serde(skip_serializing_if = "Option::is_none")]
        stringify_map_keys: Option<bool>,
    },
    /// A JSON object with every bin as a member, and the metadata under a member of their own.
    FlatJson {
        /// Member of the message that holds the metadata. A record with a bin of that name is
        /// refused for good.
        #[schemars(length(min = 1, max = 256))]
        metadata_key: String,
        /// Whether numeric keys of maps become text. Default `true`; with `false` a record that has
        /// one is refused for good.
        #[serde(skip_serializing_if = "Option::is_none")]
        stringify_map_keys: Option<bool>,
    },
    /// A MessagePack array.
    MessagePack {},
    /// Avro, bare.
    Avro {
        /// The schema, as text. Either this or `schema-file`.
        #[serde(skip_serializing_if = "Option::is_none")]
        schema: Option<String>,
        /// File with the schema. Either this or `schema`.
        #[serde(skip_serializing_if = "Option::is_none")]
        schema_file: Option<String>,
        /// Whether numeric keys of maps become text. Default `true`; with `false` a record that has
        /// one is refused for good.
        #[serde(skip_serializing_if = "Option::is_none")]
        stringify_map_keys: Option<bool>,
    },
    /// Avro with its schema in a registry.
    KafkaAvro {
        /// The schema, as text. Either this or `schema-file`.
        #[serde(skip_serializing_if = "Option::is_none")]
        schema: Option<String>,
        /// File with the schema. Either this or `schema`.
        #[serde(skip_serializing_if = "Option::is_none")]
        schema_file: Option<String>,
        /// Topic that the subject in the registry is named after.
        #[serde(skip_serializing_if = "Option::is_none")]
        registry_topic: Option<String>,
        /// Member of a write that holds the metadata. Default: writes have none.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(min = 1, max = 256))]
        metadata_key: Option<String>,
        /// Properties of the Java serialiser, such as `schema.registry.url`.
        props: Properties,
        /// Whether numeric keys of maps become text. Default `true`; with `false` a record that has
        /// one is refused for good.
        #[serde(skip_serializing_if = "Option::is_none")]
        stringify_map_keys: Option<bool>,
    },
    /// The message as it was received.
    #[schemars(extend("x-source" = "ours"))]
    Xdr {},
    /// A Java class writes; always refused, since this connector loads no Java.
    Custom {
        /// The class.
        #[serde(skip_serializing_if = "Option::is_none")]
        class: Option<String>,
        /// The class, for batches.
        #[serde(skip_serializing_if = "Option::is_none")]
        batch_formatter_class: Option<String>,
        /// What the class is given.
        #[serde(skip_serializing_if = "Option::is_none")]
        params: Option<BTreeMap<String, Value>>,
        /// Format that the class receives the record in.
        #[serde(skip_serializing_if = "Option::is_none")]
        payload_format: Option<BTreeMap<String, Value>>,
    },
}
