//! How much CPU time a thread has used, where Linux tells it.

use std::fs;
use std::time::Duration;

/// The CPU time of the calling thread so far.
pub(super) fn of_this_thread() -> Option<Duration> {
    // The first of three numbers is the time on a CPU in nanoseconds.
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos = text.split_ascii_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}
