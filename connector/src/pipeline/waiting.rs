//! Versions of records that wait for their turn, because another version is on its way (6.1).

use super::Message;
use super::batches::{Entry, Terms};
use super::cargo::{Cargo, Shipment};
use super::flight::Flight;
use super::ordering::{Claim, RecordId};
use aeroduct_outbound::Batching;
use hashbrown::HashMap;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// A version that waits.
#[derive(Debug)]
pub(super) struct Waiting<T> {
    pub(super) claim: Claim,
    pub(super) message: Message<T>,
    pub(super) batching: Option<Batching>,
    /// The last update, where it is to be a batch's timestamp.
    pub(super) timestamp_ms: Option<u64>,
}

/// A version that waits, and the parcel that its message lies in: none while its flight is being
/// loaded.
#[derive(Debug)]
struct Place<T> {
    waiting: Waiting<T>,
    shipment: Option<Shipment>,
}

/// A version whose turn may have come.
#[derive(Debug)]
pub(super) struct Caller<T> {
    pub(super) waiting: Waiting<T>,
    pub(super) shipment: Shipment,
    pub(super) flight: Arc<Flight>,
}

/// The versions of a shard that wait, by record, in the order in which they came.
#[derive(Debug)]
pub(super) struct WaitingRoom<T> {
    queues: HashMap<RecordId, VecDeque<Place<T>>>,
    /// Records with versions of the flight that is being loaded.
    entered: Vec<RecordId>,
}

impl<T: Copy> WaitingRoom<T> {
    pub(super) fn new() -> Self {
        Self {
            queues: HashMap::new(),
            entered: Vec::new(),
        }
    }

    /// Whether versions of the record wait. Those that come later wait behind them.
    #[inline]
    pub(super) fn has(&self, record: &RecordId) -> bool {
        !self.queues.is_empty() && self.queues.contains_key(record)
    }

    pub(super) fn enter(&mut self, waiting: Waiting<T>) {
        let record = waiting.claim.version.record;
        self.entered.push(record);
        self.queues.entry(record).or_default().push_back(Place {
            waiting,
            shipment: None,
        });
    }

    /// Says which parcel the versions lie in that came last.
    #[inline]
    pub(super) fn bind(&mut self, shipment: &Shipment) {
        for record in self.entered.drain(..) {
            let places = self.queues.get_mut(&record).into_iter().flatten().rev();
            for place in places.take_while(|place| place.shipment.is_none()) {
                place.shipment = Some(Arc::clone(shipment));
            }
        }
    }

    /// The version of a record that came first.
    pub(super) fn first(&self, record: &RecordId) -> Option<&Waiting<T>> {
        let place = self.queues.get(record)?.front()?;
        Some(&place.waiting)
    }

    /// Takes out the version that came first.
    pub(super) fn leave(&mut self, record: &RecordId) -> Option<Caller<T>> {
        let queue = self.queues.get_mut(record)?;
        let first = queue.pop_front();
        if queue.is_empty() {
            self.queues.remove(record);
        }
        first?.call()
    }

    /// Takes out the versions that nobody waits for any more.
    pub(super) fn leave_abandoned(&mut self) -> Vec<Caller<T>> {
        let mut abandoned = Vec::new();
        self.queues.retain(|_, queue| {
            if !queue.iter().any(Place::is_abandoned) {
                return true;
            }
            for place in std::mem::take(queue) {
                if place.is_abandoned() {
                    abandoned.extend(place.call());
                } else {
                    queue.push_back(place);
                }
            }
            !queue.is_empty()
        });
        abandoned
    }
}

impl<T> Waiting<T> {
    /// The terms for a batch, where it goes into one.
    pub(super) fn terms(&self, arrived: Instant) -> Option<Terms<'_>> {
        Some(Terms {
            batching: self.batching.as_ref()?,
            digest: self.claim.version.record.digest(),
            timestamp_ms: self.timestamp_ms,
            arrived,
        })
    }
}

impl<T> AsRef<Claim> for Waiting<T> {
    fn as_ref(&self) -> &Claim {
        &self.claim
    }
}

impl<T> Place<T> {
    fn is_abandoned(&self) -> bool {
        let shipment = self.shipment.as_ref();
        shipment.is_some_and(|it| aeroduct_kafka::Recipient::is_abandoned(it.recipient()))
    }

    fn call(self) -> Option<Caller<T>> {
        let shipment = self.shipment?;
        let flight = match shipment.recipient() {
            Cargo::Flight(flight) => Arc::clone(flight),
            Cargo::Batch(_) => return None,
        };
        Some(Caller {
            waiting: self.waiting,
            shipment,
            flight,
        })
    }
}

impl<T: Copy> Caller<T> {
    /// The version as a record for a batch, where it goes into one.
    pub(super) fn entry(&self) -> Option<Entry<'_, T>> {
        let message = &self.waiting.message;
        let part = |range: Range<u32>| {
            let bytes = self.shipment.bytes();
            bytes.get(range.start as usize..range.end as usize)
        };
        Some(Entry {
            topic: message.topic,
            hash: message.hash,
            key: message.key.clone().and_then(part),
            value: part(message.value.clone())?,
            terms: self.waiting.terms(self.flight.arrived.instant)?,
            flight: Some(&self.flight),
            slot: message.slot,
        })
    }
}
