//! P14 and P15: changes by HTTP POST, each answered when Kafka has it, in turn with a server that does
//! nothing else and with the usual ways.

mod client;
mod franz_go;
mod idle;
mod usual;

pub(crate) use idle::serve as serve_idle;
pub(crate) use usual::serve as serve_usual;

use crate::Bench;
use crate::process::Served;
use crate::report::{Bounds, Figure, median};
use crate::system;
use aeroduct_kafka::consume::Consumer;
use anyhow::ensure;
use client::Client;
use std::time::Duration;

/// Connections of the two loads.
const CONNECTIONS: [usize; 2] = [64, 512];

/// How long a load goes before it is measured.
const WARM_UP: Duration = Duration::from_secs(1);

/// What takes the requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Server {
    /// hyper on as many threads, which reads each body and answers at once.
    Idle,
    Aeroduct,
    /// axum and one `FutureProducer` send per request.
    Usual,
    /// Go's own server and franz-go.
    FranzGo,
}

/// What one load showed.
#[derive(Clone, Copy, Debug)]
struct Run {
    rate: f64,
    /// Processor time of the server for each request, in microseconds.
    cpu_us: f64,
    acknowledged: u64,
}

/// A server, and the loads that it has had.
#[derive(Debug)]
struct Contender {
    server: Server,
    served: Served,
    runs: [Vec<Run>; CONNECTIONS.len()],
}

impl Server {
    const fn name(self) -> &'static str {
        match self {
            Self::Idle => "hyper alone",
            Self::Aeroduct => "aeroduct",
            Self::Usual => "axum + FutureProducer",
            Self::FranzGo => "Go net/http + franz-go",
        }
    }

    fn start(self, bench: &Bench, bootstrap: &str) -> anyhow::Result<Served> {
        match self {
            Self::Idle => Served::start(&["serve-idle-http"]),
            Self::Aeroduct => {
                let more = "  protocol: HTTP\n";
                let text = system::configuration(bootstrap, &system::one_topic(), more);
                system::connector(&text, bench.folder())
            }
            Self::Usual => Served::start(&["serve-usual-http", bootstrap]),
            Self::FranzGo => franz_go::start(bootstrap),
        }
    }
}

impl Contender {
    /// One load over so many connections.
    fn drive(&self, connections: usize, duration: Duration) -> anyhow::Result<Run> {
        let mut client = Client::connect(&self.served.address, connections)?;
        client.run(WARM_UP.min(duration))?;
        let before = self.served.cpu()?;
        let (count, elapsed) = client.run(duration)?;
        let cpu = self.served.cpu()?.saturating_sub(before);
        Ok(Run {
            rate: count as f64 / elapsed.as_secs_f64(),
            cpu_us: cpu.as_secs_f64() * 1e6 / count as f64,
            acknowledged: client.finish()?,
        })
    }
}

/// Runs the figures.
pub(crate) fn run(bench: &mut Bench) -> anyhow::Result<()> {
    let broker = crate::mock(1)?;
    let mut contenders = Vec::new();
    for server in [
        Server::Idle,
        Server::Aeroduct,
        Server::Usual,
        Server::FranzGo,
    ] {
        match server.start(bench, &broker.address) {
            Ok(served) => contenders.push(Contender {
                server,
                served,
                runs: Default::default(),
            }),
            Err(error) if server == Server::FranzGo => {
                let note = format!("P15 without {}: {error:#}", server.name());
                bench.report.note(note);
            }
            Err(error) => return Err(error),
        }
    }
    for round in 1..=bench.rounds() {
        for (load, connections) in CONNECTIONS.into_iter().enumerate() {
            for contender in &mut contenders {
                let name = contender.server.name();
                crate::say(&format!(
                    "posts, round {round}, {connections} connections: {name}"
                ));
                let run = contender.drive(connections, bench.duration())?;
                contender.runs[load].push(run);
            }
        }
    }
    prove_published(&broker, &contenders)?;
    report(bench, &contenders);
    Ok(())
}

/// A run with loss has no result.
fn prove_published(broker: &Served, contenders: &[Contender]) -> anyhow::Result<()> {
    let publishing = contenders.iter().filter(|it| it.server != Server::Idle);
    let acknowledged: u64 = publishing
        .flat_map(|it| it.runs.iter().flatten())
        .map(|run| run.acknowledged)
        .sum();
    let bootstrap = ("bootstrap.servers".to_owned(), broker.address.clone());
    let limit = Duration::from_secs(10);
    let published = Consumer::open(&[bootstrap], system::TOPIC, limit)?.count_ever(limit)?;
    ensure!(
        published >= acknowledged,
        "{acknowledged} acknowledged, {published} published"
    );
    Ok(())
}

fn report(bench: &mut Bench, contenders: &[Contender]) {
    let runs_of = |server: Server, load: usize| {
        let contender = contenders.iter().find(|it| it.server == server);
        contender.map_or(&[][..], |it| &it.runs[load])
    };
    for (load, connections) in CONNECTIONS.into_iter().enumerate() {
        let ours = runs_of(Server::Aeroduct, load);
        for contender in contenders {
            let theirs = runs_of(contender.server, load);
            let (rate, _) = median(theirs.iter().map(|run| run.rate).collect());
            let (cost, _) = median(theirs.iter().map(|run| run.cpu_us).collect());
            let name = contender.server.name();
            bench.report.add(Figure::of(
                "P14",
                &format!("{connections} connections: {name}"),
                format!("{:.1} k/s, {cost:.1} us", rate / 1e3),
                rate,
            ));
            let ratio = |of: fn(&Run) -> f64| {
                let pairs = ours.iter().zip(theirs);
                median(pairs.map(|(ours, theirs)| of(ours) / of(theirs)).collect())
            };
            let (id, what, bounds, (ratio, spread)) = match contender.server {
                Server::Aeroduct => continue,
                Server::Idle => (
                    "P14",
                    format!("{connections} connections, requests/s, share of {name}"),
                    Bounds::at_least(0.60, 0.80),
                    ratio(|run| run.rate),
                ),
                Server::Usual => (
                    "P15",
                    format!("{connections} connections, processor time, share of {name}"),
                    Bounds::at_most(0.77, 0.50),
                    ratio(|run| run.cpu_us),
                ),
                Server::FranzGo => (
                    "P15",
                    format!("{connections} connections, processor time, share of {name}"),
                    Bounds::at_most(1.0, 0.67),
                    ratio(|run| run.cpu_us),
                ),
            };
            let figure = Figure::of(id, &what, format!("{ratio:.2}"), ratio);
            bench.report.add(figure.spread(spread).judged(bounds));
        }
    }
}
