//! The source's side: builds messages and compressed frames, for simulators and tests.
//!
//! Everything is appended to a `Vec` of the caller's, which may be used again. Fields come before
//! bins, hence two writers: [`MessageWriter`] and then [`BinsWriter`]. Lists and maps are written
//! by [`CdtWriter`] beforehand.
//!
//! ```
//! use aeroduct_record::{Collection, LastUpdate, Operation, Particle, Ttl};
//! use aeroduct_record::cdt::MapOrder;
//! use aeroduct_wire::encode::{CdtWriter, MessageWriter};
//!
//! let mut tags = Vec::new();
//! CdtWriter::new(&mut tags).map(1, MapOrder::Key).string(b"colour").string(b"red");
//!
//! let mut stream = Vec::new();
//! let mut bins = MessageWriter::new(&mut stream, Operation::Write { whole_record: true })
//!     .generation(1)
//!     .ttl(Ttl::Never)
//!     .namespace(b"shop")
//!     .digest(&[7; 20])
//!     .set(b"cars")
//!     .user_key(&Particle::Integer(13))
//!     .last_update(LastUpdate::from_unix_ms(1_733_842_166_168, 1))
//!     .bins();
//! for (name, price) in [(b"net", 100), (b"vat", 20)] {
//!     bins = bins.bin(name, &Particle::Integer(price));
//! }
//! let len = bins.bin(b"tags", &Particle::Map(Collection::new(&tags))).finish()?;
//! assert_eq!(len, stream.len());
//! # Ok::<(), aeroduct_wire::encode::EncodeError>(())
//! ```

use aeroduct_record::{LastUpdate, Operation, Particle, ParticleKind, Ttl};
use flate2::{Compress, CompressError, Compression, FlushCompress, Status};

use self::draft::{Draft, GENERATION_AT, TTL_AT, frame_header, length, patch_frame_length};
use crate::frame::{BODY_LEN_MAX, FrameKind};
use crate::message::{FLAG_DELETE, FLAG_DURABLE, FLAG_REPLACE, FLAG_WRITE, Field};

mod cdt;
mod draft;

pub use cdt::CdtWriter;

/// Writes the header and the fields of one message frame.
#[derive(Debug)]
#[must_use = "a message that is not finished has no length"]
pub struct MessageWriter<'v>(Draft<'v>);

impl<'v> MessageWriter<'v> {
    /// Begins a message at the end of `out`: a write that never expires, or a delete, of unknown
    /// generation.
    pub fn new(out: &'v mut Vec<u8>, operation: Operation) -> Self {
        let (info2, info3, ttl) = match operation {
            Operation::Write { whole_record: true } => (FLAG_WRITE, FLAG_REPLACE, Ttl::Never),
            Operation::Write {
                whole_record: false,
            } => (FLAG_WRITE, 0, Ttl::Never),
            Operation::Delete { durable } => {
                let tombstone = if durable { FLAG_DURABLE } else { 0 };
                (FLAG_WRITE | FLAG_DELETE | tombstone, 0, Ttl::Unknown)
            }
        };
        Self(Draft::new(out, [info2, info3])).ttl(ttl)
    }

    /// Sets the generation; 0 is "not shipped".
    pub fn generation(mut self, generation: u32) -> Self {
        self.0.patch(GENERATION_AT, &generation.to_be_bytes());
        self
    }

    /// Sets the time to live.
    pub fn ttl(mut self, ttl: Ttl) -> Self {
        self.0.patch(TTL_AT, &ttl.raw().to_be_bytes());
        self
    }

    /// Adds the namespace.
    pub fn namespace(self, name: &[u8]) -> Self {
        self.field(Field::Namespace.code(), name)
    }

    /// Adds the digest.
    pub fn digest(self, digest: &[u8; 20]) -> Self {
        self.field(Field::Digest.code(), digest)
    }

    /// Adds the set.
    pub fn set(self, name: &[u8]) -> Self {
        self.field(Field::Set.code(), name)
    }

    /// Adds the key as the user gave it.
    pub fn user_key(mut self, key: &Particle<'_>) -> Self {
        self.0.field(Field::UserKey.code(), |out| {
            out.push(key.kind().0);
            put_particle(key, out);
        });
        self
    }

    /// Adds the time of the last change; nothing for `None`.
    pub fn last_update(self, last_update: Option<LastUpdate>) -> Self {
        match last_update {
            Some(time) => self.field(Field::LastUpdate.code(), &time.raw().to_be_bytes()),
            None => self,
        }
    }

    /// Adds any field by its number.
    pub fn field(mut self, code: u8, content: &[u8]) -> Self {
        self.0.field(code, |out| out.extend_from_slice(content));
        self
    }

    /// Goes on to the bins.
    pub fn bins(self) -> BinsWriter<'v> {
        BinsWriter(self.0)
    }

    /// Ends a message without bins; see [`BinsWriter::finish`].
    pub fn finish(self) -> Result<usize, EncodeError> {
        self.bins().finish()
    }
}

/// Writes the bins of one message frame.
#[derive(Debug)]
#[must_use = "a message that is not finished has no length"]
pub struct BinsWriter<'v>(Draft<'v>);

impl BinsWriter<'_> {
    /// Adds a bin; [`Particle::Null`] stands for a deleted one.
    pub fn bin(self, name: &[u8], value: &Particle<'_>) -> Self {
        self.bin_changed_at(name, None, value)
    }

    /// Adds a bin with the time of its own last change.
    pub fn bin_changed_at(
        mut self,
        name: &[u8],
        last_update: Option<LastUpdate>,
        value: &Particle<'_>,
    ) -> Self {
        let put = |out: &mut Vec<u8>| put_particle(value, out);
        self.0.bin(name, value.kind(), last_update, put);
        self
    }

    /// Adds a GeoJSON bin in the form of a server, which has index cells in front of the text.
    pub fn geojson(mut self, name: &[u8], is_region: bool, cells: &[u64], text: &[u8]) -> Self {
        if u16::try_from(cells.len()).is_err() {
            self.0
                .fail(EncodeError::TooManyCells { cells: cells.len() });
        }
        let put = |out: &mut Vec<u8>| put_geojson(is_region, cells, text, out);
        self.0.bin(name, ParticleKind::GEOJSON, None, put);
        self
    }

    /// Adds a bin of any kind from the bytes of its value as they go over the wire.
    pub fn raw(mut self, name: &[u8], kind: ParticleKind, bytes: &[u8]) -> Self {
        self.0
            .bin(name, kind, None, |out| out.extend_from_slice(bytes));
        self
    }

    /// Ends the message and returns the length of its frame.
    ///
    /// # Errors
    ///
    /// When something does not fit into the form of a message. `out` then ends where it ended
    /// before the message.
    pub fn finish(self) -> Result<usize, EncodeError> {
        self.0.finish()
    }
}

/// Compresses one whole frame and appends the compressed frame to `out`, at the level that sources
/// use when nothing is configured (1).
///
/// # Errors
///
/// When zlib refuses. `out` then ends where it ended before.
pub fn compress(frame: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    out.extend_from_slice(&frame_header(FrameKind::Compressed));
    out.extend_from_slice(&length(frame).to_be_bytes());
    if let Err(source) = deflate(frame, out) {
        out.truncate(start);
        return Err(EncodeError::Compress { source });
    }
    patch_frame_length(out, start)
}

/// Why a message cannot be built. The fault is the caller's.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EncodeError {
    /// A bin's name over 15 bytes.
    #[error("a bin's name has {len} bytes; the limit is 15")]
    NameTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// More index cells than can be counted.
    #[error("a geojson value has {cells} index cells; the limit is 65535")]
    TooManyCells {
        /// How many.
        cells: usize,
    },
    /// More fields than can be counted.
    #[error("the message has {count} fields; the limit is 65535")]
    TooManyFields {
        /// How many.
        count: u32,
    },
    /// More bins than can be counted.
    #[error("the message has {count} bins; the limit is 65535")]
    TooManyBins {
        /// How many.
        count: u32,
    },
    /// A frame over the protocol's limit.
    #[error("the frame would have a body of {len} bytes; the limit is {BODY_LEN_MAX}")]
    TooLarge {
        /// Length of its body in bytes.
        len: u64,
    },
    /// zlib refused.
    #[error("the frame cannot be compressed")]
    Compress {
        /// Why not.
        source: CompressError,
    },
}

fn put_particle(particle: &Particle<'_>, out: &mut Vec<u8>) {
    match *particle {
        Particle::Null => {}
        Particle::Integer(number) => out.extend_from_slice(&number.to_be_bytes()),
        Particle::Double(number) => out.extend_from_slice(&number.to_be_bytes()),
        Particle::Bool(truth) => out.push(u8::from(truth)),
        Particle::Map(collection) | Particle::List(collection) => {
            out.extend_from_slice(collection.bytes());
        }
        Particle::GeoJson(text) => put_geojson(false, &[], text, out),
        Particle::String(bytes)
        | Particle::Blob(bytes)
        | Particle::LanguageBlob(_, bytes)
        | Particle::Vector(bytes)
        | Particle::Hll(bytes)
        | Particle::Unknown(_, bytes) => out.extend_from_slice(bytes),
    }
}

fn put_geojson(is_region: bool, cells: &[u64], text: &[u8], out: &mut Vec<u8>) {
    let count = u16::try_from(cells.len()).unwrap_or(u16::MAX);
    out.push(u8::from(is_region));
    out.extend_from_slice(&count.to_be_bytes());
    for cell in cells {
        out.extend_from_slice(&cell.to_be_bytes());
    }
    out.extend_from_slice(text);
}

fn deflate(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), CompressError> {
    let mut zlib = Compress::new(Compression::fast(), true);
    let mut rest = bytes;
    loop {
        out.reserve(rest.len().max(256));
        let before = zlib.total_in();
        let status = zlib.compress_vec(rest, out, FlushCompress::Finish)?;
        if status == Status::StreamEnd {
            return Ok(());
        }
        let taken = zlib.total_in().saturating_sub(before);
        rest = usize::try_from(taken)
            .ok()
            .and_then(|taken| rest.get(taken..))
            .unwrap_or_default();
    }
}

#[cfg(test)]
mod tests;
