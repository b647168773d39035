//! What is done around the connector, and what follows from it for what may be asked of it.

use std::fmt;
use std::time::Duration;

use aeroduct_tests::chance::Chance;
use aeroduct_tests::crowd::Kind;
use aeroduct_tests::proxy::Network;

use crate::stage::{BROKERS, DEADLINE};

/// Members of each crowd.
pub(crate) const CROWD: usize = 1_000;

/// One fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// A broker is killed and comes back: F1.
    Restart(u16),
    /// All leaders move every second: F3.
    Leaders,
    /// The network to all brokers is like this for a while: F7.
    Network(Network, Duration),
    /// The tenth of ten topics takes nothing: F5.
    Refusal,
    /// Bad peers: F9, F10 and those that mean harm.
    Crowd(Kind),
}

/// Gaps in which nothing passes: shorter than a record waits for Kafka, longer, and longer than
/// Kafka's client tries for it.
const HOLES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(DEADLINE.as_secs() + 4),
    Duration::from_secs(30),
    Duration::from_mins(5),
];
/// A gap is dealt in runs that are so many times longer.
const OF_A_RUN: u32 = 8;

impl Fault {
    /// Faults on the way to Kafka, in an order of chance.
    pub(crate) fn of_kafka(chance: &mut Chance) -> Vec<Self> {
        let network = |network, ms| Self::Network(network, Duration::from_millis(ms));
        let mut faults = vec![
            Self::Leaders,
            network(Network::Cut, 1_000),
            network(Network::Reset, 1_000),
            network(Network::HalfOpen, 1_000),
            network(Network::Slow(Duration::from_millis(10)), 8_000),
            network(Network::Sliced, 300),
        ];
        faults.extend(HOLES.map(|time| Self::Network(Network::BlackHole, time)));
        faults.extend((1..=BROKERS).map(Self::Restart));
        shuffle(faults, chance)
    }

    /// Faults on the side of the sources, in an order of chance.
    pub(crate) fn of_sources(chance: &mut Chance) -> Vec<Self> {
        let mut faults = vec![Self::Refusal, Self::Refusal];
        faults.extend(Kind::ALL.map(Self::Crowd));
        shuffle(faults, chance)
    }

    /// Whether a record may wait so long for Kafka that its source has to be told.
    pub(crate) fn is_long(&self) -> bool {
        matches!(self, Self::Network(Network::BlackHole, time) if *time >= DEADLINE)
    }

    /// Whether a run of this length has room for it beside all others.
    pub(crate) fn fits(&self, run: Duration) -> bool {
        match self {
            Self::Network(_, time) => *time * OF_A_RUN <= run,
            _ => true,
        }
    }

    /// Whether it is on the way to Kafka.
    pub(crate) const fn is_of_kafka(&self) -> bool {
        matches!(self, Self::Restart(_) | Self::Leaders | Self::Network(..))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restart(broker) => write!(f, "broker {broker} killed"),
            Self::Leaders => f.write_str("leaders move"),
            Self::Network(network, time) => match network {
                Network::BlackHole => write!(f, "black hole of {} s", time.as_secs()),
                Network::Slow(by) => write!(f, "network slower by {by:?}"),
                Network::Whole => f.write_str("network whole"),
                Network::Sliced => f.write_str("network in slices"),
                Network::HalfOpen => f.write_str("half-open network"),
                Network::Cut => f.write_str("network cut"),
                Network::Reset => f.write_str("network reset"),
            },
            Self::Refusal => f.write_str("a topic refuses"),
            Self::Crowd(kind) => {
                let what = match kind {
                    Kind::Garbage => "send garbage",
                    Kind::HugeFrames => "announce huge frames",
                    Kind::Bombs => "send bombs",
                    Kind::HalfFrames => "send half frames",
                    Kind::Trickle => "send a byte a second",
                    Kind::Deaf => "read no reply",
                    Kind::Storm => "connect and go",
                };
                write!(f, "{CROWD} peers {what}")
            }
        }
    }
}

fn shuffle<T>(mut cards: Vec<T>, chance: &mut Chance) -> Vec<T> {
    let mut shuffled = Vec::with_capacity(cards.len());
    while !cards.is_empty() {
        let at = usize::try_from(chance.below(cards.len() as u64)).unwrap_or(0);
        shuffled.push(cards.swap_remove(at));
    }
    shuffled
}
