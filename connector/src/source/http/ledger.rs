//! What is known of one connection: by whom it is used, since when it has been silent, and what is to
//! become of it.

use super::ending::Ending;
use super::lobby::Lobby;
use crate::source::connection::End;
use crate::source::lifetime::Lifetime;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

/// The head of a request must be there within this time of its first byte (8.4 of the limits).
pub(super) const HEAD_TIME: Duration = Duration::from_secs(5);

/// A peer that takes nothing of its responses for so long is disconnected (13.34).
pub(super) const REPLY_TIME: Duration = Duration::from_secs(10);

/// How long a connection that we close is read and ignored, so that its last response is not
/// destroyed by the reset that closing over unread bytes would send.
pub(super) const LINGER_TIME: Duration = Duration::from_secs(1);

/// What is to become of a connection, each later one stronger.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Verdict {
    /// It goes on.
    Serve,
    /// It takes no further request, and ends with its last response.
    Retire,
    /// It ends now; the head of its request has taken too long.
    Late,
    /// It ends now.
    Cut,
}

#[derive(Debug)]
pub(super) struct Ledger {
    lobby: Rc<Lobby>,
    peer: SocketAddr,
    lifetime: Cell<Lifetime>,
    /// Requests in process.
    requests: Cell<usize>,
    /// When the head was begun that is not whole yet.
    head_since: Cell<Option<Instant>>,
    /// Several requests come at a time, so that nobody can say whose head is not whole.
    is_multiplexed: Cell<bool>,
    /// Since when the peer has taken nothing of what is written.
    blocked_since: Cell<Option<Instant>>,
    /// Since when nothing more is written.
    shut_since: Cell<Option<Instant>>,
    verdict: Cell<Verdict>,
    /// Why it ends, where that was our decision.
    end: RefCell<Option<Ending>>,
    waker: RefCell<Option<Waker>>,
}

impl Ledger {
    pub(super) fn new(lobby: Rc<Lobby>, peer: SocketAddr, lifetime: Lifetime) -> Self {
        Self {
            lobby,
            peer,
            lifetime: Cell::new(lifetime),
            requests: Cell::new(0),
            head_since: Cell::new(None),
            is_multiplexed: Cell::new(false),
            blocked_since: Cell::new(None),
            shut_since: Cell::new(None),
            verdict: Cell::new(Verdict::Serve),
            end: RefCell::new(None),
            waker: RefCell::new(None),
        }
    }

    pub(super) const fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Why it ends, where that was our decision.
    pub(super) fn take_end(&self) -> Option<Ending> {
        self.end.take()
    }

    /// Requests in process.
    pub(super) fn requests(&self) -> usize {
        self.requests.get()
    }
}

/// What the connection's own task tells.
impl Ledger {
    /// Bytes have come.
    pub(super) fn note_read(&self) {
        let now = self.lobby.now();
        self.hear(now);
        let is_head = self.requests.get() == 0 && !self.is_multiplexed.get();
        if is_head && self.head_since.get().is_none() {
            self.head_since.set(Some(now));
        }
    }

    /// From here on several requests may come at a time.
    pub(super) fn multiplex(&self) {
        self.is_multiplexed.set(true);
        self.head_since.set(None);
    }

    pub(super) fn note_written(&self) {
        self.blocked_since.set(None);
    }

    pub(super) fn note_blocked(&self) {
        if self.blocked_since.get().is_none() {
            self.blocked_since.set(Some(self.lobby.now()));
        }
    }

    /// Nothing more is written.
    pub(super) fn note_shut(&self) {
        if self.shut_since.get().is_none() {
            self.shut_since.set(Some(self.lobby.now()));
        }
    }

    /// A request is whole but for its body; it is over when the answer is dropped.
    pub(super) fn begin(self: &Rc<Self>) -> InProcess {
        self.head_since.set(None);
        self.requests.set(self.requests.get() + 1);
        InProcess(Rc::clone(self))
    }

    /// What is to become of it; the task is woken when that changes.
    pub(super) fn verdict(&self, context: &Context<'_>) -> Verdict {
        let mut waker = self.waker.borrow_mut();
        if waker
            .as_ref()
            .is_none_or(|waker| !waker.will_wake(context.waker()))
        {
            *waker = Some(context.waker().clone());
        }
        self.verdict.get()
    }

    fn hear(&self, now: Instant) {
        let mut lifetime = self.lifetime.get();
        lifetime.hear(now);
        self.lifetime.set(lifetime);
    }
}

/// What the shard's loop decides.
impl Ledger {
    /// Watches the time limits.
    pub(super) fn check_time(&self, now: Instant) {
        let has_passed = |since: &Cell<Option<Instant>>, limit| {
            let since = since.get();
            since.is_some_and(|since| now.saturating_duration_since(since) >= limit)
        };
        if has_passed(&self.blocked_since, REPLY_TIME) {
            self.decide(Verdict::Cut, End::ReplyTimeout);
        } else if has_passed(&self.shut_since, LINGER_TIME) {
            self.pass(Verdict::Cut);
        } else if has_passed(&self.head_since, HEAD_TIME) {
            self.decide(Verdict::Late, Ending::HeadTimeout);
        } else {
            let is_quiet = self.requests.get() == 0 && self.head_since.get().is_none();
            if let Some(end) = self.lifetime.get().end(is_quiet, now) {
                self.decide(Verdict::Retire, end);
            }
        }
    }

    /// No further request is taken.
    pub(super) fn drain(&self) {
        self.decide(Verdict::Retire, End::Drained);
    }

    fn decide(&self, verdict: Verdict, end: impl Into<Ending>) {
        self.end.borrow_mut().get_or_insert_with(|| end.into());
        self.pass(verdict);
    }

    fn pass(&self, verdict: Verdict) {
        if verdict <= self.verdict.get() {
            return;
        }
        self.verdict.set(verdict);
        if let Some(waker) = self.waker.borrow().as_ref() {
            waker.wake_by_ref();
        }
    }
}

/// A request in process.
#[derive(Debug)]
pub(super) struct InProcess(Rc<Ledger>);

impl InProcess {
    /// Other requests of the connection in process.
    pub(super) fn others(&self) -> usize {
        self.0.requests() - 1
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.0.requests.set(self.0.requests.get() - 1);
        // Who waits for an answer is not idle.
        self.0.hear(self.0.lobby.now());
    }
}
