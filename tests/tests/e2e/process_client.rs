//! Aerospike's own client writes all its types; what it says it wrote must be in Kafka.

use aeroduct_tests::aerospike::{Proxy, write_all_types};
use aeroduct_tests::connector::Connector;
use aeroduct_tests::kafka::{Cluster, Topic};
use aeroduct_tests::reading;
use anyhow::{Context as _, Result};
use serde_json::Value;

#[test]
fn what_the_official_client_writes_is_what_arrives() -> Result<()> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new("client", 1))?;
    let blocks = "routing: { mode: static, destination: client }\nformat: { mode: json }";
    let connector = Connector::start(&cluster.bootstrap(), blocks)?;
    let proxy = Proxy::start(connector.port, "test")?;

    let said = write_all_types(&proxy)?;
    let lines: Vec<Value> = said
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    let published: Vec<&Value> = lines
        .iter()
        .filter_map(|line| line.get("published"))
        .collect();
    let refused = lines
        .iter()
        .filter(|line| line.get("refused").is_some())
        .count();
    assert_eq!((published.len(), refused), (17, 1), "{said}");

    let records = reading::print(cluster, "client", published.len())?;
    assert_eq!(records.len(), published.len());
    for (record, expected) in records.iter().zip(published) {
        let value: Value = serde_json::from_str(&record.value).context("the value")?;
        assert_eq!(&value, expected, "{}", record.value);
        let key: Value = serde_json::from_str(&record.key).context("the key")?;
        assert_eq!(key, expected["key"]);
        // Equal maps may differ in order; members and bins may not.
        assert_eq!(names(&value), names(expected));
    }
    Ok(())
}

/// The member names in their order.
fn names(record: &Value) -> Vec<&str> {
    record
        .as_object()
        .map(|members| members.keys().map(String::as_str).collect())
        .unwrap_or_default()
}
