//! A gateway of ours in Go, on franz-go.

use super::field::{Facts, Field, Goal, Keys, Peer, Runner};
use super::gateway::Gateway;
use super::go;
use crate::report::Bounds;
use crate::system;
use aeroduct_tests::{cache, keeper, ports};
use std::path::PathBuf;
use std::process::Command;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rig/peers/tcp-to-kafka");
const MAIN: &str = include_str!("../../../../rig/peers/tcp-to-kafka/main.go");
const MODULE: &str = include_str!("../../../../rig/peers/tcp-to-kafka/go.mod");
const SUMS: &str = include_str!("../../../../rig/peers/tcp-to-kafka/go.sum");

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
        let (go, go_version) = go::get()?;
        let key = cache::key(&[MAIN, MODULE, SUMS, &go_version]);
        let folder = cache::folder("peer-franz-go", &key, |draft| {
            keeper::say("building the gateway on franz-go (about 1 min, once)");
            go::build(&go, SOURCE, &draft.join("tcp-to-kafka"))
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
