//! Distributions of durations and sizes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Each power of two is cut into so many parts (as a power of two): values are kept with an
/// error of at most one part in 32.
const PART_BITS: u32 = 5;
const PARTS: u64 = 1 << PART_BITS;

/// Larger values count as this one: in microseconds, more than twelve days.
const VALUE_MAX: u64 = (1 << 40) - 1;

const BUCKETS: usize = bucket_of(VALUE_MAX) + 1;

/// Upper bounds of the buckets that Prometheus sees; below them nothing is rounded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Bounds(&'static [u64]);

impl Bounds {
    /// For durations, in microseconds: 100 µs to 60 s.
    pub const MICROSECONDS: Self = Self(&[
        100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
        1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
    ]);

    /// For sizes, in bytes: 64 bytes to 16 MiB.
    pub const BYTES: Self = Self(&[
        64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    ]);

    const LEN_MAX: usize = 20;
}

/// How often which value came. Recording is three relaxed additions, whatever the weight.
#[derive(Debug)]
pub struct Distribution {
    bounds: Bounds,
    buckets: Box<[AtomicU64]>,
    /// By the first bound that is not below the value; the place after the last bound is for the
    /// values above all.
    bounded: [AtomicU64; Bounds::LEN_MAX],
    sum: AtomicU64,
}

impl Distribution {
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            bounded: std::array::from_fn(|_| AtomicU64::new(0)),
            sum: AtomicU64::new(0),
        }
    }

    /// Records that `value` came `count` times.
    pub fn record(&self, value: u64, count: u64) {
        let value = value.min(VALUE_MAX);
        let bound = self.bounds.0.partition_point(|&bound| bound < value);
        let bucket = self.buckets.get(bucket_of(value));
        let bounded = self.bounded.get(bound);
        for counter in bucket.into_iter().chain(bounded) {
            counter.fetch_add(count, Ordering::Relaxed);
        }
        let sum = value.saturating_mul(count);
        self.sum.fetch_add(sum, Ordering::Relaxed);
    }

    /// Records a duration, in microseconds.
    pub fn record_duration(&self, duration: Duration, count: u64) {
        self.record(microseconds(duration), count);
    }

    /// The counts of this moment.
    pub fn read(&self) -> Counts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            bounds: self.bounds,
            buckets: self.buckets.iter().map(load).collect(),
            bounded: self.bounded.iter().map(load).collect(),
            sum: load(&self.sum),
        }
    }
}

/// The counts of one or several distributions at one moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Counts {
    bounds: Bounds,
    buckets: Box<[u64]>,
    bounded: Box<[u64]>,
    sum: u64,
}

impl Counts {
    pub(super) fn empty(bounds: Bounds) -> Self {
        Self {
            bounds,
            buckets: std::iter::repeat_n(0, BUCKETS).collect(),
            bounded: std::iter::repeat_n(0, Bounds::LEN_MAX).collect(),
            sum: 0,
        }
    }

    /// Adds the counts of another part.
    pub(super) fn add(&mut self, other: &Self) {
        self.combine(other, u64::wrapping_add);
    }

    /// What came after `earlier`, which is the same distribution at another moment.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let mut counts = self.clone();
        counts.combine(earlier, u64::saturating_sub);
        counts
    }

    fn combine(&mut self, other: &Self, with: impl Fn(u64, u64) -> u64) {
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine = with(*mine, *theirs);
        }
        for (mine, theirs) in self.bounded.iter_mut().zip(&other.bounded) {
            *mine = with(*mine, *theirs);
        }
        self.sum = with(self.sum, other.sum);
    }

    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.bounded.iter().sum()
    }

    /// Their sum.
    pub const fn sum(&self) -> u64 {
        self.sum
    }

    /// Each bound with the number of values up to and including it.
    pub fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut up_to = 0;
        self.bounds
            .0
            .iter()
            .zip(&self.bounded)
            .map(move |(&bound, count)| {
                up_to += count;
                (bound, up_to)
            })
    }

    /// The usual figures; all zero when nothing came.
    pub fn summary(&self) -> Summary {
        // Counted by the buckets, so that every rank below finds its bucket.
        let count: u64 = self.buckets.iter().sum();
        if count == 0 {
            return Summary::default();
        }
        let mut filled = self.filled();
        let min = filled.next().map_or(0, |(bucket, _)| lowest_of(bucket));
        let max = self.filled().last().map_or(0, |(last, _)| highest_of(last));
        let mean = float(self.sum) / float(count);
        let squares = self.filled().map(|(bucket, of_bucket)| {
            let distance = middle_of(bucket) - mean;
            distance * distance * float(of_bucket)
        });
        let variance = squares.sum::<f64>() / float(count);
        let quantile = |per_mille: u64| self.quantile(count, per_mille);
        Summary {
            count,
            min: float(min),
            max: float(max),
            mean,
            stddev: variance.sqrt(),
            median: quantile(500),
            p75: quantile(750),
            p95: quantile(950),
            p98: quantile(980),
            p99: quantile(990),
            p999: quantile(999),
        }
    }

    fn filled(&self) -> impl Iterator<Item = (usize, u64)> {
        let counts = self.buckets.iter().copied().enumerate();
        counts.filter(|&(_, count)| count > 0)
    }

    fn quantile(&self, count: u64, per_mille: u64) -> f64 {
        let rank = u128::from(count) * u128::from(per_mille);
        let rank = rank.div_ceil(1000).max(1);
        let mut up_to = 0;
        let found = self.filled().find(|&(_, of_bucket)| {
            up_to += u128::from(of_bucket);
            up_to >= rank
        });
        found.map_or(0.0, |(bucket, _)| middle_of(bucket))
    }
}

/// Figures about a distribution, in its own unit. Minimum and percentiles are exact below 32,
/// above that within one part in 32; mean and count are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    pub count: u64,
    pub min: f64,
    pub max: f64,
    pub mean: f64,
    pub stddev: f64,
    pub median: f64,
    pub p75: f64,
    pub p95: f64,
    pub p98: f64,
    pub p99: f64,
    pub p999: f64,
}

impl Summary {
    /// The figures by the names of the official connector, in its order, each divided by
    /// `divisor`.
    pub fn named(&self, divisor: f64) -> [(&'static str, f64); 10] {
        [
            ("min", self.min),
            ("max", self.max),
            ("mean", self.mean),
            ("stddev", self.stddev),
            ("median", self.median),
            ("p75", self.p75),
            ("p95", self.p95),
            ("p98", self.p98),
            ("p99", self.p99),
            ("p999", self.p999),
        ]
        .map(|(name, value)| (name, value / divisor))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the part of a value is below 64 and the shift below 64, so an index is below 2^12"
)]
const fn bucket_of(value: u64) -> usize {
    if value < PARTS {
        return value as usize;
    }
    let shift = u64::BITS - 1 - value.leading_zeros() - PART_BITS;
    let part = value >> shift;
    shift as usize * PARTS as usize + part as usize
}

fn lowest_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * PARTS {
        return bucket;
    }
    let shift = bucket / PARTS - 1;
    (PARTS + bucket % PARTS) << shift
}

fn highest_of(bucket: usize) -> u64 {
    lowest_of(bucket + 1) - 1
}

fn middle_of(bucket: usize) -> f64 {
    f64::midpoint(float(lowest_of(bucket)), float(highest_of(bucket)))
}

pub(super) fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A count as a number for people and for Prometheus, whose numbers are all of this type.
#[expect(
    clippy::cast_precision_loss,
    reason = "beyond 2^53 the last digits of a count do not matter to anybody"
)]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary")]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_gap_or_overlap() {
        let mut next = 0;
        for bucket in 0..BUCKETS {
            assert_eq!(lowest_of(bucket), next);
            assert_eq!(bucket_of(next), bucket);
            assert_eq!(bucket_of(highest_of(bucket)), bucket);
            let width = highest_of(bucket) - next + 1;
            assert!(width == 1 || width * PARTS <= next, "{next} {width}");
            next += width;
        }
        assert_eq!(next, VALUE_MAX + 1);
    }

    #[test]
    fn bounds_count_exactly_and_include_themselves() {
        let sizes = Distribution::new(Bounds::BYTES);
        for (value, count) in [
            (0, 1),
            (64, 2),
            (65, 4),
            (256, 8),
            (16_777_217, 16),
            (u64::MAX, 32),
        ] {
            sizes.record(value, count);
        }
        let counts = sizes.read();
        let cumulative: Vec<_> = counts.cumulative().take(3).collect();
        assert_eq!(cumulative, [(64, 3), (256, 15), (1024, 15)]);
        assert_eq!(counts.cumulative().last(), Some((16_777_216, 15)));
        assert_eq!(counts.count(), 63);
    }

    #[test]
    fn every_bound_has_its_place_and_one_more_is_left() {
        for bounds in [Bounds::MICROSECONDS, Bounds::BYTES] {
            assert!(bounds.0.len() < Bounds::LEN_MAX);
            assert!(bounds.0.is_sorted());
        }
    }

    #[test]
    fn small_values_are_summed_up_exactly() {
        let values = Distribution::new(Bounds::BYTES);
        // 1 to 10, as often as they are large: 55 values with the sum 385.
        (1..=10).for_each(|value| values.record(value, value));
        let summary = values.read().summary();
        assert_eq!(summary.count, 55);
        assert_eq!((summary.min, summary.max), (1.0, 10.0));
        assert_eq!(summary.mean, 7.0);
        // The mean of the squares is 3025/55 = 55, so the variance is 55 - 49.
        assert!((summary.stddev - 6_f64.sqrt()).abs() < 1e-12);
        // Up to 6 there are 21 values, up to 7 28, up to 8 36, up to 9 45.
        assert_eq!((summary.median, summary.p75), (7.0, 9.0));
        assert_eq!((summary.p95, summary.p999), (10.0, 10.0));
    }

    #[test]
    fn large_values_are_within_one_part_in_32() {
        let values = Distribution::new(Bounds::MICROSECONDS);
        (1..=100_000).for_each(|value| values.record(value, 1));
        let summary = values.read().summary();
        for (found, true_value) in [
            (summary.median, 50_000.0),
            (summary.p75, 75_000.0),
            (summary.p99, 99_000.0),
            (summary.max, 100_000.0),
        ] {
            assert!((found / true_value - 1.0_f64).abs() < 1.0 / 32.0, "{found}");
        }
        assert_eq!(summary.mean, 50_000.5);
    }

    #[test]
    fn parts_add_up_and_an_earlier_moment_is_taken_away() {
        let [first, second] = [(); 2].map(|()| Distribution::new(Bounds::BYTES));
        first.record(10, 3);
        let mut earlier = first.read();
        earlier.add(&second.read());
        first.record(20, 1);
        second.record(20, 4);
        let mut now = first.read();
        now.add(&second.read());
        let recent = now.since(&earlier);
        assert_eq!((recent.count(), recent.sum()), (5, 100));
        assert_eq!(recent.summary().min, 20.0);
        assert_eq!(now.count(), 8);
    }

    #[test]
    fn nothing_is_all_zero() {
        let summary = Counts::empty(Bounds::BYTES).summary();
        assert_eq!(summary, Summary::default());
    }
}
