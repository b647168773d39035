//! The load that must not suffer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aeroduct_simulator::latency::Latency;
use aeroduct_simulator::load::{self, End, LoadPlan, LoadReport, RecordShape, Stop, Tally};
use anyhow::{Result, anyhow};

use crate::stage::TOPICS;

/// The number of the first record; what is sent for measuring before has smaller ones.
pub(crate) const FIRST: u64 = 1 << 40;
pub(crate) const CONNECTIONS: u32 = 4;
pub(crate) const WINDOW: u32 = 4096;
const KEYS: u64 = 20_000;
/// Longer than anything that is done to the connector.
const PATIENCE: Duration = Duration::from_mins(2);

/// A plan without an end for these sets' sake: small records of many keys.
pub(crate) fn plan(to: String, rate: f64, seed: u64) -> LoadPlan {
    LoadPlan {
        to,
        connections: CONNECTIONS,
        window: WINDOW,
        rate: Some(rate),
        end: End::default(),
        shape: RecordShape::Small,
        keys: KEYS,
        namespaces: vec!["soak".to_owned()],
        sets: TOPICS.map(str::to_owned).to_vec(),
        seed,
        first_sequence: FIRST,
        ledger: true,
        patience: PATIENCE,
        ..LoadPlan::default()
    }
}

/// A load on its way.
#[derive(Debug)]
pub(crate) struct Honest {
    stop: Stop,
    latest: Arc<Mutex<Latest>>,
    runner: JoinHandle<Result<LoadReport>>,
}

/// What is known since somebody last asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Latest {
    pub(crate) tally: Tally,
    pub(crate) latency: Latency,
}

impl Honest {
    pub(crate) fn start(to: String, rate: f64, seed: u64) -> Self {
        Self::run(plan(to, rate, seed))
    }

    pub(crate) fn run(plan: LoadPlan) -> Self {
        let (stop, latest) = (Stop::new(), Arc::new(Mutex::new(Latest::default())));
        let (watched, told) = (stop.clone(), Arc::clone(&latest));
        let runner = thread::spawn(move || {
            let report = load::run(&plan, &watched, &mut |progress| {
                let mut latest = lock(&told);
                latest.tally = progress.tally;
                latest.latency.take_from(&mut progress.latest.clone());
            });
            Ok(report?)
        });
        Self {
            stop,
            latest,
            runner,
        }
    }

    /// The counts so far, and the answers since the last call.
    pub(crate) fn take(&self) -> Latest {
        let mut latest = lock(&self.latest);
        let mut taken = Latest {
            tally: latest.tally,
            latency: Latency::new(),
        };
        taken.latency.take_from(&mut latest.latency);
        taken
    }

    /// Sends nothing more and waits for the last answers.
    pub(crate) fn end(self) -> Result<LoadReport> {
        self.stop.request();
        self.runner
            .join()
            .map_err(|_| anyhow!("the load panicked"))?
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.runner.is_finished()
    }
}

fn lock(latest: &Mutex<Latest>) -> MutexGuard<'_, Latest> {
    latest.lock().unwrap_or_else(PoisonError::into_inner)
}
