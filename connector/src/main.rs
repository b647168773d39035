//! Starts the connector, or checks its configuration.

use aeroduct_config::{FilesBeside, Plan};
use aeroduct_connector::app::App;
use aeroduct_connector::cli::{Cli, Command};
use aeroduct_connector::{commands, logs};
use aeroduct_process::memory;
use aeroduct_process::shutdown::{self, Phase};
use anyhow::Context;
use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;

/// How often the end is asked for while the connector runs.
const WATCH_INTERVAL: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(file) => commands::with_plan(&file, |plan| {
            match run(plan, FilesBeside::new(&file.config)) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    tracing::error!(target: "server", "{error:#}");
                    commands::complain(format_args!("error: {error:#}"));
                    ExitCode::FAILURE
                }
            }
        }),
        Command::Check(options) => {
            commands::with_plan(&options.file, |plan| commands::check(&options, &plan))
        }
        Command::Convert(options) => commands::convert(&options),
        Command::Schema => commands::answer(format_args!(
            "{:#}",
            aeroduct_config::json_schema().as_value()
        )),
    }
}

fn run(mut plan: Plan, files: FilesBeside) -> anyhow::Result<()> {
    if let Some(memory) = memory::limit() {
        plan.fit_into(memory);
    }
    let logging = logs::init(&plan.logging).context("logging cannot be set up")?;
    logs::banner(&plan);
    let (controller, shutdown) = shutdown::channel();
    shutdown::listen(controller).context("signals cannot be heard")?;
    let mut app = App::start(plan, Some(logging.levels()))?;
    app.keep_logged_in(files)?;
    for address in app.service_addresses() {
        tracing::info!(target: "server", "binding clear text to /{address}");
    }
    for address in app.manage_addresses() {
        tracing::info!(target: "server", "management API at http://{address}/manage/rest/v1");
    }
    let failure = loop {
        if shutdown.phase() > Phase::Running {
            break None;
        }
        if let Some(failure) = app.failure(WATCH_INTERVAL) {
            break Some(failure);
        }
    };
    let drained = app.drain();
    tracing::info!(
        target: "server",
        complete = drained.is_complete,
        took_ms = u64::try_from(drained.took.as_millis()).unwrap_or(u64::MAX),
        "stopped",
    );
    match failure {
        None => Ok(()),
        Some(failure) => Err(failure.into()),
    }
}
