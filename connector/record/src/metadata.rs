//! What a change says about its record as a whole.

use crate::particle::Particle;

/// Identity, kind of change, age and life time of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metadata<'a> {
    /// Write or delete.
    pub operation: Operation,
    /// Name of the namespace, 1 to 31 bytes, not necessarily UTF-8.
    pub namespace: &'a [u8],
    /// Name of the set, 1 to 63 bytes, not necessarily UTF-8. `None` when the record is in no set.
    pub set: Option<&'a [u8]>,
    /// RIPEMD-160 over set and key: the record's identity inside its namespace.
    pub digest: &'a [u8; 20],
    /// The key as the user gave it; `None` when it is not stored with the record.
    ///
    /// An integer, a double, a string or a blob; any other kind is carried as it came.
    pub user_key: Option<Particle<'a>>,
    /// A 16-bit counter of writes that wraps from 65 535 to 1. `None` from servers before 5.0.
    pub generation: Option<u32>,
    /// When the record was last changed. `None` when the source did not say.
    pub last_update: Option<LastUpdate>,
    /// How long the record still lives.
    pub ttl: Ttl,
}

/// What happened to the record.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Operation {
    /// It was written.
    Write {
        /// The bins are all that the record has now; otherwise only these have changed.
        whole_record: bool,
    },
    /// It was deleted.
    Delete {
        /// The source keeps a tombstone.
        durable: bool,
    },
}

impl Operation {
    /// Whether the record is gone.
    #[inline]
    pub const fn is_delete(self) -> bool {
        matches!(self, Self::Delete { .. })
    }
}

/// A time of change in milliseconds since 2010-01-01, and the cluster it happened in.
///
/// Compares by time first, then by source.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct LastUpdate {
    since_2010_ms: u64,
    source_id: u8,
}

impl LastUpdate {
    /// 2010-01-01T00:00:00Z, from which the source counts, in Unix milliseconds.
    const EPOCH_UNIX_MS: u64 = 1_262_304_000_000;
    const TIME_BITS: u64 = (1 << 40) - 1;

    /// Reads the number of the wire: bits 0 to 39 are the time, bits 40 to 47 the source's id.
    ///
    /// `None` when the time is 0, which stands for "unknown".
    #[inline]
    pub const fn from_raw(raw: u64) -> Option<Self> {
        let since_2010_ms = raw & Self::TIME_BITS;
        if since_2010_ms == 0 {
            return None;
        }
        let [_, _, source_id, ..] = raw.to_be_bytes();
        Some(Self {
            since_2010_ms,
            source_id,
        })
    }

    /// A time given in Unix milliseconds, as far as the wire can hold it (2010 to 2044).
    pub const fn from_unix_ms(unix_ms: u64, source_id: u8) -> Option<Self> {
        match unix_ms.checked_sub(Self::EPOCH_UNIX_MS) {
            Some(since_2010_ms @ 1..=Self::TIME_BITS) => Some(Self {
                since_2010_ms,
                source_id,
            }),
            Some(_) | None => None,
        }
    }

    /// The number of the wire.
    pub fn raw(self) -> u64 {
        u64::from(self.source_id) << 40 | self.since_2010_ms
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[inline]
    pub const fn unix_ms(self) -> u64 {
        self.since_2010_ms.saturating_add(Self::EPOCH_UNIX_MS)
    }

    /// The id of the cluster where the change happened, 1 to 255; 0 when it has none.
    #[inline]
    pub const fn source_id(self) -> u8 {
        self.source_id
    }
}

/// How long a record still lives, seen from when it was sent.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Ttl {
    /// It does not expire.
    Never,
    /// The source leaves it to the destination ("namespace default", "unchanged"): not known here.
    Unknown,
    /// So many seconds.
    Seconds(u32),
}

impl Ttl {
    const NEVER: u32 = u32::MAX;
    const UNCHANGED: u32 = u32::MAX - 1;

    /// Reads the number of the wire.
    #[inline]
    pub const fn from_raw(raw: u32) -> Self {
        match raw {
            Self::NEVER => Self::Never,
            0 | Self::UNCHANGED => Self::Unknown,
            seconds => Self::Seconds(seconds),
        }
    }

    /// The number of the wire.
    pub const fn raw(self) -> u32 {
        match self {
            Self::Never => Self::NEVER,
            Self::Unknown => 0,
            Self::Seconds(seconds) => seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_low_40_bits_and_the_source_the_8_above() {
        let update = LastUpdate::from_raw(0x07_6d_c9_dd_69_98).unwrap();
        assert_eq!(update.unix_ms(), 1_733_842_166_168);
        assert_eq!(update.source_id(), 7);
        assert_eq!(update.raw(), 0x07_6d_c9_dd_69_98);
        assert_eq!(LastUpdate::from_unix_ms(1_733_842_166_168, 7), Some(update));
    }

    #[test]
    fn bits_above_the_source_are_ignored() {
        let update = LastUpdate::from_raw(0xffff_ff00_0000_0001).unwrap();
        assert_eq!(
            (update.unix_ms(), update.source_id()),
            (1_262_304_000_001, 255)
        );
    }

    #[test]
    fn the_last_time_that_40_bits_hold_is_in_2044() {
        let update = LastUpdate::from_raw(u64::MAX).unwrap();
        assert_eq!(update.unix_ms(), 1_262_304_000_000 + (1 << 40) - 1);
        assert_eq!(
            LastUpdate::from_unix_ms(1_262_304_000_000 + (1 << 40), 0),
            None
        );
    }

    #[test]
    fn a_time_of_0_is_unknown_even_with_a_source() {
        assert_eq!(LastUpdate::from_raw(0), None);
        assert_eq!(LastUpdate::from_raw(7 << 40), None);
        assert_eq!(LastUpdate::from_unix_ms(1_262_304_000_000, 1), None);
        assert_eq!(LastUpdate::from_unix_ms(0, 1), None);
    }

    #[test]
    fn a_ttl_tells_never_from_unknown() {
        assert_eq!(Ttl::from_raw(0xffff_ffff), Ttl::Never);
        assert_eq!(Ttl::from_raw(0xffff_fffe), Ttl::Unknown);
        assert_eq!(Ttl::from_raw(0), Ttl::Unknown);
        assert_eq!(Ttl::from_raw(1), Ttl::Seconds(1));
        assert_eq!(Ttl::from_raw(315_360_000), Ttl::Seconds(315_360_000));
        assert_eq!(Ttl::Never.raw(), 0xffff_ffff);
    }
}
