//! A part of the table: what is remembered of some records, and which of them have a version on its
//! way.

use super::{REMEMBERED_MAX, RecordId, STRIPES, Turn};
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

/// From this capacity on the memory of a time of many records is given back.
const KEPT_MAX: usize = 4096;

/// What is remembered of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remembered {
    /// The last update that Kafka has; or, while a version is on its way, that of the version.
    pub(super) update_ms: u64,
    /// When it is forgotten, in seconds after the table's origin.
    pub(super) until_s: u32,
}

/// A version on its way.
#[derive(Clone, Copy, Debug)]
struct Flying {
    /// What is remembered of the record again should the version not arrive.
    before: Before,
    /// Whom to tell when it is there.
    bells: u64,
}

/// What a version on its way has changed in what is remembered.
#[derive(Clone, Copy, Debug)]
enum Before {
    /// Nothing: it has no time.
    Same,
    /// There was nothing.
    Nothing,
    /// This was there.
    Known(Remembered),
}

#[derive(Debug, Default)]
pub(super) struct Stripe {
    remembered: HashMap<RecordId, Remembered>,
    flying: HashMap<RecordId, Flying>,
}

impl Stripe {
    #[inline]
    pub(super) fn begin(
        &mut self,
        record: RecordId,
        next: Remembered,
        now_s: u32,
        bell: u64,
    ) -> Turn {
        let slot = match self.flying.entry(record) {
            Entry::Occupied(mut flying) => {
                flying.get_mut().bells |= bell;
                return Turn::Wait;
            }
            Entry::Vacant(slot) => slot,
        };
        let before = if next.update_ms == 0 {
            Before::Same
        } else {
            match self.remembered.entry(record) {
                Entry::Vacant(place) => {
                    place.insert(next);
                    Before::Nothing
                }
                Entry::Occupied(mut known) => {
                    let before = *known.get();
                    let is_known = before.until_s > now_s;
                    if is_known && next.update_ms < before.update_ms {
                        return Turn::Stale;
                    }
                    *known.get_mut() = next;
                    if is_known {
                        Before::Known(before)
                    } else {
                        Before::Nothing
                    }
                }
            }
        };
        slot.insert(Flying { before, bells: 0 });
        if self.remembered.len() >= REMEMBERED_MAX / STRIPES {
            self.forget_some(now_s);
        }
        Turn::Go
    }

    /// Returns the bells of those that wait.
    #[inline]
    pub(super) fn end(&mut self, record: &RecordId, is_delivered: bool) -> u64 {
        let Some(flying) = self.flying.remove(record) else {
            return 0;
        };
        if !is_delivered {
            match flying.before {
                Before::Same => {}
                Before::Nothing => {
                    self.remembered.remove(record);
                }
                Before::Known(before) => {
                    self.remembered.insert(*record, before);
                }
            }
        }
        flying.bells
    }

    /// Forgets what has expired, but nothing that is on its way.
    pub(super) fn sweep(&mut self, now_s: u32) {
        let flying = &self.flying;
        self.remembered
            .retain(|record, known| known.until_s > now_s || flying.contains_key(record));
        if self.remembered.len() < self.remembered.capacity() / 8 {
            self.remembered.shrink_to(KEPT_MAX);
        }
        if self.flying.len() < self.flying.capacity() / 8 {
            self.flying.shrink_to(KEPT_MAX);
        }
    }

    /// There are too many: forgets what has expired and, of the rest, the half that is nearest to it.
    #[cold]
    fn forget_some(&mut self, now_s: u32) {
        let untils = self.remembered.values().map(|known| known.until_s);
        let last_s = untils.max().unwrap_or(now_s);
        let middle_s = now_s + last_s.saturating_sub(now_s) / 2;
        self.sweep(middle_s);
        if self.remembered.len() >= REMEMBERED_MAX / STRIPES {
            // All of one second.
            let flying = &self.flying;
            self.remembered
                .retain(|record, _| flying.contains_key(record));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.remembered.len()
    }
}
