use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

use aeroduct_kafka::Batch;

use super::{Breaker, Brokers, Metrics, Outside, ProducerFigures, Replied, Snapshot};
use super::{Kind, native, official};
use crate::login::LoginFigures;

const MS: Duration = Duration::from_millis(1);

/// One sample of a scrape: name, labels, value.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// A scrape, read strictly: every metric has its help and type first, comes once, and has
/// samples of its own name alone, no two of them with the same labels.
#[derive(Debug, Default)]
struct Scrape {
    types: BTreeMap<String, String>,
    samples: Vec<Sample>,
}

impl Scrape {
    fn of(text: &str) -> Self {
        assert!(text.ends_with('\n'));
        let mut scrape = Self::default();
        let mut current = String::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').expect("a help text");
                assert!(!help.is_empty() && is_name(name), "{line}");
                let kind = lines.next().and_then(|line| line.strip_prefix("# TYPE "));
                let (typed, kind) = kind.and_then(|kind| kind.split_once(' ')).expect("a type");
                assert_eq!(typed, name);
                assert!(
                    ["counter", "gauge", "histogram", "untyped"].contains(&kind),
                    "{kind}"
                );
                let known = scrape.types.insert(name.to_owned(), kind.to_owned());
                assert_eq!(known, None, "{name} comes once");
                name.clone_into(&mut current);
                continue;
            }
            let sample = sample_of(line);
            let suffix = sample
                .name
                .strip_prefix(&current)
                .expect("samples of their metric");
            let suffixes: &[&str] = match scrape.types[&current].as_str() {
                "histogram" => &["_bucket", "_sum", "_count"],
                _ => &[""],
            };
            assert!(suffixes.contains(&suffix), "{line}");
            let is_double =
                |other: &Sample| other.name == sample.name && other.labels == sample.labels;
            assert!(!scrape.samples.iter().any(is_double), "{line}");
            scrape.samples.push(sample);
        }
        scrape
    }

    fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels: BTreeMap<_, _> = labels
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let found = |sample: &&Sample| sample.name == name && sample.labels == labels;
        self.samples.iter().find(found).map(|sample| sample.value)
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == '_')
}

fn sample_of(line: &str) -> Sample {
    let end = line.find(['{', ' ']).expect("a value");
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").expect("a label");
            assert!(is_name(label), "{line}");
            let mut value = String::new();
            let mut chars = after.char_indices();
            let end = loop {
                match chars.next().expect("a closed label").1 {
                    '"' => break chars.next().expect("more").0,
                    '\\' => match chars.next().expect("an escape").1 {
                        'n' => value.push('\n'),
                        char @ ('\\' | '"') => value.push(char),
                        other => panic!("escape {other:?}"),
                    },
                    char => value.push(char),
                }
            };
            assert_eq!(labels.insert(label.to_owned(), value), None, "{line}");
            rest = after.split_at(end).1;
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
        rest = rest.split_at(1).1;
    }
    let value = rest.strip_prefix(' ').expect("a space before the value");
    let value = value.replace("+Inf", "inf").parse().expect("a number");
    Sample {
        name: name.to_owned(),
        labels,
        value,
    }
}

/// Two shards with known counts, and known figures of the other parts.
fn busy() -> Snapshot {
    let metrics = Metrics::new(2, "orders \"east\"\\\n");
    let [first, second] = [0, 1].map(|shard| &metrics.shards()[shard]);

    first.connection_opened();
    first.connection_opened();
    first.connection_closed();
    first.connection_broken();
    second.connection_opened();
    metrics.connections().refused();

    first.read(1_000, 10);
    second.read(6_000, 20);
    first.skipped("transaction-monitor", 2);
    second.skipped("transaction-monitor", 1);
    second.skipped("no-routing", 1);
    first.parse_error(1);
    first.failed("too-large", 1);
    second.failed("overdue", 3);
    first.submitted(MS, 8);
    first.reported(3 * MS, 8);
    // Of ten: six published, two skipped, two refused; of twenty: fifteen, two, three overdue.
    let replied = Replied {
        success: 8,
        temporary: 0,
        permanent: 2,
    };
    first.replied(4 * MS, replied);
    let replied = Replied {
        success: 17,
        temporary: 3,
        permanent: 0,
    };
    second.replied(400 * MS, replied);
    first.lag(1_688, 6);
    first.ahead(2);
    second.ahead(1);
    first.letters(4);
    first.replied_after_report(MS / 2, 8);
    first.stalled(250 * MS);
    second.stalled(500 * MS);
    first.beat();
    second.beat();
    let batch = Batch {
        topic: "orders",
        partition: 0,
        records: 21,
        bytes: 4_200,
    };
    metrics.observer().batch_reported(&batch, 2 * MS);

    metrics.snapshot(outside())
}

fn outside() -> Outside {
    Outside {
        in_flight_records: 7,
        in_flight_records_limit: 32_768,
        in_flight_bytes: 4_096,
        in_flight_bytes_limit: 256 << 20,
        is_overdue: false,
        remembered_records: 7,
        forgotten_records: 5,
        login: LoginFigures::default(),
        producer: ProducerFigures {
            delivered_messages: 21,
            clients_created: 3,
            clients_closed: 1,
            failed: vec![("unknown-topic", 3)],
            brokers: Brokers::Up,
            topics: 2,
            breakers: vec![Breaker {
                topic: "orders".to_owned(),
                reason: "unknown-topic",
            }],
            ..ProducerFigures::default()
        },
    }
}

#[test]
fn counts_add_up_over_the_shards() {
    let totals = busy().totals;
    assert_eq!((totals.opened, totals.closed, totals.active()), (3, 1, 2));
    assert_eq!(
        (totals.received_bytes, totals.received_records),
        (7_000, 30)
    );
    assert_eq!(
        (totals.success, totals.errors(), totals.answered()),
        (25, 5, 30)
    );
    assert_eq!(totals.all_skipped(), 4);
    assert_eq!(
        totals.failed,
        BTreeMap::from([("overdue", 3), ("too-large", 1)])
    );
    assert_eq!(totals.stalled, 750 * MS);
}

#[test]
fn a_scrape_is_sound_and_tells_the_counts() {
    let scrape = Scrape::of(&native::exposition(&busy()));
    let value = |name: &str, labels: &[(&str, &str)]| {
        scrape.value(&format!("aeroduct_connector_{name}"), labels)
    };
    assert_eq!(value("connections_opened_total", &[]), Some(3.0));
    assert_eq!(value("connections_active", &[]), Some(2.0));
    let refused = value(
        "connections_refused_total",
        &[("reason", "max-connections")],
    );
    assert_eq!(refused, Some(1.0));
    let answered = |answer| value("records_answered_total", &[("answer", answer)]);
    assert_eq!(answered("success"), Some(25.0));
    assert_eq!(answered("temporary"), Some(3.0));
    assert_eq!(answered("permanent"), Some(2.0));
    assert_eq!(value("records_published_total", &[]), Some(21.0));
    let skipped = value("records_skipped_total", &[("rule", "transaction-monitor")]);
    assert_eq!(skipped, Some(3.0));
    assert_eq!(
        value("records_failed_total", &[("reason", "overdue")]),
        Some(3.0)
    );
    assert_eq!(value("back_pressure_seconds_total", &[]), Some(0.75));
    assert_eq!(value("records_ahead_total", &[]), Some(3.0));
    assert_eq!(value("dead_letters_total", &[]), Some(4.0));
    assert_eq!(value("remembered_records", &[]), Some(7.0));
    assert_eq!(value("forgotten_records_total", &[]), Some(5.0));
    assert_eq!(value("in_flight_records_limit", &[]), Some(32_768.0));
    assert_eq!(value("producer_brokers", &[("state", "up")]), Some(1.0));
    assert_eq!(value("producer_brokers", &[("state", "down")]), Some(0.0));
    let breaker = [("topic", "orders"), ("reason", "unknown-topic")];
    assert_eq!(value("producer_breaker_open", &breaker), Some(1.0));
    let build = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("cluster_name", "orders \"east\"\\\n"),
    ];
    assert_eq!(value("build_info", &build), Some(1.0));
}

#[test]
fn histograms_count_records_exactly_and_in_seconds() {
    let scrape = Scrape::of(&native::exposition(&busy()));
    let latency = "aeroduct_connector_reply_latency_seconds";
    let up_to = |bound| scrape.value(&format!("{latency}_bucket"), &[("le", bound)]);
    assert_eq!(up_to("0.0025"), Some(0.0));
    assert_eq!(up_to("0.005"), Some(10.0));
    assert_eq!(up_to("0.25"), Some(10.0));
    assert_eq!(up_to("0.5"), Some(30.0));
    assert_eq!(up_to("+Inf"), Some(30.0));
    assert_eq!(scrape.value(&format!("{latency}_count"), &[]), Some(30.0));
    // 10 of 4 ms and 20 of 400 ms.
    assert_eq!(scrape.value(&format!("{latency}_sum"), &[]), Some(8.04));

    let submit = [("stage", "submit-to-report"), ("le", "0.0025")];
    let stage = "aeroduct_connector_stage_seconds_bucket";
    assert_eq!(scrape.value(stage, &submit), Some(21.0));
    let reply_up_to = |bound| scrape.value(stage, &[("stage", "report-to-reply"), ("le", bound)]);
    assert_eq!(reply_up_to("0.00025"), Some(0.0));
    assert_eq!(reply_up_to("0.0005"), Some(8.0));
    let lag = "aeroduct_connector_change_to_kafka_seconds_sum";
    assert_eq!(scrape.value(lag, &[]), Some(10.128));
    // 10 records of 100 bytes and 20 of 300 bytes.
    let sizes = "aeroduct_connector_record_bytes_bucket";
    assert_eq!(scrape.value(sizes, &[("le", "256")]), Some(10.0));
    assert_eq!(scrape.value(sizes, &[("le", "1024")]), Some(30.0));
}

#[test]
fn the_official_groups_have_the_documented_statuses() {
    let scrape = Scrape::of(&native::exposition(&busy()));
    let value = |group: &str, status| {
        let name = format!("aerospike_kafka_outbound_{group}");
        let labels = [("status", status), ("cluster_name", "orders \"east\"\\\n")];
        scrape.value(&name, &labels)
    };
    assert_eq!(value("connections", "active"), Some(2.0));
    assert_eq!(value("connections", "closed"), Some(1.0));
    assert_eq!(value("requests", "success"), Some(21.0));
    assert_eq!(value("requests", "error"), Some(5.0));
    assert_eq!(value("requests", "parse-error"), Some(1.0));
    assert_eq!(value("requests", "skipped"), Some(4.0));
    assert_eq!(value("requests", "queued"), Some(7.0));
    assert_eq!(value("kafka_producers", "active"), Some(2.0));
    assert_eq!(value("kafka_producers", "closed"), Some(1.0));
}

#[test]
fn the_official_json_has_the_documented_names() {
    let json = official::json(&busy());
    for (name, count) in [
        ("connections-active", 2),
        ("connections-closed", 1),
        ("requests-success", 21),
        ("requests-error", 5),
        ("requests-errors", 5),
        ("requests-parse-error", 1),
        ("requests-skipped", 4),
        ("requests-queued", 7),
        ("records-inprocess", 7),
        ("requests-lag", 1_688),
        ("kafka-producers", 3),
        ("kafka-producers-active", 2),
        ("kafka-producers-closed", 1),
    ] {
        assert_eq!(json[name], count, "{name}");
    }
    assert_eq!(json["connections"]["count"], 3);
    assert_eq!(json["requests-ordering-error"]["count"], 0);
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let total = &json["requests-total"];
    assert_eq!(total["count"], 30);
    assert_eq!(keys(&total["rate"]), ["mean", "m1", "m5", "m15"]);
    assert_eq!(
        keys(&total["duration"]),
        [
            "min", "max", "mean", "stddev", "median", "p75", "p95", "p98", "p99", "p999"
        ]
    );
    // 10 of 4 ms and 20 of 400 ms.
    assert_eq!(total["duration"]["mean"], 268.0);
    let median = total["duration"]["median"].as_f64().unwrap();
    assert!((median / 400.0 - 1.0).abs() < 1.0 / 32.0, "{median}");
    assert_eq!(json["record-payload-size"]["count"], 30);
}

#[test]
fn the_lag_appears_with_the_first_record_and_the_newest_shard_counts() {
    let metrics = Metrics::new(2, "test");
    let lag = || {
        let snapshot = metrics.snapshot(Outside::default());
        official::json(&snapshot).get("requests-lag").cloned()
    };
    assert_eq!(lag(), None);
    metrics.shards()[0].lag(900, 1);
    assert_eq!(lag(), Some(900.into()));
    std::thread::sleep(MS);
    metrics.shards()[1].lag(0, 1);
    assert_eq!(lag(), Some(0.into()));
}

#[test]
fn ticker_lines_have_the_official_shapes() {
    let metrics = Metrics::new(1, "test");
    let snapshot = metrics.snapshot_at(metrics.started, Outside::default());
    let lines: Vec<_> = official::TABLE
        .iter()
        .flat_map(|metric| metric.lines(&snapshot))
        .collect();
    assert_eq!(
        lines[..5],
        [
            "connections: count=0",
            "connections: rate(per second) mean=0.0, m1=0.0, m5=0.0, m15=0.0",
            "connections-active: count=0",
            "connections-closed: count=0",
            "requests-total: count=0",
        ]
    );
    assert_eq!(
        lines[5..7],
        [
            "requests-total: rate(per second) mean=0.0, m1=0.0, m5=0.0, m15=0.0",
            "requests-total: duration(ms) min=0.0, max=0.0, mean=0.0, stddev=0.0, median=0.0, \
             p75=0.0, p95=0.0, p98=0.0, p99=0.0, p999=0.0",
        ]
    );
    assert!(lines.iter().all(|line| !line.starts_with("requests-lag")));
}

#[test]
fn what_is_published_never_falls_while_skipped_records_wait_for_their_reply() {
    let metrics = Metrics::new(1, "test");
    let published = || metrics.snapshot(Outside::default()).recent.published;
    let shard = &metrics.shards()[0];
    let success = |success| Replied {
        success,
        ..Replied::default()
    };
    shard.replied(MS, success(10));
    assert_eq!(published(), 10);
    shard.skipped("no-routing", 4);
    assert_eq!(published(), 10);
    shard.replied(MS, success(6));
    assert_eq!(published(), 12);
}

#[test]
fn rates_and_durations_follow_the_clock() {
    let metrics = Metrics::new(1, "test");
    let shard = &metrics.shards()[0];
    let at = |seconds| metrics.started + Duration::from_secs(seconds);
    let recent = |seconds| metrics.snapshot_at(at(seconds), Outside::default()).recent;
    let success = |success| Replied {
        success,
        ..Replied::default()
    };
    shard.replied(Duration::from_secs(9), success(100));
    metrics.tick_at(at(5));
    let rate = recent(5).answered;
    assert_eq!((rate.mean, rate.m1, rate.m15), (20.0, 20.0, 20.0));

    // A slow start is forgotten by the percentiles once it is more than five minutes past.
    let median = |seconds| recent(seconds).read_to_reply.median / 1_000.0;
    for minute in 1..=6 {
        metrics.tick_at(at(60 * minute));
        shard.replied(2 * MS, success(10));
    }
    assert!((median(361) / 2.0 - 1.0).abs() < 1.0 / 32.0);
    assert_eq!(recent(361).read_to_reply.count, 50);
    assert!(recent(361).answered.m1 < 1.0);
}

#[test]
fn a_shard_that_does_not_tick_is_stuck_after_five_seconds() {
    let metrics = Metrics::new(3, "test");
    let stuck_at = |seconds| {
        let now = metrics.started + Duration::from_secs(seconds);
        let stuck = metrics.stuck_shards_at(now);
        stuck.iter().map(|stuck| stuck.shard).collect::<Vec<_>>()
    };
    assert_eq!(stuck_at(5), [] as [usize; 0]);
    assert_eq!(stuck_at(6), [0, 1, 2]);
    assert!(metrics.stuck_shards_at(Instant::now()).is_empty());
}

#[test]
fn the_tables_are_consistent() {
    let natives: BTreeMap<_, _> = native::TABLES
        .into_iter()
        .flatten()
        .map(|native| (native.name, native.kind))
        .collect();
    let listed = native::TABLES.into_iter().flatten().count();
    assert_eq!(natives.len(), listed, "no name comes twice");
    for (name, kind) in &natives {
        assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
        let prefix = ["aeroduct_connector_", "process_"];
        assert!(
            prefix.iter().any(|prefix| name.starts_with(prefix)),
            "{name}"
        );
    }
    let names: BTreeSet<_> = official::TABLE.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), official::TABLE.len());
    let ours = official::TABLE.iter().filter_map(|metric| metric.ours);
    for name in ours {
        assert!(natives.contains_key(name), "{name}");
    }
}

/// `UPDATE_GOLDEN=1` writes the page.
#[test]
fn the_page_about_the_metrics_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let page = native::page();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page, "`make golden` writes docs/metrics.md");
}

#[test]
fn shards_share_no_cache_line() {
    assert_eq!(align_of::<super::ShardMetrics>(), 128);
}
