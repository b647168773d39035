//! The values of the vendor's Helm chart become a file that the connector accepts.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use aeroduct_tests::connector::{call, program};
use anyhow::{Context as _, Result};

const LIMIT: Duration = Duration::from_secs(20);

const VALUES: &str = "\
replicaCount: 3
connectorConfig:
  service: { port: 3000 }
  format: { mode: json }
  routing: { mode: set, default: others }
  producer-props: { bootstrap.servers: ['kafka:9092'] }
";

/// Converts `values`, given on standard input.
fn convert(values: &str, arguments: &[&str]) -> Result<Output> {
    let mut child = Command::new(program()?)
        .args(["convert", "--from-helm-values", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("standard input")?;
    input.write_all(values.as_bytes())?;
    drop(input);
    Ok(child.wait_with_output()?)
}

#[test]
fn what_convert_writes_passes_the_check() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let values = folder.path().join("values.yaml");
    fs::write(&values, VALUES)?;
    let made = folder.path().join("made.yml");
    let (values, made) = (
        values.to_str().context("a path")?,
        made.to_str().context("a path")?,
    );
    let output = call(
        &["convert", "--from-helm-values", values, "--output", made],
        LIMIT,
    )?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(output.stdout.is_empty());
    assert!(
        said.contains(&format!("{values}:1:1: replicaCount: ")),
        "{said}"
    );
    let checked = call(&["check", "--config", made], LIMIT)?;
    let said = String::from_utf8(checked.stderr)?;
    assert_eq!(checked.status.code(), Some(0), "{said}");

    let printed = convert(VALUES, &[])?;
    assert_eq!(
        String::from_utf8(printed.stdout)?,
        fs::read_to_string(made)?
    );
    Ok(())
}

#[test]
fn a_wrong_configuration_in_values_ends_with_code_two_and_nothing_on_standard_output() -> Result<()>
{
    let output = convert(&VALUES.replace("3000", "0"), &[])?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty());
    assert!(
        said.contains("standard input:3:20: connectorConfig.service.port: "),
        "{said}"
    );
    Ok(())
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() -> Result<()> {
    let nowhere = "/nowhere/values.yaml";
    let output = call(&["convert", "--from-helm-values", nowhere], LIMIT)?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(nowhere), "{said}");

    let output = convert(VALUES, &["--output", "/nowhere/made.yml"])?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("/nowhere/made.yml"), "{said}");
    Ok(())
}
