//! How the connector and its load fare, looked at once a second.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use aeroduct_simulator::latency::readable;
use aeroduct_simulator::load::Tally;
use aeroduct_simulator::screen::{LiveLine, Screen};
use aeroduct_tests::connector::Connector;
use anyhow::{Context as _, Result, ensure};

use crate::honest::{Honest, Latest};
use crate::schedule::Schedule;

const INTERVAL: Duration = Duration::from_secs(1);
/// Where lines cannot be changed in place, one is printed so often.
const SELDOM: u32 = 10;

/// How the connector and its load fared over time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Curve {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) of: fn(&Sample) -> f64,
}

/// All that is drawn.
pub(crate) const CURVES: [Curve; 7] = [
    Curve {
        name: "acknowledged",
        unit: "k/s",
        of: |sample| sample.rate / 1e3,
    },
    Curve {
        name: "temporary errors",
        unit: "/s",
        of: |sample| sample.temporary as f64,
    },
    Curve {
        name: "p99",
        unit: "ms",
        of: |sample| sample.p99.unwrap_or_default().as_secs_f64() * 1e3,
    },
    Curve {
        name: "memory",
        unit: "MiB",
        of: |sample| (sample.resident_bytes >> 10) as f64 / 1024.0,
    },
    Curve {
        name: "descriptors",
        unit: "",
        of: |sample| sample.descriptors as f64,
    },
    Curve {
        name: "threads",
        unit: "",
        of: |sample| sample.threads as f64,
    },
    Curve {
        name: "processor",
        unit: "cores",
        of: |sample| sample.cores,
    },
];

/// One second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// Since the start.
    pub(crate) at: Duration,
    /// Answers with success per second.
    pub(crate) rate: f64,
    /// Temporary errors in this second.
    pub(crate) temporary: u64,
    /// `None` without an answer.
    pub(crate) p99: Option<Duration>,
    pub(crate) p999: Option<Duration>,
    pub(crate) resident_bytes: u64,
    pub(crate) descriptors: usize,
    pub(crate) threads: u64,
    /// Processor time, as a share of one core.
    pub(crate) cores: f64,
}

/// What everybody may know at any time: how late it is, and how long answers take.
#[derive(Debug)]
pub(crate) struct Pulse {
    begin: Instant,
    time: Duration,
    /// Counts the seconds that were looked at.
    beats: AtomicU64,
    p99: Mutex<Option<Duration>>,
}

impl Pulse {
    /// Of a run of `time`.
    pub(crate) fn start(time: Duration) -> Self {
        Self {
            begin: Instant::now(),
            time,
            beats: AtomicU64::new(0),
            p99: Mutex::default(),
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.begin.elapsed()
    }

    /// Of the run as it was planned.
    pub(crate) const fn time(&self) -> Duration {
        self.time
    }

    pub(crate) fn is_time_over(&self) -> bool {
        self.elapsed() >= self.time
    }

    /// Waits, at most for `limit`, until two whole seconds from now on had answers within `bound`.
    pub(crate) fn await_answers_within(&self, bound: Duration, limit: Duration) {
        let end = Instant::now() + limit;
        let (mut seen, mut good) = (self.beats.load(Ordering::Acquire) + 1, 0);
        while good < 2 && Instant::now() < end {
            thread::park_timeout(Duration::from_millis(50));
            let beats = self.beats.load(Ordering::Acquire);
            if beats > seen {
                seen = beats;
                let p99 = *self.p99.lock().unwrap_or_else(PoisonError::into_inner);
                let is_good = p99.is_some_and(|p99| p99 < bound);
                good = if is_good { good + 1 } else { 0 };
            }
        }
    }

    /// Tells of a second; without answers there is nothing to tell.
    fn beat(&self, p99: Option<Duration>) {
        *self.p99.lock().unwrap_or_else(PoisonError::into_inner) = p99;
        self.beats.fetch_add(1, Ordering::Release);
    }
}

/// The one who looks.
#[derive(Debug)]
pub(crate) struct Watch {
    pulse: Arc<Pulse>,
    samples: Vec<Sample>,
}

/// What is known of the second before.
#[derive(Clone, Copy, Debug)]
struct Before {
    at: Instant,
    tally: Tally,
    cpu: Duration,
}

impl Watch {
    pub(crate) fn new(pulse: Arc<Pulse>) -> Self {
        Self {
            pulse,
            samples: Vec::new(),
        }
    }

    pub(crate) fn into_samples(self) -> Vec<Sample> {
        self.samples
    }

    /// Looks until the schedule is over.
    pub(crate) fn run(
        &mut self,
        honest: &Honest,
        connector: &Connector,
        schedule: &Schedule,
    ) -> Result<()> {
        let screen = Screen::of_stderr();
        let mut line = LiveLine::new(screen, io::stderr());
        let mut before = Before {
            at: Instant::now(),
            tally: honest.take().tally,
            cpu: connector.cpu_time()?,
        };
        for beat in 1.. {
            if schedule.is_over() {
                break;
            }
            let next = before.at + INTERVAL;
            while let Some(left) = next.checked_duration_since(Instant::now()) {
                thread::park_timeout(left);
            }
            ensure!(honest.is_running(), "the load has ended early");
            let latest = honest.take();
            let sample = self
                .look(&mut before, &latest, connector)
                .with_context(|| {
                    format!("the connector has ended; its log:\n{}", connector.log())
                })?;
            self.samples.push(sample);
            if screen.is_terminal || beat % SELDOM == 0 {
                line.show(&self.status(&sample, &latest.tally, schedule))?;
            }
        }
        Ok(line.keep()?)
    }

    fn look(&self, before: &mut Before, latest: &Latest, connector: &Connector) -> Result<Sample> {
        let now = Before {
            at: Instant::now(),
            tally: latest.tally,
            cpu: connector.cpu_time()?,
        };
        let seconds = (now.at - before.at).as_secs_f64();
        let within = |share| (latest.latency.count() > 0).then(|| latest.latency.at(share));
        self.pulse.beat(within(0.99));
        let sample = Sample {
            at: self.pulse.elapsed(),
            rate: (now.tally.success - before.tally.success) as f64 / seconds,
            temporary: now.tally.temporary - before.tally.temporary,
            p99: within(0.99),
            p999: within(0.999),
            resident_bytes: connector.resident_bytes()?,
            descriptors: connector.descriptors()?,
            threads: connector.threads()?,
            cores: now.cpu.saturating_sub(before.cpu).as_secs_f64() / seconds,
        };
        *before = now;
        Ok(sample)
    }

    fn status(&self, sample: &Sample, tally: &Tally, schedule: &Schedule) -> String {
        let minutes =
            |time: Duration| format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60);
        let faults: Vec<_> = schedule.active().iter().map(ToString::to_string).collect();
        let faults = match faults.as_slice() {
            [] => "no fault".to_owned(),
            some => some.join(", "),
        };
        format!(
            "{} of {}  {:.1} k/s  p99 {}  {} MiB  {} acknowledged, {} temporary errors  {faults}",
            minutes(sample.at),
            minutes(self.pulse.time),
            sample.rate / 1e3,
            sample.p99.map_or_else(|| "-".to_owned(), readable),
            sample.resident_bytes >> 20,
            tally.success,
            tally.temporary,
        )
    }
}
