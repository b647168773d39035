//! `producer-props`: the Java producer's properties, translated for librdkafka.
//!
//! Every property is in exactly one class (13.23 of the behaviour notes): the same in both,
//! translated, done by the connector itself, without effect, refused, or not supported yet. The
//! table is the one place that knows them; rules that tie properties together are in `rules`.

use std::time::Duration;

use draft::Draft;
use table::{Class, class_of};

mod apply;
mod base;
mod brokers;
mod draft;
mod librdkafka;
mod rules;
mod table;
#[cfg(test)]
mod tests;

/// The Kafka producer, checked and translated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProducerPlan {
    /// `HOST:PORT` of the brokers asked first. Empty where none were given.
    pub bootstrap_servers: Vec<String>,
    /// Names and values as librdkafka takes them, `bootstrap.servers` included.
    pub properties: Vec<(String, String)>,
    /// How long a message may wait for others of its partition: Java's `linger.ms`, zero by
    /// default.
    pub linger: Duration,
    /// Bytes at which a batch of one partition is full: Java's `batch.size`, 1 000 000 by default.
    pub batch_bytes: usize,
    /// Bytes of the largest message: Java's `max.request.size`, 1 MiB by default.
    pub message_bytes: usize,
    /// How the partition of a message is chosen.
    pub partitioner: Partitioner,
    /// How long Kafka is tried for one message: Java's `delivery.timeout.ms`, two minutes by
    /// default.
    pub delivery_timeout: Duration,
    /// Whether retries can neither write a message twice nor out of order.
    pub idempotent: bool,
}

/// How the partition of a message is chosen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Partitioner {
    /// By the hash of the key, as the Java producer does: all versions of one record go to one
    /// partition.
    #[default]
    Key,
    /// Each partition in turn, whatever the key.
    RoundRobin,
}

/// One property as the file has it.
#[derive(Clone, Debug)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) value: PropertyValue,
}

/// The value of a property.
#[derive(Clone, Debug)]
pub(crate) enum PropertyValue {
    Text(String),
    List(Vec<String>),
}

/// What is to be said about the properties, each by its name.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) errors: Vec<(String, Finding)>,
    pub(crate) warnings: Vec<(String, String)>,
}

/// Why a property cannot be used.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Finding {
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

/// Translates `properties`. What is wrong or worth a word goes to `findings`; with errors among
/// them the plan is of no use.
pub(crate) fn translate(properties: &[Property], findings: &mut Findings) -> ProducerPlan {
    let mut draft = Draft::new(findings);
    for property in properties {
        if refers_to_file(&property.value) {
            let reason = "takes its value from a file, which is not supported yet";
            draft.refuse(&property.name, reason, "write the value itself");
            continue;
        }
        match class_of(&property.name) {
            Class::Same(kind) => draft.set(&property.name, property, kind),
            Class::Translated(apply) | Class::Ours(apply) => apply(&mut draft, property),
            Class::WithoutEffect(why) => {
                draft.warn(&property.name, format!("has no effect: {why}"));
            }
            Class::Refused { reason, remedy } => draft.refuse(&property.name, reason, remedy),
            Class::NotYet => draft.refuse(
                &property.name,
                format!("is not supported yet; {}", apply::PLAIN_ONLY),
                "leave it out and use a PLAINTEXT listener of the brokers",
            ),
            Class::Consumer => draft.refuse(
                &property.name,
                "belongs to Kafka's consumer; the connector only produces",
                "leave it out",
            ),
            Class::Unknown => {
                let remedy = table::nearest(&property.name).map_or_else(
                    || "leave it out".to_owned(),
                    |known| format!("did you mean {known}?"),
                );
                draft.refuse(&property.name, "is no property of Kafka's producer", remedy);
            }
        }
    }
    rules::finish(draft)
}

/// Whether a value is a reference of Kafka's config providers (13.31).
fn refers_to_file(value: &PropertyValue) -> bool {
    let refers = |text: &String| {
        ["${directory:", "${file:", "${env:"]
            .iter()
            .any(|opening| text.contains(opening))
    };
    match value {
        PropertyValue::Text(text) => refers(text),
        PropertyValue::List(items) => items.iter().any(refers),
    }
}
