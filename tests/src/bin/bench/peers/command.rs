//! Programs that are asked for something and end.

use anyhow::{Context, bail};
use std::process::{Command, Output, Stdio};

/// What a program prints; an error with its words when it fails.
pub(super) fn checked(command: &mut Command) -> anyhow::Result<Output> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    if !output.status.success() {
        bail!(
            "{}: {}: {}",
            command.get_program().display(),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    Ok(output)
}
