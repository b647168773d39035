//! Rates per second: since the start, and as moving averages.

use std::time::Duration;

use super::distribution::float;

/// Step of the moving averages.
pub(super) const TICK: Duration = Duration::from_secs(5);

/// After so many missed steps the averages have forgotten everything before.
const STEPS_MAX: u64 = 4096;

/// Events per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    /// Since the start.
    pub mean: f64,
    /// Exponentially weighted over one minute.
    pub m1: f64,
    /// Exponentially weighted over five minutes.
    pub m5: f64,
    /// Exponentially weighted over fifteen minutes.
    pub m15: f64,
}

impl Rate {
    /// The figures by the names of the official connector, in its order.
    pub fn named(&self) -> [(&'static str, f64); 4] {
        [
            ("mean", self.mean),
            ("m1", self.m1),
            ("m5", self.m5),
            ("m15", self.m15),
        ]
    }
}

/// Moving averages of one counter, advanced in steps of five seconds. The first step sets them,
/// as in the official connector's metrics library.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Averages {
    counted: u64,
    /// Over 1, 5 and 15 minutes.
    rates: Option<[f64; 3]>,
}

impl Averages {
    /// Goes `steps` further; what came since the last call is spread evenly over them.
    pub(super) fn advance(&mut self, count: u64, steps: u64) {
        if steps == 0 {
            return;
        }
        let came = float(count.saturating_sub(self.counted));
        self.counted = count;
        let rate = came / (float(steps) * TICK.as_secs_f64());
        let rates = self.rates.get_or_insert([rate; 3]);
        for (average, minutes) in rates.iter_mut().zip([1.0, 5.0, 15.0_f64]) {
            let kept = (-TICK.as_secs_f64() / (60.0 * minutes)).exp();
            for _ in 0..steps.min(STEPS_MAX) {
                *average = rate + kept * (*average - rate);
            }
        }
    }

    pub(super) fn rate(&self, count: u64, uptime: Duration) -> Rate {
        let seconds = uptime.as_secs_f64();
        let mean = if seconds > 0.0 {
            float(count) / seconds
        } else {
            0.0
        };
        let [m1, m5, m15] = self.rates.unwrap_or_default();
        Rate { mean, m1, m5, m15 }
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the values are exact in binary")]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_sets_the_averages() {
        let mut averages = Averages::default();
        averages.advance(100, 1);
        let rate = averages.rate(100, Duration::from_secs(5));
        assert_eq!(rate.named().map(|(_, value)| value), [20.0; 4]);
    }

    #[test]
    fn averages_fall_by_their_own_time_when_nothing_comes() {
        let mut averages = Averages::default();
        averages.advance(100, 1);
        // One minute without anything: the averages keep 1/e, e^-1/5 and e^-1/15 of themselves.
        for _ in 0..12 {
            averages.advance(100, 1);
        }
        let rate = averages.rate(100, Duration::from_secs(50));
        assert_eq!(rate.mean, 2.0);
        for (found, expected) in [
            (rate.m1, 20.0 * (-1.0_f64).exp()),
            (rate.m5, 20.0 * (-0.2_f64).exp()),
            (rate.m15, 20.0 * (-1.0_f64 / 15.0).exp()),
        ] {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn missed_steps_are_made_up_for() {
        let [mut late, mut punctual] = [Averages::default(); 2];
        late.advance(50, 1);
        punctual.advance(50, 1);
        late.advance(50, 6);
        (0..6).for_each(|_| punctual.advance(50, 1));
        let uptime = Duration::from_secs(35);
        assert_eq!(late.rate(50, uptime), punctual.rate(50, uptime));
    }

    #[test]
    fn before_the_first_step_there_is_only_the_mean() {
        let averages = Averages::default();
        let rate = averages.rate(9, Duration::from_secs(3));
        assert_eq!(
            rate,
            Rate {
                mean: 3.0,
                ..Rate::default()
            }
        );
        assert_eq!(averages.rate(9, Duration::ZERO), Rate::default());
    }
}
