//! `aeroduct`: deadlines and bounds that the official file does not have.

use std::{ops::RangeInclusive, time::Duration};

use super::Report;
use crate::{
    config::{AeroductConfig, DurationText, QuantityError, SizeText},
    plan::{AeroductPlan, Headers, Timestamp},
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Half of the ten seconds after which the source gives up: the answer "temporary" reaches it in
/// time.
pub(super) const REPLY_DEADLINE: Duration = Duration::from_secs(5);

/// Fits the thirty seconds that Kubernetes grants a pod.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_secs(25);

/// Keeps the partitions of many topics busy and is little for a host.
pub(super) const MAX_IN_FLIGHT_BYTES: u64 = 256 * MIB;

/// Twice the largest record of a server.
pub(super) const MAX_FRAME_BYTES: u64 = 16 * MIB;

/// Far more than the nodes of a large cluster open.
pub(super) const MAX_CONNECTIONS: u32 = 4096;

/// More than people name by hand; fewer than a broker notices.
pub(super) const MAX_TOPICS: u32 = 1000;

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
    remedy: "leave it out for 256MiB; stay below the memory of the process",
};

const FRAME_BYTES: Bounds<u64> = Bounds {
    range: 4 * KIB..=128 * MIB,
    reason: "must be 4KiB to 128MiB",
    remedy: "leave it out for 16MiB, twice the largest record of a server",
};

const WRITE_DURATION: &str = "write a whole number and ms, s, m or h, such as 5s";
const WRITE_SIZE: &str = "write a whole number and B, kB, MB, GB, KiB, MiB or GiB, such as 16MiB";

/// What a quantity may be, and what is said of one that is not.
struct Bounds<T> {
    range: RangeInclusive<T>,
    reason: &'static str,
    remedy: &'static str,
}

pub(super) fn resolve(config: Option<&AeroductConfig>, report: &mut Report<'_>) -> AeroductPlan {
    let config = config.cloned().unwrap_or_default();
    let mut duration = |path, text: Option<DurationText>, default, bounds| {
        text.map_or(default, |text| {
            bounded(
                text.parse(),
                default,
                bounds,
                (path, WRITE_DURATION),
                report,
            )
        })
    };
    let reply_deadline = duration(
        "aeroduct.reply-deadline",
        config.reply_deadline,
        REPLY_DEADLINE,
        &REPLY_DEADLINES,
    );
    let drain_timeout = duration(
        "aeroduct.drain-timeout",
        config.drain_timeout,
        DRAIN_TIMEOUT,
        &DRAIN_TIMEOUTS,
    );
    let mut size = |path, text: Option<SizeText>, default, bounds| {
        text.map_or(default, |text| {
            bounded(text.parse(), default, bounds, (path, WRITE_SIZE), report)
        })
    };
    let max_frame_bytes = size(
        "aeroduct.max-frame-bytes",
        config.max_frame_bytes,
        MAX_FRAME_BYTES,
        &FRAME_BYTES,
    );
    let in_flight_path = "aeroduct.max-in-flight-bytes";
    let max_in_flight_bytes = size(
        in_flight_path,
        config.max_in_flight_bytes,
        MAX_IN_FLIGHT_BYTES.max(max_frame_bytes),
        &IN_FLIGHT_BYTES,
    );
    if max_in_flight_bytes < max_frame_bytes {
        let reason = format!("is less than `max-frame-bytes`, {max_frame_bytes} bytes");
        report.error(
            in_flight_path,
            reason,
            "make it at least as large: the largest frame would never fit",
        );
    }
    AeroductPlan {
        reply_deadline,
        drain_timeout,
        max_in_flight_bytes,
        max_frame_bytes,
        max_connections: config.max_connections.unwrap_or(MAX_CONNECTIONS),
        max_connection_age: None,
        idle_timeout: None,
        dead_letter: None,
        headers: Headers::default(),
        timestamp: Timestamp::default(),
        max_topics: MAX_TOPICS,
    }
}

/// The quantity at `path` if it is one and within its bounds; otherwise the default, after a word.
fn bounded<T: PartialOrd>(
    parsed: Result<T, QuantityError>,
    default: T,
    bounds: &Bounds<T>,
    (path, write): (&str, &str),
    report: &mut Report<'_>,
) -> T {
    match parsed {
        Ok(quantity) if bounds.range.contains(&quantity) => return quantity,
        Ok(_) | Err(QuantityError::TooLarge) => report.error(path, bounds.reason, bounds.remedy),
        Err(error) => report.error(path, error.to_string(), write),
    }
    default
}
