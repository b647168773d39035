//! A plan while its properties are being read.

use std::fmt::Display;

use crate::{
    leading_zero,
    secret::{Secret, Setting},
};

use super::{Finding, Findings, Partitioner, Property, PropertyValue, security};

/// What librdkafka takes for a property, and what Java does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Flag,
    /// A whole number. Java takes those from `least` to `most`; librdkafka holds those of `held`,
    /// to which others are moved with a warning.
    Number {
        least: i64,
        most: i64,
        held: (i64, i64),
    },
    Choice(&'static [&'static str]),
    Text,
}

/// How many replicas must have a message before it counts as written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) enum Acks {
    #[default]
    All,
    Leader,
    None,
}

/// What the user gave, where more than one property must be known to act on it.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) acks: Option<Acks>,
    pub(super) idempotence: Option<bool>,
    pub(super) retries: Option<i64>,
    pub(super) in_flight: Option<i64>,
    pub(super) linger_ms: Option<i64>,
    pub(super) batch_bytes: Option<i64>,
    pub(super) delivery_timeout_ms: Option<i64>,
    pub(super) request_timeout_ms: Option<i64>,
    pub(super) message_bytes: Option<i64>,
    pub(super) compression: Option<&'static str>,
    pub(super) compression_level: Option<i64>,
    pub(super) gzip_level: Option<i64>,
    pub(super) lz4_level: Option<i64>,
    pub(super) zstd_level: Option<i64>,
    pub(super) reconnect_ms: Option<i64>,
    pub(super) reconnect_max_ms: Option<i64>,
    pub(super) retry_ms: Option<i64>,
    pub(super) retry_max_ms: Option<i64>,
    pub(super) serializer: Option<String>,
}

/// There is no value, and an error that says why was told.
pub(super) struct Told;

/// Collects what the properties say.
pub(super) struct Draft<'f> {
    findings: &'f mut Findings,
    /// For librdkafka, in order, each name once.
    pub(super) properties: Vec<(String, Setting)>,
    pub(super) bootstrap_servers: Vec<String>,
    pub(super) partitioner: Partitioner,
    pub(super) given: Given,
    /// What is looked at when everything is read.
    pub(super) security: security::Given,
    /// Fingerprints of the files that librdkafka reads itself.
    pub(super) read_elsewhere: Vec<u64>,
    /// Whether no value is missing that lies in a file out of reach.
    pub(super) is_complete: bool,
}

impl<'f> Draft<'f> {
    pub(super) fn new(findings: &'f mut Findings) -> Self {
        Self {
            findings,
            properties: Vec::new(),
            bootstrap_servers: Vec::new(),
            partitioner: Partitioner::Key,
            given: Given::default(),
            security: security::Given::default(),
            read_elsewhere: Vec::new(),
            is_complete: true,
        }
    }

    pub(super) fn refuse(
        &mut self,
        name: &str,
        reason: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.findings.errors.push((
            name.to_owned(),
            Finding {
                reason: reason.into(),
                remedy: remedy.into(),
            },
        ));
    }

    pub(super) fn warn(&mut self, name: &str, message: impl Into<String>) {
        self.findings
            .warnings
            .push((name.to_owned(), message.into()));
    }

    /// Sets one of librdkafka's properties to what anybody may see.
    pub(super) fn put(&mut self, name: &str, value: impl Display) {
        self.put_setting(name, Setting::Open(value.to_string()));
    }

    /// Sets one of librdkafka's properties.
    pub(super) fn put_setting(&mut self, name: &str, value: Setting) {
        match self.properties.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.properties.push((name.to_owned(), value)),
        }
    }

    /// Sets one of librdkafka's properties where nothing was set so far.
    pub(super) fn put_default(&mut self, name: &str, value: impl Display) {
        if !self.properties.iter().any(|(known, _)| known == name) {
            self.put(name, value);
        }
    }

    /// Sets librdkafka's property `name` to what `property` says.
    pub(super) fn set(&mut self, name: &str, property: &Property, kind: Kind) {
        let value = match kind {
            Kind::Flag => self.flag(property).map(|flag| flag.to_string()),
            Kind::Number { .. } => self.number(property, kind).map(|number| number.to_string()),
            Kind::Choice(choices) => self.choice(property, choices).map(str::to_owned),
            Kind::Text => self.text(property).map(str::to_owned),
        };
        if let Some(value) = value {
            self.put_setting(name, property.setting(value));
        }
    }

    /// The one value of a property, without white space around it.
    pub(super) fn text<'p>(&mut self, property: &'p Property) -> Option<&'p str> {
        match &property.value {
            PropertyValue::Text(text) => Some(trimmed(text.expose())),
            PropertyValue::List(_) => {
                self.refuse(
                    &property.name,
                    "is a list, where one value is expected",
                    "write the value alone",
                );
                None
            }
        }
    }

    /// The items of a list, which may be one text with commas.
    pub(super) fn items(property: &Property) -> Vec<&str> {
        let items: Vec<&str> = match &property.value {
            PropertyValue::Text(text) => text.expose().split(',').collect(),
            PropertyValue::List(items) => items.iter().map(Secret::expose).collect(),
        };
        items
            .into_iter()
            .map(trimmed)
            .filter(|item| !item.is_empty())
            .collect()
    }

    pub(super) fn flag(&mut self, property: &Property) -> Option<bool> {
        let text = self.text(property)?;
        match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.refuse(
                    &property.name,
                    format!("{} is neither true nor false", property.quoted(text)),
                    "write true or false",
                );
                None
            }
        }
    }

    pub(super) fn choice(
        &mut self,
        property: &Property,
        choices: &'static [&'static str],
    ) -> Option<&'static str> {
        let text = self.text(property)?;
        let choice = choices.iter().find(|choice| **choice == text).copied();
        if choice.is_none() {
            let remedy = format!("use one of {}", choices.join(", "));
            self.refuse(
                &property.name,
                format!("{} is not among its values", property.quoted(text)),
                remedy,
            );
        }
        choice
    }

    /// The number of a [`Kind::Number`], moved to what librdkafka holds.
    pub(super) fn number(&mut self, property: &Property, kind: Kind) -> Option<i64> {
        let Kind::Number { least, most, held } = kind else {
            return None;
        };
        let text = self.text(property)?;
        let unit = if property.name.rsplit('.').next() == Some("ms") {
            " of milliseconds"
        } else {
            ""
        };
        let remedy = format!(
            "use a whole number{unit} from {least} to {}",
            most.min(held.1)
        );
        let Ok(number) = text.parse::<i64>() else {
            self.refuse(
                &property.name,
                format!("{} is no whole number", property.quoted(text)),
                remedy,
            );
            return None;
        };
        if let Some(remedy) = leading_zero::remedy(text) {
            let reason = format!("{} {}", property.quoted(text), leading_zero::REASON);
            self.refuse(&property.name, reason, remedy);
            return None;
        }
        if !(least..=most).contains(&number) {
            let reason = format!("{} is out of bounds", property.shown(text));
            self.refuse(&property.name, reason, remedy);
            return None;
        }
        let moved = number.clamp(held.0, held.1);
        if moved != number {
            self.warn(
                &property.name,
                format!("{} cannot be held; {moved} is used", property.shown(text)),
            );
        }
        Some(moved)
    }
}

/// The text without what Java takes for white space around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}
