//! The `routing` item.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a record finds its topic.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    rename_all_fields = "kebab-case",
    tag = "mode"
)]
pub enum RoutingConfig {
    /// Always one topic.
    Static {
        /// The topic: 1 to 249 letters, digits, dots, underscores and dashes.
        #[schemars(length(max = 249))]
        destination: String,
    },
    /// No topic: nothing is published, and the source is answered with success.
    Skip {},
    /// The topic has the name of the record's namespace.
    Namespace {
        /// Topic, taken as it stands, where the record brings no name or one that is no legal
        /// topic. Default: none, and such a record is refused for good.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 249))]
        default: Option<String>,
        /// Steps that turn the name into a topic, in order. Default: none. At most 32.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 32))]
        transforms: Option<Vec<TransformConfig>>,
    },
    /// The topic has the name of the record's set.
    Set {
        /// Topic, taken as it stands, where the record brings no name or one that is no legal
        /// topic. Default: none, and such a record is refused for good.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 249))]
        default: Option<String>,
        /// Steps that turn the name into a topic, in order. Default: none. At most 32.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 32))]
        transforms: Option<Vec<TransformConfig>>,
    },
    /// The topic is the value of a bin: text, bytes that are text, or an integer.
    Bin {
        /// Name of the bin. At most 15 bytes, as in the database.
        #[schemars(length(min = 1, max = 15))]
        bin: String,
        /// Topic, taken as it stands, where the record brings no name or one that is no legal
        /// topic. Default: none, and such a record is refused for good.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 249))]
        default: Option<String>,
        /// Steps that turn the name into a topic, in order. Default: none. At most 32.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 32))]
        transforms: Option<Vec<TransformConfig>>,
    },
    /// The topic is the part of the HTTP request's path after `/`, `/aerospike/kafka/publish` or
    /// `/connect`.
    #[schemars(extend("x-source" = "historical"))]
    Path {
        /// Topic, taken as it stands, where the record brings no name or one that is no legal
        /// topic. Default: none, and such a record is refused for good.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 249))]
        default: Option<String>,
        /// Steps that turn the name into a topic, in order. Default: none. At most 32.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schemars(length(max = 32))]
        transforms: Option<Vec<TransformConfig>>,
    },
    /// A Java class decides; always refused, since this connector loads no Java.
    Custom {
        /// The class.
        #[serde(skip_serializing_if = "Option::is_none")]
        class: Option<String>,
        /// What the class is given.
        #[serde(skip_serializing_if = "Option::is_none")]
        params: Option<BTreeMap<String, Value>>,
    },
}

/// One step that turns a name into another.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TransformConfig {
    /// Every letter becomes a small one.
    Lowercase,
    /// Every letter becomes a capital.
    Uppercase,
    /// Spaces and control characters at both ends go.
    Trim,
    /// Every match of a pattern is replaced.
    Regex(RegexConfig),
}

/// A pattern and what takes the place of each of its matches, as Java's `String.replaceAll` has
/// them.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RegexConfig {
    /// The pattern, in Java's syntax. At most 4096 characters.
    #[schemars(length(max = 4096))]
    pub pattern: String,
    /// What takes the place of a match: `$1` and `${name}` are groups, a backslash takes the next
    /// character as it is. At most 4096 characters.
    #[schemars(length(max = 4096))]
    pub replacement: String,
}
