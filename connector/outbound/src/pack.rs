//! The MessagePack writer: values straight from the bytes received into an output buffer.
//!
//! Headers and numbers are `rmp`'s, in the shortest form. Text that is not UTF-8 has no place in a
//! MessagePack string, so its raw bytes are kept, as `bin` (13.8).

use rmp::encode;
use simdutf8::basic::from_utf8;

pub(crate) mod collection;
pub(crate) mod value;

/// Appends nil.
#[inline]
pub(crate) fn nil(out: &mut Vec<u8>) {
    written(encode::write_nil(out));
}

/// Appends a boolean.
#[inline]
pub(crate) fn boolean(out: &mut Vec<u8>, value: bool) {
    written(encode::write_bool(out, value));
}

/// Appends an integer.
#[inline]
pub(crate) fn integer(out: &mut Vec<u8>, value: i64) {
    written(encode::write_sint(out, value));
}

/// Appends an integer that is not negative.
#[inline]
pub(crate) fn unsigned(out: &mut Vec<u8>, value: u64) {
    written(encode::write_uint(out, value));
}

/// Appends an integer that is not negative, or nil.
#[inline]
pub(crate) fn unsigned_or_nil(out: &mut Vec<u8>, value: Option<u64>) {
    match value {
        Some(value) => unsigned(out, value),
        None => nil(out),
    }
}

/// Appends a number of 64 bits.
#[inline]
pub(crate) fn double(out: &mut Vec<u8>, value: f64) {
    written(encode::write_f64(out, value));
}

/// Appends a string, or `bin` where the bytes are not UTF-8.
#[inline]
pub(crate) fn text(out: &mut Vec<u8>, bytes: &[u8]) {
    if is_text(bytes) {
        written(encode::write_str_len(out, len(bytes)));
        out.extend_from_slice(bytes);
    } else {
        blob(out, bytes);
    }
}

/// Appends `bin`.
#[inline]
pub(crate) fn blob(out: &mut Vec<u8>, bytes: &[u8]) {
    written(encode::write_bin_len(out, len(bytes)));
    out.extend_from_slice(bytes);
}

/// Appends `ext` of the given type. Types above 127 wrap, as there are no others.
#[inline]
pub(crate) fn extension(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    written(encode::write_ext_meta(
        out,
        len(bytes),
        i8::from_be_bytes([kind]),
    ));
    out.extend_from_slice(bytes);
}

/// Appends what an array of so many elements begins with.
#[inline]
pub(crate) fn array(out: &mut Vec<u8>, len: u32) {
    written(encode::write_array_len(out, len));
}

/// Appends what a map of so many pairs begins with.
#[inline]
pub(crate) fn map(out: &mut Vec<u8>, len: u32) {
    written(encode::write_map_len(out, len));
}

/// Names are short and mostly ASCII: eight bytes at a time settle that without a call.
#[inline]
fn is_text(bytes: &[u8]) -> bool {
    const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
    if let (Some(first), Some(last), true) =
        (bytes.first_chunk(), bytes.last_chunk(), bytes.len() <= 16)
    {
        let both = u64::from_ne_bytes(*first) | u64::from_ne_bytes(*last);
        return both & HIGH_BITS == 0 || from_utf8(bytes).is_ok();
    }
    if bytes.len() < 8 {
        return bytes.is_ascii() || from_utf8(bytes).is_ok();
    }
    from_utf8(bytes).is_ok()
}

/// No frame comes near 4 GiB.
#[inline]
fn len(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// A vector takes whatever is written.
#[inline]
fn written<T, E>(result: Result<T, E>) {
    drop(result);
}
