//! What becomes of each property of the Java producer: a part of `docs/reference.md`.

use std::fmt::Write as _;

use super::table::{Class, class_of};

/// Client, name, type, default and visibility of the properties of Kafka 4.3's clients.
const KAFKA: &str = include_str!("../../tests/java/kafka-4.3-properties.tsv");

/// Names of older Java clients that are met in files.
const OLDER: &[&str] = &[
    "auto.include.jmx.reporter",
    "auto.register.schemas",
    "block.on.buffer.full",
    "internal.auto.downgrade.txn.commit",
    "metadata.fetch.timeout.ms",
    "schema.registry.url",
    "timeout.ms",
];

/// What is to be said of properties that are translated, or whose work the connector does.
const SAID: &[(&str, &str)] = &[
    (
        "acks",
        "`all`, `-1`, `1` or `0`; anything but `all` switches idempotence off, with a warning",
    ),
    (
        "batch.size",
        "bytes at which a batch is full, gathered by the connector; default here 1000000",
    ),
    (
        "bootstrap.servers",
        "a list, or a text with commas; needed wherever something is published",
    ),
    (
        "buffer.memory",
        "no effect: `aeroduct.max-in-flight-bytes` bounds memory",
    ),
    ("client.id", "the same; default here `aeroduct`"),
    ("compression.gzip.level", "the same, 1 to 9"),
    ("compression.lz4.level", "at most 12 is held"),
    (
        "compression.type",
        "`none`, `gzip`, `snappy`, `lz4` or `zstd`",
    ),
    ("compression.zstd.level", "-1 to 12 is held"),
    ("connections.max.idle.ms", "the same; -1 is for ever"),
    (
        "delivery.timeout.ms",
        "how long Kafka is tried for a message, whatever the source was answered meanwhile",
    ),
    (
        "enable.idempotence",
        "by Java's rules; `false` has a warning that says what is lost",
    ),
    (
        "interceptor.classes",
        "refused, unless empty: Java classes cannot be loaded",
    ),
    (
        "key.serializer",
        "no effect: keys are always written as bytes",
    ),
    (
        "linger.ms",
        "how long a message waits for others of its partition; default here 0",
    ),
    (
        "max.in.flight.requests.per.connection",
        "the same; above 5 switches idempotence off, with a warning",
    ),
    ("max.request.size", "bytes of the largest message"),
    (
        "metadata.max.age.ms",
        "how often all metadata is asked for; three times that is how long it is believed",
    ),
    (
        "metadata.recovery.strategy",
        "`none` or `rebootstrap`, in any case",
    ),
    (
        "partitioner.class",
        "Java's own classes are understood: by key, or round robin with a warning; others are refused",
    ),
    (
        "partitioner.ignore.keys",
        "`true` is round robin, with a warning: versions of a record are not kept in order",
    ),
    (
        "receive.buffer.bytes",
        "the same; -1 leaves it to the system",
    ),
    (
        "reconnect.backoff.max.ms",
        "at most an hour; default here 500",
    ),
    ("reconnect.backoff.ms", "at most an hour"),
    ("request.timeout.ms", "10 to 300000 is held"),
    (
        "retries",
        "the same; 0 switches idempotence off, with a warning",
    ),
    ("retry.backoff.max.ms", "1 to 300000 is held"),
    ("retry.backoff.ms", "1 to 300000 is held; default here 50"),
    ("send.buffer.bytes", "the same; -1 leaves it to the system"),
    (
        "value.serializer",
        "no effect: values are always written as bytes",
    ),
];

/// The table, as a part of the page.
pub(crate) fn table() -> String {
    let mut table = OPENING.to_owned();
    for line in KAFKA.lines().filter(|line| line.starts_with("producer\t")) {
        let mut fields = line.split('\t').skip(1);
        let name = fields.next().unwrap_or_default();
        let default = fields.nth(1).unwrap_or_default();
        let _ = writeln!(table, "| `{name}` | {} | {} |", shown(default), fate(name));
    }
    table.push_str(OLDER_OPENING);
    for name in OLDER {
        let _ = writeln!(table, "| `{name}` | {} |", fate(name));
    }
    table
}

const OPENING: &str = "
## Properties of the producer

Each property of Kafka 4.3's Java producer, with Java's default, and what becomes of it here. Names that only \
librdkafka has, such as `socket.keepalive.enable`, are taken as they are; names of Kafka's consumer, and \
unknown ones, are refused.

| Property | Default in Java | Here |
|---|---|---|
";

const OLDER_OPENING: &str = "
Names of older clients, and of others that are met in producers' files:

| Property | Here |
|---|---|
";

fn shown(default: &str) -> String {
    match default {
        "" | "null" | "[]" => "none".to_owned(),
        "(required)" => "required".to_owned(),
        default => format!(
            "`{}`",
            default
                .rsplit('.')
                .next()
                .filter(|_| default.starts_with("class "))
                .unwrap_or(default)
        ),
    }
}

/// What becomes of the property `name`.
fn fate(name: &str) -> String {
    let said = SAID.iter().find(|(known, _)| *known == name);
    let said = |otherwise: &'static str| said.map_or(otherwise, |(_, said)| said).to_owned();
    match class_of(name) {
        Class::Same(_) => said("the same"),
        Class::WithoutEffect(why) => format!("no effect: {why}"),
        Class::Refused { reason, remedy } => format!("refused: {reason}; {remedy}"),
        Class::Unknown | Class::Consumer => "refused".to_owned(),
        _ => said("the same, translated for librdkafka"),
    }
}

#[test]
fn what_is_said_is_said_of_properties_that_need_it() {
    for (name, _) in SAID {
        let class = class_of(name);
        let is_told_otherwise = matches!(
            class,
            Class::WithoutEffect(_) | Class::Refused { .. } | Class::Unknown
        );
        assert!(!is_told_otherwise, "{name}: {class:?}");
    }
}
