//! `producer-props`: the Kafka producer, from the Java producer's names.

use super::{Report, batching::longest_wait};
use crate::{
    check::child,
    config::{self, Properties},
    plan::{AeroductPlan, ProducerPlan},
    producer::{self, Finding, Findings, PropertyValue},
};

const SECTION: &str = "producer-props";

/// The producer, which needs brokers where `does_publish`.
pub(super) fn resolve(
    config: Option<&Properties>,
    does_publish: bool,
    aeroduct: &AeroductPlan,
    report: &mut Report<'_>,
) -> ProducerPlan {
    let properties: Vec<_> = config
        .into_iter()
        .flat_map(Properties::iter)
        .map(|(name, value)| producer::Property {
            name: name.to_owned(),
            value: value.into(),
        })
        .collect();
    let mut findings = Findings::default();
    let mut plan = producer::translate(&properties, &mut findings);
    let is_given = properties
        .iter()
        .any(|property| property.name == "bootstrap.servers");
    if does_publish && !is_given {
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
    let longest = longest_wait(aeroduct.reply_deadline);
    if plan.linger > longest {
        let message = format!(
            "counts as {} ms, since records are answered within `aeroduct.reply-deadline`, {} ms",
            longest.as_millis(),
            aeroduct.reply_deadline.as_millis()
        );
        report.warn(&child(SECTION, "linger.ms"), message);
        plan.linger = longest;
    }
    plan
}

impl From<&config::Property> for PropertyValue {
    fn from(value: &config::Property) -> Self {
        match value {
            config::Property::Text(text) => Self::Text(text.clone()),
            config::Property::List(items) => Self::List(items.clone()),
        }
    }
}
