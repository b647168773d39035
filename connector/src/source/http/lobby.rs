//! Where the requests of a shard are until they are answered: what their tasks and the shard's loop
//! share. All of them run on one thread, and nothing is held over a wait.

use super::ledger::Ledger;
use super::tray::Tray;
use super::visit::Visit;
use crate::metrics::ShardMetrics;
use crate::pipeline::{Answer, Load, Wake, Window};
use slab::Slab;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

/// The body of a request must be there within this time (8.4 of the limits).
pub(super) const BODY_TIME: Duration = Duration::from_secs(30);

/// How far a request has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    /// It waits until there is room, since then.
    Waiting(Instant),
    /// Its body is being read, since then.
    Reading(Instant),
    /// That took too long.
    Late,
    /// Its frame is on its way.
    Sent,
    /// It is answered.
    Answered(Answer),
    /// Its peer has gone, and its answer is still to come.
    Left,
}

#[derive(Debug)]
struct Request {
    progress: Progress,
    waker: Option<Waker>,
    /// It stands in the list of those that wait for room.
    is_starved: bool,
}

/// What bounds the requests of a shard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Requests at one time.
    pub(super) requests_max: usize,
    /// How long a request may wait for room.
    pub(super) patience: Duration,
}

#[derive(Debug)]
pub(super) struct Lobby {
    requests: RefCell<Slab<Request>>,
    trays: RefCell<Vec<Tray>>,
    /// Requests that wait until there is room.
    starved: RefCell<Vec<usize>>,
    /// Requests whose peers have gone.
    left: Cell<usize>,
    is_stirred: Cell<bool>,
    is_draining: Cell<bool>,
    ledgers: RefCell<Slab<Rc<Ledger>>>,
    window: Arc<Window>,
    bounds: Bounds,
    waker: RefCell<Option<Waker>>,
    metrics: Arc<ShardMetrics>,
    /// The time at the beginning of this turn, which is exact enough for limits of seconds.
    now: Cell<Instant>,
}

impl Lobby {
    pub(super) fn new(
        ports: &[u16],
        window: Arc<Window>,
        bounds: Bounds,
        metrics: Arc<ShardMetrics>,
        now: Instant,
    ) -> Self {
        Self {
            requests: RefCell::default(),
            trays: RefCell::new(ports.iter().map(|&port| Tray::new(port)).collect()),
            starved: RefCell::default(),
            left: Cell::new(0),
            is_stirred: Cell::new(false),
            is_draining: Cell::new(false),
            ledgers: RefCell::default(),
            window,
            bounds,
            waker: RefCell::new(None),
            metrics,
            now: Cell::new(now),
        }
    }

    pub(super) const fn metrics(&self) -> &Arc<ShardMetrics> {
        &self.metrics
    }

    pub(super) fn now(&self) -> Instant {
        self.now.get()
    }

    pub(super) fn set_now(&self, now: Instant) {
        self.now.set(now);
    }

    /// From here on requests are refused for now.
    pub(super) fn drain(&self) {
        self.is_draining.set(true);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.is_draining.get()
    }
}

/// For the loop of the shard.
impl Lobby {
    /// Names whom to wake when a frame is there.
    pub(super) fn wake_through(&self, waker: &Waker) {
        let mut own = self.waker.borrow_mut();
        if own.as_ref().is_none_or(|own| !own.will_wake(waker)) {
            *own = Some(waker.clone());
        }
    }

    /// Whether a frame is there.
    pub(super) fn is_stirred(&self) -> bool {
        self.is_stirred.get()
    }

    /// The trays, to be taken away and given back.
    pub(super) fn take_trays(&self) -> Vec<Tray> {
        self.is_stirred.set(false);
        self.trays.take()
    }

    pub(super) fn give_back(&self, trays: Vec<Tray>) {
        self.trays.replace(trays);
    }

    /// Answers a request, if its peer is still there.
    pub(super) fn tell(&self, request: usize, answer: Answer) {
        let mut requests = self.requests.borrow_mut();
        let Some(slot) = requests.get_mut(request) else {
            return;
        };
        if slot.progress == Progress::Left {
            requests.remove(request);
            self.left.set(self.left.get() - 1);
            return;
        }
        slot.progress = Progress::Answered(answer);
        if let Some(waker) = slot.waker.take() {
            waker.wake();
        }
    }

    /// Whether peers have gone whose answers are still to come.
    pub(super) fn has_left(&self) -> bool {
        self.left.get() > 0
    }

    /// Whether the peer of this request has gone.
    pub(super) fn is_left(&self, request: usize) -> bool {
        let requests = self.requests.borrow();
        requests
            .get(request)
            .is_some_and(|request| request.progress == Progress::Left)
    }

    pub(super) fn has_starved(&self) -> bool {
        !self.starved.borrow().is_empty()
    }

    /// Lets those who wait for room look again.
    pub(super) fn wake_starved(&self) {
        let mut requests = self.requests.borrow_mut();
        for request in self.starved.borrow_mut().drain(..) {
            if let Some(request) = requests.get_mut(request) {
                request.is_starved = false;
                if let Some(waker) = request.waker.take() {
                    waker.wake();
                }
            }
        }
    }

    /// Watches the time that requests take to arrive.
    pub(super) fn check_time(&self, now: Instant) {
        for (_, request) in self.requests.borrow_mut().iter_mut() {
            let is_late = match request.progress {
                Progress::Waiting(since) => {
                    now.saturating_duration_since(since) >= self.bounds.patience
                }
                Progress::Reading(since) => now.saturating_duration_since(since) >= BODY_TIME,
                Progress::Late | Progress::Sent | Progress::Answered(_) | Progress::Left => false,
            };
            if is_late {
                request.progress = Progress::Late;
                if let Some(waker) = request.waker.take() {
                    waker.wake();
                }
            }
        }
    }

    /// All connections.
    pub(super) fn ledgers(&self) -> Vec<Rc<Ledger>> {
        let ledgers = self.ledgers.borrow();
        ledgers
            .iter()
            .map(|(_, ledger)| Rc::clone(ledger))
            .collect()
    }

    pub(super) fn connections(&self) -> usize {
        self.ledgers.borrow().len()
    }
}

/// For the tasks of connections.
impl Lobby {
    /// Takes note of a connection; under the number it is [closed](Self::close) again.
    pub(super) fn open(&self, ledger: &Rc<Ledger>) -> usize {
        self.window.connection_opened();
        self.metrics.connection_opened();
        self.ledgers.borrow_mut().insert(Rc::clone(ledger))
    }

    pub(super) fn close(&self, number: usize) {
        self.window.connection_closed();
        self.metrics.connection_closed();
        self.ledgers.borrow_mut().remove(number);
        self.stir();
    }

    /// Lets a request in; `None` when there are too many.
    pub(super) fn enter(self: &Rc<Self>) -> Option<Visit> {
        let mut requests = self.requests.borrow_mut();
        if requests.len() >= self.bounds.requests_max {
            return None;
        }
        let number = requests.insert(Request {
            progress: Progress::Waiting(self.now()),
            waker: None,
            is_starved: false,
        });
        Some(Visit::new(Rc::clone(self), number))
    }

    /// The request is over, or its peer has gone.
    pub(super) fn leave(&self, request: usize) {
        let mut requests = self.requests.borrow_mut();
        match requests.get_mut(request) {
            Some(slot) if slot.progress == Progress::Sent => {
                slot.progress = Progress::Left;
                slot.waker = None;
                self.left.set(self.left.get() + 1);
            }
            Some(_) => drop(requests.remove(request)),
            None => {}
        }
    }

    /// Whether a connection that has so many other requests in process may bring one more. What lies
    /// on the trays is as good as in flight.
    pub(super) fn has_room(&self, others: usize) -> bool {
        let own = Load {
            records: others,
            bytes: 0,
        };
        if !self.window.has_room(own, false) {
            return false;
        }
        let on_trays: usize = self.trays.borrow().iter().map(Tray::len).sum();
        on_trays == 0
            || self.window.is_overdue()
            || self.window.in_flight().records + on_trays < self.window.limit().records
    }

    /// The request waits until there is room.
    pub(super) fn starve(&self, request: usize) {
        if let Some(slot) = self.requests.borrow_mut().get_mut(request)
            && !std::mem::replace(&mut slot.is_starved, true)
        {
            self.starved.borrow_mut().push(request);
        }
    }

    /// How far a request has come; the task is woken when that changes.
    pub(super) fn progress(&self, request: usize, context: &Context<'_>) -> Progress {
        let mut requests = self.requests.borrow_mut();
        let Some(slot) = requests.get_mut(request) else {
            return Progress::Left;
        };
        let is_known = slot.waker.as_ref();
        if is_known.is_none_or(|waker| !waker.will_wake(context.waker())) {
            slot.waker = Some(context.waker().clone());
        }
        slot.progress
    }

    pub(super) fn set_progress(&self, request: usize, progress: Progress) {
        if let Some(slot) = self.requests.borrow_mut().get_mut(request) {
            slot.progress = progress;
        }
    }

    /// Puts the frame of a request on the tray of its port.
    pub(super) fn put(&self, tray: usize, frame: &[u8], path: Option<&str>, request: usize) {
        if let Some(tray) = self.trays.borrow_mut().get_mut(tray) {
            tray.put(frame, path, request);
        }
        self.stir();
    }

    /// Something is there for the loop.
    fn stir(&self) {
        if !self.is_stirred.replace(true)
            && let Some(waker) = self.waker.borrow().as_ref()
        {
            waker.wake_by_ref();
        }
    }
}

/// Wakes the loop of a shard from any thread.
#[derive(Clone, Debug, Default)]
pub(super) struct Doorbell(pub(super) Arc<atomic_waker::AtomicWaker>);

impl Wake for Doorbell {
    fn wake(&self) {
        self.0.wake();
    }
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests;
