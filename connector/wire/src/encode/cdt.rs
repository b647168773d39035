//! Writes lists and maps in the source's dialect, in the shortest forms, as servers do.

use aeroduct_record::ParticleKind;
use aeroduct_record::cdt::MapOrder;

/// Appends one list or map, element by element, to a `Vec`.
///
/// A list or map has no end of its own: the next `len` elements belong to it (a key and a value
/// count as one pair). Nothing watches over that, so that tests can write what a source would not.
#[derive(Debug)]
pub struct CdtWriter<'v> {
    out: &'v mut Vec<u8>,
}

impl<'v> CdtWriter<'v> {
    /// Appends to `out`.
    pub const fn new(out: &'v mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Begins a list of `len` elements.
    pub fn list(&mut self, len: u32) -> &mut Self {
        self.head(LIST, len)
    }

    /// Begins a list that is kept sorted: its ordering marker comes first.
    pub fn ordered_list(&mut self, len: u32) -> &mut Self {
        self.head(LIST, len.saturating_add(1)).marker(0x01, &[])
    }

    /// Begins a map of `len` pairs; the ordering marker of a sorted one comes first.
    pub fn map(&mut self, len: u32, order: MapOrder) -> &mut Self {
        let flags = match order {
            MapOrder::Unordered => return self.head(MAP, len),
            MapOrder::Key => 0x01,
            MapOrder::KeyValue => 0x03,
        };
        self.head(MAP, len.saturating_add(1))
            .marker(flags, &[])
            .nil()
    }

    /// Begins a list of `len` elements whose header counts the ordering marker too; what follows
    /// is the marker ([`CdtWriter::marker`]).
    pub fn marked_list(&mut self, len: u32) -> &mut Self {
        self.head(LIST, len.saturating_add(1))
    }

    /// Begins a map of `len` pairs whose header counts the ordering marker too; what follows is
    /// the marker ([`CdtWriter::marker`]) and nil.
    pub fn marked_map(&mut self, len: u32) -> &mut Self {
        self.head(MAP, len.saturating_add(1))
    }

    /// Writes an ordering marker with these flags and, up to 255 bytes, an index as its payload.
    pub fn marker(&mut self, flags: u8, index: &[u8]) -> &mut Self {
        let len = u8::try_from(index.len()).unwrap_or(u8::MAX);
        self.out.extend_from_slice(&[0xc7, len, flags]);
        self.out
            .extend_from_slice(index.get(..usize::from(len)).unwrap_or(index));
        self
    }

    /// Writes nil.
    pub fn nil(&mut self) -> &mut Self {
        self.out.push(0xc0);
        self
    }

    /// Writes true or false.
    pub fn boolean(&mut self, truth: bool) -> &mut Self {
        self.out.push(if truth { 0xc3 } else { 0xc2 });
        self
    }

    /// Writes an integer.
    pub fn integer(&mut self, number: i64) -> &mut Self {
        if let Ok(number) = u64::try_from(number) {
            return self.unsigned(number);
        }
        if let Ok(number) = i8::try_from(number) {
            if number >= -32 {
                self.out.extend_from_slice(&number.to_be_bytes());
            } else {
                self.tagged(0xd0, &number.to_be_bytes());
            }
        } else if let Ok(number) = i16::try_from(number) {
            self.tagged(0xd1, &number.to_be_bytes());
        } else if let Ok(number) = i32::try_from(number) {
            self.tagged(0xd2, &number.to_be_bytes());
        } else {
            self.tagged(0xd3, &number.to_be_bytes());
        }
        self
    }

    /// Writes an integer that is not negative.
    pub fn unsigned(&mut self, number: u64) -> &mut Self {
        if let Ok(number) = u8::try_from(number) {
            if number < 0x80 {
                self.out.push(number);
            } else {
                self.tagged(0xcc, &[number]);
            }
        } else if let Ok(number) = u16::try_from(number) {
            self.tagged(0xcd, &number.to_be_bytes());
        } else if let Ok(number) = u32::try_from(number) {
            self.tagged(0xce, &number.to_be_bytes());
        } else {
            self.tagged(0xcf, &number.to_be_bytes());
        }
        self
    }

    /// Writes a floating-point number of 64 bits.
    pub fn double(&mut self, number: f64) -> &mut Self {
        self.tagged(0xcb, &number.to_be_bytes());
        self
    }

    /// Writes a floating-point number of 32 bits.
    pub fn float(&mut self, number: f32) -> &mut Self {
        self.tagged(0xca, &number.to_be_bytes());
        self
    }

    /// Writes text.
    pub fn string(&mut self, text: &[u8]) -> &mut Self {
        self.raw(ParticleKind::STRING, text)
    }

    /// Writes bytes.
    pub fn blob(&mut self, bytes: &[u8]) -> &mut Self {
        self.raw(ParticleKind::BLOB, bytes)
    }

    /// Writes the JSON text of a GeoJSON value.
    pub fn geojson(&mut self, text: &[u8]) -> &mut Self {
        self.raw(ParticleKind::GEOJSON, text)
    }

    /// Writes text or bytes of any kind. They have to be shorter than 4 GiB.
    pub fn raw(&mut self, kind: ParticleKind, bytes: &[u8]) -> &mut Self {
        let len = bytes.len().saturating_add(1);
        if let Ok(len) = u8::try_from(len) {
            if len < 0x20 {
                self.out.push(0xa0 | len);
            } else {
                self.tagged(0xd9, &[len]);
            }
        } else if let Ok(len) = u16::try_from(len) {
            self.tagged(0xda, &len.to_be_bytes());
        } else {
            let len = u32::try_from(len).unwrap_or(u32::MAX);
            self.tagged(0xdb, &len.to_be_bytes());
        }
        self.out.push(kind.0);
        self.out.extend_from_slice(bytes);
        self
    }

    /// Writes the query symbol that equals everything.
    pub fn wildcard(&mut self) -> &mut Self {
        self.tagged(0xd4, &[0xff, 0]);
        self
    }

    /// Writes the query symbol that is greater than everything.
    pub fn infinity(&mut self) -> &mut Self {
        self.tagged(0xd4, &[0xff, 1]);
        self
    }

    fn head(&mut self, [short, medium, long]: [u8; 3], len: u32) -> &mut Self {
        match u16::try_from(len) {
            Ok(len) => match u8::try_from(len) {
                Ok(len @ 0..=0x0f) => self.out.push(short | len),
                Ok(_) | Err(_) => self.tagged(medium, &len.to_be_bytes()),
            },
            Err(_) => self.tagged(long, &len.to_be_bytes()),
        }
        self
    }

    fn tagged(&mut self, tag: u8, bytes: &[u8]) {
        self.out.push(tag);
        self.out.extend_from_slice(bytes);
    }
}

/// First bytes: up to 15 elements, 16 bits, 32 bits.
const LIST: [u8; 3] = [0x90, 0xdc, 0xdd];
const MAP: [u8; 3] = [0x80, 0xde, 0xdf];
