//! The core of the connector in a world that a seed decides: the desks of a process and its pipelines
//! are the real ones; the clock, the connections, the sources and Kafka are simulated, and misbehave.
//! A ledger holds every event against what is promised.
//!
//! ```text
//! cargo test -p aeroduct-connector --lib simulation              10 000 seeds
//! make simulate SEEDS=1000000                                    more
//! SEED=17 cargo test -p aeroduct-connector --lib simulation      one of them again
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "what does not hold ends a run by a panic"
)]

mod change;
mod clock;
mod fairness;
mod kafka;
mod ledger;
mod manners;
mod node;
mod random;
mod setup;
mod sights;
mod station;
mod trace;
mod weather;
mod wire;
mod world;

use clock::SimulatedClock;
use setup::Setup;
use sights::Sights;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use trace::Trace;
use world::World;

/// Seeds of a run that nobody asked for more.
const SEEDS: u64 = 10_000;

/// With so many seeds everything must have been met that can be.
const SEEDS_TELLING: u64 = 5_000;

const THREADS: usize = 2;

#[test]
fn whatever_happens_every_record_is_answered_once_in_order_and_for_a_reason() {
    if let Some(seed) = number_in("SEED") {
        tell(seed);
        return;
    }
    let seeds = number_in("SEEDS").unwrap_or(SEEDS);
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
    let work = || {
        let setups = Setup::all();
        let mut sights = Sights::default();
        while failed.load(Ordering::Relaxed) == u64::MAX {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds {
                break;
            }
            let clock = SimulatedClock::new();
            let trace = Trace::new(clock.clone(), false);
            let run = || World::new(seed, &setups, clock, trace).run();
            match catch_unwind(AssertUnwindSafe(run)) {
                Ok(met) => sights.append(&met),
                Err(_) => drop(failed.fetch_min(seed, Ordering::Relaxed)),
            }
        }
        sights
    };
    let mut sights = Sights::default();
    thread::scope(|scope| {
        let threads: [_; THREADS] = std::array::from_fn(|_| scope.spawn(work));
        for thread in threads {
            sights.append(&thread.join().unwrap());
        }
    });
    let failed = failed.into_inner();
    if failed < u64::MAX {
        tell(failed);
        panic!("seed {failed} failed, and did not fail again");
    }
    if seeds >= SEEDS_TELLING {
        assert_eq!(sights.missing(), [], "never met in {seeds} runs");
    }
}

/// A variable that is empty, as `make` hands it on, is none.
fn number_in(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok().filter(|it| !it.is_empty())?;
    Some(text.parse().expect("a seed or their count is a number"))
}

/// Runs one seed, and tells what led to its failure.
#[expect(
    clippy::print_stderr,
    reason = "the way to whoever looks for the fault"
)]
fn tell(seed: u64) {
    let clock = SimulatedClock::new();
    let trace = Trace::new(clock.clone(), true);
    let setups = Setup::all();
    let world = AssertUnwindSafe(|| World::new(seed, &setups, clock, trace.clone()).run());
    if catch_unwind(world).is_err() {
        eprintln!("{}", trace.last_lines());
        panic!(
            "seed {seed} failed at step {}; to repeat: SEED={seed} cargo test \
             --package aeroduct-connector --lib simulation",
            trace.steps()
        );
    }
}
