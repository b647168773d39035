//! A part of the table: what is remembered of some records, and which of them have a version on its
//! way.

use super::{Claim, RecordId, Ticket, Turn};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};
use slab::Slab;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::ops::Range;

/// From this capacity on the memory of a time of many records is given back.
const KEPT_MAX: usize = 1024;

/// Places that are looked at in one go for what can be forgotten, in a millisecond at most.
const WINDOW: usize = 1 << 16;

/// Where all are on their way, nothing can be forgotten; then this share of the most that are
/// remembered passes before it is tried again.
const PATIENCE_SHARE: usize = 64;

/// Where in the table records may be that are about to be looked up; reused from read to read.
pub(super) type Places = Vec<usize>;

/// What is known of a record. One look-up finds all of it.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// The last update that Kafka has; or, while a version is on its way, that of the version. 0 where
    /// nothing but a version without a time is on its way.
    update_ms: u64,
    /// When it is forgotten, in seconds after the table's origin.
    until_s: u32,
    /// Where the version on its way is, if there is one: the place may be another record's by now.
    flying: u32,
    record: RecordId,
}

/// A version on its way.
#[derive(Clone, Copy, Debug)]
struct Flying {
    record: RecordId,
    /// What is remembered of the record again should the version not arrive.
    before: Before,
    /// Whom to tell when it is there.
    bells: u64,
    /// When it began, in seconds after the table's origin.
    begun_s: u32,
    /// For how long it is remembered once it is there, in seconds.
    remembered_s: u32,
}

/// What a version on its way has changed in what is remembered.
#[derive(Clone, Copy, Debug)]
enum Before {
    /// Nothing: it has no time.
    Same,
    /// There was nothing.
    Nothing,
    /// This was there.
    Known { update_ms: u64, until_s: u32 },
}

#[derive(Debug)]
pub(super) struct Stripe {
    number: u8,
    remembered_max: usize,
    /// From so many on, some are forgotten.
    full_at: usize,
    /// Records forgotten before their time.
    forgotten: u64,
    known: HashTable<Known>,
    /// Places up to here have been looked at for what can be forgotten.
    swept: usize,
    flying: Slab<Flying>,
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker<'a> {
    pub(super) hasher: &'a DefaultHashBuilder,
    pub(super) now_s: u32,
    pub(super) bell: u64,
}

impl Stripe {
    pub(super) fn new(number: u8, remembered_max: usize) -> Self {
        Self {
            number,
            remembered_max,
            full_at: remembered_max,
            forgotten: 0,
            known: HashTable::new(),
            swept: 0,
            flying: Slab::new(),
        }
    }

    /// Looks at what may be known of the records with these hashes, and decides nothing by it: so the
    /// processor waits for all of them at once, first for where they are, then for what is there.
    #[inline]
    pub(super) fn touch(&self, hashes: impl Iterator<Item = u64>, places: &mut Places) {
        places.clear();
        places.extend(hashes.filter_map(|hash| self.known.find_bucket_index(hash, |_| true)));
        for place in places.iter() {
            if let Some(known) = self.known.get_bucket(*place) {
                known.touch();
            }
        }
    }

    #[inline]
    pub(super) fn begin(&mut self, hash: u64, claim: &Claim, asker: &Asker<'_>) -> Turn {
        let Claim { version, .. } = claim;
        let (record, update_ms) = (version.record, version.update_ms);
        let Self { known, flying, .. } = self;
        let next = u32::try_from(flying.vacant_key()).unwrap_or(u32::MAX);
        let is_record = |known: &Known| known.record == record;
        let before = match known.entry(hash, is_record, rehash(asker.hasher)) {
            Entry::Vacant(place) => {
                place.insert(Known {
                    update_ms,
                    until_s: claim.until_s(asker.now_s),
                    flying: next,
                    record,
                });
                Before::Nothing
            }
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                let place = known.flying as usize;
                if let Some(flying) = flying.get_mut(place).filter(|it| it.record == record) {
                    flying.bells |= asker.bell;
                    return Turn::Wait;
                }
                let is_remembered = known.until_s > asker.now_s;
                if is_remembered && update_ms != 0 && update_ms < known.update_ms {
                    return Turn::Stale;
                }
                known.flying = next;
                known.renew(claim, asker.now_s)
            }
        };
        let place = flying.insert(Flying {
            record,
            before,
            bells: 0,
            begun_s: asker.now_s,
            remembered_s: claim.remembered_s,
        });
        if self.known.len() >= self.full_at {
            self.forget_some(asker.now_s);
        }
        Turn::Go(Ticket::new(self.number, place))
    }

    /// Returns the record, and the bells of those that wait for it.
    #[inline]
    pub(super) fn end(
        &mut self,
        ticket: Ticket,
        is_delivered: bool,
        (now_s, hasher): (u32, &DefaultHashBuilder),
    ) -> Option<(RecordId, u64)> {
        let flown = self.flying.try_remove(ticket.place())?;
        if !is_delivered {
            self.undo(&flown, hasher);
        } else if now_s > flown.begun_s {
            self.renew(&flown, now_s, hasher);
        }
        Some((flown.record, flown.bells))
    }

    /// The version was on its way for long: it is remembered from now on.
    #[cold]
    fn renew(&mut self, flown: &Flying, now_s: u32, hasher: &DefaultHashBuilder) {
        let hash = hasher.hash_one(flown.record);
        let is_record = |known: &Known| known.record == flown.record;
        let known = self.known.find_mut(hash, is_record);
        if let Some(known) = known.filter(|known| known.update_ms != 0) {
            known.until_s = now_s.saturating_add(flown.remembered_s);
        }
    }

    #[cold]
    fn undo(&mut self, flown: &Flying, hasher: &DefaultHashBuilder) {
        let hash = hasher.hash_one(flown.record);
        let is_record = |known: &Known| known.record == flown.record;
        let Ok(mut known) = self.known.find_entry(hash, is_record) else {
            return;
        };
        match flown.before {
            Before::Same => {}
            Before::Nothing => {
                known.remove();
            }
            Before::Known { update_ms, until_s } => {
                let known = known.get_mut();
                known.update_ms = update_ms;
                known.until_s = until_s;
            }
        }
    }

    /// Forgets what has expired in the next window.
    pub(super) fn sweep(&mut self, now_s: u32, hasher: &DefaultHashBuilder) {
        let window = self.next_window();
        self.forget(window, now_s);
        let places = self.known.num_buckets();
        if places > KEPT_MAX && self.known.len() < places / 16 {
            self.known.shrink_to(KEPT_MAX, rehash(hasher));
        }
        if self.flying.is_empty() && self.flying.capacity() > KEPT_MAX {
            self.flying = Slab::new();
        }
    }

    /// There are too many: forgets the half of the next window that expires first.
    #[cold]
    fn forget_some(&mut self, now_s: u32) {
        let window = self.next_window();
        let known = window.clone().filter_map(|at| self.known.get_bucket(at));
        let at_rest = known.filter(|known| !known.is_flying(&self.flying));
        let mut untils: Vec<u32> = at_rest.map(|known| known.until_s).collect();
        if !untils.is_empty() {
            let half = untils.len() / 2;
            let (_, middle_s, _) = untils.select_nth_unstable(half);
            // More than half where many expire in one second.
            let middle_s = *middle_s;
            let in_time = untils
                .iter()
                .filter(|until_s| (now_s + 1..=middle_s).contains(until_s));
            self.forgotten += in_time.count() as u64;
            self.forget(window, middle_s);
        }
        let patience = self.remembered_max / PATIENCE_SHARE;
        self.full_at = self.remembered_max.max(self.known.len() + patience);
    }

    /// Forgets what expires until then in this window, but nothing that is on its way.
    fn forget(&mut self, window: Range<usize>, until_s: u32) {
        for place in window {
            let Ok(known) = self.known.get_bucket_entry(place) else {
                continue;
            };
            if known.get().until_s <= until_s && !known.get().is_flying(&self.flying) {
                known.remove();
            }
        }
    }

    /// The places behind the last window; behind the last places, the first ones.
    fn next_window(&mut self) -> Range<usize> {
        let places = self.known.num_buckets();
        let start = if self.swept < places { self.swept } else { 0 };
        self.swept = places.min(start + WINDOW);
        start..self.swept
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// Records forgotten so far before their time.
    pub(super) const fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

impl Known {
    /// Takes note of the next version; returns what it has changed.
    #[inline]
    const fn renew(&mut self, claim: &Claim, now_s: u32) -> Before {
        if claim.version.update_ms == 0 {
            return Before::Same;
        }
        let Self {
            update_ms, until_s, ..
        } = *self;
        self.update_ms = claim.version.update_ms;
        self.until_s = claim.until_s(now_s);
        if until_s > now_s {
            Before::Known { update_ms, until_s }
        } else {
            Before::Nothing
        }
    }

    /// Reads its first and last bytes, which need not be of one cache line.
    #[inline]
    fn touch(&self) {
        let [.., last] = self.record.digest;
        black_box((self.update_ms, last));
    }

    fn is_flying(&self, flying: &Slab<Flying>) -> bool {
        let flying = flying.get(self.flying as usize);
        flying.is_some_and(|flying| flying.record == self.record)
    }
}

fn rehash(hasher: &DefaultHashBuilder) -> impl Fn(&Known) -> u64 {
    |known| hasher.hash_one(known.record)
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests;
