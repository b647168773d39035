//! The ways out of the pipeline: at once, in a batch, when a version's turn has come, or as a dead
//! letter.

mod afterwards;
mod claims;

use super::answers::Answer;
use super::batches::{Batches, Closing, Entry, Terms};
use super::cargo::Shipment;
use super::flight::Flight;
use super::headers::ExtrasRule;
use super::lanes::ResolvedLane;
use super::letters::Letter;
use super::manifest::Manifest;
use super::refusals::{Fate, Refusal};
use super::waiting::WaitingRoom;
use super::{Message, Shared, Sink, narrow};
use crate::clock::Moment;
use crate::metrics::ShardMetrics;
use aeroduct_config::Partitioner;
use aeroduct_kafka::extras::Place;
use aeroduct_kafka::murmur2;
use aeroduct_outbound::Outbound;
use aeroduct_record::{LastUpdate, Metadata};
use claims::Claims;
use std::sync::Arc;

/// Where the records of one shard leave, and what is still here of them.
pub(super) struct Outlet<S: Sink> {
    pub(super) sink: S,
    shared: Shared,
    shard: usize,
    metrics: Arc<ShardMetrics>,
    batches: Batches<S::Topic>,
    waiting: WaitingRoom<S::Topic>,
    claims: Claims<S::Topic>,
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
    /// Where in the output its bytes begin.
    pub(super) start: usize,
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
            claims: Claims::default(),
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

    /// Puts a rendered record on its way; the answer is the one to give when no report comes.
    #[inline]
    pub(super) fn send(
        &mut self,
        topic: S::Topic,
        outbound: &Outbound,
        leaving: &Leaving<'_, S::Topic>,
        manifest: &mut Manifest,
    ) -> Answer {
        let message = self.message(topic, outbound, leaving, manifest);
        let ResolvedLane { lane, ordering, .. } = leaving.lane;
        if let Some(ordering) = ordering {
            self.claim(*ordering, message, leaving, manifest);
            return Answer::TemporaryError;
        }
        let update = leaving.metadata.last_update;
        manifest.board(update.map(LastUpdate::unix_ms), leaving.arrived);
        match lane.batching() {
            None => {
                manifest.loaded += 1;
                self.sink.add(message);
            }
            Some(batching) => {
                let terms = Terms {
                    batching,
                    digest: leaving.metadata.digest,
                    timestamp_ms: self.extras.timestamp_ms(leaving.metadata),
                    arrived: leaving.arrived.instant,
                };
                self.put_together(message, &terms, manifest);
                manifest.seat(leaving.start);
            }
        }
        Answer::TemporaryError
    }

    #[inline]
    fn message(
        &mut self,
        topic: S::Topic,
        outbound: &Outbound,
        leaving: &Leaving<'_, S::Topic>,
        manifest: &mut Manifest,
    ) -> Message<S::Topic> {
        let metadata = leaving.metadata;
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
            // Those of a batch are its own.
            extras: match leaving.lane.lane.batching() {
                None => self.extras.write(metadata, &mut manifest.arena),
                Some(_) => Place::default(),
            },
            slot: manifest.slot(),
        }
    }

    /// Puts a record of the flight that is being loaded into a batch.
    fn put_together(&mut self, message: Message<S::Topic>, terms: &Terms<'_>, manifest: &Manifest) {
        let entry = Entry {
            topic: message.topic,
            hash: message.hash,
            key: message.key.map(|key| manifest.part(key)),
            value: manifest.part(message.value),
            terms: *terms,
            flight: None,
            slot: message.slot,
        };
        self.batches.add(&entry, &mut self.sink);
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
