use std::sync::{Arc, Mutex};

use aeroduct_process::admin::{Bytes, Method, Request, Response, Route, StatusCode};
use aeroduct_process::logging::{Level, Logging, Settings};
use serde_json::{Value, json};

use super::effective::effective;
use super::routes::{Endpoints, routes};
use crate::metrics::{Breaker, Brokers, Metrics, Outside, ProducerFigures};

struct Rig {
    metrics: Arc<Metrics>,
    outside: Arc<Mutex<Outside>>,
    logging: Logging,
    routes: Vec<Route>,
}

impl Rig {
    fn new() -> Self {
        let metrics = Metrics::new(2, "test");
        let outside = Arc::new(Mutex::new(Outside::default()));
        let (_, logging) = Logging::build(&Settings::default()).unwrap();
        let seen = Arc::clone(&outside);
        let endpoints = Endpoints {
            metrics: Arc::clone(&metrics),
            outside: Arc::new(move || seen.lock().unwrap().clone()),
            levels: Some(logging.levels()),
            config: json!({"service": {"port": [8080]}}),
        };
        Self {
            metrics,
            outside,
            logging,
            routes: routes(endpoints),
        }
    }

    fn ask(&self, method: &Method, path: &str, body: &'static str) -> Response {
        let route = self
            .routes
            .iter()
            .find(|route| route.method == *method && route.path == path)
            .expect("a route");
        (route.handler)(Request::new(Bytes::from_static(body.as_bytes())))
    }

    fn get(&self, path: &str) -> (StatusCode, String) {
        read(self.ask(&Method::GET, path, ""))
    }

    fn get_json(&self, path: &str) -> (StatusCode, Value) {
        let (status, body) = self.get(path);
        (status, serde_json::from_str(&body).unwrap())
    }

    fn put_levels(&self, body: &'static str) -> (StatusCode, String) {
        read(self.ask(&Method::PUT, "/manage/rest/v1/logging", body))
    }
}

fn read(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let mut body = std::pin::pin!(response.into_body());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut bytes = Vec::new();
    runtime.block_on(async {
        use aeroduct_process::admin::Body as _;
        while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            bytes.extend_from_slice(frame.unwrap().data_ref().unwrap());
        }
    });
    (status, String::from_utf8(bytes).unwrap())
}

#[test]
fn metrics_are_served_under_both_official_paths() {
    let rig = Rig::new();
    rig.metrics.shards()[0].connection_opened();
    let (status, json) = rig.get_json("/manage/rest/v1/metrics");
    assert_eq!(status, StatusCode::OK);
    assert_eq!(json["connections-active"], 1);

    let response = rig.ask(&Method::GET, "/manage/rest/v1/prometheus", "");
    let content_type = response.headers().get("content-type").unwrap();
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
    let (_, text) = read(response);
    assert!(text.contains("aeroduct_connector_connections_active 1\n"));
    let official = r#"aerospike_kafka_outbound_connections{status="active",cluster_name="test"} 1"#;
    assert!(text.contains(official));
}

#[test]
fn levels_are_shown_and_changed() {
    let rig = Rig::new();
    let (status, json) = rig.get_json("/manage/rest/v1/logging");
    assert_eq!((status, json), (StatusCode::OK, json!({"root": "info"})));
    let (status, body) = rig.put_levels(r#"{"server": "debug", "root": "WARN"}"#);
    assert_eq!(status, StatusCode::OK);
    let shown: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(shown, json!({"root": "warn", "server": "debug"}));
    let levels = rig.logging.levels().get();
    assert_eq!(levels.get("server"), Some(&Level::Debug));
}

#[test]
fn a_wrong_change_of_levels_is_answered_with_the_reason_and_changes_nothing() {
    let rig = Rig::new();
    let before = rig.logging.levels().get();
    for (body, reason) in [
        (
            r#"{"server": "debug", "kafka": "loud"}"#,
            "logger \"kafka\": unknown level \"loud\"; use error, warn, info, debug or trace; \
             nothing was changed\n",
        ),
        (
            r#"{"server": "debug", "": "warn"}"#,
            "illegal logger name \"\"; use 1 to 256 printable ASCII characters; \
             nothing was changed\n",
        ),
    ] {
        assert_eq!(
            rig.put_levels(body),
            (StatusCode::BAD_REQUEST, reason.to_owned())
        );
        assert_eq!(rig.logging.levels().get(), before);
    }
    for body in ["", "[]", "debug", r#"{"server": 1}"#, r#"{"server": "#] {
        let (status, reason) = rig.put_levels(body);
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(
            reason.starts_with("not a JSON object of levels"),
            "{reason}"
        );
        assert_eq!(rig.logging.levels().get(), before);
    }
}

#[test]
fn live_is_who_ticks() {
    let rig = Rig::new();
    let (status, json) = rig.get_json("/livez");
    assert_eq!((status, &json["status"]), (StatusCode::OK, &json!("live")));
}

#[test]
fn ready_does_not_need_kafka_and_tells_what_is_wrong() {
    let rig = Rig::new();
    let ready = json!({"status": "ready", "details": []});
    assert_eq!(rig.get_json("/readyz"), (StatusCode::OK, ready));

    *rig.outside.lock().unwrap() = Outside {
        producer: ProducerFigures {
            brokers: Brokers::Down,
            breakers: vec![Breaker {
                topic: "orders".to_owned(),
                reason: "unknown-topic",
            }],
            ..ProducerFigures::default()
        },
        ..Outside::default()
    };
    let degraded = json!({
        "status": "degraded",
        "details": [
            "no Kafka broker can be reached",
            "topic \"orders\" refuses records: unknown-topic",
        ],
    });
    assert_eq!(rig.get_json("/readyz"), (StatusCode::OK, degraded));

    rig.metrics.drain();
    let (status, json) = rig.get_json("/readyz");
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(json["status"], "draining");
}

#[test]
fn the_configuration_and_an_index_are_served() {
    let rig = Rig::new();
    let config = json!({"service": {"port": [8080]}});
    assert_eq!(
        rig.get_json("/manage/rest/v1/config"),
        (StatusCode::OK, config)
    );
    let (status, index) = rig.get("/");
    assert_eq!(status, StatusCode::OK);
    for line in [
        "GET /manage/rest/v1/metrics",
        "PUT /manage/rest/v1/logging",
        "GET /readyz",
    ] {
        assert!(index.lines().any(|found| found == line), "{index}");
    }
}

/// A file with every key that this version serves.
const EVERY_KEY: &str = include_str!("../../config/tests/corpus/good/every-supported-key.yml");

fn effective_of(text: &str) -> Value {
    match aeroduct_config::parse(text, "test.yml") {
        Ok(plan) => effective(&plan),
        Err(diagnostics) => panic!("{diagnostics}"),
    }
}

#[test]
fn the_items_of_every_level_are_shown_under_the_names_of_the_file() {
    let config = effective_of(EVERY_KEY);
    let route = json!({
        "mode": "bin",
        "default": "misc",
        "transforms": [
            "trim",
            {"regex": {"pattern": "[^A-Za-z0-9]", "replacement": "-"}},
            "lowercase",
            "uppercase",
        ],
        "bin": "category",
    });
    assert_eq!(config["routing"], route);
    let bins = json!({
        "include": {"type": "specified", "bins": ["colour", "dob", "name"]},
        "exclude": {"type": "specified", "bins": ["dob"]},
        "map": {"colour": "color"},
        "transforms": ["trim", {"regex": {"pattern": "_", "replacement": "-"}}, "uppercase"],
    });
    assert_eq!(config["bin-transforms"], bins);
    let users = &config["namespaces"]["users"];
    assert_eq!(users["batching"], json!({"enabled": false}));
    assert_eq!(users["record-ordering"], json!({"enable": false}));
    assert_eq!(
        users["sets"]["vip.eu"]["key"],
        json!({"source": "static", "value": "vip"})
    );
    assert!(users["sets"]["vip.eu"].get("record-ordering").is_none());
    let port = &config["port-based-config"]["8081"];
    assert_eq!(port["format"], json!({"mode": "xdr"}));
    assert_eq!(
        port["namespaces"]["users"]["key"],
        json!({"source": "key-hash"})
    );
}

#[test]
fn the_items_that_are_shown_are_a_file_of_the_same_meaning() {
    const ITEMS: [&str; 8] = [
        "routing",
        "format",
        "key",
        "bin-transforms",
        "batching",
        "record-ordering",
        "namespaces",
        "port-based-config",
    ];
    let shown = effective_of(EVERY_KEY);
    let mut file = json!({
        "service": {"port": shown["service"]["port"]},
        "producer-props": {"bootstrap.servers": shown["producer-props"]["bootstrap.servers"]},
        "aeroduct": {"reply-deadline": shown["aeroduct"]["reply-deadline"]},
    });
    for item in ITEMS {
        file[item] = shown[item].clone();
    }
    let again = effective_of(&file.to_string());
    for item in ITEMS {
        assert!(shown[item].is_object(), "{item}");
        assert_eq!(again[item], shown[item], "{item}");
    }
}

#[test]
fn items_that_the_file_does_not_have_are_shown_as_they_are_without_it() {
    let config = effective_of("producer-props: {bootstrap.servers: 'localhost:9092'}");
    for absent in ["routing", "format", "namespaces", "port-based-config"] {
        assert!(config.get(absent).is_none(), "{absent}");
    }
    assert_eq!(config["key"], json!({"source": "system-default"}));
    assert_eq!(config["batching"], json!({"enabled": false}));
    assert_eq!(config["record-ordering"], json!({"enable": false}));
    let bins = json!({
        "include": {"type": "all"},
        "exclude": {"type": "none"},
        "map": {},
        "transforms": [],
    });
    assert_eq!(config["bin-transforms"], bins);
}

#[test]
fn the_options_that_are_ours_are_shown() {
    let aeroduct = json!({
        "reply-deadline": "9000ms",
        "drain-timeout": "60000ms",
        "max-in-flight-bytes": 512 << 20,
        "max-frame-bytes": 128 << 20,
        "max-connections": 64,
        "max-connection-age": "1800000ms",
        "idle-timeout": "90000ms",
        "dead-letter": {"destination": "dead-letters"},
        "headers": "none",
        "timestamp": "lut",
        "max-topics": 50,
    });
    assert_eq!(effective_of(EVERY_KEY)["aeroduct"], aeroduct);
}

#[test]
fn passwords_keys_and_what_lies_in_files_are_blank() {
    let config = effective_of(
        r#"
producer-props:
  bootstrap.servers: localhost:9092
  security.protocol: SASL_SSL
  sasl.mechanism: SCRAM-SHA-512
  sasl.jaas.config: >-
    org.apache.kafka.common.security.scram.ScramLoginModule required username="me" password="canary";
"#,
    );
    let client = &config["producer-props"]["client"];
    assert_eq!(client["sasl.password"], "********");
    assert_eq!(client["sasl.username"], "me");
    assert!(!config.to_string().contains("canary"), "{config}");
}
