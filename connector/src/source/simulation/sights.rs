//! What the runs have met, so that a simulation that no longer meets something does not pass.

use std::collections::BTreeMap;

/// Something that seldom happens by itself.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Sight {
    Answered(Cause),
    Ended(Parting),
    /// Nobody waited for a message any more when its turn came.
    Abandoned,
    /// Kafka has a message that was reported as failed.
    Unheard,
    WrittenOff,
    FatalFailure,
    /// The window was full.
    Stalled,
    /// Overdue messages filled the window.
    WindowOverdue,
    /// A long frame was begun.
    LongFrame,
    /// Several records were one message.
    Batch,
    /// A version waited for another one.
    Waited,
}

/// Why an answer was right.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Cause {
    Delivered,
    Skipped,
    /// Kafka has a newer version.
    Stale,
    /// No message can be made of it.
    Refused,
    TooManyTopics,
    FailedForGood,
    Failed,
    BatchFailed,
    LetterDelivered,
    LetterFailed,
    WindowOverdue,
    Deadline,
    Stop,
}

/// Why the connector let a connection go.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Parting {
    /// The source writes nothing more, and has its answers.
    End,
    /// The source writes nothing more, and has sent what cannot be read.
    Spoilt,
    /// What it sent is no frame.
    Broken,
    /// A frame did not go on.
    Stuck,
    Aged,
    Idle,
    Drained,
    Reset,
    /// The source did not take its replies.
    Deaf,
    Stopped,
}

impl Sight {
    /// All there are.
    const ALL: [Self; 32] = [
        Self::Answered(Cause::Delivered),
        Self::Answered(Cause::Skipped),
        Self::Answered(Cause::Stale),
        Self::Answered(Cause::Refused),
        Self::Answered(Cause::TooManyTopics),
        Self::Answered(Cause::FailedForGood),
        Self::Answered(Cause::Failed),
        Self::Answered(Cause::BatchFailed),
        Self::Answered(Cause::LetterDelivered),
        Self::Answered(Cause::LetterFailed),
        Self::Answered(Cause::WindowOverdue),
        Self::Answered(Cause::Deadline),
        Self::Answered(Cause::Stop),
        Self::Ended(Parting::End),
        Self::Ended(Parting::Spoilt),
        Self::Ended(Parting::Broken),
        Self::Ended(Parting::Stuck),
        Self::Ended(Parting::Aged),
        Self::Ended(Parting::Idle),
        Self::Ended(Parting::Drained),
        Self::Ended(Parting::Reset),
        Self::Ended(Parting::Deaf),
        Self::Ended(Parting::Stopped),
        Self::Abandoned,
        Self::Unheard,
        Self::WrittenOff,
        Self::FatalFailure,
        Self::Stalled,
        Self::WindowOverdue,
        Self::LongFrame,
        Self::Batch,
        Self::Waited,
    ];
}

/// How often what was met.
#[derive(Clone, Debug, Default)]
pub(super) struct Sights(BTreeMap<Sight, u64>);

impl Sights {
    pub(super) fn add(&mut self, sight: Sight) {
        *self.0.entry(sight).or_default() += 1;
    }

    pub(super) fn append(&mut self, other: &Self) {
        for (&sight, &count) in &other.0 {
            *self.0.entry(sight).or_default() += count;
        }
    }

    /// What was never met.
    pub(super) fn missing(&self) -> Vec<Sight> {
        let all = Sight::ALL.into_iter();
        all.filter(|sight| !self.0.contains_key(sight)).collect()
    }
}
