//! A limit for lines that repeat.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Lets one line of a class pass per interval and counts the rest.
///
/// One value per class of line; safe to share between threads, without a lock. The line that
/// passes carries the number of those that did not:
///
/// ```
/// # use aeroduct_process::logging::Throttle;
/// # fn main() {
/// let malformed = Throttle::default();
/// if let Some(suppressed) = malformed.admit() {
///     tracing::warn!(target: "server", suppressed, "malformed frame, connection closed");
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct Throttle {
    interval: Duration,
    origin: Instant,
    /// Nanoseconds after `origin` from which the next line may pass.
    open_at: AtomicU64,
    suppressed: AtomicU64,
}

impl Throttle {
    /// The interval for faults that peers can provoke.
    pub const INTERVAL: Duration = Duration::from_secs(10);

    /// One line per `interval`.
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            origin: Instant::now(),
            open_at: AtomicU64::new(0),
            suppressed: AtomicU64::new(0),
        }
    }

    /// Asks whether a line may pass now. If so, tells how many did not since the last one.
    pub fn admit(&self) -> Option<u64> {
        self.admit_at(Instant::now())
    }

    /// As [`admit`](Self::admit), at a moment that the caller has at hand.
    pub fn admit_at(&self, now: Instant) -> Option<u64> {
        let now = nanoseconds(now.saturating_duration_since(self.origin));
        let open_at = self.open_at.load(Ordering::Relaxed);
        let next = now.saturating_add(nanoseconds(self.interval));
        let is_mine = now >= open_at
            && self
                .open_at
                .compare_exchange(open_at, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok();
        if is_mine {
            return Some(self.suppressed.swap(0, Ordering::Relaxed));
        }
        self.suppressed.fetch_add(1, Ordering::Relaxed);
        None
    }

    /// Takes the number of lines that were held back and not told yet, for a closing line when
    /// the trouble is over.
    pub fn take_suppressed(&self) -> u64 {
        self.suppressed.swap(0, Ordering::Relaxed)
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new(Self::INTERVAL)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_passes_per_interval_and_tells_how_many_did_not() {
        let throttle = Throttle::new(Duration::from_secs(10));
        let start = throttle.origin;
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(throttle.admit_at(at(0)), Some(0));
        assert_eq!(throttle.admit_at(at(1)), None);
        assert_eq!(throttle.admit_at(at(9)), None);
        assert_eq!(throttle.admit_at(at(10)), Some(2));
        assert_eq!(throttle.admit_at(at(30)), Some(0));
        assert_eq!(throttle.admit_at(at(31)), None);
        assert_eq!(throttle.take_suppressed(), 1);
        assert_eq!(throttle.take_suppressed(), 0);
    }

    #[test]
    fn of_many_threads_one_passes_and_none_is_forgotten() {
        let throttle = Throttle::new(Duration::from_hours(1));
        let passed = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        if let Some(before) = throttle.admit() {
                            passed.fetch_add(1 + before, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        let told = passed.load(Ordering::Relaxed);
        assert_eq!(told + throttle.take_suppressed(), 4000);
    }
}
