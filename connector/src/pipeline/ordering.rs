//! Record ordering (6.1): versions of a record leave in the order of their last updates, whatever
//! connection they come over.
//!
//! One table for the process knows, for each record, the last update that Kafka has acknowledged, and
//! which records have a version on its way. A version older than what Kafka has is stale: it is
//! answered with success and not sent. While a version is on its way the next one waits for what
//! becomes of it, whether newer or older: an older one is stale only once the newer one is in Kafka.
//!
//! The table is cut into stripes with a lock each, so that shards seldom meet. The versions of one
//! read ask together, stripe by stripe: what a record costs is the look-up in memory that is in no
//! cache, and many of these can be on their way at a time. Where no namespace keeps order, nobody asks
//! the table. It is looked through for what has expired a window at a time, so that nobody waits long
//! for that.

mod claim;
mod stripe;

#[cfg(all(test, aeroduct_loom))]
mod interleavings;
#[cfg(all(test, not(aeroduct_loom)))]
mod tests;

pub use claim::{Claim, RecordId, StreamId, Ticket, Turn, Version};

use super::inbox::Inbox;
use crate::sync::{Mutex, MutexGuard};
use hashbrown::DefaultHashBuilder;
use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Instant;
use stripe::{Asker, Places, Stripe};

/// Stripes for each shard: enough for two shards to want the same one seldom, few enough for a read to
/// have several records for each.
const STRIPES_PER_SHARD: usize = 4;
const STRIPES_MIN: usize = 16;
/// A ticket tells its stripe in a byte.
const STRIPES_MAX: usize = 256;

/// Records remembered at most, by all stripes: some 330 MiB. A table holds seven eighths of a power of
/// two, and twice as many places keep it from growing when many of its records come and go.
const REMEMBERED_MAX: usize = 7 << 19;

/// Shards that can be told apart when they wait; further ones share a bell.
const BELLS: u32 = u64::BITS;

/// Turns for versions that ask together; reused from read to read.
#[derive(Debug, Default)]
pub struct Round {
    /// Hash and number of each version, by stripe.
    stripes: Vec<Vec<(u64, usize)>>,
    places: Places,
    turns: Vec<Turn>,
}

/// (namespace, way) to number.
type Streams = HashMap<(Box<[u8]>, Box<str>), StreamId>;

/// The versions of all records, for the shards of a process.
#[derive(Debug)]
pub struct RecordOrder {
    stripes: Box<[Mutex<Stripe>]>,
    streams: Mutex<Streams>,
    inboxes: Box<[Arc<Inbox>]>,
    hasher: DefaultHashBuilder,
    origin: Instant,
    /// The time of the latest question, in seconds after `origin`.
    now_s: AtomicU32,
    /// The stripe that is looked through next for what has expired.
    next_sweep: AtomicUsize,
}

impl RecordOrder {
    /// A table that remembers nothing, for the shards with these inboxes, in their order. Times are
    /// told relative to `origin`.
    pub fn new(origin: Instant, inboxes: &[Arc<Inbox>]) -> Self {
        let wanted = (STRIPES_PER_SHARD * inboxes.len()).next_power_of_two();
        let count = wanted.clamp(STRIPES_MIN, STRIPES_MAX);
        Self {
            stripes: (0..=u8::MAX)
                .take(count)
                .map(|number| Mutex::new(Stripe::new(number, REMEMBERED_MAX / count)))
                .collect(),
            hasher: DefaultHashBuilder::default(),
            streams: Mutex::default(),
            inboxes: inboxes.into(),
            origin,
            now_s: AtomicU32::new(0),
            next_sweep: AtomicUsize::new(0),
        }
    }

    /// The number of a namespace's records on this way: to a topic, or to those that a bin names. The
    /// same records on another way, because they arrive at another port, are another stream with an
    /// order of its own. From 65 536 on they share one.
    pub fn stream(&self, namespace: &[u8], way: &str) -> StreamId {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let next = StreamId(u16::try_from(streams.len()).unwrap_or(u16::MAX));
        let key = (namespace.into(), way.into());
        if next.0 == u16::MAX {
            return streams.get(&key).copied().unwrap_or(next);
        }
        *streams.entry(key).or_insert(next)
    }

    /// Asks for a version that has arrived at `shard`.
    pub fn begin(&self, claim: &Claim, now: Instant, shard: usize) -> Turn {
        let hash = self.hasher.hash_one(claim.version.record);
        let mut stripe = self.stripe(self.stripe_of(hash));
        stripe.begin(hash, claim, &self.asker(now, shard))
    }

    /// Asks for many versions that have arrived at `shard`, as if one after the other. Returns the
    /// turns in the order of the claims.
    pub fn begin_all<'r>(
        &self,
        claims: &[impl AsRef<Claim>],
        now: Instant,
        shard: usize,
        round: &'r mut Round,
    ) -> &'r [Turn] {
        let Round {
            stripes,
            places,
            turns,
        } = round;
        stripes.resize_with(self.stripes.len(), Vec::new);
        for (number, claim) in claims.iter().enumerate() {
            let hash = self.hasher.hash_one(claim.as_ref().version.record);
            stripes[self.stripe_of(hash)].push((hash, number));
        }
        turns.clear();
        turns.resize(claims.len(), Turn::Wait);
        let asker = self.asker(now, shard);
        for (number, asked) in stripes.iter_mut().enumerate() {
            if asked.is_empty() {
                continue;
            }
            let mut stripe = self.stripe(number);
            stripe.touch(asked.iter().map(|(hash, _)| *hash), places);
            for (hash, number) in asked.drain(..) {
                turns[number] = stripe.begin(hash, claims[number].as_ref(), &asker);
            }
        }
        turns
    }

    /// The version with this ticket is in Kafka, or is given up. Shards whose versions wait for it are
    /// told.
    pub fn end(&self, ticket: Ticket, is_delivered: bool) {
        let now_s = self.now_s.load(Ordering::Relaxed);
        let ended = self.stripe(usize::from(ticket.stripe)).end(
            ticket,
            is_delivered,
            (now_s, &self.hasher),
        );
        if let Some((record, bells)) = ended
            && bells != 0
        {
            self.ring(bells, record);
        }
    }

    fn asker(&self, now: Instant, shard: usize) -> Asker<'_> {
        Asker {
            hasher: &self.hasher,
            now_s: self.seconds(now),
            bell: bell(shard),
        }
    }

    #[cold]
    fn ring(&self, bells: u64, record: RecordId) {
        for (shard, inbox) in self.inboxes.iter().enumerate() {
            if bells & bell(shard) != 0 {
                inbox.release(record);
            }
        }
    }

    /// Forgets some of what has expired, for a millisecond at most; to be called every now and then.
    pub fn sweep(&self, now: Instant) {
        let now_s = self.seconds(now);
        let number = self.next_sweep.fetch_add(1, Ordering::Relaxed) % self.stripes.len();
        self.stripe(number).sweep(now_s, &self.hasher);
    }

    /// Records that are remembered.
    pub fn remembered(&self) -> usize {
        let stripes = 0..self.stripes.len();
        stripes.map(|number| self.stripe(number).len()).sum()
    }

    /// Records forgotten so far before their time, because there were too many.
    pub fn forgotten(&self) -> u64 {
        let stripes = 0..self.stripes.len();
        stripes.map(|number| self.stripe(number).forgotten()).sum()
    }

    /// By bits that decide neither a record's place in its stripe's table nor its tag there.
    fn stripe_of(&self, hash: u64) -> usize {
        // As many as a power of two.
        usize::try_from(hash >> 40).unwrap_or(0) & (self.stripes.len() - 1)
    }

    fn stripe(&self, number: usize) -> MutexGuard<'_, Stripe> {
        self.stripes[number]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn seconds(&self, now: Instant) -> u32 {
        let since = now.saturating_duration_since(self.origin);
        let now_s = u32::try_from(since.as_secs()).unwrap_or(u32::MAX);
        if now_s > self.now_s.load(Ordering::Relaxed) {
            self.now_s.fetch_max(now_s, Ordering::Relaxed);
        }
        now_s
    }
}

fn bell(shard: usize) -> u64 {
    1 << (u32::try_from(shard).unwrap_or(0) % BELLS)
}
