//! The names of the official connector, mapped from ours in one table.
//!
//! The same table gives the JSON of `GET /manage/rest/v1/metrics`, the Prometheus groups
//! `aerospike_kafka_outbound_<group>{status=...}` and the lines of the log ticker.

use serde_json::{Map, Value};

use super::distribution::Summary;
use super::rates::Rate;
use super::snapshot::Snapshot;
use super::text::{Exposition, Kind};

/// What the official Prometheus names begin with.
const PREFIX: &str = "aerospike_kafka_outbound";

/// Microseconds per millisecond: durations are shown in milliseconds.
const PER_MS: f64 = 1_000.0;

/// One official metric.
#[derive(Clone, Copy, Debug)]
pub struct Official {
    /// The name in JSON and in the log.
    pub name: &'static str,
    /// Group and status in Prometheus, where they are known.
    pub prometheus: Option<(&'static str, &'static str)>,
    /// Our metric that says the same; `None` for what cannot happen here.
    pub ours: Option<&'static str>,
    reading: Reading,
}

/// How a metric is read, and what it shows beside its count.
#[derive(Clone, Copy, Debug)]
enum Reading {
    Count(fn(&Snapshot) -> u64),
    /// A count and its rate.
    Meter(fn(&Snapshot) -> (u64, Rate)),
    /// A count, its rate, and the distribution of durations in microseconds.
    Timer(fn(&Snapshot) -> (u64, Rate, Summary)),
    /// A distribution of sizes in bytes.
    Sizes(fn(&Snapshot) -> Summary),
    /// A last value, once there was one.
    Last(fn(&Snapshot) -> Option<u64>),
}

/// All official metrics, in the order in which they are shown.
///
/// Names that changed over the official releases are served under each name.
pub const TABLE: &[Official] = &[
    Official {
        name: "connections",
        prometheus: None,
        ours: Some("aeroduct_connector_connections_opened_total"),
        reading: Reading::Meter(|it| (it.totals.opened, it.recent.connections)),
    },
    Official {
        name: "connections-active",
        prometheus: Some(("connections", "active")),
        ours: Some("aeroduct_connector_connections_active"),
        reading: Reading::Count(|it| it.totals.active()),
    },
    Official {
        name: "connections-closed",
        prometheus: Some(("connections", "closed")),
        ours: Some("aeroduct_connector_connections_closed_total"),
        reading: Reading::Count(|it| it.totals.closed),
    },
    Official {
        name: "requests-total",
        prometheus: Some(("requests", "total")),
        ours: Some("aeroduct_connector_reply_latency_seconds"),
        reading: Reading::Timer(|it| {
            let recent = &it.recent;
            (it.totals.answered(), recent.answered, recent.read_to_reply)
        }),
    },
    Official {
        name: "requests-success",
        prometheus: Some(("requests", "success")),
        ours: Some("aeroduct_connector_records_published_total"),
        reading: Reading::Count(|it| it.recent.published),
    },
    Official {
        name: "requests-error",
        prometheus: Some(("requests", "error")),
        ours: Some("aeroduct_connector_records_answered_total"),
        reading: Reading::Count(|it| it.totals.errors()),
    },
    Official {
        name: "requests-errors",
        prometheus: None,
        ours: Some("aeroduct_connector_records_answered_total"),
        reading: Reading::Count(|it| it.totals.errors()),
    },
    Official {
        name: "requests-parse-error",
        prometheus: Some(("requests", "parse-error")),
        ours: Some("aeroduct_connector_messages_malformed_total"),
        reading: Reading::Count(|it| it.totals.malformed),
    },
    Official {
        name: "requests-skipped",
        prometheus: Some(("requests", "skipped")),
        ours: Some("aeroduct_connector_records_skipped_total"),
        reading: Reading::Count(|it| it.totals.all_skipped()),
    },
    Official {
        name: "requests-queued",
        prometheus: Some(("requests", "queued")),
        ours: Some("aeroduct_connector_in_flight_records"),
        reading: Reading::Count(|it| it.outside.in_flight_records),
    },
    Official {
        name: "records-inprocess",
        prometheus: None,
        ours: Some("aeroduct_connector_in_flight_records"),
        reading: Reading::Count(|it| it.outside.in_flight_records),
    },
    // Records are never refused for their order: it is kept by the way they take.
    Official {
        name: "requests-ordering-error",
        prometheus: None,
        ours: None,
        reading: Reading::Meter(|_| (0, Rate::default())),
    },
    Official {
        name: "requests-lag",
        prometheus: None,
        ours: Some("aeroduct_connector_change_to_kafka_seconds"),
        reading: Reading::Last(|it| it.totals.last_lag_ms),
    },
    Official {
        name: "record-payload-size",
        prometheus: None,
        ours: Some("aeroduct_connector_record_bytes"),
        reading: Reading::Sizes(|it| it.recent.record_bytes),
    },
    Official {
        name: "kafka-producers",
        prometheus: None,
        ours: Some("aeroduct_connector_producer_clients_created_total"),
        reading: Reading::Count(|it| it.outside.producer.clients_created),
    },
    Official {
        name: "kafka-producers-active",
        prometheus: Some(("kafka_producers", "active")),
        ours: Some("aeroduct_connector_producer_clients_created_total"),
        reading: Reading::Count(|it| {
            let producer = &it.outside.producer;
            producer
                .clients_created
                .saturating_sub(producer.clients_closed)
        }),
    },
    Official {
        name: "kafka-producers-closed",
        prometheus: Some(("kafka_producers", "closed")),
        ours: Some("aeroduct_connector_producer_clients_closed_total"),
        reading: Reading::Count(|it| it.outside.producer.clients_closed),
    },
];

impl Official {
    /// The count or value that Prometheus shows.
    fn number(&self, snapshot: &Snapshot) -> Option<u64> {
        match self.reading {
            Reading::Count(read) => Some(read(snapshot)),
            Reading::Meter(read) => Some(read(snapshot).0),
            Reading::Timer(read) => Some(read(snapshot).0),
            Reading::Sizes(read) => Some(read(snapshot).count),
            Reading::Last(read) => read(snapshot),
        }
    }

    fn json(&self, snapshot: &Snapshot) -> Option<Value> {
        let value = match self.reading {
            Reading::Count(read) => read(snapshot).into(),
            Reading::Meter(read) => {
                let (count, rate) = read(snapshot);
                object([("count", count.into()), ("rate", figures(&rate.named()))])
            }
            Reading::Timer(read) => {
                let (count, rate, duration) = read(snapshot);
                object([
                    ("count", count.into()),
                    ("rate", figures(&rate.named())),
                    ("duration", figures(&duration.named(PER_MS))),
                ])
            }
            Reading::Sizes(read) => {
                let sizes = read(snapshot);
                let mut value = Map::from_iter([("count".to_owned(), sizes.count.into())]);
                if let Value::Object(named) = figures(&sizes.named(1.0)) {
                    value.extend(named);
                }
                value.into()
            }
            Reading::Last(read) => read(snapshot)?.into(),
        };
        Some(value)
    }

    /// The lines of the log ticker about this metric.
    pub(super) fn lines(&self, snapshot: &Snapshot) -> Vec<String> {
        let name = self.name;
        let count = |count: u64| format!("{name}: count={count}");
        let rate = |rate: &Rate| format!("{name}: rate(per second) {}", listed(&rate.named()));
        match self.reading {
            Reading::Count(read) => vec![count(read(snapshot))],
            Reading::Meter(read) => {
                let (total, per_second) = read(snapshot);
                vec![count(total), rate(&per_second)]
            }
            Reading::Timer(read) => {
                let (total, per_second, duration) = read(snapshot);
                let duration = listed(&duration.named(PER_MS));
                let duration = format!("{name}: duration(ms) {duration}");
                vec![count(total), rate(&per_second), duration]
            }
            Reading::Sizes(read) => {
                let sizes = read(snapshot);
                let listed = listed(&sizes.named(1.0));
                vec![count(sizes.count), format!("{name}: size(bytes) {listed}")]
            }
            Reading::Last(read) => {
                let value = read(snapshot);
                value
                    .map(|value| format!("{name}: value={value}"))
                    .into_iter()
                    .collect()
            }
        }
    }
}

/// The answer to `GET /manage/rest/v1/metrics`. A metric without a value yet is left out.
pub fn json(snapshot: &Snapshot) -> Value {
    let entries = TABLE.iter().filter_map(|official| {
        let value = official.json(snapshot)?;
        Some((official.name.to_owned(), value))
    });
    Value::Object(entries.collect())
}

/// Adds the official groups to an exposition.
pub fn expose(snapshot: &Snapshot, exposition: &mut Exposition) {
    let groups = [
        ("connections", "Connections from the database"),
        ("requests", "Records by what became of them"),
        ("kafka_producers", "Kafka clients"),
    ];
    for (group, help) in groups {
        let name = format!("{PREFIX}_{group}");
        let mut samples = exposition.metric(&name, Kind::Untyped, help);
        for official in TABLE {
            if let Some((of_group, status)) = official.prometheus
                && of_group == group
                && let Some(number) = official.number(snapshot)
            {
                let labels = [
                    ("status", status),
                    ("cluster_name", snapshot.cluster_name.as_str()),
                ];
                samples.count(&labels, number);
            }
        }
    }
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries.map(|(name, value)| (name.to_owned(), value));
    Value::Object(Map::from_iter(entries))
}

fn figures(named: &[(&str, f64)]) -> Value {
    let entries = named.iter();
    Value::Object(
        entries
            .map(|&(name, value)| (name.to_owned(), rounded(value).into()))
            .collect(),
    )
}

/// `min=0.0, max=0.0`: as Java writes doubles.
fn listed(named: &[(&str, f64)]) -> String {
    let parts = named.iter();
    let parts = parts.map(|&(name, value)| format!("{name}={:?}", rounded(value)));
    parts.collect::<Vec<_>>().join(", ")
}

/// Three digits after the point are more than anybody reads.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
