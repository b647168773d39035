//! Starts the connector, or checks its configuration.

use aeroduct_config::{LoadError, Plan};
use aeroduct_connector::app::App;
use aeroduct_connector::cli::{Cli, Command, ConfigFile};
use aeroduct_connector::logs;
use aeroduct_process::shutdown::{self, Phase};
use anstream::{eprintln, println};
use anyhow::Context;
use clap::Parser;
use std::process::ExitCode;
use std::time::Duration;

/// Exit code for a configuration that is wrong or cannot be read; clap uses the same for usage.
const WRONG_CONFIGURATION: u8 = 2;

/// How often the end is asked for while the connector runs.
const WATCH_INTERVAL: Duration = Duration::from_millis(50);

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Run(file) => with_plan(&file, |plan| match run(plan) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tracing::error!(target: "server", "{error:#}");
                eprintln!("error: {error:#}");
                ExitCode::FAILURE
            }
        }),
        Command::Check(file) => with_plan(&file, |plan| check(&file, &plan)),
        Command::Schema => {
            println!("{:#}", aeroduct_config::json_schema().as_value());
            ExitCode::SUCCESS
        }
    }
}

fn with_plan(file: &ConfigFile, then: impl FnOnce(Plan) -> ExitCode) -> ExitCode {
    match aeroduct_config::load(&file.config) {
        Ok(plan) => then(plan),
        Err(error) => {
            report(&error);
            ExitCode::from(WRONG_CONFIGURATION)
        }
    }
}

fn report(error: &LoadError) {
    match error {
        LoadError::Invalid(diagnostics) => eprintln!("{diagnostics}"),
        LoadError::Read { .. } => eprintln!("error: {}", aeroduct_process::logging::chain(error)),
    }
}

fn check(file: &ConfigFile, plan: &Plan) -> ExitCode {
    for warning in &plan.warnings {
        eprintln!("warning: {warning}");
    }
    println!("{}: the configuration is valid", file.config.display());
    ExitCode::SUCCESS
}

fn run(plan: Plan) -> anyhow::Result<()> {
    let logging = logs::init(&plan.logging).context("logging cannot be set up")?;
    logs::banner(&plan);
    let (controller, shutdown) = shutdown::channel();
    shutdown::listen(controller).context("signals cannot be heard")?;
    let app = App::start(plan, Some(logging.levels()))?;
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
