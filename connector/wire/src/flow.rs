//! Inflating a stream into a buffer: bounded by limit, by ratio and by what arrives.

use flate2::{Decompress, DecompressError, FlushDecompress, Status};

/// How many times longer than its compressed bytes a stream may become, beyond [`RATIO_FREE_LEN`].
///
/// The densest stream that zlib can make is about 1 032 times shorter than its content; real
/// records stay far below.
pub const RATIO_MAX: u64 = 1_000;

/// Streams that inflate to this many bytes or fewer may have any ratio.
pub const RATIO_FREE_LEN: u64 = 64 << 10;

/// Turns compressed streams into plain bytes, one after the other, in a buffer that it reuses.
///
/// The buffer grows with the bytes that come out, and keeps its size.
#[derive(Debug)]
pub(crate) struct Flow {
    decompress: Decompress,
    buffer: Vec<u8>,
}

/// Why a stream cannot be inflated.
#[derive(Debug)]
pub(crate) enum FlowError {
    /// More comes out than may.
    TooLong,
    /// A bomb.
    Ratio,
    Damaged(DecompressError),
    Truncated,
    /// So many bytes follow the stream.
    Trailing(usize),
}

impl Flow {
    pub(crate) const fn new(decompress: Decompress) -> Self {
        Self {
            decompress,
            buffer: Vec::new(),
        }
    }

    /// How many bytes the buffer holds, used or not.
    pub(crate) const fn capacity(&self) -> usize {
        self.buffer.capacity()
    }

    /// Inflates `stream`, which may become `ceiling` bytes long.
    pub(crate) fn inflate(&mut self, stream: &[u8], ceiling: u64) -> Result<&[u8], FlowError> {
        let ratio_ceiling = length(stream).saturating_mul(RATIO_MAX).max(RATIO_FREE_LEN);
        // Of the kind of stream it was made for, whatever is said here.
        self.decompress.reset(true);
        self.buffer.clear();
        let mut rest = stream;
        loop {
            // One byte more than allowed, so that too many are noticed.
            grow(
                &mut self.buffer,
                stream.len(),
                ceiling.min(ratio_ceiling).saturating_add(1),
            );
            let before = self.decompress.total_in();
            let status = self
                .decompress
                .decompress_vec(rest, &mut self.buffer, FlushDecompress::None)
                .map_err(FlowError::Damaged)?;
            let taken = self.decompress.total_in().saturating_sub(before);
            rest = usize::try_from(taken)
                .ok()
                .and_then(|taken| rest.get(taken..))
                .unwrap_or_default();
            let len = length(&self.buffer);
            if len > ceiling {
                return Err(FlowError::TooLong);
            }
            if len > ratio_ceiling {
                return Err(FlowError::Ratio);
            }
            match status {
                Status::StreamEnd if rest.is_empty() => return Ok(&self.buffer),
                Status::StreamEnd => return Err(FlowError::Trailing(rest.len())),
                // There was room to write: it stopped for want of input.
                _ if self.buffer.len() < self.buffer.capacity() => {
                    return Err(FlowError::Truncated);
                }
                Status::Ok | Status::BufError => {}
            }
        }
    }
}

/// Makes room for more, up to `most` bytes in all: first for what the compressed bytes make
/// likely, then for as much again as came out.
fn grow(buffer: &mut Vec<u8>, compressed: usize, most: u64) {
    if buffer.len() < buffer.capacity() {
        return;
    }
    let wanted = compressed
        .saturating_mul(4)
        .max(buffer.len().saturating_mul(2))
        .max(4 << 10);
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = wanted.min(most).saturating_sub(buffer.len());
    buffer.reserve_exact(more);
}

pub(crate) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
