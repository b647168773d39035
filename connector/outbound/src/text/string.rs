//! Strings: UTF-8 repaired, escaped as Jackson escapes.
//!
//! One pass over plain ASCII, eight bytes at a time. Only from the first other byte on the text is
//! checked for UTF-8 and looked through for escapes.

use simdutf8::basic::from_utf8;

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();

/// Appends `bytes` as a quoted JSON string.
///
/// Each maximal subpart that is not UTF-8 becomes one U+FFFD (13.24). Escaped are the quote, the
/// backslash and what is below U+0020, nothing else.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "a few instructions before the text itself, in each of its places"
)]
pub(crate) fn write(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    write_unquoted(out, bytes);
    out.push(b'"');
}

/// Appends what stands between the quotes of [`write()`].
#[inline]
pub(crate) fn write_unquoted(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.len() > 16 || !write_short(out, bytes) {
        write_long(out, bytes);
    }
}

/// Appends up to 16 bytes of plain text, as names and most keys are, by the word: no call to copy them.
/// Returns whether they were plain; if not, nothing was appended.
#[inline]
fn write_short(out: &mut Vec<u8>, bytes: &[u8]) -> bool {
    let len = bytes.len();
    let (first, last) =
        if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk()) {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk()) {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            let both = u64::from(first) | u64::from(last) << 32;
            if marks(both) != 0 {
                return false;
            }
            // The halves overlap in the middle, where they are equal.
            let word = u64::from(first) | u64::from(last) << ((len - 4) * 8);
            out.extend_from_slice(&word.to_le_bytes());
            out.truncate(out.len() - (8 - len));
            return true;
        } else {
            let is_plain = bytes.iter().all(|byte| is_plain(*byte));
            if is_plain {
                out.extend(bytes);
            }
            return is_plain;
        };
    if (marks(first) | marks(last)) != 0 {
        return false;
    }
    out.extend_from_slice(&first.to_le_bytes());
    out.extend_from_slice(
        &last
            .unbounded_shr(u32::try_from((16 - len) * 8).unwrap_or(64))
            .to_le_bytes(),
    );
    out.truncate(out.len() - (16 - len));
    true
}

fn write_long(out: &mut Vec<u8>, bytes: &[u8]) {
    let (plain, rest) = bytes.split_at(plain_len(bytes));
    out.extend_from_slice(plain);
    if !rest.is_empty() {
        write_checked(out, rest);
    }
}

/// Appends `bytes` with every sequence that is not UTF-8 replaced, without escaping.
pub(crate) fn write_repaired(out: &mut Vec<u8>, bytes: &[u8]) {
    if from_utf8(bytes).is_ok() {
        out.extend_from_slice(bytes);
        return;
    }
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice(REPLACEMENT);
        }
    }
}

fn write_checked(out: &mut Vec<u8>, bytes: &[u8]) {
    if from_utf8(bytes).is_ok() {
        write_escaped(out, bytes);
        return;
    }
    for chunk in bytes.utf8_chunks() {
        write_escaped(out, chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice(REPLACEMENT);
        }
    }
}

fn write_escaped(out: &mut Vec<u8>, mut bytes: &[u8]) {
    loop {
        let (run, rest) = bytes.split_at(unescaped_len(bytes));
        out.extend_from_slice(run);
        let Some((&byte, after)) = rest.split_first() else {
            return;
        };
        write_escape(out, byte);
        bytes = after;
    }
}

fn write_escape(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0C => b'f',
        b'\r' => b'r',
        _ => {
            let hex = |digit: u8| {
                if digit < 10 {
                    b'0' + digit
                } else {
                    b'A' + digit - 10
                }
            };
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 0xF)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Number of leading bytes that are ASCII and need no escape.
#[inline]
fn plain_len(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let marks = marks(u64::from_le_bytes(*word));
        if marks != 0 {
            return index * 8 + first_mark(marks);
        }
    }
    // The last word overlaps what is known to be plain already.
    if bytes
        .last_chunk()
        .is_some_and(|word| marks(u64::from_le_bytes(*word)) == 0)
    {
        return bytes.len();
    }
    words.len() * 8 + tail.iter().take_while(|byte| is_plain(**byte)).count()
}

/// Number of leading bytes that need no escape.
#[inline]
fn unescaped_len(bytes: &[u8]) -> usize {
    let (words, tail) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let marks = escape_marks(u64::from_le_bytes(*word)) & HIGH_BITS;
        if marks != 0 {
            return index * 8 + first_mark(marks);
        }
    }
    words.len() * 8 + tail.iter().take_while(|byte| !needs_escape(**byte)).count()
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii() && !needs_escape(byte)
}

/// Marks of all bytes that are not plain; see [`escape_marks`].
#[inline]
const fn marks(word: u64) -> u64 {
    (escape_marks(word) | word) & HIGH_BITS
}

const fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Has the high bit of every byte that needs an escape. Above the lowest such byte there may be
/// false marks, because the subtractions borrow; the lowest mark is always true.
#[inline]
const fn escape_marks(word: u64) -> u64 {
    let quote = word ^ (ONES * 0x22);
    let backslash = word ^ (ONES * 0x5C);
    (quote.wrapping_sub(ONES) & !quote)
        | (backslash.wrapping_sub(ONES) & !backslash)
        | (word.wrapping_sub(ONES * 0x20) & !word)
}

/// Index of the byte, in the order of memory, that the lowest mark stands for.
#[inline]
const fn first_mark(marks: u64) -> usize {
    marks.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use super::write;
    use proptest::prelude::*;

    fn text_of(bytes: &[u8]) -> String {
        let mut out = Vec::new();
        write(&mut out, bytes);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn quotes_backslashes_and_controls_are_escaped_as_jackson_does() {
        assert_eq!(text_of(b"a\"b\\c/d"), r#""a\"b\\c/d""#);
        assert_eq!(text_of(b"\x08\t\n\x0C\r"), r#""\b\t\n\f\r""#);
        assert_eq!(
            text_of(b"\x00\x0B\x1F\x7F"),
            "\"\\u0000\\u000B\\u001F\x7F\""
        );
    }

    #[test]
    fn other_characters_stay_as_they_are() {
        assert_eq!(
            text_of("grün 東京 🚲 \u{2028}".as_bytes()),
            "\"grün 東京 🚲 \u{2028}\""
        );
    }

    #[test]
    fn each_maximal_subpart_becomes_one_replacement_character() {
        // The examples of the Unicode standard, section 3.9, tables 3-8 and 3-11.
        assert_eq!(
            text_of(b"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            format!("\"{}A\"", "\u{FFFD}".repeat(8))
        );
        assert_eq!(
            text_of(b"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"),
            format!("\"{}A\"", "\u{FFFD}".repeat(4))
        );
        assert_eq!(text_of(b"cut \xE2\x82"), "\"cut \u{FFFD}\"");
    }

    #[test]
    fn plain_text_of_every_length_is_copied() {
        let text = "0123456789abcdefghijklmnopqrstuvwxyz!";
        for len in 0..text.len() {
            let text = text.split_at(len).0;
            assert_eq!(text_of(text.as_bytes()), format!("\"{text}\""));
        }
    }

    #[test]
    fn an_escape_is_found_at_every_place_of_every_length() {
        for len in 1..40 {
            for place in 0..len {
                let mut bytes = vec![b'x'; len];
                bytes[place] = b'"';
                let expected = format!(
                    "\"{}\\\"{}\"",
                    "x".repeat(place),
                    "x".repeat(len - place - 1)
                );
                assert_eq!(text_of(&bytes), expected);
            }
        }
    }

    proptest! {
        #[test]
        fn repair_is_that_of_the_standard_library(bytes: Vec<u8>) {
            let read: String = serde_json::from_str(&text_of(&bytes)).unwrap();
            prop_assert_eq!(read, String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_text_reads_back(text: String) {
            let read: String = serde_json::from_str(&text_of(text.as_bytes())).unwrap();
            prop_assert_eq!(read, text);
        }
    }
}
