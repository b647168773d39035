//! When each record is to be sent.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// 2010-01-01, where last-update times begin, in milliseconds of Unix time.
const LUT_EPOCH_MS: u64 = 1_262_304_000_000;

/// The low 40 bits of a last-update time are its milliseconds.
const LUT_MASK: u64 = (1 << 40) - 1;

/// The clock of a run. Times are nanoseconds since its start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
    /// Nanoseconds between two records of the whole run, when they have a rate.
    period_ns: Option<f64>,
}

impl Clock {
    pub(super) fn start(rate: Option<f64>) -> Self {
        Self {
            start: Instant::now(),
            period_ns: rate.map(|rate| 1e9 / rate),
        }
    }

    pub(super) fn now_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Whether records have intended send times.
    pub(super) fn has_rate(&self) -> bool {
        self.period_ns.is_some()
    }

    /// When the record at `offset` of the run is to be sent; without a rate, nobody can say.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a double counts nanoseconds exactly for 104 days"
    )]
    pub(super) fn due_ns(&self, offset: u64) -> Option<u64> {
        self.period_ns.map(|period| (offset as f64 * period) as u64)
    }

    /// How many records of the run are due by `now_ns`.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a double counts nanoseconds exactly for 104 days"
    )]
    pub(super) fn due_by(&self, now_ns: u64) -> u64 {
        self.period_ns
            .map_or(u64::MAX, |period| (now_ns as f64 / period) as u64 + 1)
    }
}

/// The last-update time of a change made now, as it stands on the wire.
pub(super) fn last_update() -> u64 {
    let unix_ms = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(LUT_EPOCH_MS, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        });
    unix_ms.saturating_sub(LUT_EPOCH_MS) & LUT_MASK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_due_when_its_turn_by_the_rate_has_come() {
        let clock = Clock::start(Some(1000.0));
        assert_eq!(clock.due_ns(0), Some(0));
        assert_eq!(clock.due_ns(7), Some(7_000_000));
        assert_eq!(clock.due_by(0), 1, "the first is due at once");
        assert_eq!(clock.due_by(6_999_999), 7);
        assert_eq!(clock.due_by(7_000_000), 8);
    }

    #[test]
    fn without_a_rate_all_records_are_due() {
        let clock = Clock::start(None);
        assert_eq!(clock.due_ns(3), None);
        assert_eq!(clock.due_by(0), u64::MAX);
    }

    #[test]
    fn a_last_update_time_counts_from_2010() {
        // 2020-01-01 and 2100-01-01 lie 315 532 800 s and 2 840 140 800 s after 2010-01-01;
        // 40 bits of milliseconds last until 2044.
        assert!((315_532_800_000..LUT_MASK).contains(&last_update()));
    }
}
