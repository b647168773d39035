//! The `aeroduct` section: what this connector has beyond the official one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DurationText, SizeText};

/// Most connections that may be open at one time.
const CONNECTIONS_MAX: u32 = 1_000_000;

/// Most topics that may be published to: more than a cluster of brokers holds.
const TOPICS_MAX: u32 = 1_000_000;

/// What this connector has beyond the official one. Durations and sizes are text with a unit.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AeroductConfig {
    /// Age at which a record that Kafka has not confirmed is answered "temporary error", so that
    /// the source sends it again. Default `5s`. From `100ms` to `9s`: the source gives up at ten
    /// seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_deadline: Option<DurationText>,
    /// Time for finishing what is in flight at shutdown. Default `25s`, which fits the thirty
    /// seconds that Kubernetes grants. From `1s` to `1h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain_timeout: Option<DurationText>,
    /// Bytes of records of the process that may be in flight; at the mark reading stops, at three
    /// quarters it goes on. Default `256MiB`, or a quarter of the memory that the control group of the
    /// process allows, as that of a container does, where that is less. At least `max-frame-bytes`, at
    /// most `64GiB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_in_flight_bytes: Option<SizeText>,
    /// Largest frame that a source may send; a larger one closes its connection. Default `16MiB`,
    /// twice the largest record of a server. From `4KiB` to `128MiB`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_frame_bytes: Option<SizeText>,
    /// Connections open at one time; further ones are closed at once. Default `4096`. At most
    /// 1000000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = CONNECTIONS_MAX),
        extend("x-remedy" = "a source node opens a handful; leave it out for 4096")
    )]
    pub max_connections: Option<u32>,
    /// Age, give or take a tenth, at which a connection is closed when nothing is in flight on it, so
    /// that sources spread again after a change of scale. Default: none. From `10s` to `24h`: below
    /// ten seconds sources would be busy connecting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_connection_age: Option<DurationText>,
    /// Time without data and with nothing in flight after which a connection is closed. Default:
    /// none. From `1s` to `24h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<DurationText>,
    /// Where records go that would be refused for good: as received, with the reason in their
    /// headers, and then answered with success. Default: nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dead_letter: Option<DeadLetterConfig>,
    /// What goes into the headers of a Kafka message of one record; a batch has none. Default `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<HeadersConfig>,
    /// What the timestamp of a Kafka message is. Default `produce`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<TimestampConfig>,
    /// Distinct topics that the names of records may become; a record for a further one is refused for
    /// good. Topics that this file names do not count. Default `1000`. At most 1000000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = TOPICS_MAX),
        extend("x-remedy" = "count the topics that names may become; leave it out for 1000")
    )]
    pub max_topics: Option<u32>,
}

/// Where records go that would be refused for good.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeadLetterConfig {
    /// The topic: 1 to 249 letters, digits, dots, underscores and dashes.
    #[schemars(length(max = 249))]
    pub destination: String,
}

/// What goes into the headers of a Kafka message.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadersConfig {
    /// Nothing.
    None,
    /// Namespace, set, digest, generation and last update time.
    Metadata,
}

/// What the timestamp of a Kafka message is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimestampConfig {
    /// The time at which it was produced.
    Produce,
    /// The record's last update time. A topic that refuses it, by default where it is more than an
    /// hour ahead, has the record put off until it is mended.
    Lut,
}
