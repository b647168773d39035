//! Strings as Avro: UTF-8, with U+FFFD for what is none (13.8).

use std::ops::Range;

use aeroduct_config::avro::{write_bytes, write_count};
use simdutf8::basic::from_utf8;

/// Appends a string with its length, and returns where its text stands.
#[inline]
pub(crate) fn write(out: &mut Vec<u8>, bytes: &[u8]) -> Range<usize> {
    if bytes.is_ascii() || from_utf8(bytes).is_ok() {
        write_bytes(out, bytes);
        out.len() - bytes.len()..out.len()
    } else {
        write_mended(out, bytes)
    }
}

#[cold]
fn write_mended(out: &mut Vec<u8>, bytes: &[u8]) -> Range<usize> {
    const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

    let replaced = |invalid: &[u8]| match invalid {
        [] => &[][..],
        _ => REPLACEMENT,
    };
    let chunks = bytes.utf8_chunks();
    let len = chunks
        .clone()
        .map(|chunk| chunk.valid().len() + replaced(chunk.invalid()).len());
    write_count(out, len.sum());
    let start = out.len();
    for chunk in chunks {
        out.extend_from_slice(chunk.valid().as_bytes());
        out.extend_from_slice(replaced(chunk.invalid()));
    }
    start..out.len()
}

/// A string as the name of a bin, for [`crate::format`]'s shapes.
pub(crate) fn write_name(out: &mut Vec<u8>, name: &[u8]) {
    write(out, name);
}

/// What [`write_name`] was given, of a short name that it has written.
pub(crate) fn content(written: &[u8]) -> &[u8] {
    written
        .split_first()
        .map_or(written, |(_, content)| content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_string_of_the_right_length(
            bytes in prop_oneof![
                "\\PC{0,90}".prop_map(String::into_bytes),
                prop::collection::vec(any::<u8>(), 0..90),
            ],
        ) {
            let mut out = b"before".to_vec();
            let place = write(&mut out, &bytes);
            prop_assert_eq!(place.end, out.len());
            let text = String::from_utf8_lossy(&bytes);
            prop_assert_eq!(&out[place], text.as_bytes());
            let mut expected = b"before".to_vec();
            write_bytes(&mut expected, text.as_bytes());
            prop_assert_eq!(out, expected);
        }
    }
}
