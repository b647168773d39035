//! `load`: a live line while it runs, a table at the end.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use aeroduct_simulator::latency::readable;
use aeroduct_simulator::load::{self, End, LoadError, LoadPlan, LoadReport, Progress, Stop, Tally};
use aeroduct_simulator::progress::Pace;
use aeroduct_simulator::screen::{BAD, BOLD, DIM, GOOD, LiveLine, Screen, WARN};
use aeroduct_simulator::text::{grouped, short};
use aeroduct_simulator::{interrupt, screen};
use anstream::eprintln;
use anstyle::Style;

use crate::USAGE;
use crate::cli::LoadArgs;

/// How long a load runs when neither its duration nor its count is given.
const DURATION: Duration = Duration::from_secs(10);

/// How often a plain line tells of the progress.
const PLAIN_INTERVAL: Duration = Duration::from_secs(1);

pub(crate) fn run(args: &LoadArgs) -> anyhow::Result<ExitCode> {
    let plan = plan(args);
    if let Err(error) = plan.check() {
        eprintln!("{BAD}error{BAD:#}: {error}");
        return Ok(ExitCode::from(USAGE));
    }
    let stop = Stop::new();
    interrupt::stop_at_interrupt(stop.clone())?;
    eprintln!("{}", headline(&plan));
    let report = watch(&plan, &stop)?;
    if args.json {
        writeln!(io::stdout(), "{:#}", report.to_json())?;
    } else {
        show(&mut anstream::stdout(), &plan, &report)?;
    }
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the load and tells on standard error how it goes.
fn watch(plan: &LoadPlan, stop: &Stop) -> Result<LoadReport, LoadError> {
    let screen = Screen::of_stderr();
    let mut line = LiveLine::new(screen, anstream::stderr());
    let mut pace = Pace::new();
    let mut shown_at = Duration::ZERO;
    let report = load::run(plan, stop, &mut |progress| {
        pace.add(progress);
        if screen.is_terminal || progress.elapsed >= shown_at + PLAIN_INTERVAL {
            shown_at = progress.elapsed;
            // A line that cannot be shown must not end the load.
            drop(line.show(&status(progress, &mut pace)));
        }
    });
    drop(line.clear());
    report
}

fn plan(args: &LoadArgs) -> LoadPlan {
    let duration = match (args.duration, args.count) {
        (None, None) => Some(DURATION),
        (duration, _) => duration,
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "no rate needs more than 53 bits"
    )]
    let rate = (args.rate > 0).then_some(args.rate as f64);
    LoadPlan {
        to: args.to.clone(),
        connections: args.connections,
        window: args.window,
        rate,
        end: End {
            count: args.count,
            duration,
        },
        shape: args.record_shape.into(),
        deletes: args.deletes,
        malformed: args.malformed,
        keys: args.keys,
        namespaces: args.namespaces.clone(),
        sets: args.sets.clone(),
        seed: args.seed,
        first_sequence: args.first_sequence,
        compress: args.compress,
        retry: args.retry,
        ledger: false,
        patience: args.patience,
    }
}

fn headline(plan: &LoadPlan) -> String {
    let rate = plan.rate.map_or_else(
        || "as fast as the replies allow".to_owned(),
        |rate| format!("{rate} records/s"),
    );
    let end = match (plan.end.duration, plan.end.count) {
        (Some(time), None) => format!("for {}", readable(time)),
        (None, Some(count)) => format!("{} of them", grouped(count)),
        (Some(time), Some(count)) => format!("{} of them or {}", grouped(count), readable(time)),
        (None, None) => "until interrupted".to_owned(),
    };
    format!(
        "{BOLD}{} records{BOLD:#} to {}, {rate}, {end} {DIM}({} connections, window {}){DIM:#}",
        plan.shape, plan.to, plan.connections, plan.window
    )
}

/// The one line that tells how it goes.
fn status(progress: &Progress, pace: &mut Pace) -> String {
    let Tally {
        answered,
        temporary,
        permanent,
        missing,
        ..
    } = progress.tally;
    let now = pace.take();
    let mut line = format!(
        "{:>5.1} s  {BOLD}{:>7}/s{BOLD:#}  {:>7} answered  {:>6} on their way",
        progress.elapsed.as_secs_f64(),
        short(now.rate),
        short(answered),
        short(progress.unanswered),
    );
    if let Some((median, tail)) = now.latency {
        let _infallible = write!(
            line,
            "  p50 {:>7}  p99 {:>7}",
            readable(median),
            readable(tail)
        );
    }
    for (count, name, style) in [
        (temporary, "temporary", WARN),
        (permanent, "permanent", BAD),
        (missing, "missing", BAD),
    ] {
        if count > 0 {
            let _infallible = write!(line, "  {style}{} {name}{style:#}", short(count));
        }
    }
    line
}

fn show(out: &mut impl Write, plan: &LoadPlan, report: &LoadReport) -> io::Result<()> {
    let tally = &report.tally;
    let seconds = report.elapsed.as_secs_f64().max(1e-9);
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rate is shown with few digits"
    )]
    let megabytes = tally.bytes as f64 / 1e6 / seconds;
    writeln!(
        out,
        "{BOLD}{:>15} records/s{BOLD:#}  {DIM}{megabytes:.1} MB/s, {} in all{DIM:#}",
        grouped(rounded(report.rate())),
        readable(report.elapsed),
    )?;
    for (name, count, style) in rows(report) {
        let style = if count == 0 { screen::PLAIN } else { style };
        writeln!(out, "{style}{:>15} {name}{style:#}", grouped(count))?;
    }
    let from = if plan.rate.is_some() {
        "intended send time"
    } else {
        "send time"
    };
    writeln!(out, "{DIM}latency from the {from} to the answer{DIM:#}")?;
    for (name, time) in report.latency.rows() {
        writeln!(out, "{:>15} {name}", readable(time))?;
    }
    for problem in &report.problems {
        writeln!(out, "{WARN}{problem}{WARN:#}")?;
    }
    if report.is_clean() {
        writeln!(out, "{GOOD}every record got its answer, in order{GOOD:#}")
    } else {
        writeln!(
            out,
            "{BAD}not every record got the answer it had to get{BAD:#}"
        )
    }
}

/// The counts worth a row: the usual ones always, the others when there is something to count.
fn rows(report: &LoadReport) -> impl Iterator<Item = (&'static str, u64, Style)> {
    let tally = &report.tally;
    let usual = [
        ("sent", tally.sent, screen::PLAIN),
        ("success", tally.success, GOOD),
        ("temporary", tally.temporary, WARN),
        ("permanent", tally.permanent, BAD),
        ("missing", tally.missing, BAD),
    ];
    let others = [
        ("sent again", tally.resent, WARN),
        ("refused as they must be", tally.refused, screen::PLAIN),
        ("answered out of order", tally.misplaced, BAD),
        ("connections with wrong replies", tally.violations, BAD),
        ("connections opened again", tally.reconnects, WARN),
        ("connections given up", tally.abandoned, BAD),
        ("due but not sent in time", report.overdue, WARN),
    ];
    usual
        .into_iter()
        .chain(others.into_iter().filter(|(_, count, _)| *count > 0))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is positive and far below 2^64"
)]
fn rounded(rate: f64) -> u64 {
    rate.round() as u64
}
