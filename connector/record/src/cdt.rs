//! Lists and maps ("collection data types"): a pull reader over the source's dialect of
//! `MessagePack`.
//!
//! The dialect differs in three points. The first byte of every text or binary value is its
//! [`ParticleKind`]. An ordered list or map announces its order by an extension as its first
//! element, which the reader consumes. Extensions of type 0xff are query symbols.
//!
//! The reader has a fixed stack, never recurses, never allocates, and believes no count that the
//! remaining bytes cannot hold.
//!
//! ```
//! use aeroduct_record::cdt::{Event, MapOrder, Reader, Value};
//!
//! // {"a": 1}, ordered by key: the header counts the ordering marker as a pair of its own.
//! let bytes = [0x82, 0xc7, 0x00, 0x01, 0xc0, 0xa2, 0x03, b'a', 0x01];
//! let mut reader = Reader::new(&bytes);
//! assert_eq!(reader.next()?, Some(Event::MapStart { len: 1, order: MapOrder::Key }));
//! assert_eq!(reader.next()?, Some(Event::Value(Value::String(b"a"))));
//! assert_eq!(reader.next()?, Some(Event::Value(Value::Integer(1))));
//! assert_eq!(reader.next()?, Some(Event::End));
//! assert_eq!(reader.next()?, None);
//! # Ok::<(), aeroduct_record::cdt::CdtError>(())
//! ```

use crate::particle::ParticleKind;

mod reader;

pub use reader::Reader;

/// How deep lists and maps may nest. A bin's own list or map counts 1, so 64 levels pass.
pub const DEPTH_MAX: usize = 64;

/// One step through a list or map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// A list begins; its elements and one [`Event::End`] follow.
    ListStart {
        /// How many elements it has. Not more than bytes remain.
        len: u32,
        /// The source keeps it sorted.
        ordered: bool,
    },
    /// A map begins; a key, its value, the next key ... and one [`Event::End`] follow.
    ///
    /// A key may be any value, a list or a map too; it is for the consumer to refuse it.
    MapStart {
        /// How many pairs it has. Not more than bytes remain.
        len: u32,
        /// How the source keeps it sorted.
        order: MapOrder,
    },
    /// The innermost list or map ends.
    End,
    /// An element, a key or a map's value.
    Value(Value<'a>),
}

/// How the source keeps a map sorted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum MapOrder {
    /// Not at all, or by a rule of the client's own.
    Unordered,
    /// By key.
    Key,
    /// By key, with an index by value.
    KeyValue,
}

/// A value inside a list or map that has no elements itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Nil,
    /// True or false.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// An integer above `i64::MAX`; smaller ones are [`Value::Integer`].
    Unsigned(u64),
    /// A floating-point number; one of 32 bits is widened.
    Double(f64),
    /// Text, UTF-8 by convention only.
    String(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
    /// An object serialized by an old client; the kind names the language.
    LanguageBlob(ParticleKind, &'a [u8]),
    /// A HyperLogLog sketch as bytes.
    Hll(&'a [u8]),
    /// The JSON text of a GeoJSON value.
    GeoJson(&'a [u8]),
    /// Bytes of another kind, carried as they came.
    Unknown(ParticleKind, &'a [u8]),
    /// The query symbol that equals everything. It cannot be stored.
    Wildcard,
    /// The query symbol that is greater than everything. It cannot be stored.
    Infinity,
}

/// Why the bytes of a list or map cannot be read. All but [`CdtError::TooDeep`] are damage.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CdtError {
    /// The bytes end in the middle of a value.
    #[error("the value ends before its last element")]
    Truncated,
    /// Bytes remain after the value.
    #[error("{len} bytes are left over after the end of the value")]
    TrailingBytes {
        /// How many.
        len: usize,
    },
    /// A list or map announces more than the remaining bytes can hold.
    #[error(
        "a list or map announces {elements} elements (keys included), but {remaining} bytes remain"
    )]
    TooManyElements {
        /// How many are announced; a map's keys and values count one each.
        elements: u64,
        /// How many bytes remain.
        remaining: usize,
    },
    /// The nesting is legal for the source, but over our limit.
    #[error("lists and maps nest deeper than the limit of {DEPTH_MAX}")]
    TooDeep,
    /// A first byte that stands for nothing.
    #[error("no value begins with byte {0:#04x}")]
    UnsupportedTag(u8),
    /// An extension that is neither an ordering marker in front nor a known symbol.
    #[error(
        "an extension of type {0:#04x} is neither an ordering marker in front nor a known symbol"
    )]
    UnsupportedExtension(u8),
    /// The ordering marker of a map is not followed by nil.
    #[error("the ordering marker of a map is not followed by nil")]
    MarkerValue,
}

/// Whether `bytes` begin as a list does.
#[inline]
pub(crate) fn begins_list(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0x90..=0x9f | 0xdc | 0xdd))
}

/// Whether `bytes` begin as a map does.
#[inline]
pub(crate) fn begins_map(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0x80..=0x8f | 0xde | 0xdf))
}

#[cfg(test)]
mod tests;
