//! What leaves later than its flight: batches whose time has come, versions whose turn has come,
//! letters about what Kafka refused.

use super::Outlet;
use crate::metrics::STALE_VERSION;
use crate::pipeline::batch::{Batch, Passenger};
use crate::pipeline::cargo::Cargo;
use crate::pipeline::inbox::{Inbox, Undelivered};
use crate::pipeline::letters::Letter;
use crate::pipeline::limits::Limits;
use crate::pipeline::ordering::{RecordId, Turn};
use crate::pipeline::refusals::Refusal;
use crate::pipeline::waiting::Caller;
use crate::pipeline::{Shared, Sink};
use aeroduct_kafka::Parcel;
use aeroduct_record::Metadata;
use aeroduct_wire::{FrameKind, Inflater};
use std::sync::Arc;
use std::time::Instant;

impl<S: Sink> Outlet<S> {
    /// Sends what became free to go.
    pub(in crate::pipeline) fn resume(&mut self, inbox: &Inbox, now: Instant) {
        if let Some(mail) = inbox.take() {
            for record in mail.released {
                self.call(&record, now);
            }
            for undelivered in mail.undelivered {
                self.write_letter(&undelivered);
            }
        }
        let (batches, mut closing) = self.batches();
        batches.close_due(now, &mut closing);
    }

    /// Lets versions of a record go on whose turn may have come.
    fn call(&mut self, record: &RecordId, now: Instant) {
        while let Some(first) = self.waiting.first(record) {
            let order = &self.shared.order;
            let ticket = match order.begin(&first.claim, now, self.shard) {
                Turn::Wait => return,
                Turn::Stale => None,
                Turn::Go(ticket) => Some(ticket),
            };
            let caller = self.waiting.leave(record);
            match (caller, ticket) {
                (Some(caller), None) => {
                    self.metrics.skipped(STALE_VERSION, 1);
                    caller.flight.skip(caller.waiting.message.slot);
                }
                (Some(caller), Some(ticket)) if !caller.flight.is_abandoned() => {
                    let slot = caller.waiting.message.slot;
                    caller.flight.put_ticket(slot, ticket);
                    self.let_go(caller);
                }
                (caller, Some(ticket)) => {
                    order.end(ticket, false);
                    if let Some(caller) = caller {
                        caller.flight.give_up();
                    }
                }
                (None, None) => {}
            }
        }
    }

    fn let_go(&mut self, caller: Caller<S::Topic>) {
        if let Some(entry) = caller.entry() {
            self.batches.add(&entry, &mut self.sink);
            let (batches, mut closing) = self.batches();
            batches.bind(&caller.flight, &mut closing);
        } else {
            self.sink.add(caller.waiting.message);
            self.sink.ship(caller.shipment);
        }
    }

    /// Makes a dead letter of a record that Kafka refused.
    fn write_letter(&mut self, undelivered: &Undelivered) {
        let (flight, slot) = (&undelivered.flight, undelivered.slot);
        let Some(topic) = self.letters.filter(|_| !flight.is_abandoned()) else {
            flight.give_up();
            return;
        };
        let frame = flight.frame(slot).unwrap_or_default();
        let refusal = Refusal::Kafka(undelivered.failure);
        let mut out = self.shared.arenas.take(frame.len());
        let message = with_metadata(frame, &self.shared, |metadata| {
            let letter = Letter {
                refusal,
                metadata,
                frame,
            };
            letter.write(topic, 0, &mut out)
        });
        flight.note_letter(slot);
        self.metrics.letters(1);
        let batch = Batch {
            bytes: out.len(),
            limits: Arc::new(Limits::new(usize::MAX)),
            arenas: Arc::clone(&self.shared.arenas),
            passengers: Box::new([Passenger {
                flight: Arc::clone(flight),
                slot,
                digest: [0; 20],
            }]),
        };
        self.sink.add(message);
        self.sink.ship(Parcel::seal(out, Cargo::Batch(batch)));
    }

    /// Lets go of versions that wait in vain.
    pub(in crate::pipeline) fn sweep(&mut self) {
        for caller in self.waiting.leave_abandoned() {
            caller.flight.give_up();
        }
    }

    /// Closes all batches.
    pub(in crate::pipeline) fn close_batches(&mut self) {
        let (batches, mut closing) = self.batches();
        batches.close_all(&mut closing);
    }

    /// Records in open batches.
    pub(in crate::pipeline) fn in_batches(&self) -> usize {
        self.batches.records()
    }

    /// When the next batch is to be closed, or looked at.
    pub(in crate::pipeline) fn next_due(&self) -> Option<Instant> {
        self.batches.next_due()
    }
}

/// Reads the metadata of a message that was read before.
fn with_metadata<R>(
    frame: &[u8],
    shared: &Shared,
    take: impl FnOnce(Option<&Metadata<'_>>) -> R,
) -> R {
    let limit = shared.plan.aeroduct.max_frame_bytes;
    let mut inflater = Inflater::new(limit);
    let frame = aeroduct_wire::next_frame(frame, limit).ok().flatten();
    let inner = frame.and_then(|frame| match frame.kind() {
        FrameKind::Message => Some(frame),
        FrameKind::Compressed => inflater.inflate(frame).ok(),
    });
    let record = inner.and_then(|frame| aeroduct_wire::parse_message(frame.body()).ok());
    take(record.as_ref().map(|record| &record.metadata))
}
