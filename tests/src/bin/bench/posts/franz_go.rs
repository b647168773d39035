//! A gateway of ours in Go, on its own server and franz-go.

use crate::peers::go;
use crate::process::Served;
use aeroduct_tests::{cache, keeper};
use anyhow::Context as _;
use std::process::Command;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/rig/peers/http-to-kafka");
const MAIN: &str = include_str!("../../../../rig/peers/http-to-kafka/main.go");
const MODULE: &str = include_str!("../../../../rig/peers/http-to-kafka/go.mod");
const SUMS: &str = include_str!("../../../../rig/peers/http-to-kafka/go.sum");

/// Builds it, once for each release of Go, and starts it.
pub(super) fn start(bootstrap: &str) -> anyhow::Result<Served> {
    let (go, version) = go::get()?;
    let key = cache::key(&[MAIN, MODULE, SUMS, &version]);
    let folder = cache::folder("peer-franz-go-http", &key, |draft| {
        keeper::say("building the HTTP gateway on franz-go (about 1 min, once)");
        go::build(&go, SOURCE, &draft.join("http-to-kafka"))
    })?;
    let mut command = Command::new(folder.join("http-to-kafka"));
    command.args([bootstrap, crate::system::TOPIC]);
    Served::saying(command).context("the gateway does not start")
}
