//! How long answers took, as an HDR histogram.

use std::fmt;
use std::time::Duration;

use hdrhistogram::Histogram;

/// The longest time that is told apart; longer ones count as this.
const LONGEST: Duration = Duration::from_mins(10);

/// Three digits are exact.
const DIGITS: u8 = 3;

/// The rows of the table.
const QUANTILES: [(&str, f64); 6] = [
    ("p50", 0.5),
    ("p90", 0.9),
    ("p99", 0.99),
    ("p99.9", 0.999),
    ("p99.99", 0.9999),
    ("max", 1.0),
];

/// The times from the intended send time of each record to its final answer.
#[derive(Clone)]
pub struct Latency {
    nanos: Histogram<u64>,
}

impl Latency {
    pub fn new() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the three bounds are constants that the histogram takes"
        )]
        let nanos = Histogram::new_with_bounds(1, nanos(LONGEST), DIGITS)
            .expect("1 ns to 10 min with 3 digits are legal bounds");
        Self { nanos }
    }

    /// Counts one record.
    pub fn record(&mut self, took: Duration) {
        self.nanos.saturating_record(nanos(took));
    }

    /// Counts `count` records that took the same time.
    pub fn record_many(&mut self, took: Duration, count: u64) {
        self.nanos.saturating_record_n(nanos(took), count);
    }

    /// Adds what `other` holds and empties it.
    pub fn take_from(&mut self, other: &mut Self) {
        // Both have the same bounds, so no value can be out of range.
        if self.nanos.add(&other.nanos).is_ok() {
            other.nanos.reset();
        }
    }

    /// How many records are counted.
    pub fn count(&self) -> u64 {
        self.nanos.len()
    }

    /// The time within which the share `quantile` (0 to 1) of the records were answered.
    pub fn at(&self, quantile: f64) -> Duration {
        Duration::from_nanos(self.nanos.value_at_quantile(quantile))
    }

    /// The rows of the usual table: p50, p90, p99, p99.9, p99.99, max.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        QUANTILES
            .map(|(name, quantile)| (name, self.at(quantile)))
            .into_iter()
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.rows()).finish()
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A time as people read it: three digits and the unit that fits.
pub fn readable(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (value, unit) = match seconds {
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let digits = match value {
        v if v < 10.0 => 2,
        v if v < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact_to_three_digits() {
        let mut latency = Latency::new();
        for ms in 1..=1000 {
            latency.record(Duration::from_millis(ms));
        }
        let p99 = latency.at(0.99).as_secs_f64();
        assert!((p99 - 0.990).abs() < 0.001, "{p99}");
        assert!((latency.at(1.0).as_secs_f64() - 1.0).abs() < 0.001);
        assert_eq!(latency.count(), 1000);
    }

    #[test]
    fn a_time_beyond_the_longest_counts_as_the_longest() {
        let mut latency = Latency::new();
        latency.record(Duration::from_hours(3));
        assert!(latency.at(1.0) >= LONGEST);
        assert_eq!(latency.count(), 1);
    }

    #[test]
    fn taking_moves_every_count() {
        let (mut all, mut last) = (Latency::new(), Latency::new());
        last.record_many(Duration::from_micros(250), 40);
        all.take_from(&mut last);
        assert_eq!((all.count(), last.count()), (40, 0));
    }

    #[test]
    fn a_time_is_shown_with_three_digits_and_its_unit() {
        assert_eq!(readable(Duration::from_nanos(12_340)), "12.3 µs");
        assert_eq!(readable(Duration::from_micros(1_234)), "1.23 ms");
        assert_eq!(readable(Duration::from_millis(456)), "456 ms");
        assert_eq!(readable(Duration::from_secs(12)), "12.0 s");
    }
}
