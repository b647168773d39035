//! Java as Kafka's own scripts start it, with Kafka Connect and Kafka's tools.

use aeroduct_tests::{cache, java, kafka, keeper};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const POM: &str = include_str!("../../../../rig/peers/pom.xml");
const LOGGING: &str = include_str!("../../../../rig/kafka/log4j2.yaml");

/// What `kafka-run-class.sh` gives to Java.
const OPTIONS: [&str; 6] = [
    "-server",
    "-XX:+UseG1GC",
    "-XX:MaxGCPauseMillis=20",
    "-XX:InitiatingHeapOccupancyPercent=35",
    "-XX:+ExplicitGCInvokesConcurrent",
    "-Djava.awt.headless=true",
];

/// The jars, of the version of the broker.
#[derive(Clone, Debug)]
pub(super) struct Jvm {
    folder: PathBuf,
    class_path: OsString,
    /// Of Kafka and of Java.
    pub(super) version: String,
}

impl Jvm {
    pub(super) fn get() -> anyhow::Result<Self> {
        let java = java::version()?;
        let kafka = kafka::version();
        let folder = cache::folder("peer-kafka", &cache::key(&[POM, LOGGING, kafka]), |draft| {
            keeper::say("fetching Kafka Connect from Maven Central (43 MB, once)");
            std::fs::write(draft.join("log4j2.yaml"), LOGGING)?;
            java::fetch(POM, &[&format!("-Dkafka.version={kafka}")], draft)
        })?;
        let java = java.split('"').nth(1).unwrap_or("of an unknown version");
        Ok(Self {
            class_path: std::env::join_paths(java::jars(&folder)?)?,
            folder,
            version: format!("Kafka {kafka}, Java {java}"),
        })
    }

    /// A call of Java with all that must come before the class.
    pub(super) fn command(&self, heap: &[&str]) -> Command {
        let mut command = Command::new(java::program());
        let logging = self.folder.join("log4j2.yaml");
        command
            .args(heap)
            .args(OPTIONS)
            .arg("-Drig.level=WARN")
            .arg(format!("-Dlog4j2.configurationFile={}", logging.display()))
            .arg("-cp")
            .arg(&self.class_path);
        command
    }

    /// The jar whose name begins so.
    pub(super) fn jar(&self, prefix: &str) -> anyhow::Result<PathBuf> {
        let named = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(prefix)
        };
        let jars = java::jars(&self.folder)?;
        let found = jars.into_iter().find(named);
        found.ok_or_else(|| anyhow::anyhow!("{prefix} is not in {}", self.folder().display()))
    }

    fn folder(&self) -> &Path {
        &self.folder
    }
}
