//! A message while it is written, and the numbers that are patched in at its end.

use aeroduct_record::{LastUpdate, OP_WRITE, ParticleKind};

use super::EncodeError;
use crate::frame::{BODY_LEN_MAX, FrameKind, HEADER_LEN, PROTOCOL_VERSION};
use crate::message::MESSAGE_HEADER_LEN;

/// A message that is being written: a frame whose numbers are patched when they are known.
#[derive(Debug)]
pub(super) struct Draft<'v> {
    out: &'v mut Vec<u8>,
    start: usize,
    fields: u32,
    bins: u32,
    error: Option<EncodeError>,
}

impl<'v> Draft<'v> {
    /// Begins a frame at the end of `out`; the flags are the second and third byte of a message's.
    pub(super) fn new(out: &'v mut Vec<u8>, [info2, info3]: [u8; 2]) -> Self {
        let start = out.len();
        out.extend_from_slice(&frame_header(FrameKind::Message));
        out.extend_from_slice(&[HEADER_LEN_BYTE, FLAG_XDR, info2, info3]);
        out.resize(start.saturating_add(HEADERS_LEN), 0);
        Self {
            out,
            start,
            fields: 0,
            bins: 0,
            error: None,
        }
    }

    pub(super) fn patch(&mut self, at: usize, bytes: &[u8]) {
        overwrite(self.out, self.start.saturating_add(at), bytes);
    }

    pub(super) fn fail(&mut self, error: EncodeError) {
        self.error.get_or_insert(error);
    }

    pub(super) fn field(&mut self, code: u8, put: impl FnOnce(&mut Vec<u8>)) {
        let at = self.out.len();
        self.out.extend_from_slice(&[0, 0, 0, 0, code]);
        put(self.out);
        patch_size(self.out, at);
        self.fields = self.fields.saturating_add(1);
    }

    pub(super) fn bin(
        &mut self,
        name: &[u8],
        kind: ParticleKind,
        last_update: Option<LastUpdate>,
        put: impl FnOnce(&mut Vec<u8>),
    ) {
        let Ok(name_len @ 0..=15) = u8::try_from(name.len()) else {
            return self.fail(EncodeError::NameTooLong { len: name.len() });
        };
        let at = self.out.len();
        let flags = u8::from(last_update.is_some());
        self.out
            .extend_from_slice(&[0, 0, 0, 0, OP_WRITE, kind.0, flags, name_len]);
        self.out.extend_from_slice(name);
        if let Some(time) = last_update {
            self.out.extend_from_slice(&time.raw().to_be_bytes());
        }
        put(self.out);
        patch_size(self.out, at);
        self.bins = self.bins.saturating_add(1);
    }

    pub(super) fn finish(mut self) -> Result<usize, EncodeError> {
        let result = self.close();
        if result.is_err() {
            self.out.truncate(self.start);
        }
        result
    }

    fn close(&mut self) -> Result<usize, EncodeError> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let fields = u16::try_from(self.fields)
            .map_err(|_| EncodeError::TooManyFields { count: self.fields })?;
        let bins =
            u16::try_from(self.bins).map_err(|_| EncodeError::TooManyBins { count: self.bins })?;
        self.patch(FIELDS_AT, &fields.to_be_bytes());
        self.patch(BINS_AT, &bins.to_be_bytes());
        patch_frame_length(self.out, self.start)?;
        Ok(self.out.len().saturating_sub(self.start))
    }
}

/// Bit of the first byte of flags: shipped by a source, not sent by a client.
const FLAG_XDR: u8 = 0x10;
/// What a message header says of its own length.
const HEADER_LEN_BYTE: u8 = 22;
/// What the length of a frame does not count.
const FRAME_HEADER_LEN: u64 = 8;
const HEADERS_LEN: usize = HEADER_LEN.saturating_add(MESSAGE_HEADER_LEN);
/// Where the numbers lie in a frame.
pub(super) const GENERATION_AT: usize = 14;
pub(super) const TTL_AT: usize = 18;
const FIELDS_AT: usize = 26;
const BINS_AT: usize = 28;

pub(super) const fn frame_header(kind: FrameKind) -> [u8; HEADER_LEN] {
    [PROTOCOL_VERSION, kind.code(), 0, 0, 0, 0, 0, 0]
}

fn overwrite(out: &mut [u8], at: usize, bytes: &[u8]) {
    let place = out.get_mut(at..).unwrap_or_default();
    for (old, new) in place.iter_mut().zip(bytes) {
        *old = *new;
    }
}

/// Writes the size of the field or bin that begins at `at`. One that does not fit into 32 bits
/// makes the frame too large as well, which is found at its end.
fn patch_size(out: &mut [u8], at: usize) {
    let len = out.len().saturating_sub(at).saturating_sub(4);
    let size = u32::try_from(len).unwrap_or(u32::MAX);
    overwrite(out, at, &size.to_be_bytes());
}

/// Writes the length of the frame that begins at `start`, or takes it back.
pub(super) fn patch_frame_length(out: &mut Vec<u8>, start: usize) -> Result<(), EncodeError> {
    let len = length(out.get(start..).unwrap_or_default()).saturating_sub(FRAME_HEADER_LEN);
    if len > BODY_LEN_MAX {
        out.truncate(start);
        return Err(EncodeError::TooLarge { len });
    }
    let [_, _, len @ ..] = len.to_be_bytes();
    overwrite(out, start.saturating_add(2), &len);
    Ok(())
}

pub(super) fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
