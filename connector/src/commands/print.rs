//! How the program speaks to the person who called it; in colour where that is a terminal.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Cyan.on_default().bold();
const BOLD: Style = Style::new().bold();

/// Prints what was asked for.
pub fn answer(line: fmt::Arguments<'_>) -> ExitCode {
    match writeln!(anstream::stdout(), "{line}") {
        // Whoever closed it has read enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            self::error(format_args!("cannot write to standard output: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints what is wrong, if that can be printed; the exit code says it, too.
pub fn complain(line: fmt::Arguments<'_>) {
    let _ignored = writeln!(anstream::stderr(), "{line}");
}

/// Prints why it did not come to what was asked for.
pub(super) fn error(line: fmt::Arguments<'_>) {
    complain(format_args!("{ERROR}error:{ERROR:#} {line}"));
}

/// Prints what is accepted, though it hardly does what its author expects.
pub(super) fn warning(line: fmt::Arguments<'_>) {
    complain(format_args!("{WARNING}warning:{WARNING:#} {line}"));
}

/// Prints what is good to know.
pub(super) fn note(line: fmt::Arguments<'_>) {
    complain(format_args!("{NOTE}note:{NOTE:#} {line}"));
}

/// Prints what a section is about.
pub(super) fn heading(line: fmt::Arguments<'_>) {
    complain(format_args!("{NOTE}{line}{NOTE:#}"));
}

/// Prints what an entry of a section is about.
pub(super) fn item(line: fmt::Arguments<'_>) {
    complain(format_args!("  {BOLD}{line}{BOLD:#}"));
}
