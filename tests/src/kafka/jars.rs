//! Kafka's programs: fetched by Maven once, started by Java.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, bail};

use super::settings::{self, Ports};
use super::{CLUSTER_ID, Layout, START_LIMIT, STOP_LIMIT};
use crate::program::Program;
use crate::{cache, keeper};

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
        let mut command = Command::new(java());
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
        let version = java_version()?;
        let folder = cache::folder("kafka", &cache::key(&[POM, LOGGING]), fetch)?;
        let mut jars: Vec<PathBuf> = fs::read_dir(&folder)?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        jars.retain(|path| path.extension().is_some_and(|extension| extension == "jar"));
        // The archive of classes is tied to this very order.
        jars.sort();
        let mut found = Self {
            class_path: env::join_paths(&jars)?,
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
    let version = POM
        .split_once("<kafka.version>")
        .and_then(|(_, rest)| rest.split_once('<'))
        .map_or("", |(version, _)| version);
    keeper::say(&format!(
        "fetching Kafka {version} from Maven Central (45 MB, once)"
    ));
    let pom = draft.join("pom.xml");
    fs::write(&pom, POM)?;
    fs::write(draft.join("log4j2.yaml"), LOGGING)?;
    let output = Command::new("mvn")
        .args(["-B", "-q", "-f"])
        .arg(&pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"])
        .arg(format!("-DoutputDirectory={}", draft.display()))
        .stdin(Stdio::null())
        .output()
        .context(
            "mvn cannot be started: install Maven (Debian and Ubuntu: apt-get install maven)",
        )?;
    if !output.status.success() {
        bail!(
            "Maven could not fetch Kafka {version}; it says:\n{}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    Ok(())
}

/// The Java of `JAVA_HOME`, or the first one on the path.
fn java() -> PathBuf {
    env::var_os("JAVA_HOME")
        .map(|home| Path::new(&home).join("bin/java"))
        .filter(|java| java.exists())
        .unwrap_or_else(|| PathBuf::from("java"))
}

fn java_version() -> Result<String> {
    const REMEDY: &str =
        "install Java 17 or later (Debian and Ubuntu: apt-get install openjdk-17-jre-headless)";
    let output = Command::new(java())
        .arg("-version")
        .output()
        .with_context(|| format!("java cannot be started: {REMEDY}"))?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    // openjdk version "17.0.15" 2025-04-15
    let major = text
        .split_once('"')
        .and_then(|(_, rest)| rest.split(['.', '"', '-']).next())
        .and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(17..) => Ok(text),
        Some(old) => bail!("Kafka needs a newer Java than {old}: {REMEDY}"),
        None => bail!("java -version says something unknown: {text:?}; {REMEDY}"),
    }
}
