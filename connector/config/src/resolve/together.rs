//! What items mean together, of one level or of several that apply to the same records.

use std::collections::BTreeMap;

use super::{
    Report,
    key::is_for_batches,
    levels::{Kind, Level, Levels},
};
use crate::{
    check::child,
    config::{FormatConfig, RoutingConfig},
    plan::{AeroductPlan, Headers, Protocol, ServicePlan},
};

/// Looks at the items that meet in some records; whether anything is published, be it dead letters
/// alone.
pub(super) fn check(
    levels: &Levels<'_>,
    service: &ServicePlan,
    aeroduct: &AeroductPlan,
    report: &mut Report<'_>,
) -> bool {
    let mut meetings = Meetings::default();
    for kind in levels.kinds(&service.ports).filter(Kind::is_published) {
        meetings.add(&kind);
    }
    if !meetings.does_publish {
        warn_of_nothing(levels, service, report);
    }
    refuse_keys_without_batches(levels, &meetings, report);
    for (path, format) in &meetings.bins_without_effect {
        let message = format!(
            "has no effect where `{format}` applies: mode `xdr` publishes a message as it was received"
        );
        report.warn(path, message);
    }
    if let (Headers::Metadata, Some(batching)) = (aeroduct.headers, &meetings.batching) {
        let message = format!(
            "has no effect where `{batching}` applies: a batch has no headers, since it has no single \
             record's metadata"
        );
        report.warn("aeroduct.headers", message);
    }
    warn_of_paths_over_tcp(levels, service, report);
    warn_of_shared_dead_letters(levels, aeroduct, report);
    warn_of_items_without_value(levels, report);
    meetings.does_publish || aeroduct.dead_letter.is_some()
}

/// What was found about the records that are published. Of several that say the same the first is
/// enough.
#[derive(Default)]
struct Meetings {
    does_publish: bool,
    /// Path of a `batching` that is on.
    batching: Option<String>,
    /// Paths of keys for batches alone, each with records that are in no batch.
    keys_without_batches: BTreeMap<String, String>,
    /// Paths of `bin-transforms`, each with that of the format that leaves nothing to it.
    bins_without_effect: BTreeMap<String, String>,
}

impl Meetings {
    fn add(&mut self, kind: &Kind<'_, '_>) {
        self.does_publish = true;
        let batching = kind.batching();
        if let (None, Some((level, _))) = (&self.batching, batching) {
            self.batching = Some(child(&level.path, "batching"));
        }
        let key = kind.item(|level| level.key);
        if let (None, Some((level, _))) =
            (batching, key.filter(|(_, key)| is_for_batches(key.source)))
        {
            let path = child(&level.path, "key");
            self.keys_without_batches
                .entry(path)
                .or_insert_with(|| records_of(kind));
        }
        let format = kind.item(|level| level.format);
        if let (Some((bins, _)), Some((format, FormatConfig::Xdr {}))) =
            (kind.item(|level| level.bins), format)
        {
            let path = child(&bins.path, "bin-transforms");
            self.bins_without_effect
                .entry(path)
                .or_insert_with(|| child(&format.path, "format"));
        }
    }
}

/// The records of a kind, as a message calls them.
fn records_of(kind: &Kind<'_, '_>) -> String {
    let set = kind.set.map(|set| format!("of set {set:?}"));
    let namespace = kind
        .namespace
        .map(|namespace| format!("of namespace {namespace:?}"));
    let port = kind.port.map(|port| format!("at port {port}"));
    let parts: Vec<_> = [set, namespace, port].into_iter().flatten().collect();
    if parts.is_empty() {
        "in general".to_owned()
    } else {
        format!("for records {}", parts.join(" "))
    }
}

fn refuse_keys_without_batches(levels: &Levels<'_>, meetings: &Meetings, report: &mut Report<'_>) {
    let batching = |level: &Level<'_>| child(&level.path, "batching");
    if meetings.keys_without_batches.is_empty()
        || report.is_faulty("service.port")
        || levels
            .iter()
            .any(|level| report.is_faulty(&batching(level)))
    {
        return;
    }
    for (path, records) in &meetings.keys_without_batches {
        let reason = format!("is for batches alone, and `batching` is off {records}");
        let remedy = "switch `batching` on there, or use another source";
        report.error(&child(path, "source"), reason, remedy);
    }
}

/// Nothing reaches Kafka. That is worth a word, unless routing says so.
fn warn_of_nothing(levels: &Levels<'_>, service: &ServicePlan, report: &mut Report<'_>) {
    const SKIPPED: &str = "every record is skipped, and answered with success";

    let has_routing = levels.iter().any(|level| level.routing.is_some());
    let has_format = levels.iter().any(|level| level.format.is_some());
    if !has_routing {
        report.warn("routing", format!("is absent: {SKIPPED}"));
    }
    if !has_format {
        report.warn("format", format!("is absent: {SKIPPED}"));
    }
    let mut routings = levels
        .kinds(&service.ports)
        .filter_map(|kind| kind.item(|level| level.routing));
    let is_meant = |(_, routing): (_, &RoutingConfig)| !matches!(routing, RoutingConfig::Skip {});
    if has_format && routings.any(is_meant) {
        let message = format!("is absent wherever `routing` names a topic: {SKIPPED}");
        report.warn("format", message);
    }
}

/// Only HTTP requests have a path.
fn warn_of_paths_over_tcp(levels: &Levels<'_>, service: &ServicePlan, report: &mut Report<'_>) {
    if service.protocol != Protocol::Tcp || report.is_faulty("service.protocol") {
        return;
    }
    for level in levels.iter() {
        if let Some(RoutingConfig::Path { .. }) = level.routing {
            let message = "is for HTTP, and `service.protocol` is TCP: no record has a path, so each \
                           takes `default`";
            report.warn(&child(&child(&level.path, "routing"), "mode"), message);
        }
    }
}

/// A topic that records are routed to is no place for those that cannot be.
fn warn_of_shared_dead_letters(
    levels: &Levels<'_>,
    aeroduct: &AeroductPlan,
    report: &mut Report<'_>,
) {
    let Some(dead_letter) = &aeroduct.dead_letter else {
        return;
    };
    let topic_of = |routing: &_| match routing {
        RoutingConfig::Static { destination } => Some(("destination", destination.clone())),
        RoutingConfig::Namespace { default, .. }
        | RoutingConfig::Set { default, .. }
        | RoutingConfig::Bin { default, .. }
        | RoutingConfig::Path { default, .. } => Some(("default", default.clone()?)),
        RoutingConfig::Skip {} | RoutingConfig::Custom { .. } => None,
    };
    let shared = levels.iter().find_map(|level| {
        let (key, topic) = topic_of(level.routing?)?;
        (topic == dead_letter.as_str()).then(|| child(&child(&level.path, "routing"), key))
    });
    if let Some(path) = shared {
        let message = format!(
            "is the topic of `{path}` too: its readers find frames as received among the messages"
        );
        report.warn("aeroduct.dead-letter.destination", message);
    }
}

/// An item whose lines were all taken out looks as if it were there.
fn warn_of_items_without_value(levels: &Levels<'_>, report: &mut Report<'_>) {
    for level in levels.iter() {
        let is_general = level.path.is_empty();
        let items = [
            // Of the general ones there is a word already, where nothing is published for it.
            ("routing", level.routing.is_some() || is_general),
            ("format", level.format.is_some() || is_general),
            ("key", level.key.is_some()),
            ("bin-transforms", level.bins.is_some()),
            ("batching", level.batching.is_some()),
            ("record-ordering", level.ordering.is_some()),
        ];
        for (item, is_there) in items {
            let path = child(&level.path, item);
            if !is_there && report.is_null(&path) {
                report.warn(&path, "has no value, so it is as if it were not there");
            }
        }
    }
}
