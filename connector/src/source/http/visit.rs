//! One request in the lobby, as its own task sees it.

use super::lobby::{Lobby, Progress};
use crate::pipeline::Answer;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

/// A request's stay; it ends with the value.
#[derive(Debug)]
pub(super) struct Visit {
    lobby: Rc<Lobby>,
    number: usize,
}

/// The request has taken longer than it may.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Late;

impl Visit {
    pub(super) const fn new(lobby: Rc<Lobby>, number: usize) -> Self {
        Self { lobby, number }
    }

    /// Waits until there is room for the request of a connection that has so many others in process;
    /// from then on its body may come.
    pub(super) async fn room(&self, others: usize) -> Result<(), Late> {
        let room = poll_fn(|context| {
            if self.lobby.has_room(others) {
                return Poll::Ready(Ok(()));
            }
            if self.lobby.progress(self.number, context) == Progress::Late {
                return Poll::Ready(Err(Late));
            }
            self.lobby.starve(self.number);
            Poll::Pending
        });
        room.await?;
        self.begin();
        Ok(())
    }

    /// From now on the body may come, and has a limited time.
    pub(super) fn begin(&self) {
        let progress = Progress::Reading(self.lobby.now());
        self.lobby.set_progress(self.number, progress);
    }

    /// Says when the body has taken too long.
    pub(super) fn poll_late(&self, context: &Context<'_>) -> Poll<Late> {
        match self.lobby.progress(self.number, context) {
            Progress::Late => Poll::Ready(Late),
            _ => Poll::Pending,
        }
    }

    /// Sends the frame of the request on its way.
    pub(super) fn send(&self, tray: usize, frame: &[u8], path: Option<&str>) {
        self.lobby.set_progress(self.number, Progress::Sent);
        self.lobby.put(tray, frame, path, self.number);
    }

    /// Waits for the answer to what was [sent](Self::send).
    pub(super) async fn answer(&self) -> Answer {
        poll_fn(|context| match self.lobby.progress(self.number, context) {
            Progress::Answered(answer) => Poll::Ready(answer),
            _ => Poll::Pending,
        })
        .await
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.lobby.leave(self.number);
    }
}
