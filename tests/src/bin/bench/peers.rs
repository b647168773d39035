//! `make bench-peers`: the connector in turn with other programs that bring records to a real
//! Kafka, records of the same size: P16, P21.
//!
//! What cannot be had on a machine is left out, and the page says why.

mod connect;
mod contest;
mod ends;
mod field;
mod franz_go;
mod gateway;
pub(crate) mod go;
mod jvm;
mod page;
mod plot;
mod rsyslog;
mod tools;

use crate::Bench;
use crate::system::{self, System};
use connect::Connect;
use contest::Outcome;
use field::{Field, Peer};
use franz_go::FranzGo;
use rsyslog::Rsyslog;
use std::path::PathBuf;
use tools::{ProducerPerformance, RdkafkaPerformance};

/// What to measure, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Peers to measure; all of them when none is named.
    #[arg(value_enum)]
    peers: Vec<Name>,
    /// The folder that gets the page, `peers.md`, and its picture.
    #[arg(long, value_name = "FOLDER")]
    page: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Name {
    /// rsyslog: TCP lines to Kafka.
    Rsyslog,
    /// A gateway in Go on franz-go: TCP lines to Kafka.
    FranzGo,
    /// Kafka Connect: a file's lines to Kafka.
    Connect,
    /// librdkafka's own benchmark program.
    RdkafkaPerformance,
    /// Kafka's own benchmark program.
    ProducerPerformance,
}

const ALL: [Name; 5] = [
    Name::Rsyslog,
    Name::FranzGo,
    Name::Connect,
    Name::RdkafkaPerformance,
    Name::ProducerPerformance,
];

/// A peer that is not in the report, and why.
#[derive(Debug)]
struct Missing {
    name: &'static str,
    reason: String,
}

impl Name {
    const fn text(self) -> &'static str {
        match self {
            Self::Rsyslog => "rsyslog",
            Self::FranzGo => "Go, franz-go",
            Self::Connect => "Kafka Connect",
            Self::RdkafkaPerformance => "rdkafka_performance",
            Self::ProducerPerformance => "ProducerPerformance",
        }
    }

    /// Fetches or builds what it takes, for one peer or two.
    fn get(self) -> anyhow::Result<Vec<Box<dyn Peer>>> {
        Ok(match self {
            Self::Rsyslog => both(Rsyslog::get()?, Rsyslog::keyless),
            Self::FranzGo => both(FranzGo::get()?, FranzGo::keyless),
            Self::Connect => both(Connect::get()?, Connect::anew),
            Self::RdkafkaPerformance => {
                both(RdkafkaPerformance::get()?, RdkafkaPerformance::keyless)
            }
            Self::ProducerPerformance => vec![Box::new(ProducerPerformance::get()?)],
        })
    }
}

/// A peer, and the same in another way: without keys, or started anew for each run.
fn both<P: Peer + Clone + 'static>(peer: P, other: fn(P) -> P) -> Vec<Box<dyn Peer>> {
    vec![Box::new(peer.clone()), Box::new(other(peer))]
}

/// Measures the peers one after the other and writes the page.
pub(crate) fn run(options: &Options, bench: &mut Bench) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    let mut peers = Vec::new();
    for name in ALL {
        if options.peers.is_empty() || options.peers.contains(&name) {
            match name.get() {
                Ok(found) => peers.extend(found),
                Err(error) => missing.push(Missing::new(name.text(), &error)),
            }
        }
    }
    let field = Field::prepare(bench.folder())?;
    crate::say("until Kafka's compiler has seen the load");
    let bootstrap = field.kafka.bootstrap();
    let served = System::Aeroduct.start(&bootstrap, &system::one_topic(), bench.folder())?;
    system::drive(&served, &system::plan(&served, bench.duration() * 4))?;
    served.end()?;

    let mut outcomes: Vec<Outcome> = Vec::new();
    for peer in &peers {
        match contest::hold(bench, &field, peer.as_ref()) {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => missing.push(Missing::new(peer.facts().name, &error)),
        }
    }
    for outcome in &outcomes {
        bench.report.add(outcome.figure());
    }
    for Missing { name, reason } in &missing {
        bench.report.note(format!("{name} is left out: {reason}"));
    }
    if let Some(folder) = &options.page {
        let page = page::Page {
            machine: bench.report.machine(),
            sample: &field.sample,
            outcomes: &outcomes,
            missing: &missing,
            rounds: bench.rounds(),
        };
        page.write(folder)?;
    }
    Ok(())
}

impl Missing {
    fn new(name: &'static str, error: &anyhow::Error) -> Self {
        Self {
            name,
            reason: format!("{error:#}"),
        }
    }
}
