//! Items of ports, namespaces and sets: which one counts for a record.

use aeroduct_tests::connector::Launch;
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest, particle};
use aeroduct_tests::ports;
use aeroduct_tests::reading::{self, Stored};
use aeroduct_tests::source::{SUCCESS, Source};
use anyhow::Result;

use crate::stand::{LIMIT, Stand};

fn write(namespace: &str, set: &str, number: u64) -> Message {
    let message = Message::write(namespace, digest(number)).integer("seq", number.cast_signed());
    if set.is_empty() {
        message
    } else {
        message.set(set)
    }
}

fn skipped(rule: &str) -> String {
    format!("aeroduct_connector_records_skipped_total{{rule=\"{rule}\"}}")
}

// covers: namespaces.*.routing, namespaces.*.format, namespaces.*.sets.*.routing,
// covers: namespaces.*.sets.*.bin-transforms
#[test]
fn each_item_is_the_one_of_the_set_or_of_the_namespace_or_the_general_one() -> Result<()> {
    let topics = ["levels-all", "levels-sets"].map(|name| Topic::new(name, 1));
    let blocks = "routing: { mode: static, destination: levels-all }
namespaces:
  users:
    format: { mode: json }
    sets:
      premium:
        routing: { mode: static, destination: levels-sets }
        bin-transforms: { transforms: [uppercase] }
  places:
    routing: { mode: static, destination: levels-all }";
    let mut stand = Stand::start(&topics, blocks)?;
    let messages = [
        write("users", "", 1),
        write("users", "premium", 2),
        write("users", "other", 3),
        // No format: it is skipped.
        write("places", "", 4),
    ];
    assert_eq!(stand.ask(&messages)?, [SUCCESS; 4]);

    let bins = |record: &Stored| -> Result<String> {
        let value: serde_json::Value = serde_json::from_str(&record.text())?;
        let bin = &value["bins"][0];
        Ok(format!("{}={}", bin["name"], bin["value"]))
    };
    let bins = |topic, count| -> Result<Vec<String>> {
        stand.read(topic, count)?.iter().map(bins).collect()
    };
    assert_eq!(bins("levels-all", 2)?, [r#""seq"=1"#, r#""seq"=3"#]);
    assert_eq!(bins("levels-sets", 1)?, [r#""SEQ"=2"#]);
    let without_format = stand.connector.metric(&skipped("no-format"))?;
    assert!((without_format - 1.0).abs() < 0.5);
    Ok(())
}

#[test]
fn a_poisonous_set_is_left_out_by_routing_the_others_alone_or_by_skipping_it() -> Result<()> {
    let topics = ["levels-wanted", "levels-rest"].map(|name| Topic::new(name, 1));
    let blocks = "format: { mode: json }
namespaces:
  listed:
    sets:
      wanted: { routing: { mode: static, destination: levels-wanted } }
  open:
    routing: { mode: static, destination: levels-rest }
    sets:
      poison: { routing: { mode: skip } }";
    let mut stand = Stand::start(&topics, blocks)?;
    // A list that ends too early: it would be refused, were it to be published.
    let poison =
        |namespace, number| write(namespace, "poison", number).bin("l", particle::LIST, &[0x95, 1]);
    let messages = [
        write("listed", "wanted", 1),
        poison("listed", 2),
        write("listed", "", 3),
        write("open", "any", 4),
        poison("open", 5),
        write("open", "", 6),
    ];
    assert_eq!(stand.ask(&messages)?, [SUCCESS; 6]);
    stand.read("levels-wanted", 1)?;
    stand.read("levels-rest", 2)?;
    for (rule, count) in [("no-routing", 2.0), ("routing", 1.0)] {
        let skipped = stand.connector.metric(&skipped(rule))?;
        assert!((skipped - count).abs() < 0.5, "{rule}: {skipped}");
    }
    Ok(())
}

/// An item of the general levels and of those of the first port, and one that the second port has
/// alone.
fn of_ports(first: u16, second: u16) -> String {
    let to = |topic| format!("routing: {{ mode: static, destination: levels-{topic} }}");
    format!(
        "{general}
format: {{ mode: json }}
namespaces:
  shop:
    {namespace}
    sets: {{ vip: {{ {set} }} }}
  gallery:
    {namespace}
    sets: {{ vip: {{ {set} }} }}
port-based-config:
  {first}:
    {port}
    namespaces:
      shop:
        {port_namespace}
        sets: {{ vip: {{ {port_set} }} }}
  {second}:
    format: {{ mode: flat-json, metadata-key: of }}
",
        general = to("general"),
        namespace = to("namespace"),
        set = to("set"),
        port = to("port"),
        port_namespace = to("port-namespace"),
        port_set = to("port-set"),
    )
}

// covers: service.port, port-based-config.*.routing, port-based-config.*.format,
// covers: port-based-config.*.namespaces
#[test]
fn what_a_port_has_goes_before_what_is_general() -> Result<()> {
    const TOPICS: [&str; 6] = [
        "levels-general",
        "levels-namespace",
        "levels-set",
        "levels-port",
        "levels-port-namespace",
        "levels-port-set",
    ];
    let (first, second) = (ports::free()?, ports::free()?);
    let launch = Launch {
        further_ports: vec![first, second],
        ..Launch::default()
    };
    let topics = TOPICS.map(|name| Topic::new(name, 1));
    let stand = Stand::start_as(&launch, &topics, &of_ports(first, second))?;
    let cases = [
        (first, "shop", "vip", "port-set", r#"{"msg":"#),
        (first, "shop", "any", "port-namespace", r#"{"msg":"#),
        (first, "gallery", "vip", "port", r#"{"msg":"#),
        (first, "other", "", "port", r#"{"msg":"#),
        (second, "shop", "vip", "set", r#"{"of":"#),
        (second, "shop", "any", "namespace", r#"{"of":"#),
        (second, "other", "", "general", r#"{"of":"#),
        (stand.connector.port, "shop", "vip", "set", r#"{"msg":"#),
        (stand.connector.port, "other", "", "general", r#"{"msg":"#),
    ];
    for (number, (port, namespace, set, ..)) in (1..).zip(cases) {
        let mut source = Source::connect(port)?;
        source.send(&write(namespace, set, number).frame())?;
        assert_eq!(source.answers(1, LIMIT)?, [SUCCESS], "{namespace} {set}");
    }
    for topic in TOPICS {
        let expected: Vec<_> = (1_u64..)
            .zip(cases)
            .filter(|(_, (.., to, _))| topic.strip_prefix("levels-") == Some(to))
            .collect();
        let records = reading::read(stand.cluster, topic, expected.len())?;
        assert_eq!(records.len(), expected.len(), "{topic}");
        for (record, (number, (.., begin))) in records.iter().zip(expected) {
            let text = record.text();
            assert!(text.starts_with(begin), "{topic}: {text}");
            let is_it = text.contains(&format!("\"seq\":{number}"))
                || text.contains(&format!("\"value\":{number}"));
            assert!(is_it, "{topic}: {text}");
        }
    }
    Ok(())
}
