//! Versions of records, and what they are told.

use std::hash::{Hash, Hasher};

/// A record: its stream and digest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RecordId {
    pub(super) digest: [u8; 20],
    stream: StreamId,
}

/// The number of a namespace's records on their way to one topic.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct StreamId(pub(super) u16);

/// One version of a record.
#[derive(Clone, Copy, Debug)]
pub struct Version {
    /// The record.
    pub record: RecordId,
    /// Its last update in Unix milliseconds; 0 where the source does not say. Such a version is never
    /// stale.
    pub update_ms: u64,
}

/// A version that asks for its turn.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The version.
    pub version: Version,
    /// For how long it is remembered once it is in Kafka, in seconds.
    pub remembered_s: u32,
}

/// What a version may do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Turn {
    /// It goes; [`RecordOrder::end`](super::RecordOrder::end) must follow.
    Go(Ticket),
    /// Kafka has a newer one.
    Stale,
    /// Another one is on its way; the shard's [`Inbox`](super::Inbox) tells when to ask again.
    Wait,
}

/// What a version has that is on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use = "other versions wait until it is given back"]
pub struct Ticket {
    pub(super) stripe: u8,
    place: u32,
}

impl RecordId {
    /// The record with this digest in this stream.
    pub const fn new(stream: StreamId, digest: &[u8; 20]) -> Self {
        Self {
            digest: *digest,
            stream,
        }
    }

    pub(in crate::pipeline) const fn digest(&self) -> &[u8; 20] {
        &self.digest
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

impl AsRef<Self> for Claim {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Claim {
    /// The last update in Unix milliseconds, where the source says it.
    pub(in crate::pipeline) fn update_ms(&self) -> Option<u64> {
        Some(self.version.update_ms).filter(|&ms| ms != 0)
    }

    /// When it is forgotten: at once where it says nothing about other versions.
    pub(super) const fn until_s(&self, now_s: u32) -> u32 {
        if self.version.update_ms == 0 {
            return now_s;
        }
        now_s.saturating_add(self.remembered_s)
    }
}

impl Ticket {
    pub(super) fn new(stripe: u8, place: usize) -> Self {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        Self { stripe, place }
    }

    pub(super) const fn place(self) -> usize {
        self.place as usize
    }

    /// As a number that is not 0.
    pub(in crate::pipeline) const fn to_number(self) -> u64 {
        ((self.place as u64) << u8::BITS | self.stripe as u64) + 1
    }

    /// The ticket with this number.
    pub(in crate::pipeline) fn from_number(number: u64) -> Option<Self> {
        let number = number.checked_sub(1)?;
        Some(Self {
            stripe: u8::try_from(number & u64::from(u8::MAX)).ok()?,
            place: u32::try_from(number >> u8::BITS).ok()?,
        })
    }
}
