//! `make bench`: the figures of the connector, each in turn with its peers in one run.
//!
//! Every system runs in a process of its own; the broker is librdkafka's mock cluster, also in
//! a process of its own, unless a figure says otherwise. Ratios, instructions and allocations
//! are judged; absolute figures are printed for a person to judge.
#![expect(
    clippy::cast_precision_loss,
    reason = "counts of a few millions, printed with three digits"
)]

mod baseline_a;
mod baseline_b;
mod ceiling_c;
mod counts;
mod early;
mod footprint;
mod formats;
mod http;
mod in_memory;
mod ordering;
mod peers;
mod performance;
mod pipe;
mod posts;
mod process;
mod produce;
mod real;
mod reference;
mod report;
mod sample;
mod system;

use clap::{Parser, Subcommand};
use process::Served;
use report::Report;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Measures the connector beside its baselines and prints a table of ratios.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    /// Figures to run; all of them when none is named.
    #[arg(value_enum)]
    figures: Vec<Figures>,
    /// One short round each: shows that everything runs, measures nothing.
    #[arg(long, global = true)]
    quick: bool,
    /// Where the figures go for machines.
    #[arg(long, value_name = "FILE", global = true)]
    json: Option<PathBuf>,
    #[command(subcommand)]
    task: Option<Task>,
}

/// Groups of figures.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Figures {
    /// P1 to P4: the whole way at saturation.
    Pipe,
    /// P5 and P6: instructions and allocations per record.
    Counts,
    /// P7 to P9: open loop.
    Latency,
    /// P10: a thousand topics.
    Topics,
    /// P11 and P13: the writers of JSON and MessagePack.
    Formats,
    /// P14 and P15: changes by HTTP POST.
    Http,
    /// What keeping the order of versions costs.
    Ordering,
    /// Ways to produce.
    Produce,
    /// P18: what answering after Kafka costs.
    Tax,
    /// P19 and P20: memory and start time.
    Footprint,
    /// P21: a real Kafka.
    Real,
    /// P22: what metrics and logs cost.
    Watching,
}

/// What is not a run of the figures.
#[derive(Debug, Subcommand)]
enum Task {
    /// P16, P21: in turn with other programs that bring records to a real Kafka.
    Peers(peers::Options),
    #[command(flatten)]
    Serve(Child),
}

/// What this program does as its own child.
#[derive(Debug, Subcommand)]
enum Child {
    #[command(hide = true, name = "serve-mock")]
    Mock { topics: u32 },
    #[command(hide = true, name = "serve-a")]
    A { bootstrap: String },
    #[command(hide = true, name = "serve-b")]
    B { bootstrap: String, config: PathBuf },
    #[command(hide = true, name = "serve-c")]
    C { bootstrap: String },
    #[command(hide = true, name = "serve-early")]
    Early { config: PathBuf },
    #[command(hide = true, name = "serve-idle-http")]
    IdleHttp,
    #[command(hide = true, name = "serve-usual-http")]
    UsualHttp { bootstrap: String },
}

/// One group of figures.
type Step = fn(&mut Bench) -> anyhow::Result<()>;

/// One run of the bench.
#[derive(Debug)]
struct Bench {
    report: Report,
    folder: tempfile::TempDir,
    is_quick: bool,
}

impl Bench {
    fn new(cli: &Cli) -> anyhow::Result<Self> {
        Ok(Self {
            report: Report::new(),
            folder: tempfile::tempdir()?,
            is_quick: cli.quick,
        })
    }

    /// Prints the table; a failure when something that must hold does not.
    #[expect(clippy::print_stdout, reason = "the table is what this program is for")]
    fn finish(&self, cli: &Cli, is_complete: bool) -> anyhow::Result<ExitCode> {
        println!("{}", self.report);
        if let Some(file) = &cli.json {
            std::fs::write(file, serde_json::to_vec_pretty(&self.report)?)?;
            println!("for machines: {}", file.display());
        }
        let holds = is_complete && (self.is_quick || self.report.holds());
        Ok(if holds {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    const fn rounds(&self) -> u32 {
        if self.is_quick { 1 } else { 5 }
    }

    const fn duration(&self) -> Duration {
        if self.is_quick {
            Duration::from_millis(500)
        } else {
            Duration::from_secs(5)
        }
    }
}

/// Starts a mock cluster in a process of its own.
fn mock(topics: u32) -> anyhow::Result<Served> {
    Served::start(&["serve-mock", &topics.to_string()])
}

#[expect(clippy::print_stderr, reason = "progress for the person who waits")]
fn say(what: &str) {
    eprintln!("  {what}");
}

fn main() -> anyhow::Result<ExitCode> {
    let cli = Cli::parse();
    match &cli.task {
        Some(Task::Serve(child)) => child.run().map(|()| ExitCode::SUCCESS),
        Some(Task::Peers(options)) => {
            let mut bench = Bench::new(&cli)?;
            peers::run(options, &mut bench)?;
            bench.finish(&cli, true)
        }
        None => measure(&cli),
    }
}

impl Child {
    fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Mock { topics } => serve_mock(*topics),
            Self::A { bootstrap } => baseline_a::serve(bootstrap, system::TOPIC),
            Self::B { bootstrap, config } => {
                let plan = aeroduct_config::load(config)?;
                baseline_b::serve(bootstrap, plan)
            }
            Self::C { bootstrap } => {
                ceiling_c::serve(bootstrap, system::TOPIC, reference::PREBUILT)
            }
            Self::Early { config } => early::serve(config),
            Self::IdleHttp => posts::serve_idle(),
            Self::UsualHttp { bootstrap } => posts::serve_usual(bootstrap, system::TOPIC),
        }
    }
}

/// A mock cluster with the topic `bench`, or with many of one partition.
fn serve_mock(topics: u32) -> anyhow::Result<()> {
    let cluster = aeroduct_kafka::mock::MockCluster::start(1)?;
    if topics == 1 {
        cluster.create_topic(system::TOPIC, system::PARTITIONS)?;
    } else {
        let bootstrap = cluster.bootstrap_servers();
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| keep_awake(&bootstrap, &is_done));
            let mut names = (0..topics).map(|number| format!("topic-{number:04}"));
            let created = names.try_for_each(|name| cluster.create_topic(&name, 1));
            is_done.store(true, Ordering::Relaxed);
            created
        })?;
    }
    process::announce(&cluster.bootstrap_servers());
    loop {
        std::thread::park();
    }
}

/// The mock cluster looks for orders once a second unless something comes in from a client.
fn keep_awake(bootstrap: &str, is_done: &AtomicBool) {
    while !is_done.load(Ordering::Relaxed) {
        drop(TcpStream::connect(bootstrap));
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn measure(cli: &Cli) -> anyhow::Result<ExitCode> {
    let mut bench = Bench::new(cli)?;
    let steps: [(Figures, Step); 12] = [
        (Figures::Formats, formats::run),
        (Figures::Ordering, ordering::run),
        (Figures::Produce, produce::run),
        (Figures::Pipe, pipe::run),
        (Figures::Counts, counts::run),
        (Figures::Latency, pipe::latency),
        (Figures::Topics, pipe::topics),
        (Figures::Tax, early::run),
        (Figures::Http, posts::run),
        (Figures::Footprint, footprint::run),
        (Figures::Watching, counts::watching),
        (Figures::Real, real::run),
    ];
    let mut is_complete = true;
    for (figures, step) in steps {
        let is_wanted = cli.figures.is_empty() || cli.figures.contains(&figures);
        if is_wanted && let Err(error) = step(&mut bench) {
            is_complete = false;
            let note = format!("{figures:?} is missing: {error:#}");
            bench.report.note(note);
        }
    }
    bench.finish(cli, is_complete)
}
