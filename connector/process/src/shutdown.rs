//! An orderly end: who asks for it, who hears of it, and what is waited for.
//!
//! The first signal asks to drain, the second ends the process at once. Parts hold a
//! [`Shutdown`] and react; whoever may ask holds a [`Controller`].

mod signals;
mod tasks;

use tokio::sync::watch;

pub use signals::{Signal, SignalError, listen};
pub use tasks::{Drained, GroupFull, TaskFailure, TaskFault, TaskGroup};

/// How far the end has come. It only moves forward.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Phase {
    /// Work as usual.
    Running,
    /// Take nothing new, finish what is in flight.
    Draining,
    /// Finish nothing any more.
    Aborting,
}

/// Makes the two ends: one that asks, one that listens.
pub fn channel() -> (Controller, Shutdown) {
    let (sender, receiver) = watch::channel(Phase::Running);
    (Controller { sender }, Shutdown { receiver })
}

/// Asks for the end. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Controller {
    sender: watch::Sender<Phase>,
}

impl Controller {
    /// Asks everybody to drain. Returns whether this was the first to ask.
    pub fn drain(&self) -> bool {
        self.advance(Phase::Draining)
    }

    /// Asks everybody to stop at once. Returns whether this was the first to ask.
    pub fn abort(&self) -> bool {
        self.advance(Phase::Aborting)
    }

    /// A further listener.
    pub fn subscribe(&self) -> Shutdown {
        Shutdown {
            receiver: self.sender.subscribe(),
        }
    }

    fn advance(&self, phase: Phase) -> bool {
        self.sender.send_if_modified(|current| {
            let is_ahead = phase > *current;
            if is_ahead {
                *current = phase;
            }
            is_ahead
        })
    }
}

/// Hears of the end. Cheap to clone. When every [`Controller`] is gone, nobody can ask any more
/// and the futures stay pending.
#[derive(Clone, Debug)]
pub struct Shutdown {
    receiver: watch::Receiver<Phase>,
}

impl Shutdown {
    /// How far the end has come.
    pub fn phase(&self) -> Phase {
        *self.receiver.borrow()
    }

    /// Completes when draining, or more, was asked for.
    pub async fn draining(&self) {
        self.reached(Phase::Draining).await;
    }

    /// Completes when an end at once was asked for.
    pub async fn aborting(&self) {
        self.reached(Phase::Aborting).await;
    }

    async fn reached(&self, phase: Phase) {
        let mut receiver = self.receiver.clone();
        if receiver
            .wait_for(|current| *current >= phase)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_only_moves_forward() {
        let (controller, shutdown) = channel();
        assert_eq!(shutdown.phase(), Phase::Running);
        assert!(controller.drain());
        assert!(!controller.drain());
        shutdown.draining().await;
        assert_eq!(shutdown.phase(), Phase::Draining);
        assert!(controller.abort());
        assert!(!controller.drain());
        shutdown.draining().await;
        shutdown.aborting().await;
        assert_eq!(controller.subscribe().phase(), Phase::Aborting);
    }

    #[tokio::test]
    async fn without_a_controller_nothing_is_asked_for() {
        let (controller, shutdown) = channel();
        drop(controller);
        let waited =
            tokio::time::timeout(std::time::Duration::from_millis(20), shutdown.draining());
        assert!(waited.await.is_err());
    }
}
