//! One run: a process with its shards, the nodes that send to it, and Kafka behind it.

use super::clock::SimulatedClock;
use super::kafka::{Kafka, SharedKafka};
use super::ledger::{Ledger, Promises};
use super::manners::Manners;
use super::node::{Call, Node};
use super::random::Random;
use super::setup::Setup;
use super::sights::{Sight, Sights};
use super::station::Station;
use super::trace::Trace;
use super::weather::Weather;
use crate::clock::Clock as _;
use crate::metrics::Metrics;
use crate::pipeline::{Load, Shared, Wake, Window};
use crate::source::desk::ShardSettings;
use crate::source::lifetime::Lifetimes;
use crate::source::mailbox::Order;
use crate::source::partial::LongFrames;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// Within so many rounds everything must be answered once all behave well.
const ROUNDS_MAX: usize = 3_000;

pub(super) struct World {
    random: Random,
    clock: SimulatedClock,
    trace: Trace,
    ledger: Rc<RefCell<Ledger>>,
    kafka: SharedKafka,
    stations: Vec<Station>,
    nodes: Vec<Node>,
    window: Arc<Window>,
    long_frames: Arc<LongFrames>,
}

impl World {
    pub(super) fn new(seed: u64, setups: &[Setup], clock: SimulatedClock, trace: Trace) -> Self {
        let mut random = Random::new(seed);
        let random = &mut random;
        let setup = &setups[random.below(setups.len())];
        let promises = promises(setup, random);
        let window = Arc::new(Window::new(Load {
            records: random.pick(&[4, 30, 100_000]),
            bytes: random.pick(&[40 << 10, 1 << 20, 1 << 30]),
        }));
        let ledger = Ledger::new(clock.clone(), trace.clone(), promises, Arc::clone(&window));
        let ledger = Rc::new(RefCell::new(ledger));
        let kafka = Kafka::new(
            Weather::any(random),
            random.pick(&[1, 9]),
            Rc::clone(&ledger),
            trace.clone(),
        );
        let long_frames = Arc::new(LongFrames::new(random.pick(&[0, 100_000, 1 << 20])));
        let settings = ShardSettings {
            reply_deadline: promises.deadline,
            is_ack_buffered: random.percent(50),
            read_bytes: Some(random.pick(&[16, 500, 5_000, 200_000])),
            lifetimes: Lifetimes {
                age: promises.age,
                idle: promises.idle,
            },
            long_frames: Arc::clone(&long_frames),
        };
        let shards = random.between(1, 2);
        let plan = Arc::clone(&setup.plan);
        let shared = Shared::new(plan, Arc::clone(&window), shards, clock.instant());
        let metrics = Metrics::new(shards, "simulation");
        let station = |numbered| {
            let (settings, shared) = (settings.clone(), shared.clone());
            Station::new(numbered, settings, shared, &kafka, (&clock, &ledger))
        };
        let numbered = metrics.shards().iter().enumerate();
        let stations: Vec<_> = numbered.map(station).collect();
        let waker = |station: &Station| Arc::clone(&station.mailbox) as Arc<dyn Wake>;
        window.wake_when_free(stations.iter().map(waker).collect());
        let manners = Manners::any(random);
        let mut node = || {
            let (setup, clock) = (setup.clone(), clock.clone());
            Node::new(setup, clock, Rc::clone(&ledger), manners, random)
        };
        let mut nodes = vec![node(), node(), node()];
        nodes.truncate(random.between(1, 3));
        Self {
            random: Random::new(random.next()),
            clock,
            trace,
            ledger,
            kafka,
            stations,
            nodes,
            window,
            long_frames,
        }
    }

    /// Runs until all is over, and tells what was met.
    pub(super) fn run(mut self) -> Sights {
        let steps = self.random.between(20, 400);
        for _ in 0..steps {
            self.trace.step();
            self.step();
            self.ledger.borrow_mut().check_window();
            if self.long_frames.held() > 0 {
                self.ledger.borrow_mut().see(Sight::LongFrame);
            }
        }
        if self.random.percent(60) {
            self.settle();
        }
        self.end();
        let ledger = self.ledger.borrow();
        ledger.sights().clone()
    }

    fn step(&mut self) {
        match self.random.below(100) {
            0..40 => {
                let node = self.random.below(self.nodes.len());
                let opened = self.nodes[node].act(&mut self.random);
                self.accept(opened);
            }
            40..60 => self.kafka.borrow_mut().act(&mut self.random),
            60..88 => drop(self.come_round()),
            88..98 => {
                let ms = self.random.pick(&[1, 1, 10, 60, 60, 300, 1_500]);
                self.pass(Duration::from_millis(ms));
            }
            _ => self.misfortune(),
        }
    }

    fn misfortune(&mut self) {
        match self.random.below(5) {
            0 => self.kafka.borrow_mut().fail_fatally(),
            1 => self.pass(Duration::from_millis(10_500)),
            2 => {
                // The machine stands still, and nobody notices.
                let ms = self.random.pick(&[700, 20_000, 3_600_000]);
                self.clock.pass(Duration::from_millis(ms));
            }
            3 => {
                let unix_ms =
                    self.random
                        .pick(&[0, 1_699_996_400_000, 1_700_003_600_000, u64::MAX]);
                self.clock.set_unix_ms(unix_ms);
            }
            _ => {
                let station = self.random.below(self.stations.len());
                self.stations[station].disturb(&mut self.random);
            }
        }
    }

    /// Hands a new connection to the shard that has the fewest.
    fn accept(&mut self, opened: Option<Call>) {
        let Some(call) = opened else { return };
        let fewest = self
            .stations
            .iter_mut()
            .min_by_key(|station| station.mailbox.connections());
        if let Some(station) = fewest {
            station.accept(call);
        }
    }

    /// Has a shard come round, if one has to.
    fn come_round(&mut self) -> bool {
        let due: Vec<_> = (0..self.stations.len())
            .filter(|&it| self.stations[it].is_due())
            .collect();
        if due.is_empty() {
            return false;
        }
        let station = self.random.pick(&due);
        self.stations[station].come_round(&mut self.random);
        true
    }

    fn finish_rounds(&mut self) {
        let mut rounds = 0;
        while self.come_round() {
            rounds += 1;
            assert!(rounds < 100_000, "the shards do not come to rest");
        }
    }

    /// Lets time pass, and the shards do what it brings.
    fn pass(&mut self, duration: Duration) {
        let end = self.clock.now() + duration;
        loop {
            self.finish_rounds();
            self.ledger.borrow_mut().check_window();
            self.ledger.borrow_mut().check_waiting();
            let open = self
                .stations
                .iter()
                .map(Station::connections)
                .sum::<usize>();
            let is_over = self.stations.iter().any(Station::has_ended);
            assert!(
                is_over || self.window.connections() == open,
                "a connection is miscounted"
            );
            let now = self.clock.now();
            if now >= end {
                return;
            }
            let due = self.stations.iter().filter_map(Station::due_at).min();
            let next = due.map_or(end, |due| due.min(end));
            self.clock.pass(next.saturating_sub(now));
        }
    }

    /// Everybody behaves well until everything is answered.
    fn settle(&mut self) {
        self.trace.note(|| "everybody behaves well".to_owned());
        self.kafka.borrow_mut().weather = Weather::FAIR;
        for _ in 0..ROUNDS_MAX {
            self.trace.step();
            for node in 0..self.nodes.len() {
                let opened = self.nodes[node].act_well(&mut self.random);
                self.accept(opened);
            }
            self.finish_rounds();
            self.kafka.borrow_mut().settle(&mut self.random);
            self.pass(Duration::from_millis(20));
            if self.nodes.iter().all(Node::is_done) {
                return;
            }
        }
        panic!("there is no progress: {:?}", self.nodes);
    }

    /// The process ends, as the program does it: drained, or stopped when that takes too long.
    fn end(&mut self) {
        self.ledger.borrow_mut().drain();
        self.order(Order::Drain);
        let patience = Duration::from_secs(self.random.pick(&[0, 1, 25]));
        let end = self.clock.now() + patience;
        while self.clock.now() < end && !self.has_ended() {
            self.trace.step();
            for node in 0..self.nodes.len() {
                if let Some(opened) = self.nodes[node].act(&mut self.random) {
                    opened.wire.borrow_mut().refuse();
                }
            }
            if self.random.percent(60) {
                self.kafka.borrow_mut().act(&mut self.random);
            }
            let ms = self.random.pick(&[1, 50, 500]);
            self.pass(Duration::from_millis(ms));
        }
        self.ledger.borrow_mut().stop();
        self.order(Order::Stop);
        self.finish_rounds();
        assert!(self.has_ended(), "a shard does not stop");
        self.kafka.borrow_mut().close(&mut self.random);
        self.ledger.borrow_mut().check_end();
        assert_eq!(self.long_frames.held(), 0, "begun frames are held");
    }

    fn has_ended(&self) -> bool {
        self.stations.iter().all(Station::has_ended)
    }

    fn order(&self, order: Order) {
        for station in &self.stations {
            station.mailbox.give(order);
        }
    }
}

/// Limits, far or near. A deadline leaves batches the time that the configuration takes for given.
fn promises(setup: &Setup, random: &mut Random) -> Promises {
    let is_batched = setup.rules.batch_interval.is_some();
    let deadlines: &[u64] = if is_batched {
        &[1_400, 5_000]
    } else {
        &[120, 1_000, 5_000]
    };
    let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
    Promises {
        deadline: Duration::from_millis(random.pick(deadlines)),
        rules: setup.rules,
        age: seconds(random.pick(&[None, None, Some(1), Some(20)])),
        idle: seconds(random.pick(&[None, None, Some(1), Some(20)])),
    }
}
