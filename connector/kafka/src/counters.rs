//! What a producer counts, and what it says about it in the log.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::snapshot::{BrokerState, Volume};
use crate::{Failure, Snapshot};

/// How often one kind of line is written at most.
const LOG_PAUSE: Duration = Duration::from_secs(10);

/// Counters since the start. Changed once per batch or run of reports.
#[derive(Debug)]
pub(crate) struct Counters {
    started: Instant,
    produced: Total,
    delivered: Total,
    failed: [AtomicU64; Failure::ALL.len()],
    pub(crate) batches: AtomicU64,
    pub(crate) quarantined: AtomicU64,
    pub(crate) clients_created: AtomicU64,
    pub(crate) clients_closed: AtomicU64,
    pub(crate) fatal_errors: AtomicU64,
    pub(crate) renewals: AtomicU64,
    pub(crate) authentication_errors: AtomicU64,
    pub(crate) tls_errors: AtomicU64,
    pub(crate) token_errors: AtomicU64,
    /// Shipped and not reported.
    pub(crate) unreported: AtomicU64,
    /// What was wrong with a broker's certificate the last time.
    pub(crate) certificate_fault: Mutex<String>,
    brokers: AtomicU8,
    logged_ms: [AtomicU64; Failure::ALL.len()],
}

#[derive(Debug, Default)]
struct Total {
    messages: AtomicU64,
    bytes: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            produced: Total::default(),
            delivered: Total::default(),
            failed: Default::default(),
            batches: AtomicU64::new(0),
            quarantined: AtomicU64::new(0),
            clients_created: AtomicU64::new(0),
            clients_closed: AtomicU64::new(0),
            fatal_errors: AtomicU64::new(0),
            renewals: AtomicU64::new(0),
            authentication_errors: AtomicU64::new(0),
            tls_errors: AtomicU64::new(0),
            token_errors: AtomicU64::new(0),
            unreported: AtomicU64::new(0),
            certificate_fault: Mutex::default(),
            brokers: AtomicU8::new(BrokerState::Unknown as u8),
            logged_ms: Default::default(),
        }
    }
}

impl Counters {
    /// Milliseconds since the start, plus one: never zero.
    pub(crate) fn clock_ms(&self, now: Instant) -> u64 {
        u64::try_from(now.duration_since(self.started).as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    pub(crate) fn produced(&self, messages: u32, bytes: usize) {
        self.produced.add(u64::from(messages), bytes);
        self.batches.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn delivered(&self, messages: u64, bytes: usize) {
        self.delivered.add(messages, bytes);
        self.note_brokers(BrokerState::Up);
    }

    pub(crate) fn failed(&self, failure: Failure, messages: u64) {
        self.failed[failure.index()].fetch_add(messages, Ordering::Relaxed);
    }

    /// Takes note of what is known about the brokers, and says so when it changes.
    pub(crate) fn note_brokers(&self, state: BrokerState) {
        if self.brokers.load(Ordering::Relaxed) == state as u8 {
            return;
        }
        let before = self.brokers.swap(state as u8, Ordering::Relaxed);
        match state {
            BrokerState::AllDown if before != state as u8 => {
                warn!(target: "kafka", "no kafka broker can be reached, records wait");
            }
            BrokerState::Up if before == BrokerState::AllDown as u8 => {
                info!(target: "kafka", "a kafka broker answers again");
            }
            BrokerState::Unknown | BrokerState::Up | BrokerState::AllDown => {}
        }
    }

    /// Whether a line about this kind of failure may be written now.
    pub(crate) fn may_log(&self, failure: Failure) -> bool {
        let now_ms = self.clock_ms(Instant::now());
        let logged = &self.logged_ms[failure.index()];
        let last_ms = logged.load(Ordering::Relaxed);
        let pause_ms = u64::try_from(LOG_PAUSE.as_millis()).unwrap_or(u64::MAX);
        (last_ms == 0 || now_ms.saturating_sub(last_ms) >= pause_ms)
            && logged
                .compare_exchange(last_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// The counters' part of a snapshot.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let brokers = match self.brokers.load(Ordering::Relaxed) {
            state if state == BrokerState::Up as u8 => BrokerState::Up,
            state if state == BrokerState::AllDown as u8 => BrokerState::AllDown,
            _ => BrokerState::Unknown,
        };
        Snapshot {
            produced: self.produced.volume(),
            delivered: self.delivered.volume(),
            failed: Failure::ALL
                .iter()
                .map(|&failure| (failure, load(&self.failed[failure.index()])))
                .collect(),
            batches: load(&self.batches),
            quarantined: load(&self.quarantined),
            clients_created: load(&self.clients_created),
            clients_closed: load(&self.clients_closed),
            fatal_errors: load(&self.fatal_errors),
            renewals: load(&self.renewals),
            authentication_errors: load(&self.authentication_errors),
            tls_errors: load(&self.tls_errors),
            token_errors: load(&self.token_errors),
            waiting: Volume::default(),
            outstanding: 0,
            brokers,
            topics: Vec::new(),
        }
    }
}

impl Total {
    fn add(&self, messages: u64, bytes: usize) {
        self.messages.fetch_add(messages, Ordering::Relaxed);
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn volume(&self) -> Volume {
        Volume {
            messages: self.messages.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}
