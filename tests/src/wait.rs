//! Waiting with a limit: for one condition, and for the whole suite.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::keeper;

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// The longest that one test binary may run. The suite needs about a quarter of it; what takes
/// longer hangs.
const SUITE_LIMIT: Duration = Duration::from_mins(25);

/// Looks again and again until `probe` has an answer; an error when `limit` is over.
pub fn eventually<T>(
    limit: Duration,
    what: &str,
    mut probe: impl FnMut() -> Option<T>,
) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = probe() {
            return Ok(answer);
        }
        if Instant::now() >= end {
            bail!("{what}: not so within {limit:?}");
        }
        thread::park_timeout(INTERVAL);
    }
}

static LIMIT: OnceLock<Duration> = OnceLock::new();

/// Gives what runs here more time than tests have. To be called before the rig starts anything.
pub fn limit_the_suite(limit: Duration) {
    // Said twice, the first word counts.
    let _ignored = LIMIT.set(limit);
}

/// Ends the process, and with it all that the rig started, when the suite takes too long. Starts
/// with the first thing the rig starts.
pub fn guard_the_suite() {
    static GUARD: OnceLock<()> = OnceLock::new();
    GUARD.get_or_init(|| {
        let begin = Instant::now();
        let limit = *LIMIT.get_or_init(|| SUITE_LIMIT);
        thread::spawn(move || {
            while let Some(left) = limit.checked_sub(begin.elapsed()) {
                thread::park_timeout(left);
            }
            keeper::say(&format!(
                "the tests have not ended within {limit:?}: giving up"
            ));
            std::process::exit(1);
        });
    });
}
