//! Answers, and what gives the right to give them.

use super::super::setup::Content;
use super::super::sights::{Cause, Sight};
use super::{Fate, Ledger, Sent, Verdict};
use aeroduct_wire::reply::ResultCode;

impl Ledger {
    /// The connector has given the answer to the next frame of a connection to the socket.
    pub(in super::super) fn answered(&mut self, line: usize, code: u8) {
        let Some(number) = self.lines[line].answer() else {
            panic!("line {line}: answer {code} to nothing that was read");
        };
        self.trace
            .note(|| format!("line {line}: {number} answered {code}"));
        let Some(cause) = self.cause(number, code) else {
            let sent = &self.sent[number];
            panic!("{number} is answered {code} without cause: {sent:?}");
        };
        if cause == Cause::Deadline {
            self.lines[line].voyage_of(number).is_overdue.set(true);
        }
        self.sights.add(Sight::Answered(cause));
        let sent = &mut self.sent[number];
        sent.answer = Some(code);
        sent.answered_at = self.clock.now();
    }

    /// Why a frame may be answered so now.
    fn cause(&self, number: usize, code: u8) -> Option<Cause> {
        let sent = &self.sent[number];
        if let Fate::Known(verdict) = sent.fate {
            let (cause, fitting) = match verdict {
                Verdict::Delivered => (Cause::Delivered, ResultCode::Success),
                Verdict::Failed => (Cause::Failed, ResultCode::TemporaryError),
                Verdict::FailedForGood => (Cause::FailedForGood, ResultCode::PermanentError),
                Verdict::BatchFailed => (Cause::BatchFailed, ResultCode::TemporaryError),
                Verdict::LetterDelivered => (Cause::LetterDelivered, ResultCode::Success),
                Verdict::LetterFailed => (Cause::LetterFailed, ResultCode::TemporaryError),
            };
            if code == fitting.code() {
                return Some(cause);
            }
        }
        if code == ResultCode::TemporaryError.code() {
            self.cause_to_put_off(sent)
        } else if sent.fate != Fate::Unseen {
            None
        } else if code == ResultCode::Success.code() {
            self.cause_to_skip(number)
        } else {
            self.cause_to_refuse(sent)
        }
    }

    /// Why a frame may be answered "temporary error" without Kafka's word.
    fn cause_to_put_off(&self, sent: &Sent) -> Option<Cause> {
        let read = sent.read?;
        if read.is_overdue {
            return Some(Cause::WindowOverdue);
        }
        let waits = match sent.fate {
            Fate::Unseen => self.may_wait(sent),
            Fate::Aboard | Fate::Undeliverable | Fate::Letter => true,
            // The answer can be older than the report, and the socket not have taken it.
            Fate::Known(_) => self.lines[sent.line].is_behind(),
        };
        if waits && self.is_stopping {
            Some(Cause::Stop)
        } else {
            let is_late = self.clock.now() >= read.at + self.promises.deadline;
            (waits && is_late).then_some(Cause::Deadline)
        }
    }

    /// Why a frame may be answered "success" that was never shipped.
    pub(super) fn cause_to_skip(&self, number: usize) -> Option<Cause> {
        let sent = &self.sent[number];
        let is_stale = || {
            let newest = self.newest.get(&sent.stream());
            newest.is_some_and(|newest| newest.number > number)
        };
        match sent.content {
            Content::Skipped => Some(Cause::Skipped),
            Content::Change { .. } if self.promises.rules.remembered.is_some() => {
                is_stale().then_some(Cause::Stale)
            }
            _ => None,
        }
    }

    /// Why a frame may be refused for good that was never shipped.
    fn cause_to_refuse(&self, sent: &Sent) -> Option<Cause> {
        if self.promises.rules.has_letters {
            return None;
        }
        match sent.content {
            Content::Refused => Some(Cause::Refused),
            Content::Change { topic } if self.refused_topics.contains(topic) => {
                Some(Cause::TooManyTopics)
            }
            _ => None,
        }
    }

    /// True when a frame that was read may be in the pipeline still, or have left it unseen.
    pub(super) fn may_wait(&self, sent: &Sent) -> bool {
        let is_change = matches!(sent.content, Content::Change { .. });
        let is_overdue = sent.read.is_none_or(|read| read.is_overdue);
        let is_straight = self.promises.rules.is_straight();
        sent.fate == Fate::Unseen && is_change && !is_overdue && !is_straight
    }

    /// True when nothing about a frame is to come that could change its answer.
    pub(super) fn is_settled(&self, number: usize) -> bool {
        let sent = &self.sent[number];
        let is_overdue = sent.read.is_some_and(|read| read.is_overdue);
        match sent.fate {
            Fate::Known(_) => true,
            Fate::Unseen => {
                let is_skipped = sent.content == Content::Skipped;
                is_overdue || is_skipped || self.cause_to_refuse(sent).is_some()
            }
            Fate::Aboard | Fate::Undeliverable | Fate::Letter => false,
        }
    }
}
