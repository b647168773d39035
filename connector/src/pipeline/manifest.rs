//! What is known of a flight while it is being loaded.

use super::answers::Answer;
use super::arenas::Arenas;
use super::flight::UpdateTimes;
use super::inbox::Inbox;
use super::ordering::RecordOrder;
use super::side::{Frames, Letters, Side};
use super::tickets::Tickets;
use crate::clock::Moment;
use crate::sync::Mutex;
use aeroduct_outbound::{Change, Lane, PrepareError, Prepared, Scratch};
use std::ops::Range;
use std::sync::Arc;

/// Output bytes expected for each input byte: JSON of a typical record, key included.
const EXPANSION: usize = 2;

/// Reused from flight to flight.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// The answers to give when no report comes, one for each record so far.
    pub(super) answers: Vec<Answer>,
    /// Records whose report is to come.
    pub(super) boarded: u32,
    /// Messages that the flight itself carries.
    pub(super) loaded: u32,
    /// Messages that cannot be read.
    pub(super) unreadable: usize,
    pub(super) updates: UpdateTimes,
    pub(super) arena: Vec<u8>,
    /// Bytes of records that were put into batches.
    pub(super) seated: usize,
    pub(super) scratch: Scratch,
    /// Of the versions whose order is kept.
    pub(super) tickets: Tickets,
    /// The frames, where letters may be made of them.
    pub(super) frames: Option<Frames>,
    /// Slots of dead letters.
    pub(super) letters: Vec<u32>,
}

impl Manifest {
    pub(super) fn begin(&mut self, arenas: &Arenas, input: usize, keeps_frames: bool) {
        self.answers.clear();
        self.boarded = 0;
        self.loaded = 0;
        self.unreadable = 0;
        self.seated = 0;
        self.updates = UpdateTimes::default();
        self.frames = keeps_frames.then(Frames::default);
        self.arena = if input == 0 {
            Vec::new()
        } else {
            arenas.take(input * EXPANSION)
        };
    }

    #[inline]
    pub(super) fn prepare(
        &mut self,
        lane: &Lane,
        change: &Change<'_>,
    ) -> Result<Prepared, PrepareError> {
        lane.prepare(change, &mut self.arena, &mut self.scratch)
    }

    /// Changes the answer to give when no report comes.
    pub(super) fn answer(&mut self, slot: u32, answer: Answer) {
        if let Some(place) = self.answers.get_mut(slot as usize) {
            *place = answer;
        }
    }

    /// The slot of the record that is being boarded.
    #[inline]
    pub(super) fn slot(&self) -> u32 {
        u32::try_from(self.answers.len()).unwrap_or(u32::MAX)
    }

    /// A record waits for a report; its last update in Unix milliseconds.
    #[inline]
    pub(super) fn board(&mut self, update_ms: Option<u64>, arrived: Moment) {
        if let Some(update_ms) = update_ms {
            self.updates.sum_ms += update_ms;
            self.updates.count += 1;
            self.updates.ahead += u32::from(update_ms > arrived.unix_ms);
        }
        self.boarded += 1;
    }

    /// A part of what was written.
    #[inline]
    pub(super) fn part(&self, range: Range<u32>) -> &[u8] {
        self.arena
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// Bytes of all records so far, in the arena or in batches.
    #[inline]
    pub(super) const fn bytes(&self) -> usize {
        self.arena.len() + self.seated
    }

    /// Memory that the records take, but for their frames. An arena that carries no message is given
    /// back at once.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        let capacity = self.arena.capacity();
        if self.loaded > 0 {
            capacity + self.seated
        } else {
            capacity.max(self.seated)
        }
    }

    /// What was written from `start` on is in a batch.
    #[inline]
    pub(super) fn seat(&mut self, start: usize) {
        self.seated += self.arena.len() - start;
        self.arena.truncate(start);
    }

    /// What the flight has to remember of records that do not take the straight way.
    #[inline]
    pub(super) fn side(
        &mut self,
        order: &Arc<RecordOrder>,
        inbox: &Arc<Inbox>,
    ) -> Option<Box<Side>> {
        if self.tickets.is_empty() && self.frames.is_none() {
            return None;
        }
        let letters = self.frames.take().map(|frames| Letters {
            frames,
            written: Mutex::new(std::mem::take(&mut self.letters)),
            inbox: Arc::clone(inbox),
        });
        let tickets = std::mem::take(&mut self.tickets);
        let order = (!tickets.is_empty()).then(|| Arc::clone(order));
        Some(Box::new(Side {
            tickets,
            order,
            letters,
        }))
    }
}
