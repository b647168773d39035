//! Keeps records away from a topic that refuses them.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::Failure;
use crate::snapshot::BreakerState;

/// For how long a refused topic is left alone before one flight tries it again.
const PAUSE_MS: u64 = 1000;
const CLOSED: u64 = 0;

/// A topic's breaker. Time is in milliseconds since the producer's start, plus one.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    /// Until when new records are refused at once; zero: the breaker is closed.
    open_until: AtomicU64,
    /// Why: a place in [`Failure::ALL`].
    reason: AtomicU8,
}

/// Whether records may go to the topic.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Admission {
    Open,
    /// The breaker is open, but the caller's records go through to see whether it can close.
    Probe,
    Refused(Failure),
}

impl Breaker {
    pub(crate) fn admit(&self, now_ms: u64) -> Admission {
        let until = self.open_until.load(Ordering::Relaxed);
        if until == CLOSED {
            return Admission::Open;
        }
        // One caller wins the probe and thereby keeps the others away for another pause,
        // so a probe that is never answered blocks nothing.
        let is_probe = now_ms >= until
            && self
                .open_until
                .compare_exchange(
                    until,
                    now_ms + PAUSE_MS,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                )
                .is_ok();
        if is_probe {
            Admission::Probe
        } else {
            Admission::Refused(self.reason())
        }
    }

    pub(crate) fn trip(&self, reason: Failure, now_ms: u64) {
        self.reason.store(reason as u8, Ordering::Relaxed);
        self.open_until.store(now_ms + PAUSE_MS, Ordering::Relaxed);
    }

    /// The topic has taken a record.
    pub(crate) fn close(&self) {
        if self.open_until.load(Ordering::Relaxed) != CLOSED {
            self.open_until.store(CLOSED, Ordering::Relaxed);
        }
    }

    pub(crate) fn state(&self) -> BreakerState {
        if self.open_until.load(Ordering::Relaxed) == CLOSED {
            BreakerState::Closed
        } else {
            BreakerState::Open(self.reason())
        }
    }

    fn reason(&self) -> Failure {
        let index = usize::from(self.reason.load(Ordering::Relaxed));
        Failure::ALL
            .get(index)
            .copied()
            .unwrap_or(Failure::Unexpected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_records_away_for_a_second_and_then_lets_one_probe_through() {
        let breaker = Breaker::default();
        assert_eq!(breaker.admit(5), Admission::Open);
        breaker.trip(Failure::Unauthorized, 5);
        let refused = Admission::Refused(Failure::Unauthorized);
        assert_eq!(breaker.admit(5), refused);
        assert_eq!(breaker.admit(1004), refused);
        assert_eq!(breaker.admit(1005), Admission::Probe);
        assert_eq!(breaker.admit(1005), refused, "one probe at a time");
        assert_eq!(
            breaker.admit(2005),
            Admission::Probe,
            "a lost probe is not the last one"
        );
    }

    #[test]
    fn a_delivered_probe_closes_it() {
        let breaker = Breaker::default();
        breaker.trip(Failure::UnknownTopic, 1);
        assert_eq!(breaker.state(), BreakerState::Open(Failure::UnknownTopic));
        breaker.close();
        assert_eq!(breaker.state(), BreakerState::Closed);
        assert_eq!(breaker.admit(1), Admission::Open);
    }
}
