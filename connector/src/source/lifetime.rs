//! For how long a connection may be open, and for how long silent (14). Both are off by default.

use super::connection::End;
use std::time::{Duration, Instant};

/// A connection that is old enough is closed as soon as nothing is in flight on it. Under load that
/// moment may never come: after so long nothing more is read, so that it does.
const PATIENCE: Duration = Duration::from_secs(10);

/// The limits of all connections.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lifetimes {
    /// `aeroduct.max-connection-age`.
    pub age: Option<Duration>,
    /// `aeroduct.idle-timeout`.
    pub idle: Option<Duration>,
}

/// The limits of one connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetime {
    retires_at: Option<Instant>,
    idle: Option<Duration>,
    heard_at: Instant,
}

impl Lifetimes {
    /// The limits of the connection with this number, which is opened now.
    ///
    /// Ages differ by up to a tenth in either direction, so that connections that were opened together
    /// are not closed together: multiples of the golden ratio lie as far apart as can be.
    pub(super) fn begin(self, number: u32, now: Instant) -> Lifetime {
        let spread = (f64::from(number) * 0.618_033_988_749_895).fract();
        let factor = 0.9 + 0.2 * spread;
        Lifetime {
            retires_at: self.age.map(|age| now + age.mul_f64(factor)),
            idle: self.idle,
            heard_at: now,
        }
    }
}

impl Lifetime {
    /// The peer has sent something, or is sent something.
    pub(super) const fn hear(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// When it was heard last.
    pub(super) const fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Why the connection is to be closed now, if it is; quiet is one with nothing in flight.
    pub(super) fn end(&self, is_quiet: bool, now: Instant) -> Option<End> {
        if let Some(retires_at) = self.retires_at
            && now >= retires_at
            && (is_quiet || now >= retires_at + PATIENCE)
        {
            return Some(End::Aged);
        }
        let silent = now.saturating_duration_since(self.heard_at);
        let is_idle = is_quiet && self.idle.is_some_and(|idle| silent >= idle);
        is_idle.then_some(End::Idle)
    }
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_secs(100);
    const IDLE: Duration = Duration::from_secs(30);

    #[test]
    fn ages_differ_by_a_tenth_at_most_and_are_spread_evenly() {
        let now = Instant::now();
        let lifetimes = Lifetimes {
            age: Some(AGE),
            idle: None,
        };
        let mut ages: Vec<_> = (0..100)
            .map(|number| lifetimes.begin(number, now).retires_at.unwrap() - now)
            .collect();
        ages.sort();
        assert!(ages[0] >= AGE.mul_f64(0.9) && ages[99] <= AGE.mul_f64(1.1));
        for pair in ages.windows(2) {
            let close = pair[0] + Duration::from_millis(500);
            assert!(pair[1] < close, "{pair:?}");
        }
    }

    #[test]
    fn an_old_connection_ends_when_it_is_quiet_or_after_a_while() {
        let now = Instant::now();
        let lifetimes = Lifetimes {
            age: Some(AGE),
            idle: None,
        };
        let lifetime = lifetimes.begin(0, now);
        let old = now + AGE.mul_f64(0.9);
        assert!(lifetime.end(true, now + AGE.mul_f64(0.89)).is_none());
        assert!(lifetime.end(false, old).is_none());
        assert!(matches!(lifetime.end(true, old), Some(End::Aged)));
        assert!(matches!(
            lifetime.end(false, old + PATIENCE),
            Some(End::Aged)
        ));
    }

    #[test]
    fn a_connection_is_idle_that_says_nothing_and_owes_nothing() {
        let now = Instant::now();
        let lifetimes = Lifetimes {
            age: None,
            idle: Some(IDLE),
        };
        let mut lifetime = lifetimes.begin(0, now);
        lifetime.hear(now + IDLE / 2);
        assert!(lifetime.end(true, now + IDLE).is_none());
        assert!(lifetime.end(false, now + 2 * IDLE).is_none());
        assert!(matches!(
            lifetime.end(true, now + 2 * IDLE),
            Some(End::Idle)
        ));
    }

    #[test]
    fn without_the_options_a_connection_never_ends_by_itself() {
        let now = Instant::now();
        let lifetime = Lifetimes::default().begin(0, now);
        assert!(
            lifetime
                .end(true, now + Duration::from_hours(1000))
                .is_none()
        );
    }
}
