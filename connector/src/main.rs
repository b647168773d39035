//! Starts the connector, or checks its configuration.

use aeroduct_config::{LoadError, Plan};
use aeroduct_connector::app::App;
use aeroduct_connector::cli::{Cli, Command, ConfigFile};
use aeroduct_connector::logs;
use aeroduct_process::memory;
use aeroduct_process::shutdown::{self, Phase};
use anyhow::Context;
use clap::Parser;
use std::fmt;
use std::io::{self, Write as _};
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
                complain(format_args!("error: {error:#}"));
                ExitCode::FAILURE
            }
        }),
        Command::Check(file) => with_plan(&file, |plan| check(&file, &plan)),
        Command::Schema => answer(format_args!(
            "{:#}",
            aeroduct_config::json_schema().as_value()
        )),
    }
}

fn with_plan(file: &ConfigFile, then: impl FnOnce(Plan) -> ExitCode) -> ExitCode {
    match aeroduct_config::load(&file.config) {
        Ok(plan) => then(plan),
        Err(error) => {
            complain(format_args!("{}", explained(&error)));
            ExitCode::from(WRONG_CONFIGURATION)
        }
    }
}

/// What is wrong with the configuration, and what to do about it.
fn explained(error: &LoadError) -> String {
    match error {
        LoadError::Invalid(diagnostics) => diagnostics.to_string(),
        LoadError::Read { .. } => {
            let error = aeroduct_process::logging::chain(error);
            format!("error: {error}; name a readable file with --config")
        }
    }
}

fn check(file: &ConfigFile, plan: &Plan) -> ExitCode {
    for warning in &plan.warnings {
        complain(format_args!("warning: {warning}"));
    }
    let file = file.config.display();
    answer(format_args!("{file}: the configuration is valid"))
}

/// Prints what was asked for.
fn answer(line: fmt::Arguments<'_>) -> ExitCode {
    match writeln!(anstream::stdout(), "{line}") {
        // Whoever closed it has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(format_args!(
                "error: cannot write to standard output: {error}"
            ));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints what is wrong, if that can be printed; the exit code says it, too.
fn complain(line: fmt::Arguments<'_>) {
    let _ignored = writeln!(anstream::stderr(), "{line}");
}

fn run(mut plan: Plan) -> anyhow::Result<()> {
    if let Some(memory) = memory::limit() {
        plan.fit_into(memory);
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_file_that_cannot_be_read_comes_with_the_reason_and_the_way_out() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (path, reason) in [
            (folder.join("nowhere.yml"), "No such file or directory"),
            (folder.to_owned(), "Is a directory"),
        ] {
            let said = explained(&aeroduct_config::load(&path).unwrap_err());
            let begin = format!("error: cannot read the configuration file {path:?}: {reason}");
            assert!(said.starts_with(&begin), "{said}");
            assert!(
                said.ends_with("; name a readable file with --config"),
                "{said}"
            );
        }
    }
}
