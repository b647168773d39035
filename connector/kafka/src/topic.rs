//! One topic: its partitions, and what waits until they are known.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

use crate::breaker::Breaker;
use crate::carrier::Carrier;
use crate::ceiling::Ceiling;
use crate::native::{Client, Lot, TopicHandle};
use crate::partition::Partition;
use crate::publisher::{Item, board};
use crate::shared::Shared;
use crate::snapshot::Volume;
use crate::sync::lock;
use crate::{Failure, Parcel, Recipient, Report, TopicSnapshot};

/// For how long a topic seen for the first time may be unknown: a broker that creates
/// topics on demand says so at first.
const CREATION_GRACE: Duration = Duration::from_millis(500);

/// A topic that somebody has published to. Lives as long as the producer.
pub(crate) struct Topic<R: Recipient> {
    pub(crate) core: Arc<TopicCore>,
    /// How many partitions are in use; the list may be longer after a topic has shrunk.
    count: AtomicUsize,
    state: Mutex<State<R>>,
    /// The metadata thread has been asked about the topic and has not answered.
    is_asked: AtomicBool,
}

/// What a topic and its partitions share.
pub(crate) struct TopicCore {
    name: String,
    pub(crate) carrier: Arc<Carrier>,
    pub(crate) breaker: Breaker,
    pub(crate) ceiling: Ceiling,
    handle: ArcSwapOption<TopicHandle>,
}

struct State<R: Recipient> {
    partitions: Vec<Arc<Partition<R>>>,
    /// Records shipped before the number of partitions was known, in their order.
    pending: Lot<R>,
    first_unknown: Option<Instant>,
    is_closed: bool,
}

impl TopicCore {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The handle of the present client; `None` while there is none.
    pub(crate) fn handle(&self) -> Option<Arc<TopicHandle>> {
        self.handle.load_full()
    }

    /// Gives up the handle if it is of this client.
    pub(crate) fn drop_handle_of(&self, client: &Arc<Client>) {
        let present = self.handle.load();
        if present
            .as_ref()
            .is_some_and(|handle| Arc::ptr_eq(handle.client(), client))
        {
            self.handle.compare_and_swap(&present, None);
        }
    }

    pub(crate) fn set_handle(&self, handle: Option<Arc<TopicHandle>>) {
        self.handle.store(handle);
    }
}

impl<R: Recipient> Topic<R> {
    pub(crate) fn new(name: &str, carrier: Arc<Carrier>, is_closed: bool) -> Self {
        Self {
            core: Arc::new(TopicCore {
                name: name.to_owned(),
                carrier,
                breaker: Breaker::default(),
                ceiling: Ceiling::default(),
                handle: ArcSwapOption::empty(),
            }),
            count: AtomicUsize::new(0),
            state: Mutex::new(State {
                partitions: Vec::new(),
                pending: Lot::default(),
                first_unknown: None,
                is_closed,
            }),
            is_asked: AtomicBool::new(false),
        }
    }

    /// How many partitions the topic has; zero: not known yet.
    pub(crate) fn partition_count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// The partitions in use.
    pub(crate) fn partitions(&self) -> Vec<Arc<Partition<R>>> {
        let state = lock(&self.state);
        let count = self.partition_count();
        state.partitions.iter().take(count).cloned().collect()
    }

    /// Notes that the metadata thread is asked; false when it already was.
    pub(crate) fn note_question(&self) -> bool {
        !self.is_asked.swap(true, Ordering::AcqRel)
    }

    /// Notes that the metadata thread has turned to the topic.
    pub(crate) fn note_answer(&self) {
        self.is_asked.store(false, Ordering::Release);
    }

    /// Takes records of one parcel while the number of partitions is unknown. Returns
    /// false when it has become known meanwhile: then nothing was taken.
    pub(crate) fn wait<'i>(
        &self,
        shared: &Shared<R>,
        parcel: &Arc<Parcel<R>>,
        shipped: Instant,
        items: impl Iterator<Item = &'i Item>,
    ) -> bool {
        let mut state = lock(&self.state);
        if self.partition_count() > 0 {
            return false;
        }
        if state.is_closed {
            drop(state);
            shared.refuse(parcel, items, Failure::ShuttingDown);
            return true;
        }
        let refused = board(&mut state.pending, parcel, shipped, items);
        drop(state);
        shared.refuse(parcel, refused.iter(), Failure::InvalidRecord);
        true
    }

    /// Kafka has said how many partitions there are (at least one). What waits goes to
    /// them before the number is published, so nothing overtakes it.
    pub(crate) fn learn(&self, shared: &Shared<R>, count: usize) {
        let mut guard = lock(&self.state);
        let state = &mut *guard;
        if state.is_closed {
            return;
        }
        state.first_unknown = None;
        while state.partitions.len() < count {
            let number = i32::try_from(state.partitions.len()).unwrap_or(i32::MAX);
            state
                .partitions
                .push(shared.new_partition(number, &self.core));
        }
        let (present, surplus) = state.partitions.split_at(count);
        let mut homeless: Vec<Lot<R>> = surplus.iter().map(|gone| gone.evacuate()).collect();
        homeless.push(std::mem::take(&mut state.pending));
        for lot in homeless.iter_mut().filter(|lot| !lot.is_empty()) {
            for (partition, lot) in present.iter().zip(lot.scatter(count)) {
                if !lot.is_empty() {
                    partition.accept_lot(shared, lot);
                }
            }
        }
        self.count.store(count, Ordering::Release);
        let present = present.to_vec();
        drop(guard);
        for partition in present {
            partition.confirm(shared);
        }
    }

    /// Kafka has said that it does not take records for this topic. Returns false when the
    /// topic may just be coming into being, so that it is worth asking again soon.
    pub(crate) fn refuse(&self, shared: &Shared<R>, failure: Failure, now: Instant) -> bool {
        let mut state = lock(&self.state);
        if failure == Failure::UnknownTopic && state.partitions.is_empty() {
            let first = *state.first_unknown.get_or_insert(now);
            if now.duration_since(first) < CREATION_GRACE {
                return false;
            }
        }
        self.core
            .breaker
            .trip(failure, shared.counters.clock_ms(now));
        let mut pending = std::mem::take(&mut state.pending);
        let partitions = state.partitions.clone();
        drop(state);
        shared.fail(&mut pending, failure);
        for partition in partitions {
            let mut lost = partition.evacuate();
            shared.fail(&mut lost, failure);
        }
        true
    }

    /// Drops records that wait although nobody waits for them any more.
    pub(crate) fn sweep(&self, shared: &Shared<R>) {
        let report = Report::Failed(Failure::Abandoned);
        let dropped = lock(&self.state).pending.drop_abandoned_front(report);
        shared.count_failed(Failure::Abandoned, dropped);
    }

    /// Takes nothing any more, and reports what waits for the number of partitions. The
    /// partitions are closed by themselves.
    pub(crate) fn close(&self, shared: &Shared<R>) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        let mut pending = std::mem::take(&mut state.pending);
        drop(state);
        shared.fail(&mut pending, Failure::ShuttingDown);
    }

    pub(crate) fn snapshot(&self) -> TopicSnapshot {
        TopicSnapshot {
            name: self.core.name.clone(),
            partitions: self.partition_count(),
            breaker: self.core.breaker.state(),
        }
    }

    /// What waits for the number of partitions.
    pub(crate) fn pending(&self) -> Volume {
        let state = lock(&self.state);
        Volume {
            messages: state.pending.len() as u64,
            bytes: state.pending.bytes() as u64,
        }
    }
}

#[cfg(test)]
mod tests;
