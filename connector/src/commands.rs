//! What the program does beside running the connector: it checks and converts configurations.
//!
//! What was asked for goes to standard output, everything said about it to standard error.

use std::process::ExitCode;

use aeroduct_config::{LoadError, Plan};

use crate::cli::ConfigFile;

pub use check::check;
pub use convert::convert;
pub use print::{answer, complain};

mod check;
mod convert;
mod print;

/// Exit code for a configuration that is wrong or cannot be read; clap uses the same for usage.
const WRONG_CONFIGURATION: u8 = 2;

/// Goes on with the plan that `file` makes, or says what is wrong with it.
pub fn with_plan(file: &ConfigFile, then: impl FnOnce(Plan) -> ExitCode) -> ExitCode {
    match aeroduct_config::load(&file.config) {
        Ok(plan) => then(plan),
        Err(LoadError::Invalid(diagnostics)) => refused(&diagnostics),
        Err(error) => {
            print::error(format_args!("{}", unreadable(&error)));
            ExitCode::from(WRONG_CONFIGURATION)
        }
    }
}

/// Says what is wrong with a configuration.
fn refused(diagnostics: &aeroduct_config::Diagnostics) -> ExitCode {
    complain(format_args!("{diagnostics}"));
    ExitCode::from(WRONG_CONFIGURATION)
}

/// Why a file cannot be read, and what to do about it.
fn unreadable(error: &LoadError) -> String {
    let error = aeroduct_process::logging::chain(error);
    format!("{error}; name a readable file with --config")
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
            let said = unreadable(&aeroduct_config::load(&path).unwrap_err());
            let begin = format!("cannot read the configuration file {path:?}: {reason}");
            assert!(said.starts_with(&begin), "{said}");
            assert!(
                said.ends_with("; name a readable file with --config"),
                "{said}"
            );
        }
    }
}
