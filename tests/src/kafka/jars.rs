//! Kafka's programs: fetched by Maven once, started by Java.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, bail};

use super::settings::{self, Ports};
use super::{CLUSTER_ID, Layout, START_LIMIT, STOP_LIMIT};
use crate::program::Program;
use crate::{cache, java, keeper};

const POM: &str = include_str!("../../rig/kafka/pom.xml");
const LOGGING: &str = include_str!("../../rig/kafka/log4j2.yaml");

/// The class path of a broker, and what makes it start quickly.
#[derive(Debug)]
pub(super) struct Jars {
    class_path: OsString,
    logging: PathBuf,
    archive: Option<PathBuf>,
}

impl Jars {
    pub(super) fn get() -> Result<&'static Self> {
        static JARS: OnceLock<Result<Jars, String>> = OnceLock::new();
        JARS.get_or_init(|| Self::find().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow!("{error}"))
    }

    /// A call of Java with all that must come before the class.
    pub(super) fn java(&self, heap_mib: u32, options: &[&str]) -> Command {
        let mut command = Command::new(java::program());
        command
            .arg(format!("-Xmx{heap_mib}m"))
            .arg("-XX:+UseSerialGC");
        if let Some(archive) = &self.archive {
            command
                .arg(format!("-XX:SharedArchiveFile={}", archive.display()))
                .args(["-Xlog:cds=off", "-Xlog:cds+dynamic=off"]);
        }
        command
            .args(options)
            .arg("-Djava.awt.headless=true")
            .arg(format!(
                "-Dlog4j2.configurationFile={}",
                self.logging.display()
            ))
            .arg("-cp")
            .arg(&self.class_path);
        command
    }

    fn find() -> Result<Self> {
        let version = java::version()?;
        let folder = cache::folder("kafka", &cache::key(&[POM, LOGGING]), fetch)?;
        let mut found = Self {
            // The archive of classes is tied to this very order.
            class_path: env::join_paths(java::jars(&folder)?)?,
            logging: folder.join("log4j2.yaml"),
            archive: None,
        };
        let key = cache::key(&[&version, &found.class_path.to_string_lossy()]);
        let archive = cache::folder("kafka-classes", &key, |draft| found.archive(draft))?;
        found.archive = Some(archive.join("broker.jsa"));
        Ok(found)
    }

    /// Starts and stops a broker once and has Java keep the classes it loaded: later starts take
    /// half the time.
    fn archive(&self, draft: &Path) -> Result<()> {
        keeper::say("preparing quick starts of Kafka (about 8 s, once)");
        let data = tempfile::tempdir()?;
        let properties = data.path().join("server.properties");
        let ports = [Ports::free()?];
        let text = settings::properties(&Layout::default(), 1, &ports, &data.path().join("data"))
            .context("the settings of a broker")?;
        fs::write(&properties, text)?;
        let formatted = self
            .java(128, &[])
            .args(["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c"])
            .arg(&properties)
            .output()?;
        if !formatted.status.success() {
            bail!(
                "kafka.tools.StorageTool: {}",
                String::from_utf8_lossy(&formatted.stderr)
            );
        }
        let option = format!(
            "-XX:ArchiveClassesAtExit={}",
            draft.join("broker.jsa").display()
        );
        let mut command = self.java(256, &["-XX:TieredStopAtLevel=1", &option]);
        command.arg("kafka.Kafka").arg(&properties);
        let mut broker = Program::start(&mut command, &data.path().join("broker.log"))?;
        broker.await_ready(START_LIMIT, |broker| {
            broker.log().contains("Kafka Server started").then_some(())
        })?;
        broker.terminate()?;
        broker.wait(STOP_LIMIT)?;
        Ok(())
    }
}

fn fetch(draft: &Path) -> Result<()> {
    let version = version();
    keeper::say(&format!(
        "fetching Kafka {version} from Maven Central (45 MB, once)"
    ));
    fs::write(draft.join("log4j2.yaml"), LOGGING)?;
    java::fetch(POM, &[], draft).with_context(|| format!("Kafka {version}"))
}

pub(super) fn version() -> &'static str {
    POM.split_once("<kafka.version>")
        .and_then(|(_, rest)| rest.split_once('<'))
        .map_or("", |(version, _)| version)
}
