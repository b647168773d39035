//! The page is up to date, and what it says is so.

use std::{collections::BTreeSet, env, fs, path::Path, time::Duration};

use super::*;
use crate::{
    AeroductPlan, Batching, Items, LoggingPlan, RecordOrdering, ServicePlan,
    load::{checked, tree_of},
    parse,
    plan::Protocol,
    yaml::{Kind, Node},
};

/// `UPDATE_GOLDEN=1` writes the page.
#[test]
fn the_reference_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference.md");
    let page = page();
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "`make golden` writes docs/reference.md");
}

/// What keys are without a word of the file about them, as the plan of such a file has them.
fn defaults() -> Vec<(&'static str, String)> {
    let least = "service: { manage: { port: 8081 } }\nproducer-props: { bootstrap.servers: 'a:1' }\n\
                 batching: {}\nrecord-ordering: {}\n\
                 format: { mode: json }\nrouting: { mode: static, destination: t }\n";
    let plan = parse(least, "least.yml").unwrap();
    let over_http = least.replace("service: {", "service: { protocol: HTTP,");
    let over_http = parse(&over_http, "http.yml").unwrap().service.protocol;
    let mut defaults = defaults_of_service(&plan.service);
    if let Protocol::Http { streams_max } = over_http {
        let key = "service.http2-max-concurrent-streams";
        defaults.push((key, streams_max.to_string()));
    }
    defaults.extend(defaults_of_items(&plan.outbound.general.items));
    defaults.extend(defaults_of_logging(&plan.logging));
    defaults.extend(defaults_of_aeroduct(&plan.aeroduct));
    defaults
}

fn defaults_of_service(service: &ServicePlan) -> Vec<(&'static str, String)> {
    let manage = service.manage.as_ref().unwrap();
    let records = service.max_concurrent_records;
    let ack_buffering = service.ack_buffering.to_string();
    let protocol = word(&service.protocol).to_uppercase();
    vec![
        ("service.protocol", protocol),
        ("service.port", service.ports[0].to_string()),
        ("service.address", service.addresses[0].to_string()),
        ("service.manage.address", manage.addresses[0].to_string()),
        ("service.max-concurrent-records", records.to_string()),
        ("service.cluster-name", service.cluster_name.clone()),
        ("service.enable-tcp-xdr-ack-buffering", ack_buffering),
    ]
}

fn defaults_of_items(items: &Items) -> Vec<(&'static str, String)> {
    let (Some(Batching::On(limits)), Some(RecordOrdering::On { remembered })) =
        (&items.batching, &items.ordering)
    else {
        panic!("{items:?}")
    };
    let remembered = remembered.as_secs().to_string();
    vec![
        ("batching.max-records", limits.records.to_string()),
        ("batching.max-bytes", limits.bytes.to_string()),
        ("record-ordering.lut-cache-ttl-seconds", remembered),
    ]
}

fn defaults_of_logging(logging: &LoggingPlan) -> Vec<(&'static str, String)> {
    let interval = logging.ticker_interval.unwrap();
    vec![
        ("logging.max-history", logging.max_history.to_string()),
        ("logging.ticker-interval", interval.as_secs().to_string()),
        ("logging.format", word(&logging.format)),
    ]
}

fn defaults_of_aeroduct(plan: &AeroductPlan) -> Vec<(&'static str, String)> {
    let in_flight = mebibytes(plan.max_in_flight_bytes);
    vec![
        ("aeroduct.reply-deadline", seconds(plan.reply_deadline)),
        ("aeroduct.drain-timeout", seconds(plan.drain_timeout)),
        ("aeroduct.max-in-flight-bytes", in_flight),
        ("aeroduct.max-frame-bytes", mebibytes(plan.max_frame_bytes)),
        ("aeroduct.max-connections", plan.max_connections.to_string()),
        ("aeroduct.headers", word(&plan.headers)),
        ("aeroduct.timestamp", word(&plan.timestamp)),
        ("aeroduct.max-topics", plan.max_topics.to_string()),
    ]
}

fn word(word: &dyn fmt::Debug) -> String {
    format!("{word:?}").to_lowercase()
}

fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs())
}

fn mebibytes(bytes: u64) -> String {
    format!("{}MiB", bytes >> 20)
}

/// Defaults that are no value of a plan, each with what shows it.
const SHOWN_ELSEWHERE: &[(&str, &str)] = &[
    (
        "service.socket-receive-buffer-bytes",
        "the reader's own, in `aeroduct-connector`",
    ),
    ("service.tls.address", "as `service.address`"),
    ("service.tls.mutual-auth", "as Java's"),
    ("service.tls.key-store.store-type", "as Java's"),
    (
        "format.stringify-map-keys",
        "the golden files of `aeroduct-outbound`",
    ),
    (
        "key.failure-strategy",
        "the golden files of `aeroduct-outbound`",
    ),
    ("batching.enabled", "`batching: {}` is on in the plan above"),
    (
        "batching.batch-interval",
        "bounded by `aeroduct.reply-deadline` in every plan",
    ),
    (
        "record-ordering.enable",
        "`record-ordering: {}` is on in the plan above",
    ),
    (
        "logging.enable-console-logging",
        "without `file` it is on in every plan",
    ),
    ("logging", "the levels below"),
    ("logging.levels", "the logger's own, in `aeroduct-process`"),
];

#[test]
fn the_defaults_that_are_told_are_those_of_a_file_without_the_keys() {
    let defaults = defaults();
    let told = |key: &ConfigKey| {
        let default = prose::Prose::of(&key.description).default?;
        let (value, _) = default.strip_prefix('`')?.split_once('`')?;
        Some(value.to_owned())
    };
    let mut unused: BTreeSet<_> = SHOWN_ELSEWHERE.iter().map(|(path, _)| *path).collect();
    for key in keys() {
        let Some(told) = told(&key) else {
            continue;
        };
        let of_plan = defaults.iter().find(|(path, _)| *path == key.path);
        match of_plan {
            Some((_, value)) => assert_eq!(told, *value, "{}", key.path),
            None => assert!(unused.remove(key.path.as_str()), "{}: {told}", key.path),
        }
    }
    assert!(unused.is_empty(), "{unused:?}");
    for (path, _) in defaults {
        let key = keys().into_iter().find(|key| key.path == path).unwrap();
        assert!(told(&key).is_some(), "{path}");
    }
}

/// The paths of the keys in a file, with `*` for names that it chose.
fn paths(node: &Node, path: &str, known: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    found.insert(path.to_owned());
    match &node.kind {
        Kind::Map(entries) => {
            for entry in entries {
                let named = format!("{path}.{}", entry.key.text);
                let free = format!("{path}.*");
                let is_free = known.iter().any(|key| key.starts_with(&format!("{free}.")));
                let path = if is_free { &free } else { &named };
                paths(&entry.value, path.trim_start_matches('.'), known, found);
            }
        }
        Kind::List(items) => {
            for item in items {
                paths(item, path, known, found);
            }
        }
        Kind::Scalar(_) | Kind::Alias => {}
    }
}

#[test]
fn every_key_is_in_an_example_of_its_section() {
    let known: BTreeSet<_> = keys().into_iter().map(|key| key.path).collect();
    for section in keys().iter().filter(|key| !key.path.contains('.')) {
        let mut found = BTreeSet::new();
        for example in examples::of(&section.path) {
            paths(&tree_of(example).unwrap(), "", &known, &mut found);
        }
        for key in known
            .iter()
            .filter(|key| key.split('.').next() == Some(&section.path))
        {
            assert!(found.contains(key), "no example has {key}");
        }
    }
}

#[test]
fn examples_have_the_form_that_is_asked_for() {
    for section in keys().iter().filter(|key| !key.path.contains('.')) {
        for example in examples::of(&section.path) {
            let faults = checked(&tree_of(example).unwrap()).faults;
            let faults: Vec<_> = faults
                .iter()
                .filter(|fault| !is_refusal(&fault.reason))
                .collect();
            assert!(faults.is_empty(), "{example}\n{faults:#?}");
        }
    }
}

/// Whether something is sound, and refused for what it asks.
fn is_refusal(reason: &str) -> bool {
    reason == "not supported yet" || reason.contains("asks for a Java class")
}

#[test]
fn links_lead_to_parts_of_the_page() {
    let page = page();
    let headings: BTreeSet<_> = page
        .lines()
        .filter(|line| line.starts_with("## ") || line.starts_with("### "))
        .map(|line| line.trim_start_matches(['#', ' ']))
        .map(|heading| anchor(&heading.replace(' ', "-")))
        .collect();
    for (at, _) in page.match_indices("](#") {
        let link = page.split_at(at + 2).1.split(')').next().unwrap();
        assert!(headings.contains(link), "{link}");
    }
}
