//! Chance that can be had again: what a test leaves to it follows from a seed.
//!
//! `AERODUCT_SEED` names the seed, `AERODUCT_ROUNDS` how often a test with rounds goes round.

use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

/// Numbers that follow from a seed (the generator `SplitMix64`).
#[derive(Clone, Debug)]
pub struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    pub const fn new(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// With the seed of the environment, or another one each time.
    pub fn of_environment() -> Result<Self> {
        let seed = match number("AERODUCT_SEED")? {
            Some(seed) => seed,
            None => u64::from(SystemTime::now().duration_since(UNIX_EPOCH)?.subsec_nanos()),
        };
        Ok(Self::new(seed))
    }

    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below `end`, which is above 0.
    pub const fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.state;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (number ^ (number >> 31)) % end
    }

    /// A time up to `longest`.
    pub fn time(&mut self, longest: Duration) -> Duration {
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.below(micros.max(1)))
    }
}

/// How often to go round: as the environment says, else so often.
pub fn rounds(usual: u64) -> Result<u64> {
    Ok(number("AERODUCT_ROUNDS")?.unwrap_or(usual))
}

fn number(variable: &str) -> Result<Option<u64>> {
    let Ok(text) = env::var(variable) else {
        return Ok(None);
    };
    let number = text.parse();
    Ok(Some(number.with_context(|| {
        format!("{variable}={text}: not a whole number")
    })?))
}
