//! Versions of records that ask for their turn (6.1), all those of a read together.

use super::{Leaving, Outlet};
use crate::clock::Moment;
use crate::metrics::STALE_VERSION;
use crate::pipeline::answers::Answer;
use crate::pipeline::lanes::{Ordering, ResolvedLane};
use crate::pipeline::manifest::Manifest;
use crate::pipeline::ordering::{Claim, RecordId, Round, Turn, Version};
use crate::pipeline::waiting::Waiting;
use crate::pipeline::{Message, Sink};
use aeroduct_record::{LastUpdate, Metadata};

/// The versions of the flight that is being loaded; reused from flight to flight.
pub(super) struct Claims<T> {
    asking: Vec<Waiting<T>>,
    round: Round,
}

impl<T> Default for Claims<T> {
    fn default() -> Self {
        Self {
            asking: Vec::new(),
            round: Round::default(),
        }
    }
}

impl<S: Sink> Outlet<S> {
    /// A version whose order is kept: its turn is decided when the flight is loaded.
    pub(super) fn claim(
        &mut self,
        ordering: Ordering,
        message: Message<S::Topic>,
        leaving: &Leaving<'_, S::Topic>,
        manifest: &mut Manifest,
    ) {
        let metadata = leaving.metadata;
        let claim = claim_of(ordering, metadata);
        let waiting = Waiting {
            claim,
            message,
            batching: leaving.lane.lane.batching().copied(),
            timestamp_ms: self.extras.timestamp_ms(metadata),
        };
        manifest.tickets.expect(waiting.message.slot);
        if self.waiting.has(&claim.version.record) {
            manifest.board(claim.update_ms(), leaving.arrived);
            self.waiting.enter(waiting);
        } else {
            self.claims.asking.push(waiting);
        }
    }

    /// Whether Kafka has a newer version of a record that cannot be published.
    #[cold]
    pub(in crate::pipeline) fn is_stale(
        &self,
        lane: &ResolvedLane<S::Topic>,
        metadata: &Metadata<'_>,
        arrived: Moment,
    ) -> bool {
        let Some(ordering) = lane.ordering else {
            return false;
        };
        let (order, claim) = (&self.shared.order, claim_of(ordering, metadata));
        match order.begin(&claim, arrived.instant, self.shard) {
            Turn::Stale => {
                self.metrics.skipped(STALE_VERSION, 1);
                true
            }
            Turn::Go(ticket) => {
                order.end(ticket, false);
                false
            }
            Turn::Wait => false,
        }
    }

    /// The flight is loaded: its versions go, wait, or are stale.
    #[inline]
    pub(in crate::pipeline) fn give_turns(&mut self, arrived: Moment, manifest: &mut Manifest) {
        if self.claims.asking.is_empty() {
            return;
        }
        let mut claims = std::mem::take(&mut self.claims);
        self.give_turns_to(&mut claims, arrived, manifest);
        self.claims = claims;
    }

    fn give_turns_to(
        &mut self,
        claims: &mut Claims<S::Topic>,
        arrived: Moment,
        manifest: &mut Manifest,
    ) {
        let Claims { asking, round } = claims;
        let order = &self.shared.order;
        let turns = order.begin_all(asking, arrived.instant, self.shard, round);
        for (version, turn) in asking.drain(..).zip(turns) {
            if *turn == Turn::Stale {
                self.metrics.skipped(STALE_VERSION, 1);
                manifest.answer(version.message.slot, Answer::Success);
                continue;
            }
            manifest.board(version.claim.update_ms(), arrived);
            if let Turn::Go(ticket) = turn {
                manifest.tickets.put(version.message.slot, *ticket);
                self.go(version, arrived, manifest);
            } else {
                self.waiting.enter(version);
            }
        }
    }

    fn go(&mut self, version: Waiting<S::Topic>, arrived: Moment, manifest: &mut Manifest) {
        if let Some(terms) = version.terms(arrived.instant) {
            self.put_together(version.message.clone(), &terms, manifest);
        } else {
            manifest.loaded += 1;
            self.sink.add(version.message);
        }
    }
}

fn claim_of(ordering: Ordering, metadata: &Metadata<'_>) -> Claim {
    Claim {
        version: Version {
            record: RecordId::new(ordering.stream, metadata.digest),
            update_ms: metadata.last_update.map_or(0, LastUpdate::unix_ms),
        },
        remembered_s: ordering.remembered_s,
    }
}
