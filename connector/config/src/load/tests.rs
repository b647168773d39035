use std::{net::IpAddr, time::Duration};

use super::*;
use crate::{
    config::{Level, LogFormat},
    plan::{BatchLimits, Format, Headers, Items, ManagePlan, Protocol, Routing, Timestamp},
    support,
};

/// What every file that publishes needs.
const PUBLISHING: &str = "
routing: {mode: static, destination: aerospike}
format: {mode: json}
producer-props: {bootstrap.servers: 'localhost:9092'}
";

pub(crate) fn plan(text: &str) -> Plan {
    match parse(text, "test.yml") {
        Ok(plan) => plan,
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

fn diagnostics(text: &str) -> Diagnostics {
    parse(text, "test.yml").expect_err(text)
}

#[test]
fn a_file_without_a_key_gets_the_documented_defaults() {
    let Plan {
        service,
        logging,
        aeroduct,
        ..
    } = plan(PUBLISHING);
    assert_eq!(service.addresses, ["0.0.0.0".parse::<IpAddr>().unwrap()]);
    assert_eq!(service.ports, [8080]);
    assert_eq!(
        service.io_threads,
        std::thread::available_parallelism().unwrap().get()
    );
    assert_eq!(service.max_concurrent_records, 32_768);
    assert_eq!(service.cluster_name, "aeroduct-connector");
    assert_eq!(service.socket_receive_buffer_bytes, None);
    assert!(service.ack_buffering);
    assert_eq!(service.manage, None);
    assert_eq!(logging.file, None);
    assert!(logging.console);
    assert_eq!(logging.max_history, 30);
    assert_eq!(logging.levels, []);
    assert_eq!(logging.ticker_interval, Some(Duration::from_secs(10)));
    assert_eq!(logging.format, LogFormat::Simple);
    assert_eq!(aeroduct.reply_deadline, Duration::from_secs(5));
    assert_eq!(aeroduct.drain_timeout, Duration::from_secs(25));
    assert_eq!(aeroduct.max_in_flight_bytes, 256 << 20);
    assert_eq!(aeroduct.max_frame_bytes, 16 << 20);
    assert_eq!(aeroduct.max_connections, 4096);
    assert_eq!(aeroduct.max_connection_age, None);
    assert_eq!(aeroduct.idle_timeout, None);
    assert_eq!(aeroduct.dead_letter, None);
    assert_eq!(aeroduct.headers, Headers::None);
    assert_eq!(aeroduct.timestamp, Timestamp::Produce);
    assert_eq!(aeroduct.max_topics, 1000);
}

/// The manual of each key names the default that a plan has.
#[test]
fn the_manual_names_the_defaults_of_the_plan() {
    let Plan {
        service,
        logging,
        aeroduct,
        ..
    } = plan(PUBLISHING);
    let defaults = [
        ("service.port", service.ports[0].to_string()),
        ("service.address", service.addresses[0].to_string()),
        (
            "service.max-concurrent-records",
            service.max_concurrent_records.to_string(),
        ),
        ("service.cluster-name", service.cluster_name),
        (
            "service.enable-tcp-xdr-ack-buffering",
            service.ack_buffering.to_string(),
        ),
        ("service.manage.address", "0.0.0.0".to_owned()),
        ("logging.max-history", logging.max_history.to_string()),
        (
            "logging.ticker-interval",
            logging.ticker_interval.unwrap().as_secs().to_string(),
        ),
        (
            "aeroduct.reply-deadline",
            format!("{}s", aeroduct.reply_deadline.as_secs()),
        ),
        (
            "aeroduct.drain-timeout",
            format!("{}s", aeroduct.drain_timeout.as_secs()),
        ),
        (
            "aeroduct.max-in-flight-bytes",
            format!("{}MiB", aeroduct.max_in_flight_bytes >> 20),
        ),
        (
            "aeroduct.max-frame-bytes",
            format!("{}MiB", aeroduct.max_frame_bytes >> 20),
        ),
        (
            "aeroduct.max-connections",
            aeroduct.max_connections.to_string(),
        ),
        ("aeroduct.max-topics", aeroduct.max_topics.to_string()),
    ];
    assert_manual_names(&defaults);
}

#[test]
fn the_manual_names_the_defaults_of_batching_and_record_ordering() {
    let text = "batching: {}\nrecord-ordering: {}\naeroduct: {reply-deadline: 9s}\n";
    let plan = plan(&format!("{PUBLISHING}{text}"));
    let rules = plan.outbound.rules(8080, b"users", None);
    let BatchLimits {
        records,
        bytes,
        interval,
    } = rules.batching.unwrap();
    let remembered = rules.ordering.unwrap();
    assert_manual_names(&[
        ("batching.max-records", records.to_string()),
        ("batching.max-bytes", bytes.to_string()),
        ("batching.batch-interval", interval.as_millis().to_string()),
        (
            "record-ordering.lut-cache-ttl-seconds",
            remembered.as_secs().to_string(),
        ),
    ]);
}

fn assert_manual_names(defaults: &[(&str, String)]) {
    let schema = crate::schema::structural_schema().unwrap().to_value();
    for (path, default) in defaults {
        let key = path
            .split('.')
            .fold(&schema, |schema, key| &schema["properties"][key]);
        let manual = key["description"].as_str().unwrap();
        assert!(
            manual.contains(&format!("Default `{default}`"))
                || manual.contains(&format!("Default: `{default}`")),
            "{path}: {manual}"
        );
    }
}

// covers: service.socket-receive-buffer-bytes, service.enable-tcp-xdr-ack-buffering
#[test]
fn every_key_of_the_official_sections_reaches_the_plan() {
    let text = include_str!("../../tests/corpus/good/every-supported-key.yml");
    let Plan {
        service,
        producer,
        outbound,
        ..
    } = plan(text);
    let Items {
        routing, format, ..
    } = outbound.general.items;
    assert_eq!(
        service.addresses,
        ["127.0.0.1", "::1"].map(|address| address.parse::<IpAddr>().unwrap())
    );
    assert_eq!(service.ports, [8080, 8081]);
    assert_eq!(service.io_threads, 4);
    assert_eq!(service.max_concurrent_records, 100_000);
    assert_eq!(service.cluster_name, "users-to-kafka");
    assert_eq!(service.socket_receive_buffer_bytes, Some(65_536));
    assert!(service.ack_buffering);
    assert_eq!(
        service.manage,
        Some(ManagePlan {
            addresses: vec!["127.0.0.1".parse().unwrap()],
            ports: vec![8902]
        })
    );
    assert_eq!(
        producer.bootstrap_servers,
        ["broker-1:9092", "broker-2:9092"]
    );
    let Some(Routing::Bin { bin, route }) = routing else {
        panic!("{routing:?}")
    };
    assert_eq!(bin, "category");
    assert_eq!(route.default.unwrap().as_str(), "misc");
    assert_eq!(route.transforms.apply(" a_b/c ").unwrap(), "A-B-C");
    assert_eq!(
        format,
        Some(Format::Json {
            stringify_map_keys: false
        })
    );
}

#[test]
fn every_key_of_logging_and_of_ours_reaches_the_plan() {
    let text = include_str!("../../tests/corpus/good/every-supported-key.yml");
    let Plan {
        logging, aeroduct, ..
    } = plan(text);
    assert_eq!(logging.file, Some("/var/log/aeroduct/connector.log".into()));
    assert!(!logging.console);
    assert_eq!(logging.max_history, 7);
    let levels = [
        ("com.aerospike.connect", Level::Warn),
        ("record-parser", Level::Debug),
        ("root", Level::Info),
    ];
    assert_eq!(
        logging.levels,
        levels.map(|(logger, level)| (logger.to_owned(), level))
    );
    assert_eq!(logging.ticker_interval, None);
    assert_eq!(logging.format, LogFormat::Json);
    assert_eq!(aeroduct.reply_deadline, Duration::from_secs(9));
    assert_eq!(aeroduct.drain_timeout, Duration::from_mins(1));
    assert_eq!(aeroduct.max_in_flight_bytes, 512 << 20);
    assert_eq!(aeroduct.max_frame_bytes, 128 << 20);
    assert_eq!(aeroduct.max_connections, 64);
    assert_eq!(aeroduct.max_connection_age, Some(Duration::from_mins(30)));
    assert_eq!(aeroduct.idle_timeout, Some(Duration::from_secs(90)));
    assert_eq!(aeroduct.dead_letter.unwrap().as_str(), "dead-letters");
    assert_eq!(aeroduct.headers, Headers::None);
    assert_eq!(aeroduct.timestamp, Timestamp::LastUpdate);
    assert_eq!(aeroduct.max_topics, 50);
}

// covers: service.http2-max-concurrent-streams
#[test]
fn the_streams_of_http_reach_the_plan_within_the_window() {
    for (given, streams_max) in [
        ("", 1_000),
        (", http2-max-concurrent-streams: 100", 100),
        (", http2-max-concurrent-streams: 0", 32_768),
        (", http2-max-concurrent-streams: -1", 32_768),
        (
            ", http2-max-concurrent-streams: 500, max-concurrent-records: 50",
            50,
        ),
    ] {
        let text = format!("{PUBLISHING}service: {{protocol: HTTP{given}}}\n");
        let protocol = plan(&text).service.protocol;
        assert_eq!(protocol, Protocol::Http { streams_max }, "{given}");
    }
}

#[test]
fn names_and_topics_stay_what_was_written() {
    for topic in [
        "no",
        "on",
        "yes",
        "true",
        "8901",
        "1.0",
        "0x10",
        "1_000",
        "1e3",
        "2026-08-01",
    ] {
        let text = PUBLISHING.replace("destination: aerospike", &format!("destination: {topic}"));
        let Some(Routing::Static(name)) = plan(&text).outbound.general.items.routing else {
            panic!("{topic}")
        };
        assert_eq!(name.as_str(), topic);
    }
}

#[test]
fn an_optional_name_that_is_null_is_absent() {
    for nothing in ["", "~", "null"] {
        let text = PUBLISHING.replace(
            "mode: static, destination: aerospike",
            &format!("mode: set, default: {nothing}"),
        );
        let Some(Routing::Set(route)) = plan(&text).outbound.general.items.routing else {
            panic!("{nothing}")
        };
        assert_eq!(route.default, None, "{nothing}");
    }
}

#[test]
fn flat_json_keeps_its_metadata_key() {
    let text = PUBLISHING.replace("mode: json", "mode: flat-json, metadata-key: on");
    let format = Format::FlatJson {
        metadata_key: "on".to_owned(),
        stringify_map_keys: true,
    };
    assert_eq!(plan(&text).outbound.general.items.format, Some(format));
}

#[test]
fn the_documented_replacements_swap_and_append() {
    let text = include_str!("../../tests/corpus/good/routing-set-documented-corner.yml");
    let Some(Routing::Set(route)) = plan(text).outbound.general.items.routing else {
        panic!()
    };
    assert_eq!(route.transforms.apply("a:b").unwrap(), "b:a:please");
}

#[test]
fn the_file_is_kept_for_the_banner_without_comments_and_secrets() {
    let text =
        "\u{FEFF}# canary\nrouting: {mode: skip}\nproducer-props: {client.id: 'me'} # canary\n";
    assert_eq!(
        plan(text).text,
        "routing:\n  mode: skip\nproducer-props:\n  client.id: \"me\"\n"
    );
}

#[test]
fn a_file_beyond_the_limit_is_refused_unread() {
    let text = "#".repeat(1 << 20);
    assert_eq!(
        diagnostics(&text).to_string().lines().next(),
        Some(
            "test.yml:1:1: the file has no content; write at least `producer-props`, `routing` and `format`"
        )
    );
    let text = "#".repeat((1 << 20) + 1);
    assert_eq!(
        diagnostics(&text).iter().next().unwrap().reason,
        "the file has more than 1048576 bytes"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = load(Path::new("/nowhere/connector.yml")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the configuration file \"/nowhere/connector.yml\""
    );
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn the_types_written_as_json_are_a_file() {
    let text = include_str!("../../tests/corpus/good/every-supported-key.yml");
    let config_of = |text: &str| -> Config {
        let checked = check::check(&yaml::parse(text).unwrap(), &json_schema());
        serde_json::from_value(checked.value).unwrap()
    };
    let config = config_of(text);
    let json = serde_json::to_string_pretty(&config).unwrap();
    assert_eq!(config_of(&json), config);
    let again = plan(&json);
    assert_eq!(again.service, plan(text).service);
    assert_eq!(again.aeroduct, plan(text).aeroduct);
    assert_eq!(again.logging, plan(text).logging);
}

#[test]
fn everything_that_is_refused_has_a_file_in_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/bad");
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let said: String = files
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "expected")
        })
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for path in support::refused_keys() {
        assert!(said.contains(&format!(": {path}: ")), "{path}");
    }
    for (path, value) in support::refused_values().filter(|(_, value)| *value != "custom") {
        let is_refused = said.lines().any(|line| {
            line.contains(&format!(": {path}: not supported yet"))
                && line
                    .to_ascii_lowercase()
                    .contains(&format!("{value:?}").to_ascii_lowercase())
        });
        assert!(is_refused, "{path} {value}");
    }
}

#[test]
fn a_consequence_of_a_fault_is_not_reported() {
    let text = PUBLISHING.replace("'localhost:9092'", "{a: b}");
    let found: Vec<_> = diagnostics(&text)
        .iter()
        .map(|fault| fault.path.clone())
        .collect();
    assert_eq!(found, ["producer-props.bootstrap.servers"]);
}

#[test]
fn regular_expressions_are_the_ones_of_the_file() {
    let text = PUBLISHING.replace(
        "mode: static, destination: aerospike",
        "mode: namespace, default: d, transforms: [{regex: {pattern: '(?<=a)b', replacement: 'x'}}]",
    );
    let Some(Routing::Namespace(route)) = plan(&text).outbound.general.items.routing else {
        panic!()
    };
    assert_eq!(route.transforms.apply("abb").unwrap(), "axb");
}
