//! Frames as they went over the wire, one behind the other.

use std::io::BufRead;

use super::{Counted, StreamError};

/// The first byte of every frame: the protocol version.
pub(super) const VERSION: u8 = 2;

#[derive(Debug)]
pub(super) struct RawReader<R> {
    input: Counted<R>,
}

impl<R: BufRead> RawReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input: Counted::new(input),
        }
    }

    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, StreamError> {
        if self.input.is_at_end()? {
            Ok(None)
        } else {
            self.input.frame().map(Some)
        }
    }
}
