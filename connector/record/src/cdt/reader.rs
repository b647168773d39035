//! The reader of lists and maps: one byte decides, a fixed stack remembers.

use super::{CdtError, DEPTH_MAX, Event, MapOrder, Value};
use crate::particle::ParticleKind;

/// Reads one value, element by element.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    /// Elements that the innermost open list or map still owes; keys and values count one each.
    owed: u32,
    /// How many lists and maps are open.
    depth: usize,
    /// What each of them owed when the next one was opened.
    outer: [u32; DEPTH_MAX],
}

impl<'a> Reader<'a> {
    /// Reads `bytes`, which have to be exactly one value.
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            owed: 1,
            depth: 0,
            outer: [0; DEPTH_MAX],
        }
    }

    /// How many lists and maps are open now.
    #[inline]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Takes the next step; `None` when the value has ended, and with it the bytes.
    ///
    /// # Errors
    ///
    /// When the bytes are not of the dialect, end too early or too late, or nest deeper than
    /// [`DEPTH_MAX`]. Every step after an error is an error again.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator of results would go on after an error"
    )]
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a step goes by memory otherwise, and is waited for there"
    )]
    pub fn next(&mut self) -> Result<Option<Event<'a>>, CdtError> {
        let step = self.step();
        if step.is_err() {
            self.owed = 1;
            self.rest = &[];
        }
        step
    }

    /// Takes the next step if it is an integer from 0 to 127. Most are, and this costs less than
    /// [`Reader::next`].
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a comparison and an addition")]
    pub fn next_small(&mut self) -> Option<u8> {
        let owed = self.owed.checked_sub(1)?;
        let (&tag @ 0x00..=0x7f, rest) = self.rest.split_first()? else {
            return None;
        };
        self.rest = rest;
        self.owed = owed;
        Some(tag)
    }

    /// Takes the next step if it is text of up to 30 bytes, for the same reason.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a comparison and an addition")]
    pub fn next_short_text(&mut self) -> Option<&'a [u8]> {
        let owed = self.owed.checked_sub(1)?;
        let ([tag @ 0xa1..=0xbf, kind], rest) = self.rest.split_first_chunk()? else {
            return None;
        };
        if ParticleKind(*kind) != ParticleKind::STRING {
            return None;
        }
        let (text, rest) = rest.split_at_checked(usize::from(tag.checked_sub(0xa1)?))?;
        self.rest = rest;
        self.owed = owed;
        Some(text)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as for `next`")]
    fn step(&mut self) -> Result<Option<Event<'a>>, CdtError> {
        let Some(owed) = self.owed.checked_sub(1) else {
            return self.close();
        };
        self.owed = owed;
        let event = match self.byte()? {
            tag @ 0x00..=0x7f => integer(i64::from(tag)),
            tag @ 0xa0..=0xbf => self.raw(usize::from(tag & 0x1f))?,
            tag @ 0x90..=0x9f => self.open_list(u32::from(tag & 0x0f))?,
            tag @ 0x80..=0x8f => self.open_map(u32::from(tag & 0x0f))?,
            tag @ 0xe0..=0xff => integer(i64::from(i8::from_be_bytes([tag]))),
            tag => self.tagged(tag)?,
        };
        Ok(Some(event))
    }

    /// Ends the innermost list or map, or the whole.
    #[inline]
    fn close(&mut self) -> Result<Option<Event<'a>>, CdtError> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return match self.rest.len() {
                0 => Ok(None),
                len => Err(CdtError::TrailingBytes { len }),
            };
        };
        self.depth = depth;
        self.owed = self.outer.get(depth).copied().unwrap_or_default();
        Ok(Some(Event::End))
    }

    /// The forms whose length or number stands in the bytes after the tag.
    fn tagged(&mut self, tag: u8) -> Result<Event<'a>, CdtError> {
        Ok(match tag {
            0xc0 => Event::Value(Value::Nil),
            0xc2 => Event::Value(Value::Bool(false)),
            0xc3 => Event::Value(Value::Bool(true)),
            0xc4 | 0xd9 => {
                let len = self.byte()?;
                self.raw(usize::from(len))?
            }
            0xc5 | 0xda => {
                let len = self.u16()?;
                self.raw(usize::from(len))?
            }
            0xc6 | 0xdb => {
                let len = self.u32()?;
                self.raw(size(len)?)?
            }
            0xc7..=0xc9 | 0xd4..=0xd8 => self.symbol(tag)?,
            0xca => double(f64::from(f32::from_be_bytes(self.array()?))),
            0xcb => double(f64::from_be_bytes(self.array()?)),
            0xcc => integer(i64::from(self.byte()?)),
            0xcd => integer(i64::from(self.u16()?)),
            0xce => integer(i64::from(self.u32()?)),
            0xcf => unsigned(u64::from_be_bytes(self.array()?)),
            0xd0 => integer(i64::from(i8::from_be_bytes(self.array()?))),
            0xd1 => integer(i64::from(i16::from_be_bytes(self.array()?))),
            0xd2 => integer(i64::from(i32::from_be_bytes(self.array()?))),
            0xd3 => integer(i64::from_be_bytes(self.array()?)),
            0xdc => {
                let len = self.u16()?;
                self.open_list(u32::from(len))?
            }
            0xdd => {
                let len = self.u32()?;
                self.open_list(len)?
            }
            0xde => {
                let len = self.u16()?;
                self.open_map(u32::from(len))?
            }
            0xdf => {
                let len = self.u32()?;
                self.open_map(len)?
            }
            tag => return Err(CdtError::UnsupportedTag(tag)),
        })
    }

    #[inline]
    fn open_list(&mut self, announced: u32) -> Result<Event<'a>, CdtError> {
        let (len, flags) = match announced.checked_sub(1) {
            Some(len) => match self.marker()? {
                Some(flags) => (len, flags),
                None => (announced, 0),
            },
            None => (0, 0),
        };
        self.push(u64::from(len))?;
        Ok(Event::ListStart {
            len,
            ordered: flags & FLAG_ORDERED != 0,
        })
    }

    #[inline]
    fn open_map(&mut self, announced: u32) -> Result<Event<'a>, CdtError> {
        let (len, flags) = match announced.checked_sub(1) {
            Some(len) => match self.marker()? {
                Some(flags) => {
                    self.marker_value()?;
                    (len, flags)
                }
                None => (announced, 0),
            },
            None => (0, 0),
        };
        self.push(u64::from(len).saturating_mul(2))?;
        let order = match flags & !FLAG_PERSISTED_INDEX {
            0x01 => MapOrder::Key,
            0x03 => MapOrder::KeyValue,
            _ => MapOrder::Unordered,
        };
        Ok(Event::MapStart { len, order })
    }

    /// Goes one level down, to `elements` elements of at least one byte each.
    #[inline]
    fn push(&mut self, elements: u64) -> Result<(), CdtError> {
        let remaining = self.rest.len();
        let owed = u32::try_from(elements)
            .ok()
            .filter(|_| u64::try_from(remaining).is_ok_and(|bytes| elements <= bytes))
            .ok_or(CdtError::TooManyElements {
                elements,
                remaining,
            })?;
        let slot = self.outer.get_mut(self.depth).ok_or(CdtError::TooDeep)?;
        *slot = self.owed;
        self.depth = self.depth.saturating_add(1);
        self.owed = owed;
        Ok(())
    }

    /// Takes the ordering marker off the front, if there is one: its flags.
    #[inline]
    fn marker(&mut self) -> Result<Option<u8>, CdtError> {
        match self.rest.first() {
            Some(&tag @ (0xc7..=0xc9 | 0xd4..=0xd8)) => self.take_marker(tag),
            _ => Ok(None),
        }
    }

    fn take_marker(&mut self, tag: u8) -> Result<Option<u8>, CdtError> {
        let before = self.rest;
        self.byte()?;
        // The payload of a marker is an index that the server keeps for itself.
        let (kind, _index) = self.extension(tag)?;
        if kind == EXTENSION_SYMBOL {
            self.rest = before;
            return Ok(None);
        }
        Ok(Some(kind))
    }

    /// The marker of a map is a key, so it has a value too: nil.
    fn marker_value(&mut self) -> Result<(), CdtError> {
        match self.byte()? {
            0xc0 => Ok(()),
            _ => Err(CdtError::MarkerValue),
        }
    }

    fn symbol(&mut self, tag: u8) -> Result<Event<'a>, CdtError> {
        match self.extension(tag)? {
            (EXTENSION_SYMBOL, [0]) => Ok(Event::Value(Value::Wildcard)),
            (EXTENSION_SYMBOL, [1]) => Ok(Event::Value(Value::Infinity)),
            (kind, _) => Err(CdtError::UnsupportedExtension(kind)),
        }
    }

    /// An extension behind its tag: its type and its payload.
    fn extension(&mut self, tag: u8) -> Result<(u8, &'a [u8]), CdtError> {
        let len = match tag {
            0xd4 => 1,
            0xd5 => 2,
            0xd6 => 4,
            0xd7 => 8,
            0xd8 => 16,
            0xc7 => usize::from(self.byte()?),
            0xc8 => usize::from(self.u16()?),
            _ => size(self.u32()?)?,
        };
        let kind = self.byte()?;
        Ok((kind, self.bytes(len)?))
    }

    /// Text or bytes: the kind first, then the value. Nothing at all is an empty blob.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as for `next`")]
    fn raw(&mut self, len: usize) -> Result<Event<'a>, CdtError> {
        let Some((&kind, bytes)) = self.bytes(len)?.split_first() else {
            return Ok(Event::Value(Value::Blob(&[])));
        };
        Ok(Event::Value(match ParticleKind(kind) {
            ParticleKind::STRING => Value::String(bytes),
            ParticleKind::BLOB => Value::Blob(bytes),
            ParticleKind::HLL => Value::Hll(bytes),
            ParticleKind::GEOJSON => Value::GeoJson(bytes),
            kind if kind.is_language_blob() => Value::LanguageBlob(kind, bytes),
            kind => Value::Unknown(kind, bytes),
        }))
    }

    #[inline]
    fn bytes(&mut self, len: usize) -> Result<&'a [u8], CdtError> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(CdtError::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], CdtError> {
        let (array, rest) = self.rest.split_first_chunk().ok_or(CdtError::Truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, CdtError> {
        let (&byte, rest) = self.rest.split_first().ok_or(CdtError::Truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    fn u16(&mut self) -> Result<u16, CdtError> {
        self.array().map(u16::from_be_bytes)
    }

    #[inline]
    fn u32(&mut self) -> Result<u32, CdtError> {
        self.array().map(u32::from_be_bytes)
    }
}

/// Type of the extensions that are query symbols; all others are ordering markers.
const EXTENSION_SYMBOL: u8 = 0xff;
const FLAG_ORDERED: u8 = 0x01;
const FLAG_PERSISTED_INDEX: u8 = 0x10;

#[inline]
const fn integer<'a>(number: i64) -> Event<'a> {
    Event::Value(Value::Integer(number))
}

#[inline]
fn unsigned<'a>(number: u64) -> Event<'a> {
    Event::Value(i64::try_from(number).map_or(Value::Unsigned(number), Value::Integer))
}

#[inline]
const fn double<'a>(number: f64) -> Event<'a> {
    Event::Value(Value::Double(number))
}

/// A length that the platform cannot address is longer than what remains.
#[inline]
fn size(len: u32) -> Result<usize, CdtError> {
    usize::try_from(len).map_err(|_| CdtError::Truncated)
}
