//! The body of an HTTP request that brings a change: one byte of version and one frame.

use flate2::{Decompress, DecompressError};

use crate::flow::{Flow, FlowError, RATIO_MAX};
use crate::frame::{BODY_LEN_MAX, Frame, FrameError, HEADER_LEN, next_frame};

/// The version that every body begins with.
pub const POST_VERSION: u8 = 1;

/// The window of gzip, as a power of two: all that a stream may have.
const GZIP_WINDOW: u8 = 15;

/// The longest body of a request whose frame may have a body of `limit` bytes.
pub fn post_len_max(limit: u64) -> u64 {
    let ahead = u64::try_from(HEADER_LEN).unwrap_or(u64::MAX);
    limit
        .min(BODY_LEN_MAX)
        .saturating_add(ahead)
        .saturating_add(1)
}

/// The one frame of a request's body. Its own body may have up to `limit` bytes.
///
/// # Errors
///
/// When the body has another version, or is not exactly one frame.
#[inline]
pub fn posted_frame(body: &[u8], limit: u64) -> Result<Frame<'_>, PostError> {
    let (&version, rest) = body.split_first().ok_or(PostError::Empty)?;
    if version != POST_VERSION {
        return Err(PostError::UnsupportedVersion(version));
    }
    match next_frame(rest, limit) {
        Ok(Some(frame)) if frame.len() == rest.len() => Ok(frame),
        Ok(Some(frame)) => Err(PostError::TrailingBytes {
            len: rest.len().saturating_sub(frame.len()),
        }),
        Ok(None) => Err(PostError::Incomplete { len: rest.len() }),
        Err(source) => Err(PostError::ReadFrame { source }),
    }
}

/// Inflates bodies that came as gzip, one after the other, in a buffer that it reuses: have one per
/// thread.
#[derive(Debug)]
pub struct Gunzip {
    flow: Flow,
    ceiling: u64,
}

impl Gunzip {
    /// Inflates bodies whose frame may have a body of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self {
            flow: Flow::new(Decompress::new_gzip(GZIP_WINDOW)),
            ceiling: post_len_max(limit),
        }
    }

    /// How many bytes the buffer holds, used or not: at most the longest body, and one more.
    pub const fn capacity(&self) -> usize {
        self.flow.capacity()
    }

    /// Inflates one body.
    ///
    /// # Errors
    ///
    /// When it is not exactly one gzip stream, or becomes longer than a body may be.
    pub fn inflate(&mut self, body: &[u8]) -> Result<&[u8], PostError> {
        let ceiling = self.ceiling;
        let inflated = self.flow.inflate(body, ceiling);
        inflated.map_err(|error| match error {
            FlowError::TooLong => PostError::TooLong { limit: ceiling },
            FlowError::Ratio => PostError::Ratio {
                compressed: body.len(),
            },
            FlowError::Damaged(source) => PostError::Inflate { source },
            FlowError::Truncated => PostError::Truncated,
            FlowError::Trailing(len) => PostError::TrailingBytes { len },
        })
    }
}

/// Why the body of a request brings no change. The fault is the peer's.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PostError {
    /// There is none.
    #[error("the body is empty; it must be the byte 1 and one frame")]
    Empty,
    /// Another version of the body.
    #[error("the body begins with version {0}; version {POST_VERSION} is served")]
    UnsupportedVersion(u8),
    /// The frame is cut off.
    #[error("the body ends within its frame, of which it has {len} bytes")]
    Incomplete {
        /// Bytes of the frame that are there.
        len: usize,
    },
    /// What follows the version is no frame.
    #[error("the body holds no frame")]
    ReadFrame {
        /// Why not.
        source: FrameError,
    },
    /// More than one frame, or more than one gzip stream.
    #[error("{len} bytes are left over after the frame; one request brings one frame")]
    TrailingBytes {
        /// How many.
        len: usize,
    },
    /// The inflated body is over the limit.
    #[error("the inflated body is longer than {limit} bytes, which is the most that is taken")]
    TooLong {
        /// The longest body.
        limit: u64,
    },
    /// A bomb: no records shrink like this.
    #[error(
        "{compressed} compressed bytes hold more than {RATIO_MAX} times as many; records do not shrink like this"
    )]
    Ratio {
        /// Length of the compressed body in bytes.
        compressed: usize,
    },
    /// The gzip stream is damaged.
    #[error("the body is no sound gzip stream")]
    Inflate {
        /// Where zlib found it.
        source: DecompressError,
    },
    /// The gzip stream ends too early.
    #[error("the gzip stream of the body ends too early")]
    Truncated,
}

impl PostError {
    /// Whether the body is sound, as far as it was looked at, and larger than what is taken.
    pub const fn is_too_large(&self) -> bool {
        match self {
            Self::TooLong { .. } | Self::Ratio { .. } => true,
            Self::ReadFrame { source } => matches!(source, FrameError::TooLarge { .. }),
            Self::Empty
            | Self::UnsupportedVersion(_)
            | Self::Incomplete { .. }
            | Self::TrailingBytes { .. }
            | Self::Inflate { .. }
            | Self::Truncated => false,
        }
    }
}

#[cfg(test)]
mod tests;
