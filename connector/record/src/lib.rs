//! One change as the source sent it: metadata, key and bins, borrowed from the bytes it came in.
//!
//! Nothing here does I/O, allocates, recurses or copies. What a peer announces (lengths, counts,
//! nesting) is believed only as far as its bytes are present. A bin's value is judged when
//! somebody reads it, not before: a record that is skipped never fails because of its values.

#![warn(missing_docs)]
#![warn(clippy::as_conversions, clippy::indexing_slicing)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod bins;
pub mod cdt;
mod metadata;
mod particle;

pub use bins::{Bin, Bins, BinsError, BinsIter, OP_WRITE};
pub use metadata::{LastUpdate, Metadata, Operation, Ttl};
pub use particle::{Collection, Particle, ParticleError, ParticleKind};

/// The set of the records by which a server (8.0 and later) keeps track of its transactions.
///
/// They arrive like any other change, are internal to the source, and are never published.
pub const MONITOR_SET: &[u8] = b"<ERO~MRT";

/// One change notification.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record<'a> {
    /// What is said about the record as a whole.
    pub metadata: Metadata<'a>,
    /// The values that came with it; none with a delete.
    pub bins: Bins<'a>,
}

impl Record<'_> {
    /// Whether this is a transaction's monitor record ([`MONITOR_SET`]).
    #[inline]
    pub fn is_transaction_monitor(&self) -> bool {
        self.metadata.set == Some(MONITOR_SET)
    }
}
