//! The table of properties: which class each one is in.

use super::{
    Property,
    apply::{
        acks, ignore_keys, interceptors, level, lowercase, metadata_age, partitioner, serializer,
        socket_buffer,
    },
    brokers,
    draft::{Draft, Kind},
    librdkafka::{CONSUMER, LIBRDKAFKA},
    providers,
    secure::{LIBRDKAFKA_SECURITY, SECURITY},
};

/// What becomes of a property.
#[derive(Clone, Copy, Debug)]
pub(super) enum Class {
    /// librdkafka has it under the same name.
    Same(Kind),
    /// librdkafka has it under another name, in another unit, or with other values.
    Translated(fn(&mut Draft<'_>, &Property)),
    /// The connector does it itself.
    Ours(fn(&mut Draft<'_>, &Property)),
    /// Accepted with a warning that says why it does nothing.
    WithoutEffect(&'static str),
    /// Would change the guarantees, or names what cannot be loaded.
    Refused {
        reason: &'static str,
        remedy: &'static str,
    },
    /// Translated together with others, see `security`.
    Together,
    /// A property of Kafka's consumer.
    Consumer,
    Unknown,
}

pub(super) type Row = (&'static str, Class);

pub(super) const INT_MAX: i64 = 2_147_483_647;
const LONG_MAX: i64 = i64::MAX;
const CODECS: &[&str] = &["none", "gzip", "snappy", "lz4", "zstd"];

/// A number that Java takes from `least`, and librdkafka holds from `held_least` to `held_most`.
const fn number(least: i64, most: i64, held_least: i64, held_most: i64) -> Kind {
    Kind::Number {
        least,
        most,
        held: (held_least, held_most),
    }
}

/// A number that librdkafka holds in full.
pub(super) const fn whole(least: i64, most: i64) -> Kind {
    number(least, most, least, most)
}

pub(super) const fn refused(reason: &'static str, remedy: &'static str) -> Class {
    Class::Refused { reason, remedy }
}

/// Properties of the Java producer of Kafka 4.3, but for those about security, which are in `secure`.
const JAVA: &[Row] = &[
    ("acks", Class::Translated(acks)),
    (
        "batch.size",
        Class::Ours(|draft, property| {
            // Java's 0 switches batches off; librdkafka says 1 for it.
            draft.given.batch_bytes = draft
                .number(property, whole(0, INT_MAX))
                .map(|bytes| bytes.max(1));
        }),
    ),
    ("bootstrap.servers", Class::Translated(brokers::read)),
    (
        "buffer.memory",
        Class::Ours(|draft, property| {
            if draft.number(property, whole(0, LONG_MAX)).is_some() {
                draft.warn(
                    &property.name,
                    "has no effect: memory is bounded by aeroduct.max-in-flight-bytes",
                );
            }
        }),
    ),
    (
        "client.dns.lookup",
        Class::Same(Kind::Choice(&[
            "use_all_dns_ips",
            "resolve_canonical_bootstrap_servers_only",
        ])),
    ),
    ("client.id", Class::Same(Kind::Text)),
    // Read before all others, see `providers`.
    ("config.providers", Class::Ours(|_, _| {})),
    (
        "compression.gzip.level",
        Class::Translated(|draft, property| {
            draft.given.gzip_level = level(draft, property, (1, 9), 9);
        }),
    ),
    (
        "compression.lz4.level",
        Class::Translated(|draft, property| {
            draft.given.lz4_level = level(draft, property, (1, 17), 12);
        }),
    ),
    (
        "compression.type",
        Class::Translated(|draft, property| {
            draft.given.compression = draft.choice(property, CODECS);
        }),
    ),
    (
        "compression.zstd.level",
        Class::Translated(|draft, property| {
            draft.given.zstd_level = level(draft, property, (-131_072, 22), 12);
        }),
    ),
    (
        "connections.max.idle.ms",
        Class::Translated(|draft, property| {
            // Java's -1 keeps connections for ever; librdkafka says 0 for it.
            if let Some(idle) = draft.number(property, number(-1, LONG_MAX, -1, INT_MAX)) {
                draft.put("connections.max.idle.ms", idle.max(0));
            }
        }),
    ),
    (
        "delivery.timeout.ms",
        Class::Translated(|draft, property| {
            draft.given.delivery_timeout_ms = draft.number(property, whole(0, INT_MAX));
        }),
    ),
    (
        "enable.idempotence",
        Class::Translated(|draft, property| {
            draft.given.idempotence = draft.flag(property);
        }),
    ),
    ("enable.metrics.push", Class::Same(Kind::Flag)),
    ("interceptor.classes", Class::Translated(interceptors)),
    ("key.serializer", Class::Ours(serializer)),
    (
        "linger.ms",
        Class::Ours(|draft, property| {
            draft.given.linger_ms = draft.number(property, number(0, LONG_MAX, 0, 900_000));
        }),
    ),
    ("max.block.ms", Class::WithoutEffect(BLOCKING)),
    (
        "max.in.flight.requests.per.connection",
        Class::Translated(|draft, property| {
            draft.given.in_flight = draft.number(property, number(1, INT_MAX, 1, 1_000_000));
        }),
    ),
    (
        "max.request.size",
        Class::Translated(|draft, property| {
            draft.given.message_bytes =
                draft.number(property, number(0, INT_MAX, 1_000, 1_000_000_000));
        }),
    ),
    ("metadata.max.age.ms", Class::Translated(metadata_age)),
    (
        "metadata.max.idle.ms",
        Class::WithoutEffect("a topic in use is kept for the life of the connector"),
    ),
    (
        "metadata.recovery.rebootstrap.trigger.ms",
        Class::Same(number(0, LONG_MAX, 0, INT_MAX)),
    ),
    (
        "metadata.recovery.strategy",
        Class::Translated(|draft, property| {
            let lower = lowercase(property);
            draft.set(
                "metadata.recovery.strategy",
                &lower,
                Kind::Choice(&["none", "rebootstrap"]),
            );
        }),
    ),
    ("metric.reporters", Class::WithoutEffect(METRICS)),
    ("metrics.num.samples", Class::WithoutEffect(METRICS)),
    ("metrics.recording.level", Class::WithoutEffect(METRICS)),
    ("metrics.sample.window.ms", Class::WithoutEffect(METRICS)),
    (
        "partitioner.adaptive.partitioning.enable",
        Class::WithoutEffect(KEYED),
    ),
    (
        "partitioner.availability.timeout.ms",
        Class::WithoutEffect(KEYED),
    ),
    ("partitioner.class", Class::Translated(partitioner)),
    (
        "partitioner.ignore.keys",
        Class::Translated(|draft, property| {
            if draft.flag(property) == Some(true) {
                ignore_keys(draft, property);
            }
        }),
    ),
    (
        "receive.buffer.bytes",
        Class::Translated(|draft, property| {
            socket_buffer(draft, "socket.receive.buffer.bytes", property);
        }),
    ),
    (
        "reconnect.backoff.max.ms",
        Class::Translated(|draft, property| {
            draft.given.reconnect_max_ms =
                draft.number(property, number(0, LONG_MAX, 0, 3_600_000));
        }),
    ),
    (
        "reconnect.backoff.ms",
        Class::Translated(|draft, property| {
            draft.given.reconnect_ms = draft.number(property, number(0, LONG_MAX, 0, 3_600_000));
        }),
    ),
    (
        "request.timeout.ms",
        Class::Translated(|draft, property| {
            draft.given.request_timeout_ms =
                draft.number(property, number(0, INT_MAX, 10, 300_000));
        }),
    ),
    (
        "retries",
        Class::Translated(|draft, property| {
            draft.given.retries = draft.number(property, whole(0, INT_MAX));
        }),
    ),
    (
        "retry.backoff.max.ms",
        Class::Translated(|draft, property| {
            draft.given.retry_max_ms = draft.number(property, number(0, LONG_MAX, 1, 300_000));
        }),
    ),
    (
        "retry.backoff.ms",
        Class::Translated(|draft, property| {
            draft.given.retry_ms = draft.number(property, number(0, LONG_MAX, 1, 300_000));
        }),
    ),
    (
        "send.buffer.bytes",
        Class::Translated(|draft, property| {
            socket_buffer(draft, "socket.send.buffer.bytes", property);
        }),
    ),
    (
        "socket.connection.setup.timeout.max.ms",
        Class::WithoutEffect(SETUP),
    ),
    (
        "socket.connection.setup.timeout.ms",
        Class::Same(number(0, LONG_MAX, 1_000, INT_MAX)),
    ),
    (
        "transaction.timeout.ms",
        Class::WithoutEffect("no transactions are used"),
    ),
    (
        "transaction.two.phase.commit.enable",
        refused(TRANSACTIONS, LEAVE_OUT),
    ),
    ("transactional.id", refused(TRANSACTIONS, LEAVE_OUT)),
    ("value.serializer", Class::Ours(serializer)),
];

/// Names of older Java clients, and of others that are often met in producers' files.
const OLDER: &[Row] = &[
    ("auto.include.jmx.reporter", Class::WithoutEffect(METRICS)),
    ("auto.register.schemas", refused(REGISTRY, REGISTRY_REMEDY)),
    ("block.on.buffer.full", Class::WithoutEffect(DROPPED)),
    (
        "internal.auto.downgrade.txn.commit",
        Class::WithoutEffect("no transactions are used"),
    ),
    ("metadata.fetch.timeout.ms", Class::WithoutEffect(DROPPED)),
    ("schema.registry.url", refused(REGISTRY, REGISTRY_REMEDY)),
    (
        "timeout.ms",
        Class::WithoutEffect("Kafka's producer has dropped it for request.timeout.ms"),
    ),
];

const BLOCKING: &str = "what Kafka does not take in time is answered as a temporary error";
const SETUP: &str = "the time does not grow; see socket.connection.setup.timeout.ms";
const METRICS: &str = "the connector has metrics of its own, see service.manage";
pub(super) const KEYED: &str =
    "a record's partition follows from its key, so that its versions stay in order";
const DROPPED: &str = "Kafka's producer has dropped it";
const TRANSACTIONS: &str = "is about transactions, which this connector does not use";
const REGISTRY: &str = "is about schemas, not about the producer";
const REGISTRY_REMEDY: &str = "put it under props of the format";
pub(super) const LEAVE_OUT: &str = "leave it out";

/// The class of the property `name`.
pub(super) fn class_of(name: &str) -> Class {
    let row = rows().find(|(known, _)| *known == name);
    if let Some((_, class)) = row {
        *class
    } else if providers::is_parameter(name) {
        Class::Ours(|_, _| {})
    } else if CONSUMER.contains(&name) {
        Class::Consumer
    } else {
        Class::Unknown
    }
}

/// The usable property whose name is most like `name`, where one is.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase().replace(['_', '-'], ".");
    rows()
        .filter(|(_, class)| !matches!(class, Class::Refused { .. }))
        .map(|(known, _)| (strsim::normalized_damerau_levenshtein(&name, known), *known))
        .filter(|(likeness, _)| *likeness >= 0.7)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}

pub(super) fn rows() -> impl Iterator<Item = &'static Row> {
    JAVA.iter()
        .chain(SECURITY)
        .chain(OLDER)
        .chain(LIBRDKAFKA)
        .chain(LIBRDKAFKA_SECURITY)
}
