//! The time, from a clock that is handed in: the program's reads the system, a simulation moves
//! its own.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// When something arrived, on both clocks: deadlines count on the steady one, expiry times
/// and lag on the one that people set.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The steady clock.
    pub instant: Instant,
    /// Milliseconds since 1970; 0 when the clock is set before that.
    pub unix_ms: u64,
}

/// Tells the time. Whatever decides by the time takes it from here.
pub trait Clock {
    /// The steady clock, which only goes forward.
    fn instant(&self) -> Instant;

    /// Milliseconds since 1970 on the clock that people set; 0 when it is set before that.
    fn unix_ms(&self) -> u64;

    /// Both clocks.
    fn moment(&self) -> Moment {
        Moment {
            instant: self.instant(),
            unix_ms: self.unix_ms(),
        }
    }
}

/// The clocks of the system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn instant(&self) -> Instant {
        Instant::now()
    }

    fn unix_ms(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        milliseconds(since.unwrap_or_default())
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
