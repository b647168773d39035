//! The files of Aerospike's XDR backup: a header of 44 bytes (version, file number, namespace),
//! then per record its digest, a length of 6 bytes and the frame as it was received.
//!
//! The backup clears the XDR bit, so that a restore can send the frame as a client's write; it is
//! set again here, because a connector is to see what the source sent.

use std::io::BufRead;

use super::{Counted, Fault, StreamError, body_len};

/// The first byte of a file.
pub(super) const VERSION: u8 = 1;

const FILE_HEADER_LEN: u64 = 44;
const DIGEST_LEN: u64 = 20;
const LENGTH_LEN: u64 = 6;

/// Where a frame has its first byte of flags, and the flag "sent by XDR" in it.
const INFO1_AT: usize = 9;
const INFO1_XDR: u8 = 0x10;

/// A frame whose content is a message, not compressed.
const KIND_AT: usize = 1;
const KIND_MESSAGE: u8 = 3;

#[derive(Debug)]
pub(super) struct AsbxReader<R> {
    input: Counted<R>,
}

impl<R: BufRead> AsbxReader<R> {
    pub(super) fn open(input: R) -> Result<Self, StreamError> {
        let mut input = Counted::new(input);
        input.take(FILE_HEADER_LEN, "the file header")?;
        Ok(Self { input })
    }

    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, StreamError> {
        if self.input.is_at_end()? {
            return Ok(None);
        }
        self.input.take(DIGEST_LEN, "a digest")?;
        let at = self.input.offset;
        let announced = self.input.take(LENGTH_LEN, "a length")?;
        let announced = announced
            .iter()
            .fold(0, |len, &byte| len << 8 | u64::from(byte));
        let mut frame = self.input.frame()?;
        if frame.len() as u64 != announced {
            let fault = Fault::LengthsDiffer {
                announced,
                frame: body_len(&frame),
            };
            return Err(StreamError::Broken { offset: at, fault });
        }
        mark_as_xdr(&mut frame);
        Ok(Some(frame))
    }
}

fn mark_as_xdr(frame: &mut [u8]) {
    if frame.get(KIND_AT) == Some(&KIND_MESSAGE)
        && let Some(info1) = frame.get_mut(INFO1_AT)
    {
        *info1 |= INFO1_XDR;
    }
}
