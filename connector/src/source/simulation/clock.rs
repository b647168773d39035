//! A clock that stands still unless the simulation moves it.

use crate::clock::Clock;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// When a simulation begins, as people have it.
const BEGIN_UNIX_MS: u64 = 1_700_000_000_000;

/// Both clocks of a simulated machine.
#[derive(Clone, Debug)]
pub(super) struct SimulatedClock(Rc<Hands>);

#[derive(Debug)]
struct Hands {
    origin: Instant,
    passed: Cell<Duration>,
    unix_ms: Cell<u64>,
}

impl SimulatedClock {
    pub(super) fn new() -> Self {
        Self(Rc::new(Hands {
            origin: Instant::now(),
            passed: Cell::new(Duration::ZERO),
            unix_ms: Cell::new(BEGIN_UNIX_MS),
        }))
    }

    /// Time since the beginning.
    pub(super) fn now(&self) -> Duration {
        self.0.passed.get()
    }

    /// Lets time pass, on both clocks.
    pub(super) fn pass(&self, duration: Duration) {
        self.0.passed.set(self.now() + duration);
        let ms = u64::try_from(duration.as_millis()).unwrap();
        self.0.unix_ms.set(self.0.unix_ms.get().saturating_add(ms));
    }

    /// Sets the clock that people set.
    pub(super) fn set_unix_ms(&self, unix_ms: u64) {
        self.0.unix_ms.set(unix_ms);
    }
}

impl Clock for SimulatedClock {
    fn instant(&self) -> Instant {
        self.0.origin + self.now()
    }

    fn unix_ms(&self) -> u64 {
        self.0.unix_ms.get()
    }
}
