//! `check`: what is wrong with a file, and what the vendor's connector does otherwise.

use std::process::ExitCode;

use aeroduct_config::{Note, Plan};

use super::{answer, complain, print};
use crate::cli::Check;

/// Says what there is to say of the sound configuration `plan`.
pub fn check(options: &Check, plan: &Plan) -> ExitCode {
    for warning in &plan.warnings {
        print::warning(format_args!("{warning}"));
    }
    if options.quiet {
        return ExitCode::SUCCESS;
    }
    differences(&plan.differences);
    let file = options.file.config.display();
    answer(format_args!("{file}: the configuration is valid"))
}

/// A section of what is otherwise than with the vendor's connector: each key with its place, and below
/// it what to know and to do about it.
fn differences(notes: &[Note]) {
    if notes.is_empty() {
        return;
    }
    print::heading(format_args!(
        "Of what this file uses, the vendor's connector does otherwise:"
    ));
    let mut last = None;
    for note in notes {
        let key = (&note.path, note.place);
        if last.replace(key) != Some(key) {
            match note.place {
                Some((line, column)) => {
                    print::item(format_args!("{} ({line}:{column})", note.path));
                }
                None => print::item(format_args!("{} (not in the file)", note.path)),
            }
        }
        complain(format_args!("    {}", note.message));
        if !note.remedy.is_empty() {
            complain(format_args!("      → {}", note.remedy));
        }
    }
    complain(format_args!(
        "  All differences: docs/coming-from-the-vendor.md; --quiet leaves this out.\n"
    ));
}
