//! How fast a load goes right now.

use std::time::Duration;

use crate::latency::Latency;
use crate::load::Progress;

/// Sums up progress from one shown line to the next.
#[derive(Debug, Default)]
pub struct Pace {
    answered: u64,
    at: Duration,
    shown_answered: u64,
    shown_at: Duration,
    latency: Latency,
}

/// The pace since the last line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Now {
    /// Answers per second.
    pub rate: u64,
    /// The median and the 99th percentile, when there were answers.
    pub latency: Option<(Duration, Duration)>,
}

impl Pace {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one progress in.
    pub fn add(&mut self, progress: &Progress) {
        self.answered = progress.tally.answered;
        self.at = progress.elapsed;
        self.latency.take_from(&mut progress.latest.clone());
    }

    /// The pace since the last call.
    pub fn take(&mut self) -> Now {
        let ms = self.at.saturating_sub(self.shown_at).as_millis();
        let answered = u128::from(self.answered.saturating_sub(self.shown_answered));
        let rate = (answered * 1000).checked_div(ms).unwrap_or(0);
        let latency =
            (self.latency.count() > 0).then(|| (self.latency.at(0.5), self.latency.at(0.99)));
        (self.shown_answered, self.shown_at) = (self.answered, self.at);
        self.latency = Latency::new();
        Now {
            rate: u64::try_from(rate).unwrap_or(u64::MAX),
            latency,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Tally;

    #[test]
    fn the_pace_is_that_since_the_last_line() {
        let progress = |ms, answered, took_us| {
            let mut latest = Latency::new();
            latest.record(Duration::from_micros(took_us));
            let tally = Tally {
                answered,
                ..Tally::default()
            };
            Progress {
                elapsed: Duration::from_millis(ms),
                tally,
                unanswered: 0,
                latest,
            }
        };
        let mut pace = Pace::new();
        pace.add(&progress(250, 100, 10));
        pace.add(&progress(500, 300, 10));
        assert_eq!(pace.take().rate, 600);
        pace.add(&progress(1500, 500, 2_000));
        let now = pace.take();
        assert_eq!(now.rate, 200);
        assert!(
            now.latency.unwrap().0 > Duration::from_millis(1),
            "the first line's are gone"
        );
        assert_eq!(
            pace.take(),
            Now {
                rate: 0,
                latency: None
            }
        );
    }
}
