//! `routing` and `format`: where a record goes, and how it is written.

use super::Report;
use crate::{
    config::{Config, FormatConfig, RegexConfig, RoutingConfig, TransformConfig},
    java_regex::{Regex, Replacement},
    plan::{
        Block, Format, Items, NameRoute, OutboundPlan, Routing, TopicName, TransformStep,
        Transforms,
    },
};

/// Longest name of a bin, in bytes, as in the database.
const BIN_NAME_LEN_MAX: usize = 15;

pub(super) fn resolve(config: &Config, report: &mut Report<'_>) -> OutboundPlan {
    let items = Items {
        routing: resolve_routing(config.routing.as_ref(), report),
        format: resolve_format(config.format.as_ref(), report),
        ..Items::default()
    };
    OutboundPlan {
        general: Block {
            items,
            ..Block::default()
        },
        ..OutboundPlan::default()
    }
}

fn resolve_routing(config: Option<&RoutingConfig>, report: &mut Report<'_>) -> Option<Routing> {
    match config {
        None => {
            report.warn(
                "routing",
                "is absent: every record is skipped, and answered with success",
            );
            None
        }
        Some(RoutingConfig::Static { destination }) => {
            topic(destination, "routing.destination", report).map(Routing::Static)
        }
        Some(RoutingConfig::Skip {}) => Some(Routing::Skip),
        Some(RoutingConfig::Namespace {
            default,
            transforms,
        }) => {
            warn_without_default(default.as_ref(), "a record whose namespace", report);
            Some(Routing::Namespace(name_route(
                default.as_ref(),
                transforms.as_deref(),
                report,
            )))
        }
        Some(RoutingConfig::Set {
            default,
            transforms,
        }) => {
            warn_without_default(
                default.as_ref(),
                "a record that has no set, or whose set",
                report,
            );
            Some(Routing::Set(name_route(
                default.as_ref(),
                transforms.as_deref(),
                report,
            )))
        }
        Some(RoutingConfig::Bin {
            bin,
            default,
            transforms,
        }) => {
            if bin.len() > BIN_NAME_LEN_MAX {
                let reason = format!("has {} bytes, more than {BIN_NAME_LEN_MAX}", bin.len());
                report.error("routing.bin", reason, "name a bin of the database");
            }
            warn_without_default(
                default.as_ref(),
                "a record that has no such bin (no delete has), or whose bin",
                report,
            );
            let route = name_route(default.as_ref(), transforms.as_deref(), report);
            Some(Routing::Bin {
                bin: bin.clone(),
                route,
            })
        }
        // Refused by name before, see `support`.
        Some(RoutingConfig::Path { .. } | RoutingConfig::Custom { .. }) => None,
    }
}

fn resolve_format(config: Option<&FormatConfig>, report: &mut Report<'_>) -> Option<Format> {
    match config {
        None => {
            report.warn(
                "format",
                "is absent: every record is skipped, and answered with success",
            );
            None
        }
        Some(FormatConfig::Json { stringify_map_keys }) => Some(Format::Json {
            stringify_map_keys: stringify_map_keys.unwrap_or(true),
        }),
        Some(FormatConfig::FlatJson {
            metadata_key,
            stringify_map_keys,
        }) => Some(Format::FlatJson {
            metadata_key: metadata_key.clone(),
            stringify_map_keys: stringify_map_keys.unwrap_or(true),
        }),
        // Refused by name before, see `support`.
        Some(
            FormatConfig::MessagePack {}
            | FormatConfig::Avro { .. }
            | FormatConfig::KafkaAvro { .. }
            | FormatConfig::Xdr {}
            | FormatConfig::Custom { .. },
        ) => None,
    }
}

fn warn_without_default(default: Option<&String>, which: &str, report: &mut Report<'_>) {
    if default.is_none() {
        let message = format!("is absent: {which} is no legal topic name, is refused for good");
        report.warn("routing.default", message);
    }
}

fn name_route(
    default: Option<&String>,
    transforms: Option<&[TransformConfig]>,
    report: &mut Report<'_>,
) -> NameRoute {
    let default = default.and_then(|default| topic(default, "routing.default", report));
    let steps =
        (0..)
            .zip(transforms.unwrap_or_default())
            .filter_map(|(index, transform): (usize, _)| match transform {
                TransformConfig::Lowercase => Some(TransformStep::Lowercase),
                TransformConfig::Uppercase => Some(TransformStep::Uppercase),
                TransformConfig::Trim => Some(TransformStep::Trim),
                TransformConfig::Regex(config) => regex(
                    config,
                    &format!("routing.transforms[{index}].regex"),
                    report,
                ),
            });
    NameRoute {
        default,
        transforms: Transforms::new(steps.collect()),
    }
}

fn regex(config: &RegexConfig, path: &str, report: &mut Report<'_>) -> Option<TransformStep> {
    let regex = match Regex::new(&config.pattern) {
        Ok(regex) => regex,
        Err(error) => {
            let reason = format!("{} at character {}", error.reason, error.position);
            report.error(&format!("{path}.pattern"), reason, error.remedy);
            return None;
        }
    };
    match Replacement::parse(&config.replacement, &regex) {
        Ok(replacement) => Some(TransformStep::Regex(regex, replacement)),
        Err(error) => {
            let text = error.to_string();
            let (reason, remedy) = text
                .split_once("; ")
                .unwrap_or((&text, "see Java's String.replaceAll"));
            report.error(&format!("{path}.replacement"), reason, remedy);
            None
        }
    }
}

fn topic(name: &str, path: &str, report: &mut Report<'_>) -> Option<TopicName> {
    let topic = TopicName::try_from(name.to_owned());
    if topic.is_err() {
        let remedy = "use 1 to 249 of A-Z a-z 0-9 . _ -, but not . or .. alone";
        report.error(path, "is no legal topic name", remedy);
    }
    topic.ok()
}
