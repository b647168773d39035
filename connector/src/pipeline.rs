//! From received bytes to messages on their way: frames, records, lanes, formats, flights.
//!
//! One pipeline belongs to one shard, so nothing here is shared or locked. It knows neither
//! sockets nor Kafka's client: bytes come in as a slice, messages leave through [`Sink`],
//! and answers come back in the slots of a [`Flight`].

mod answers;
mod arenas;
mod batch;
mod batches;
mod cargo;
mod dock;
mod flight;
mod headers;
mod inbox;
mod lanes;
mod letters;
mod limits;
mod manifest;
pub mod ordering;
mod outlet;
mod refusals;
mod side;
mod tickets;
mod waiting;
mod window;

#[cfg(test)]
mod tests;

pub use answers::{Answer, Answers};
pub use arenas::Arenas;
pub use batch::Batch;
pub use cargo::{Cargo, Shipment};
pub use flight::Flight;
pub use inbox::Inbox;
pub use refusals::Refusals;
pub use window::{Admitted, Load, Trusted, Wake, Window};

use crate::clock::{Clock, Moment, SystemClock};
use crate::metrics::ShardMetrics;
use aeroduct_config::Plan;
use aeroduct_kafka::Piece;
use aeroduct_kafka::extras::Place;
use aeroduct_wire::{Frame, FrameError, FrameKind, Inflater};
use dock::{Arrival, Dock};
use ordering::RecordOrder;
use std::fmt;
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// One message, as ranges of its flight's bytes.
#[derive(Clone, Debug)]
pub struct Message<T> {
    /// The topic's handle.
    pub topic: T,
    /// The key; `None` for a message without one.
    pub key: Option<Range<u32>>,
    /// Decides the partition: Java's murmur2 of the key, or of the digest where there is no key; of
    /// a batch the number of its partition, and a count where each partition gets one in turn.
    pub hash: u32,
    /// The value.
    pub value: Range<u32>,
    /// Timestamp and headers.
    pub extras: Place,
    /// The record's answer slot.
    pub slot: u32,
}

impl<T> Message<T> {
    /// The topic's handle, and the message as the producer takes it.
    #[inline]
    pub fn into_piece(self) -> (T, Piece) {
        let piece = Piece {
            key: self.key,
            value: self.value,
            extras: self.extras,
            hash: self.hash,
            slot: self.slot,
        };
        (self.topic, piece)
    }
}

/// Where messages go. Reports come back through the shipment's `Recipient` side.
pub trait Sink {
    /// A handle of a topic, cheap to copy.
    type Topic: Copy + Eq + Hash;

    /// The handle of a topic, cached by name; `None` when there are too many others.
    fn topic(&mut self, name: &str) -> Option<Self::Topic>;

    /// How many partitions the topic has; `None` while that is not known.
    fn partitions(&mut self, topic: Self::Topic) -> Option<usize>;

    /// Adds one message to those that leave with the next shipment.
    fn add(&mut self, message: Message<Self::Topic>);

    /// Sends off what was added.
    fn ship(&mut self, shipment: Shipment);
}

/// The connection that input came over.
#[derive(Clone)]
pub struct Origin {
    /// The port that it was accepted at.
    pub port: u16,
    /// Whom to wake when a flight of it is complete.
    pub wake: Arc<dyn Wake>,
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

/// What became of one piece of input.
#[derive(Debug)]
pub struct Dispatched {
    /// Bytes used up; what is left is the beginning of a frame, or for the next flight.
    pub consumed: usize,
    /// The flight, unless there was no whole frame.
    pub flight: Option<Arc<Flight>>,
    /// Messages of the flight that cannot be read, or not be inflated.
    pub unreadable: usize,
    /// Framing is lost: nothing after `consumed` can be read.
    pub broken: Option<FrameError>,
}

/// What the pipelines of a process share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The checked configuration.
    pub plan: Arc<Plan>,
    /// Back-pressure.
    pub window: Arc<Window>,
    /// Output buffers.
    pub arenas: Arc<Arenas>,
    /// Lines about what was refused.
    pub refusals: Arc<Refusals>,
    /// The order of records' versions.
    pub order: Arc<RecordOrder>,
    /// What others tell the pipelines, one for each shard.
    pub inboxes: Arc<[Arc<Inbox>]>,
}

impl Shared {
    /// What so many shards share; `now` is the time from which they count.
    pub fn new(plan: Arc<Plan>, window: Arc<Window>, shards: usize, now: Instant) -> Self {
        let inboxes: Arc<[_]> = (0..shards).map(|_| Arc::new(Inbox::default())).collect();
        Self {
            plan,
            window,
            arenas: Arc::default(),
            refusals: Arc::default(),
            order: Arc::new(RecordOrder::new(now, &inboxes)),
            inboxes,
        }
    }
}

/// The way of a record from bytes to a message, for one shard.
pub struct Pipeline<S: Sink, C: Clock = SystemClock> {
    dock: Dock<S>,
    inflater: Inflater,
    inbox: Arc<Inbox>,
    clock: C,
}

impl<S: Sink, C: Clock> Pipeline<S, C> {
    /// The pipeline of the shard with this number, which ends in `sink`.
    pub fn new(
        shared: Shared,
        number: usize,
        metrics: Arc<ShardMetrics>,
        sink: S,
        clock: C,
    ) -> Self {
        let inbox = shared.inboxes.get(number).map(Arc::clone);
        Self {
            inflater: Inflater::new(shared.plan.aeroduct.max_frame_bytes),
            inbox: inbox.unwrap_or_default(),
            dock: Dock::new(shared, number, metrics, sink),
            clock,
        }
    }

    /// Names whom to wake when there is something for [`resume`](Self::resume).
    pub fn wake_through(&self, wake: Arc<dyn Wake>) {
        self.inbox.wake_through(wake);
    }

    /// Back-pressure, as the reader of sockets needs to know it.
    pub fn window(&self) -> &Arc<Window> {
        &self.dock.shared.window
    }

    /// The clock that everything in this shard goes by.
    pub fn clock(&self) -> &C {
        &self.clock
    }

    /// Puts the whole frames at the start of `input` on their way. What cannot go is
    /// answered at once.
    pub fn dispatch(&mut self, input: &[u8], arrived: Moment, origin: &Origin) -> Dispatched {
        self.dispatch_posted(input, &[], arrived, origin)
    }

    /// The same for frames that came in HTTP requests: `paths` are those of the requests, in the
    /// order of the frames, or none where a path makes no difference.
    pub fn dispatch_posted(
        &mut self,
        input: &[u8],
        paths: &[Box<str>],
        arrived: Moment,
        origin: &Origin,
    ) -> Dispatched {
        let is_overdue = self.window().is_overdue();
        self.dock.begin(if is_overdue { 0 } else { input.len() });
        let limit = self.dock.shared.plan.aeroduct.max_frame_bytes;
        let port = self.dock.port_of(origin);
        let mut paths = paths.iter();
        let mut rest = input;
        let mut broken = None;
        while !self.dock.is_full() {
            match aeroduct_wire::next_frame(rest, limit) {
                Ok(Some(frame)) => {
                    rest = rest.get(frame.len()..).unwrap_or_default();
                    if is_overdue {
                        self.dock.put_off();
                    } else {
                        let path = paths.next().map(AsRef::as_ref);
                        self.board(frame, path, port, arrived);
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        let consumed = input.len() - rest.len();
        let unreadable = self.dock.unreadable();
        let flight = self.depart(consumed, arrived, &origin.wake);
        Dispatched {
            consumed,
            flight,
            unreadable,
            broken,
        }
    }

    /// Reads one message and boards its record.
    #[inline]
    fn board(&mut self, received: Frame<'_>, path: Option<&str>, port: u16, arrived: Moment) {
        let Self { dock, inflater, .. } = self;
        let frame = match received.kind() {
            FrameKind::Message => received,
            FrameKind::Compressed => match inflater.inflate(received) {
                Ok(inner) => inner,
                Err(error) => return dock.refuse(received, &error),
            },
        };
        match aeroduct_wire::parse_message(frame.body()) {
            Ok(record) => dock.board(&Arrival {
                record: &record,
                frame,
                received,
                path,
                port,
                at: arrived,
            }),
            Err(error) => dock.refuse(received, &error),
        }
    }

    fn depart(
        &mut self,
        consumed: usize,
        arrived: Moment,
        wake: &Arc<dyn Wake>,
    ) -> Option<Arc<Flight>> {
        let (flight, waits) = self.dock.depart(consumed, arrived, wake, &self.inbox)?;
        if waits > 0 {
            let now = self.clock.instant();
            let since_read = now.saturating_duration_since(arrived.instant);
            self.dock.metrics.submitted(since_read, waits as usize);
        }
        Some(flight)
    }

    /// Sends what became free to go: versions whose turn has come, batches whose time has come,
    /// letters about what Kafka refused.
    pub fn resume(&mut self) {
        let now = self.clock.instant();
        self.dock.outlet.resume(&self.inbox, now);
    }

    /// Closes all batches.
    pub fn close_batches(&mut self) {
        self.dock.outlet.close_batches();
    }

    /// Closes all batches when they hold a quarter of the window, or when it is full: sources
    /// would stop to send, and the batches would wait for records that cannot come.
    pub fn relieve(&mut self) {
        if self.dock.outlet.next_due().is_none() {
            return;
        }
        let (window, waiting) = (self.window(), self.dock.outlet.in_batches());
        if waiting > 0 && (window.is_stalled() || waiting >= window.limit().records / 4) {
            self.close_batches();
        }
    }

    /// Forgets what has expired; to be called every now and then.
    pub fn sweep(&mut self) {
        self.dock.outlet.sweep();
        self.dock.shared.order.sweep(self.clock.instant());
    }

    /// When [`resume`](Self::resume) is to be called at the latest.
    pub fn next_due(&self) -> Option<Instant> {
        self.dock.outlet.next_due()
    }
}

/// A flight is bounded far below 4 GiB, so its ranges fit.
#[inline]
fn narrow(range: Range<usize>) -> Range<u32> {
    let fit = |at| u32::try_from(at).unwrap_or(u32::MAX);
    fit(range.start)..fit(range.end)
}
