//! The lanes of one shard: everything that depends on namespace and set alone, resolved at
//! the first record and found again by one look-up.

use super::Sink;
use aeroduct_config::Plan;
use aeroduct_outbound::Lane;
use std::collections::HashMap;

/// Lanes kept at most. A server has at most 4 095 sets in a namespace, so a source with
/// more is not a server; the cache then starts anew.
const LANES_MAX: usize = 16_384;

/// A lane and the handle of its fixed topic, where it has one.
pub(super) struct ResolvedLane<T> {
    pub(super) lane: Lane,
    pub(super) topic: Option<T>,
}

#[derive(Debug, Default)]
struct NamespaceLanes {
    without_set: Option<usize>,
    sets: HashMap<Box<[u8]>, usize>,
}

/// (namespace, set) to lane.
pub(super) struct Lanes<T> {
    resolved: Vec<ResolvedLane<T>>,
    namespaces: HashMap<Box<[u8]>, NamespaceLanes>,
    latest: Latest,
}

/// The lane of the record before: most neighbours share it.
#[derive(Debug, Default)]
struct Latest {
    namespace: Vec<u8>,
    set: Option<Vec<u8>>,
    lane: Option<usize>,
}

impl<T: Copy> Lanes<T> {
    pub(super) fn new() -> Self {
        Self {
            resolved: Vec::new(),
            namespaces: HashMap::new(),
            latest: Latest::default(),
        }
    }

    /// The lane of a (namespace, set), made when it is seen for the first time.
    #[inline]
    pub(super) fn lane_of<S: Sink<Topic = T>>(
        &mut self,
        namespace: &[u8],
        set: Option<&[u8]>,
        plan: &Plan,
        sink: &mut S,
    ) -> &ResolvedLane<T> {
        let index = match self.latest.lane {
            Some(lane) if self.latest.is(namespace, set) => lane,
            _ => self.look_up(namespace, set, plan, sink),
        };
        &self.resolved[index]
    }

    fn look_up<S: Sink<Topic = T>>(
        &mut self,
        namespace: &[u8],
        set: Option<&[u8]>,
        plan: &Plan,
        sink: &mut S,
    ) -> usize {
        let known = self.namespaces.get(namespace).and_then(|lanes| match set {
            None => lanes.without_set,
            Some(set) => lanes.sets.get(set).copied(),
        });
        let index = known.unwrap_or_else(|| self.resolve(namespace, set, plan, sink));
        self.latest.remember(namespace, set, index);
        index
    }

    fn resolve<S: Sink<Topic = T>>(
        &mut self,
        namespace: &[u8],
        set: Option<&[u8]>,
        plan: &Plan,
        sink: &mut S,
    ) -> usize {
        if self.resolved.len() >= LANES_MAX {
            self.resolved.clear();
            self.namespaces.clear();
        }
        let lane = Lane::resolve(plan, namespace, set);
        let topic = lane.topic().and_then(|name| sink.topic(name));
        let index = self.resolved.len();
        self.resolved.push(ResolvedLane { lane, topic });
        let lanes = self.namespaces.entry(namespace.into()).or_default();
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
    fn is(&self, namespace: &[u8], set: Option<&[u8]>) -> bool {
        self.set.as_deref() == set && self.namespace == namespace
    }

    fn remember(&mut self, namespace: &[u8], set: Option<&[u8]>, lane: usize) {
        self.namespace.clear();
        self.namespace.extend_from_slice(namespace);
        match (set, &mut self.set) {
            (Some(set), Some(kept)) => {
                kept.clear();
                kept.extend_from_slice(set);
            }
            (set, kept) => *kept = set.map(<[u8]>::to_vec),
        }
        self.lane = Some(lane);
    }
}
