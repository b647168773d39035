//! A real Apache Kafka on loopback: one broker or three, with every fault that a test can want.

mod admin;
mod jars;
mod settings;

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use tempfile::TempDir;

pub use self::admin::Topic;
use self::jars::Jars;
use crate::keeper;
use crate::ports;
use crate::program::Program;

/// A start takes 2 to 5 s on busy cores.
const START_LIMIT: Duration = Duration::from_secs(90);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Any name of the right form does: 16 bytes in Base64.
const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qg";

/// The classes of Kafka's own tools.
pub mod tool {
    pub const ACLS: &str = "org.apache.kafka.tools.AclCommand";
    pub const CONSUMER: &str = "org.apache.kafka.tools.consumer.ConsoleConsumer";
}

/// What a cluster shall be like.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Nodes with number 1 to this.
    pub brokers: u16,
    /// The first nodes are controllers too; with one alone, the others can all be killed without
    /// the loss of the quorum.
    pub voters: u16,
    /// Further lines of `server.properties`.
    pub settings: Vec<(String, String)>,
    /// For measurements: all of the JVM's compilers and more memory, at the price of a slower start.
    pub full_speed: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            brokers: 1,
            voters: 1,
            settings: Vec::new(),
            full_speed: false,
        }
    }
}

/// Running brokers. Their data goes when it is dropped.
#[derive(Debug)]
pub struct Cluster {
    jars: &'static Jars,
    layout: Layout,
    nodes: Vec<Node>,
    folder: TempDir,
}

#[derive(Debug)]
struct Node {
    properties: PathBuf,
    log: PathBuf,
    port: u16,
    program: Option<Program>,
}

impl Cluster {
    /// One broker, for tests that break it.
    pub fn start() -> Result<Self> {
        Self::with_layout(Layout::default())
    }

    /// The broker that all tests share that leave it whole. Use topics of your own.
    pub fn shared() -> Result<&'static Self> {
        static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!("the shared broker: {error}"))
    }

    pub fn with_layout(layout: Layout) -> Result<Self> {
        let jars = Jars::get()?;
        let folder = tempfile::Builder::new()
            .prefix("aeroduct-kafka-")
            .tempdir()?;
        keeper::remove(folder.path());
        let ports = (0..layout.brokers)
            .map(|_| Ok((ports::free()?, ports::free()?)))
            .collect::<Result<Vec<_>>>()?;
        let mut nodes = Vec::new();
        for (id, &(port, _)) in (1..).zip(&ports) {
            let properties = folder.path().join(format!("{id}.properties"));
            let data = folder.path().join(format!("data{id}"));
            fs::write(
                &properties,
                settings::properties(&layout, id, &ports, &data),
            )?;
            nodes.push(Node {
                properties,
                log: folder.path().join(format!("{id}.log")),
                port,
                program: None,
            });
        }
        let mut cluster = Self {
            jars,
            layout,
            nodes,
            folder,
        };
        for node in &cluster.nodes {
            cluster.format(node)?;
        }
        for id in 1..=cluster.layout.brokers {
            cluster.launch(id)?;
        }
        for id in 1..=cluster.layout.brokers {
            cluster.await_start(id)?;
        }
        cluster.await_brokers(usize::from(cluster.layout.brokers))?;
        Ok(cluster)
    }

    /// The addresses of all brokers, as clients want them.
    pub fn bootstrap(&self) -> String {
        let addresses = self
            .nodes
            .iter()
            .map(|node| format!("127.0.0.1:{}", node.port));
        addresses.collect::<Vec<_>>().join(",")
    }

    /// SIGKILL of one broker.
    pub fn kill(&mut self, id: u16) -> Result<()> {
        let mut program = self.node(id)?.program.take().context("it does not run")?;
        program.kill()
    }

    /// SIGTERM to one broker, and waits for its end.
    pub fn stop(&mut self, id: u16) -> Result<()> {
        let mut program = self.node(id)?.program.take().context("it does not run")?;
        program.terminate()?;
        program.wait(STOP_LIMIT)?;
        Ok(())
    }

    /// Starts a broker again, on its old data and ports.
    pub fn restart(&mut self, id: u16) -> Result<()> {
        self.launch(id)?;
        self.await_start(id)
    }

    /// SIGSTOP: connections stay open and nothing is answered.
    pub fn pause(&self, id: u16) -> Result<()> {
        self.program(id)?.pause()
    }

    /// SIGCONT.
    pub fn resume(&self, id: u16) -> Result<()> {
        self.program(id)?.resume()
    }

    /// What one broker has written to its log since its start.
    pub fn log(&self, id: u16) -> Result<String> {
        Ok(self.program(id)?.log())
    }

    /// Runs a tool of Kafka's and returns what it prints.
    pub fn tool(&self, class: &str, arguments: &[&str]) -> Result<String> {
        let output = self
            .jars
            .java(256, &["-XX:TieredStopAtLevel=1"])
            .args(["-Drig.level=WARN", "-Drig.target=SYSTEM_ERR", class])
            .args(["--bootstrap-server", &self.bootstrap()])
            .args(arguments)
            .output()?;
        if !output.status.success() {
            bail!(
                "{class} {arguments:?}: {}; it says:\n{}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }

    fn format(&self, node: &Node) -> Result<()> {
        let output = self
            .jars
            .java(128, &["-XX:TieredStopAtLevel=1"])
            .args(["-Drig.level=WARN", "kafka.tools.StorageTool", "format"])
            .args(["-t", CLUSTER_ID, "-c"])
            .arg(&node.properties)
            .output()?;
        if !output.status.success() {
            bail!(
                "the data folder of a broker: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    }

    fn launch(&mut self, id: u16) -> Result<()> {
        let mut command = self.broker_command();
        let node = self.node(id)?;
        if node.program.is_some() {
            bail!("broker {id} runs already");
        }
        command.arg(&node.properties);
        node.program = Some(Program::start(&mut command, &node.log)?);
        Ok(())
    }

    fn broker_command(&self) -> Command {
        let mut command = if self.layout.full_speed {
            self.jars.java(512, &[])
        } else {
            self.jars.java(256, &["-XX:TieredStopAtLevel=1"])
        };
        command.arg("kafka.Kafka");
        command
    }

    fn await_start(&mut self, id: u16) -> Result<()> {
        let program = self.node(id)?.program.as_mut().context("it does not run")?;
        program
            .await_ready(START_LIMIT, |broker| {
                broker.log().contains("Kafka Server started").then_some(())
            })
            .with_context(|| format!("broker {id}"))
    }

    fn node(&mut self, id: u16) -> Result<&mut Node> {
        let index = usize::from(id).wrapping_sub(1);
        self.nodes
            .get_mut(index)
            .with_context(|| format!("no broker {id}"))
    }

    fn program(&self, id: u16) -> Result<&Program> {
        let index = usize::from(id).wrapping_sub(1);
        let node = self
            .nodes
            .get(index)
            .with_context(|| format!("no broker {id}"))?;
        node.program
            .as_ref()
            .with_context(|| format!("broker {id} does not run"))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Before the folder goes: a broker that loses its data writes pages of complaints.
        self.nodes.clear();
        if std::thread::panicking() {
            keeper::say(&format!(
                "broker data was in {}",
                self.folder.path().display()
            ));
        }
    }
}
