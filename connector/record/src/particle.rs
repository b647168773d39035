//! A bin's value, or a key: its kind and what its bytes mean.

use std::fmt;

use crate::cdt;

/// The number by which the source names the type of a value.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
pub struct ParticleKind(
    /// The number on the wire.
    pub u8,
);

impl ParticleKind {
    /// No value: the bin was deleted.
    pub const NULL: Self = Self(0);
    /// A 64-bit signed integer.
    pub const INTEGER: Self = Self(1);
    /// A 64-bit floating-point number.
    pub const DOUBLE: Self = Self(2);
    /// Text, UTF-8 by convention only.
    pub const STRING: Self = Self(3);
    /// Bytes.
    pub const BLOB: Self = Self(4);
    /// An object serialized by an old Java client.
    pub const JAVA_BLOB: Self = Self(7);
    /// An object serialized by an old C# client.
    pub const CSHARP_BLOB: Self = Self(8);
    /// An object serialized by an old Python client.
    pub const PYTHON_BLOB: Self = Self(9);
    /// An object serialized by an old Ruby client.
    pub const RUBY_BLOB: Self = Self(10);
    /// An object serialized by an old PHP client.
    pub const PHP_BLOB: Self = Self(11);
    /// An object serialized by an old Erlang client.
    pub const ERLANG_BLOB: Self = Self(12);
    /// A vector, carried as bytes.
    pub const VECTOR: Self = Self(16);
    /// True or false.
    pub const BOOL: Self = Self(17);
    /// A HyperLogLog sketch, carried as bytes.
    pub const HLL: Self = Self(18);
    /// A map.
    pub const MAP: Self = Self(19);
    /// A list.
    pub const LIST: Self = Self(20);
    /// A GeoJSON document.
    pub const GEOJSON: Self = Self(23);

    /// The kind in words; `"unknown"` for a number that is not assigned.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NULL => "null",
            Self::INTEGER => "integer",
            Self::DOUBLE => "double",
            Self::STRING => "string",
            Self::BLOB => "blob",
            Self::JAVA_BLOB => "java blob",
            Self::CSHARP_BLOB => "c# blob",
            Self::PYTHON_BLOB => "python blob",
            Self::RUBY_BLOB => "ruby blob",
            Self::PHP_BLOB => "php blob",
            Self::ERLANG_BLOB => "erlang blob",
            Self::VECTOR => "vector",
            Self::BOOL => "bool",
            Self::HLL => "hyperloglog",
            Self::MAP => "map",
            Self::LIST => "list",
            Self::GEOJSON => "geojson",
            Self(_) => "unknown",
        }
    }

    /// Whether the bytes are an object serialized by one of the old clients.
    #[inline]
    pub const fn is_language_blob(self) -> bool {
        matches!(self.0, 7..=12)
    }
}

impl fmt::Debug for ParticleKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for ParticleKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name(), self.0)
    }
}

/// One value. Text and bytes are borrowed, lists and maps are not yet read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Particle<'a> {
    /// No value: the bin was deleted.
    Null,
    /// A 64-bit signed integer.
    Integer(i64),
    /// A 64-bit floating-point number.
    Double(f64),
    /// Text, UTF-8 by convention only.
    String(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
    /// An object serialized by an old client; the kind names the language.
    LanguageBlob(ParticleKind, &'a [u8]),
    /// A vector as bytes.
    Vector(&'a [u8]),
    /// True or false.
    Bool(bool),
    /// A HyperLogLog sketch as bytes.
    Hll(&'a [u8]),
    /// A map.
    Map(Collection<'a>),
    /// A list.
    List(Collection<'a>),
    /// The JSON text of a GeoJSON value, without the index cells that the wire has in front of it.
    GeoJson(&'a [u8]),
    /// A kind that is not assigned today, carried as it came.
    Unknown(ParticleKind, &'a [u8]),
}

impl<'a> Particle<'a> {
    /// Reads a value from its bytes.
    ///
    /// Integers may have 1, 2, 4 or 8 bytes. Of lists and maps only the first byte is looked at.
    ///
    /// # Errors
    ///
    /// When `bytes` cannot be a value of this kind.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "most of it is gone where the value is matched at once"
    )]
    pub fn parse(kind: ParticleKind, bytes: &'a [u8]) -> Result<Self, ParticleError> {
        Ok(match kind {
            ParticleKind::NULL if bytes.is_empty() => Self::Null,
            ParticleKind::INTEGER => Self::Integer(integer(bytes)?),
            ParticleKind::DOUBLE => Self::Double(double(bytes)?),
            ParticleKind::STRING => Self::String(bytes),
            ParticleKind::BLOB => Self::Blob(bytes),
            ParticleKind::VECTOR => Self::Vector(bytes),
            ParticleKind::BOOL => Self::Bool(boolean(bytes)?),
            ParticleKind::HLL => Self::Hll(bytes),
            ParticleKind::MAP if cdt::begins_map(bytes) => Self::Map(Collection(bytes)),
            ParticleKind::LIST if cdt::begins_list(bytes) => Self::List(Collection(bytes)),
            ParticleKind::MAP | ParticleKind::LIST => {
                return Err(ParticleError::NotACollection { kind });
            }
            ParticleKind::GEOJSON => Self::GeoJson(geojson_text(bytes)?),
            ParticleKind::NULL => {
                return Err(ParticleError::WrongLength {
                    kind,
                    len: bytes.len(),
                });
            }
            kind if kind.is_language_blob() => Self::LanguageBlob(kind, bytes),
            kind => Self::Unknown(kind, bytes),
        })
    }

    /// The number by which the source names this type of value.
    pub const fn kind(&self) -> ParticleKind {
        match self {
            Self::Null => ParticleKind::NULL,
            Self::Integer(_) => ParticleKind::INTEGER,
            Self::Double(_) => ParticleKind::DOUBLE,
            Self::String(_) => ParticleKind::STRING,
            Self::Blob(_) => ParticleKind::BLOB,
            Self::Vector(_) => ParticleKind::VECTOR,
            Self::Bool(_) => ParticleKind::BOOL,
            Self::Hll(_) => ParticleKind::HLL,
            Self::Map(_) => ParticleKind::MAP,
            Self::List(_) => ParticleKind::LIST,
            Self::GeoJson(_) => ParticleKind::GEOJSON,
            Self::LanguageBlob(kind, _) | Self::Unknown(kind, _) => *kind,
        }
    }
}

/// A list or a map: one value in the source's dialect of `MessagePack`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Collection<'a>(&'a [u8]);

impl<'a> Collection<'a> {
    /// Takes the bytes of one list or map; they are judged when they are read.
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes as they came, ordering markers included.
    #[inline]
    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Reads it from its beginning.
    #[inline]
    pub const fn reader(self) -> cdt::Reader<'a> {
        cdt::Reader::new(self.0)
    }
}

/// Why bytes are not a value of the kind that the source names.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ParticleError {
    /// A kind of fixed size has another one.
    #[error("a value of kind {kind} cannot have {len} bytes")]
    WrongLength {
        /// The kind.
        kind: ParticleKind,
        /// How many bytes there are.
        len: usize,
    },
    /// A bool that is neither 0 nor 1.
    #[error("a bool cannot be {0}, only 0 or 1")]
    Bool(u8),
    /// A list or map that does not begin as one.
    #[error("the bytes of a value of kind {kind} do not begin as one")]
    NotACollection {
        /// The kind.
        kind: ParticleKind,
    },
    /// The index cells of a GeoJSON value run past its end.
    #[error("a geojson value of {len} bytes cannot hold {cells} index cells")]
    GeoJsonCells {
        /// How many cells are announced.
        cells: u16,
        /// Length of the whole value in bytes.
        len: usize,
    },
}

#[inline]
fn integer(bytes: &[u8]) -> Result<i64, ParticleError> {
    if let Ok(bytes) = <[u8; 8]>::try_from(bytes) {
        return Ok(i64::from_be_bytes(bytes));
    }
    short_integer(bytes).ok_or(ParticleError::WrongLength {
        kind: ParticleKind::INTEGER,
        len: bytes.len(),
    })
}

#[cold]
fn short_integer(bytes: &[u8]) -> Option<i64> {
    match *bytes {
        [a] => Some(i64::from(i8::from_be_bytes([a]))),
        [a, b] => Some(i64::from(i16::from_be_bytes([a, b]))),
        [a, b, c, d] => Some(i64::from(i32::from_be_bytes([a, b, c, d]))),
        _ => None,
    }
}

#[inline]
fn double(bytes: &[u8]) -> Result<f64, ParticleError> {
    <[u8; 8]>::try_from(bytes)
        .map(f64::from_be_bytes)
        .map_err(|_| ParticleError::WrongLength {
            kind: ParticleKind::DOUBLE,
            len: bytes.len(),
        })
}

#[inline]
fn boolean(bytes: &[u8]) -> Result<bool, ParticleError> {
    match *bytes {
        [0] => Ok(false),
        [1] => Ok(true),
        [byte] => Err(ParticleError::Bool(byte)),
        _ => Err(ParticleError::WrongLength {
            kind: ParticleKind::BOOL,
            len: bytes.len(),
        }),
    }
}

/// Skips the flags (1 byte), the number of index cells (2 bytes) and the cells (8 bytes each).
#[inline]
fn geojson_text(bytes: &[u8]) -> Result<&[u8], ParticleError> {
    let Some(([_flags, high, low], rest)) = bytes.split_first_chunk::<3>() else {
        return Err(ParticleError::WrongLength {
            kind: ParticleKind::GEOJSON,
            len: bytes.len(),
        });
    };
    let cells = u16::from_be_bytes([*high, *low]);
    rest.get(usize::from(cells).saturating_mul(8)..)
        .ok_or(ParticleError::GeoJsonCells {
            cells,
            len: bytes.len(),
        })
}

#[cfg(test)]
mod tests;
