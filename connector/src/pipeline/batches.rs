//! Batching (5.2, 13.3): records that are put together into one message.
//!
//! A batch collects records of one topic and of the partition that their own keys lead to, so it
//! breaks no order. It belongs to a shard. It is closed by its limits; when batches hold much of the
//! window, because what waits in them would keep sources from sending; and at the end. Its memory is
//! counted as that of the flights whose records it holds.

use super::arenas::Arenas;
use super::batch::{Batch, Passenger};
use super::flight::Flight;
use super::limits::Limits;
use super::{Message, Sink, narrow};
use crate::pipeline::cargo::Cargo;
use aeroduct_kafka::{Failure, Parcel, Report, extras, partition_of};
use aeroduct_outbound::{BatchLayout, Batching, Member};
use hashbrown::HashMap;
use std::hash::Hash;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What Kafka's record has beside key and value, with room to spare.
const RECORD_OVERHEAD: usize = 512;

/// Buffers of batches begin with this capacity.
const BATCH_BYTES: usize = 4 << 10;

/// Topics of which something is remembered.
const TOPICS_MAX: usize = 4096;

/// How often it is asked for the partitions of topics whose records wait for that.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Which records are put together: of one topic and partition, and under the same rules.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct BatchId<T> {
    topic: T,
    /// `None` while the topic's partitions are not known.
    partition: Option<usize>,
    batching: Batching,
}

/// What a batch has to know of a record beside its message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms<'e> {
    pub(super) batching: &'e Batching,
    pub(super) digest: &'e [u8; 20],
    /// The last update in Unix milliseconds, where it is to be the message's timestamp.
    pub(super) timestamp_ms: Option<u64>,
    pub(super) arrived: Instant,
}

/// A record for a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'e, T> {
    pub(super) topic: T,
    /// Java's murmur2 of the record's own key.
    pub(super) hash: u32,
    pub(super) key: Option<&'e [u8]>,
    pub(super) value: &'e [u8],
    pub(super) terms: Terms<'e>,
    /// The record's flight; `None` for the one that is being loaded.
    pub(super) flight: Option<&'e Arc<Flight>>,
    pub(super) slot: u32,
}

/// A record in an open batch.
#[derive(Debug)]
struct Seat {
    flight: Option<Arc<Flight>>,
    slot: u32,
    hash: u32,
    key: Option<Range<usize>>,
    value: Range<usize>,
    digest: [u8; 20],
    timestamp_ms: Option<u64>,
    arrived: Instant,
}

#[derive(Debug)]
struct Open {
    batching: Batching,
    bytes: Vec<u8>,
    seats: Vec<Seat>,
    due: Instant,
}

/// The open batches of a shard.
#[derive(Debug)]
pub(super) struct Batches<T> {
    open: HashMap<BatchId<T>, Open>,
    /// Closed while their last flight was still being loaded.
    closed: Vec<(BatchId<T>, Open)>,
    /// Batches with seats of the flight that is being loaded.
    touched: Vec<BatchId<T>>,
    /// Records in open batches.
    records: usize,
    limits: HashMap<T, Arc<Limits>>,
    message_bytes: usize,
    next_due: Option<Instant>,
    /// While there are batches without a partition: when to look for it.
    next_look: Option<Instant>,
}

/// What closing a batch needs.
pub(super) struct Closing<'c, S> {
    pub(super) sink: &'c mut S,
    pub(super) arenas: &'c Arc<Arenas>,
}

impl<T: Copy + Eq + Hash> Batches<T> {
    /// No batches; none will have more than `message_bytes`, which is what the producer takes.
    pub(super) fn new(message_bytes: usize) -> Self {
        Self {
            open: HashMap::new(),
            closed: Vec::new(),
            touched: Vec::new(),
            records: 0,
            limits: HashMap::new(),
            message_bytes: message_bytes.saturating_sub(RECORD_OVERHEAD),
            next_due: None,
            next_look: None,
        }
    }

    /// Adds a record; a batch that is full thereby is closed, and goes with the next
    /// [`bind`](Self::bind).
    pub(super) fn add<S: Sink<Topic = T>>(&mut self, entry: &Entry<'_, T>, sink: &mut S) {
        let partitions = sink.partitions(entry.topic).filter(|&count| count > 0);
        if let Some(partitions) = partitions {
            self.sort_out(entry.topic, *entry.terms.batching, partitions);
        }
        let id = BatchId {
            topic: entry.topic,
            partition: partitions.map(|count| partition_of(entry.hash, count)),
            batching: *entry.terms.batching,
        };
        self.seat(id, entry);
    }

    fn seat(&mut self, id: BatchId<T>, entry: &Entry<'_, T>) {
        let len = entry.value.len() + entry.key.map_or(0, <[u8]>::len);
        let learnt = self.limits(id.topic);
        let (most, is_suspect) = (learnt.bytes(), learnt.is_suspect(entry.terms.digest));
        let is_too_much = |open: &Open| {
            open.bytes.len() + len + BatchLayout::overhead(open.seats.len() + 1) > most
        };
        if is_suspect || self.open.get(&id).is_some_and(is_too_much) {
            self.close(id);
        }
        let limits = id.batching.limits;
        let due = entry.terms.arrived + limits.interval;
        self.next_due = Some(self.next_due.map_or(due, |next| next.min(due)));
        if id.partition.is_none() && self.next_look.is_none() {
            self.next_look = Some(entry.terms.arrived + LOOK_AGAIN);
        }
        if entry.flight.is_none() && self.touched.last() != Some(&id) {
            self.touched.push(id);
        }
        let open = self.open.entry(id).or_insert_with(|| Open {
            batching: id.batching,
            bytes: Vec::with_capacity(BATCH_BYTES),
            seats: Vec::new(),
            due,
        });
        open.due = open.due.min(due);
        open.push(entry);
        self.records += 1;
        // Until the partitions are known nobody can tell how many batches these are.
        if is_suspect || open.is_full() && id.partition.is_some() {
            self.close(id);
        }
    }

    fn close(&mut self, id: BatchId<T>) {
        if let Some(open) = self.open.remove(&id) {
            self.records -= open.seats.len();
            self.closed.push((id, open));
        }
    }

    /// Distributes the records that came before the topic's partitions were known.
    fn sort_out(&mut self, topic: T, batching: Batching, partitions: usize) {
        let unknown = BatchId {
            topic,
            partition: None,
            batching,
        };
        let Some(open) = self.open.remove(&unknown) else {
            return;
        };
        self.records -= open.seats.len();
        for seat in &open.seats {
            let id = BatchId {
                partition: Some(partition_of(seat.hash, partitions)),
                ..unknown
            };
            self.seat(id, &open.entry(topic, seat));
        }
    }

    /// Says which flight the records added last are of, and sends off what is closed.
    pub(super) fn bind<S: Sink<Topic = T>>(
        &mut self,
        flight: &Arc<Flight>,
        closing: &mut Closing<'_, S>,
    ) {
        let closed = self.closed.iter_mut().map(|(_, open)| open);
        for open in closed {
            open.bind(flight);
        }
        for id in self.touched.drain(..) {
            if let Some(open) = self.open.get_mut(&id) {
                open.bind(flight);
            }
        }
        self.send_closed(closing);
    }

    /// Sends off the batches whose time has come, and those that turn out to be full now that their
    /// partition is known.
    pub(super) fn close_due<S: Sink<Topic = T>>(
        &mut self,
        now: Instant,
        closing: &mut Closing<'_, S>,
    ) {
        if self.next_due().is_none_or(|due| due > now) {
            return;
        }
        self.close_where(|open| open.due <= now, closing);
        let is_any_unknown = self.open.keys().any(|id| id.partition.is_none());
        self.next_look = is_any_unknown.then(|| now + LOOK_AGAIN);
    }

    /// Sends off all batches.
    pub(super) fn close_all<S: Sink<Topic = T>>(&mut self, closing: &mut Closing<'_, S>) {
        self.close_where(|_| true, closing);
        self.next_look = None;
    }

    fn close_where<S: Sink<Topic = T>>(
        &mut self,
        is_meant: impl Fn(&Open) -> bool,
        closing: &mut Closing<'_, S>,
    ) {
        let unknown: Vec<_> = self
            .open
            .keys()
            .copied()
            .filter(|id| id.partition.is_none())
            .collect();
        for id in unknown {
            if let Some(partitions) = closing.sink.partitions(id.topic).filter(|&count| count > 0) {
                self.sort_out(id.topic, id.batching, partitions);
            }
        }
        let meant = self.open.extract_if(|_, open| is_meant(open));
        self.closed.extend(meant);
        self.records = self.open.values().map(|open| open.seats.len()).sum();
        self.next_due = self.open.values().map(|open| open.due).min();
        self.send_closed(closing);
    }

    fn send_closed<S: Sink<Topic = T>>(&mut self, closing: &mut Closing<'_, S>) {
        for (id, open) in std::mem::take(&mut self.closed) {
            let limits = Arc::clone(self.limits(id.topic));
            if id.partition.is_some() {
                open.send(&open.seats, id, &limits, closing);
            } else {
                // Nobody knows which of them belong together.
                for seat in open.seats.chunks(1) {
                    open.send(seat, id, &limits, closing);
                }
            }
            closing.arenas.give_back(open.bytes);
        }
    }

    fn limits(&mut self, topic: T) -> &Arc<Limits> {
        if self.limits.len() >= TOPICS_MAX && !self.limits.contains_key(&topic) {
            self.limits.clear();
        }
        let most = self.message_bytes;
        let limits = self.limits.entry(topic);
        limits.or_insert_with(|| Arc::new(Limits::new(most)))
    }

    /// When the next batch is to be closed, or looked at.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.next_due.into_iter().chain(self.next_look).min()
    }

    /// Records in open batches.
    pub(super) const fn records(&self) -> usize {
        self.records
    }
}

impl Open {
    fn push<T>(&mut self, entry: &Entry<'_, T>) {
        let mut append = |part: &[u8]| {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(part);
            start..self.bytes.len()
        };
        let (key, value) = (entry.key.map(&mut append), append(entry.value));
        self.seats.push(Seat {
            flight: entry.flight.map(Arc::clone),
            slot: entry.slot,
            hash: entry.hash,
            key,
            value,
            digest: *entry.terms.digest,
            timestamp_ms: entry.terms.timestamp_ms,
            arrived: entry.terms.arrived,
        });
    }

    fn is_full(&self) -> bool {
        let limits = self.batching.limits;
        self.seats.len() >= limits.records as usize || self.bytes.len() as u64 >= limits.bytes
    }

    fn bind(&mut self, flight: &Arc<Flight>) {
        let mut unbound = self.seats.iter_mut().rev();
        while let Some(Seat {
            flight: place @ None,
            ..
        }) = unbound.next()
        {
            *place = Some(Arc::clone(flight));
        }
    }

    fn part(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    fn entry<'e, T>(&'e self, topic: T, seat: &'e Seat) -> Entry<'e, T> {
        Entry {
            topic,
            hash: seat.hash,
            key: seat.key.clone().map(|key| self.part(key)),
            value: self.part(seat.value.clone()),
            terms: Terms {
                batching: &self.batching,
                digest: &seat.digest,
                timestamp_ms: seat.timestamp_ms,
                arrived: seat.arrived,
            },
            flight: seat.flight.as_ref(),
            slot: seat.slot,
        }
    }

    /// Sends `seats` off as one message, but for those that nobody waits for any more.
    fn send<S: Sink>(
        &self,
        seats: &[Seat],
        id: BatchId<S::Topic>,
        limits: &Arc<Limits>,
        closing: &mut Closing<'_, S>,
    ) {
        let mut passengers = Vec::with_capacity(seats.len());
        let mut members = Vec::with_capacity(seats.len());
        let mut timestamp_ms = None;
        for seat in seats {
            let Some(flight) = &seat.flight else {
                continue;
            };
            if flight.is_abandoned() {
                flight.report(seat.slot, Report::Failed(Failure::Abandoned));
                flight.settle(1);
                continue;
            }
            passengers.push(Passenger {
                flight: Arc::clone(flight),
                slot: seat.slot,
                digest: seat.digest,
            });
            members.push(Member {
                key: seat.key.clone().map(|key| self.part(key)),
                value: self.part(seat.value.clone()),
                digest: &seat.digest,
            });
            timestamp_ms = timestamp_ms.max(seat.timestamp_ms);
        }
        let Some(first) = seats.first().filter(|_| !members.is_empty()) else {
            return;
        };
        let part_of = |member: &Member<'_>| member.key.map_or(0, <[u8]>::len) + member.value.len();
        let bytes = members.iter().map(part_of).sum::<usize>();
        let expected = bytes + BatchLayout::overhead(members.len());
        let mut out = closing.arenas.take(expected);
        let joined = self.batching.layout.join(members.into_iter(), &mut out);
        let timestamp_ms = timestamp_ms.and_then(|ms| i64::try_from(ms).ok());
        let bytes = out.len();
        let extras = extras::write(&mut out, timestamp_ms, []);
        let batch = Batch {
            passengers: passengers.into(),
            bytes,
            limits: Arc::clone(limits),
            arenas: Arc::clone(closing.arenas),
        };
        // All batches of a partition go by its number: whoever sends a refused one again must see
        // that a later one may hold the same records.
        let partition = id.partition.and_then(|number| u32::try_from(number).ok());
        closing.sink.add(Message {
            topic: id.topic,
            key: joined.key.map(narrow),
            hash: partition.unwrap_or(first.hash),
            value: narrow(joined.value),
            extras,
            slot: 0,
        });
        closing.sink.ship(Parcel::seal(out, Cargo::Batch(batch)));
    }
}
