//! `routing`: where a record goes.

use super::{Report, bins::check_bin_name, transforms};
use crate::{
    check::child,
    config::{RoutingConfig, TransformConfig},
    plan::{NameRoute, Routing, TopicName},
};

/// The routing at `path`; `None` after an error.
pub(super) fn resolve(
    config: &RoutingConfig,
    path: &str,
    report: &mut Report<'_>,
) -> Option<Routing> {
    Some(match config {
        RoutingConfig::Static { destination } => {
            Routing::Static(topic(destination, &child(path, "destination"), report)?)
        }
        RoutingConfig::Skip {} => Routing::Skip,
        RoutingConfig::Namespace {
            default,
            transforms,
        } => {
            let route = (default.as_deref(), transforms.as_deref());
            Routing::Namespace(name_route(route, "a record whose namespace", path, report))
        }
        RoutingConfig::Set {
            default,
            transforms,
        } => {
            let route = (default.as_deref(), transforms.as_deref());
            let which = "a record that has no set, or whose set";
            Routing::Set(name_route(route, which, path, report))
        }
        RoutingConfig::Bin {
            bin,
            default,
            transforms,
        } => {
            check_bin_name(bin, &child(path, "bin"), report);
            let route = (default.as_deref(), transforms.as_deref());
            let which = "a record that has no such bin (no delete has), or whose bin";
            Routing::Bin {
                bin: bin.clone(),
                route: name_route(route, which, path, report),
            }
        }
        RoutingConfig::Path {
            default,
            transforms,
        } => {
            let route = (default.as_deref(), transforms.as_deref());
            let which = "a record that came without a path (all over TCP do), or whose path";
            Routing::Path(name_route(route, which, path, report))
        }
        // Refused by name before, see `support`.
        RoutingConfig::Custom { .. } => return None,
    })
}

/// The route of a name that `which` may not have.
fn name_route(
    (default, transforms): (Option<&str>, Option<&[TransformConfig]>),
    which: &str,
    path: &str,
    report: &mut Report<'_>,
) -> NameRoute {
    let default_path = child(path, "default");
    if default.is_none() {
        let message = format!("is absent: {which} is no legal topic name, is refused for good");
        report.warn(&default_path, message);
    }
    NameRoute {
        default: default.and_then(|default| topic(default, &default_path, report)),
        transforms: transforms::resolve(transforms, &child(path, "transforms"), report),
    }
}

/// The topic named at `path`; `None` after an error.
pub(super) fn topic(name: &str, path: &str, report: &mut Report<'_>) -> Option<TopicName> {
    let topic = TopicName::try_from(name.to_owned());
    if topic.is_err() {
        let remedy = "use 1 to 249 of A-Z a-z 0-9 . _ -, but not . or .. alone";
        report.error(path, "is no legal topic name", remedy);
    }
    topic.ok()
}
