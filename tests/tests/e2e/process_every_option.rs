//! One file with every option of routing, rendering and publishing.

use std::fs;
use std::time::Duration;

use aeroduct_tests::connector::{call, configuration, get};
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::ports;
use aeroduct_tests::source::SUCCESS;
use anyhow::{Context as _, Result};
use serde_json::json;

use crate::stand::Stand;

const EVERY_OPTION: &str = "routing:
  mode: bin
  bin: to
  default: options
  transforms: [trim, { regex: { pattern: '[^a-z]', replacement: '-' } }, lowercase]
format: { mode: message-pack }
key: { source: bin-value, bin-name: tenant, failure-strategy: ignore }
bin-transforms:
  include: { type: specified, bins: [a, b] }
  exclude: { type: specified, bins: [b] }
  map: { a: z }
  transforms: [uppercase]
batching: { enabled: true, max-records: 10, max-bytes: 1000, batch-interval: 100 }
record-ordering: { enable: true, lut-cache-ttl-seconds: 60 }
namespaces:
  shop:
    routing: { mode: namespace, default: options }
    format: { mode: flat-json, metadata-key: of, stringify-map-keys: false }
    key: { source: key-hash }
    record-ordering: { enable: false }
    sets:
      raw: { format: { mode: xdr }, key: { source: user-key, failure-strategy: fail } }
      none: { routing: { mode: skip }, batching: { enabled: false }, key: { source: none } }
aeroduct:
  max-connection-age: 10m
  idle-timeout: 2m
  dead-letter: { destination: options-letters }
  headers: metadata
  timestamp: lut
  max-topics: 17
";

#[test]
fn a_file_with_every_option_passes_the_check() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("connector.yml");
    let (port, other) = (ports::free()?, ports::free()?);
    let ports = format!("port-based-config: {{ {other}: {{ routing: {{ mode: set }} }} }}");
    let blocks = format!("{EVERY_OPTION}{ports}");
    let text = configuration("127.0.0.1:9", &[port, other], ports::free()?, &blocks);
    fs::write(&file, text)?;
    let file = file.to_str().context("a path")?;
    let output = call(&["check", "--config", file], Duration::from_secs(20))?;
    let said = String::from_utf8([output.stdout, output.stderr].concat())?;
    assert_eq!(output.status.code(), Some(0), "{said}");
    Ok(())
}

#[test]
fn every_option_is_shown_as_it_is_in_force() -> Result<()> {
    let topics = ["options", "options-letters"].map(|name| Topic::new(name, 1));
    let mut stand = Stand::start(&topics, EVERY_OPTION)?;
    let answers = stand.ask(&[Message::write("any", digest(1)).text("tenant", "north")])?;
    assert_eq!(answers, [SUCCESS]);

    let body = get(stand.connector.manage_port, "/manage/rest/v1/config")?.body;
    let shown: serde_json::Value = serde_json::from_str(&body)?;
    let expected = [
        ("/routing/mode", json!("bin")),
        ("/routing/bin", json!("to")),
        ("/routing/default", json!("options")),
        ("/routing/transforms/0", json!("trim")),
        ("/routing/transforms/1/regex/pattern", json!("[^a-z]")),
        ("/format/mode", json!("message-pack")),
        ("/key/bin-name", json!("tenant")),
        ("/key/failure-strategy", json!("ignore")),
        ("/bin-transforms/include/bins", json!(["a", "b"])),
        ("/bin-transforms/exclude/bins", json!(["b"])),
        ("/bin-transforms/map", json!({ "a": "z" })),
        ("/bin-transforms/transforms", json!(["uppercase"])),
        ("/batching/max-records", json!(10)),
        ("/batching/max-bytes", json!(1000)),
        ("/batching/batch-interval", json!(100)),
        ("/record-ordering/lut-cache-ttl-seconds", json!(60)),
        ("/namespaces/shop/format/stringify-map-keys", json!(false)),
        ("/namespaces/shop/key/source", json!("key-hash")),
        ("/namespaces/shop/record-ordering/enable", json!(false)),
        ("/namespaces/shop/sets/raw/format/mode", json!("xdr")),
        (
            "/namespaces/shop/sets/raw/key/failure-strategy",
            json!("fail"),
        ),
        ("/namespaces/shop/sets/none/routing/mode", json!("skip")),
        ("/namespaces/shop/sets/none/batching/enabled", json!(false)),
        ("/aeroduct/max-connection-age", json!("600000ms")),
        ("/aeroduct/idle-timeout", json!("120000ms")),
        (
            "/aeroduct/dead-letter/destination",
            json!("options-letters"),
        ),
        ("/aeroduct/headers", json!("metadata")),
        ("/aeroduct/timestamp", json!("lut")),
        ("/aeroduct/max-topics", json!(17)),
    ];
    for (path, value) in expected {
        assert_eq!(shown.pointer(path), Some(&value), "{path} in:\n{body}");
    }
    Ok(())
}
