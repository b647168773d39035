//! What becomes of records: the items of every level of the file, and which of them apply to a
//! record.

use std::{collections::HashMap, iter, time::Duration};

use super::{BinTransforms, Format, Key, Routing, TopicName};

/// The items of all levels. [`rules`](Self::rules) finds those that apply.
#[derive(Clone, Debug, Default)]
pub struct OutboundPlan {
    /// Items of records that no port's block is for.
    pub general: Block,
    /// Items of records that arrive at these ports; they go before the general ones.
    pub ports: HashMap<u16, Block>,
}

/// The items of one block, its namespaces and sets included: the whole file, or one port.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Items of every record.
    pub items: Items,
    /// Items of the records of a namespace.
    pub namespaces: HashMap<Box<[u8]>, NamespaceBlock>,
}

/// The items of one namespace.
#[derive(Clone, Debug, Default)]
pub struct NamespaceBlock {
    /// Items of all its records.
    pub items: Items,
    /// Items of the records of a set.
    pub sets: HashMap<Box<[u8]>, Items>,
}

/// What one level of the file says; what is absent is taken from the next level, and each item as
/// a whole (5.3).
#[derive(Clone, Debug, Default)]
pub struct Items {
    /// How a record finds its topic.
    pub routing: Option<Routing>,
    /// How a record is written.
    pub format: Option<Format>,
    /// What becomes the key of a message.
    pub key: Option<Key>,
    /// Which bins are published, and under which names.
    pub bins: Option<BinTransforms>,
    /// Several records in one message.
    pub batching: Option<Batching>,
    /// The order of a record's versions. A set has none of its own.
    pub ordering: Option<RecordOrdering>,
}

/// The `batching` item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Batching {
    /// One record, one message, whatever a more general level says.
    Off,
    /// Records are put together.
    On(BatchLimits),
}

/// When a batch is closed: at whichever of these comes first (5.2).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BatchLimits {
    /// Records, at least one.
    pub records: u32,
    /// Bytes of keys and values; looked at before a record is added, so a batch may be larger.
    pub bytes: u64,
    /// Age of its first record; at most one second less than the reply deadline, and at most half of
    /// it where that is more (13.34).
    pub interval: Duration,
}

/// The `record-ordering` item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RecordOrdering {
    /// Not kept, whatever a more general level says.
    Off,
    /// Kept for records whose last version came no longer ago than this.
    On {
        /// For how long the time of a record's last update is remembered.
        remembered: Duration,
    },
}

/// What applies to the records of one port, namespace and set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules<'p> {
    /// How a record finds its topic; without it every record is skipped.
    pub routing: Option<&'p Routing>,
    /// How a record is written; without it every record is skipped.
    pub format: Option<&'p Format>,
    /// What becomes the key of a message; `None` is as [`Key::default`].
    pub key: Option<&'p Key>,
    /// Which bins are published, and under which names; `None` is all under their own.
    pub bins: Option<&'p BinTransforms>,
    /// Several records in one message; `None` is off.
    pub batching: Option<BatchLimits>,
    /// For how long a record's last update is remembered to keep order; `None` is off.
    pub ordering: Option<Duration>,
}

impl OutboundPlan {
    /// What applies to records of `namespace` and `set` that arrive at `port`.
    ///
    /// Each item by itself is that of the first level that has it: the port's set, its namespace,
    /// the port; then the general set, namespace, and the general items (13.14).
    pub fn rules(&self, port: u16, namespace: &[u8], set: Option<&[u8]>) -> Rules<'_> {
        let blocks = [self.ports.get(&port), Some(&self.general)];
        let levels: Vec<&Items> = blocks
            .into_iter()
            .flatten()
            .flat_map(|block| block.levels(namespace, set))
            .collect();
        Rules::first_of(&levels)
    }

    /// The topics that the file itself names for records, of all levels.
    pub fn named_topics(&self) -> impl Iterator<Item = &TopicName> {
        let blocks = iter::once(&self.general).chain(self.ports.values());
        let routings = blocks
            .flat_map(Block::all_levels)
            .filter_map(|items| items.routing.as_ref());
        routings.filter_map(Routing::named_topic)
    }

    /// Whether the path of an HTTP request can make a difference.
    pub fn has_paths(&self) -> bool {
        let blocks = iter::once(&self.general).chain(self.ports.values());
        let mut routings = blocks
            .flat_map(Block::all_levels)
            .filter_map(|items| items.routing.as_ref());
        routings.any(|routing| matches!(routing, Routing::Path(_)))
    }

    /// Whether the port that a record arrives at can make a difference.
    pub fn has_ports(&self) -> bool {
        !self.ports.is_empty()
    }
}

impl Block {
    fn all_levels(&self) -> impl Iterator<Item = &Items> {
        let namespaces = self.namespaces.values();
        let of_namespaces = namespaces
            .flat_map(|namespace| iter::once(&namespace.items).chain(namespace.sets.values()));
        iter::once(&self.items).chain(of_namespaces)
    }

    /// The levels that are for these records, the most particular first.
    fn levels(&self, namespace: &[u8], set: Option<&[u8]>) -> impl Iterator<Item = &Items> {
        let namespace = self.namespaces.get(namespace);
        let set = namespace.and_then(|namespace| namespace.sets.get(set?));
        let namespace = namespace.map(|namespace| &namespace.items);
        [set, namespace, Some(&self.items)].into_iter().flatten()
    }
}

impl<'p> Rules<'p> {
    fn first_of(levels: &[&'p Items]) -> Self {
        fn first<'p, T>(
            levels: &[&'p Items],
            item: impl Fn(&'p Items) -> Option<&'p T>,
        ) -> Option<&'p T> {
            levels.iter().find_map(|level| item(level))
        }
        let batching = first(levels, |items| items.batching.as_ref());
        let ordering = first(levels, |items| items.ordering.as_ref());
        Self {
            routing: first(levels, |items| items.routing.as_ref()),
            format: first(levels, |items| items.format.as_ref()),
            key: first(levels, |items| items.key.as_ref()),
            bins: first(levels, |items| items.bins.as_ref()),
            batching: match batching {
                Some(Batching::On(limits)) => Some(*limits),
                Some(Batching::Off) | None => None,
            },
            ordering: match ordering {
                Some(RecordOrdering::On { remembered }) => Some(*remembered),
                Some(RecordOrdering::Off) | None => None,
            },
        }
    }
}
