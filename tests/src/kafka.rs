//! A real Apache Kafka on loopback: one broker or three, with every fault that a test can want.

mod admin;
mod jars;
mod leaders;
pub mod secured;
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
pub use self::settings::Listener;
use self::settings::{Ports, Proxied};
use crate::program::Program;
use crate::proxy::Proxy;
use crate::{keeper, ports};

/// A start takes 2 to 5 s on busy cores.
const START_LIMIT: Duration = Duration::from_secs(90);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// Any name of the right form does: 16 bytes in Base64.
const CLUSTER_ID: &str = "MkU3OEVBNTcwNTJENDM2Qg";

/// The classes of Kafka's own tools.
pub mod tool {
    pub const ACLS: &str = "org.apache.kafka.tools.AclCommand";
    pub const CONFIGS: &str = "kafka.admin.ConfigCommand";
    pub const CONSUMER: &str = "org.apache.kafka.tools.consumer.ConsoleConsumer";
}

/// The version of the brokers and of Kafka's own tools.
pub fn version() -> &'static str {
    jars::version()
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
    /// Further ways to a lone broker.
    pub listeners: Vec<Listener>,
    /// Further options of the broker's JVM.
    pub java: Vec<String>,
    /// What SCRAM users the cluster has from the beginning, in the words of Kafka's tool.
    pub users: Vec<String>,
    /// A second way to each broker, through a proxy: [`Cluster::proxied_bootstrap`].
    pub proxied: bool,
    /// For measurements: all of the JVM's compilers and more memory, at the price of a slower start.
    pub full_speed: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            brokers: 1,
            voters: 1,
            settings: Vec::new(),
            listeners: Vec::new(),
            java: Vec::new(),
            users: Vec::new(),
            proxied: false,
            full_speed: false,
        }
    }
}

impl Layout {
    /// Three brokers that can each be killed: all are controllers too.
    pub fn three() -> Self {
        Self {
            brokers: 3,
            voters: 3,
            ..Self::default()
        }
    }

    /// With a proxy before each broker.
    #[must_use]
    pub fn proxied(self) -> Self {
        Self {
            proxied: true,
            ..self
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
    proxy: Option<Proxy>,
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
        let mut ports = Vec::new();
        let mut proxies = Vec::new();
        for _ in 0..layout.brokers {
            let mut free = Ports::free()?;
            proxies.push(if layout.proxied {
                Some(Self::proxy_before(&mut free)?)
            } else {
                None
            });
            ports.push(free);
        }
        let mut nodes = Vec::new();
        for (id, (proxy, of_node)) in (1..).zip(proxies.into_iter().zip(&ports)) {
            let properties = folder.path().join(format!("{id}.properties"));
            let data = folder.path().join(format!("data{id}"));
            let text = settings::properties(&layout, id, &ports, &data)
                .context("the settings of a broker")?;
            fs::write(&properties, text)?;
            nodes.push(Node {
                properties,
                log: folder.path().join(format!("{id}.log")),
                port: of_node.client,
                proxy,
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

    fn proxy_before(ports: &mut Ports) -> Result<Proxy> {
        let behind = ports::free()?;
        let proxy = Proxy::start(behind)?;
        ports.proxied = Some(Proxied {
            behind,
            proxy: proxy.port,
        });
        Ok(proxy)
    }

    /// The addresses of all brokers, as clients want them.
    pub fn bootstrap(&self) -> String {
        addresses(self.nodes.iter().map(|node| node.port))
    }

    /// The addresses of the proxies, each before one broker. Clients that begin there go through
    /// proxies for good.
    pub fn proxied_bootstrap(&self) -> String {
        let proxies = self.nodes.iter().filter_map(|node| node.proxy.as_ref());
        addresses(proxies.map(|proxy| proxy.port))
    }

    /// The proxy before one broker.
    pub fn proxy(&self, id: u16) -> Result<&Proxy> {
        let proxy = self.at(id)?.proxy.as_ref();
        proxy.with_context(|| format!("no proxy before broker {id}"))
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
            .args(self.layout.users.iter().flat_map(|it| ["--add-scram", it]))
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
        let mut options: Vec<&str> = self.layout.java.iter().map(String::as_str).collect();
        let heap_mib = if self.layout.full_speed {
            512
        } else {
            options.push("-XX:TieredStopAtLevel=1");
            256
        };
        let mut command = self.jars.java(heap_mib, &options);
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

    fn at(&self, id: u16) -> Result<&Node> {
        let index = usize::from(id).wrapping_sub(1);
        self.nodes
            .get(index)
            .with_context(|| format!("no broker {id}"))
    }

    fn program(&self, id: u16) -> Result<&Program> {
        let program = self.at(id)?.program.as_ref();
        program.with_context(|| format!("broker {id} does not run"))
    }
}

fn addresses(ports: impl Iterator<Item = u16>) -> String {
    let addresses = ports.map(|port| format!("127.0.0.1:{port}"));
    addresses.collect::<Vec<_>>().join(",")
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
