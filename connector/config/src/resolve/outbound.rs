//! What becomes of records: the items of every level.

use std::time::Duration;

use super::{
    Report, batching, bins, format, key,
    levels::{self, Level, Levels},
    routing,
};
use crate::{
    check::{child, joined},
    plan::{Block, Items, NamespaceBlock, OutboundPlan, ServicePlan},
};

/// Longest name of a namespace, in bytes, as in the database.
const NAMESPACE_LEN_MAX: usize = 31;

/// Longest name of a set, in bytes, as in the database.
const SET_LEN_MAX: usize = 63;

/// The items of all levels, where records are to be answered within `reply_deadline`, what they
/// linger not counted.
pub(super) fn resolve(
    levels: &Levels<'_>,
    service: &ServicePlan,
    reply_deadline: Duration,
    report: &mut Report<'_>,
) -> OutboundPlan {
    let mut resolver = Resolver {
        reply_deadline,
        report,
    };
    let general = resolver.block(&levels.general);
    let ports = levels.ports.iter().filter_map(|(name, block)| {
        let port = resolver.port(name, &service.ports, &block.own.path);
        let block = resolver.block(block);
        Some((port?, block))
    });
    OutboundPlan {
        ports: ports.collect(),
        general,
    }
}

struct Resolver<'r, 'p> {
    reply_deadline: Duration,
    report: &'r mut Report<'p>,
}

impl Resolver<'_, '_> {
    /// The port that `name` is, one of `ports`.
    fn port(&mut self, name: &str, ports: &[u16], path: &str) -> Option<u16> {
        let port = name
            .parse()
            .ok()
            .filter(|port: &u16| port.to_string() == name);
        match port {
            Some(port) if ports.contains(&port) => return Some(port),
            Some(_) if self.report.is_faulty("service.port") => {}
            Some(_) => {
                let ports: Vec<_> = ports.iter().map(u16::to_string).collect();
                let ports = joined(&ports, "or");
                self.report.error_of_name(
                    path,
                    "is no port that the connector listens on",
                    format!("write {ports}, or add the port to `service.port`"),
                );
            }
            None => {
                let remedy = "write a port of `service.port`, in digits alone";
                self.report.error_of_name(path, "is no port number", remedy);
            }
        }
        None
    }

    fn block(&mut self, block: &levels::Block<'_>) -> Block {
        let namespaces = block.namespaces.iter().map(|(name, namespace)| {
            self.check_name(name, NAMESPACE_LEN_MAX, "namespace", &namespace.own.path);
            let sets = namespace.sets.iter().map(|(name, set)| {
                self.check_name(name, SET_LEN_MAX, "set", &set.path);
                (name.as_bytes().into(), self.items(set))
            });
            let sets = sets.collect();
            let items = self.items(&namespace.own);
            (name.as_bytes().into(), NamespaceBlock { items, sets })
        });
        Block {
            namespaces: namespaces.collect(),
            items: self.items(&block.own),
        }
    }

    fn check_name(&mut self, name: &str, longest: usize, what: &str, path: &str) {
        let len = name.len();
        let reason = match len {
            0 => "is an empty name".to_owned(),
            _ if len > longest => format!("has {len} bytes, more than {longest}"),
            _ => return,
        };
        let remedy = format!("name a {what} of the database");
        self.report.error_of_name(path, reason, remedy);
    }

    fn items(&mut self, level: &Level<'_>) -> Items {
        let Self {
            reply_deadline,
            report,
        } = self;
        let at = |item| child(&level.path, item);
        Items {
            routing: level
                .routing
                .and_then(|config| routing::resolve(config, &at("routing"), report)),
            format: level
                .format
                .and_then(|config| format::resolve(config, &at("format"), report)),
            key: level
                .key
                .and_then(|config| key::resolve(config, &at("key"), report)),
            bins: level
                .bins
                .map(|config| bins::resolve(config, &at("bin-transforms"), report)),
            batching: level
                .batching
                .map(|config| batching::batching(config, &at("batching"), *reply_deadline, report)),
            ordering: level.ordering.map(batching::ordering),
        }
    }
}
