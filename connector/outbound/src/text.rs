//! The JSON text writer: values straight from the bytes received into an output buffer.
//!
//! Nothing here builds a tree or allocates beyond growth of the output. Text is what Jackson writes,
//! because consumers of the official connector know it (13.8): compact, non-ASCII characters as they
//! are, doubles in Java's spelling.

pub(crate) mod base64;
pub(crate) mod collection;
pub(crate) mod double;
pub(crate) mod geojson;
pub(crate) mod names;
pub(crate) mod string;
pub(crate) mod value;

/// Appends an integer in decimal.
#[inline]
pub(crate) fn integer(out: &mut Vec<u8>, value: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}
