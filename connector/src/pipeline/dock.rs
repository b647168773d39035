//! Where the records of a flight are boarded: each finds its lane, is rendered, and leaves.

use super::answers::{Answer, Answers};
use super::cargo::Cargo;
use super::flight::Flight;
use super::inbox::Inbox;
use super::lanes::{Lanes, Whose};
use super::manifest::Manifest;
use super::outlet::{Leaving, Outlet};
use super::refusals::Refusal;
use super::side::Frames;
use super::window::{Load, Wake};
use super::{Origin, Shared, Sink};
use crate::clock::Moment;
use crate::metrics::{ShardMetrics, reason};
use crate::sync::atomic::{AtomicBool, AtomicU64};
use aeroduct_kafka::Parcel;
use aeroduct_outbound::{Change, Prepared, TopicChoice, UnixSeconds};
use aeroduct_record::Record;
use aeroduct_wire::Frame;
use std::error::Error;
use std::sync::Arc;

/// A flight departs when its output has grown to this, whatever input is left: one flight
/// is one piece of memory, given back as a whole.
const FLIGHT_BYTES_MAX: usize = 4 << 20;

pub(super) struct Dock<S: Sink> {
    pub(super) shared: Shared,
    pub(super) metrics: Arc<ShardMetrics>,
    lanes: Lanes<S::Topic>,
    manifest: Manifest,
    pub(super) outlet: Outlet<S>,
}

/// A record that has arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival<'a> {
    pub(super) record: &'a Record<'a>,
    /// Its message.
    pub(super) frame: Frame<'a>,
    /// Its message as it came, compressed or not.
    pub(super) received: Frame<'a>,
    /// The path of the HTTP request that brought it, where one did and it makes a difference.
    pub(super) path: Option<&'a str>,
    /// Where it arrived; 0 where no port has items of its own.
    pub(super) port: u16,
    pub(super) at: Moment,
}

impl<S: Sink> Dock<S> {
    pub(super) fn new(shared: Shared, number: usize, metrics: Arc<ShardMetrics>, sink: S) -> Self {
        Self {
            outlet: Outlet::new(shared.clone(), number, Arc::clone(&metrics), sink),
            lanes: Lanes::new(),
            manifest: Manifest::default(),
            shared,
            metrics,
        }
    }

    /// Begins a flight for so many bytes of input, or for none that is to be published.
    pub(super) fn begin(&mut self, input: usize) {
        let keeps_frames = self.outlet.makes_letters() && input > 0;
        self.manifest
            .begin(&self.shared.arenas, input, keeps_frames);
    }

    pub(super) fn is_full(&self) -> bool {
        self.manifest.bytes() >= FLIGHT_BYTES_MAX
    }

    /// Messages so far that cannot be read.
    pub(super) const fn unreadable(&self) -> usize {
        self.manifest.unreadable
    }

    /// The port of a connection, where that makes a difference.
    pub(super) fn port_of(&self, origin: &Origin) -> u16 {
        if self.shared.plan.outbound.has_ports() {
            origin.port
        } else {
            0
        }
    }

    /// Boards a record.
    pub(super) fn board(&mut self, arrival: &Arrival<'_>) {
        self.keep_frame(arrival.received);
        let answer = self.answer(arrival);
        self.manifest.answers.push(answer);
    }

    /// Refuses a message that cannot be read.
    #[cold]
    pub(super) fn refuse(&mut self, received: Frame<'_>, error: &(dyn Error + 'static)) {
        self.keep_frame(received);
        self.manifest.unreadable += 1;
        let (refusal, whole) = (Refusal::Message(error), received.bytes());
        let answer = self.outlet.refuse(refusal, None, whole, &mut self.manifest);
        self.manifest.answers.push(answer);
    }

    /// Takes no notice of a record: its source is to send it again.
    pub(super) fn put_off(&mut self) {
        self.metrics.failed(reason::OVERDUE, 1);
        self.manifest.answers.push(Answer::TemporaryError);
    }

    #[inline]
    fn keep_frame(&mut self, received: Frame<'_>) {
        if let Some(frames) = &mut self.manifest.frames {
            frames.push(received.bytes());
        }
    }

    /// Sends a record on its way; the answer is the one to give when no report comes.
    #[inline]
    fn answer(&mut self, arrival: &Arrival<'_>) -> Answer {
        let Self {
            shared,
            metrics,
            lanes,
            manifest,
            outlet,
        } = self;
        let metadata = &arrival.record.metadata;
        let whose = Whose::of(metadata, arrival.port);
        let lane = lanes.lane_of(whose, shared, &mut outlet.sink);
        let start = manifest.arena.len();
        let refused = match manifest.prepare(&lane.lane, &arrival.change()) {
            Ok(Prepared::Outbound(outbound)) => {
                let leaving = Leaving {
                    metadata,
                    arrived: arrival.at,
                    lane,
                    start,
                };
                let topic = match outbound.topic {
                    TopicChoice::Fixed => lane.topic,
                    TopicChoice::Named => outlet.sink.topic(manifest.scratch.topic()),
                };
                if let Some(topic) = topic {
                    return outlet.send(topic, &outbound, &leaving, manifest);
                }
                None
            }
            Ok(Prepared::Skipped(rule)) => {
                metrics.skipped(rule.label(), 1);
                return Answer::Success;
            }
            Err(error) => Some(error),
        };
        manifest.arena.truncate(start);
        if outlet.is_stale(lane, metadata, arrival.at) {
            return Answer::Success;
        }
        let refusal = refused.as_ref().map_or(Refusal::Topics, Refusal::Record);
        outlet.refuse(refusal, Some(metadata), arrival.received.bytes(), manifest)
    }

    /// Closes the flight and sends its messages off. Returns it with the number of records that
    /// wait for a report; `None` when there was no record.
    pub(super) fn depart(
        &mut self,
        consumed: usize,
        arrived: Moment,
        wake: &Arc<dyn Wake>,
        inbox: &Arc<Inbox>,
    ) -> Option<(Arc<Flight>, u32)> {
        let manifest = &mut self.manifest;
        self.outlet.give_turns(arrived, manifest);
        let memory = manifest.memory();
        let arena = std::mem::take(&mut manifest.arena);
        if manifest.answers.is_empty() {
            self.shared.arenas.give_back(arena);
            return None;
        }
        self.metrics.read(consumed, manifest.answers.len());
        self.metrics.ahead(manifest.updates.ahead);
        let frame_bytes = manifest.frames.as_ref().map_or(0, Frames::bytes);
        let load = Load {
            records: manifest.answers.len(),
            bytes: memory + frame_bytes,
        };
        let waits = manifest.boarded;
        let flight = Arc::new(Flight {
            answers: Answers::new(&manifest.answers, waits),
            arrived,
            admitted: self.shared.window.admit(load),
            updates: manifest.updates,
            wake: Arc::clone(wake),
            arenas: Arc::clone(&self.shared.arenas),
            metrics: Arc::clone(&self.metrics),
            is_abandoned: AtomicBool::new(false),
            has_failures: AtomicBool::new(false),
            reported_us: (waits > 0).then(|| AtomicU64::new(0)),
            side: manifest.side(&self.shared.order, inbox),
        });
        let shipment = Parcel::seal(arena, Cargo::Flight(Arc::clone(&flight)));
        if waits > 0 {
            let has_loaded = manifest.loaded > 0;
            self.outlet.depart(&flight, shipment, has_loaded);
        }
        Some((flight, waits))
    }
}

impl<'a> Arrival<'a> {
    #[inline]
    fn change(&self) -> Change<'a> {
        Change {
            record: self.record,
            frame: self.frame.bytes(),
            arrived: UnixSeconds(self.at.unix_ms / 1000),
            path: self.path,
        }
    }
}
