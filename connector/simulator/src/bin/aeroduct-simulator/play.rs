//! `play`: one line per message, or a summary.

use std::io::{self, Write};
use std::process::ExitCode;

use aeroduct_simulator::describe::Summary;
use aeroduct_simulator::latency::readable;
use aeroduct_simulator::play::{self, PlayPlan, PlayReport, Played};
use aeroduct_simulator::reply::{Code, Meaning};
use aeroduct_simulator::screen::{BAD, BOLD, DIM, GOOD, NAME, Screen, VALUE, WARN, pad};
use aeroduct_simulator::text::grouped;
use anstyle::Style;

use crate::cli::PlayArgs;

pub(crate) fn run(args: PlayArgs) -> anyhow::Result<ExitCode> {
    let plan = PlayPlan {
        to: args.to,
        files: args.files,
        repeat: args.repeat,
        window: args.window,
        patience: args.patience,
    };
    let screen = Screen::of_stdout();
    let mut out = anstream::stdout();
    let mut shown = Ok(());
    let report = play::run(&plan, &mut |played| {
        if !args.quiet && shown.is_ok() {
            shown = show(&mut out, screen, played);
        }
    })?;
    shown?;
    summarize(&mut out, &report)?;
    Ok(if report.is_clean() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn show(out: &mut impl Write, screen: Screen, played: &Played) -> io::Result<()> {
    let Played {
        number,
        name,
        summary,
        reply,
        took,
    } = played;
    let name = name.as_deref().unwrap_or_default();
    let said = match summary {
        Ok(summary) => told(summary),
        Err(reason) => format!("{WARN}unreadable: {reason}{WARN:#}"),
    };
    let answer = answer(*reply);
    let head = format!("{DIM}{number:>5}{DIM:#} {DIM}{}{DIM:#}", pad(name, 7));
    let tail = format!("{} {DIM}{:>7}{DIM:#}", pad(&answer, 24), readable(*took));
    let room = screen.width.saturating_sub(14 + 2 + 24 + 1 + 7);
    if screen.is_terminal && room >= 30 {
        writeln!(out, "{head} {} {tail}", pad(&said, room))
    } else {
        writeln!(out, "{head} {said}\n{:14}{tail}", "")
    }
}

fn told(summary: &Summary) -> String {
    let (operation, key) = (format!("{:<6}", summary.operation), &summary.key);
    let (place, bins) = (summary.place(), summary.bins_text());
    format!("{BOLD}{operation}{BOLD:#} {NAME}{place}{NAME:#} {VALUE}{key}{VALUE:#} {bins}")
}

fn answer(reply: Code) -> String {
    let style = style(reply.meaning());
    format!("{style}{} {}{style:#}", reply.0, reply.name())
}

const fn style(meaning: Meaning) -> Style {
    match meaning {
        Meaning::Success => GOOD,
        Meaning::Temporary => WARN,
        Meaning::Permanent => BAD,
    }
}

fn summarize(out: &mut impl Write, report: &PlayReport) -> io::Result<()> {
    let PlayReport {
        sent,
        success,
        temporary,
        permanent,
        elapsed,
    } = *report;
    writeln!(
        out,
        "{BOLD}{} messages, as many replies{BOLD:#} in {}: {} success, {} temporary, {} permanent",
        grouped(sent),
        readable(elapsed),
        counted(success, GOOD),
        counted(temporary, WARN),
        counted(permanent, BAD),
    )?;
    for (count, meaning) in [
        (temporary, Meaning::Temporary),
        (permanent, Meaning::Permanent),
    ] {
        if count > 0 {
            writeln!(out, "{DIM}{meaning}{DIM:#}")?;
        }
    }
    Ok(())
}

/// A count in its colour, unless it is 0.
fn counted(count: u64, style: Style) -> String {
    if count == 0 {
        "0".to_owned()
    } else {
        format!("{style}{}{style:#}", grouped(count))
    }
}
