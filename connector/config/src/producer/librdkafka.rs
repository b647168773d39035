//! The rows of librdkafka's own properties, and the names of consumers' ones.

use super::{
    draft::Kind,
    table::{Class, INT_MAX, KEYED, LEAVE_OUT, Row, refused, whole},
};

/// Names of librdkafka for which Java has none.
pub(super) const LIBRDKAFKA: &[Row] = &[
    ("allow.auto.create.topics", Class::Same(Kind::Flag)),
    ("batch.num.messages", Class::Same(whole(1, 1_000_000))),
    (
        "broker.address.family",
        Class::Same(Kind::Choice(&["any", "v4", "v6"])),
    ),
    ("broker.address.ttl", Class::Same(whole(0, 86_400_000))),
    ("client.rack", Class::Same(Kind::Text)),
    (
        "compression.level",
        Class::Translated(|draft, property| {
            draft.given.compression_level = draft.number(property, whole(-1, 12));
        }),
    ),
    ("debug", Class::Same(Kind::Text)),
    ("log.connection.close", Class::Same(Kind::Flag)),
    (
        "message.copy.max.bytes",
        Class::Same(whole(0, 1_000_000_000)),
    ),
    (
        "receive.message.max.bytes",
        Class::Same(whole(1_000, INT_MAX)),
    ),
    ("socket.keepalive.enable", Class::Same(Kind::Flag)),
    ("socket.max.fails", Class::Same(whole(0, 1_000_000))),
    ("socket.nagle.disable", Class::Same(Kind::Flag)),
    ("socket.timeout.ms", Class::Same(whole(10, 300_000))),
    ("statistics.interval.ms", Class::Same(whole(0, 86_400_000))),
    ("topic.blacklist", Class::Same(Kind::Text)),
    (
        "topic.metadata.propagation.max.ms",
        Class::Same(whole(0, 3_600_000)),
    ),
    (
        "topic.metadata.refresh.fast.interval.ms",
        Class::Same(whole(1, 60_000)),
    ),
    ("topic.metadata.refresh.sparse", Class::Same(Kind::Flag)),
    (
        "reconnect.backoff.jitter.ms",
        Class::WithoutEffect(DEPRECATED),
    ),
    ("socket.blocking.max.ms", Class::WithoutEffect(DEPRECATED)),
    ("sticky.partitioning.linger.ms", Class::WithoutEffect(KEYED)),
    (
        "topic.metadata.refresh.fast.cnt",
        Class::WithoutEffect(DEPRECATED),
    ),
    ("produce.offset.report", Class::WithoutEffect(DEPRECATED)),
    // Java has another name for these.
    (
        "compression.codec",
        refused(JAVA_NAME, "use compression.type"),
    ),
    (
        "max.in.flight",
        refused(JAVA_NAME, "use max.in.flight.requests.per.connection"),
    ),
    (
        "message.max.bytes",
        refused(JAVA_NAME, "use max.request.size"),
    ),
    (
        "message.send.max.retries",
        refused(JAVA_NAME, "use retries"),
    ),
    (
        "message.timeout.ms",
        refused(JAVA_NAME, "use delivery.timeout.ms"),
    ),
    (
        "metadata.broker.list",
        refused(JAVA_NAME, "use bootstrap.servers"),
    ),
    (
        "partitioner",
        refused(
            JAVA_NAME,
            "use partitioner.class; the default places keys as Java does",
        ),
    ),
    (
        "queue.buffering.max.ms",
        refused(JAVA_NAME, "use linger.ms"),
    ),
    ("request.required.acks", refused(JAVA_NAME, "use acks")),
    (
        "socket.receive.buffer.bytes",
        refused(JAVA_NAME, "use receive.buffer.bytes"),
    ),
    (
        "socket.send.buffer.bytes",
        refused(JAVA_NAME, "use send.buffer.bytes"),
    ),
    (
        "topic.metadata.refresh.interval.ms",
        refused(JAVA_NAME, "use metadata.max.age.ms"),
    ),
    // These are the connector's own.
    (
        "queue.buffering.backpressure.threshold",
        refused(OWN, LEAVE_OUT),
    ),
    (
        "queue.buffering.max.kbytes",
        refused(OWN, "use aeroduct.max-in-flight-bytes"),
    ),
    (
        "queue.buffering.max.messages",
        refused(OWN, "use service.max-concurrent-records"),
    ),
    ("enabled_events", refused(OWN, LEAVE_OUT)),
    ("enable.random.seed", refused(OWN, LEAVE_OUT)),
    ("internal.termination.signal", refused(OWN, LEAVE_OUT)),
    ("log.queue", refused(OWN, LEAVE_OUT)),
    ("log.thread.name", refused(OWN, LEAVE_OUT)),
    ("log_level", refused(OWN, "set levels under logging")),
    // These would break what the connector promises.
    ("api.version.fallback.ms", refused(OLD_BROKERS, LEAVE_OUT)),
    ("api.version.request", refused(OLD_BROKERS, LEAVE_OUT)),
    (
        "api.version.request.timeout.ms",
        refused(OLD_BROKERS, LEAVE_OUT),
    ),
    ("broker.version.fallback", refused(OLD_BROKERS, LEAVE_OUT)),
    (
        "delivery.report.only.error",
        refused("would leave every record without its answer", LEAVE_OUT),
    ),
    (
        "enable.gapless.guarantee",
        refused(
            "would stop the producer at the first record that Kafka refuses",
            LEAVE_OUT,
        ),
    ),
    (
        "queuing.strategy",
        refused(
            "would let newer versions of a record overtake older ones",
            LEAVE_OUT,
        ),
    ),
    // These name code or are told to the library in another way.
    ("background_event_cb", refused(CODE, LEAVE_OUT)),
    ("builtin.features", refused(CODE, LEAVE_OUT)),
    ("closesocket_cb", refused(CODE, LEAVE_OUT)),
    ("connect_cb", refused(CODE, LEAVE_OUT)),
    ("default_topic_conf", refused(CODE, LEAVE_OUT)),
    ("dr_cb", refused(CODE, LEAVE_OUT)),
    ("dr_msg_cb", refused(CODE, LEAVE_OUT)),
    ("error_cb", refused(CODE, LEAVE_OUT)),
    ("interceptors", refused(CODE, LEAVE_OUT)),
    ("log_cb", refused(CODE, LEAVE_OUT)),
    ("msg_order_cmp", refused(CODE, LEAVE_OUT)),
    ("opaque", refused(CODE, LEAVE_OUT)),
    ("open_cb", refused(CODE, LEAVE_OUT)),
    ("partitioner_cb", refused(CODE, LEAVE_OUT)),
    ("plugin.library.paths", refused(CODE, LEAVE_OUT)),
    ("resolve_cb", refused(CODE, LEAVE_OUT)),
    ("socket_cb", refused(CODE, LEAVE_OUT)),
    ("stats_cb", refused(CODE, LEAVE_OUT)),
    ("throttle_cb", refused(CODE, LEAVE_OUT)),
    (
        "test.mock.broker.rtt",
        refused("is for the library's own tests", LEAVE_OUT),
    ),
    (
        "test.mock.num.brokers",
        refused(
            "would send every record to brokers that keep nothing",
            LEAVE_OUT,
        ),
    ),
];

/// Properties of Kafka's consumers, Java's and librdkafka's, that no producer has.
pub(super) const CONSUMER: &[&str] = &[
    "auto.commit.enable",
    "auto.commit.interval.ms",
    "auto.offset.reset",
    "check.crcs",
    "consume.callback.max.messages",
    "consume_cb",
    "coordinator.query.interval.ms",
    "default.api.timeout.ms",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.partition.eof",
    "exclude.internal.topics",
    "fetch.error.backoff.ms",
    "fetch.max.bytes",
    "fetch.max.wait.ms",
    "fetch.message.max.bytes",
    "fetch.min.bytes",
    "fetch.queue.backoff.ms",
    "fetch.wait.max.ms",
    "group.id",
    "group.instance.id",
    "group.protocol",
    "group.protocol.type",
    "group.remote.assignor",
    "heartbeat.interval.ms",
    "internal.throw.on.fetch.stable.offset.unsupported",
    "isolation.level",
    "key.deserializer",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "max.poll.records",
    "offset.store.method",
    "offset.store.path",
    "offset.store.sync.interval.ms",
    "offset_commit_cb",
    "partition.assignment.strategy",
    "queued.max.messages.kbytes",
    "queued.min.messages",
    "rebalance_cb",
    "session.timeout.ms",
    "share.acknowledgement.mode",
    "share.acquire.mode",
    "value.deserializer",
];

const DEPRECATED: &str = "the client library has dropped it";
pub(super) const JAVA_NAME: &str =
    "is the client library's name for a property of the Java producer";
const OWN: &str = "is set by the connector itself";
const OLD_BROKERS: &str = "is for brokers older than 0.10, which know no idempotence";
pub(super) const CODE: &str = "cannot be given as text";
