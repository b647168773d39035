//! What report threads and other shards tell a shard's pipeline.

use super::flight::Flight;
use super::ordering::RecordId;
use super::window::Wake;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, Ordering};
use aeroduct_kafka::Failure;
use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError};

/// A record that Kafka refused for good, and that is to become a dead letter.
#[derive(Debug)]
pub(super) struct Undelivered {
    pub(super) flight: Arc<Flight>,
    pub(super) slot: u32,
    pub(super) failure: Failure,
}

/// What has come for a pipeline.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// Records of which no version is on its way any more.
    pub(super) released: Vec<RecordId>,
    pub(super) undelivered: Vec<Undelivered>,
}

/// The mail of one shard's pipeline.
#[derive(Default)]
pub struct Inbox {
    mail: Mutex<Mail>,
    has_mail: AtomicBool,
    wake: OnceLock<Arc<dyn Wake>>,
}

impl Inbox {
    /// Names whom to wake when something comes. The first call counts.
    pub fn wake_through(&self, wake: Arc<dyn Wake>) {
        self.wake.get_or_init(|| wake);
    }

    pub(super) fn release(&self, record: RecordId) {
        self.put(|mail| mail.released.push(record));
    }

    pub(super) fn refuse(&self, undelivered: Undelivered) {
        self.put(|mail| mail.undelivered.push(undelivered));
    }

    fn put(&self, put: impl FnOnce(&mut Mail)) {
        put(&mut self.mail.lock().unwrap_or_else(PoisonError::into_inner));
        self.has_mail.store(true, Ordering::Release);
        if let Some(wake) = self.wake.get() {
            wake.wake();
        }
    }

    /// What has come since the last call.
    #[inline]
    pub(super) fn take(&self) -> Option<Mail> {
        if !self.has_mail.load(Ordering::Acquire) {
            return None;
        }
        self.has_mail.store(false, Ordering::Release);
        let mut mail = self.mail.lock().unwrap_or_else(PoisonError::into_inner);
        Some(std::mem::take(&mut mail))
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}
