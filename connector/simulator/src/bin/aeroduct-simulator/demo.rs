//! `demo`: the whole way in one process.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use aeroduct_simulator::demo::{self, DemoPlan};
use aeroduct_simulator::interrupt;
use aeroduct_simulator::load::Stop;
use aeroduct_simulator::screen::Screen;

use crate::cli::{DemoArgs, Format};

/// What an installation of one's own would have in the demo's places.
const USUAL_PORT: u16 = 8080;
const USUAL_BROKERS: &str = "localhost:9092";

pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<ExitCode> {
    let format = match args.format {
        Format::Json => demo::Format::Json,
        Format::FlatJson => demo::Format::FlatJson,
    };
    let mut out = anstream::stdout();
    if args.config_out {
        write!(
            out,
            "{}",
            demo::configuration(USUAL_PORT, USUAL_BROKERS, format)
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let stop = Stop::new();
    interrupt::stop_at_interrupt(stop.clone())?;
    let plan = DemoPlan {
        format,
        load: Duration::from_secs(args.seconds),
    };
    let report = demo::run(&plan, &stop, Screen::of_stdout(), &mut out)?;
    Ok(if report.lost() == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
