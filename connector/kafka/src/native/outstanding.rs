//! A batch that librdkafka has.
#![expect(unsafe_code, reason = "librdkafka is given addresses without a copy")]

use std::collections::HashSet;

use super::lot::Lot;
use super::message::Message;
use super::{BatchLimit, ErrorCode, Reported, TopicHandle, handover};
use crate::{Failure, Recipient, Report};

/// librdkafka has not taken the message, or has given it back undecided.
const RETURNED: i32 = i32::MAX;
/// The message was refused together with others, and may be innocent.
const SUSPECT: i32 = i32::MAX - 1;
/// The recipient has been told of a failure.
const FAILED: i32 = i32::MAX - 2;

/// The one batch of a partition that librdkafka may have at a time.
///
/// Keeps every parcel that librdkafka reads from. What is dropped before librdkafka
/// has reported every message stays in memory for good, because librdkafka may still
/// read it.
pub(crate) struct Outstanding<R: Recipient> {
    lot: Lot<R>,
    accepted: u32,
    accepted_bytes: usize,
    unreported: u32,
    /// Whether messages are marked as returned or suspect.
    has_marks: bool,
    /// Messages of this run have been reported but not settled.
    run: u32,
    unsettled: u32,
}

/// What goes again of a batch that is reported as a whole.
pub(crate) struct Undecided<R: Recipient> {
    /// Messages that go again together.
    pub(crate) returned: Lot<R>,
    /// Messages that go again each alone; then nothing is returned.
    pub(crate) suspects: Lot<R>,
    /// How many do not, because a later one of their key has been delivered.
    pub(crate) overtaken: u32,
}

impl<R: Recipient> Default for Undecided<R> {
    fn default() -> Self {
        Self {
            returned: Lot::default(),
            suspects: Lot::default(),
            overtaken: 0,
        }
    }
}

/// What librdkafka took of a batch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Handed {
    /// Messages taken: each will be reported.
    pub(crate) accepted: u32,
    pub(crate) accepted_bytes: usize,
    /// Messages larger than librdkafka takes; reported.
    pub(crate) too_large: u32,
    /// Messages whose extras are malformed; reported.
    pub(crate) invalid: u32,
    /// Why the others were not taken; they can be taken back.
    pub(crate) refused_by: Option<ErrorCode>,
}

/// What follows from a report.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    /// The recipient is told.
    Final(Report),
    /// The message goes again alone.
    Suspect,
    /// The message goes back to the waiting ones.
    Returned,
}

impl<R: Recipient> Default for Outstanding<R> {
    fn default() -> Self {
        Self {
            lot: Lot::default(),
            accepted: 0,
            accepted_bytes: 0,
            unreported: 0,
            has_marks: false,
            run: 0,
            unsettled: 0,
        }
    }
}

impl<R: Recipient> Outstanding<R> {
    /// How many messages librdkafka has not yet reported.
    pub(crate) fn unreported(&self) -> u32 {
        self.unreported
    }

    /// How many messages were loaded.
    pub(crate) fn len(&self) -> usize {
        self.lot.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.lot.is_empty()
    }

    /// How many messages librdkafka took.
    pub(crate) fn accepted(&self) -> u32 {
        self.accepted
    }

    /// Keys, values, extras and overhead of what librdkafka took.
    pub(crate) fn accepted_bytes(&self) -> usize {
        self.accepted_bytes
    }

    /// When the oldest message of the batch was shipped.
    pub(crate) fn oldest(&self) -> Option<std::time::Instant> {
        self.lot.oldest()
    }

    /// Loads the next batch, without the messages for which nobody waits any more.
    /// Nothing may be outstanding. Returns how many were dropped.
    pub(crate) fn load(&mut self, waiting: &mut Lot<R>, limit: BatchLimit) -> u64 {
        if self.unreported > 0 {
            return 0;
        }
        self.clear();
        waiting.take_batch(limit, &mut self.lot);
        self.lot.drop_abandoned(Report::Failed(Failure::Abandoned))
    }

    /// Gives the loaded batch to librdkafka. `owner` (not zero) comes back with every
    /// report.
    pub(crate) fn produce(&mut self, topic: &TopicHandle, partition: i32, owner: u32) -> Handed {
        debug_assert!(owner > 0 && self.unreported == 0, "one batch at a time");
        let messages = self.lot.messages_mut();
        let mut extras_bytes = 0;
        for (index, message) in messages.iter_mut().enumerate() {
            message.tag = u64::from(owner) << 32 | index as u64;
            extras_bytes |= message.extras.bytes();
            // SAFETY: the lot keeps the parcels of its messages.
            unsafe { message.touch_key() };
        }
        let accepted = if extras_bytes > 0 {
            self.hand_over_mixed(topic, partition)
        } else {
            // SAFETY: until librdkafka has reported the messages the lot keeps their parcels,
            // which do not change: it is cleared only when nothing is unreported, and `drop`
            // forgets it otherwise.
            unsafe { handover::hand_over(topic, partition, messages) }
        };
        self.unreported = accepted;
        let mut handed = Handed {
            accepted,
            accepted_bytes: self.lot.bytes(),
            ..Handed::default()
        };
        if accepted as usize != self.lot.len() {
            self.sort_out_refused(&mut handed);
        }
        self.accepted = handed.accepted;
        self.accepted_bytes = handed.accepted_bytes;
        handed
    }

    /// As [`handover::hand_over`] for messages of which some have extras: runs of plain ones go
    /// together, the others one by one, all in their order.
    fn hand_over_mixed(&mut self, topic: &TopicHandle, partition: i32) -> u32 {
        let mut accepted = 0;
        let mut refused_by = None;
        let (messages, parcels) = self.lot.messages_and_parcels();
        let are_plain = |one: &Message, next: &Message| !one.has_extras() && !next.has_extras();
        for messages in messages.chunk_by_mut(are_plain) {
            // It would overtake those in front of it.
            if let Some(ErrorCode(code)) = refused_by {
                for message in messages {
                    message.code = code;
                }
                continue;
            }
            // SAFETY, for both calls: as in `produce`.
            if let [message] = messages
                && message.has_extras()
            {
                let extras = parcels.extras_of(message);
                let code = unsafe { handover::hand_over_with(topic, partition, message, extras) };
                message.code = code.0;
                accepted += u32::from(!code.is_error());
            } else {
                accepted += unsafe { handover::hand_over(topic, partition, messages) };
            }
            let last = messages.last().map(|message| ErrorCode(message.code));
            refused_by = last.filter(|&code| code.is_error() && own_fault(code).is_none());
        }
        accepted
    }

    /// Takes librdkafka's word about one message. Returns the message's bytes, or `None`
    /// for a report that fits nothing outstanding.
    #[inline]
    pub(crate) fn settle(&mut self, reported: &Reported, verdict: Verdict) -> Option<usize> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the lower half is the index"
        )]
        let index = reported.tag as u32 as usize;
        let message = self.lot.messages_mut().get_mut(index)?;
        if message.tag != reported.tag {
            return None;
        }
        message.tag = 0;
        self.unreported -= 1;
        match verdict {
            Verdict::Suspect => {
                message.code = SUSPECT;
                self.has_marks = true;
            }
            Verdict::Returned => {
                message.code = RETURNED;
                self.has_marks = true;
            }
            Verdict::Final(report) => {
                if report != Report::Delivered {
                    message.code = FAILED;
                }
                let message = *message;
                if message.run() != self.run {
                    self.settle_run();
                    self.run = message.run();
                }
                self.unsettled += 1;
                self.lot
                    .recipient_of(&message)
                    .report(message.slot(), report);
                return Some(message.bytes());
            }
        }
        Some(message.bytes())
    }

    /// Tells the last recipient how many reports it has got. To be called after every
    /// row of [`Outstanding::settle`].
    pub(crate) fn settle_run(&mut self) {
        let count = std::mem::take(&mut self.unsettled);
        if count > 0 {
            self.lot.recipient_of_run(self.run).settle(count);
        }
    }

    /// The messages that librdkafka did not take or gave back undecided.
    pub(crate) fn returned(&self) -> Lot<R> {
        if self.has_marks {
            self.lot.marked(RETURNED)
        } else {
            Lot::default()
        }
    }

    /// What becomes of the messages about which nothing is decided when all are reported. A message
    /// does not go again when a later one of its key has been delivered (librdkafka may cut a batch
    /// in two): it is reported.
    pub(crate) fn undecided(&mut self) -> Undecided<R> {
        if !self.has_marks {
            return Undecided::default();
        }
        let overtaken = self.report_overtaken();
        let messages = self.lot.messages_mut();
        if messages.iter().all(|message| message.code != SUSPECT) {
            return Undecided {
                returned: self.lot.marked(RETURNED),
                overtaken,
                ..Undecided::default()
            };
        }
        // None may go before or behind those of its key.
        for message in messages {
            if message.code == RETURNED {
                message.code = SUSPECT;
            }
        }
        Undecided {
            suspects: self.lot.marked(SUSPECT),
            overtaken,
            ..Undecided::default()
        }
    }

    fn report_overtaken(&mut self) -> u32 {
        let mut delivered = HashSet::new();
        let mut overtaken = 0;
        for index in (0..self.lot.len()).rev() {
            let message = &mut self.lot.messages_mut()[index];
            if message.code == 0 {
                delivered.insert(message.hash());
            } else if matches!(message.code, SUSPECT | RETURNED)
                && delivered.contains(&message.hash())
            {
                message.code = FAILED;
                let message = *message;
                let recipient = self.lot.recipient_of(&message);
                recipient.report(message.slot(), Report::Failed(Failure::Overtaken));
                recipient.settle(1);
                overtaken += 1;
            }
        }
        overtaken
    }

    /// Lets go of a batch that is reported as a whole.
    pub(crate) fn clear(&mut self) {
        if self.unreported == 0 {
            self.lot.clear();
            self.has_marks = false;
        }
    }

    /// Gives back the memory of a time of high load, when nothing is loaded.
    pub(crate) fn shrink(&mut self) {
        self.lot.shrink();
    }

    /// Reports every message that librdkafka has not, and those marked, and leaves the
    /// bytes in memory for good. The last resort against a client that does not report.
    /// Returns how many librdkafka had and how many were reported.
    pub(crate) fn write_off(&mut self, report: Report) -> (u32, u32) {
        let mut reported = 0;
        for index in 0..self.lot.len() {
            let message = &mut self.lot.messages_mut()[index];
            if message.tag != 0 || matches!(message.code, SUSPECT | RETURNED) {
                message.tag = 0;
                message.code = 0;
                let message = *message;
                let recipient = self.lot.recipient_of(&message);
                recipient.report(message.slot(), report);
                recipient.settle(1);
                reported += 1;
            }
        }
        let unreported = std::mem::take(&mut self.unreported);
        if unreported > 0 {
            let lot = std::mem::take(&mut self.lot);
            lot.recipients().for_each(Recipient::written_off);
            std::mem::forget(lot);
        }
        (unreported, reported)
    }

    /// Reports what librdkafka refused for its own fault and marks what else it did not take.
    #[cold]
    fn sort_out_refused(&mut self, handed: &mut Handed) {
        for index in 0..self.lot.messages_mut().len() {
            let message: &mut Message = &mut self.lot.messages_mut()[index];
            let code = ErrorCode(message.code);
            if !code.is_error() {
                continue;
            }
            message.tag = 0;
            handed.accepted_bytes -= message.bytes();
            if let Some(failure) = own_fault(code) {
                let message = *message;
                let recipient = self.lot.recipient_of(&message);
                recipient.report(message.slot(), Report::Failed(failure));
                recipient.settle(1);
                match failure {
                    Failure::TooLarge => handed.too_large += 1,
                    _ => handed.invalid += 1,
                }
            } else {
                message.code = RETURNED;
                self.has_marks = true;
                handed.refused_by.get_or_insert(code);
            }
        }
    }
}

impl<R: Recipient> Drop for Outstanding<R> {
    fn drop(&mut self) {
        if self.unreported > 0 {
            std::mem::forget(std::mem::take(&mut self.lot));
        }
    }
}

/// What is wrong with a message that was refused for what it is. Any other refusal is of
/// everything behind it, too.
fn own_fault(code: ErrorCode) -> Option<Failure> {
    match code {
        ErrorCode::MSG_SIZE_TOO_LARGE => Some(Failure::TooLarge),
        ErrorCode::INVALID_RECORD => Some(Failure::InvalidRecord),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
