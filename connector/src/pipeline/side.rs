//! What a flight remembers of records that do not take the straight way: versions whose order is
//! kept, and frames that may become dead letters. Most flights have nothing of it.

use super::inbox::Inbox;
use super::ordering::RecordOrder;
use super::tickets::Tickets;
use crate::sync::Mutex;
use std::sync::{Arc, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) tickets: Tickets,
    pub(super) order: Option<Arc<RecordOrder>>,
    pub(super) letters: Option<Letters>,
}

/// What dead letters are made of.
#[derive(Debug)]
pub(super) struct Letters {
    pub(super) frames: Frames,
    /// Slots of records that are dead letters already, in ascending order.
    pub(super) written: Mutex<Vec<u32>>,
    /// The pipeline that makes letters.
    pub(super) inbox: Arc<Inbox>,
}

/// The messages of a flight as they were received, one for each slot.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Side {
    /// The version in this slot has come to its end, unless it has done so before.
    #[inline]
    pub(super) fn end(&self, slot: u32, is_delivered: bool) {
        if let Some(order) = &self.order
            && let Some(ticket) = self.tickets.take(slot)
        {
            order.end(ticket, is_delivered);
        }
    }
}

impl Letters {
    pub(super) fn is_written(&self, slot: u32) -> bool {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.binary_search(&slot).is_ok()
    }

    /// Notes that the record in this slot is a dead letter now.
    pub(super) fn write(&self, slot: u32) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(place) = written.binary_search(&slot) {
            written.insert(place, slot);
        }
    }
}

impl Frames {
    pub(super) fn push(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn get(&self, slot: u32) -> Option<&[u8]> {
        let slot = usize::try_from(slot).ok()?;
        let end = *self.ends.get(slot)?;
        let start = match slot.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(start..end)
    }

    /// Memory held, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests {
    use super::Frames;

    #[test]
    fn each_slot_has_its_frame() {
        let mut frames = Frames::default();
        for frame in [&b"one"[..], b"", b"three"] {
            frames.push(frame);
        }
        let read = [0, 1, 2, 3].map(|slot| frames.get(slot));
        assert_eq!(read, [Some(&b"one"[..]), Some(b""), Some(b"three"), None]);
    }
}
