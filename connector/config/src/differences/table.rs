//! The table of differences, in the order of the file.

use super::{
    Difference,
    When::{self, Absent, Always, Given, Is, Names},
};

const JSON: &[&str] = &["json", "flat-json"];
const AVRO: &[&str] = &["avro", "kafka-avro"];
const DYNAMIC: &[&str] = &["namespace", "set", "bin", "path"];

pub(super) const TABLE: &[Difference] = &[
    // The program itself.
    row(
        "",
        Always,
        "the file is looked for at `/etc/aeroduct/aerospike-kafka-outbound.yml`",
        "name another place with `--config FILE`",
    ),
    row(
        "",
        Always,
        "a file with an unknown key, or with a key in the wrong place, is refused, with exit code 2",
        "`check` names each one and the nearest known key",
    ),
    row(
        "",
        Always,
        "there is no JVM: `JAVA_OPTS`, heap sizes, native libraries and jars in `usr-lib` have no meaning",
        "measure memory anew: `aeroduct.max-in-flight-bytes` bounds most of it",
    ),
    row(
        "",
        Always,
        "the start shows the configuration in the log without its secrets, where the vendor's connector \
         shows them",
        "",
    ),
    row(
        "",
        Always,
        "a record that Kafka has not acknowledged after 5 s is answered `temporary error`, where the vendor's \
         connector holds it until the source gives up at 10 s and closes the connection",
        "expect more answered errors and fewer closed connections while Kafka is down; \
         `aeroduct.reply-deadline` moves the limit",
    ),
    row(
        "",
        Always,
        "records that Kafka refuses for good (too large, invalid) are answered `permanent error`, where the \
         vendor's connector lets the source send them again for ever",
        "set `aeroduct.dead-letter` to keep them",
    ),
    row(
        "",
        Always,
        "a connection without data stays open, where the vendor's connector closes it after 30 s",
        "`aeroduct.idle-timeout: 30s` closes it too",
    ),
    row(
        "",
        Always,
        "at SIGTERM Kafka has up to 25 s to acknowledge what is under way, where the vendor's connector leaves \
         after 2 to 4 s",
        "let the supervisor wait 30 s; `aeroduct.drain-timeout` moves the limit",
    ),
    row(
        "",
        Always,
        "at most 4096 connections are open, and a frame has at most 16 MiB",
        "`aeroduct.max-connections` and `aeroduct.max-frame-bytes` move the limits",
    ),
    row(
        "",
        Always,
        "transaction monitor records, which servers from 8.0 on keep in the set `<ERO~MRT`, are skipped",
        "",
    ),
    row(
        "",
        Names("/etc/aerospike-kafka-outbound"),
        "is a path of the vendor's packages and image",
        "see that it exists here and may be read, or write it relative to the configuration file",
    ),
    row(
        "",
        Names("/opt/aerospike-kafka-outbound"),
        "is a path of the vendor's packages and image",
        "see that it exists here and may be read",
    ),
    row(
        "",
        Names("/var/log/aerospike-kafka-outbound"),
        "is a path of the vendor's packages",
        "make the folder and let the connector write there, or name another one",
    ),
    // service
    row(
        "service.protocol",
        Is(&["HTTP", "HTTP_1_1", "HTTP_2"]),
        "all three spellings serve HTTP/1.1 and HTTP/2 on the same port",
        "",
    ),
    row(
        "service.io-threads",
        Given,
        "these threads also route, format and answer; there is no second pool behind them",
        "leave it out for one per processor",
    ),
    row(
        "service.worker-threads",
        Given,
        "has no effect: the thread that reads a record also dispatches it",
        "remove it, and look at `service.io-threads`",
    ),
    row(
        "service.max-concurrent-records",
        Given,
        "is one of two limits; the other is `aeroduct.max-in-flight-bytes`, 256 MiB or a quarter of the \
         container's memory",
        "look at both where records are large",
    ),
    row(
        "service.manage",
        Given,
        "metrics have the vendor's names and many of our own; those of the JVM (`jvm.*`) are not there, \
         and `requests-ordering-error` is always 0",
        "compare dashboards with `docs/metrics.md`; liveness and readiness are at `/livez` and `/readyz`",
    ),
    row(
        "service.cluster-name",
        Absent,
        "is `aeroduct-connector` by default, and not the vendor's product name",
        "set it where dashboards group by it",
    ),
    row(
        "service.socket-receive-buffer-bytes",
        Given,
        "is what one read asks for, in one buffer for each of the `io-threads`; the receive buffer of the \
         system stays as it is",
        "leave it out, unless records are larger than 256 KiB",
    ),
    // producer-props
    row(
        "producer-props",
        Given,
        "properties have the Java producer's names, and are translated for librdkafka; each that has another \
         effect here, or none, has a warning",
        "see the table of properties in `docs/reference.md`",
    ),
    row(
        "producer-props.linger.ms",
        Absent,
        "is 0 by default: records that arrive while a batch is under way make the next one, so there is nothing \
         to wait for",
        "",
    ),
    row(
        "producer-props.batch.size",
        Absent,
        "is 1000000 by default, and not 16384: batches are fewer and larger",
        "",
    ),
    // routing
    row(
        "routing.mode",
        Is(DYNAMIC),
        "names from records become at most 1000 topics, and a record for a further one is refused for good",
        "raise `aeroduct.max-topics` where you have more",
    ),
    row(
        "routing.mode",
        Is(DYNAMIC),
        "a name that is no legal topic after the transforms takes `default`; without `default` the record is \
         refused for good",
        "set `default`, or `aeroduct.dead-letter`",
    ),
    row(
        "routing.mode",
        Is(&["bin"]),
        "a delete has no bins and goes to `default`, always",
        "have `default` name a topic that consumers of deletes read",
    ),
    row(
        "routing.mode",
        Is(&["path"]),
        "the topic is what follows `/`, `/aerospike/kafka/publish` or `/connect` in the path of a request; \
         over TCP there is none, so `default` is taken",
        "",
    ),
    row(
        "routing.mode",
        Is(&["custom"]),
        "is refused: a Java class cannot be loaded",
        "use `namespace`, `set` or `bin` with `transforms`",
    ),
    // format
    row(
        "format.mode",
        Is(JSON),
        "every delete has `durable`, and `gen` and `lut` where the source ships them",
        "see that consumers of deletes take fields they do not know",
    ),
    row(
        "format.mode",
        Is(JSON),
        "NaN and infinities are the texts `\"NaN\"`, `\"Infinity\"` and `\"-Infinity\"`; broken UTF-8 becomes \
         U+FFFD; collections nested deeper than 64 levels fail the record",
        "",
    ),
    row(
        "format.mode",
        Is(&["flat-json"]),
        "a record with a bin named as `metadata-key` is refused for good",
        "choose a `metadata-key` that no bin has",
    ),
    row(
        "format.mode",
        Is(&["json", "message-pack"]),
        "the key of the message is the record's key of four parts, in the form of the format: a choice of \
         ours, since the vendor's pages are silent",
        "compare the keys of some messages before consumers rely on them; `key` chooses another source",
    ),
    row(
        "format.mode",
        Is(AVRO),
        "a bin that a record schema does not name fails the record, and a missing one takes null or the \
         field's `default`",
        "try the schema with a sample of records; `aeroduct.dead-letter` keeps what does not fit",
    ),
    row(
        "format.mode",
        Is(&["kafka-avro"]),
        "deletes have the schema `com.aerospike.connect.AerospikeOutboundDelete`, registered beside yours",
        "see that the registry lets the connector register it, and that consumers know it",
    ),
    row(
        "format.mode",
        Is(&["xdr"]),
        "is ours: the vendor's Kafka connector does not have this mode",
        "choose another one before you go back to it",
    ),
    row(
        "format.mode",
        Is(&["custom"]),
        "is refused: a Java class cannot be loaded",
        "use another mode and change messages behind Kafka, in a stream processor",
    ),
    row(
        "key",
        Given,
        "is ours: the vendor's connector chooses the key by `format` alone",
        "remove it before you go back to the vendor's connector",
    ),
    // bin-transforms, custom-transformer
    row(
        "bin-transforms",
        Given,
        "a record of which two bins get one name is refused for good",
        "see that `map` and `transforms` keep names apart",
    ),
    row(
        "custom-transformer",
        Given,
        "is refused: a Java class cannot be loaded",
        "use `bin-transforms` to choose and rename bins, `routing.mode: skip` to leave records out, or change \
         messages behind Kafka",
    ),
    // batching
    row(
        "batching",
        Given,
        "a batch is one array of the single messages, of records for one partition; its key is the array of \
         their keys",
        "see that consumers take arrays; `key: { source: key-hash }` or `none` gives other keys",
    ),
    row(
        "batching",
        Given,
        "without `batch-interval` a batch is sent after 4 s at the latest, and not after 8 s, so that its \
         records are answered within `aeroduct.reply-deadline`",
        "",
    ),
    // record-ordering
    row(
        "record-ordering",
        Given,
        "a version older than what Kafka has is answered `success` and not published, as the newest vendor's \
         versions do; older ones answer `temporary error`",
        "count them as skipped (`rule=\"stale-version\"`), and not as `requests-ordering-error`",
    ),
    row(
        "record-ordering.lut-cache-ttl-seconds",
        Given,
        "a remembered record takes some 90 bytes, and not 256; of more than 3670016 those whose time ends \
         first are forgotten early",
        "",
    ),
    // logging
    row(
        "logging.file",
        Given,
        "is rotated at midnight GMT to `FILE.YYYY-MM-DD`; `max-history` of these are kept",
        "adapt what collects rotated files",
    ),
    row(
        "logging.levels",
        Given,
        "loggers are `server`, `record-parser`, `kafka` and `metrics-ticker`; `com.aerospike.connect` stands for \
         the connector's own, `com.kafka.clients` and `org.apache.kafka` for `kafka`; other Java names match \
         nothing",
        "rename the loggers that you need",
    ),
    row(
        "logging",
        Given,
        "lines have the vendor's form; their texts are our own, but for the start and the ticker of metrics",
        "adapt alerts that look for a text of the vendor's",
    ),
    row(
        "feature-key-file",
        Given,
        "has no effect: this connector needs no feature key; the server needs its own as before",
        "remove it",
    ),
    row(
        "aeroduct",
        Given,
        "is ours: the vendor's connector does not know this section",
        "remove it before you go back to the vendor's connector",
    ),
];

const fn row(
    key: &'static str,
    when: When,
    here: &'static str,
    remedy: &'static str,
) -> Difference {
    Difference {
        key,
        when,
        here,
        remedy,
    }
}
