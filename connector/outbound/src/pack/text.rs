//! Strings as MessagePack.

use super::{Head, Piece};

/// The highest bit of each byte, which ASCII leaves alone.
const HIGH_BITS: u64 = u64::from_le_bytes([0x80; 8]);

/// Appends a string, or `bin` where the bytes are not UTF-8.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "names and keys are short, and come too often for a call"
)]
pub(crate) fn write(out: &mut Vec<u8>, bytes: &[u8]) {
    match bytes.len() {
        0..=7 => write_word(out, bytes),
        8..=15 => write_two_words(out, bytes),
        _ => write_any(out, bytes),
    }
}

/// The same of up to 7 bytes: a string of ASCII and its head are one word.
#[inline(always)]
#[expect(clippy::inline_always, reason = "as for `write`")]
fn write_word(out: &mut Vec<u8>, bytes: &[u8]) {
    let text = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        u64::from(first) | u64::from(last) << (8 * (bytes.len() - 4))
    } else {
        let last_first = bytes.iter().rev();
        last_first.fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    if text & HIGH_BITS != 0 {
        return write_any(out, bytes);
    }
    let head = u64::from(Head::text(bytes.len()).marker());
    out.extend_from_slice(&(text << 8 | head).to_le_bytes());
    out.truncate(out.len() - (7 - bytes.len()));
}

/// The same of 8 to 15 bytes, and two words.
#[inline(always)]
#[expect(clippy::inline_always, reason = "as for `write`")]
fn write_two_words(out: &mut Vec<u8>, bytes: &[u8]) {
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return write_any(out, bytes);
    };
    let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
    if (first | last) & HIGH_BITS != 0 {
        return write_any(out, bytes);
    }
    let text = u128::from(first) | u128::from(last) << (8 * (bytes.len() - 8));
    let head = u128::from(Head::text(bytes.len()).marker());
    out.extend_from_slice(&(text << 8 | head).to_le_bytes());
    out.truncate(out.len() - (15 - bytes.len()));
}

fn write_any(out: &mut Vec<u8>, bytes: &[u8]) {
    Piece::text(bytes).write(out);
}

/// What [`write()`] was given, of a name that it has written.
pub(crate) fn content(written: &[u8]) -> &[u8] {
    match written {
        [0xa0..=0xbf, content @ ..] | [0xc4 | 0xd9, _, content @ ..] => content,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rmpv::Value;

    proptest! {
        #[test]
        fn text_of_any_length_is_a_string_and_other_bytes_are_binary(
            bytes in prop_oneof![
                "[a-z]{0,40}".prop_map(String::into_bytes),
                "\\PC{0,20}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..40),
            ],
        ) {
            let mut out = b"before".to_vec();
            write(&mut out, &bytes);
            let written = out.strip_prefix(b"before").unwrap();
            prop_assert_eq!(content(written), &bytes);
            let expected = match String::from_utf8(bytes) {
                Ok(text) => Value::from(text),
                Err(error) => Value::Binary(error.into_bytes()),
            };
            let mut shortest = Vec::new();
            rmpv::encode::write_value(&mut shortest, &expected).unwrap();
            prop_assert_eq!(written, shortest);
        }
    }
}
