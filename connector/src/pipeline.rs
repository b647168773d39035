//! From received bytes to messages on their way: frames, records, lanes, formats, flights.
//!
//! One pipeline belongs to one shard, so nothing here is shared or locked. It knows neither
//! sockets nor Kafka's client: bytes come in as a slice, messages leave through [`Sink`],
//! and answers come back in the slots of a [`Flight`].

mod answers;
mod arenas;
mod flight;
mod lanes;
pub mod ordering;
mod window;

#[cfg(test)]
mod tests;

pub use answers::{Answer, Answers};
pub use arenas::Arenas;
pub use flight::{Departed, Flight};
pub use window::{Admitted, Load, Wake, Window};

use crate::clock::{Clock, Moment, SystemClock};
use crate::metrics::ShardMetrics;
use crate::sync::atomic::{AtomicBool, AtomicU64};
use aeroduct_config::Plan;
use aeroduct_kafka::{Parcel, murmur2};
use aeroduct_outbound::{
    Change, Lane, Outbound, PrepareError, Prepared, Scratch, TopicChoice, UnixSeconds,
};
use aeroduct_process::logging::Throttle;
use aeroduct_record::Record;
use aeroduct_wire::{Frame, FrameError, FrameKind, Inflater};
use flight::UpdateTimes;
use lanes::{Lanes, Whose};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A flight departs when its output has grown to this, whatever input is left: one flight
/// is one piece of memory, given back as a whole.
const FLIGHT_BYTES_MAX: usize = 4 << 20;

/// Output bytes expected for each input byte: JSON of a typical record, key included.
const EXPANSION: usize = 2;

/// One message, as ranges of its flight's bytes.
#[derive(Clone, Debug)]
pub struct Message<T> {
    /// The topic's handle.
    pub topic: T,
    /// The key; `None` for a message without one.
    pub key: Option<Range<u32>>,
    /// Java's murmur2 of the key, or of the digest where there is no key.
    pub hash: u32,
    /// The value.
    pub value: Range<u32>,
    /// The record's answer slot.
    pub slot: u32,
}

/// Where messages go. Reports come back through the flight's `Recipient` side.
pub trait Sink {
    /// A handle of a topic, cheap to copy.
    type Topic: Copy;

    /// The handle of a topic, cached by name; `None` when there are too many others.
    fn topic(&mut self, name: &str) -> Option<Self::Topic>;

    /// Adds one message to those that leave with the next flight.
    fn add(&mut self, message: Message<Self::Topic>);

    /// Sends off what was added.
    fn ship(&mut self, flight: Departed);
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
    pub flight: Option<Departed>,
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
}

/// Limits for the lines about records that are refused for good: a source that repeats one
/// mistake must not fill the log.
#[derive(Debug, Default)]
pub struct Refusals {
    messages: Throttle,
    records: Throttle,
}

/// The way of a record from bytes to a message, for one shard.
pub struct Pipeline<S: Sink, C: Clock = SystemClock> {
    shared: Shared,
    metrics: Arc<ShardMetrics>,
    sink: S,
    clock: C,
    lanes: Lanes<S::Topic>,
    inflater: Inflater,
    manifest: Manifest,
}

/// What is known of the flight that is being loaded. Reused from flight to flight.
#[derive(Debug, Default)]
struct Manifest {
    answers: Vec<Answer>,
    boarded: u32,
    updates: UpdateTimes,
    arena: Vec<u8>,
    scratch: Scratch,
}

impl<S: Sink, C: Clock> Pipeline<S, C> {
    /// A pipeline that ends in `sink`.
    pub fn new(shared: Shared, metrics: Arc<ShardMetrics>, sink: S, clock: C) -> Self {
        let inflater = Inflater::new(shared.plan.aeroduct.max_frame_bytes);
        Self {
            shared,
            metrics,
            sink,
            clock,
            lanes: Lanes::new(),
            inflater,
            manifest: Manifest::default(),
        }
    }

    /// Back-pressure, as the reader of sockets needs to know it.
    pub fn window(&self) -> &Arc<Window> {
        &self.shared.window
    }

    /// The clock that everything in this shard goes by.
    pub fn clock(&self) -> &C {
        &self.clock
    }

    /// Puts the whole frames at the start of `input` on their way. What cannot go is
    /// answered at once.
    pub fn dispatch(&mut self, input: &[u8], arrived: Moment, origin: &Origin) -> Dispatched {
        let is_overdue = self.shared.window.is_overdue();
        self.manifest.begin(
            &self.shared.arenas,
            if is_overdue { 0 } else { input.len() },
        );
        let limit = self.shared.plan.aeroduct.max_frame_bytes;
        let has_ports = self.shared.plan.outbound.has_ports();
        let port = if has_ports { origin.port } else { 0 };
        let mut rest = input;
        let mut broken = None;
        while self.manifest.arena.len() < FLIGHT_BYTES_MAX {
            match aeroduct_wire::next_frame(rest, limit) {
                Ok(Some(frame)) => {
                    rest = rest.get(frame.len()..).unwrap_or_default();
                    let answer = if is_overdue {
                        self.metrics.failed("overdue", 1);
                        Answer::TemporaryError
                    } else {
                        self.board(frame, port, arrived)
                    };
                    self.manifest.answers.push(answer);
                }
                Ok(None) => break,
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        let consumed = input.len() - rest.len();
        let flight = self.depart(consumed, arrived, &origin.wake);
        Dispatched {
            consumed,
            flight,
            broken,
        }
    }

    /// Prepares one record and adds its message to the flight; the answer is the one to
    /// give when no report comes.
    fn board(&mut self, frame: Frame<'_>, port: u16, arrived: Moment) -> Answer {
        let Self {
            shared,
            metrics,
            sink,
            lanes,
            inflater,
            manifest,
            ..
        } = self;
        let frame = match frame.kind() {
            FrameKind::Message => frame,
            FrameKind::Compressed => match inflater.inflate(frame) {
                Ok(inner) => inner,
                Err(error) => return refuse_message(&shared.refusals, metrics, &error),
            },
        };
        let record = match aeroduct_wire::parse_message(frame.body()) {
            Ok(record) => record,
            Err(error) => return refuse_message(&shared.refusals, metrics, &error),
        };
        let metadata = &record.metadata;
        let whose = Whose {
            port,
            namespace: metadata.namespace,
            set: metadata.set,
        };
        let resolved = lanes.lane_of(whose, &shared.plan.outbound, sink);
        let change = Change {
            record: &record,
            frame: frame.bytes(),
            arrived: UnixSeconds(arrived.unix_ms / 1000),
        };
        match manifest.prepare(&resolved.lane, &change) {
            Ok(Prepared::Outbound(outbound)) => {
                let topic = match outbound.topic {
                    TopicChoice::Fixed => resolved.topic,
                    TopicChoice::Named => sink.topic(manifest.scratch.topic()),
                };
                let Some(topic) = topic else {
                    return refuse_topic(&shared.refusals, metrics);
                };
                sink.add(manifest.message(topic, &outbound, &record, arrived));
                Answer::TemporaryError
            }
            Ok(Prepared::Skipped(rule)) => {
                metrics.skipped(rule.label(), 1);
                Answer::Success
            }
            Err(error) => {
                refuse_record(&shared.refusals, metrics, &record, &error);
                if error.is_temporary() {
                    Answer::TemporaryError
                } else {
                    Answer::PermanentError
                }
            }
        }
    }

    fn depart(
        &mut self,
        consumed: usize,
        arrived: Moment,
        wake: &Arc<dyn Wake>,
    ) -> Option<Departed> {
        let manifest = &mut self.manifest;
        let arena = std::mem::take(&mut manifest.arena);
        if manifest.answers.is_empty() {
            self.shared.arenas.give_back(arena);
            return None;
        }
        self.metrics.read(consumed, manifest.answers.len());
        self.metrics.ahead(manifest.updates.ahead);
        let load = Load {
            records: manifest.answers.len(),
            bytes: arena.capacity(),
        };
        let flight = Flight {
            answers: Answers::new(&manifest.answers, manifest.boarded),
            arrived,
            admitted: self.shared.window.admit(load),
            updates: manifest.updates,
            wake: Arc::clone(wake),
            arenas: Arc::clone(&self.shared.arenas),
            metrics: Arc::clone(&self.metrics),
            is_abandoned: AtomicBool::new(false),
            has_failures: AtomicBool::new(false),
            reported_us: (manifest.boarded > 0).then(|| AtomicU64::new(0)),
        };
        let departed = Parcel::seal(arena, flight);
        if manifest.boarded > 0 {
            self.sink.ship(Arc::clone(&departed));
            let records = manifest.boarded as usize;
            let now = self.clock.instant();
            let since_read = now.saturating_duration_since(arrived.instant);
            self.metrics.submitted(since_read, records);
        }
        Some(departed)
    }
}

impl Manifest {
    fn begin(&mut self, arenas: &Arenas, input: usize) {
        self.answers.clear();
        self.boarded = 0;
        self.updates = UpdateTimes::default();
        self.arena = if input == 0 {
            Vec::new()
        } else {
            arenas.take(input * EXPANSION)
        };
    }

    #[inline]
    fn prepare(&mut self, lane: &Lane, change: &Change<'_>) -> Result<Prepared, PrepareError> {
        lane.prepare(change, &mut self.arena, &mut self.scratch)
    }

    #[inline]
    fn message<T>(
        &mut self,
        topic: T,
        outbound: &Outbound,
        record: &Record<'_>,
        arrived: Moment,
    ) -> Message<T> {
        if let Some(update) = record.metadata.last_update {
            self.updates.sum_ms += update.unix_ms();
            self.updates.count += 1;
            self.updates.ahead += u32::from(update.unix_ms() > arrived.unix_ms);
        }
        self.boarded += 1;
        let key = outbound.key.clone();
        let hashed = key
            .clone()
            .and_then(|key| self.arena.get(key))
            .unwrap_or(record.metadata.digest.as_slice());
        Message {
            topic,
            hash: murmur2(hashed),
            key: key.map(narrow),
            value: narrow(outbound.value.clone()),
            slot: u32::try_from(self.answers.len()).unwrap_or(u32::MAX),
        }
    }
}

/// A flight is bounded far below 4 GiB, so its ranges fit.
#[inline]
fn narrow(range: Range<usize>) -> Range<u32> {
    let fit = |at| u32::try_from(at).unwrap_or(u32::MAX);
    fit(range.start)..fit(range.end)
}

#[cold]
fn refuse_message(
    refusals: &Refusals,
    metrics: &ShardMetrics,
    error: &(dyn std::error::Error + 'static),
) -> Answer {
    metrics.parse_error(1);
    if let Some(suppressed) = refusals.messages.admit() {
        tracing::error!(target: "record-parser", error, suppressed, "message refused for good");
    }
    Answer::PermanentError
}

#[cold]
fn refuse_topic(refusals: &Refusals, metrics: &ShardMetrics) -> Answer {
    metrics.failed("too-many-topics", 1);
    if let Some(suppressed) = refusals.records.admit() {
        tracing::error!(
            target: "server",
            suppressed,
            "record refused for good: too many different topics are in use; route by something \
             with fewer values, and restart",
        );
    }
    Answer::PermanentError
}

#[cold]
fn refuse_record(
    refusals: &Refusals,
    metrics: &ShardMetrics,
    record: &Record<'_>,
    error: &PrepareError,
) {
    metrics.failed(error.reason().label(), 1);
    if let Some(suppressed) = refusals.records.admit() {
        let metadata = &record.metadata;
        tracing::error!(
            target: "server",
            namespace = %String::from_utf8_lossy(metadata.namespace),
            set = %String::from_utf8_lossy(metadata.set.unwrap_or_default()),
            digest = ?metadata.digest,
            error = error as &(dyn std::error::Error + 'static),
            suppressed,
            "record refused for good",
        );
    }
}
