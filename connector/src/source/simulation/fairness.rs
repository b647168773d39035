//! Honest sources beside many peers that mean harm: the real desk, and a clock that the work moves.

use super::clock::SimulatedClock;
use crate::clock::Clock as _;
use crate::metrics::Metrics;
use crate::pipeline::{Load, Message, Pipeline, Shared, Shipment, Sink, Window};
use crate::source::desk::{Desk, Happening, Input, ShardSettings};
use crate::source::mailbox::Mailbox;
use crate::source::stream::Stream;
use crate::source::{Lifetimes, LongFrames};
use aeroduct_kafka::{Recipient as _, Report};
use aeroduct_record::Operation;
use aeroduct_wire::encode::MessageWriter;
use aeroduct_wire::reply;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

const CONFIG: &str = "\
routing: {mode: static, destination: changes}
format: {mode: json}
producer-props: {bootstrap.servers: 'localhost:9092'}
";

/// What a record costs the shard, which can therefore take 100 000 of them a second.
const RECORD_TIME: Duration = Duration::from_micros(10);

/// What a bomb costs it, and its bytes.
const BOMB_TIME: Duration = Duration::from_millis(4);
const BOMB_LEN: usize = 4 << 10;

/// Records that an honest source sends a second.
const RATE: u32 = 70_000;

/// What the system takes of replies that a peer does not read.
const DEAF_ROOM: usize = 8 << 10;

const CROWD: usize = 1_000;

/// What a peer does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    /// Sends so many records a second and reads its replies.
    Honest(u32),
    /// Sends as many as it can and reads no reply.
    Deaf,
    /// Sends as much as it can of what costs much and cannot be read.
    Bomber,
}

struct Peer {
    kind: Kind,
    clock: SimulatedClock,
    since: Duration,
    frame: Vec<u8>,
    /// Bytes that the connector has read, and has written.
    read: usize,
    written: usize,
    /// How long each answer took.
    latencies: Vec<Duration>,
}

impl Peer {
    fn new(kind: Kind, clock: SimulatedClock) -> Self {
        let frame = if kind == Kind::Bomber {
            bomb()
        } else {
            change()
        };
        Self {
            kind,
            since: clock.now(),
            clock,
            frame,
            read: 0,
            written: 0,
            latencies: Vec::new(),
        }
    }

    /// Bytes that the connector could read now.
    fn available(&self) -> usize {
        match self.kind {
            Kind::Honest(rate) => {
                let time = self.clock.now().saturating_sub(self.since);
                let sent = time.as_nanos() * u128::from(rate) / 1_000_000_000;
                usize::try_from(sent).unwrap() * self.frame.len() - self.read
            }
            Kind::Deaf | Kind::Bomber => usize::MAX,
        }
    }

    fn answered(&self) -> usize {
        self.written / reply::LEN
    }

    fn note_latencies(&mut self) {
        let Kind::Honest(rate) = self.kind else {
            return;
        };
        for number in self.latencies.len()..self.answered() {
            let sent = Duration::from_secs(number as u64) / rate + self.since;
            self.latencies.push(self.clock.now().saturating_sub(sent));
        }
    }
}

struct Line(Rc<RefCell<Peer>>);

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut peer = self.0.borrow_mut();
        let count = buffer.len().min(peer.available());
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let from = peer.read % peer.frame.len();
        let bytes = peer.frame.iter().cycle().skip(from);
        for (place, byte) in buffer.iter_mut().zip(bytes).take(count) {
            *place = *byte;
        }
        let frames = (from + count) / peer.frame.len();
        peer.read += count;
        let each = if peer.kind == Kind::Bomber {
            BOMB_TIME
        } else {
            RECORD_TIME
        };
        peer.clock.pass(each * u32::try_from(frames).unwrap());
        Ok(count)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut peer = self.0.borrow_mut();
        let room = match peer.kind {
            Kind::Deaf => DEAF_ROOM - peer.written,
            _ => usize::MAX,
        };
        let count = bytes.len().min(room);
        if count == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        peer.written += count;
        peer.note_latencies();
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Stream for Line {
    fn shut_down_write(&self) -> io::Result<()> {
        Ok(())
    }

    fn raise_send_buffer(&self) {}

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        Ok(None)
    }
}

/// Messages on their way to Kafka, and when they are there.
type OnTheirWay = Rc<RefCell<VecDeque<(Duration, Shipment, Vec<u32>)>>>;

/// Publishes everything, which takes its time.
struct Kafka {
    clock: SimulatedClock,
    time: Duration,
    slots: Vec<u32>,
    on_their_way: OnTheirWay,
}

impl Sink for Kafka {
    type Topic = ();

    fn topic(&mut self, _name: &str) -> Option<()> {
        Some(())
    }

    fn partitions(&mut self, _topic: ()) -> Option<usize> {
        Some(1)
    }

    fn add(&mut self, message: Message<()>) {
        self.slots.push(message.slot);
    }

    fn ship(&mut self, shipment: Shipment) {
        let slots = std::mem::take(&mut self.slots);
        let due = self.clock.now() + self.time;
        self.on_their_way
            .borrow_mut()
            .push_back((due, shipment, slots));
    }
}

/// One shard and its peers, who stay.
struct Shard {
    clock: SimulatedClock,
    mailbox: Arc<Mailbox>,
    desk: Desk<Kafka, Line, SimulatedClock>,
    on_their_way: OnTheirWay,
    peers: Vec<Rc<RefCell<Peer>>>,
}

struct Nobody;

impl crate::pipeline::Wake for Nobody {
    fn wake(&self) {}
}

impl Shard {
    /// With a Kafka that takes so long.
    fn new(kafka: Duration) -> Self {
        let clock = SimulatedClock::new();
        let plan = Arc::new(aeroduct_config::parse(CONFIG, "test.yml").unwrap());
        let window = Arc::new(Window::new(Load {
            records: 65_536,
            bytes: 64 << 20,
        }));
        let shared = Shared::new(plan, window, 1, clock.instant());
        let metrics = Metrics::new(1, "test");
        let metrics = Arc::clone(&metrics.shards()[0]);
        let mailbox = Arc::new(Mailbox::new(Nobody));
        let on_their_way = OnTheirWay::default();
        let sink = Kafka {
            clock: clock.clone(),
            time: kafka,
            slots: Vec::new(),
            on_their_way: Rc::clone(&on_their_way),
        };
        let pipeline = Pipeline::new(shared, 0, Arc::clone(&metrics), sink, clock.clone());
        let settings = ShardSettings {
            reply_deadline: Duration::from_secs(9),
            is_ack_buffered: true,
            read_bytes: None,
            lifetimes: Lifetimes::default(),
            long_frames: Arc::new(LongFrames::new(64 << 20)),
        };
        let desk = Desk::new(Arc::clone(&mailbox), settings, pipeline, metrics);
        Self {
            clock,
            mailbox,
            desk,
            on_their_way,
            peers: Vec::new(),
        }
    }

    fn admit(&mut self, kind: Kind) -> Rc<RefCell<Peer>> {
        let peer = Rc::new(RefCell::new(Peer::new(kind, self.clock.clone())));
        assert_eq!(self.desk.next_token(), self.peers.len(), "nobody leaves");
        self.peers.push(Rc::clone(&peer));
        self.mailbox.connection_expected();
        let address = SocketAddr::from(([127, 0, 0, 1], 3000));
        self.desk.admit(Line(Rc::clone(&peer)), address, 3000);
        self.tell(self.peers.len() - 1);
        peer
    }

    fn admit_crowd(&mut self, kind: Kind) -> Vec<Rc<RefCell<Peer>>> {
        (0..CROWD).map(|_| self.admit(kind)).collect()
    }

    /// Tells the desk that this peer has sent something.
    fn tell(&mut self, token: usize) {
        let happening = Happening {
            is_writable: false,
            input: Input::More,
        };
        self.desk.on(token, happening);
    }

    /// What has reached Kafka is reported.
    fn report(&self) {
        let mut on_their_way = self.on_their_way.borrow_mut();
        while on_their_way
            .front()
            .is_some_and(|(due, ..)| *due <= self.clock.now())
            && let Some((_, shipment, slots)) = on_their_way.pop_front()
        {
            for slot in slots {
                shipment.recipient().report(slot, Report::Delivered);
                shipment.recipient().settle(1);
            }
        }
    }

    fn run(&mut self, time: Duration) {
        let end = self.clock.now() + time;
        let mut rung = Vec::new();
        while self.clock.now() < end {
            for token in 0..self.peers.len() {
                let peer = self.peers[token].borrow();
                let is_news = matches!(peer.kind, Kind::Honest(_)) && peer.available() > 0;
                drop(peer);
                if is_news {
                    self.tell(token);
                }
            }
            self.report();
            self.mailbox.empty(&mut Vec::new(), &mut rung);
            assert!(!self.desk.go_round(&mut rung));
            // Somebody honest sends something within that time.
            let patience = self.desk.patience().min(RECORD_TIME * 20);
            self.clock.pass(patience.max(Duration::from_micros(1)));
        }
    }
}

fn change() -> Vec<u8> {
    let mut frame = Vec::new();
    MessageWriter::new(&mut frame, Operation::Delete { durable: false })
        .namespace(b"shop")
        .digest(&[7; 20])
        .finish()
        .unwrap();
    frame
}

/// Stands for one: it cannot be read, and the clock tells what it costs.
fn bomb() -> Vec<u8> {
    let body = BOMB_LEN - aeroduct_wire::HEADER_LEN;
    let [.., high, low] = body.to_be_bytes();
    let mut frame = vec![2, 3, 0, 0, 0, 0, high, low];
    frame.resize(BOMB_LEN, 0);
    frame
}

/// An honest source beside a crowd that comes after it: answers in per cent of its records, and how
/// long nearly all of them took.
fn beside(crowd: Option<Kind>) -> (usize, Duration) {
    let mut shard = Shard::new(Duration::ZERO);
    let honest = shard.admit(Kind::Honest(RATE));
    shard.run(Duration::from_millis(50));
    if let Some(kind) = crowd {
        shard.admit_crowd(kind);
    }
    shard.run(Duration::from_millis(2_950));
    let mut peer = honest.borrow_mut();
    let answered = peer.answered() * 100 / (3 * RATE as usize);
    peer.latencies.sort_unstable();
    let p99 = peer.latencies[peer.latencies.len() * 99 / 100];
    (answered, p99)
}

#[test]
fn a_thousand_bad_peers_take_little_of_an_honest_sources_rate_and_time() {
    let (alone, p99) = beside(None);
    assert!(alone >= 99 && p99 < Duration::from_millis(2), "{p99:?}");
    for kind in [Kind::Bomber, Kind::Deaf] {
        let (answered, p99) = beside(Some(kind));
        assert!(answered > 90, "{answered} % beside {kind:?}");
        let bound = Duration::from_millis(50);
        assert!(p99 < bound, "{p99:?} beside {kind:?}");
    }
}

#[test]
fn an_honest_source_that_comes_behind_a_crowd_does_not_wait_for_all_of_it() {
    let mut shard = Shard::new(Duration::ZERO);
    shard.admit_crowd(Kind::Bomber);
    shard.run(Duration::from_millis(1));
    let honest = shard.admit(Kind::Honest(RATE));
    shard.run(Duration::from_millis(100));
    assert!(honest.borrow().answered() > 0);
    shard.run(Duration::from_millis(1_900));
    assert!(honest.borrow().answered() > RATE as usize * 2 * 9 / 10);
}

#[test]
fn however_long_kafka_takes_an_honest_source_passes_a_crowd_beside_another_one() {
    for kafka in [5, 50, 500].map(Duration::from_millis) {
        let mut shard = Shard::new(kafka);
        shard.admit(Kind::Honest(RATE / 10));
        shard.run(kafka * 20);
        shard.admit_crowd(Kind::Bomber);
        shard.run(Duration::from_millis(10));
        let honest = shard.admit(Kind::Honest(RATE / 10));
        // Nine answers, one after the other, until it is read in full.
        shard.run(kafka * 15 + Duration::from_millis(500));
        let answered = honest.borrow().answered();
        let answered = u128::try_from(answered).unwrap();
        let least = u128::from(RATE / 10) * (kafka * 3).as_millis() / 1_000;
        assert!(answered > least, "{kafka:?}: {answered} of {least}");
    }
}

#[test]
fn nobody_starves_beside_an_honest_source_that_could_take_all_the_time() {
    let mut shard = Shard::new(Duration::ZERO);
    let greedy = shard.admit(Kind::Honest(RATE * 3 / 2));
    shard.run(Duration::from_millis(100));
    let bombers: Vec<_> = (0..20).map(|_| shard.admit(Kind::Bomber)).collect();
    shard.run(Duration::from_millis(100));
    let newcomer = shard.admit(Kind::Honest(100));
    shard.run(Duration::from_secs(2));
    assert!(bombers.iter().all(|peer| peer.borrow().read > 0));
    assert!(newcomer.borrow().answered() > 150);
    assert!(greedy.borrow().answered() > RATE as usize * 2);
}

#[test]
fn where_nobody_is_proven_strangers_have_all_the_time() {
    let mut shard = Shard::new(Duration::ZERO);
    let crowd = shard.admit_crowd(Kind::Bomber);
    let time = Duration::from_secs(10);
    shard.run(time);
    let bombs: usize = crowd.iter().map(|peer| peer.borrow().read / BOMB_LEN).sum();
    let spent = BOMB_TIME * u32::try_from(bombs).unwrap();
    assert!(spent > time * 9 / 10, "{spent:?}");
}
