//! The table of our own metrics.

use std::time::Duration;

use super::{Native, PER_SECOND, Reading};
use crate::metrics::distribution::{Counts, float};
use crate::metrics::outside::Brokers;
use crate::metrics::snapshot::Snapshot;
use crate::metrics::text::Kind;

/// Most topics that are shown one by one.
const TOPICS_MAX: usize = 1_000;

/// All metrics of ours, part by part.
pub const TABLES: [&[Native]; 5] = [PROGRAM, CONNECTIONS, RECORDS, PRODUCER, PROCESS];

const PROGRAM: &[Native] = &[
    with(
        "aeroduct_connector_build_info",
        Kind::Gauge,
        "Always 1; says which version runs and for which group of instances",
        Reading::Samples(|it, samples| {
            let labels = [
                ("version", env!("CARGO_PKG_VERSION")),
                ("cluster_name", it.cluster_name.as_str()),
            ];
            samples.count(&labels, 1);
        }),
    ),
    gauge(
        "aeroduct_connector_uptime_seconds",
        "Time since the start",
        |it| it.uptime.as_secs(),
    ),
    with(
        "aeroduct_connector_shard_silence_seconds",
        Kind::Gauge,
        "Time since the event loop of a shard last came round; above 5 the shard is stuck",
        Reading::Samples(|it, samples| {
            for (shard, silent) in it
                .totals
                .silent
                .iter()
                .map(Duration::as_secs_f64)
                .enumerate()
            {
                samples.value(&[("shard", &shard.to_string())], silent);
            }
        }),
    ),
    with(
        "aeroduct_connector_back_pressure_seconds_total",
        Kind::Counter,
        "Time in which shards would have read and had to wait for room, added up",
        Reading::Value(|it| Some(it.totals.stalled.as_secs_f64())),
    ),
];

const CONNECTIONS: &[Native] = &[
    counter(
        "aeroduct_connector_connections_opened_total",
        "Connections accepted from the database",
        |it| it.totals.opened,
    ),
    counter(
        "aeroduct_connector_connections_closed_total",
        "Connections closed, by whichever side",
        |it| it.totals.closed,
    ),
    counter(
        "aeroduct_connector_connections_broken_total",
        "Connections closed for a fault of the peer, among all that were closed",
        |it| it.totals.broken,
    ),
    with(
        "aeroduct_connector_connections_refused_total",
        Kind::Counter,
        "Connections closed at once",
        Reading::Samples(|it, samples| {
            samples.count(&[("reason", "max-connections")], it.totals.refused);
        }),
    ),
    gauge(
        "aeroduct_connector_connections_active",
        "Connections that are open",
        |it| it.totals.active(),
    ),
    with(
        "aeroduct_connector_http_responses_total",
        Kind::Counter,
        "HTTP requests answered on the ports of the service, pages of the management API among them",
        Reading::Samples(|it, samples| {
            for (status, &count) in &it.totals.responses {
                samples.count(&[("status", status)], count);
            }
        }),
    ),
    counter(
        "aeroduct_connector_reads_total",
        "Reads that brought whole records",
        |it| it.totals.reads,
    ),
    counter(
        "aeroduct_connector_received_bytes_total",
        "Bytes of whole records received, frame headers included",
        |it| it.totals.received_bytes,
    ),
];

const RECORDS: &[Native] = &[
    counter(
        "aeroduct_connector_records_received_total",
        "Records received",
        |it| it.totals.received_records,
    ),
    with(
        "aeroduct_connector_records_answered_total",
        Kind::Counter,
        "Records answered; success covers what was skipped by rule too",
        Reading::Samples(|it, samples| {
            let totals = &it.totals;
            for (answer, count) in [
                ("success", totals.success),
                ("temporary", totals.temporary),
                ("permanent", totals.permanent),
            ] {
                samples.count(&[("answer", answer)], count);
            }
        }),
    ),
    counter(
        "aeroduct_connector_records_published_total",
        "Records answered with success because Kafka acknowledged them",
        |it| it.recent.published,
    ),
    with(
        "aeroduct_connector_records_skipped_total",
        Kind::Counter,
        "Records that a rule keeps from being published",
        Reading::Samples(|it, samples| {
            for (rule, &count) in &it.totals.skipped {
                samples.count(&[("rule", rule)], count);
            }
        }),
    ),
    with(
        "aeroduct_connector_records_failed_total",
        Kind::Counter,
        "Records that were not published, or not in time",
        Reading::Samples(|it, samples| {
            for (reason, &count) in &it.totals.failed {
                samples.count(&[("reason", reason)], count);
            }
        }),
    ),
    counter(
        "aeroduct_connector_messages_malformed_total",
        "Messages that are no sound records, answered with a permanent error or sent as dead letters",
        |it| it.totals.malformed,
    ),
    counter(
        "aeroduct_connector_dead_letters_total",
        "Records sent to the topic of aeroduct.dead-letter, which would have been refused for good",
        |it| it.totals.letters,
    ),
    gauge(
        "aeroduct_connector_remembered_records",
        "Records whose last update is remembered, because record-ordering is on",
        |it| it.outside.remembered_records,
    ),
    counter(
        "aeroduct_connector_forgotten_records_total",
        "Records whose last update was forgotten before its time, because too many are remembered; \
         an older version of one that comes late is published",
        |it| it.outside.forgotten_records,
    ),
    counter(
        "aeroduct_connector_records_ahead_total",
        "Records changed in the future, as the connector's clock has it: the clocks differ",
        |it| it.totals.ahead,
    ),
    with(
        "aeroduct_connector_record_bytes",
        Kind::Histogram,
        "Size of the records received; the records of one read count as their mean",
        Reading::Samples(|it, samples| samples.histogram(&[], &it.totals.record_bytes, 1.0)),
    ),
    gauge(
        "aeroduct_connector_in_flight_records",
        "Records without an answer or without the word of Kafka",
        |it| it.outside.in_flight_records,
    ),
    gauge(
        "aeroduct_connector_in_flight_records_limit",
        "Records in flight at which reading stops",
        |it| it.outside.in_flight_records_limit,
    ),
    gauge(
        "aeroduct_connector_in_flight_bytes",
        "Memory of the records in flight",
        |it| it.outside.in_flight_bytes,
    ),
    gauge(
        "aeroduct_connector_in_flight_bytes_limit",
        "Memory in flight at which reading stops",
        |it| it.outside.in_flight_bytes_limit,
    ),
    gauge(
        "aeroduct_connector_overdue",
        "1 while overdue messages hold the window and records are not produced",
        |it| it.outside.is_overdue.into(),
    ),
    durations(
        "aeroduct_connector_reply_latency_seconds",
        "From the read of a record to its reply",
        |it| &it.totals.read_to_reply,
    ),
    durations(
        "aeroduct_connector_change_to_kafka_seconds",
        "From the change in the database to the acknowledgement of Kafka",
        |it| &it.totals.change_to_kafka,
    ),
    with(
        "aeroduct_connector_stage_seconds",
        Kind::Histogram,
        "Stages of the way of a record: read-to-submit, submit-to-report, read-to-report, \
         report-to-reply",
        Reading::Samples(|it, samples| {
            let totals = &it.totals;
            for (stage, counts) in [
                ("read-to-submit", &totals.read_to_submit),
                ("submit-to-report", &totals.submit_to_report),
                ("read-to-report", &totals.read_to_report),
                ("report-to-reply", &totals.report_to_reply),
            ] {
                samples.histogram(&[("stage", stage)], counts, PER_SECOND);
            }
        }),
    ),
];

const PRODUCER: &[Native] = &[
    counter(
        "aeroduct_connector_producer_messages_total",
        "Messages given to the Kafka client",
        |it| it.outside.producer.produced_messages,
    ),
    counter(
        "aeroduct_connector_producer_bytes_total",
        "Bytes of those messages",
        |it| it.outside.producer.produced_bytes,
    ),
    counter(
        "aeroduct_connector_producer_delivered_messages_total",
        "Messages that Kafka acknowledged",
        |it| it.outside.producer.delivered_messages,
    ),
    counter(
        "aeroduct_connector_producer_delivered_bytes_total",
        "Bytes of those messages",
        |it| it.outside.producer.delivered_bytes,
    ),
    with(
        "aeroduct_connector_producer_failed_messages_total",
        Kind::Counter,
        "Messages that Kafka did not acknowledge",
        Reading::Samples(|it, samples| {
            for &(reason, count) in &it.outside.producer.failed {
                samples.count(&[("reason", reason)], count);
            }
        }),
    ),
    counter(
        "aeroduct_connector_producer_batches_total",
        "Batches given to the Kafka client",
        |it| it.outside.producer.batches,
    ),
    counter(
        "aeroduct_connector_producer_quarantined_batches_total",
        "Batches sent again one by one because one message spoilt them",
        |it| it.outside.producer.quarantined_batches,
    ),
    counter(
        "aeroduct_connector_producer_clients_created_total",
        "Kafka clients made",
        |it| it.outside.producer.clients_created,
    ),
    counter(
        "aeroduct_connector_producer_clients_closed_total",
        "Kafka clients closed",
        |it| it.outside.producer.clients_closed,
    ),
    counter(
        "aeroduct_connector_producer_rebuilds_total",
        "Kafka clients replaced after a fatal error",
        |it| it.outside.producer.fatal_errors,
    ),
    counter(
        "aeroduct_connector_producer_renewals_total",
        "Kafka clients whose place one with changed properties has taken, such as a new certificate",
        |it| it.outside.producer.renewals,
    ),
    with(
        "aeroduct_connector_producer_login_errors_total",
        Kind::Counter,
        "How often no TLS connection to a broker came about, a broker did not accept who we are, or \
         no token was to be had",
        Reading::Samples(|it, samples| {
            let producer = &it.outside.producer;
            for (kind, count) in [
                ("authentication", producer.authentication_errors),
                ("tls", producer.tls_errors),
                ("token", producer.token_errors),
            ] {
                samples.count(&[("kind", kind)], count);
            }
        }),
    ),
    with(
        "aeroduct_connector_producer_login_reloads_total",
        Kind::Counter,
        "Changed passwords, keys and certificates of `producer-props`, by whether they could be used",
        Reading::Samples(|it, samples| {
            let login = it.outside.login;
            for (result, count) in [("taken", login.taken), ("refused", login.refused)] {
                samples.count(&[("result", result)], count);
            }
        }),
    ),
    gauge(
        "aeroduct_connector_producer_waiting_messages",
        "Messages that wait for the Kafka client",
        |it| it.outside.producer.waiting_messages,
    ),
    gauge(
        "aeroduct_connector_producer_waiting_bytes",
        "Bytes of those messages",
        |it| it.outside.producer.waiting_bytes,
    ),
    gauge(
        "aeroduct_connector_producer_outstanding_messages",
        "Messages with the Kafka client that have no report yet",
        |it| it.outside.producer.outstanding_messages,
    ),
    with(
        "aeroduct_connector_producer_brokers",
        Kind::Gauge,
        "1 for the state that the brokers are in",
        Reading::Samples(|it, samples| {
            for (state, brokers) in [
                ("unknown", Brokers::Unknown),
                ("up", Brokers::Up),
                ("down", Brokers::Down),
            ] {
                let is_in_it = it.outside.producer.brokers == brokers;
                samples.count(&[("state", state)], is_in_it.into());
            }
        }),
    ),
    gauge(
        "aeroduct_connector_producer_topics",
        "Topics used since the start",
        |it| it.outside.producer.topics,
    ),
    gauge(
        "aeroduct_connector_producer_breakers_open",
        "Topics that refuse records at the moment",
        |it| u64::try_from(it.outside.producer.breakers.len()).unwrap_or(u64::MAX),
    ),
    with(
        "aeroduct_connector_producer_breaker_open",
        Kind::Gauge,
        "1 for each topic that refuses records at the moment; the first 1000 of them",
        Reading::Samples(|it, samples| {
            for breaker in it.outside.producer.breakers.iter().take(TOPICS_MAX) {
                let labels = [
                    ("topic", breaker.topic.as_str()),
                    ("reason", breaker.reason),
                ];
                samples.count(&labels, 1);
            }
        }),
    ),
];

const PROCESS: &[Native] = &[
    with(
        "process_cpu_seconds_total",
        Kind::Counter,
        "Processor time used",
        Reading::Value(|it| it.process.cpu_seconds),
    ),
    with(
        "process_resident_memory_bytes",
        Kind::Gauge,
        "Memory in use",
        Reading::Value(|it| it.process.resident_bytes.map(float)),
    ),
    with(
        "process_open_fds",
        Kind::Gauge,
        "Open file descriptors",
        Reading::Value(|it| it.process.open_files.map(float)),
    ),
    with(
        "process_threads",
        Kind::Gauge,
        "Threads",
        Reading::Value(|it| it.process.threads.map(float)),
    ),
];

const fn counter(name: &'static str, help: &'static str, read: fn(&Snapshot) -> u64) -> Native {
    with(name, Kind::Counter, help, Reading::Count(read))
}

const fn gauge(name: &'static str, help: &'static str, read: fn(&Snapshot) -> u64) -> Native {
    with(name, Kind::Gauge, help, Reading::Count(read))
}

const fn durations(
    name: &'static str,
    help: &'static str,
    read: fn(&Snapshot) -> &Counts,
) -> Native {
    with(name, Kind::Histogram, help, Reading::Durations(read))
}

const fn with(name: &'static str, kind: Kind, help: &'static str, reading: Reading) -> Native {
    Native {
        name,
        kind,
        help,
        reading,
    }
}
