//! The bins of a record: checked once for their bounds, read as often as needed.

use crate::metadata::LastUpdate;
use crate::particle::{Particle, ParticleError, ParticleKind};

/// The one operation that a change carries per bin: "this is its value now".
pub const OP_WRITE: u8 = 2;

/// The bins of one record, in the order they came in.
///
/// Reading them cannot fail any more; reading the *value* of one can ([`Bin::particle`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bins<'a> {
    ops: &'a [u8],
    len: u16,
}

impl<'a> Bins<'a> {
    /// No bins.
    pub const EMPTY: Self = Self { ops: &[], len: 0 };

    /// Checks that `ops` is exactly `count` bins.
    ///
    /// Names are not compared with one another: a source never sends one twice.
    ///
    /// # Errors
    ///
    /// When a bin runs past the end, has a name over 15 bytes or another operation than a write,
    /// and when bytes are left over.
    #[inline]
    pub fn parse(ops: &'a [u8], count: u16) -> Result<Self, BinsError> {
        let mut rest = ops;
        for bin in 0..count {
            (_, rest) = split_bin(rest, bin)?;
        }
        if rest.is_empty() {
            Ok(Self { ops, len: count })
        } else {
            Err(BinsError::TrailingBytes { len: rest.len() })
        }
    }

    /// How many bins there are.
    #[inline]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether there are none.
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bins one by one.
    #[inline]
    pub const fn iter(&self) -> BinsIter<'a> {
        BinsIter {
            rest: self.ops,
            len: self.len,
        }
    }

    /// The bin called `name`.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<Bin<'a>> {
        self.iter().find(|bin| bin.name == name)
    }
}

impl<'a> IntoIterator for Bins<'a> {
    type Item = Bin<'a>;
    type IntoIter = BinsIter<'a>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &Bins<'a> {
    type Item = Bin<'a>;
    type IntoIter = BinsIter<'a>;

    #[inline]
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The bins of a record one by one.
#[derive(Clone, Debug)]
pub struct BinsIter<'a> {
    rest: &'a [u8],
    len: u16,
}

impl<'a> Iterator for BinsIter<'a> {
    type Item = Bin<'a>;

    #[inline]
    fn next(&mut self) -> Option<Bin<'a>> {
        self.len = self.len.checked_sub(1)?;
        // `Bins::parse` has found all of them whole.
        let (bin, rest) = split_bin(self.rest, 0).ok()?;
        self.rest = rest;
        Some(bin)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = usize::from(self.len);
        (len, Some(len))
    }
}

impl ExactSizeIterator for BinsIter<'_> {}

/// One named value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bin<'a> {
    /// At most 15 bytes, not necessarily UTF-8; empty in the single-bin namespaces of old servers.
    pub name: &'a [u8],
    /// What `bytes` hold. [`ParticleKind::NULL`]: the bin was deleted.
    pub kind: ParticleKind,
    /// The value as it came; see [`Bin::particle`].
    pub bytes: &'a [u8],
    /// When this bin was last changed, where the source ships it.
    pub last_update: Option<LastUpdate>,
}

impl<'a> Bin<'a> {
    /// Reads the value. The inside of lists and maps is read later, by [`crate::cdt::Reader`].
    ///
    /// # Errors
    ///
    /// When `bytes` cannot be a value of this kind.
    #[inline]
    pub fn particle(&self) -> Result<Particle<'a>, ParticleError> {
        Particle::parse(self.kind, self.bytes)
    }
}

/// Why the bins of a message cannot be read. The source sent something else than whole bins.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BinsError {
    /// A bin runs past the end of the message.
    #[error("bin {bin} of the message runs past its end")]
    Truncated {
        /// Position in the message, from 0.
        bin: u16,
    },
    /// A bin's size does not hold its own name and flags.
    #[error("bin {bin} of the message announces {size} bytes, too few for its own header and name")]
    TooShort {
        /// Position in the message, from 0.
        bin: u16,
        /// The size that the source announces.
        size: u32,
    },
    /// Something else than "this is the bin's value now".
    #[error("bin {bin} of the message has operation {operation}; a change holds only writes (2)")]
    UnsupportedOperation {
        /// Position in the message, from 0.
        bin: u16,
        /// Number of the operation.
        operation: u8,
    },
    /// A name that no server accepts.
    #[error("bin {bin} of the message has a name of {len} bytes; the limit is 15")]
    NameTooLong {
        /// Position in the message, from 0.
        bin: u16,
        /// Length of the name in bytes.
        len: u8,
    },
    /// More bytes than bins.
    #[error("{len} bytes are left over after the last bin of the message")]
    TrailingBytes {
        /// How many.
        len: usize,
    },
}

/// Bytes of a bin behind its size and before its name: operation, kind, flags, length of the name.
const FIXED_LEN: usize = 4;
const NAME_LEN_MAX: u8 = 15;
const FLAG_LAST_UPDATE: u8 = 0x01;

#[inline]
fn split_bin(bytes: &[u8], bin: u16) -> Result<(Bin<'_>, &[u8]), BinsError> {
    let Some((header, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(BinsError::Truncated { bin });
    };
    let [a, b, c, d, operation, kind, flags, name_len] = *header;
    let size = u32::from_be_bytes([a, b, c, d]);
    let too_short = BinsError::TooShort { bin, size };
    let Some(len) = usize::try_from(size)
        .ok()
        .and_then(|size| size.checked_sub(FIXED_LEN))
    else {
        return Err(too_short);
    };
    let Some((body, rest)) = rest.split_at_checked(len) else {
        return Err(BinsError::Truncated { bin });
    };
    if operation != OP_WRITE {
        return Err(BinsError::UnsupportedOperation { bin, operation });
    }
    if name_len > NAME_LEN_MAX {
        return Err(BinsError::NameTooLong { bin, len: name_len });
    }
    let Some((name, body)) = body.split_at_checked(usize::from(name_len)) else {
        return Err(too_short);
    };
    let (last_update, value) = if flags & FLAG_LAST_UPDATE == 0 {
        (None, body)
    } else {
        let Some((raw, value)) = body.split_first_chunk::<8>() else {
            return Err(too_short);
        };
        (LastUpdate::from_raw(u64::from_be_bytes(*raw)), value)
    };
    let bin = Bin {
        name,
        kind: ParticleKind(kind),
        bytes: value,
        last_update,
    };
    Ok((bin, rest))
}

#[cfg(test)]
mod tests;
