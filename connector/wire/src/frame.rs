//! Frames: the units into which a connection's bytes are cut.

/// Length of the header in front of every frame: version, type and a length of 48 bits.
pub const HEADER_LEN: usize = 8;

/// The longest body that the protocol allows: 128 MiB.
pub const BODY_LEN_MAX: u64 = 128 << 20;

pub(crate) const PROTOCOL_VERSION: u8 = 2;

/// The length takes the last 48 bits of the header.
const LEN_BITS: u64 = (1 << 48) - 1;

/// What a frame holds.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum FrameKind {
    /// One message.
    Message,
    /// One frame with a message, compressed.
    Compressed,
}

impl FrameKind {
    /// The number of the wire.
    pub const fn code(self) -> u8 {
        match self {
            Self::Message => 3,
            Self::Compressed => 4,
        }
    }
}

/// One whole frame, borrowed from the bytes received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Frame<'a> {
    kind: FrameKind,
    bytes: &'a [u8],
}

impl<'a> Frame<'a> {
    /// What it holds.
    #[inline]
    pub const fn kind(&self) -> FrameKind {
        self.kind
    }

    /// The frame as it came, header included.
    #[inline]
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// What the header announces.
    #[inline]
    pub fn body(&self) -> &'a [u8] {
        self.bytes.get(HEADER_LEN..).unwrap_or_default()
    }

    /// Length in bytes, header included: where the next frame begins.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a frame has at least its header"
    )]
    #[inline]
    pub const fn len(&self) -> usize {
        self.bytes.len()
    }
}

/// Takes the first whole frame of `input`; `None` until more bytes arrive.
///
/// A body may have up to `limit` bytes, and never more than [`BODY_LEN_MAX`].
///
/// # Errors
///
/// When the bytes cannot be a frame. The boundary of the next one is lost with it: close the
/// connection and answer nothing.
#[inline]
pub fn next_frame(input: &[u8], limit: u64) -> Result<Option<Frame<'_>>, FrameError> {
    let Some(header) = input.first_chunk::<HEADER_LEN>() else {
        return Ok(None);
    };
    let [version, kind, ..] = *header;
    if version != PROTOCOL_VERSION {
        return Err(FrameError::UnsupportedVersion(version));
    }
    let kind = match kind {
        3 => FrameKind::Message,
        4 => FrameKind::Compressed,
        other => return Err(FrameError::UnsupportedKind(other)),
    };
    // Checked before anybody waits for the body: the length is the peer's word.
    let len = u64::from_be_bytes(*header) & LEN_BITS;
    let limit = limit.min(BODY_LEN_MAX);
    if len > limit {
        return Err(FrameError::TooLarge { len, limit });
    }
    Ok(usize::try_from(len)
        .ok()
        .and_then(|len| len.checked_add(HEADER_LEN))
        .and_then(|len| input.get(..len))
        .map(|bytes| Frame { kind, bytes }))
}

/// How many bytes of the frame that `input` begins with are not there yet; 0 as long as its header is
/// not whole.
#[inline]
pub fn missing(input: &[u8]) -> usize {
    let Some(header) = input.first_chunk::<HEADER_LEN>() else {
        return 0;
    };
    let len = u64::from_be_bytes(*header) & LEN_BITS;
    let whole = usize::try_from(len).map_or(usize::MAX, |len| len.saturating_add(HEADER_LEN));
    whole.saturating_sub(input.len())
}

/// Why the bytes of a connection are not frames. The fault is the peer's.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// Another protocol, or another version of it.
    #[error("the peer speaks another protocol: a frame begins with version {0} instead of 2")]
    UnsupportedVersion(u8),
    /// A frame that a source has no reason to send: info (1), security (2) or unknown.
    #[error(
        "the peer sent a frame of type {0}; a source sends only messages (3) and compressed messages (4)"
    )]
    UnsupportedKind(u8),
    /// A frame over the limit.
    #[error("the peer announces a frame of {len} bytes; the limit is {limit}")]
    TooLarge {
        /// Length of its body in bytes.
        len: u64,
        /// The longest body allowed.
        limit: u64,
    },
}

#[cfg(test)]
mod tests;
