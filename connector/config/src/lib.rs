//! The configuration file: its keys as types, its defaults and bounds, and the one check that makes a
//! [`Plan`] of it.
//!
//! [`load()`] reads a file: YAML text becomes a tree in which every node knows its place; the tree is
//! checked against the schema of [`Config`]; what the keys mean together is checked when the plan is
//! made. Each step collects everything that is wrong, so that all faults of a file come at once.
//! There is no other list of defaults and no other check, here or elsewhere.

#![warn(missing_docs)]

pub use config::{Config, Level, LogFormat};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use files::{FILE_BYTES_MAX, Files, FilesBeside, NoFiles};
pub use helm::{Conversion, from_helm_values};
pub use java_regex::{Regex, RegexError, ReplaceError, Replacement, ReplacementError};
pub use load::{LoadError, load, parse, parse_with};
pub use note::Note;
pub use plan::{
    AeroductPlan, AwsKeys, AwsRole, BatchKey, BatchLimits, Batching, BinNameError, BinTransforms,
    Block, ClientCredentials, Format, Headers, InvalidTopicName, Items, Key, LoggingPlan,
    ManagePlan, MskIamPlan, NameRoute, NamespaceBlock, OAuthBearerPlan, Otherwise, OutboundPlan,
    Partitioner, Plan, ProducerChange, ProducerPlan, Protocol, RecordKey, RecordOrdering, Routing,
    Rules, SaslPlan, Selection, ServicePlan, Timestamp, TokenOrigin, TopicName, TransformError,
    TransformStep, Transforms, Warning, is_legal_topic,
};
pub use schema::{Choice, ConfigKey, SchemaConflict, json_schema, keys, structural_schema};
pub use secret::{BLANK, Secret, Setting};

pub mod avro;
mod check;
pub mod config;
mod diagnostic;
mod differences;
mod files;
pub mod fuzzing;
mod helm;
mod jaas;
mod java_regex;
mod leading_zero;
mod load;
mod note;
#[cfg(test)]
mod page;
mod plan;
mod producer;
mod reference;
mod resolve;
mod schema;
mod secret;
mod support;
mod yaml;
