//! What the two threads of a connection share, and why a connection can break.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::account::Account;
use super::cpu;
use crate::latency::Latency;
use crate::reply::ReplyError;

/// What the threads of one connection share with each other and with whoever watches.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) changed: Condvar,
    latest: Mutex<Latency>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) account: Account,
    /// When the last reply came.
    pub(super) last_reply_ns: u64,
    /// CPU time of the threads that ended.
    pub(super) cpu: Option<Duration>,
    /// When the last record got its final answer.
    pub(super) last_final_ns: u64,
    /// The writer sleeps until no more than this is open.
    pub(super) wake_at: Option<u32>,
    pub(super) broken: Option<Breakage>,
    pub(super) closing_since_ns: Option<u64>,
}

/// Why a connection could not be used any longer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Breakage {
    #[error("the connector closed the connection")]
    Closed,
    #[error("reading failed")]
    Read(#[source] io::Error),
    #[error("writing failed")]
    Write(#[source] io::Error),
    #[error("no reply for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("no final answer for {} s", .0.as_secs())]
    Unsettled(Duration),
    #[error("what came back is not a reply")]
    NotAReply(#[source] ReplyError),
    #[error("a reply came that no message was waiting for")]
    Unasked,
}

impl Breakage {
    /// Whether the connector broke the protocol, not merely the connection.
    pub(super) const fn is_violation(&self) -> bool {
        match self {
            Self::NotAReply(_) | Self::Unasked => true,
            Self::Closed
            | Self::Read(_)
            | Self::Write(_)
            | Self::Silent(_)
            | Self::Unsettled(_) => false,
        }
    }
}

impl Shared {
    pub(super) fn new(account: Account) -> Self {
        Self {
            state: Mutex::new(State {
                account,
                last_reply_ns: 0,
                cpu: None,
                last_final_ns: 0,
                wake_at: None,
                broken: None,
                closing_since_ns: None,
            }),
            changed: Condvar::new(),
            latest: Mutex::new(Latency::new()),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn latest(&self) -> MutexGuard<'_, Latency> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_cpu_of_this_thread(&self) {
        if let Some(used) = cpu::of_this_thread() {
            let mut state = self.state();
            state.cpu = Some(state.cpu.unwrap_or_default() + used);
        }
    }
}
