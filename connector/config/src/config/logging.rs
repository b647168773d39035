//! The `logging` section.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most rotated files that may be kept: ten years of them.
const HISTORY_MAX: u32 = 3650;

/// Longest time between two dumps of the metrics, in seconds: a day.
const TICKER_INTERVAL_MAX: u32 = 86_400;

/// What is logged, and where.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoggingConfig {
    /// File to log to; it is rotated daily, beside itself. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 4096))]
    pub file: Option<String>,
    /// Whether to log to the console. Default `false`; without `file` it is always on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_console_logging: Option<bool>,
    /// Rotated files to keep. Default `30`. From 1 to 3650.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(min = 1, max = HISTORY_MAX),
        extend("x-remedy" = "one file is written each day; name how many days to keep")
    )]
    pub max_history: Option<u32>,
    /// Level of each logger, by name; `root` is all that are not named. Default: `info`. At most
    /// 256 loggers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxProperties" = 256))]
    pub levels: Option<BTreeMap<String, Level>>,
    /// Seconds between two dumps of the metrics into the log. Default `10`; `0` switches them off.
    /// At most 86400.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        range(max = TICKER_INTERVAL_MAX),
        extend("x-remedy" = "name the seconds between two dumps, or 0 to switch them off")
    )]
    pub ticker_interval: Option<u32>,
    /// Shape of a line: `simple` has its fields separated by spaces, `json` is an object a line.
    /// Default `simple`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<LogFormat>,
}

/// How grave a log line must be to be written.
#[derive(
    Clone, Copy, Debug, Deserialize, Eq, JsonSchema, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "kebab-case")]
#[schemars(extend("x-any-case" = true))]
pub enum Level {
    /// Data was or will be lost; somebody must act.
    Error,
    /// Unexpected, and dealt with.
    Warn,
    /// What a person's action brought about.
    Info,
    /// Per connection.
    Debug,
    /// Per record.
    Trace,
}

/// Shape of a log line.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// Fields separated by spaces.
    #[default]
    Simple,
    /// One JSON object a line.
    Json,
}
