//! Record ordering (6.1): versions of a record leave in the order of their last updates, whatever
//! connection they come over.
//!
//! One table for the process knows, for each record, the last update that Kafka has acknowledged, and
//! which records have a version on its way. A version older than what Kafka has is stale: it is
//! answered with success and not sent. While a version is on its way the next one waits for what
//! becomes of it, whether newer or older: an older one is stale only once the newer one is in Kafka.
//!
//! The table is cut into stripes with a lock each, so that shards seldom meet. Per record that is two
//! short locks, and one look-up in memory that is not in a cache. Where no namespace keeps order,
//! nobody asks the table.

mod stripe;

#[cfg(test)]
mod tests;

use super::inbox::Inbox;
use crate::sync::{Mutex, MutexGuard};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use stripe::{Remembered, Stripe};

/// More than there are shards on any machine, so that two seldom want the same one.
const STRIPES: usize = 256;

/// Records remembered at most, by all stripes: some 330 MiB. Above, those are forgotten whose time
/// is nearest to its end. Seven eighths of a power of two are what a table of that size holds.
const REMEMBERED_MAX: usize = 7 << 20;

/// Each stripe is looked through for what has expired so often while something is remembered.
const SWEEP_PAUSE: Duration = Duration::from_secs(5);

/// Shards that can be told apart when they wait; further ones share a bell.
const BELLS: u32 = u64::BITS;

/// A record: its stream and digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordId {
    digest: [u8; 20],
    stream: StreamId,
}

/// The number of a namespace's records on their way to one topic.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct StreamId(u16);

/// One version of a record.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    /// The record.
    pub record: RecordId,
    /// Its last update in Unix milliseconds; 0 where the source does not say. Such a version is never
    /// stale.
    pub update_ms: u64,
}

/// What a version may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
    /// It goes; [`RecordOrder::end`] must follow.
    Go,
    /// Kafka has a newer one.
    Stale,
    /// Another one is on its way; the shard's [`Inbox`] tells when to ask again.
    Wait,
}

/// (namespace, topic) to number.
type Streams = HashMap<(Box<[u8]>, Box<str>), StreamId>;

/// The versions of all records, for the shards of a process.
#[derive(Debug)]
pub struct RecordOrder {
    stripes: Box<[Mutex<Stripe>]>,
    streams: Mutex<Streams>,
    inboxes: Box<[Arc<Inbox>]>,
    origin: Instant,
    /// When the next stripe is looked through, in milliseconds after `origin`, and which one it is.
    sweep_at_ms: AtomicU64,
    next_sweep: AtomicUsize,
}

impl RecordId {
    /// The record with this digest in this stream.
    pub const fn new(stream: StreamId, digest: &[u8; 20]) -> Self {
        Self {
            digest: *digest,
            stream,
        }
    }
}

/// Digests are hashes already; what is added keeps a peer from choosing those that collide.
impl Hash for RecordId {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.digest);
        state.write_u16(self.stream.0);
    }
}

impl RecordOrder {
    /// A table that remembers nothing, for the shards with these inboxes, in their order. Times are
    /// told relative to `origin`.
    pub fn new(origin: Instant, inboxes: &[Arc<Inbox>]) -> Self {
        Self {
            stripes: (0..STRIPES).map(|_| Mutex::default()).collect(),
            streams: Mutex::default(),
            inboxes: inboxes.into(),
            origin,
            sweep_at_ms: AtomicU64::new(0),
            next_sweep: AtomicUsize::new(0),
        }
    }

    /// The number of a namespace's records on their way to `topic`. The same records on their way to
    /// another topic, because they arrive at another port, are another stream with an order of its
    /// own. From 65 536 on they share one.
    pub fn stream(&self, namespace: &[u8], topic: &str) -> StreamId {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        let next = StreamId(u16::try_from(streams.len()).unwrap_or(u16::MAX));
        let key = (namespace.into(), topic.into());
        if next.0 == u16::MAX {
            return streams.get(&key).copied().unwrap_or(next);
        }
        *streams.entry(key).or_insert(next)
    }

    /// Asks for a version that has arrived at `shard`. What is said of it stays `remembered`.
    pub fn begin(
        &self,
        version: &Version,
        remembered: Duration,
        now: Instant,
        shard: usize,
    ) -> Turn {
        let now_s = self.seconds(now);
        let until_s = now_s.saturating_add(u32::try_from(remembered.as_secs()).unwrap_or(u32::MAX));
        let next = Remembered {
            update_ms: version.update_ms,
            until_s,
        };
        let mut stripe = self.stripe(&version.record);
        stripe.begin(version.record, next, now_s, bell(shard))
    }

    /// The version that was told to go is in Kafka, or is given up. Shards whose versions wait
    /// for it are told.
    pub fn end(&self, version: &Version, is_delivered: bool) {
        let bells = self
            .stripe(&version.record)
            .end(&version.record, is_delivered);
        if bells != 0 {
            self.ring(bells, version.record);
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

    /// Forgets what has expired, a stripe at a time; to be called every now and then.
    pub fn sweep(&self, now: Instant) {
        let now_ms = now.saturating_duration_since(self.origin).as_millis();
        let now_ms = u64::try_from(now_ms).unwrap_or(u64::MAX);
        let pause_ms = u64::try_from(SWEEP_PAUSE.as_millis()).unwrap_or(u64::MAX) / STRIPES as u64;
        let due_ms = self.sweep_at_ms.load(Ordering::Relaxed);
        if now_ms < due_ms {
            return;
        }
        let next_ms = due_ms.max(now_ms.saturating_sub(50)) + pause_ms;
        let won = self.sweep_at_ms.compare_exchange(
            due_ms,
            next_ms,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        if won.is_ok() {
            let number = self.next_sweep.fetch_add(1, Ordering::Relaxed) % STRIPES;
            let stripe = &self.stripes[number];
            let mut stripe = stripe.lock().unwrap_or_else(PoisonError::into_inner);
            stripe.sweep(self.seconds(now));
        }
    }

    /// Records that are remembered.
    pub fn remembered(&self) -> usize {
        let len = |stripe: &Mutex<Stripe>| {
            let stripe = stripe.lock().unwrap_or_else(PoisonError::into_inner);
            stripe.len()
        };
        self.stripes.iter().map(len).sum()
    }

    fn stripe(&self, record: &RecordId) -> MutexGuard<'_, Stripe> {
        let number = usize::from(record.digest[0]) % STRIPES;
        self.stripes[number]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn seconds(&self, now: Instant) -> u32 {
        let since = now.saturating_duration_since(self.origin);
        u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
    }
}

fn bell(shard: usize) -> u64 {
    1 << (u32::try_from(shard).unwrap_or(0) % BELLS)
}
