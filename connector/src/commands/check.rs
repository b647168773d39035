//! `check`: what is wrong with a file.

use std::process::ExitCode;

use aeroduct_config::Plan;

use super::{answer, print};
use crate::cli::ConfigFile;

/// Says what there is to say of the sound configuration `plan` in `file`.
pub fn check(file: &ConfigFile, plan: &Plan) -> ExitCode {
    for warning in &plan.warnings {
        print::warning(format_args!("{warning}"));
    }
    let file = file.config.display();
    answer(format_args!("{file}: the configuration is valid"))
}
