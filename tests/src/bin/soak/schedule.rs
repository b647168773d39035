//! When which fault is on: two lanes, one on the way to Kafka and one on the side of the sources,
//! each with at most one fault at a time and a rest behind it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aeroduct_simulator::load::LoadPlan;
use aeroduct_tests::chance::Chance;
use aeroduct_tests::crowd::Crowd;
use aeroduct_tests::kafka::Cluster;
use aeroduct_tests::proxy::Network;
use anyhow::{Context as _, Result, anyhow, ensure};

use crate::fault::{CROWD, Fault};
use crate::honest::{self, Honest};
use crate::sample::Pulse;
use crate::stage::{self, BROKERS, TENTH, TOPICS};

/// Between two faults of a lane, and as much again by chance: longer on the way to Kafka, so that
/// what bad peers cost is seen alone, too.
const REST_OF_KAFKA: Duration = Duration::from_secs(10);
const REST_OF_SOURCES: Duration = Duration::from_secs(5);
/// How long a broker stays away, leaders go on moving, and a fault of the sources lasts.
const AWAY: Duration = Duration::from_secs(3);
const MOVING: Duration = Duration::from_secs(8);
/// Topics whose leaders move at a time: some eight partitions of all, as one broker would have.
const MOVING_TOPICS: usize = 3;
const BAD: Duration = Duration::from_secs(14);
/// What brokers take to have all records on all of them again, and the load to be answered in
/// time again.
pub(crate) const RECOVERY: Duration = Duration::from_mins(3);
/// Answers are in time again when nearly all take less.
const IN_TIME: Duration = Duration::from_millis(500);

/// A fault that was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) fault: Fault,
    /// Since the start.
    pub(crate) begin: Duration,
    pub(crate) end: Duration,
    /// When answers were in time again.
    pub(crate) recovered: Duration,
}

/// Where faults happen.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// Of the connector.
    pub(crate) port: u16,
    /// Of the honest load, records per second.
    pub(crate) rate: f64,
    /// What the names of faults must hold.
    pub(crate) only: String,
    pub(crate) pulse: Arc<Pulse>,
}

/// What both lanes write down.
#[derive(Clone, Debug, Default)]
struct Journal(Arc<Mutex<Pages>>);

#[derive(Debug, Default)]
struct Pages {
    active: Vec<Fault>,
    past: Vec<Event>,
}

/// The faults at work.
#[derive(Debug)]
pub(crate) struct Schedule {
    journal: Journal,
    kafka: JoinHandle<Result<Cluster>>,
    sources: JoinHandle<Result<()>>,
}

impl Schedule {
    pub(crate) fn start(cluster: Cluster, site: &Site, chance: &mut Chance) -> Self {
        let journal = Journal::default();
        // Of each lane its own, so that neither depends on how fast the other is.
        let [mut first, mut second] =
            [chance.below(u64::MAX), chance.below(u64::MAX)].map(Chance::new);
        let lane = |rest| Lane {
            rest,
            site: site.clone(),
            journal: journal.clone(),
        };
        let (kafka, sources) = (lane(REST_OF_KAFKA), lane(REST_OF_SOURCES));
        Self {
            kafka: thread::spawn(move || {
                let mut cluster = cluster;
                kafka.run(&mut first, Fault::of_kafka, |fault| {
                    disturb(&mut cluster, fault)
                })?;
                Ok(cluster)
            }),
            sources: thread::spawn(move || {
                sources.run(&mut second, Fault::of_sources, |fault| {
                    misbehave(&sources.site, fault)
                })
            }),
            journal,
        }
    }

    /// Whether the time is over and no fault is on any more.
    pub(crate) fn is_over(&self) -> bool {
        self.kafka.is_finished() && self.sources.is_finished()
    }

    /// What is on now.
    pub(crate) fn active(&self) -> Vec<Fault> {
        self.journal.pages().active.clone()
    }

    pub(crate) fn end(self) -> Result<(Cluster, Vec<Event>)> {
        let panicked = |_| anyhow!("a lane of faults panicked");
        let cluster = self.kafka.join().map_err(panicked)?;
        self.sources.join().map_err(panicked)??;
        let mut events = std::mem::take(&mut self.journal.pages().past);
        events.sort_by_key(|event| event.begin);
        Ok((cluster?, events))
    }
}

impl Journal {
    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lane {
    rest: Duration,
    site: Site,
    journal: Journal,
}

impl Lane {
    /// Deals all faults, and again, until the time is over.
    fn run(
        &self,
        chance: &mut Chance,
        deal: impl Fn(&mut Chance) -> Vec<Fault>,
        mut happen: impl FnMut(Fault) -> Result<()>,
    ) -> Result<()> {
        let pulse = &self.site.pulse;
        // The first seconds of a load are the brokers' compilers', and no fault's.
        pulse.await_answers_within(IN_TIME, RECOVERY);
        loop {
            let mut faults = deal(chance);
            faults.retain(|fault| match self.site.only.as_str() {
                "" => fault.fits(pulse.time()),
                only => fault.to_string().contains(only),
            });
            if faults.is_empty() {
                return Ok(());
            }
            for fault in faults {
                wait(self.rest + chance.time(self.rest));
                if pulse.is_time_over() {
                    return Ok(());
                }
                let begin = pulse.elapsed();
                self.journal.pages().active.push(fault);
                happen(fault).with_context(|| fault.to_string())?;
                let end = pulse.elapsed();
                pulse.await_answers_within(IN_TIME, RECOVERY);
                let mut pages = self.journal.pages();
                pages.active.retain(|active| *active != fault);
                pages.past.push(Event {
                    fault,
                    begin,
                    end,
                    recovered: pulse.elapsed(),
                });
            }
        }
    }
}

/// A fault on the way to Kafka, from its beginning to its end.
fn disturb(cluster: &mut Cluster, fault: Fault) -> Result<()> {
    match fault {
        Fault::Restart(broker) => {
            cluster.kill(broker)?;
            wait(AWAY);
            cluster.restart(broker)?;
            for topic in TOPICS {
                cluster.await_in_sync(&stage::topic(topic), RECOVERY)?;
            }
            Ok(())
        }
        Fault::Leaders => {
            let until = Instant::now() + MOVING;
            let groups = TOPICS.chunks(MOVING_TOPICS);
            // Each group has another leader in each round.
            let leaders = (0..).map(|round| (round..).map(|n| n % BROKERS + 1));
            let rounds = leaders.flat_map(|leaders| leaders.zip(groups.clone()));
            for (leader, topics) in rounds {
                let next = Instant::now() + Duration::from_secs(1);
                if next > until {
                    break;
                }
                for topic in topics {
                    cluster.move_leaders(topic, stage::topic(topic).partitions, leader)?;
                }
                wait(next.saturating_duration_since(Instant::now()));
            }
            Ok(())
        }
        Fault::Network(network, time) => {
            for broker in 1..=BROKERS {
                cluster.proxy(broker)?.set(network);
            }
            wait(time);
            for broker in 1..=BROKERS {
                cluster.proxy(broker)?.set(Network::Whole);
            }
            Ok(())
        }
        Fault::Refusal | Fault::Crowd(_) => Ok(()),
    }
}

/// A fault on the side of the sources, from its beginning to its end.
fn misbehave(site: &Site, fault: Fault) -> Result<()> {
    match fault {
        Fault::Refusal => {
            let to = format!("127.0.0.1:{}", site.port);
            let tenth = Honest::run(LoadPlan {
                connections: 1,
                sets: vec![TENTH.to_owned()],
                ledger: false,
                first_sequence: 0,
                ..honest::plan(to, site.rate / TOPICS.len() as f64, 1)
            });
            wait(BAD);
            tenth.end()?;
            Ok(())
        }
        Fault::Crowd(kind) => {
            let crowd = Crowd::start(site.port, kind, CROWD)?;
            wait(BAD);
            let came = crowd.connected();
            ensure!(came >= CROWD as u64, "only {came} of {CROWD} peers came");
            Ok(())
        }
        Fault::Restart(_) | Fault::Leaders | Fault::Network(..) => Ok(()),
    }
}

fn wait(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        thread::park_timeout(left);
    }
}
