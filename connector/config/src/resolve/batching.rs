//! `batching` and `record-ordering`: the company and the order that a record is published in.

use std::time::Duration;

use super::Report;
use crate::{
    check::child,
    config::{BatchingConfig, RecordOrderingConfig},
    plan::{BatchLimits, Batching, RecordOrdering},
};

/// The official connector's: no limit.
const MAX_RECORDS: i32 = i32::MAX;

/// The official connector's: no limit.
const MAX_BYTES: i64 = i64::MAX;

/// The official connector's; two seconds less than the source waits.
const BATCH_INTERVAL: Duration = Duration::from_secs(8);

/// Time that is left for Kafka to confirm a batch, so that its records are answered in time.
const TIME_TO_CONFIRM: Duration = Duration::from_secs(1);

/// The official connector's.
const LUT_CACHE_TTL_SECONDS: u32 = 30;

/// The batching at `path`, where records are to be answered within `reply_deadline`: what is left of
/// it for batches.
pub(super) fn batching(
    config: &BatchingConfig,
    path: &str,
    reply_deadline: Duration,
    report: &mut Report<'_>,
) -> Batching {
    if config.enabled == Some(false) {
        return Batching::Off;
    }
    let longest = longest_wait(reply_deadline);
    let interval = config
        .batch_interval
        .map(|interval| Duration::from_millis(interval.into()));
    if interval.is_some_and(|interval| interval > longest) {
        let message = format!(
            "counts as {} ms, since the records of a batch are answered within \
             `aeroduct.reply-deadline`, and {} ms of that are theirs",
            longest.as_millis(),
            reply_deadline.as_millis()
        );
        report.warn(&child(path, "batch-interval"), message);
    }
    Batching::On(BatchLimits {
        records: config.max_records.unwrap_or(MAX_RECORDS).unsigned_abs(),
        bytes: config.max_bytes.unwrap_or(MAX_BYTES).unsigned_abs(),
        interval: interval.unwrap_or(BATCH_INTERVAL).min(longest),
    })
}

/// How long a record may wait for company that is to be answered within `reply_deadline`.
pub(super) fn longest_wait(reply_deadline: Duration) -> Duration {
    let to_confirm = reply_deadline.saturating_sub(TIME_TO_CONFIRM);
    to_confirm.max(reply_deadline / 2)
}

pub(super) fn ordering(config: &RecordOrderingConfig) -> RecordOrdering {
    if config.enable == Some(false) {
        return RecordOrdering::Off;
    }
    let seconds = config
        .lut_cache_ttl_seconds
        .unwrap_or(LUT_CACHE_TTL_SECONDS);
    RecordOrdering::On {
        remembered: Duration::from_secs(seconds.into()),
    }
}
