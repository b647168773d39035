//! `producer-props`: the Kafka producer, from the Java producer's names.

use std::{fmt, time::Duration};

use super::{Report, batching::longest_wait};
use crate::{
    check::{Places, child},
    config::{self, Properties},
    diagnostic::Diagnostics,
    files::Files,
    plan::{AeroductPlan, ProducerPlan},
    producer::{self, Finding, Findings, PropertyValue},
    reference::Origin,
};

#[cfg(test)]
mod tests;

const SECTION: &str = "producer-props";

/// What a producer's plan is made of, so that it can be made again when a file has changed.
#[derive(Clone)]
pub(crate) struct ProducerSource {
    properties: Vec<producer::Property>,
    /// Whether records are published, so that brokers are needed.
    does_publish: bool,
    reply_deadline: Duration,
    places: Places,
    /// What the configuration file is called.
    origin: String,
}

/// Leaves the values out: a password may be among them.
impl fmt::Debug for ProducerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProducerSource").finish_non_exhaustive()
    }
}

impl ProducerSource {
    pub(super) fn new(
        config: Option<&Properties>,
        does_publish: bool,
        aeroduct: &AeroductPlan,
        places: &Places,
        origin: &str,
    ) -> Self {
        let properties = config.into_iter().flat_map(Properties::iter);
        Self {
            properties: properties
                .map(|(name, value)| producer::Property {
                    name: name.to_owned(),
                    value: value.into(),
                    origin: Origin::Written,
                })
                .collect(),
            does_publish,
            reply_deadline: aeroduct.reply_deadline,
            places: places.within(SECTION),
            origin: origin.to_owned(),
        }
    }

    /// Makes the plan once more, of what `files` hold now.
    pub(crate) fn plan(&self, files: &dyn Files) -> Result<ProducerPlan, Diagnostics> {
        let mut report = Report::new(files, &self.places, &[]);
        let plan = resolve(self, &mut report);
        if report.errors.is_empty() {
            Ok(plan)
        } else {
            Err(Diagnostics::new(&self.origin, report.errors))
        }
    }
}

pub(super) fn resolve(source: &ProducerSource, report: &mut Report<'_>) -> ProducerPlan {
    let properties = &source.properties;
    let mut findings = Findings::default();
    let mut plan = producer::translate(properties, report.files, &mut findings);
    let is_given = properties
        .iter()
        .any(|property| property.name == "bootstrap.servers");
    if source.does_publish && !is_given {
        let remedy =
            "add the brokers that are asked first, such as `bootstrap.servers: [broker-1:9092]`";
        report.error(&child(SECTION, "bootstrap.servers"), "is missing", remedy);
    }
    for (property, Finding { reason, remedy }) in findings.errors {
        report.error(&child(SECTION, &property), reason, remedy);
    }
    for (property, message) in findings.warnings {
        report.warn(&child(SECTION, &property), message);
    }
    let longest = longest_wait(source.reply_deadline);
    if plan.linger > longest {
        let message = format!(
            "counts as {} ms, since records are answered within `aeroduct.reply-deadline`, {} ms",
            longest.as_millis(),
            source.reply_deadline.as_millis()
        );
        report.warn(&child(SECTION, "linger.ms"), message);
        plan.linger = longest;
    }
    plan
}

impl From<&config::Property> for PropertyValue {
    fn from(value: &config::Property) -> Self {
        match value {
            config::Property::Text(text) => Self::Text(text.as_str().into()),
            config::Property::List(items) => {
                Self::List(items.iter().map(|item| item.as_str().into()).collect())
            }
        }
    }
}
