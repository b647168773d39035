//! `aeroduct`: deadlines, bounds and options that the official file does not have.

use std::time::Duration;

use super::{
    Report,
    quantity::{Bounds, duration, size},
    routing::topic,
};
use crate::{
    config::{AeroductConfig, HeadersConfig, TimestampConfig},
    plan::{AeroductPlan, Headers, Timestamp},
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Half of the ten seconds after which the source gives up: the answer "temporary" reaches it in
/// time.
const REPLY_DEADLINE: Duration = Duration::from_secs(5);

/// Fits the thirty seconds that Kubernetes grants a pod.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);

/// Keeps the partitions of many topics busy and is little for a host.
const MAX_IN_FLIGHT_BYTES: u64 = 256 * MIB;

/// Twice the largest record of a server.
const MAX_FRAME_BYTES: u64 = 16 * MIB;

/// Far more than the nodes of a large cluster open.
const MAX_CONNECTIONS: u32 = 4096;

/// More than people name by hand; fewer than a broker notices.
const MAX_TOPICS: u32 = 1000;

const REPLY_DEADLINES: Bounds<Duration> = Bounds {
    range: Duration::from_millis(100)..=Duration::from_secs(9),
    reason: "must be 100ms to 9s",
    remedy: "leave it out for 5s; the source gives up at ten seconds",
};

const DRAIN_TIMEOUTS: Bounds<Duration> = Bounds {
    range: Duration::from_secs(1)..=Duration::from_hours(1),
    reason: "must be 1s to 1h",
    remedy: "leave it out for 25s; stay below the time that your supervisor grants",
};

const IN_FLIGHT_BYTES: Bounds<u64> = Bounds {
    range: 4 * KIB..=64 * GIB,
    reason: "must be 4KiB to 64GiB",
    remedy: "leave it out for 256MiB, or less in a small container; stay below the memory of the process",
};

const FRAME_BYTES: Bounds<u64> = Bounds {
    range: 4 * KIB..=128 * MIB,
    reason: "must be 4KiB to 128MiB",
    remedy: "leave it out for 16MiB, twice the largest record of a server",
};

/// Above the ten seconds after which a source gives a record up, so that no connection is closed
/// sooner than that; a day spreads the sources just as never does.
const CONNECTION_AGES: Bounds<Duration> = Bounds {
    range: Duration::from_secs(10)..=Duration::from_hours(24),
    reason: "must be 10s to 24h",
    remedy: "name the time in which sources should have spread again, such as 10m, or leave it out",
};

/// Below a second a source that merely pauses would connect again and again; whoever waits longer
/// than a day need not close at all.
const IDLE_TIMEOUTS: Bounds<Duration> = Bounds {
    range: Duration::from_secs(1)..=Duration::from_hours(24),
    reason: "must be 1s to 24h",
    remedy: "leave it out to keep idle connections open, as the official connector does",
};

pub(super) fn resolve(config: Option<&AeroductConfig>, report: &mut Report<'_>) -> AeroductPlan {
    let config = config.cloned().unwrap_or_default();
    let (max_in_flight_bytes, max_frame_bytes) = sizes(&config, report);
    let mut duration = |path, text: Option<_>, bounds| duration(&text?, bounds, path, report);
    AeroductPlan {
        reply_deadline: duration(
            "aeroduct.reply-deadline",
            config.reply_deadline,
            &REPLY_DEADLINES,
        )
        .unwrap_or(REPLY_DEADLINE),
        drain_timeout: duration(
            "aeroduct.drain-timeout",
            config.drain_timeout,
            &DRAIN_TIMEOUTS,
        )
        .unwrap_or(DRAIN_TIMEOUT),
        max_connection_age: duration(
            "aeroduct.max-connection-age",
            config.max_connection_age,
            &CONNECTION_AGES,
        ),
        idle_timeout: duration("aeroduct.idle-timeout", config.idle_timeout, &IDLE_TIMEOUTS),
        max_in_flight_bytes,
        is_in_flight_open: config.max_in_flight_bytes.is_none(),
        max_frame_bytes,
        max_connections: config.max_connections.unwrap_or(MAX_CONNECTIONS),
        dead_letter: config.dead_letter.and_then(|to| {
            let path = "aeroduct.dead-letter.destination";
            topic(&to.destination, path, report)
        }),
        headers: config.headers.map_or_else(Headers::default, Into::into),
        timestamp: config.timestamp.map_or_else(Timestamp::default, Into::into),
        max_topics: config.max_topics.unwrap_or(MAX_TOPICS),
    }
}

/// Bytes of the process, and of the largest frame, which must fit.
fn sizes(config: &AeroductConfig, report: &mut Report<'_>) -> (u64, u64) {
    let given = config
        .max_frame_bytes
        .as_ref()
        .map(|text| size(text, &FRAME_BYTES, "aeroduct.max-frame-bytes", report));
    let is_frame_known = given != Some(None);
    let of_frame = given.flatten().unwrap_or(MAX_FRAME_BYTES);
    let path = "aeroduct.max-in-flight-bytes";
    let in_flight = config
        .max_in_flight_bytes
        .as_ref()
        .and_then(|text| size(text, &IN_FLIGHT_BYTES, path, report))
        .unwrap_or_else(|| MAX_IN_FLIGHT_BYTES.max(of_frame));
    if is_frame_known && in_flight < of_frame {
        let reason = format!("is less than `max-frame-bytes`, {of_frame} bytes");
        let remedy = "make it at least as large: the largest frame would never fit";
        report.error(path, reason, remedy);
    }
    (in_flight, of_frame)
}

impl From<HeadersConfig> for Headers {
    fn from(config: HeadersConfig) -> Self {
        match config {
            HeadersConfig::None => Self::None,
            HeadersConfig::Metadata => Self::Metadata,
        }
    }
}

impl From<TimestampConfig> for Timestamp {
    fn from(config: TimestampConfig) -> Self {
        match config {
            TimestampConfig::Produce => Self::Produce,
            TimestampConfig::Lut => Self::LastUpdate,
        }
    }
}
