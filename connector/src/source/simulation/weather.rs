//! How well Kafka does.

use super::random::Random;
use aeroduct_kafka::{Failure, Report};

/// What time or a person can mend.
const TEMPORARY: [Failure; 4] = [
    Failure::Unavailable,
    Failure::TimedOut,
    Failure::Disconnected,
    Failure::Restricted,
];

/// What is the record's own fault.
const PERMANENT: [Failure; 3] = [Failure::TooLarge, Failure::InvalidRecord, Failure::Corrupt];

/// Faults of Kafka, in per cent of the messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    temporary: usize,
    permanent: usize,
    /// The message is in Kafka, and the acknowledgement is lost.
    unheard: usize,
    /// Never reported by librdkafka.
    forgotten: usize,
    /// Topics that begin to refuse everything, or end it, in per cent of what happens.
    refusing: usize,
}

/// What becomes of one message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    Acknowledged,
    Failed(Failure),
    Unheard,
    Forgotten,
}

impl Weather {
    /// Everything goes well.
    pub(super) const FAIR: Self = Self {
        temporary: 0,
        permanent: 0,
        unheard: 0,
        forgotten: 0,
        refusing: 0,
    };

    /// Each fault comes in some of the runs, seldom or often.
    pub(super) fn any(random: &mut Random) -> Self {
        Self {
            temporary: random.pick(&[0, 0, 10, 90]),
            permanent: random.pick(&[0, 0, 10]),
            unheard: random.pick(&[0, 0, 10]),
            forgotten: random.pick(&[0, 0, 0, 10]),
            refusing: random.pick(&[0, 0, 2, 20]),
        }
    }

    pub(super) fn outcome(self, random: &mut Random) -> Outcome {
        if random.percent(self.temporary) {
            Outcome::Failed(random.pick(&TEMPORARY))
        } else if random.percent(self.permanent) {
            Outcome::Failed(random.pick(&PERMANENT))
        } else if random.percent(self.unheard) {
            Outcome::Unheard
        } else if random.percent(self.forgotten) {
            Outcome::Forgotten
        } else {
            Outcome::Acknowledged
        }
    }

    /// A topic changes its mind about taking messages.
    pub(super) fn turns(self, random: &mut Random) -> bool {
        random.percent(self.refusing)
    }
}

impl Outcome {
    /// True when the message is in Kafka.
    pub(super) const fn is_appended(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Unheard)
    }

    /// What is told about it.
    pub(super) const fn report(self) -> Report {
        match self {
            Self::Acknowledged => Report::Delivered,
            Self::Failed(failure) => Report::Failed(failure),
            Self::Unheard | Self::Forgotten => Report::Failed(Failure::TimedOut),
        }
    }
}
