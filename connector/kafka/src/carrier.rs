//! The clients among which topics are shared out.
//!
//! For each request librdkafka looks at all partitions that a broker leads, and it has five
//! requests under way to a broker at most. Many topics are therefore published faster by several
//! clients. A topic stays with its carrier for good, so the order of its records does, too.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Instant;

use arc_swap::ArcSwapOption;

use crate::alarm::Alarms;
use crate::native::Client;

/// A place for one client, which may change after a fatal error, and the thread that takes its
/// reports.
#[derive(Default)]
pub(crate) struct Carrier {
    /// `None` before the first client and between two.
    pub(crate) client: ArcSwapOption<Client>,
    pub(crate) thread: Mutex<Option<JoinHandle<()>>>,
    alarms: Alarms,
    /// The last try to make a client has failed.
    has_failed: AtomicBool,
    /// The client can reach no broker.
    is_cut_off: AtomicBool,
    /// Topics, or their partitions where they are known.
    load: AtomicUsize,
    /// Messages that the client has and has not reported.
    outstanding: AtomicU64,
}

/// All carriers, in the order in which they were added; at least one.
pub(crate) struct Carriers(RwLock<Vec<Arc<Carrier>>>);

impl Default for Carriers {
    fn default() -> Self {
        Self(RwLock::new(vec![Arc::default()]))
    }
}

impl Carriers {
    pub(crate) fn all(&self) -> Vec<Arc<Carrier>> {
        let carriers = self.0.read().unwrap_or_else(PoisonError::into_inner);
        carriers.clone()
    }

    /// Whether no client reaches a broker.
    pub(crate) fn are_cut_off(&self) -> bool {
        self.all().iter().all(|carrier| carrier.is_cut_off())
    }

    /// The carrier for one more topic: the one with the least load, if possible of those that
    /// can get a client. When that carries `fill` already and there are fewer than `max`, one
    /// more, if `start` gets it going.
    pub(crate) fn assign(
        &self,
        fill: usize,
        max: usize,
        start: impl FnOnce(&Arc<Carrier>) -> bool,
    ) -> Arc<Carrier> {
        let mut carriers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let lightest = carriers
            .iter()
            .min_by_key(|carrier| (carrier.has_failed.load(Ordering::Relaxed), carrier.load()))
            .cloned();
        let lightest = lightest.unwrap_or_default();
        if lightest.load() < fill || carriers.len() >= max {
            return lightest;
        }
        let new = Arc::default();
        if !start(&new) {
            return lightest;
        }
        carriers.push(Arc::clone(&new));
        new
    }
}

impl Carrier {
    fn load(&self) -> usize {
        self.load.load(Ordering::Relaxed)
    }

    /// Notes one more topic, or one more partition of a topic that has some.
    pub(crate) fn add_load(&self) {
        self.load.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes whether a client could be made.
    pub(crate) fn note_creation(&self, has_failed: bool) {
        self.has_failed.store(has_failed, Ordering::Relaxed);
    }

    /// Notes that the client can reach no broker.
    pub(crate) fn note_cut_off(&self) {
        self.is_cut_off.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_cut_off(&self) -> bool {
        self.is_cut_off.load(Ordering::Relaxed)
    }

    /// Notes that a broker has answered the client.
    pub(crate) fn note_answer(&self) {
        self.is_cut_off.store(false, Ordering::Relaxed);
    }

    /// Messages are about to be given to the client.
    pub(crate) fn hands_over(&self, messages: usize) {
        self.outstanding
            .fetch_add(messages as u64, Ordering::AcqRel);
    }

    /// The client does not have these messages any more.
    pub(crate) fn took_back(&self, messages: u32) {
        self.outstanding
            .fetch_sub(u64::from(messages), Ordering::AcqRel);
    }

    pub(crate) fn outstanding(&self) -> u64 {
        self.outstanding.load(Ordering::Acquire)
    }

    /// Ends the wait of the carrier's thread.
    pub(crate) fn wake(&self) {
        if let Some(client) = &*self.client.load() {
            client.wake();
        }
    }

    /// Has a partition of the carrier looked at when it is due.
    pub(crate) fn set_alarm(&self, due: Instant, partition: u32) {
        if self.alarms.set(due, partition) {
            self.wake();
        }
    }

    /// The partition of an alarm that is due.
    pub(crate) fn take_alarm(&self, now: Instant) -> Option<u32> {
        self.alarms.take_due(now)
    }

    /// When the first alarm is due.
    pub(crate) fn next_alarm(&self) -> Option<Instant> {
        self.alarms.first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_go_to_the_lightest_and_a_carrier_is_added_when_all_have_their_fill() {
        let carriers = Carriers::default();
        let assign = || {
            let carrier = carriers.assign(2, 3, |_| true);
            carrier.add_load();
            carriers
                .all()
                .iter()
                .position(|it| Arc::ptr_eq(it, &carrier))
        };
        let places: Vec<_> = (0..8).map_while(|_| assign()).collect();
        assert_eq!(places, [0, 0, 1, 1, 2, 2, 0, 1]);
    }

    #[test]
    fn a_carrier_that_gets_no_client_is_passed_over() {
        let carriers = Carriers::default();
        carriers.assign(1, 2, |_| true).add_load();
        let failed = carriers.assign(1, 2, |_| true);
        failed.note_creation(true);
        for _ in 0..3 {
            let carrier = carriers.assign(1, 2, |_| true);
            carrier.add_load();
            assert!(!Arc::ptr_eq(&carrier, &failed));
        }
        failed.note_creation(false);
        assert!(Arc::ptr_eq(&carriers.assign(1, 2, |_| true), &failed));
    }

    #[test]
    fn all_are_cut_off_when_each_is() {
        let carriers = Carriers::default();
        carriers.assign(0, 2, |_| true).note_cut_off();
        assert!(!carriers.are_cut_off());
        for carrier in carriers.all() {
            carrier.note_cut_off();
        }
        assert!(carriers.are_cut_off());
        carriers.all()[0].note_answer();
        assert!(!carriers.are_cut_off());
    }

    #[test]
    fn without_a_thread_for_one_more_the_others_carry_on() {
        let carriers = Carriers::default();
        for _ in 0..3 {
            carriers.assign(1, 9, |_| false).add_load();
        }
        assert_eq!(carriers.all().len(), 1);
    }
}
