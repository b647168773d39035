//! rsyslog with its output to Kafka, from Debian's packages, not installed.

use super::field::{Facts, Field, Goal, Keys, Peer, Runner};
use super::gateway::Gateway;
use crate::report::Bounds;
use crate::system;
use aeroduct_tests::debian::Unpacked;
use aeroduct_tests::ports;
use std::process::Command;

const CONFIGURATION: &str = include_str!("../../../../rig/peers/rsyslog.conf");

/// The packages that a Debian system without rsyslog lacks.
const PACKAGES: [&str; 6] = [
    "rsyslog",
    "rsyslog-kafka",
    "libestr0",
    "libfastjson4",
    "liblognorm5",
    "librdkafka1",
];

/// The unpacked packages.
#[derive(Clone, Debug)]
pub(super) struct Rsyslog {
    packages: Unpacked,
    version: String,
    keys: Keys,
}

impl Rsyslog {
    /// Fetches the packages that apt offers, once for each version.
    pub(super) fn get() -> anyhow::Result<Self> {
        let packages = Unpacked::get("peer-rsyslog", &PACKAGES, "rsyslog (2 MB)")?;
        let rsyslog = packages.version("rsyslog");
        let librdkafka = packages.version("librdkafka1");
        Ok(Self {
            version: format!("rsyslog {rsyslog}, librdkafka {librdkafka}"),
            packages,
            keys: Keys::Equal,
        })
    }

    /// The same, publishing without keys.
    pub(super) fn keyless(self) -> Self {
        Self {
            keys: Keys::None,
            ..self
        }
    }

    /// What the configuration has of a key.
    fn key(&self, field: &Field) -> String {
        match self.keys {
            Keys::Equal => format!(
                "key=\"{}\" topicConfParam=[\"partitioner=random\"]",
                field.sample.one_key()
            ),
            Keys::None => String::new(),
        }
    }
}

impl Peer for Rsyslog {
    fn facts(&self) -> Facts {
        let (name, way) = match self.keys {
            Keys::Equal => (
                "rsyslog",
                "lines over TCP, imptcp to omkafka; one key for all, of the right length, and \
                 partitions by lot",
            ),
            Keys::None => (
                "rsyslog, no keys",
                "lines over TCP, imptcp to omkafka; no keys",
            ),
        };
        Facts {
            name,
            version: self.version.clone(),
            way,
            lacks: "parse, format, answer its source",
            goal: Goal::Cost(Bounds::at_most(1.0 / 1.3, 1.0 / 1.8)),
        }
    }

    fn start(&self, field: &Field, _: u64) -> anyhow::Result<Box<dyn Runner>> {
        let port = ports::free()?;
        let work = field.kafka.folder().join("rsyslog");
        std::fs::create_dir_all(&work)?;
        let text = CONFIGURATION
            .replace("@WORK@", &work.to_string_lossy())
            .replace("@PORT@", &port.to_string())
            .replace("@BROKERS@", &field.kafka.bootstrap())
            .replace("@TOPIC@", system::TOPIC)
            .replace("@KEY@", &self.key(field));
        let file = work.join("rsyslog.conf");
        std::fs::write(&file, text)?;
        let libraries = self.packages.libraries("rsyslog/omkafka.so")?;
        let mut command = Command::new(self.packages.root.join("usr/sbin/rsyslogd"));
        command
            .env("LD_LIBRARY_PATH", &libraries)
            .arg("-n")
            .arg("-M")
            .arg(libraries.join("rsyslog"))
            .arg("-f")
            .arg(&file)
            .arg("-i")
            .arg(work.join("pid"));
        let log = work.join("log");
        let lines = field.sample.values();
        Ok(Box::new(Gateway::start(&mut command, port, lines, &log)?))
    }
}
