//! A wrong configuration ends the program before it opens anything.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aeroduct_tests::connector::{call, configuration, program};
use aeroduct_tests::ports;
use anyhow::{Context as _, Result};

const LIMIT: Duration = Duration::from_secs(20);

/// Runs one sub-command on this file; exit code, and all that was printed.
fn run(verb: &str, text: &str) -> Result<(Option<i32>, String)> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("connector.yml");
    fs::write(&file, text)?;
    let output = call(&[verb, "--config", file.to_str().context("a path")?], LIMIT)?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.code(), String::from_utf8(said)?))
}

#[test]
fn all_errors_are_listed_with_code_two_and_no_socket_is_opened() -> Result<()> {
    let broker = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    broker.set_nonblocking(true)?;
    // Taken: had the connector tried to listen, it would say so and end with another code.
    let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let text = configuration(
        &broker.local_addr()?.to_string(),
        &[service.local_addr()?.port()],
        ports::free()?,
        "routing: { mode: static }
format: { mode: flat-jason, metadata-key: of }
aeroduct: { reply-deadline: 30s }
batching: { enable: true }",
    );
    for verb in ["run", "check"] {
        let (code, said) = run(verb, &text)?;
        assert_eq!(code, Some(2), "{verb}:\n{said}");
        for path in [
            "routing",
            "destination",
            "format",
            "flat-jason",
            "aeroduct.reply-deadline",
            "batching",
        ] {
            assert!(said.contains(path), "{verb} does not name {path}:\n{said}");
        }
        assert!(!said.contains("in use"), "{verb}:\n{said}");
    }
    let connected = broker.accept();
    assert!(connected.is_err(), "it spoke to Kafka: {connected:?}");
    Ok(())
}

#[test]
fn a_good_file_passes_the_check() -> Result<()> {
    let text = configuration(
        "127.0.0.1:9092",
        &[8080],
        8081,
        "routing: { mode: static, destination: t }\nformat: { mode: json }",
    );
    let (code, said) = run("check", &text)?;
    assert_eq!(code, Some(0), "{said}");
    Ok(())
}

// covers: feature-key-file
#[test]
fn the_check_says_what_the_vendors_connector_does_otherwise_unless_it_shall_be_quiet() -> Result<()>
{
    let text = configuration(
        "127.0.0.1:9092",
        &[8080],
        8081,
        "routing: { mode: namespace, default: t }\nformat: { mode: xdr }\nfeature-key-file: f",
    );
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("connector.yml");
    fs::write(&file, text)?;
    let check = |arguments: &[&str]| -> Result<(Option<i32>, String)> {
        let file = file.to_str().context("a path")?;
        let output = call(&[&["check", "--config", file], arguments].concat(), LIMIT)?;
        let said = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8(said)?))
    };
    let (code, said) = check(&[])?;
    assert_eq!(code, Some(0), "{said}");
    for part in [
        "routing.mode (",
        "aeroduct.max-topics",
        "format.mode (",
        "is ours",
        "warning: feature-key-file: has no effect",
        "is valid",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let (code, said) = check(&["--quiet"])?;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.lines().count(), 1, "only the warning is left:\n{said}");
    Ok(())
}

#[test]
fn a_file_that_is_not_there_is_named() -> Result<()> {
    let output = call(&["run", "--config", "/nowhere/connector.yml"], LIMIT)?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("/nowhere/connector.yml"), "{said}");
    Ok(())
}

#[test]
fn a_port_that_is_taken_ends_the_program_with_code_one() -> Result<()> {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = taken.local_addr()?;
    let text = configuration(
        "127.0.0.1:9",
        &[address.port()],
        ports::free()?,
        "routing: { mode: skip }\nformat: { mode: json }",
    );
    let (code, said) = run("run", &text)?;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(&address.to_string()), "{said}");
    Ok(())
}

#[test]
fn output_that_cannot_be_written_changes_no_exit_code_but_that_of_what_was_asked_for() -> Result<()>
{
    let sound = "routing: { mode: static, destination: t }\nformat: { mode: json }";
    let folder = tempfile::tempdir()?;
    let file = |name: &str, blocks| {
        let path = folder.path().join(name);
        let text = configuration("127.0.0.1:9092", &[8080], 8081, blocks);
        fs::write(&path, text).map(|()| path)
    };
    let (good, bad) = (file("good.yml", sound)?, file("bad.yml", "format: 1")?);
    let full = || File::options().write(true).open("/dev/full");
    let check = |file: &Path| -> Result<Command> {
        let mut command = Command::new(program()?);
        command.args(["check", "--config"]).arg(file);
        Ok(command)
    };
    let status = check(&good)?.stdout(full()?).status()?;
    assert_eq!(status.code(), Some(1));
    let status = Command::new(program()?)
        .arg("schema")
        .stdout(full()?)
        .status()?;
    assert_eq!(status.code(), Some(1));
    let status = check(&bad)?.stderr(full()?).status()?;
    assert_eq!(status.code(), Some(2));
    Ok(())
}
