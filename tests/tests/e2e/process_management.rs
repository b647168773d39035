//! What the management port of the process shows and takes.

use std::time::Duration;

use aeroduct_tests::connector::{Connector, get, put};
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::source::{SUCCESS, Source};
use aeroduct_tests::wait::eventually;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);

/// Publishes everything to this topic.
fn publishing(topic: &str) -> Result<Connector> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new(topic, 1))?;
    let blocks = format!(
        "routing: {{ mode: static, destination: {topic} }}\n\
         format: {{ mode: flat-json, metadata-key: of }}"
    );
    Connector::start(&cluster.bootstrap(), &blocks)
}

/// One change is published.
fn publish(connector: &Connector) -> Result<Source> {
    let mut source = Source::connect(connector.port)?;
    source.send(&Message::write("shop", digest(1)).integer("seq", 1).frame())?;
    assert_eq!(source.answers(1, LIMIT)?, [SUCCESS]);
    Ok(source)
}

fn get_json(connector: &Connector, path: &str) -> Result<Value> {
    let response = get(connector.manage_port, path)?;
    assert_eq!(response.status, 200, "{path}: {response:?}");
    serde_json::from_str(&response.body).with_context(|| response.body.clone())
}

#[test]
fn prometheus_gets_the_official_names_and_ours() -> Result<()> {
    let connector = publishing("manage-metrics")?;
    let _open = publish(&connector)?;

    let cluster = r#"cluster_name="aeroduct-connector""#;
    let official = |group: &str, status: &str| {
        format!(r#"aerospike_kafka_outbound_{group}{{status="{status}",{cluster}}}"#)
    };
    for (group, status, value) in [
        ("connections", "active", 1.0),
        ("connections", "closed", 0.0),
        ("requests", "total", 1.0),
        ("requests", "success", 1.0),
        ("requests", "error", 0.0),
        ("requests", "parse-error", 0.0),
        ("requests", "skipped", 0.0),
        ("requests", "queued", 0.0),
        ("kafka_producers", "active", 1.0),
        ("kafka_producers", "closed", 0.0),
    ] {
        let series = official(group, status);
        // What is counted when a reply has left may come a moment later than the reply.
        eventually(LIMIT, &format!("{series} is {value}"), || {
            (connector.metric(&series).ok()?.to_bits() == f64::to_bits(value)).then_some(())
        })?;
    }
    for (series, value) in [
        ("connections_active", 1.0),
        ("connections_opened_total", 1.0),
        (
            r#"connections_refused_total{reason="max-connections"}"#,
            0.0,
        ),
        ("records_received_total", 1.0),
        (r#"records_answered_total{answer="success"}"#, 1.0),
        (r#"records_answered_total{answer="temporary"}"#, 0.0),
        ("records_published_total", 1.0),
        ("messages_malformed_total", 0.0),
        ("in_flight_records", 0.0),
        ("in_flight_records_limit", 32_768.0),
        ("overdue", 0.0),
        ("reply_latency_seconds_count", 1.0),
        ("producer_delivered_messages_total", 1.0),
        ("producer_breakers_open", 0.0),
    ] {
        let series = format!("aeroduct_connector_{series}");
        eventually(LIMIT, &format!("{series} is {value}"), || {
            (connector.metric(&series).ok()?.to_bits() == f64::to_bits(value)).then_some(())
        })?;
    }
    assert!(connector.metric("process_resident_memory_bytes")? > 0.0);
    Ok(())
}

// covers: logging.levels=debug
#[test]
fn a_level_that_is_put_takes_effect_and_a_wrong_one_changes_nothing() -> Result<()> {
    const PATH: &str = "/manage/rest/v1/logging";
    let connector = publishing("manage-levels")?;
    let opened = |source: &Source| -> Result<String> { Ok(format!("{}", source.address()?)) };

    let quiet = publish(&connector)?;
    let response = put(connector.manage_port, PATH, r#"{"server": "debug"}"#)?;
    assert_eq!(response.status, 200, "{response:?}");
    let levels = get_json(&connector, PATH)?;
    assert_eq!(levels, json!({"root": "info", "server": "debug"}));
    let seen = publish(&connector)?;
    let peer = opened(&seen)?;
    eventually(LIMIT, "the connection is in the log", || {
        let log = connector.log();
        let is_told = |line: &str| line.contains("connection opened") && line.contains(&peer);
        log.lines().any(is_told).then_some(())
    })?;
    assert!(!connector.log().contains(&opened(&quiet)?));

    let response = put(connector.manage_port, PATH, r#"{"server": "loud"}"#)?;
    assert_eq!(response.status, 400, "{response:?}");
    assert!(response.body.contains("loud"), "{response:?}");
    assert_eq!(get_json(&connector, PATH)?, levels);

    let response = put(connector.manage_port, PATH, r#"{"server": "info"}"#)?;
    assert_eq!(response.status, 200, "{response:?}");
    let quiet = publish(&connector)?;
    assert!(!connector.log().contains(&opened(&quiet)?));
    Ok(())
}

#[test]
fn the_configuration_in_force_is_shown_with_its_defaults() -> Result<()> {
    let cluster = Cluster::shared()?;
    let blocks = "routing: { mode: skip }\nformat: { mode: json }\n\
                  aeroduct: { reply-deadline: 3s }";
    let connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let config = get_json(&connector, "/manage/rest/v1/config")?;
    assert_eq!(config["service"]["port"], json!([connector.port]));
    assert_eq!(
        config["service"]["manage"]["port"],
        json!([connector.manage_port])
    );
    assert_eq!(config["service"]["max-concurrent-records"], 32_768);
    assert_eq!(config["routing"], json!({"mode": "skip"}));
    assert_eq!(
        config["producer-props"]["bootstrap.servers"],
        json!([cluster.bootstrap()])
    );
    assert_eq!(config["aeroduct"]["reply-deadline"], "3000ms");
    Ok(())
}

#[test]
fn probes_find_a_connector_that_serves_live_and_ready() -> Result<()> {
    let connector = publishing("manage-probes")?;
    let _open = publish(&connector)?;
    assert_eq!(get_json(&connector, "/livez")?["status"], "live");
    let ready = get_json(&connector, "/readyz")?;
    assert_eq!(ready, json!({"status": "ready", "details": []}));
    assert_eq!(get(connector.manage_port, "/nowhere")?.status, 404);
    let index = get(connector.manage_port, "/")?;
    assert!(
        index.body.contains("GET /manage/rest/v1/config"),
        "{index:?}"
    );
    Ok(())
}
