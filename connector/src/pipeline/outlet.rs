//! The ways out of the pipeline: at once, in a batch, when a version's turn has come, or as a dead
//! letter.

mod afterwards;

use super::answers::Answer;
use super::batches::{Batches, Closing, Entry};
use super::cargo::Shipment;
use super::flight::Flight;
use super::headers::ExtrasRule;
use super::lanes::ResolvedLane;
use super::letters::Letter;
use super::manifest::Manifest;
use super::ordering::{RecordId, Turn, Version};
use super::refusals::{Fate, Refusal};
use super::waiting::{Waiting, WaitingRoom};
use super::{Message, Shared, Sink, narrow};
use crate::clock::Moment;
use crate::metrics::ShardMetrics;
use aeroduct_config::Partitioner;
use aeroduct_kafka::murmur2;
use aeroduct_outbound::Outbound;
use aeroduct_record::{LastUpdate, Metadata};
use std::sync::Arc;
use std::time::Duration;

/// The rule by which a version is skipped that is older than what Kafka has.
const STALE: &str = "stale-version";

/// Where the records of one shard leave, and what is still here of them.
pub(super) struct Outlet<S: Sink> {
    pub(super) sink: S,
    shared: Shared,
    shard: usize,
    metrics: Arc<ShardMetrics>,
    batches: Batches<S::Topic>,
    waiting: WaitingRoom<S::Topic>,
    /// Where dead letters go; `None` where there are none.
    letters: Option<S::Topic>,
    extras: ExtrasRule,
    /// Counts messages where each partition gets one in turn, whatever the key.
    in_turn: Option<u32>,
}

/// A record on its way out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving<'l, T> {
    pub(super) metadata: &'l Metadata<'l>,
    pub(super) arrived: Moment,
    pub(super) lane: &'l ResolvedLane<T>,
    pub(super) ordered: Option<Ordered>,
    /// Where in the output its bytes begin.
    pub(super) start: usize,
}

/// A version whose order is kept, and whether it is on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ordered {
    version: Version,
    remembered: Duration,
    turn: Turn,
}

impl<S: Sink> Outlet<S> {
    pub(super) fn new(
        shared: Shared,
        number: usize,
        metrics: Arc<ShardMetrics>,
        mut sink: S,
    ) -> Self {
        let plan = &shared.plan;
        let letters = plan.aeroduct.dead_letter.as_ref();
        let is_in_turn = plan.producer.partitioner == Partitioner::RoundRobin;
        Self {
            letters: letters.and_then(|topic| sink.topic(topic.as_str())),
            batches: Batches::new(plan.producer.message_bytes),
            waiting: WaitingRoom::new(),
            extras: ExtrasRule::new(&plan.aeroduct),
            in_turn: is_in_turn.then_some(0),
            sink,
            shard: number,
            metrics,
            shared,
        }
    }

    pub(super) const fn makes_letters(&self) -> bool {
        self.letters.is_some()
    }

    /// Asks whether it is the turn of this version; `Ok(None)` where no order is kept. Whoever is
    /// told to go must [`send`](Self::send) it or [`give way`](Self::give_way).
    ///
    /// # Errors
    /// The answer to give at once, because Kafka has a newer version.
    #[inline]
    pub(super) fn ask(
        &self,
        lane: &ResolvedLane<S::Topic>,
        metadata: &Metadata<'_>,
        arrived: Moment,
    ) -> Result<Option<Ordered>, Answer> {
        let Some((stream, remembered)) = lane.ordering else {
            return Ok(None);
        };
        let version = Version {
            record: RecordId::new(stream, metadata.digest),
            update_ms: metadata.last_update.map_or(0, LastUpdate::unix_ms),
        };
        let turn = if self.waiting.has(&version.record) {
            Turn::Wait
        } else {
            let order = &self.shared.order;
            order.begin(&version, remembered, arrived.instant, self.shard)
        };
        if turn == Turn::Stale {
            self.metrics.skipped(STALE, 1);
            return Err(Answer::Success);
        }
        Ok(Some(Ordered {
            version,
            remembered,
            turn,
        }))
    }

    /// The version that was told to go does not go.
    #[inline]
    pub(super) fn give_way(&self, ordered: Option<Ordered>) {
        if let Some(Ordered {
            version,
            turn: Turn::Go,
            ..
        }) = ordered
        {
            self.shared.order.end(&version, false);
        }
    }

    /// Puts a rendered record on its way; the answer is the one to give when no report comes.
    #[inline]
    pub(super) fn send(
        &mut self,
        topic: S::Topic,
        outbound: &Outbound,
        leaving: &Leaving<'_, S::Topic>,
        manifest: &mut Manifest,
    ) -> Answer {
        manifest.board(leaving.metadata.last_update, leaving.arrived);
        let message = self.message(topic, outbound, leaving.metadata, manifest);
        if leaving.lane.lane.batching().is_none() && leaving.ordered.is_none() {
            manifest.loaded += 1;
            self.sink.add(message);
        } else {
            self.send_aside(message, leaving, manifest);
        }
        Answer::TemporaryError
    }

    #[inline]
    fn message(
        &mut self,
        topic: S::Topic,
        outbound: &Outbound,
        metadata: &Metadata<'_>,
        manifest: &mut Manifest,
    ) -> Message<S::Topic> {
        let key = outbound.key.clone();
        let hash = match &mut self.in_turn {
            None => {
                let key = key.clone().and_then(|key| manifest.arena.get(key));
                murmur2(key.unwrap_or(metadata.digest))
            }
            Some(count) => {
                *count = count.wrapping_add(1);
                *count
            }
        };
        Message {
            topic,
            hash,
            key: key.map(narrow),
            value: narrow(outbound.value.clone()),
            extras: self.extras.write(metadata, &mut manifest.arena),
            slot: manifest.slot(),
        }
    }

    fn send_aside(
        &mut self,
        message: Message<S::Topic>,
        leaving: &Leaving<'_, S::Topic>,
        manifest: &mut Manifest,
    ) {
        let metadata = leaving.metadata;
        let batching = leaving.lane.lane.batching();
        let timestamp_ms = self.extras.timestamp_ms(metadata);
        if let Some(ordered) = leaving.ordered {
            manifest.versions.push((message.slot, ordered.version));
            if ordered.turn == Turn::Wait {
                self.waiting.enter(Waiting {
                    version: ordered.version,
                    remembered: ordered.remembered,
                    message,
                    batching: batching.copied(),
                    timestamp_ms,
                    digest: *metadata.digest,
                });
                return;
            }
        }
        let Some(batching) = batching else {
            manifest.loaded += 1;
            self.sink.add(message);
            return;
        };
        let entry = Entry {
            topic: message.topic,
            batching,
            hash: message.hash,
            key: message.key.map(|key| manifest.part(key)),
            value: manifest.part(message.value),
            digest: metadata.digest,
            timestamp_ms,
            flight: None,
            slot: message.slot,
            arrived: leaving.arrived.instant,
        };
        self.batches.add(&entry, &mut self.sink);
        manifest.arena.truncate(leaving.start);
    }

    /// A record that cannot be published: the answer is final, or it becomes a dead letter.
    #[cold]
    pub(super) fn refuse(
        &mut self,
        refusal: Refusal<'_>,
        metadata: Option<&Metadata<'_>>,
        frame: &[u8],
        manifest: &mut Manifest,
    ) -> Answer {
        let fate = match self.letters {
            _ if refusal.is_temporary() => Fate::PutOff,
            Some(_) => Fate::Letter,
            None => Fate::Refused,
        };
        let refusals = &self.shared.refusals;
        refusals.note(refusal, fate, metadata, &self.metrics);
        match (fate, self.letters) {
            (Fate::Letter, Some(topic)) => {
                let letter = Letter {
                    refusal,
                    metadata,
                    frame,
                };
                let slot = manifest.slot();
                self.sink
                    .add(letter.write(topic, slot, &mut manifest.arena));
                self.metrics.letters(1);
                manifest.letters.push(slot);
                manifest.boarded += 1;
                manifest.loaded += 1;
                Answer::TemporaryError
            }
            (Fate::PutOff, _) => Answer::TemporaryError,
            (Fate::Letter | Fate::Refused, _) => Answer::PermanentError,
        }
    }

    /// The flight has left: its messages go, or find out here which parcel they lie in.
    pub(super) fn depart(&mut self, flight: &Arc<Flight>, shipment: Shipment, has_loaded: bool) {
        self.waiting.bind(&shipment);
        if has_loaded {
            self.sink.ship(shipment);
        }
        let (batches, mut closing) = self.batches();
        batches.bind(flight, &mut closing);
    }

    /// The batches, and what is needed to close some.
    fn batches(&mut self) -> (&mut Batches<S::Topic>, Closing<'_, S>) {
        let closing = Closing {
            sink: &mut self.sink,
            arenas: &self.shared.arenas,
        };
        (&mut self.batches, closing)
    }
}
