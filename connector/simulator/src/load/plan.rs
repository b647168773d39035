//! What a load run is to do.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::shape::RecordShape;

/// The most records (and keys) of one key space: 20 bytes of digest are kept per key.
pub const KEYS_MAX: u64 = 10_000_000;

/// The most connections of one run: two threads each.
pub const CONNECTIONS_MAX: u32 = 1024;

/// The largest window: what a source node can have on its way at most (50 records of each of the
/// 4096 partitions).
pub const WINDOW_MAX: u32 = 204_800;

/// A stream of changes to generate: the same plan makes the same records.
#[derive(Clone, Debug)]
pub struct LoadPlan {
    /// Where the connector listens: `HOST:PORT`.
    pub to: String,
    /// Connections, 1 to [`CONNECTIONS_MAX`]. All changes of one key go over one connection.
    pub connections: u32,
    /// Records per connection that may be unanswered or wait to be sent again, 1 to [`WINDOW_MAX`].
    pub window: u32,
    /// Records per second over all connections; `None` sends as fast as the answers allow.
    pub rate: Option<f64>,
    /// When to stop making new records.
    pub end: End,
    /// Which bins the records have.
    pub shape: RecordShape,
    /// How many of the changes are deletes.
    pub deletes: Percent,
    /// How many messages are malformed inside a sound frame; each must be answered with a
    /// permanent error at its very place, which shows that the replies are in order.
    pub malformed: Percent,
    /// How many different keys change, up to [`KEYS_MAX`]; 0 gives each change a key of its own.
    pub keys: u64,
    /// Namespaces of the records, each 1 to 31 bytes.
    pub namespaces: Vec<String>,
    /// Sets of the records, each 1 to 63 bytes.
    pub sets: Vec<String>,
    /// Picks keys, values and deletes.
    pub seed: u64,
    /// The number of the first record.
    pub first_sequence: u64,
    /// Sends every message as a compressed frame.
    pub compress: bool,
    /// Sends records again, as a source does, when their answer was a temporary error or never came.
    pub retry: bool,
    /// Keeps which records were answered with success: one bit per record.
    pub ledger: bool,
    /// How long a connection may stay without any reply that it owes, and how long reconnecting is tried.
    pub patience: Duration,
}

impl Default for LoadPlan {
    fn default() -> Self {
        Self {
            to: "127.0.0.1:8080".to_owned(),
            connections: 4,
            window: 4096,
            rate: None,
            end: End::after(Duration::from_secs(10)),
            shape: RecordShape::Typical,
            deletes: Percent::ZERO,
            malformed: Percent::ZERO,
            keys: 100_000,
            namespaces: vec!["production".to_owned()],
            sets: vec!["user_profiles".to_owned()],
            seed: 1,
            first_sequence: 0,
            compress: false,
            retry: false,
            ledger: false,
            patience: Duration::from_secs(30),
        }
    }
}

/// When to stop making new records: at whichever comes first. Without either, at the stop flag.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct End {
    pub count: Option<u64>,
    pub duration: Option<Duration>,
}

impl End {
    /// Stops when `duration` is over.
    pub const fn after(duration: Duration) -> Self {
        Self {
            count: None,
            duration: Some(duration),
        }
    }

    /// Stops when `count` records are made.
    pub const fn count(count: u64) -> Self {
        Self {
            count: Some(count),
            duration: None,
        }
    }
}

/// Why a plan cannot be run.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PlanError {
    #[error("{name} is {value}: use {min} to {max}")]
    Bounds {
        name: &'static str,
        value: u64,
        min: u64,
        max: u64,
    },
    #[error("rate is {0}: use a number of records per second above 0")]
    Rate(String),
    #[error(
        "{keys} keys cannot be shared by {connections} connections: use at least as many keys, or 0 for a new key with every change"
    )]
    Keys { keys: u64, connections: u32 },
    #[error("{what} {name:?} has {len} bytes: use 1 to {max}")]
    Name {
        what: &'static str,
        name: String,
        len: usize,
        max: usize,
    },
    #[error("no {what} is given: use at least one")]
    NoName { what: &'static str },
}

impl LoadPlan {
    /// Refuses what cannot be run, so that nothing else has to.
    pub fn check(&self) -> Result<(), PlanError> {
        bounds(
            "connections",
            self.connections.into(),
            1,
            CONNECTIONS_MAX.into(),
        )?;
        bounds("window", self.window.into(), 1, WINDOW_MAX.into())?;
        bounds("keys", self.keys, 0, KEYS_MAX)?;
        if let Some(rate) = self.rate
            && !(rate.is_finite() && rate > 0.0)
        {
            return Err(PlanError::Rate(rate.to_string()));
        }
        if self.keys > 0 && self.keys < u64::from(self.connections) {
            return Err(PlanError::Keys {
                keys: self.keys,
                connections: self.connections,
            });
        }
        names("namespace", &self.namespaces, 31)?;
        names("set", &self.sets, 63)
    }
}

fn bounds(name: &'static str, value: u64, min: u64, max: u64) -> Result<(), PlanError> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(PlanError::Bounds {
            name,
            value,
            min,
            max,
        })
    }
}

fn names(what: &'static str, names: &[String], max: usize) -> Result<(), PlanError> {
    if names.is_empty() {
        return Err(PlanError::NoName { what });
    }
    match names.iter().find(|name| !(1..=max).contains(&name.len())) {
        None => Ok(()),
        Some(name) => Err(PlanError::Name {
            what,
            name: name.clone(),
            len: name.len(),
            max,
        }),
    }
}

/// A share, 0 to 100 percent, held as the part of all 64-bit numbers below it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percent(f64);

/// A share outside 0 to 100.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0:?} is not a share: use a number from 0 to 100")]
pub struct InvalidPercent(String);

impl Percent {
    pub const ZERO: Self = Self(0.0);

    /// A share from 0 to 100.
    pub fn new(percent: f64) -> Result<Self, InvalidPercent> {
        if (0.0..=100.0).contains(&percent) {
            Ok(Self(percent))
        } else {
            Err(InvalidPercent(percent.to_string()))
        }
    }

    /// Whether `random`, evenly spread over all 64-bit numbers, falls into this share.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share needs no more than the 53 bits a double has"
    )]
    pub(super) fn takes(self, random: u64) -> bool {
        ((random >> 11) as f64) < self.0 / 100.0 * (1_u64 << 53) as f64
    }

    pub(super) fn is_zero(self) -> bool {
        self.0 <= 0.0
    }
}

impl FromStr for Percent {
    type Err = InvalidPercent;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim_end_matches('%')
            .parse()
            .ok()
            .and_then(|percent| Self::new(percent).ok())
            .ok_or_else(|| InvalidPercent(text.to_owned()))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_plan_can_be_run() {
        assert_eq!(LoadPlan::default().check(), Ok(()));
    }

    #[test]
    fn a_plan_out_of_bounds_is_refused_with_the_bounds() {
        let plan = LoadPlan {
            window: 0,
            ..LoadPlan::default()
        };
        let error = plan.check().unwrap_err().to_string();
        assert_eq!(error, "window is 0: use 1 to 204800");

        let plan = LoadPlan {
            keys: 3,
            connections: 4,
            ..LoadPlan::default()
        };
        assert_eq!(
            plan.check(),
            Err(PlanError::Keys {
                keys: 3,
                connections: 4
            })
        );

        let plan = LoadPlan {
            sets: vec!["x".repeat(64)],
            ..LoadPlan::default()
        };
        assert!(matches!(
            plan.check(),
            Err(PlanError::Name {
                what: "set",
                len: 64,
                ..
            })
        ));

        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let plan = LoadPlan {
                rate: Some(rate),
                ..LoadPlan::default()
            };
            assert!(matches!(plan.check(), Err(PlanError::Rate(_))), "{rate}");
        }
    }

    #[test]
    fn a_share_takes_none_at_0_and_all_at_100() {
        let none: Percent = "0".parse().unwrap();
        let all: Percent = "100%".parse().unwrap();
        for random in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!(!none.takes(random));
            assert!(all.takes(random));
        }
        assert!("101".parse::<Percent>().is_err());
        assert!("-1".parse::<Percent>().is_err());
        assert!("NaN".parse::<Percent>().is_err());
    }
}
