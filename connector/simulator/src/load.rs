//! Generating a change stream and checking every answer.
//!
//! The load is open where it has a rate: each record has an intended send time, and its latency
//! counts from there, whether or not the window let it go in time. Replies carry no id, so they
//! are checked by count and code per connection, in order. Every record has a number (see
//! [`RecordShape::sequence_bin`]), so that a consumer can prove that none is lost.

mod account;
mod change;
mod clock;
mod connection;
mod cpu;
mod forge;
mod ledger;
mod link;
mod plan;
mod reader;
mod report;
mod shape;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use aeroduct_wire::encode::EncodeError;

pub use self::account::Tally;
pub use self::ledger::Ledger;
pub use self::plan::{
    CONNECTIONS_MAX, End, InvalidPercent, KEYS_MAX, LoadPlan, Percent, PlanError, WINDOW_MAX,
};
pub use self::report::{LoadReport, PROBLEMS_MAX, Progress};
pub use self::shape::RecordShape;
pub use crate::connect::ConnectError;

use self::account::Account;
use self::change::Changes;
use self::clock::Clock;
use self::connection::Connection;
use self::forge::{Forge, Templates};
use self::link::Shared;
use crate::connect;
use crate::latency::Latency;

/// How often the observer is told.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// Ends a run early: no new records, but all that is on its way is still answered.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn request(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("this load cannot be run")]
    Plan(#[source] PlanError),
    #[error("the records of this load cannot be built")]
    Encode(#[source] EncodeError),
    #[error("the load could not begin")]
    Connect(#[source] ConnectError),
}

/// The first faults of a run in words.
#[derive(Debug, Default)]
struct Problems(Mutex<Vec<String>>);

impl Problems {
    fn note(&self, problem: impl FnOnce() -> String) {
        let mut problems = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if problems.len() < PROBLEMS_MAX {
            problems.push(problem());
        }
    }
}

/// Runs `plan` to its end, or until `stop` is requested, and tells `observer` five times a second.
///
/// Blocks the calling thread; each connection has two threads of its own. Returns when every
/// record is answered, or nobody has answered for the plan's patience.
pub fn run(
    plan: &LoadPlan,
    stop: &Stop,
    observer: &mut dyn FnMut(&Progress),
) -> Result<LoadReport, LoadError> {
    plan.check().map_err(LoadError::Plan)?;
    let streams = (0..plan.connections)
        .map(|_| connect::once(&plan.to))
        .collect::<Result<Vec<_>, _>>()
        .map_err(LoadError::Connect)?;
    let templates = Templates::new(plan).map_err(LoadError::Encode)?;
    let changes: Vec<_> = (0..plan.connections)
        .map(|number| Changes::new(plan, number))
        .collect();
    let connections: Vec<_> = changes
        .iter()
        .map(|changes| Shared::new(Account::new(changes.clone(), plan.retry, plan.ledger)))
        .collect();
    let problems = Problems::default();
    let open = Open::new(connections.len());
    let mut watch = Watch::new(&connections);

    let clock = Clock::start(plan.rate);
    thread::scope(|scope| {
        for ((stream, changes), shared) in streams.into_iter().zip(changes).zip(&connections) {
            let forge = Forge::new(&templates, changes.keys(), plan.compress);
            let watch = (stop, &problems, shared);
            let connection = Connection::new(plan, clock, watch, changes, forge);
            let open = &open;
            scope.spawn(move || {
                let _closed = Closing(open);
                connection.run(stream);
            });
        }
        while !open.wait_until_none(PROGRESS_INTERVAL) {
            observer(&watch.look(&clock));
        }
        observer(&watch.look(&clock));
    });
    Ok(watch.into_report(plan, &clock, problems))
}

/// The first `count` messages that `plan` makes on its first connection, one frame each.
pub fn first_frames(plan: &LoadPlan, count: usize) -> Result<Vec<Vec<u8>>, EncodeError> {
    let templates = Templates::new(plan)?;
    let changes = Changes::new(plan, 0);
    let mut forge = Forge::new(&templates, changes.keys(), plan.compress);
    let make = |index| {
        let mut frame = Vec::new();
        forge.append(&changes.change(index), clock::last_update(), &mut frame);
        frame
    };
    Ok((0..).take(count).map(make).collect())
}

/// How many connections still run.
#[derive(Debug)]
struct Open {
    count: Mutex<usize>,
    changed: Condvar,
}

impl Open {
    fn new(count: usize) -> Self {
        Self {
            count: Mutex::new(count),
            changed: Condvar::new(),
        }
    }

    /// Whether none is left, now or within `limit`.
    fn wait_until_none(&self, limit: Duration) -> bool {
        let count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, _) = self
            .changed
            .wait_timeout_while(count, limit, |count| *count > 0)
            .unwrap_or_else(PoisonError::into_inner);
        *count == 0
    }
}

/// Counts a connection off when its thread ends, however it ends.
struct Closing<'a>(&'a Open);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.changed.notify_all();
    }
}

/// Looks at all connections from outside.
struct Watch<'a> {
    connections: &'a [Shared],
    all: Latency,
}

impl<'a> Watch<'a> {
    fn new(connections: &'a [Shared]) -> Self {
        Self {
            connections,
            all: Latency::new(),
        }
    }

    fn look(&mut self, clock: &Clock) -> Progress {
        let mut latest = Latency::new();
        for connection in self.connections {
            latest.take_from(&mut connection.latest());
        }
        self.all.take_from(&mut latest.clone());
        let (tally, unanswered) = self.count();
        Progress {
            elapsed: clock.elapsed(),
            tally,
            unanswered,
            latest,
        }
    }

    fn count(&self) -> (Tally, u64) {
        let (mut tally, mut unanswered) = (Tally::default(), 0);
        for connection in self.connections {
            let state = connection.state();
            tally.add(state.account.tally());
            unanswered += u64::from(state.account.unanswered());
        }
        (tally, unanswered)
    }

    fn into_report(self, plan: &LoadPlan, clock: &Clock, problems: Problems) -> LoadReport {
        let (tally, _) = self.count();
        let mut last_reply_ns = 0;
        let mut cpu = None;
        let mut acknowledged = Vec::new();
        for connection in self.connections {
            let mut state = connection.state();
            last_reply_ns = last_reply_ns.max(state.last_reply_ns);
            if let Some(used) = state.cpu {
                cpu = Some(cpu.unwrap_or(Duration::ZERO) + used);
            }
            acknowledged.extend(state.account.take_acknowledged());
        }
        LoadReport {
            overdue: overdue(plan, clock, tally.sent),
            tally,
            elapsed: Duration::from_nanos(last_reply_ns),
            latency: self.all,
            cpu,
            ledger: plan
                .ledger
                .then(|| Ledger::new(plan.first_sequence, acknowledged)),
            problems: problems
                .0
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// How many records were due within the duration and yet could not be sent.
fn overdue(plan: &LoadPlan, clock: &Clock, sent: u64) -> u64 {
    let (Some(_), Some(duration)) = (plan.rate, plan.end.duration) else {
        return 0;
    };
    let end_ns = u64::try_from(duration.min(clock.elapsed()).as_nanos()).unwrap_or(u64::MAX);
    // The record due at the very end is not made any more.
    let due = clock.due_by(end_ns.saturating_sub(1));
    due.min(plan.end.count.unwrap_or(u64::MAX))
        .saturating_sub(sent)
}

#[cfg(test)]
mod tests;
