//! Messages in their order, with the parcels that they point into.
#![expect(
    unsafe_code,
    reason = "messages hold the addresses that librdkafka is given"
)]

use std::collections::VecDeque;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;
use std::time::Instant;

use super::message::Message;
use crate::extras::{Extras, Malformed};
use crate::{Parcel, Piece, Recipient, Report};

/// From this capacity on an emptied lot gives its memory back.
const KEPT_MESSAGES: usize = 1024;

/// How much one batch holds at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimit {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
}

/// A range that reaches beyond its parcel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct OutOfRange;

/// Messages of one or more parcels, in the order in which they were added.
pub(crate) struct Lot<R: Recipient> {
    messages: Vec<Message>,
    /// Messages before this one have been taken.
    start: usize,
    runs: VecDeque<Run<R>>,
    /// The number of `runs[0]`; messages name their run by number.
    first_run: u32,
    bytes: usize,
}

// SAFETY: the addresses in the messages lead into parcels that the runs keep alive and
// that nobody changes while they are shared; parcels may be shared between threads.
unsafe impl<R: Recipient> Send for Lot<R> {}

/// Messages of one parcel that follow each other.
struct Run<R: Recipient> {
    parcel: Arc<Parcel<R>>,
    shipped: Instant,
}

/// The parcels of a lot, beside its messages.
pub(super) struct Parcels<'l, R: Recipient> {
    runs: &'l VecDeque<Run<R>>,
    first_run: u32,
}

impl<R: Recipient> Default for Lot<R> {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            start: 0,
            runs: VecDeque::new(),
            first_run: 0,
            bytes: 0,
        }
    }
}

impl<R: Recipient> Lot<R> {
    /// How many messages there are.
    pub(crate) fn len(&self) -> usize {
        self.messages.len() - self.start
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keys, values, extras and overhead.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// When the oldest message was shipped.
    pub(crate) fn oldest(&self) -> Option<Instant> {
        self.runs
            .front()
            .filter(|_| !self.is_empty())
            .map(|run| run.shipped)
    }

    /// Says that the messages added next point into this parcel.
    pub(crate) fn begin_run(&mut self, parcel: &Arc<Parcel<R>>, shipped: Instant) {
        self.runs.push_back(Run {
            parcel: Arc::clone(parcel),
            shipped,
        });
    }

    /// Lets go of the run begun last if it has got no message.
    pub(crate) fn end_run(&mut self) {
        let last = self.last_run();
        if self.live().last().is_none_or(|message| message.run != last) {
            self.runs.pop_back();
        }
    }

    /// Adds a message of the run begun last. Its extras are read when it is handed over.
    #[inline]
    pub(crate) fn push(&mut self, piece: &Piece) -> Result<(), OutOfRange> {
        let bytes = self.runs.back().ok_or(OutOfRange)?.parcel.bytes();
        let part = |range: &Range<u32>| {
            bytes
                .get(range.start as usize..range.end as usize)
                .ok_or(OutOfRange)
        };
        let value = part(&piece.value)?;
        let (key, key_bytes) = match &piece.key {
            None => (ptr::null_mut(), 0),
            Some(key) => {
                let key = part(key)?;
                (key.as_ptr().cast_mut().cast(), key.len())
            }
        };
        let message = Message {
            code: 0,
            extras: piece.extras,
            hash: piece.hash,
            value: value.as_ptr().cast_mut().cast(),
            value_bytes: value.len(),
            key,
            key_bytes,
            slot: piece.slot,
            run: self.last_run(),
            tag: 0,
        };
        self.bytes += message.bytes();
        self.messages.push(message);
        Ok(())
    }

    /// Moves the first messages into `batch`, which must be empty: as many as fit, and at
    /// least one.
    pub(crate) fn take_batch(&mut self, limit: BatchLimit, batch: &mut Self) {
        debug_assert!(batch.messages.is_empty(), "a batch is loaded once");
        if self.start == 0 && self.bytes <= limit.bytes && self.len() <= limit.messages {
            std::mem::swap(self, batch);
            self.first_run = batch.first_run;
            return;
        }
        let mut bytes = 0;
        let mut count = 0;
        for message in self.live().iter().take(limit.messages.max(1)) {
            if count > 0 && bytes + message.bytes() > limit.bytes {
                break;
            }
            bytes += message.bytes();
            count += 1;
        }
        batch.first_run = self.first_run;
        batch
            .messages
            .extend_from_slice(&self.messages[self.start..self.start + count]);
        batch.bytes = bytes;
        self.bytes -= bytes;
        self.start += count;
        self.release_runs(|run| batch.runs.push_back(run));
        if let Some(next) = self.live().first()
            && batch
                .messages
                .last()
                .is_some_and(|last| last.run == next.run)
            && let Some(run) = self.runs.front()
        {
            batch.begin_run(&run.parcel, run.shipped);
        }
        self.compact();
    }

    /// Reports the messages of parcels for which nobody waits any more, and drops them.
    /// Returns how many.
    pub(crate) fn drop_abandoned(&mut self, report: Report) -> u64 {
        if !self
            .runs
            .iter()
            .any(|run| run.parcel.recipient().is_abandoned())
        {
            return 0;
        }
        let mut kept = Self::default();
        let mut dropped = Self::default();
        for message in self.live() {
            let run = self.run_of(message);
            let side = if run.parcel.recipient().is_abandoned() {
                &mut dropped
            } else {
                &mut kept
            };
            side.absorb(*message, run);
        }
        *self = kept;
        dropped.report_all(report)
    }

    /// As [`Lot::drop_abandoned`], but stops at the first parcel that somebody waits for:
    /// cheap, and as good where parcels grow old in the order in which they came.
    pub(crate) fn drop_abandoned_front(&mut self, report: Report) -> u64 {
        let mut dropped = 0;
        while let Some(run) = self.runs.front()
            && run.parcel.recipient().is_abandoned()
        {
            let number = self.first_run;
            let recipient = run.parcel.recipient();
            let mut count = 0;
            for message in self.messages[self.start..]
                .iter()
                .take_while(|it| it.run == number)
            {
                recipient.report(message.slot, report);
                self.bytes -= message.bytes();
                count += 1;
            }
            if count > 0 {
                recipient.settle(count);
            }
            dropped += u64::from(count);
            self.start += count as usize;
            self.runs.pop_front();
            self.first_run = self.first_run.wrapping_add(1);
        }
        self.compact();
        dropped
    }

    /// Reports every message and empties the lot. Returns how many there were.
    pub(crate) fn report_all(&mut self, report: Report) -> u64 {
        let mut messages = self.live().iter().peekable();
        let mut reported = 0;
        while let Some(first) = messages.next() {
            let recipient = self.run_of(first).parcel.recipient();
            recipient.report(first.slot, report);
            let mut count = 1;
            while let Some(message) = messages.next_if(|it| it.run == first.run) {
                recipient.report(message.slot, report);
                count += 1;
            }
            recipient.settle(count);
            reported += u64::from(count);
        }
        self.clear();
        reported
    }

    /// Adds all messages of `other` behind the own ones.
    pub(crate) fn append(&mut self, other: &mut Self) {
        if self.is_empty() {
            self.clear();
            std::mem::swap(self, other);
            return;
        }
        for message in other.live() {
            self.absorb(*message, other.run_of(message));
        }
        other.clear();
    }

    /// Distributes the messages over that many lots by their hashes, in their order.
    pub(crate) fn scatter(&mut self, ways: usize) -> Vec<Self> {
        let mut lots: Vec<Self> = std::iter::repeat_with(Self::default).take(ways).collect();
        for message in self.live() {
            if let Some(lot) = lots.get_mut(partition_of(message.hash, ways)) {
                lot.absorb(*message, self.run_of(message));
            }
        }
        self.clear();
        lots
    }

    /// Empties the lot and gives back much memory, but keeps a little for the next one.
    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.start = 0;
        self.runs.clear();
        self.bytes = 0;
    }

    /// Gives back the memory of a time of high load. For an empty lot.
    pub(crate) fn shrink(&mut self) {
        if self.messages.is_empty() && self.messages.capacity() > KEPT_MESSAGES {
            self.messages = Vec::new();
            self.runs = VecDeque::new();
        }
    }

    pub(super) fn messages_mut(&mut self) -> &mut [Message] {
        &mut self.messages[self.start..]
    }

    /// The messages, and the parcels that they point into.
    pub(super) fn messages_and_parcels(&mut self) -> (&mut [Message], Parcels<'_, R>) {
        let parcels = Parcels {
            runs: &self.runs,
            first_run: self.first_run,
        };
        (&mut self.messages[self.start..], parcels)
    }

    /// The messages with this mark, as a lot of their own.
    pub(super) fn marked(&self, mark: i32) -> Self {
        let mut lot = Self::default();
        for message in self.live().iter().filter(|message| message.code == mark) {
            lot.absorb(*message, self.run_of(message));
        }
        lot
    }

    /// The recipients of all runs.
    pub(super) fn recipients(&self) -> impl Iterator<Item = &R> {
        self.runs.iter().map(|run| run.parcel.recipient())
    }

    /// Whom to tell about this message, which must be of this lot.
    pub(super) fn recipient_of(&self, message: &Message) -> &R {
        self.run_of(message).parcel.recipient()
    }

    /// Whom to tell about the messages of this run, which must be of this lot.
    pub(super) fn recipient_of_run(&self, run: u32) -> &R {
        self.runs[run.wrapping_sub(self.first_run) as usize]
            .parcel
            .recipient()
    }

    fn live(&self) -> &[Message] {
        &self.messages[self.start..]
    }

    fn run_of(&self, message: &Message) -> &Run<R> {
        &self.runs[message.run.wrapping_sub(self.first_run) as usize]
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "run numbers wrap, their distances do not"
    )]
    fn last_run(&self) -> u32 {
        self.first_run
            .wrapping_add(self.runs.len() as u32)
            .wrapping_sub(1)
    }

    /// Adds a message of another lot, with its run.
    fn absorb(&mut self, message: Message, run: &Run<R>) {
        if !self
            .runs
            .back()
            .is_some_and(|last| Arc::ptr_eq(&last.parcel, &run.parcel))
        {
            self.begin_run(&run.parcel, run.shipped);
        }
        self.bytes += message.bytes();
        self.messages.push(Message {
            code: 0,
            tag: 0,
            run: self.last_run(),
            ..message
        });
    }

    /// Gives up the runs before the first message left.
    fn release_runs(&mut self, mut take: impl FnMut(Run<R>)) {
        let next = self.live().first().map(|message| message.run);
        while next != Some(self.first_run)
            && let Some(run) = self.runs.pop_front()
        {
            take(run);
            self.first_run = self.first_run.wrapping_add(1);
        }
    }

    /// Closes the gap in front when it is more than half of everything.
    fn compact(&mut self) {
        if self.start > self.messages.len() / 2 || self.start == self.messages.len() {
            self.messages.drain(..self.start);
            self.start = 0;
        }
    }
}

impl<'l, R: Recipient> Parcels<'l, R> {
    /// Timestamp and headers of a message of the lot that has some.
    pub(super) fn extras_of(&self, message: &Message) -> Result<Extras<'l>, Malformed> {
        let run = &self.runs[message.run.wrapping_sub(self.first_run) as usize];
        message.extras.read(run.parcel.bytes())
    }
}

/// The number of the partition that a record with this hash goes to, among so many partitions
/// (none counts as one): the one that Java's producer would choose.
#[inline]
pub fn partition_of(hash: u32, partitions: usize) -> usize {
    (hash & 0x7fff_ffff) as usize % partitions.max(1)
}

#[cfg(test)]
mod tests;
