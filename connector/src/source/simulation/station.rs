//! A shard without a thread and an event queue: the simulation has it come round.

use super::clock::SimulatedClock;
use super::kafka::{SharedKafka, SimulatedSink};
use super::ledger::Ledger;
use super::node::Call;
use super::random::Random;
use super::wire::{SharedWire, SimulatedStream};
use crate::metrics::ShardMetrics;
use crate::pipeline::{Pipeline, Shared, Wake};
use crate::source::desk::{Desk, ShardSettings};
use crate::source::mailbox::Mailbox;
use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

type SimulatedDesk = Desk<SimulatedSink, SimulatedStream, SimulatedClock>;

/// Stands for the event queue that a shard sleeps at.
#[derive(Debug, Default)]
struct Bed {
    is_woken: AtomicBool,
}

impl Wake for Arc<Bed> {
    fn wake(&self) {
        self.is_woken.store(true, Ordering::Relaxed);
    }
}

/// One shard.
pub(super) struct Station {
    /// Nothing when it has ended.
    desk: Option<SimulatedDesk>,
    pub(super) mailbox: Arc<Mailbox>,
    bed: Arc<Bed>,
    clock: SimulatedClock,
    ledger: Rc<RefCell<Ledger>>,
    /// Accepted, and not taken over yet.
    arrivals: Vec<Call>,
    /// The connections by token.
    wires: Vec<Option<SharedWire>>,
    came_round: Duration,
}

impl Station {
    pub(super) fn new(
        (number, metrics): (usize, &Arc<ShardMetrics>),
        settings: ShardSettings,
        shared: Shared,
        kafka: &SharedKafka,
        (clock, ledger): (&SimulatedClock, &Rc<RefCell<Ledger>>),
    ) -> Self {
        let bed = Arc::new(Bed::default());
        let mailbox = Arc::new(Mailbox::new(Arc::clone(&bed)));
        let sink = SimulatedSink::new(Rc::clone(kafka));
        let pipeline = Pipeline::new(shared, number, Arc::clone(metrics), sink, clock.clone());
        let desk = Desk::new(
            Arc::clone(&mailbox),
            settings,
            pipeline,
            Arc::clone(metrics),
        );
        Self {
            desk: Some(desk),
            mailbox,
            bed,
            clock: clock.clone(),
            ledger: Rc::clone(ledger),
            arrivals: Vec::new(),
            wires: Vec::new(),
            came_round: clock.now(),
        }
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.desk.is_none()
    }

    /// Takes a connection from the listener.
    pub(super) fn accept(&mut self, call: Call) {
        self.mailbox.connection_expected();
        self.arrivals.push(call);
        self.mailbox.wake();
    }

    /// When it comes round by itself if nothing happens; at once when something has happened.
    pub(super) fn due_at(&self) -> Option<Duration> {
        let desk = self.desk.as_ref()?;
        let has_news = |wire: &SharedWire| wire.borrow().has_news();
        let is_woken =
            self.bed.is_woken.load(Ordering::Relaxed) || self.wires.iter().flatten().any(has_news);
        Some(if is_woken {
            Duration::ZERO
        } else {
            self.came_round + desk.patience()
        })
    }

    pub(super) fn is_due(&self) -> bool {
        self.due_at().is_some_and(|at| at <= self.clock.now())
    }

    /// Comes round once, as the loop of a shard does.
    pub(super) fn come_round(&mut self, random: &mut Random) {
        let Some(desk) = &mut self.desk else { return };
        let was_overdue = self.ledger.borrow().is_window_overdue();
        self.came_round = self.clock.now();
        self.bed.is_woken.store(false, Ordering::Relaxed);
        let first = random.below(self.wires.len().max(1));
        for step in 0..self.wires.len() {
            let token = (first + step) % self.wires.len();
            let news = self.wires[token]
                .as_ref()
                .and_then(|wire| wire.borrow_mut().take_news());
            if let Some(happening) = news {
                desk.on(token, happening);
            }
        }
        let mut rung = Vec::new();
        self.mailbox.empty(&mut Vec::new(), &mut rung);
        for Call { wire, port } in self.arrivals.drain(..) {
            let token = desk.next_token();
            self.wires.resize(self.wires.len().max(token + 1), None);
            self.wires[token] = Some(Rc::clone(&wire));
            let peer = SocketAddr::from(([127, 0, 0, 1], 3000));
            self.ledger.borrow_mut().admitted(wire.borrow().line);
            desk.admit(SimulatedStream::new(wire), peer, port);
        }
        if desk.go_round(&mut rung) {
            self.desk = None;
        }
        self.check(was_overdue);
    }

    /// Signals interrupt the calls of one connection, and it is told again what it knows.
    pub(super) fn disturb(&mut self, random: &mut Random) {
        let open: Vec<_> = self.wires.iter().flatten().collect();
        if !open.is_empty() {
            let mut wire = open[random.below(open.len())].borrow_mut();
            wire.interrupt(random.between(1, 3));
            wire.repeat_news();
        }
    }

    /// Connections that the shard has taken over.
    pub(super) fn connections(&self) -> usize {
        self.wires.iter().flatten().count()
    }

    fn check(&mut self, was_overdue: bool) {
        let is_at_rest = !self.is_due();
        let mut ledger = self.ledger.borrow_mut();
        let lines = self.wires.iter().flatten();
        ledger.check_round(lines.map(|wire| wire.borrow().line), is_at_rest);
        if self.desk.is_some() {
            let lines = self.wires.iter().flatten();
            ledger.check_batches(lines.map(|wire| wire.borrow().line));
        }
        if was_overdue && is_at_rest && ledger.is_window_overdue() {
            for wire in self.wires.iter().flatten() {
                let wire = wire.borrow();
                let is_left = wire.has_input() && ledger.may_read(wire.line);
                assert!(!is_left, "line {} is not read in an outage", wire.line);
            }
        }
        for wire in &mut self.wires {
            let is_closed = |it: &SharedWire| ledger.is_closed(it.borrow().line);
            if wire.as_ref().is_some_and(is_closed) {
                *wire = None;
            }
        }
        drop(ledger);
        let open = self.connections() + self.arrivals.len();
        let is_over = self.desk.is_none();
        assert!(
            is_over || self.mailbox.connections() == open,
            "a connection is miscounted"
        );
    }
}
