//! `producer-props`: the Java producer's properties, translated for librdkafka.
//!
//! Every property is in exactly one class (13.23 of the behaviour notes): the same in both,
//! translated, done by the connector itself, without effect, or refused. The
//! table is the one place that knows them; rules that tie properties together are in `rules`.

use std::{path::PathBuf, time::Duration};

use crate::{
    files::{Files, Noted},
    reference::Origin,
    secret::{Secret, Setting, has_credentials, is_secret_name},
};
pub use sasl::{
    AwsKeys, AwsRole, ClientCredentials, MskIamPlan, OAuthBearerPlan, SaslPlan, TokenOrigin,
};

use draft::Draft;
use table::{Class, class_of};

mod apply;
mod base;
mod brokers;
mod draft;
mod librdkafka;
#[cfg(test)]
pub(crate) mod page;
mod place;
mod providers;
mod rules;
mod sasl;
mod secure;
mod security;
mod table;
#[cfg(test)]
mod tests;
mod tls;

/// The Kafka producer, checked and translated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProducerPlan {
    /// `HOST:PORT` of the brokers asked first. Empty where none were given.
    pub bootstrap_servers: Vec<String>,
    /// Names and values as librdkafka takes them, `bootstrap.servers` included.
    pub properties: Vec<(String, Setting)>,
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
    /// How to log in; `None` where `security.protocol` asks for no login.
    pub sasl: Option<SaslPlan>,
    /// Files that values were taken from. When one of them changes,
    /// [`Plan::producer_again`](crate::Plan::producer_again) makes this plan again.
    pub files: Vec<PathBuf>,
    /// Whether all files that the properties name could be seen. If not, values are missing, and no
    /// producer can be made of this.
    pub is_complete: bool,
    /// Fingerprints of the files that librdkafka reads itself, so that a change of them shows.
    read_elsewhere: Vec<u64>,
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

/// What is different between two plans of one producer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProducerChange {
    /// Nothing that matters to the producer.
    None,
    /// What it logs in with, and nothing else: the client it has can take it up, by a new user and
    /// password or with the next token.
    Credentials,
    /// Something that only a new client takes up.
    Client,
}

/// What librdkafka logs in with, and can be told anew.
const CREDENTIALS: [&str; 2] = ["sasl.username", "sasl.password"];

impl ProducerPlan {
    /// What is different in `next`, which was made of the same properties later.
    pub fn change_to(&self, next: &Self) -> ProducerChange {
        let without_credentials = |plan: &Self| {
            let mut plan = plan.clone();
            plan.properties
                .retain(|(name, _)| !CREDENTIALS.contains(&name.as_str()));
            plan.sasl = None;
            plan.files.clear();
            plan
        };
        if without_credentials(self) != without_credentials(next) {
            ProducerChange::Client
        } else if (&self.properties, &self.sasl) != (&next.properties, &next.sasl) {
            ProducerChange::Credentials
        } else {
            ProducerChange::None
        }
    }
}

/// One property.
#[derive(Clone)]
pub(crate) struct Property {
    pub(crate) name: String,
    pub(crate) value: PropertyValue,
    /// Where the value comes from, or a part of it.
    pub(crate) origin: Origin,
}

/// The value of a property.
#[derive(Clone)]
pub(crate) enum PropertyValue {
    Text(Secret),
    List(Vec<Secret>),
}

impl Property {
    /// Whether anybody may see the value.
    fn is_open(&self) -> bool {
        self.origin == Origin::Written && !is_secret_name(&self.name)
    }

    /// The value, unless it is a list.
    fn one(&self) -> Option<&Secret> {
        match &self.value {
            PropertyValue::Text(text) => Some(text),
            PropertyValue::List(_) => None,
        }
    }

    /// `text`, which is the value or a part of it, for a message.
    fn shown(&self, text: &str) -> String {
        if self.is_open() && !has_credentials(text) {
            text.to_owned()
        } else {
            "the value".to_owned()
        }
    }

    /// As [`Self::shown`], in quotes.
    fn quoted(&self, text: &str) -> String {
        if self.is_open() && !has_credentials(text) {
            format!("{text:?}")
        } else {
            "the value".to_owned()
        }
    }

    /// `value`, which is made of the property's, for librdkafka.
    fn setting(&self, value: String) -> Setting {
        if self.is_open() && !has_credentials(&value) {
            Setting::Open(value)
        } else {
            Setting::Secret(Secret::new(value))
        }
    }
}

/// Whether the value of the property `name` may be shown: whether it is a known one, and none that
/// holds a secret.
pub(crate) fn is_open_property(name: &str) -> bool {
    !is_secret_name(name) && !matches!(class_of(name), Class::Unknown)
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

/// Translates `properties`, which may name `files`. What is wrong or worth a word goes to `findings`;
/// with errors among them the plan is of no use.
pub(crate) fn translate(
    properties: &[Property],
    files: &dyn Files,
    findings: &mut Findings,
) -> ProducerPlan {
    let files = Noted::new(files);
    let mut draft = Draft::new(findings);
    let providers = providers::read(properties, &mut draft);
    let expanded: Vec<_> = properties
        .iter()
        .filter_map(|property| providers::expand(property, &providers, &files, &mut draft))
        .collect();
    for property in &expanded {
        if property.origin == Origin::Unseen {
            draft.is_complete = false;
        }
        match class_of(&property.name) {
            Class::Same(_) | Class::Translated(_) | Class::Ours(_)
                if property.origin == Origin::Unseen => {}
            Class::Together => draft.security.insert(property),
            Class::Same(kind) => draft.set(&property.name, property, kind),
            Class::Translated(apply) | Class::Ours(apply) => apply(&mut draft, property),
            Class::WithoutEffect(why) => {
                draft.warn(&property.name, format!("has no effect: {why}"));
            }
            Class::Refused { reason, remedy } => draft.refuse(&property.name, reason, remedy),
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
    let sasl = security::finish(&mut draft, &files);
    ProducerPlan {
        sasl,
        files: files.paths(),
        ..rules::finish(draft)
    }
}
