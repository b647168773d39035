//! The levels of a file: everything, a port, a namespace, a set; and which of them apply together.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use crate::{
    check::{child, named},
    config::{
        BatchingConfig, BinTransformsConfig, Config, FormatConfig, KeyConfig, NamespaceConfig,
        PortConfig, RecordOrderingConfig, RoutingConfig, SetConfig,
    },
};

/// All levels.
pub(super) struct Levels<'c> {
    pub(super) general: Block<'c>,
    /// Those of `port-based-config`, by the port as it was written.
    pub(super) ports: BTreeMap<&'c str, Block<'c>>,
}

/// The level of a block, and of its namespaces: the whole file, or one port.
pub(super) struct Block<'c> {
    pub(super) own: Level<'c>,
    pub(super) namespaces: BTreeMap<&'c str, Namespace<'c>>,
}

/// The level of a namespace, and of its sets.
pub(super) struct Namespace<'c> {
    pub(super) own: Level<'c>,
    pub(super) sets: BTreeMap<&'c str, Level<'c>>,
}

/// The items of one level as they were written.
pub(super) struct Level<'c> {
    /// Empty for the general level.
    pub(super) path: String,
    pub(super) routing: Option<&'c RoutingConfig>,
    pub(super) format: Option<&'c FormatConfig>,
    pub(super) key: Option<&'c KeyConfig>,
    pub(super) bins: Option<&'c BinTransformsConfig>,
    pub(super) batching: Option<&'c BatchingConfig>,
    pub(super) ordering: Option<&'c RecordOrderingConfig>,
}

/// Records that the same levels apply to: those of a port, namespace and set that are named, or of
/// any that is not.
#[derive(Clone, Copy)]
pub(super) struct Kind<'l, 'c> {
    pub(super) port: Option<&'c str>,
    pub(super) namespace: Option<&'c str>,
    pub(super) set: Option<&'c str>,
    /// The most particular first.
    levels: [[Option<&'l Level<'c>>; 3]; 2],
}

macro_rules! level {
    ($config:ident, $path:expr, $ordering:expr) => {
        Level {
            path: $path,
            routing: $config.routing.as_ref(),
            format: $config.format.as_ref(),
            key: $config.key.as_ref(),
            bins: $config.bin_transforms.as_ref(),
            batching: $config.batching.as_ref(),
            ordering: $ordering,
        }
    };
}

impl<'c> Levels<'c> {
    pub(super) fn of(config: &'c Config) -> Self {
        let ports = config.port_based_config.iter().flatten();
        Self {
            general: Block {
                own: level!(config, String::new(), config.record_ordering.as_ref()),
                namespaces: namespaces(config.namespaces.as_ref(), ""),
            },
            ports: ports
                .map(|(port, config)| (port.as_str(), Block::of_port(port, config)))
                .collect(),
        }
    }

    /// Every level by itself.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Level<'c>> {
        iter::once(&self.general)
            .chain(self.ports.values())
            .flat_map(|block| {
                let namespaces = block.namespaces.values().flat_map(|namespace| {
                    iter::once(&namespace.own).chain(namespace.sets.values())
                });
                iter::once(&block.own).chain(namespaces)
            })
    }

    /// Every kind of records that can arrive at `ports`.
    pub(super) fn kinds<'l>(&'l self, ports: &[u16]) -> impl Iterator<Item = Kind<'l, 'c>> {
        let blocks: BTreeMap<_, _> = ports
            .iter()
            .map(|port| self.ports.get_key_value(port.to_string().as_str()).unzip())
            .collect();
        blocks
            .into_iter()
            .flat_map(|(port, block)| self.kinds_at(port.copied(), block))
    }

    fn kinds_at<'l>(
        &'l self,
        port: Option<&'c str>,
        block: Option<&'l Block<'c>>,
    ) -> impl Iterator<Item = Kind<'l, 'c>> {
        let namespaces = [block, Some(&self.general)].map(|block| Some(&block?.namespaces));
        each_and_any_other(namespaces).flat_map(move |namespace| {
            let [at_port, in_general] = namespaces.map(|namespaces| namespaces?.get(namespace?));
            let sets = [at_port, in_general].map(|namespace| Some(&namespace?.sets));
            each_and_any_other(sets).map(move |set| {
                let levels = |block: Option<&'l Block<'c>>,
                              namespace: Option<&'l Namespace<'c>>| {
                    [
                        namespace.and_then(|namespace| namespace.sets.get(set?)),
                        namespace.map(|namespace| &namespace.own),
                        block.map(|block| &block.own),
                    ]
                };
                Kind {
                    port,
                    namespace,
                    set,
                    levels: [
                        levels(block, at_port),
                        levels(Some(&self.general), in_general),
                    ],
                }
            })
        })
    }
}

impl<'c> Block<'c> {
    fn of_port(port: &'c str, config: &'c PortConfig) -> Self {
        let path = named("port-based-config", port);
        Self {
            namespaces: namespaces(config.namespaces.as_ref(), &path),
            own: level!(config, path, config.record_ordering.as_ref()),
        }
    }
}

/// The levels under the key `namespaces` of the level at `path`.
fn namespaces<'c>(
    configs: Option<&'c BTreeMap<String, NamespaceConfig>>,
    path: &str,
) -> BTreeMap<&'c str, Namespace<'c>> {
    let path = child(path, "namespaces");
    let configs = configs.into_iter().flatten();
    configs
        .map(|(name, config)| {
            let path = named(&path, name);
            let namespace = Namespace {
                sets: sets(config.sets.as_ref(), &path),
                own: level!(config, path, config.record_ordering.as_ref()),
            };
            (name.as_str(), namespace)
        })
        .collect()
}

/// The levels under the key `sets` of the level at `path`.
fn sets<'c>(
    configs: Option<&'c BTreeMap<String, SetConfig>>,
    path: &str,
) -> BTreeMap<&'c str, Level<'c>> {
    let path = child(path, "sets");
    let configs = configs.into_iter().flatten();
    configs
        .map(|(name, config)| (name.as_str(), level!(config, named(&path, name), None)))
        .collect()
}

/// The names in either map, and `None` for any other.
fn each_and_any_other<'c, T>(
    maps: [Option<&BTreeMap<&'c str, T>>; 2],
) -> impl Iterator<Item = Option<&'c str>> + use<'c, T> {
    let names: BTreeSet<_> = maps
        .into_iter()
        .flatten()
        .flat_map(|map| map.keys().map(|name| Some(*name)))
        .chain([None])
        .collect();
    names.into_iter()
}

impl<'l, 'c> Kind<'l, 'c> {
    /// The item of these records, and its level: the first that has it (13.14).
    pub(super) fn item<T>(
        &self,
        item: impl Fn(&'l Level<'c>) -> Option<T>,
    ) -> Option<(&'l Level<'c>, T)> {
        self.levels
            .as_flattened()
            .iter()
            .flatten()
            .find_map(|level| Some((*level, item(level)?)))
    }

    /// Whether any of these records reach Kafka: without routing or format they are skipped (5.6).
    pub(super) fn is_published(&self) -> bool {
        let routing = self.item(|level| level.routing);
        routing.is_some_and(|(_, routing)| !matches!(routing, RoutingConfig::Skip {}))
            && self.item(|level| level.format).is_some()
    }

    /// The `batching` that puts these records together, and its level.
    pub(super) fn batching(&self) -> Option<(&'l Level<'c>, &'c BatchingConfig)> {
        self.item(|level| level.batching)
            .filter(|(_, batching)| batching.enabled != Some(false))
    }
}
