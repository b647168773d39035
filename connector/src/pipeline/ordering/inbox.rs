//! What a shard is told about records that its versions wait for.

use super::RecordId;
use crate::pipeline::Wake;
use crate::sync::Mutex;
use std::fmt;
use std::sync::{Arc, PoisonError};

/// Records whose version on its way has arrived, for one shard.
pub struct Inbox {
    records: Mutex<Vec<RecordId>>,
    wake: Arc<dyn Wake>,
}

impl Inbox {
    /// An empty one; `wake` is called when something comes.
    pub fn new(wake: Arc<dyn Wake>) -> Self {
        Self {
            records: Mutex::default(),
            wake,
        }
    }

    pub(super) fn put(&self, record: RecordId) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.push(record);
        drop(records);
        self.wake.wake();
    }

    /// Moves what has come into `records`.
    pub fn empty(&self, records: &mut Vec<RecordId>) {
        let mut held = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.append(&mut held);
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}
