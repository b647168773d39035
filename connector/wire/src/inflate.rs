//! Compressed frames: bounded by limit, by ratio and by what arrives, one level deep.

use flate2::{Decompress, DecompressError};

use crate::flow::{Flow, FlowError, RATIO_MAX, length};
use crate::frame::{BODY_LEN_MAX, Frame, FrameError, FrameKind, next_frame};

/// Turns compressed frames into plain ones, one after the other, in a buffer that it reuses.
///
/// The buffer grows with the bytes that come out, never by the length that the peer announces, and
/// keeps its size: have one inflater per thread rather than one per connection.
#[derive(Debug)]
pub struct Inflater {
    flow: Flow,
    limit: u64,
}

impl Inflater {
    /// Inflates frames whose own body has up to `limit` bytes, and never more than
    /// [`BODY_LEN_MAX`].
    pub fn new(limit: u64) -> Self {
        Self {
            flow: Flow::new(Decompress::new(true)),
            limit: limit.min(BODY_LEN_MAX),
        }
    }

    /// How many bytes the buffer holds, used or not: at most the limit, a frame header and one more.
    pub const fn capacity(&self) -> usize {
        self.flow.capacity()
    }

    /// Inflates one compressed frame to the message frame inside it.
    ///
    /// The announced length may stand in either byte order: clients write it big-endian, some old
    /// servers in their own order. It must be the length that comes out.
    ///
    /// # Errors
    ///
    /// When the content is damaged, over the limits, or not exactly one message frame. The
    /// boundary of the outer frame is known, so the connection can go on.
    pub fn inflate(&mut self, frame: Frame<'_>) -> Result<Frame<'_>, InflateError> {
        let announced = Announced::read(frame)?;
        let ceiling = self.ceiling(&announced)?;
        let stream = announced.stream;
        let inflated = self.flow.inflate(stream, ceiling);
        let inflated = inflated.map_err(|error| match error {
            FlowError::TooLong => InflateError::LongerThanAnnounced { ceiling },
            FlowError::Ratio => InflateError::Ratio {
                compressed: stream.len(),
            },
            FlowError::Damaged(source) => InflateError::Inflate { source },
            FlowError::Truncated => InflateError::Truncated,
            FlowError::Trailing(len) => InflateError::TrailingBytes { len },
        })?;
        let len = length(inflated);
        if !announced.lengths.contains(&len) {
            let [announced, _] = announced.lengths;
            return Err(InflateError::LengthMismatch { announced, len });
        }
        match next_frame(inflated, self.limit) {
            Ok(Some(inner)) if inner.len() != inflated.len() => Err(InflateError::NotOneFrame),
            Ok(Some(inner)) if inner.kind() != FrameKind::Message => {
                Err(InflateError::NestedCompression)
            }
            Ok(Some(inner)) => Ok(inner),
            Ok(None) => Err(InflateError::NotOneFrame),
            Err(source) => Err(InflateError::ReadInnerFrame { source }),
        }
    }

    /// The most bytes that may come out: what is announced, if that is within the limit.
    fn ceiling(&self, announced: &Announced<'_>) -> Result<u64, InflateError> {
        let limit = self.limit.saturating_add(FRAME_HEADER_LEN);
        announced
            .lengths
            .into_iter()
            .filter(|len| *len <= limit)
            .max()
            .ok_or_else(|| {
                let [announced, _] = announced.lengths;
                InflateError::TooLarge { announced, limit }
            })
    }
}

/// Why a compressed frame cannot be used. The fault is the peer's.
#[derive(Clone, Debug, thiserror::Error)]
pub enum InflateError {
    /// The frame is not a compressed one.
    #[error("the frame is not compressed")]
    NotCompressed,
    /// Not even the length of the content is there.
    #[error("the compressed frame has a body of {len} bytes, too few for its own header of 8")]
    TooShort {
        /// Length of the body in bytes.
        len: usize,
    },
    /// The content is over the limit.
    #[error("the compressed frame announces {announced} bytes of content; the limit is {limit}")]
    TooLarge {
        /// The length as announced, read as big-endian.
        announced: u64,
        /// The most that is allowed, frame header included.
        limit: u64,
    },
    /// More comes out than announced.
    #[error("the compressed frame holds more than the {ceiling} bytes that it announces")]
    LongerThanAnnounced {
        /// Where inflating stopped.
        ceiling: u64,
    },
    /// A bomb: no records shrink like this.
    #[error(
        "{compressed} compressed bytes hold more than {RATIO_MAX} times as many; records do not shrink like this"
    )]
    Ratio {
        /// Length of the compressed stream in bytes.
        compressed: usize,
    },
    /// The content has another length than announced.
    #[error("the compressed frame announces {announced} bytes and holds {len}")]
    LengthMismatch {
        /// The length as announced, read as big-endian.
        announced: u64,
        /// The length that came out.
        len: u64,
    },
    /// The content is damaged.
    #[error("the content of the compressed frame is damaged")]
    Inflate {
        /// Where zlib found it.
        source: DecompressError,
    },
    /// The compressed stream ends too early.
    #[error("the content of the compressed frame ends too early")]
    Truncated,
    /// Bytes remain after the compressed stream.
    #[error("{len} bytes are left over after the content of the compressed frame")]
    TrailingBytes {
        /// How many.
        len: usize,
    },
    /// The content is not a frame.
    #[error("the content of the compressed frame is not a frame")]
    ReadInnerFrame {
        /// Why not.
        source: FrameError,
    },
    /// The content is less or more than one frame.
    #[error("the content of the compressed frame is not exactly one frame")]
    NotOneFrame,
    /// The content is compressed again.
    #[error("the content of the compressed frame is a compressed frame again")]
    NestedCompression,
}

/// What a compressed frame says of its content.
struct Announced<'a> {
    /// Length of the content, read as big-endian and as little-endian.
    lengths: [u64; 2],
    stream: &'a [u8],
}

impl<'a> Announced<'a> {
    fn read(frame: Frame<'a>) -> Result<Self, InflateError> {
        if frame.kind() != FrameKind::Compressed {
            return Err(InflateError::NotCompressed);
        }
        let body = frame.body();
        let Some((len, stream)) = body.split_first_chunk::<8>() else {
            return Err(InflateError::TooShort { len: body.len() });
        };
        Ok(Self {
            lengths: [u64::from_be_bytes(*len), u64::from_le_bytes(*len)],
            stream,
        })
    }
}

/// What the inner frame has in front of its body.
const FRAME_HEADER_LEN: u64 = 8;

#[cfg(test)]
mod tests;
