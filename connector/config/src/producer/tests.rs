use std::{collections::HashSet, time::Duration};

use super::{
    Findings, Partitioner, ProducerPlan, Property, PropertyValue, is_open_property,
    table::{Class, class_of, rows},
    translate,
};
use crate::{Files, NoFiles, reference::Origin};

const KAFKA: &str = include_str!("../../tests/java/kafka-4.3-properties.tsv");
const LIBRDKAFKA: &str = include_str!("../../tests/java/librdkafka-2.12-properties.txt");

fn text(name: &str, value: &str) -> Property {
    Property {
        name: name.to_owned(),
        value: PropertyValue::Text(value.into()),
        origin: Origin::Written,
    }
}

fn list(name: &str, items: &[&str]) -> Property {
    let items = items.iter().map(|item| (*item).into()).collect();
    Property {
        name: name.to_owned(),
        value: PropertyValue::List(items),
        origin: Origin::Written,
    }
}

fn read(given: &[(&str, &str)]) -> (ProducerPlan, Findings) {
    read_with(given, &NoFiles)
}

pub(super) fn read_with(given: &[(&str, &str)], files: &dyn Files) -> (ProducerPlan, Findings) {
    let properties: Vec<_> = given
        .iter()
        .map(|(name, value)| text(name, value))
        .collect();
    let mut findings = Findings::default();
    (translate(&properties, files, &mut findings), findings)
}

/// The plan of properties that are all right and not worth a word.
pub(super) fn plan(given: &[(&str, &str)]) -> ProducerPlan {
    plan_with(given, &NoFiles)
}

pub(super) fn plan_with(given: &[(&str, &str)], files: &dyn Files) -> ProducerPlan {
    let (plan, findings) = read_with(given, files);
    assert!(findings.errors.is_empty(), "{findings:?}");
    assert!(findings.warnings.is_empty(), "{findings:?}");
    plan
}

/// The plan and the one warning of properties that are accepted.
pub(super) fn warned(given: &[(&str, &str)]) -> (ProducerPlan, (String, String)) {
    let (plan, mut findings) = read(given);
    assert!(findings.errors.is_empty(), "{findings:?}");
    assert_eq!(findings.warnings.len(), 1, "{findings:?}");
    (plan, findings.warnings.remove(0))
}

/// The one error of properties, as `NAME REASON; REMEDY`.
pub(super) fn refused(given: &[(&str, &str)]) -> String {
    refused_with(given, &NoFiles)
}

pub(super) fn refused_with(given: &[(&str, &str)], files: &dyn Files) -> String {
    let (_, findings) = read_with(given, files);
    assert_eq!(findings.errors.len(), 1, "{findings:?}");
    let (name, finding) = &findings.errors[0];
    format!("{name} {}; {}", finding.reason, finding.remedy)
}

pub(super) fn setting<'p>(plan: &'p ProducerPlan, name: &str) -> Option<&'p str> {
    let mut values = plan
        .properties
        .iter()
        .filter(|(known, _)| known == name)
        .map(|(_, value)| value.expose());
    let value = values.next();
    assert_eq!(values.next(), None, "{name} is set twice");
    value
}

fn names_of(client: &str) -> impl Iterator<Item = &'static str> {
    KAFKA.lines().filter_map(move |line| {
        let mut fields = line.split('\t');
        (fields.next() == Some(client)).then(|| fields.next().unwrap())
    })
}

// covers: producer-props.*
#[test]
fn every_property_of_the_java_producer_is_in_one_class() {
    assert_eq!(names_of("producer").count(), 113);
    for name in names_of("producer") {
        let listed = rows().filter(|(known, _)| *known == name).count();
        assert_eq!(listed, 1, "{name}");
        assert!(
            !matches!(class_of(name), Class::Unknown | Class::Consumer),
            "{name}"
        );
    }
}

#[test]
fn what_java_keeps_as_a_password_is_a_secret_and_so_is_what_sounds_like_one() {
    let mut passwords = 0;
    for line in KAFKA.lines() {
        let mut fields = line.split('\t').skip(1);
        let name = fields.next().unwrap();
        if fields.next() == Some("PASSWORD") {
            assert!(!is_open_property(name), "{name}");
            passwords += 1;
        }
    }
    assert!(passwords >= 9);
    for name in LIBRDKAFKA.lines() {
        let parts = ["password", "secret", "passphrase", ".key.pem", "ssl_key"];
        if parts.iter().any(|part| name.contains(part)) {
            assert!(!is_open_property(name), "{name}");
        }
    }
    assert!(!is_open_property("sasl.jaas.confg"));
    for name in [
        "linger.ms",
        "ssl.truststore.location",
        "sasl.username",
        "sasl.oauthbearer.token.endpoint.url",
    ] {
        assert!(is_open_property(name), "{name}");
    }
}

#[test]
fn no_property_has_two_rows() {
    let mut seen = HashSet::new();
    for (name, _) in rows() {
        assert!(seen.insert(name), "{name}");
    }
}

#[test]
fn every_property_of_the_java_consumer_alone_is_refused_as_one() {
    let producer: HashSet<_> = names_of("producer").collect();
    let shared_with_librdkafka = ["allow.auto.create.topics", "client.rack"];
    for name in names_of("consumer").filter(|name| !producer.contains(name)) {
        let expected = !shared_with_librdkafka.contains(&name);
        assert_eq!(
            matches!(class_of(name), Class::Consumer),
            expected,
            "{name}"
        );
    }
    assert!(refused(&[("group.id", "g")]).contains("belongs to Kafka's consumer"));
}

#[test]
fn every_property_of_librdkafka_is_known() {
    for name in LIBRDKAFKA.lines() {
        assert!(!matches!(class_of(name), Class::Unknown), "{name}");
    }
}

#[test]
fn without_properties_the_plan_is_javas_with_our_base() {
    let plan = plan(&[]);
    assert_eq!(plan.linger, Duration::ZERO);
    assert_eq!(plan.batch_bytes, 1_000_000);
    assert_eq!(plan.partitioner, Partitioner::Key);
    assert_eq!(plan.delivery_timeout, Duration::from_mins(2));
    assert!(plan.idempotent);
    assert!(plan.bootstrap_servers.is_empty());
    let expected = [
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("max.in.flight.requests.per.connection", "5"),
        ("message.timeout.ms", "120000"),
        ("request.timeout.ms", "30000"),
        ("socket.timeout.ms", "30000"),
        ("message.max.bytes", "1048576"),
        ("batch.size", "1000000"),
        ("reconnect.backoff.ms", "50"),
        ("reconnect.backoff.max.ms", "500"),
        ("retry.backoff.ms", "50"),
        ("retry.backoff.max.ms", "1000"),
        ("client.id", "aeroduct"),
        ("topic.metadata.propagation.max.ms", "3000"),
        ("socket.keepalive.enable", "true"),
        ("linger.ms", "0"),
        ("queue.buffering.max.messages", "0"),
        ("queue.buffering.max.kbytes", "2147483647"),
    ];
    for (name, value) in expected {
        assert_eq!(setting(&plan, name), Some(value), "{name}");
    }
    assert_eq!(
        plan.properties.len(),
        expected.len(),
        "{:?}",
        plan.properties
    );
}

#[test]
fn what_librdkafka_calls_the_same_is_handed_on() {
    let plan = plan(&[
        ("client.id", " mine "),
        (
            "client.dns.lookup",
            "resolve_canonical_bootstrap_servers_only",
        ),
        ("enable.metrics.push", "FALSE"),
        ("socket.connection.setup.timeout.ms", "10000"),
        ("metadata.recovery.strategy", "NONE"),
        ("socket.nagle.disable", "false"),
        ("topic.metadata.propagation.max.ms", "1"),
    ]);
    let expected = [
        ("client.id", "mine"),
        (
            "client.dns.lookup",
            "resolve_canonical_bootstrap_servers_only",
        ),
        ("enable.metrics.push", "false"),
        ("socket.connection.setup.timeout.ms", "10000"),
        ("metadata.recovery.strategy", "none"),
        ("socket.nagle.disable", "false"),
        ("topic.metadata.propagation.max.ms", "1"),
    ];
    for (name, value) in expected {
        assert_eq!(setting(&plan, name), Some(value), "{name}");
    }
}

#[test]
fn other_names_units_and_values_are_translated() {
    let plan = plan(&[
        ("max.request.size", "2000000"),
        ("request.timeout.ms", "20000"),
        ("delivery.timeout.ms", "60000"),
        ("metadata.max.age.ms", "60000"),
        ("send.buffer.bytes", "-1"),
        ("receive.buffer.bytes", "65536"),
        ("connections.max.idle.ms", "-1"),
        ("acks", "-1"),
        ("retries", "7"),
        ("compression.type", "gzip"),
        ("compression.gzip.level", "4"),
        ("compression.zstd.level", "5"),
    ]);
    let expected = [
        ("message.max.bytes", "2000000"),
        ("request.timeout.ms", "20000"),
        ("socket.timeout.ms", "20000"),
        ("message.timeout.ms", "60000"),
        ("topic.metadata.refresh.interval.ms", "60000"),
        ("metadata.max.age.ms", "180000"),
        ("socket.send.buffer.bytes", "0"),
        ("socket.receive.buffer.bytes", "65536"),
        ("connections.max.idle.ms", "0"),
        ("acks", "all"),
        ("retries", "7"),
        ("compression.type", "gzip"),
        ("compression.level", "4"),
    ];
    for (name, value) in expected {
        assert_eq!(setting(&plan, name), Some(value), "{name}");
    }
    assert_eq!(plan.delivery_timeout, Duration::from_mins(1));
    assert!(plan.idempotent);
}

#[test]
fn linger_and_batches_are_the_connectors_own() {
    let plan = plan(&[("linger.ms", "7"), ("batch.size", "16384")]);
    assert_eq!(plan.linger, Duration::from_millis(7));
    assert_eq!(plan.batch_bytes, 16_384);
    assert_eq!(setting(&plan, "linger.ms"), Some("0"));
    assert_eq!(setting(&plan, "batch.size"), Some("16384"));
}

#[test]
fn a_batch_of_no_bytes_holds_one_record_and_none_is_larger_than_a_request() {
    assert_eq!(plan(&[("batch.size", "0")]).batch_bytes, 1);
    assert_eq!(plan(&[("batch.size", "5000000")]).batch_bytes, 1_048_576);
}

#[test]
fn what_has_no_effect_is_accepted_with_a_warning_that_says_why() {
    let names = [
        "max.block.ms",
        "metric.reporters",
        "metrics.num.samples",
        "metadata.max.idle.ms",
        "partitioner.availability.timeout.ms",
        "socket.connection.setup.timeout.max.ms",
        "transaction.timeout.ms",
        "buffer.memory",
        "block.on.buffer.full",
        "sticky.partitioning.linger.ms",
    ];
    for name in names {
        let (plan, (property, message)) = warned(&[(name, "1")]);
        assert_eq!(property, name);
        assert!(message.starts_with("has no effect: "), "{name}: {message}");
        assert_eq!(setting(&plan, name), None);
    }
}

#[test]
fn serializers_are_ignored_with_one_warning_for_both() {
    let (_, (name, message)) = warned(&[
        (
            "key.serializer",
            "org.apache.kafka.common.serialization.StringSerializer",
        ),
        (
            "value.serializer",
            "org.apache.kafka.common.serialization.StringSerializer",
        ),
    ]);
    assert_eq!(name, "key.serializer");
    assert_eq!(
        message,
        "has no effect: keys and values are always written as bytes"
    );
}

#[test]
fn what_would_break_the_promises_is_refused() {
    let names = [
        "transactional.id",
        "transaction.two.phase.commit.enable",
        "enable.gapless.guarantee",
        "delivery.report.only.error",
        "queuing.strategy",
        "queue.buffering.max.messages",
        "queue.buffering.max.ms",
        "test.mock.num.brokers",
        "plugin.library.paths",
        "dr_cb",
        "api.version.request",
    ];
    for name in names {
        assert!(refused(&[(name, "1")]).starts_with(name), "{name}");
    }
}

#[test]
fn librdkafkas_name_for_a_java_property_is_refused_with_javas() {
    let pairs = [
        ("message.timeout.ms", "delivery.timeout.ms"),
        ("metadata.broker.list", "bootstrap.servers"),
        ("request.required.acks", "acks"),
        ("compression.codec", "compression.type"),
        ("message.max.bytes", "max.request.size"),
        ("partitioner", "partitioner.class"),
    ];
    for (name, java) in pairs {
        assert!(
            refused(&[(name, "1")]).contains(&format!("use {java}")),
            "{name}"
        );
        assert!(
            !matches!(class_of(java), Class::Unknown | Class::Refused { .. }),
            "{java}"
        );
    }
}

// covers: producer-props.security.protocol=PLAINTEXT
#[test]
fn plaintext_is_accepted_in_any_case() {
    assert_eq!(
        setting(
            &plan(&[("security.protocol", "PLAINTEXT")]),
            "security.protocol"
        ),
        Some("plaintext")
    );
    plan(&[("security.protocol", "plaintext")]);
    assert_eq!(
        refused(&[("security.protocol", "TLS")]),
        "security.protocol \"TLS\" is no security protocol; use one of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"
    );
}

#[test]
fn a_value_is_checked_by_its_type_and_bounds() {
    assert_eq!(
        refused(&[("linger.ms", "5 s")]),
        r#"linger.ms "5 s" is no whole number; use a whole number of milliseconds from 0 to 900000"#
    );
    assert_eq!(
        refused(&[("max.request.size", "-1")]),
        "max.request.size -1 is out of bounds; use a whole number from 0 to 1000000000"
    );
    assert_eq!(
        refused(&[("enable.idempotence", "yes")]),
        r#"enable.idempotence "yes" is neither true nor false; write true or false"#
    );
    assert_eq!(
        refused(&[("compression.type", "brotli")]),
        r#"compression.type "brotli" is not among its values; use one of none, gzip, snappy, lz4, zstd"#
    );
    assert_eq!(
        refused(&[("acks", "2")]),
        r#"acks "2" is not among its values; use one of all, -1, 0, 1"#
    );
    assert!(refused(&[("compression.gzip.level", "0")]).contains("from 1 to 9"));
    let mut findings = Findings::default();
    translate(&[list("client.id", &["a"])], &NoFiles, &mut findings);
    assert_eq!(
        findings.errors[0].1.reason,
        "is a list, where one value is expected"
    );
}

#[test]
fn a_number_that_java_takes_and_librdkafka_does_not_is_moved_with_a_warning() {
    let (plan, (name, message)) = warned(&[("metadata.max.age.ms", "9223372036854775807")]);
    assert_eq!(
        (name.as_str(), setting(&plan, "metadata.max.age.ms")),
        ("metadata.max.age.ms", Some("10800000"))
    );
    assert_eq!(
        message,
        "9223372036854775807 cannot be held; 3600000 is used"
    );
    let (plan, _) = warned(&[("retry.backoff.ms", "0")]);
    assert_eq!(setting(&plan, "retry.backoff.ms"), Some("1"));
    let (_, (name, _)) = warned(&[("compression.type", "lz4"), ("compression.lz4.level", "17")]);
    assert_eq!(name, "compression.lz4.level");
}

#[test]
fn brokers_are_a_list_or_a_text_with_commas() {
    let servers = ["broker-1:9092", "10.0.0.1:9093", "[2001:db8::1]:9094"];
    let given = plan(&[(
        "bootstrap.servers",
        "broker-1:9092, 10.0.0.1:9093,PLAINTEXT://[2001:db8::1]:9094,broker-1:9092",
    )]);
    assert_eq!(given.bootstrap_servers, servers);
    assert_eq!(
        setting(&given, "bootstrap.servers"),
        Some("broker-1:9092,10.0.0.1:9093,[2001:db8::1]:9094")
    );
    let mut findings = Findings::default();
    let listed = translate(
        &[list("bootstrap.servers", &servers)],
        &NoFiles,
        &mut findings,
    );
    assert_eq!(listed, given);
}

#[test]
fn a_broker_that_is_none_is_refused() {
    for broker in [
        "broker-1",
        "broker-1:",
        "broker-1:0",
        "broker-1:65536",
        ":9092",
        "::1:9092",
        "[::1:9092",
        "[x]:9092",
        "a b:9092",
    ] {
        let error = refused(&[("bootstrap.servers", broker)]);
        assert!(error.contains(&format!("{broker:?}")), "{error}");
        assert!(error.ends_with("[2001:db8::1]:9092"), "{error}");
    }
    assert!(refused(&[("bootstrap.servers", " , ")]).contains("names no broker"));
}

#[test]
fn what_does_not_go_with_idempotence_switches_it_off_with_one_warning() {
    let cases = [
        ("acks", "1", "fails before it has a copy"),
        ("acks", "0", "before Kafka has it"),
        ("retries", "0", "left to the source"),
        (
            "max.in.flight.requests.per.connection",
            "6",
            "before an older version",
        ),
        (
            "enable.idempotence",
            "false",
            "retries may write a record twice",
        ),
    ];
    for (name, value, lost) in cases {
        let (plan, (property, message)) = warned(&[(name, value)]);
        assert!(!plan.idempotent, "{name}");
        assert_eq!(
            setting(&plan, "enable.idempotence"),
            Some("false"),
            "{name}"
        );
        assert_eq!(setting(&plan, name), Some(value), "{name}");
        assert_eq!(property, name);
        assert!(
            message.contains(lost) && message.contains("idempotence is off"),
            "{message}"
        );
    }
}

#[test]
fn what_does_not_go_with_idempotence_is_an_error_where_it_was_asked_for() {
    for (name, value) in [
        ("acks", "1"),
        ("retries", "0"),
        ("max.in.flight.requests.per.connection", "6"),
    ] {
        let error = refused(&[("enable.idempotence", "true"), (name, value)]);
        assert!(
            error.starts_with(&format!("{name} does not go with enable.idempotence: true")),
            "{error}"
        );
    }
    let (_, findings) = read(&[
        ("enable.idempotence", "true"),
        ("acks", "0"),
        ("retries", "0"),
    ]);
    assert_eq!(findings.errors.len(), 2);
    let at_the_limit = plan(&[
        ("enable.idempotence", "true"),
        ("acks", "all"),
        ("retries", "1"),
        ("max.in.flight.requests.per.connection", "5"),
    ]);
    assert!(at_the_limit.idempotent);
}

#[test]
fn the_delivery_timeout_covers_linger_and_one_request() {
    let error = refused(&[("delivery.timeout.ms", "29999")]);
    assert!(
        error.contains("29999 is less than linger.ms and request.timeout.ms together, 30000"),
        "{error}"
    );
    plan(&[("delivery.timeout.ms", "30005"), ("linger.ms", "5")]);
    let raised = plan(&[("request.timeout.ms", "150000")]);
    assert_eq!(raised.delivery_timeout, Duration::from_secs(150));
}

#[test]
fn the_first_wait_is_never_above_the_longest() {
    let fixed = plan(&[
        ("reconnect.backoff.ms", "5000"),
        ("retry.backoff.ms", "3000"),
    ]);
    assert_eq!(setting(&fixed, "reconnect.backoff.max.ms"), Some("5000"));
    assert_eq!(setting(&fixed, "retry.backoff.max.ms"), Some("3000"));
    let (lowered, _) = warned(&[
        ("reconnect.backoff.ms", "5000"),
        ("reconnect.backoff.max.ms", "100"),
    ]);
    assert_eq!(setting(&lowered, "reconnect.backoff.ms"), Some("100"));
    let longest_alone = plan(&[("retry.backoff.max.ms", "20")]);
    assert_eq!(setting(&longest_alone, "retry.backoff.ms"), Some("20"));
}

#[test]
fn javas_own_partitioners_are_known_and_others_refused() {
    let package = "org.apache.kafka.clients.producer.";
    assert_eq!(
        plan(&[("partitioner.class", "")]).partitioner,
        Partitioner::Key
    );
    let default = format!("{package}internals.DefaultPartitioner");
    assert_eq!(
        plan(&[("partitioner.class", &default)]).partitioner,
        Partitioner::Key
    );
    for class in ["RoundRobinPartitioner", "UniformStickyPartitioner"] {
        let (plan, (_, message)) = warned(&[("partitioner.class", &format!("{package}{class}"))]);
        assert_eq!(plan.partitioner, Partitioner::RoundRobin);
        assert!(message.contains("not kept in order"), "{message}");
    }
    assert!(refused(&[("partitioner.class", "com.example.Mine")]).contains("cannot be loaded"));
    assert_eq!(
        warned(&[("partitioner.ignore.keys", "true")]).0.partitioner,
        Partitioner::RoundRobin
    );
    assert_eq!(
        plan(&[("partitioner.ignore.keys", "false")]).partitioner,
        Partitioner::Key
    );
}

#[test]
fn interceptors_are_refused_unless_there_are_none() {
    assert!(refused(&[("interceptor.classes", "com.example.Mine")]).contains("Java classes"));
    plan(&[("interceptor.classes", "")]);
}

#[test]
fn an_unknown_property_is_refused_with_the_nearest_one() {
    assert_eq!(
        refused(&[("bootstrap.server", "x")]),
        "bootstrap.server is no property of Kafka's producer; did you mean bootstrap.servers?"
    );
    assert!(refused(&[("linger_ms", "5")]).ends_with("did you mean linger.ms?"));
    assert!(refused(&[("something.else.entirely", "5")]).ends_with("leave it out"));
}

#[test]
fn all_errors_come_at_once() {
    let (_, findings) = read(&[("acks", "x"), ("linger.ms", "y"), ("group.id", "z")]);
    let names: Vec<_> = findings
        .errors
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["acks", "linger.ms", "group.id"]);
}
