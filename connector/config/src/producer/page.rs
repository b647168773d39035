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
        "config.providers",
        "further names for Kafka's own `FileConfigProvider` and `DirectoryConfigProvider`; `file` and `directory` are there without it",
    ),
    (
        "sasl.client.callback.handler.class",
        "that of AWS IAM is understood; others are refused",
    ),
    (
        "sasl.jaas.config",
        "the login modules of these mechanisms are understood; others are refused",
    ),
    (
        "sasl.login.callback.handler.class",
        "those of Kafka and of AWS IAM are understood; others are refused",
    ),
    (
        "sasl.mechanism",
        "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `OAUTHBEARER`, `GSSAPI` or `AWS_MSK_IAM`",
    ),
    (
        "sasl.oauthbearer.jwt.retriever.class",
        "Kafka's own are understood; others are refused",
    ),
    (
        "sasl.oauthbearer.jwt.validator.class",
        "Kafka's own are understood; others are refused",
    ),
    (
        "security.protocol",
        "`PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`, in any case",
    ),
    (
        "ssl.keystore.location",
        "a store of the type below, found beside the configuration file; a changed one is taken up",
    ),
    (
        "ssl.truststore.location",
        "a store of the type below, found beside the configuration file; a changed one is taken up",
    ),
    (
        "ssl.key.password",
        "the same; may lie in a file, as `${directory:PATH:KEY}`",
    ),
    (
        "ssl.keystore.password",
        "the same; may lie in a file, as `${directory:PATH:KEY}`",
    ),
    (
        "ssl.truststore.password",
        "the same; may lie in a file, as `${directory:PATH:KEY}`",
    ),
    ("ssl.keystore.type", "`JKS`, `JCEKS`, `PKCS12` or `PEM`"),
    ("ssl.truststore.type", "`JKS`, `JCEKS`, `PKCS12` or `PEM`"),
    (
        "value.serializer",
        "no effect: values are always written as bytes",
    ),
    (
        "config.providers",
        "names for Kafka's `DirectoryConfigProvider` and `FileConfigProvider`, which are there as `directory` and `file` anyway",
    ),
    (
        "sasl.client.callback.handler.class",
        "that of AWS MSK is understood; others are refused",
    ),
    (
        "sasl.jaas.config",
        "the login module says how to log in: PLAIN, SCRAM, GSSAPI, OAUTHBEARER or AWS MSK IAM",
    ),
    ("sasl.kerberos.kinit.cmd", "the path of `kinit`"),
    (
        "sasl.kerberos.min.time.before.relogin",
        "how often `kinit` is run with a key tab",
    ),
    ("sasl.kerberos.service.name", "the same; needed for GSSAPI"),
    (
        "sasl.login.callback.handler.class",
        "Kafka's own and that of AWS MSK are understood; others are refused",
    ),
    (
        "sasl.login.connect.timeout.ms",
        "for the endpoint of tokens; default here 10000",
    ),
    (
        "sasl.login.read.timeout.ms",
        "for the endpoint of tokens; default here 10000",
    ),
    (
        "sasl.login.retry.backoff.max.ms",
        "for the endpoint of tokens",
    ),
    ("sasl.login.retry.backoff.ms", "for the endpoint of tokens"),
    (
        "sasl.mechanism",
        "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512`, `GSSAPI`, `OAUTHBEARER` or `AWS_MSK_IAM`",
    ),
    (
        "sasl.oauthbearer.jwt.retriever.class",
        "Kafka's own for an endpoint or a file; the one for assertions is refused, and so are others",
    ),
    (
        "sasl.oauthbearer.jwt.validator.class",
        "Kafka's own for clients, without effect: brokers check tokens; others are refused",
    ),
    (
        "sasl.oauthbearer.token.endpoint.url",
        "`https://` or `http://` for an endpoint, `file://` for a file with a token",
    ),
    (
        "security.protocol",
        "`PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`, in any case",
    ),
    (
        "ssl.cipher.suites",
        "Java's names or OpenSSL's, for TLS 1.2; the three suites of TLS 1.3 are always offered",
    ),
    (
        "ssl.enabled.protocols",
        "`TLSv1.2`, `TLSv1.3` or both; TLS 1.3 cannot be switched off",
    ),
    (
        "ssl.endpoint.identification.algorithm",
        "`https`; empty switches it off, with a warning",
    ),
    ("ssl.key.password", "the same"),
    (
        "ssl.keystore.certificate.chain",
        "PEM text, for the type `PEM`",
    ),
    ("ssl.keystore.key", "PEM text, for the type `PEM`"),
    (
        "ssl.keystore.location",
        "a file of the type JKS, JCEKS, PKCS12 or PEM; a change of it is taken up",
    ),
    (
        "ssl.keystore.type",
        "`JKS`, `JCEKS`, `PKCS12` or `PEM`; of the first three the file tells itself which it is",
    ),
    (
        "ssl.protocol",
        "`TLS`, `TLSv1.2` or `TLSv1.3`, without effect: see `ssl.enabled.protocols`",
    ),
    (
        "ssl.truststore.certificates",
        "PEM text, for the type `PEM`",
    ),
    (
        "ssl.truststore.location",
        "a file of the type JKS, JCEKS, PKCS12 or PEM; without one the system's authorities are trusted",
    ),
    (
        "ssl.truststore.type",
        "`JKS`, `JCEKS`, `PKCS12` or `PEM`; of the first three the file tells itself which it is",
    ),
    ("sasl.oauthbearer.client.credentials.client.id", "the same"),
    (
        "sasl.oauthbearer.client.credentials.client.secret",
        "the same",
    ),
    ("sasl.oauthbearer.header.urlencode", "the same"),
    ("sasl.oauthbearer.scope", "the same"),
    ("sasl.oauthbearer.sub.claim.name", "the same"),
    ("ssl.keystore.password", "the same"),
    ("ssl.truststore.password", "the same"),
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
