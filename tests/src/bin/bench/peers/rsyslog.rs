//! rsyslog with its output to Kafka, from Debian's packages, not installed.

use super::command::checked;
use super::field::{Facts, Field, Goal, Keys, Peer, Runner};
use super::gateway::Gateway;
use crate::report::Bounds;
use crate::system;
use aeroduct_tests::{cache, keeper, ports};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
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
    root: PathBuf,
    version: String,
    keys: Keys,
}

impl Rsyslog {
    /// Fetches the packages that apt offers, once for each version.
    pub(super) fn get() -> anyhow::Result<Self> {
        let offer = offer().context("it comes from Debian's packages")?;
        let root = cache::folder("peer-rsyslog", &cache::key(&[&offer]), |draft| {
            keeper::say("fetching rsyslog from Debian (2 MB, once)");
            fetch(draft)
        })?;
        let rsyslog = package_version(&offer, "rsyslog_");
        let librdkafka = package_version(&offer, "librdkafka1_");
        Ok(Self {
            root,
            version: format!("rsyslog {rsyslog}, librdkafka {librdkafka}"),
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

    /// The folder of libraries of the machine's kind, which Debian names by its own words.
    fn libraries(&self) -> anyhow::Result<PathBuf> {
        for entry in std::fs::read_dir(self.root.join("usr/lib"))? {
            let folder = entry?.path();
            if folder.join("rsyslog/omkafka.so").exists() {
                return Ok(folder);
            }
        }
        anyhow::bail!("omkafka is not in Debian's package rsyslog-kafka")
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
        let libraries = self.libraries()?;
        let mut command = Command::new(self.root.join("usr/sbin/rsyslogd"));
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

/// What apt would download: a line with address, name, size and hash for each package.
fn offer() -> anyhow::Result<String> {
    let ask = || {
        checked(
            Command::new("apt-get")
                .args(["download", "--print-uris"])
                .args(PACKAGES),
        )
    };
    let offered = match ask() {
        Ok(offered) => offered,
        // A fresh machine has no lists of packages yet.
        Err(_) if rustix::process::geteuid().is_root() => {
            checked(Command::new("apt-get").arg("update"))?;
            ask()?
        }
        Err(error) => return Err(error),
    };
    let text = String::from_utf8(offered.stdout)?;
    ensure!(
        text.lines().count() == PACKAGES.len(),
        "apt does not offer all of {}",
        PACKAGES.join(", ")
    );
    Ok(text)
}

fn fetch(draft: &Path) -> anyhow::Result<()> {
    let mut apt = Command::new("apt-get");
    apt.arg("download").args(PACKAGES).current_dir(draft);
    checked(&mut apt)?;
    for entry in std::fs::read_dir(draft)? {
        let package = entry?.path();
        if package
            .extension()
            .is_some_and(|extension| extension == "deb")
        {
            checked(Command::new("dpkg-deb").arg("-x").args([&package, draft]))?;
        }
    }
    Ok(())
}

/// `2.0.2-1` of `librdkafka1_2.0.2-1_amd64.deb`.
fn package_version<'a>(offer: &'a str, prefix: &str) -> &'a str {
    let words = offer.split_whitespace();
    let mut names = words.filter_map(|word| word.strip_prefix(prefix));
    let version = names.next().and_then(|name| name.split('_').next());
    version.unwrap_or("of an unknown version")
}

#[cfg(test)]
mod tests {
    use super::package_version;

    #[test]
    fn versions_are_read_from_what_apt_offers() {
        let offer = "\
'http://host/librdkafka1_2.0.2-1_amd64.deb' librdkafka1_2.0.2-1_amd64.deb 643568 SHA256:d5
'http://host/rsyslog-kafka_8.2302.0-1_amd64.deb' rsyslog-kafka_8.2302.0-1_amd64.deb 2 SHA256:78
'http://host/rsyslog_8.2302.0-1_amd64.deb' rsyslog_8.2302.0-1_amd64.deb 724132 SHA256:68
";
        assert_eq!(package_version(offer, "rsyslog_"), "8.2302.0-1");
        assert_eq!(package_version(offer, "librdkafka1_"), "2.0.2-1");
    }
}
