//! The threads of the program: each has a name, and none ends unnoticed.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Pause between two looks at a thread that is expected to end.
const JOIN_PAUSE: Duration = Duration::from_millis(2);

/// A thread that ended as it must not.
#[derive(Debug, thiserror::Error)]
#[error("thread {name:?} failed: {fault}")]
pub struct ThreadFailure {
    /// The thread's name.
    pub name: String,
    /// What it said.
    pub fault: String,
}

/// A group of threads that live as long as the program.
#[derive(Debug)]
pub(super) struct Threads {
    running: Vec<JoinHandle<()>>,
    failed: SyncSender<ThreadFailure>,
    failures: Receiver<ThreadFailure>,
}

/// Says that a thread failed, also when it panicked.
struct Guard {
    name: String,
    failed: SyncSender<ThreadFailure>,
    is_sound: bool,
}

impl Guard {
    fn tell(&self, fault: String) {
        // The first failure ends the program; a full queue means that it is known.
        drop(self.failed.try_send(ThreadFailure {
            name: self.name.clone(),
            fault,
        }));
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.is_sound {
            self.tell("it panicked".to_owned());
        }
    }
}

impl Threads {
    pub(super) fn new() -> Self {
        let (failed, failures) = sync_channel(1);
        Self {
            running: Vec::new(),
            failed,
            failures,
        }
    }

    /// Starts a thread. An error that it returns, or a panic, is a failure of the program.
    pub(super) fn spawn(
        &mut self,
        name: String,
        work: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> io::Result<()> {
        let mut guard = Guard {
            name: name.clone(),
            failed: self.failed.clone(),
            is_sound: false,
        };
        let thread = thread::Builder::new().name(name).spawn(move || {
            let result = work();
            guard.is_sound = true;
            if let Err(error) = result {
                guard.tell(error.to_string());
            }
        })?;
        self.running.push(thread);
        Ok(())
    }

    /// The failure of a thread, if one comes within `limit`.
    pub(super) fn failure(&self, limit: Duration) -> Option<ThreadFailure> {
        self.failures.recv_timeout(limit).ok()
    }

    /// Waits until all threads have ended, at most `limit`; true when they have.
    pub(super) fn join(&mut self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        while let Some(thread) = self.running.last() {
            if !thread.is_finished() {
                if Instant::now() >= end {
                    return false;
                }
                thread::sleep(JOIN_PAUSE);
                continue;
            }
            // A panic was told by its guard.
            drop(self.running.pop().map(JoinHandle::join));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_and_a_panic_are_both_told() {
        let mut threads = Threads::new();
        threads
            .spawn("a".to_owned(), || Err(io::Error::other("no queue")))
            .unwrap();
        let failure = threads.failure(Duration::from_secs(10)).unwrap();
        assert_eq!(failure.to_string(), "thread \"a\" failed: no queue");

        threads
            .spawn("b".to_owned(), || panic!("on purpose"))
            .unwrap();
        let failure = threads.failure(Duration::from_secs(10)).unwrap();
        assert_eq!(failure.to_string(), "thread \"b\" failed: it panicked");
        assert!(threads.join(Duration::from_secs(10)));
    }

    #[test]
    fn a_thread_that_ends_as_it_should_is_no_failure() {
        let mut threads = Threads::new();
        threads.spawn("a".to_owned(), || Ok(())).unwrap();
        assert!(threads.join(Duration::from_secs(10)));
        assert!(threads.failure(Duration::ZERO).is_none());
    }
}
