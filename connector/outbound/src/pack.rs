//! The MessagePack writer: values straight from the bytes received into an output buffer.
//!
//! Everything has the shortest form. The common ones are put together here from `rmp`'s markers, a few
//! bytes at a time; the others are `rmp`'s own. Text that is not UTF-8 has no place in a
//! MessagePack string, so its raw bytes are kept, as `bin` (13.8).

use rmp::{Marker, encode};
use simdutf8::basic::from_utf8;

pub(crate) mod collection;
pub(crate) mod value;

/// Appends nil.
#[inline]
pub(crate) fn nil(out: &mut Vec<u8>) {
    out.push(Marker::Null.to_u8());
}

/// Appends a boolean.
#[inline]
pub(crate) fn boolean(out: &mut Vec<u8>, value: bool) {
    let marker = if value { Marker::True } else { Marker::False };
    out.push(marker.to_u8());
}

/// Appends an integer.
#[inline]
pub(crate) fn integer(out: &mut Vec<u8>, value: i64) {
    match u64::try_from(value) {
        Ok(value) => unsigned(out, value),
        Err(_) => written(encode::write_sint(out, value)),
    }
}

/// Appends two bytes and an integer.
#[inline]
pub(crate) fn integer_after(out: &mut Vec<u8>, before: [u8; 2], value: i64) {
    if let Ok(value @ 0x1_0000..) = u32::try_from(value) {
        let header = u64::from(u16::from_be_bytes(before)) << 8 | u64::from(Marker::U32.to_u8());
        let all = (header << 32 | u64::from(value)).to_be_bytes();
        out.extend_from_slice(all.last_chunk::<7>().unwrap_or(&[0; 7]));
    } else {
        out.extend_from_slice(&before);
        integer(out, value);
    }
}

/// Appends two bytes and a number of 64 bits.
#[inline]
pub(crate) fn double_after(out: &mut Vec<u8>, before: [u8; 2], value: f64) {
    let header = u128::from(u16::from_be_bytes(before)) << 8 | u128::from(Marker::F64.to_u8());
    let all = (header << 64 | u128::from(value.to_bits())).to_be_bytes();
    out.extend_from_slice(all.last_chunk::<11>().unwrap_or(&[0; 11]));
}

/// Appends an integer that is not negative.
#[inline]
pub(crate) fn unsigned(out: &mut Vec<u8>, value: u64) {
    let [.., a, b, c, d] = value.to_be_bytes();
    match value {
        0..=0x7f => out.push(d),
        0x80..=0xffff => written(encode::write_uint(out, value)),
        0x1_0000..=0xffff_ffff => out.extend_from_slice(&[Marker::U32.to_u8(), a, b, c, d]),
        _ => written(encode::write_u64(out, value)),
    }
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
    if !bytes.is_ascii() && from_utf8(bytes).is_err() {
        blob(out, bytes);
        return;
    }
    match short(bytes.len()) {
        Some(len @ 0..=31) => out.push(Marker::FixStr(len).to_u8()),
        Some(len) => out.extend_from_slice(&[Marker::Str8.to_u8(), len]),
        None => written(encode::write_str_len(out, long(bytes.len()))),
    }
    out.extend_from_slice(bytes);
}

/// Appends `bin`.
#[inline]
pub(crate) fn blob(out: &mut Vec<u8>, bytes: &[u8]) {
    match short(bytes.len()) {
        Some(len) => out.extend_from_slice(&[Marker::Bin8.to_u8(), len]),
        None => written(encode::write_bin_len(out, long(bytes.len()))),
    }
    out.extend_from_slice(bytes);
}

/// Appends `ext` of the given type. Types above 127 wrap, as there are no others.
pub(crate) fn extension(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    let kind = i8::from_be_bytes([kind]);
    written(encode::write_ext_meta(out, long(bytes.len()), kind));
    out.extend_from_slice(bytes);
}

/// Appends what an array of so many elements begins with.
#[inline]
pub(crate) fn array(out: &mut Vec<u8>, len: u32) {
    match u8::try_from(len) {
        Ok(len @ 0..=15) => out.push(Marker::FixArray(len).to_u8()),
        _ => written(encode::write_array_len(out, len)),
    }
}

/// Appends what a map of so many pairs begins with.
#[inline]
pub(crate) fn map(out: &mut Vec<u8>, len: u32) {
    match u8::try_from(len) {
        Ok(len @ 0..=15) => out.push(Marker::FixMap(len).to_u8()),
        _ => written(encode::write_map_len(out, len)),
    }
}

/// What [`text`] was given, of a name that it has written.
pub(crate) fn content(written: &[u8]) -> &[u8] {
    match written {
        [0xa0..=0xbf, content @ ..] | [0xc4 | 0xd9, _, content @ ..] => content,
        other => other,
    }
}

#[inline]
fn short(len: usize) -> Option<u8> {
    u8::try_from(len).ok()
}

/// No frame comes near 4 GiB.
fn long(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// A vector takes whatever is written.
#[inline]
fn written<T, E>(result: Result<T, E>) {
    drop(result);
}
