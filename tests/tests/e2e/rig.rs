//! The rig itself: what the other tests take for granted.

use std::time::Duration;

use aeroduct_tests::kafka::{Cluster, Layout, Topic};
use aeroduct_tests::reading::{self, Printed};
use anyhow::Result;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

const LIMIT: Duration = Duration::from_secs(30);

fn produce(cluster: &Cluster, topic: &str, key: &str, value: &str) -> Result<()> {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap())
        .set("message.timeout.ms", "20000")
        .create()?;
    producer
        .send(BaseRecord::to(topic).key(key).payload(value))
        .map_err(|(error, _)| error)?;
    producer.flush(LIMIT)?;
    Ok(())
}

#[test]
fn both_consumers_see_what_a_producer_wrote() -> Result<()> {
    let cluster = Cluster::shared()?;
    cluster.create_topic(&Topic::new("rig-read", 2))?;
    produce(cluster, "rig-read", r#"["a",1]"#, "{\"v\":\"\u{e9}\"}")?;

    let printed = reading::print(cluster, "rig-read", 1)?;
    let stored = reading::read(cluster, "rig-read", 1)?;

    let [stored] = stored.as_slice() else {
        panic!("{stored:?}")
    };
    assert_eq!(
        stored.value.as_deref(),
        Some("{\"v\":\"\u{e9}\"}".as_bytes())
    );
    let expected = Printed {
        partition: stored.partition,
        offset: 0,
        headers: "NO_HEADERS".to_owned(),
        key: r#"["a",1]"#.to_owned(),
        value: "{\"v\":\"\u{e9}\"}".to_owned(),
    };
    assert_eq!(printed, [expected]);
    Ok(())
}

#[test]
fn a_killed_broker_has_its_records_after_a_restart() -> Result<()> {
    let mut cluster = Cluster::start()?;
    cluster.create_topic(&Topic::new("rig-restart", 1))?;
    produce(&cluster, "rig-restart", "k", "before")?;

    cluster.kill(1)?;
    cluster.restart(1)?;
    produce(&cluster, "rig-restart", "k", "after")?;

    let values: Vec<_> = reading::read(&cluster, "rig-restart", 2)?
        .into_iter()
        .map(|record| String::from_utf8(record.value.unwrap_or_default()))
        .collect::<Result<_, _>>()?;
    assert_eq!(values, ["before", "after"]);
    Ok(())
}

#[test]
fn three_brokers_know_each_other() -> Result<()> {
    let cluster = Cluster::with_layout(Layout::three())?;
    let topic = Topic {
        replicas: 3,
        ..Topic::new("rig-three", 3)
    };
    cluster.create_topic(&topic)?;
    produce(&cluster, "rig-three", "k", "v")?;
    assert_eq!(reading::count(&cluster, "rig-three")?, 1);
    Ok(())
}
