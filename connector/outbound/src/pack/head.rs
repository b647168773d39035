//! What a MessagePack value begins with.

use rmp::Marker;

/// What a value begins with, in the shortest form: its marker, and its number or the length of what
/// follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    marker: u8,
    /// What follows the marker, the first byte highest.
    rest: u64,
    rest_len: usize,
}

impl Head {
    /// Of nothing: all there is to nil.
    pub(crate) const NIL: Self = Self::new(Marker::Null, 0, 0);

    /// The longest, in bytes.
    const LEN_MAX: usize = 9;

    #[inline]
    pub(crate) fn boolean(value: bool) -> Self {
        Self::new(if value { Marker::True } else { Marker::False }, 0, 0)
    }

    #[inline]
    pub(crate) fn integer(value: i64) -> Self {
        match u64::try_from(value) {
            Ok(value) => Self::unsigned(value),
            Err(_) => Self::negative(value),
        }
    }

    fn negative(value: i64) -> Self {
        let bits = value.cast_unsigned();
        match value {
            -0x20.. => Self::new(Marker::FixNeg(low(bits).cast_signed()), 0, 0),
            -0x80.. => Self::new(Marker::I8, bits, 1),
            -0x8000.. => Self::new(Marker::I16, bits, 2),
            -0x8000_0000.. => Self::new(Marker::I32, bits, 4),
            _ => Self::new(Marker::I64, bits, 8),
        }
    }

    #[inline]
    pub(crate) fn unsigned(value: u64) -> Self {
        match value {
            0..=0x7f => Self::new(Marker::FixPos(low(value)), 0, 0),
            0x80..=0xff => Self::new(Marker::U8, value, 1),
            0x100..=0xffff => Self::new(Marker::U16, value, 2),
            0x1_0000..=0xffff_ffff => Self::new(Marker::U32, value, 4),
            _ => Self::new(Marker::U64, value, 8),
        }
    }

    #[inline]
    pub(crate) fn unsigned_or_nil(value: Option<u64>) -> Self {
        value.map_or(Self::NIL, Self::unsigned)
    }

    #[inline]
    pub(crate) fn double(value: f64) -> Self {
        Self::new(Marker::F64, value.to_bits(), 8)
    }

    /// Of a string of so many bytes.
    #[inline]
    pub(crate) fn text(len: usize) -> Self {
        match long(len) {
            len @ 0..=31 => Self::new(Marker::FixStr(low(len)), 0, 0),
            len @ 32..=0xff => Self::new(Marker::Str8, len, 1),
            len @ 0x100..=0xffff => Self::new(Marker::Str16, len, 2),
            len => Self::new(Marker::Str32, len, 4),
        }
    }

    /// Of so many bytes that are no string.
    #[inline]
    pub(crate) fn blob(len: usize) -> Self {
        match long(len) {
            len @ 0..=0xff => Self::new(Marker::Bin8, len, 1),
            len @ 0x100..=0xffff => Self::new(Marker::Bin16, len, 2),
            len => Self::new(Marker::Bin32, len, 4),
        }
    }

    /// Of so many bytes of an extension. Types above 127 wrap, as there are no others.
    pub(crate) fn extension(kind: u8, len: usize) -> Self {
        let kind = u64::from(kind);
        match long(len) {
            1 => Self::new(Marker::FixExt1, kind, 1),
            2 => Self::new(Marker::FixExt2, kind, 1),
            4 => Self::new(Marker::FixExt4, kind, 1),
            8 => Self::new(Marker::FixExt8, kind, 1),
            16 => Self::new(Marker::FixExt16, kind, 1),
            len @ 0..=0xff => Self::new(Marker::Ext8, len << 8 | kind, 2),
            len @ 0x100..=0xffff => Self::new(Marker::Ext16, len << 8 | kind, 3),
            len => Self::new(Marker::Ext32, len << 8 | kind, 5),
        }
    }

    /// Of an array of so many elements.
    #[inline]
    pub(crate) fn array(len: u32) -> Self {
        match u64::from(len) {
            len @ 0..=15 => Self::new(Marker::FixArray(low(len)), 0, 0),
            len @ 16..=0xffff => Self::new(Marker::Array16, len, 2),
            len => Self::new(Marker::Array32, len, 4),
        }
    }

    /// Of a map of so many pairs.
    #[inline]
    pub(crate) fn map(len: u32) -> Self {
        match u64::from(len) {
            len @ 0..=15 => Self::new(Marker::FixMap(low(len)), 0, 0),
            len @ 16..=0xffff => Self::new(Marker::Map16, len, 2),
            len => Self::new(Marker::Map32, len, 4),
        }
    }

    /// Its first byte.
    #[inline]
    pub(crate) const fn marker(self) -> u8 {
        self.marker
    }

    /// How many bytes it has.
    #[inline]
    pub(crate) const fn len(self) -> usize {
        1 + self.rest_len
    }

    #[inline]
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        let [_, _, bytes @ ..] = self.behind([0, 0]);
        out.extend_from_slice(&bytes);
        out.truncate(out.len() - (Self::LEN_MAX - self.len()));
    }

    /// The two bytes that are `before` it, its own, and zeros up to the longest.
    #[inline]
    pub(crate) const fn behind(self, before: [u8; 2]) -> [u8; 2 + Self::LEN_MAX] {
        let [first, second] = before;
        let [r0, r1, r2, r3, r4, r5, r6, r7] = self.rest.to_be_bytes();
        let marker = self.marker;
        [first, second, marker, r0, r1, r2, r3, r4, r5, r6, r7]
    }

    /// `marker`, and the low `rest_len` bytes of `rest` behind it.
    #[inline]
    const fn new(marker: Marker, rest: u64, rest_len: usize) -> Self {
        Self {
            marker: marker.to_u8(),
            rest: match rest_len {
                0 => 0,
                _ => rest << (64 - 8 * rest_len),
            },
            rest_len,
        }
    }
}

/// The lowest byte.
#[inline]
const fn low(number: u64) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low
}

/// No frame comes near 4 GiB.
#[inline]
fn long(len: usize) -> u64 {
    u32::try_from(len).unwrap_or(u32::MAX).into()
}
