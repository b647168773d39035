//! What `service` and `logging` say is what the program does.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aeroduct_tests::connector::{get, program};
use aeroduct_tests::ports;
use aeroduct_tests::program::Program;
use aeroduct_tests::wait::eventually;
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(20);

/// Nothing is published, so no broker is needed.
const REST: &str = "routing: { mode: skip }
format: { mode: json }
producer-props: { bootstrap.servers: '127.0.0.1:9' }
";

/// Starts the connector in `folder` on these sections, and waits until it lives.
fn start(folder: &Path, sections: &str, manage_port: u16) -> Result<Program> {
    let file = folder.join("connector.yml");
    fs::write(&file, format!("{sections}{REST}"))?;
    let mut command = Command::new(program()?);
    command.args(["run", "--config"]).arg(file);
    let mut program = Program::start(&mut command, &folder.join("console.log"))?;
    program.await_ready(LIMIT, |_| {
        get(manage_port, "/livez")
            .ok()
            .filter(|live| live.status == 200)
    })?;
    Ok(program)
}

/// Threads that serve sources, as their names tell.
fn shards(program: &Program) -> Result<usize> {
    let mut count = 0;
    for task in fs::read_dir(format!("/proc/{}/task", program.id()))? {
        let name = fs::read_to_string(task?.path().join("comm"))?;
        count += usize::from(name.starts_with("shard"));
    }
    Ok(count)
}

// covers: service.port, service.address, service.io-threads, service.cluster-name,
// covers: service.manage.port, service.manage.address
#[test]
fn the_service_listens_and_works_as_it_is_told() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (first, second, manage) = (ports::free()?, ports::free()?, ports::free()?);
    let sections = format!(
        "service:
  address: [127.0.0.1, 127.0.0.2]
  port: [{first}, {second}]
  io-threads: 3
  cluster-name: 'orders: east'
  manage: {{ address: 127.0.0.1, port: {manage} }}
"
    );
    let program = start(folder.path(), &sections, manage)?;
    for address in [Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)] {
        for port in [first, second] {
            TcpStream::connect((address, port)).with_context(|| format!("{address}:{port}"))?;
        }
    }
    let elsewhere = Ipv4Addr::new(127, 0, 0, 3);
    ensure!(TcpStream::connect((elsewhere, first)).is_err());
    ensure!(TcpStream::connect((Ipv4Addr::new(127, 0, 0, 2), manage)).is_err());
    assert_eq!(shards(&program)?, 3);
    let metrics = get(manage, "/manage/rest/v1/prometheus")?.body;
    ensure!(
        metrics.contains("cluster_name=\"orders: east\""),
        "{metrics}"
    );
    Ok(())
}

// covers: logging.file, logging.enable-console-logging, logging.format=json,
// covers: logging.ticker-interval, logging.levels=warn, logging.levels=info
#[test]
fn the_log_goes_where_and_says_what_it_is_told() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (port, manage) = (ports::free()?, ports::free()?);
    let log = folder.path().join("connector.log");
    let sections = format!(
        "service:
  address: 127.0.0.1
  port: {port}
  manage: {{ address: 127.0.0.1, port: {manage} }}
logging:
  file: {log}
  enable-console-logging: false
  format: json
  ticker-interval: 1
  levels: {{ root: warn, metrics-ticker: info }}
",
        log = log.display()
    );
    let program = start(folder.path(), &sections, manage)?;
    let lines = || -> Option<Vec<Value>> {
        let text = fs::read_to_string(&log).ok()?;
        let whole = text.rsplit_once('\n')?.0;
        whole
            .lines()
            .map(|line| serde_json::from_str(line).ok())
            .collect()
    };
    let lines = eventually(LIMIT, "the ticker has dumped twice", || {
        let lines = lines()?;
        let is_first = |line: &&Value| line.to_string().contains("connections-active");
        (lines.iter().filter(is_first).count() > 1).then_some(lines)
    })?;
    for line in lines.iter().filter(|line| line["level"] == "INFO") {
        assert_eq!(line["logger"], "metrics-ticker", "{line}");
    }
    assert_eq!(program.log(), "");
    Ok(())
}

// covers: logging.file, logging.enable-console-logging, logging.format=simple
#[test]
fn the_log_is_simple_and_on_the_console_where_nothing_else_is_said() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (port, manage) = (ports::free()?, ports::free()?);
    let log = folder.path().join("connector.log");
    let sections = format!(
        "service:
  address: 127.0.0.1
  port: {port}
  manage: {{ address: 127.0.0.1, port: {manage} }}
logging:
  file: {log}
  enable-console-logging: true
",
        log = log.display()
    );
    let program = start(folder.path(), &sections, manage)?;
    let told = format!("INFO  server - binding clear text to /127.0.0.1:{port}");
    eventually(LIMIT, "both logs tell where it listens", || {
        let file = fs::read_to_string(&log).ok()?;
        (file.contains(&told) && program.log().contains(&told)).then_some(())
    })?;
    Ok(())
}
