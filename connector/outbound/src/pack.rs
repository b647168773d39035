//! The MessagePack writer: values straight from the bytes received into an output buffer.
//!
//! Everything has the shortest form. Text that is not UTF-8 has no place in a MessagePack string, so
//! its raw bytes are kept, as `bin` (13.8).

use aeroduct_record::ParticleKind;
use simdutf8::basic::from_utf8;

pub(crate) use head::Head;

pub(crate) mod collection;
mod head;
pub(crate) mod text;
pub(crate) mod value;

/// A value to be written: what it begins with, and the bytes that follow as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) head: Head,
    pub(crate) body: &'a [u8],
}

impl<'a> Piece<'a> {
    /// A string, or `bin` where the bytes are not UTF-8.
    #[inline]
    pub(crate) fn text(bytes: &'a [u8]) -> Self {
        if is_text(bytes) {
            Self {
                head: Head::text(bytes.len()),
                body: bytes,
            }
        } else {
            Self::blob(bytes)
        }
    }

    /// `bin`.
    #[inline]
    pub(crate) fn blob(bytes: &'a [u8]) -> Self {
        Self {
            head: Head::blob(bytes.len()),
            body: bytes,
        }
    }

    /// `ext` whose type is that of the value.
    fn extension(kind: ParticleKind, bytes: &'a [u8]) -> Self {
        Self {
            head: Head::extension(kind.0, bytes.len()),
            body: bytes,
        }
    }

    #[inline]
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        self.head.write(out);
        out.extend_from_slice(self.body);
    }
}

impl From<Head> for Piece<'_> {
    #[inline]
    fn from(head: Head) -> Self {
        Self { head, body: &[] }
    }
}

#[inline(never)]
fn is_text(bytes: &[u8]) -> bool {
    bytes.is_ascii() || from_utf8(bytes).is_ok()
}
