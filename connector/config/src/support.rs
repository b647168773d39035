//! What of the official file this version refuses, in one place.
//!
//! Whoever brings support for a key removes its row here and uses the key in the plan.

/// Why a key or value that the official file has is refused, and what to do instead.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) reason: &'static str,
    pub(crate) remedy: &'static str,
}

const NOT_YET: &str = "not supported yet";
const JAVA: &str = "asks for a Java class, which this connector cannot load";

/// Keys that are refused whatever their value: path, reason, remedy.
const KEYS: &[(&str, Refusal)] = &[
    (
        "aeroduct.dead-letter",
        refusal(
            NOT_YET,
            "remove the key; such records are answered with a permanent error",
        ),
    ),
    (
        "aeroduct.headers",
        refusal(NOT_YET, "remove the key; messages have no headers"),
    ),
    (
        "aeroduct.idle-timeout",
        refusal(NOT_YET, "remove the key; idle connections stay open"),
    ),
    (
        "aeroduct.max-connection-age",
        refusal(
            NOT_YET,
            "remove the key; connections are not closed for their age",
        ),
    ),
    (
        "aeroduct.max-topics",
        refusal(
            NOT_YET,
            "remove the key; the number of topics is not limited",
        ),
    ),
    (
        "aeroduct.timestamp",
        refusal(
            NOT_YET,
            "remove the key; the timestamp is the producer's clock",
        ),
    ),
    (
        "batching",
        refusal(
            NOT_YET,
            "remove the section; each record is a message of its own",
        ),
    ),
    (
        "bin-transforms",
        refusal(
            NOT_YET,
            "remove the section; every bin is published under its own name",
        ),
    ),
    (
        "custom-transformer",
        refusal(
            JAVA,
            "remove the section and change records in a consumer of the topic",
        ),
    ),
    (
        "feature-key-file",
        refusal(
            NOT_YET,
            "remove the key; this connector needs no feature key",
        ),
    ),
    (
        "key",
        refusal(
            NOT_YET,
            "remove the section; the key is the record's own, in the form that fits `format`",
        ),
    ),
    (
        "namespaces",
        refusal(
            NOT_YET,
            "remove the section, or run a connector for each of them, with a datacenter of its own",
        ),
    ),
    (
        "port-based-config",
        refusal(
            NOT_YET,
            "remove the section, or run a connector for each port",
        ),
    ),
    (
        "record-ordering",
        refusal(
            NOT_YET,
            "remove the section; order is kept for each connection",
        ),
    ),
    (
        "service.http2-max-concurrent-streams",
        refusal(NOT_YET, "remove the key; changes arrive over TCP alone"),
    ),
    (
        "service.manage.tls",
        refusal(
            NOT_YET,
            "remove the section and use `service.manage.port`, on a private address",
        ),
    ),
    (
        "service.tls",
        refusal(
            NOT_YET,
            "remove the section and use `service.port`, inside a network you trust",
        ),
    ),
];

/// Values that are refused under a key: path, value, reason, remedy.
const VALUES: &[(&str, &str, Refusal)] = &[
    ("format.mode", "avro", refusal(NOT_YET, USE_JSON)),
    ("format.mode", "custom", refusal(JAVA, USE_JSON)),
    ("format.mode", "kafka-avro", refusal(NOT_YET, USE_JSON)),
    ("format.mode", "message-pack", refusal(NOT_YET, USE_JSON)),
    ("format.mode", "xdr", refusal(NOT_YET, USE_JSON)),
    (
        "routing.mode",
        "custom",
        refusal(JAVA, "use `static`, `skip`, `namespace`, `set` or `bin`"),
    ),
    (
        "routing.mode",
        "path",
        refusal(NOT_YET, "use `static`, `skip`, `namespace`, `set` or `bin`"),
    ),
    ("service.protocol", "HTTP", refusal(NOT_YET, USE_TCP)),
    ("service.protocol", "HTTP_1_1", refusal(NOT_YET, USE_TCP)),
    ("service.protocol", "HTTP_2", refusal(NOT_YET, USE_TCP)),
];

const USE_JSON: &str = "use `json` or `flat-json`";
const USE_TCP: &str = "use `TCP`, which servers from 5.0 on speak";

const fn refusal(reason: &'static str, remedy: &'static str) -> Refusal {
    Refusal { reason, remedy }
}

/// Why the key at `path` is refused, if it is.
pub(crate) fn refused_key(path: &str) -> Option<&'static Refusal> {
    KEYS.iter()
        .find(|(key, _)| *key == path)
        .map(|(_, refusal)| refusal)
}

/// Why `value` is refused under the key at `path`, if it is.
pub(crate) fn refused_value(path: &str, value: &str) -> Option<&'static Refusal> {
    VALUES
        .iter()
        .find(|(key, refused, _)| *key == path && *refused == value)
        .map(|(.., refusal)| refusal)
}

#[cfg(test)]
pub(crate) fn refused_keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(path, _)| *path)
}

#[cfg(test)]
pub(crate) fn refused_values() -> impl Iterator<Item = (&'static str, &'static str)> {
    VALUES.iter().map(|(path, value, _)| (*path, *value))
}
