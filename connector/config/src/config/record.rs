//! Items that change what is published of a record, under which key, in which company and order.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::TransformConfig;

/// Which bins are published, and under which names.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BinTransformsConfig {
    /// Bins to publish. Default: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<BinSelectionConfig>,
    /// Bins to leave out, even if they are included. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<BinSelectionConfig>,
    /// New names of bins. A bin named here is not subject to `transforms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 1024))]
    pub map: Option<BTreeMap<String, String>>,
    /// Steps that turn the names of the other bins into new ones, in order. At most 32.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub transforms: Option<Vec<TransformConfig>>,
}

/// A choice of bins.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BinSelectionConfig {
    /// Kind of choice.
    pub r#type: SelectionType,
    /// The bins; needed where the choice is `specified`, and nowhere else. At least one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub bins: Option<Vec<String>>,
}

/// Kind of choice among bins.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SelectionType {
    /// Every bin.
    All,
    /// No bin.
    None,
    /// The bins listed.
    Specified,
}

/// A Java class, and what it is given.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct JavaClassConfig {
    /// The class.
    pub class: String,
    /// What the class is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<BTreeMap<String, Value>>,
}

/// What becomes the key of a Kafka message.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyConfig {
    /// Where the key comes from.
    pub source: KeySource,
    /// Bin whose value is the key; needed where the source is `bin-value`, and nowhere else. At most
    /// 15 bytes, as in the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 15))]
    pub bin_name: Option<String>,
    /// The key; needed where the source is `static`, and nowhere else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub value: Option<String>,
    /// What happens where the record does not have what the source `set`, `user-key` or `bin-value`
    /// asks for. Default `use-digest`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_strategy: Option<FailureStrategy>,
}

/// Where the key of a Kafka message comes from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-any-case" = true))]
pub enum KeySource {
    /// The record's key, in the form that fits the format.
    SystemDefault,
    /// The namespace.
    Namespace,
    /// The set.
    Set,
    /// The digest, as Base64.
    Digest,
    /// The key that the client stored with the record.
    UserKey,
    /// The value of a bin.
    BinValue,
    /// One text for all.
    Static,
    /// Of a batch: an array of the keys of its records. Needs `batching`.
    KeyConcat,
    /// Of a batch: a hash over the digests of its records. Needs `batching`.
    KeyHash,
    /// No key.
    None,
}

/// What happens where a record does not have what a key source asks for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-any-case" = true))]
pub enum FailureStrategy {
    /// The digest takes its place.
    UseDigest,
    /// The record is answered with a temporary error.
    Fail,
    /// The record is answered with a permanent error.
    Ignore,
}

/// Several records in one Kafka message.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BatchingConfig {
    /// Whether records are put together. Default `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Records at which a batch is closed. Default `2147483647`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_records: Option<i32>,
    /// Bytes at which a batch is closed; the record that goes beyond is still in. Default
    /// `9223372036854775807`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_bytes: Option<i64>,
    /// Milliseconds that a batch may stay open. Default `8000`. It counts at most until one second
    /// before `aeroduct.reply-deadline`, or half of that where it is short: 4000 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub batch_interval: Option<u32>,
}

/// Keeps versions of a record that are older than the last one sent from being sent after it.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecordOrderingConfig {
    /// Whether order is kept. Default `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<bool>,
    /// Seconds for which the time of a record's last update is remembered, in some 90 bytes; of more
    /// than 3670016 records, those whose time ends first are forgotten early. Default `30`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub lut_cache_ttl_seconds: Option<u32>,
}
