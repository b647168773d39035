//! The management side: shows what the connector does, and steers what it logs.
//!
//! It runs on a thread of its own and takes nothing from the shards but their counters, so a
//! slow scrape costs no record any time.

mod effective;
mod health;
mod loggers;
mod routes;

#[cfg(test)]
mod tests;

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use aeroduct_config::Plan;
use aeroduct_kafka::Producer;
use aeroduct_process::admin::{AdminServer, Route};
use aeroduct_process::logging::Levels;
use aeroduct_process::shutdown::Shutdown;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::login::Figures;
use crate::metrics::{self, Metrics, Outside, Ticker};
use crate::pipeline::ordering::RecordOrder;
use crate::pipeline::{Cargo, Window};

use routes::{Endpoints, routes};

/// What the management side shows and steers.
pub struct Admin {
    pub metrics: Arc<Metrics>,
    pub producer: Producer<Cargo>,
    pub window: Arc<Window>,
    pub order: Arc<RecordOrder>,
    pub login: Arc<Figures>,
    pub plan: Arc<Plan>,
    /// Absent when somebody else owns the log; then it is not steered here.
    pub levels: Option<Levels>,
}

impl fmt::Debug for Admin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin")
            .field("metrics", &self.metrics)
            .field("plan", &self.plan)
            .finish_non_exhaustive()
    }
}

impl Admin {
    /// Asks the other parts for their figures.
    fn outside(&self) -> Outside {
        let in_flight = self.window.in_flight();
        let limit = self.window.limit();
        let count = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        Outside {
            in_flight_records: count(in_flight.records),
            in_flight_records_limit: count(limit.records),
            in_flight_bytes: count(in_flight.bytes),
            in_flight_bytes_limit: count(limit.bytes),
            is_overdue: self.window.is_overdue(),
            remembered_records: count(self.order.remembered()),
            forgotten_records: self.order.forgotten(),
            login: self.login.read(),
            producer: self.producer.snapshot().into(),
        }
    }
}

/// The pages of the management API.
pub fn pages(admin: &Arc<Admin>) -> Vec<Route> {
    let shown = Arc::clone(admin);
    routes(Endpoints {
        metrics: Arc::clone(&admin.metrics),
        outside: Arc::new(move || shown.outside()),
        levels: admin.levels.clone(),
        config: effective::effective(&admin.plan),
    })
}

/// Runs until `shutdown` drains: shows `pages` on `server`, where there is one, keeps the averages, and
/// writes the log's repeated lines. Blocks its thread.
///
/// # Errors
/// When the system gives no event loop, or refuses a socket.
pub fn run(
    admin: &Admin,
    pages: Vec<Route>,
    server: Option<AdminServer>,
    shutdown: Shutdown,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let ticker_interval = admin.plan.logging.ticker_interval;
    let outside = || admin.outside();
    runtime.block_on(async move {
        let serving = async {
            match server {
                Some(server) => server
                    .serve(pages, shutdown.draining())
                    .await
                    .map_err(io::Error::other),
                None => Ok(()),
            }
        };
        let ticking = tick(
            &admin.metrics,
            &outside,
            ticker_interval,
            shutdown.draining(),
        );
        let (result, ()) = tokio::join!(serving, ticking);
        result
    })
}

/// Keeps the averages and writes the log's repeated lines until `end`.
async fn tick(
    metrics: &Metrics,
    outside: &impl Fn() -> Outside,
    ticker_interval: Option<Duration>,
    end: impl Future<Output = ()>,
) {
    let mut averages = beat(metrics::TICK);
    let mut lines = ticker_interval.filter(|every| !every.is_zero()).map(beat);
    let mut ticker = Ticker::default();
    tokio::pin!(end);
    // The first tick of an interval comes at once.
    averages.tick().await;
    if let Some(lines) = &mut lines {
        lines.tick().await;
    }
    loop {
        // Dropping a tick is safe: the interval keeps its place. `end` is pinned and goes on.
        tokio::select! {
            _ = averages.tick() => metrics.tick(),
            () = next(lines.as_mut()) => ticker.tick(&metrics.snapshot(outside())),
            () = end.as_mut() => return,
        }
    }
}

fn beat(every: Duration) -> Interval {
    let mut interval = interval(every);
    interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
    interval
}

async fn next(interval: Option<&mut Interval>) {
    match interval {
        Some(interval) => {
            interval.tick().await;
        }
        None => std::future::pending().await,
    }
}
