//! The official configuration file as types, key by key.
//!
//! Every documented key is here, those that this version does not serve included: the same types
//! are the schema of the file, the reference for its readers and the specification of the custom
//! resource. Nothing here carries a default; a [`Plan`](crate::Plan) does.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use aeroduct::{AeroductConfig, DeadLetterConfig, HeadersConfig, TimestampConfig};
pub use format::FormatConfig;
pub use logging::{Level, LogFormat, LoggingConfig};
pub use one_or_many::OneOrMany;
pub use properties::{Properties, Property};
pub use quantity::{DurationText, QuantityError, SizeText};
pub use record::{
    BatchingConfig, BinSelectionConfig, BinTransformsConfig, FailureStrategy, JavaClassConfig,
    KeyConfig, KeySource, RecordOrderingConfig, SelectionType,
};
pub use routing::{RegexConfig, RoutingConfig, TransformConfig};
pub use service::{ManageConfig, Protocol, ServiceConfig, StoreConfig, StoreType, TlsConfig};

mod aeroduct;
mod format;
mod logging;
mod one_or_many;
mod properties;
mod quantity;
mod record;
mod routing;
mod service;

/// The configuration of a connector, as its file has it.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where the connector listens for changes, and what bounds its work. Default: port 8080 on
    /// every address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceConfig>,
    /// Properties of the Kafka producer, under the names that the Java producer has for them.
    /// `bootstrap.servers` is needed; what is left out is as in the Java producer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub producer_props: Option<Properties>,
    /// How a record finds its topic. Without it every record is skipped, and answered with success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<RoutingConfig>,
    /// How a record is written. Without it every record is skipped, and answered with success.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatConfig>,
    /// What becomes the key of a Kafka message. Default: the record's own key, in the form that
    /// fits `format`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-source" = "ours"))]
    pub key: Option<KeyConfig>,
    /// Which bins are published, and under which names. Default: all, under their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin_transforms: Option<BinTransformsConfig>,
    /// A Java class that changes records; always refused, since this connector loads no Java.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_transformer: Option<JavaClassConfig>,
    /// Several records in one Kafka message. Default: one message for each record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batching: Option<BatchingConfig>,
    /// Keeps versions of a record that are older than the last one sent from being sent after it.
    /// Default: off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_ordering: Option<RecordOrderingConfig>,
    /// Items that differ for a namespace, or for one of its sets. Each item is taken whole from the
    /// most particular level that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = NAMESPACES_MAX))]
    pub namespaces: Option<BTreeMap<String, NamespaceConfig>>,
    /// Items that differ for the changes that arrive at one port of `service.port`; they go before
    /// all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = one_or_many::LIST_MAX))]
    pub port_based_config: Option<BTreeMap<String, PortConfig>>,
    /// What is logged, and where. Default: `info`, to the console.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logging: Option<LoggingConfig>,
    /// Licence file of old versions of the official connector. Accepted without effect: this connector
    /// needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096), extend("x-source" = "historical"))]
    pub feature_key_file: Option<String>,
    /// What this connector has beyond the official one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-source" = "ours"))]
    pub aeroduct: Option<AeroductConfig>,
}

/// Items of one namespace; what is absent is taken from the general ones.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamespaceConfig {
    /// How a record finds its topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<RoutingConfig>,
    /// How a record is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatConfig>,
    /// What becomes the key of a Kafka message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyConfig>,
    /// Which bins are published, and under which names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin_transforms: Option<BinTransformsConfig>,
    /// A Java class that changes records; always refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_transformer: Option<JavaClassConfig>,
    /// Several records in one Kafka message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batching: Option<BatchingConfig>,
    /// Keeps older versions of a record from being sent after newer ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_ordering: Option<RecordOrderingConfig>,
    /// Items that differ for a set of the namespace.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = SETS_MAX))]
    pub sets: Option<BTreeMap<String, SetConfig>>,
}

/// Items of one set; what is absent is taken from its namespace, then from the general ones.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SetConfig {
    /// How a record finds its topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<RoutingConfig>,
    /// How a record is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatConfig>,
    /// What becomes the key of a Kafka message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyConfig>,
    /// Which bins are published, and under which names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin_transforms: Option<BinTransformsConfig>,
    /// A Java class that changes records; always refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_transformer: Option<JavaClassConfig>,
    /// Several records in one Kafka message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batching: Option<BatchingConfig>,
}

/// Items of the changes that arrive at one port; what is absent is taken from the general ones.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PortConfig {
    /// How a record finds its topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routing: Option<RoutingConfig>,
    /// How a record is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatConfig>,
    /// What becomes the key of a Kafka message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyConfig>,
    /// Which bins are published, and under which names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bin_transforms: Option<BinTransformsConfig>,
    /// Several records in one Kafka message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batching: Option<BatchingConfig>,
    /// Keeps older versions of a record from being sent after newer ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_ordering: Option<RecordOrderingConfig>,
    /// Items that differ for a namespace, or for one of its sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = NAMESPACES_MAX))]
    pub namespaces: Option<BTreeMap<String, NamespaceConfig>>,
}

/// Namespaces that a file may name: a server has no more than this many.
const NAMESPACES_MAX: u32 = 32;

/// Sets of a namespace that a file may name: a server has no more than this many. The cost of the
/// rules of a custom resource grows with it, so that may want a lower bound of its own.
const SETS_MAX: u32 = 4095;
