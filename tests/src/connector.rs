//! The built connector as a process of its own.

use std::env;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use tempfile::TempDir;

use crate::ports;
use crate::program::Program;
use crate::wait::eventually;

const READY_LIMIT: Duration = Duration::from_secs(30);
const REQUEST_LIMIT: Duration = Duration::from_secs(10);
/// The configuration, in the folder of the connector.
const FILE: &str = "connector.yml";

/// How the process is started.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// Another program than the one of this tree.
    pub program: Option<PathBuf>,
    /// What stands before the program on the command line: another program that becomes it.
    pub prefix: Vec<String>,
    /// Further variables of the environment.
    pub environment: Vec<(String, String)>,
    /// Ports where changes go too.
    pub further_ports: Vec<u16>,
    /// A further item of `service`, in YAML.
    pub service: Option<String>,
    /// Further properties of the producer, and their values.
    pub producer_props: Vec<(String, String)>,
    /// Files beside the configuration, by their paths from there.
    pub files: Vec<(String, String)>,
}

/// A running connector; killed when dropped.
#[derive(Debug)]
pub struct Connector {
    program: Program,
    launch: Launch,
    /// Where changes go.
    pub port: u16,
    /// Where metrics and health are.
    pub manage_port: u16,
    // Dropped after the program that has its files open.
    folder: TempDir,
}

impl Connector {
    /// Starts it and waits until it is ready.
    ///
    /// `blocks` is the part of the configuration file that the test is about, in YAML: routing,
    /// format, `aeroduct`. The ports, Kafka's address and logging are filled in.
    pub fn start(bootstrap: &str, blocks: &str) -> Result<Self> {
        Self::start_as(&Launch::default(), bootstrap, blocks)
    }

    /// Starts it in another way than usual.
    pub fn start_as(launch: &Launch, bootstrap: &str, blocks: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (port, manage_port) = (ports::free()?, ports::free()?);
        let ports = [&[port], launch.further_ports.as_slice()].concat();
        for (path, content) in &launch.files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().context("a file in a folder")?)?;
            fs::write(path, content)?;
        }
        let mut text = configuration(bootstrap, &ports, manage_port, blocks);
        if let Some(item) = &launch.service {
            text = text.replacen(
                "service:
",
                &format!(
                    "service:
  {item}
"
                ),
                1,
            );
        }
        fs::write(folder.path().join(FILE), launch.with_props(&text))?;
        let mut connector = Self {
            program: launch.start(folder.path())?,
            launch: launch.clone(),
            port,
            manage_port,
            folder,
        };
        connector.await_ready()?;
        Ok(connector)
    }

    /// Starts it again after its end, on the same configuration, and waits until it is ready.
    /// The log begins anew.
    pub fn restart(&mut self) -> Result<()> {
        ensure!(!self.is_running(), "it runs already");
        self.program = self.launch.start(self.folder.path())?;
        self.await_ready()
    }

    fn await_ready(&mut self) -> Result<()> {
        let manage_port = self.manage_port;
        self.program
            .await_ready(READY_LIMIT, |_| {
                get(manage_port, "/readyz")
                    .ok()
                    .filter(|response| response.status == 200)
            })
            .context("the connector")?;
        Ok(())
    }

    /// The folder of its configuration.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// All it has written to its log so far.
    pub fn log(&self) -> String {
        self.program.log()
    }

    /// SIGTERM.
    pub fn terminate(&self) -> Result<()> {
        self.program.terminate()
    }

    /// SIGKILL.
    pub fn kill(&mut self) -> Result<()> {
        self.program.kill()
    }

    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.program.wait(limit)
    }

    pub fn is_running(&mut self) -> bool {
        self.ended().is_none()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.program.ended()
    }

    pub fn resident_bytes(&self) -> Result<u64> {
        self.program.resident_bytes()
    }

    /// The most memory it has held so far.
    pub fn peak_bytes(&self) -> Result<u64> {
        self.program.peak_bytes()
    }

    /// Threads it has now.
    pub fn threads(&self) -> Result<u64> {
        self.program.threads()
    }

    /// Files, sockets and the like that it has open now.
    pub fn descriptors(&self) -> Result<usize> {
        self.program.descriptors()
    }

    /// Processor time it has used so far.
    pub fn cpu_time(&self) -> Result<Duration> {
        self.program.cpu_time()
    }

    /// The value of one line of the Prometheus text, the name with its labels as printed.
    pub fn metric(&self, series: &str) -> Result<f64> {
        let response = get(self.manage_port, "/manage/rest/v1/prometheus")?;
        ensure!(response.status == 200, "the metrics: {response:?}");
        let value = response
            .body
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
            .with_context(|| format!("no {series} in:\n{}", response.body))?;
        Ok(value.parse()?)
    }

    /// Waits until one metric has reached a value.
    pub fn await_metric(&self, series: &str, least: f64, limit: Duration) -> Result<()> {
        eventually(limit, &format!("{series} is at least {least}"), || {
            self.metric(series).ok().filter(|&value| value >= least)
        })?;
        Ok(())
    }

    /// Waits until one metric is below a value.
    pub fn await_metric_below(&self, series: &str, bound: f64, limit: Duration) -> Result<()> {
        eventually(limit, &format!("{series} is below {bound}"), || {
            self.metric(series).ok().filter(|&value| value < bound)
        })?;
        Ok(())
    }
}

/// An HTTP response.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

impl Launch {
    /// A configuration with the further properties.
    fn with_props(&self, text: &str) -> String {
        const SECTION: &str = "producer-props:\n";
        // What JSON quotes, YAML reads alike.
        let quoted = |(name, value): &(String, String)| {
            format!("  {name}: {}\n", serde_json::Value::from(value.as_str()))
        };
        let further: String = self.producer_props.iter().map(quoted).collect();
        text.replacen(SECTION, &format!("{SECTION}{further}"), 1)
    }

    fn start(&self, folder: &Path) -> Result<Program> {
        let connector = match &self.program {
            Some(path) => path,
            None => program()?,
        };
        let mut command = match self.prefix.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(connector);
                command
            }
            None => Command::new(connector),
        };
        command
            .args(["run", "--config"])
            .arg(folder.join(FILE))
            .current_dir(folder)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        Program::start(&mut command, &folder.join("connector.log"))
    }
}

/// `GET path` from this port of this machine.
pub fn get(port: u16, path: &str) -> Result<Response> {
    ask(port, "GET", path, "")
}

/// `PUT path` with this body to this port of this machine.
pub fn put(port: u16, path: &str, body: &str) -> Result<Response> {
    ask(port, "PUT", path, body)
}

fn ask(port: u16, method: &str, path: &str, body: &str) -> Result<Response> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(REQUEST_LIMIT))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text
        .split_once("\r\n\r\n")
        .context("no end of the headers")?;
    let status = head.split(' ').nth(1).context("no status")?.parse()?;
    Ok(Response {
        status,
        body: body.to_owned(),
    })
}

/// A whole configuration file.
pub fn configuration(bootstrap: &str, ports: &[u16], manage_port: u16, blocks: &str) -> String {
    format!(
        "service:
  address: 127.0.0.1
  port: {ports:?}
  manage:
    address: 127.0.0.1
    port: {manage_port}
producer-props:
  bootstrap.servers: [{brokers}]
logging:
  enable-console-logging: true
  ticker-interval: 0
{blocks}
",
        brokers = bootstrap
            .split(',')
            .map(|address| format!("'{address}'"))
            .collect::<Vec<_>>()
            .join(", "),
    )
}

/// Runs the connector with these arguments to its end.
pub fn call(arguments: &[&str], limit: Duration) -> Result<Output> {
    let mut child = Command::new(program()?)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let ended = eventually(limit, "the connector ends", || {
        child.try_wait().ok().flatten()
    });
    if ended.is_err() {
        child.kill()?;
    }
    let output = child.wait_with_output()?;
    ended.with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    Ok(output)
}

/// The program, built from this tree when it is not up to date. `AERODUCT_CONNECTOR` names
/// another one to test.
pub fn program() -> Result<&'static Path> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PROGRAM
        .get_or_init(|| match env::var_os("AERODUCT_CONNECTOR") {
            Some(path) => Ok(PathBuf::from(path)),
            None => build().map_err(|error| format!("{error:#}")),
        })
        .as_deref()
        .map_err(|error| anyhow!("the connector cannot be built: {error}"))
}

fn build() -> Result<PathBuf> {
    // Of the whole workspace, so that its dependencies have the features they have in the tests
    // and nothing is built twice.
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "build",
            "--locked",
            "--workspace",
            "--bin",
            "aeroduct-connector",
        ])
        .args([
            "--message-format",
            "json-render-diagnostics",
            "--manifest-path",
        ])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .stdin(Stdio::null())
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| {
            message
                .pointer("/target/name")
                .is_some_and(|name| name == "aeroduct-connector")
        })
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .context("cargo names no executable")
}
