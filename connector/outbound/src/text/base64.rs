//! Bytes as a JSON string: Base64 with the standard alphabet, padded.

use base64_simd::STANDARD;

/// Appends `bytes` as a quoted Base64 string.
#[inline]
pub(crate) fn write(out: &mut Vec<u8>, bytes: &[u8]) {
    // Reserved here, because the encoder grows the buffer by exactly what it needs.
    out.reserve(bytes.len().div_ceil(3) * 4 + 2);
    out.push(b'"');
    STANDARD.encode_append(bytes, out);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn bytes_are_padded_base64_of_the_standard_alphabet() {
        for (bytes, text) in [
            (b"".as_slice(), r#""""#),
            (b"f", r#""Zg==""#),
            (b"fo", r#""Zm8=""#),
            (b"foo", r#""Zm9v""#),
            (&[0xFB, 0xFF, 0xBF], r#""+/+/""#),
        ] {
            let mut out = Vec::new();
            write(&mut out, bytes);
            assert_eq!(out, text.as_bytes());
        }
    }
}
