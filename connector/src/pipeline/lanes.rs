//! The lanes of one shard: everything that depends on port, namespace and set alone, resolved
//! at the first record and found again by one look-up.

use super::ordering::StreamId;
use super::{Shared, Sink};
use aeroduct_outbound::Lane;
use aeroduct_record::Metadata;
use hashbrown::HashMap;
use std::time::Duration;

/// Lanes kept at most. A server has at most 4 095 sets in a namespace, so a source with
/// more is not a server; the cache then starts anew.
const LANES_MAX: usize = 16_384;

/// A lane and what belongs to it in this process.
#[derive(Debug)]
pub(super) struct ResolvedLane<T> {
    pub(super) lane: Lane,
    /// The handle of its fixed topic, where it has one.
    pub(super) topic: Option<T>,
    /// `None` where no order is kept.
    pub(super) ordering: Option<Ordering>,
}

/// How the order of versions is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ordering {
    /// Whose versions are compared.
    pub(super) stream: StreamId,
    /// For how long an update is remembered, in seconds.
    pub(super) remembered_s: u32,
}

impl<'r> Whose<'r> {
    #[inline]
    pub(super) const fn of(metadata: &Metadata<'r>, port: u16) -> Self {
        Self {
            port,
            namespace: metadata.namespace,
            set: metadata.set,
        }
    }
}

#[derive(Debug, Default)]
struct NamespaceLanes {
    without_set: Option<usize>,
    sets: HashMap<Box<[u8]>, usize>,
}

/// (port, namespace, set) to lane.
pub(super) struct Lanes<T> {
    resolved: Vec<ResolvedLane<T>>,
    ports: HashMap<u16, HashMap<Box<[u8]>, NamespaceLanes>>,
    latest: Latest,
}

/// Whose lane is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose<'r> {
    /// Where the record arrived; 0 where no port has items of its own.
    pub(super) port: u16,
    pub(super) namespace: &'r [u8],
    pub(super) set: Option<&'r [u8]>,
}

/// The lane of the record before: most neighbours share it.
#[derive(Debug, Default)]
struct Latest {
    port: u16,
    namespace: Vec<u8>,
    set: Option<Vec<u8>>,
    lane: Option<usize>,
}

impl<T: Copy> Lanes<T> {
    pub(super) fn new() -> Self {
        Self {
            resolved: Vec::new(),
            ports: HashMap::new(),
            latest: Latest::default(),
        }
    }

    /// The lane of a (port, namespace, set), made when it is seen for the first time.
    #[inline]
    pub(super) fn lane_of<S: Sink<Topic = T>>(
        &mut self,
        whose: Whose<'_>,
        shared: &Shared,
        sink: &mut S,
    ) -> &ResolvedLane<T> {
        let index = match self.latest.lane {
            Some(lane) if self.latest.is(whose) => lane,
            _ => self.look_up(whose, shared, sink),
        };
        &self.resolved[index]
    }

    fn look_up<S: Sink<Topic = T>>(
        &mut self,
        whose: Whose<'_>,
        shared: &Shared,
        sink: &mut S,
    ) -> usize {
        let namespaces = self.ports.get(&whose.port);
        let lanes = namespaces.and_then(|namespaces| namespaces.get(whose.namespace));
        let known = lanes.and_then(|lanes| match whose.set {
            None => lanes.without_set,
            Some(set) => lanes.sets.get(set).copied(),
        });
        let index = known.unwrap_or_else(|| self.resolve(whose, shared, sink));
        self.latest.remember(whose, index);
        index
    }

    fn resolve<S: Sink<Topic = T>>(
        &mut self,
        whose: Whose<'_>,
        shared: &Shared,
        sink: &mut S,
    ) -> usize {
        if self.resolved.len() >= LANES_MAX {
            self.resolved.clear();
            self.ports.clear();
        }
        let Whose {
            port,
            namespace,
            set,
        } = whose;
        let lane = Lane::resolve(&shared.plan.outbound, port, namespace, set);
        let topic = lane.topic().and_then(|name| sink.topic(name));
        let index = self.resolved.len();
        let ordering = lane.ordering();
        // A bin may send each version to another topic: they are one stream all the same.
        let ordering = ordering.map(|remembered: Duration| Ordering {
            stream: shared.order.stream(namespace, &lane.way()),
            remembered_s: u32::try_from(remembered.as_secs()).unwrap_or(u32::MAX),
        });
        self.resolved.push(ResolvedLane {
            lane,
            topic,
            ordering,
        });
        let namespaces = self.ports.entry(port).or_default();
        let lanes = namespaces.entry(namespace.into()).or_default();
        match set {
            None => lanes.without_set = Some(index),
            Some(set) => {
                lanes.sets.insert(set.into(), index);
            }
        }
        index
    }
}

impl Latest {
    #[inline]
    fn is(&self, whose: Whose<'_>) -> bool {
        self.set.as_deref() == whose.set
            && self.namespace == whose.namespace
            && self.port == whose.port
    }

    fn remember(&mut self, whose: Whose<'_>, lane: usize) {
        self.port = whose.port;
        self.namespace.clear();
        self.namespace.extend_from_slice(whose.namespace);
        match (whose.set, &mut self.set) {
            (Some(set), Some(kept)) => {
                kept.clear();
                kept.extend_from_slice(set);
            }
            (set, kept) => *kept = set.map(<[u8]>::to_vec),
        }
        self.lane = Some(lane);
    }
}
