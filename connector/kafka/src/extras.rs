//! What a record may have beside key and value: a timestamp and headers. They are written into
//! the bytes of its parcel, as one block, and read again when the record is handed over.
//!
//! A block is the timestamp (8 bytes, zero for none) and then, for each header, the lengths of
//! its name and value (4 bytes each) and both; numbers are little-endian. So a block is at least
//! as long as what Kafka's record holds of it.

use std::ops::Range;

const NO_TIMESTAMP: i64 = 0;
/// Stands for the length of a value that is null.
const NULL: u32 = u32::MAX;

/// Where in its parcel a record's timestamp and headers are, as [`write()`] has said. The default
/// is that it has none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[repr(C, align(8))]
pub struct Place {
    start: u32,
    bytes: u32,
}

impl Place {
    /// The bytes of the parcel that hold them.
    pub const fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + self.bytes as usize
    }
}

/// What a block says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extras<'b> {
    timestamp_ms: i64,
    headers: &'b [u8],
}

/// A block that [`write()`] has not written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Malformed;

/// Walks over the headers of a block; ends after the first that is malformed.
#[derive(Debug)]
pub(crate) struct Headers<'b>(&'b [u8]);

/// A header's name and value.
pub(crate) type Header<'b> = (&'b str, Option<&'b [u8]>);

/// Writes timestamp and headers of a record to the end of `out`, the bytes of a parcel to be, and
/// returns their place, for [`Piece`](crate::Piece). Without either nothing is written.
///
/// The timestamp is the record's creation time in milliseconds since 1970. Kafka's client cannot
/// express zero and Kafka takes nothing below: both stand for none, and then the record gets the
/// time at which it is handed over. Headers keep their order; a name may come several times, and
/// a value may be null.
pub fn write<'h>(
    out: &mut Vec<u8>,
    timestamp_ms: Option<i64>,
    headers: impl IntoIterator<Item = (&'h str, Option<&'h [u8]>)>,
) -> Place {
    let start = out.len();
    let timestamp_ms = timestamp_ms.unwrap_or(NO_TIMESTAMP).max(NO_TIMESTAMP);
    out.extend_from_slice(&timestamp_ms.to_le_bytes());
    let empty = out.len();
    for (name, value) in headers {
        let value_bytes = value.map_or(NULL, |value| length(value.len()));
        out.extend_from_slice(&length(name.len()).to_le_bytes());
        out.extend_from_slice(&value_bytes.to_le_bytes());
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(value.unwrap_or_default());
    }
    if out.len() == empty && timestamp_ms == NO_TIMESTAMP {
        out.truncate(start);
    }
    Place {
        start: length(start),
        bytes: length(out.len() - start),
    }
}

/// A parcel has far less than 4 GiB; beyond, the record becomes invalid.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(NULL).min(NULL - 1)
}

impl Place {
    /// Whether there is neither timestamp nor header.
    pub(crate) fn is_empty(self) -> bool {
        self.bytes == 0
    }

    pub(crate) fn bytes(self) -> u32 {
        self.bytes
    }

    /// What is written there.
    pub(crate) fn read(self, parcel: &[u8]) -> Result<Extras<'_>, Malformed> {
        let rest = parcel.get(self.start as usize..).ok_or(Malformed)?;
        Extras::read(rest.get(..self.bytes as usize).ok_or(Malformed)?)
    }
}

impl<'b> Extras<'b> {
    /// Reads a block. The headers are checked while they are walked over.
    fn read(block: &'b [u8]) -> Result<Self, Malformed> {
        let (timestamp_ms, headers) = block.split_first_chunk().ok_or(Malformed)?;
        let timestamp_ms = i64::from_le_bytes(*timestamp_ms);
        if timestamp_ms < NO_TIMESTAMP {
            return Err(Malformed);
        }
        Ok(Self {
            timestamp_ms,
            headers,
        })
    }

    /// Milliseconds since 1970, zero for none: what librdkafka, too, takes for none.
    pub(crate) fn timestamp_ms(&self) -> i64 {
        self.timestamp_ms
    }

    pub(crate) fn headers(&self) -> Headers<'b> {
        Headers(self.headers)
    }
}

impl<'b> Headers<'b> {
    fn take(&mut self) -> Option<Header<'b>> {
        let (name_bytes, rest) = self.0.split_first_chunk()?;
        let (value_bytes, rest) = rest.split_first_chunk()?;
        let name_bytes = u32::from_le_bytes(*name_bytes) as usize;
        let (name, rest) = rest.split_at_checked(name_bytes)?;
        let (value, rest) = match u32::from_le_bytes(*value_bytes) {
            NULL => (None, rest),
            value_bytes => {
                let (value, rest) = rest.split_at_checked(value_bytes as usize)?;
                (Some(value), rest)
            }
        };
        self.0 = rest;
        Some((std::str::from_utf8(name).ok()?, value))
    }
}

impl<'b> Iterator for Headers<'b> {
    type Item = Result<Header<'b>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let header = self.take().ok_or(Malformed);
        if header.is_err() {
            self.0 = &[];
        }
        Some(header)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADERS: [Header<'static>; 4] = [
        ("name", Some(b"value")),
        ("name", None),
        ("", Some(b"")),
        ("größe", Some(&[0, 0xff])),
    ];

    fn block(timestamp_ms: Option<i64>, headers: &[Header<'_>]) -> Vec<u8> {
        let mut out = b"before".to_vec();
        let place = write(&mut out, timestamp_ms, headers.iter().copied());
        assert_eq!((place.start, place.bytes as usize), (6, out.len() - 6));
        out.split_off(6)
    }

    fn read(block: &[u8]) -> Result<(i64, Vec<Header<'_>>), Malformed> {
        let bytes = u32::try_from(block.len()).unwrap();
        let extras = Place { start: 0, bytes }.read(block)?;
        let headers = extras.headers().collect::<Result<_, _>>()?;
        Ok((extras.timestamp_ms(), headers))
    }

    #[test]
    fn what_was_written_is_read() {
        let cases: [(Option<i64>, &[_]); 4] = [
            (Some(1), &[]),
            (Some(i64::MAX), &HEADERS[..1]),
            (None, &HEADERS),
            (Some(1_700_000_000_000), &HEADERS),
        ];
        for (timestamp_ms, headers) in cases {
            let block = block(timestamp_ms, headers);
            let expected = (timestamp_ms.unwrap_or(0), headers.to_vec());
            assert_eq!(read(&block), Ok(expected));
        }
    }

    #[test]
    fn nothing_is_written_for_nothing() {
        for nothing in [None, Some(0), Some(-1), Some(i64::MIN)] {
            assert_eq!(block(nothing, &[]), []);
        }
        let block = block(Some(-1), &HEADERS[..1]);
        assert_eq!(read(&block), Ok((0, HEADERS[..1].to_vec())));
    }

    #[test]
    fn a_block_cut_within_its_timestamp_or_a_header_is_malformed() {
        let whole = block(Some(1), &HEADERS);
        let whole_headers: Vec<usize> = (0..=HEADERS.len())
            .map(|count| block(Some(1), &HEADERS[..count]).len())
            .collect();
        for end in 0..=whole.len() {
            let is_whole = whole_headers.contains(&end);
            assert_eq!(read(&whole[..end]).is_ok(), is_whole, "{end} bytes");
        }
    }

    #[test]
    fn lengths_that_lead_out_of_the_block_are_malformed() {
        let good = block(None, &HEADERS[..1]);
        for (place, length) in [(8, 10), (8, NULL), (12, 6), (12, NULL - 1), (12, NULL)] {
            let mut bad = good.clone();
            bad[place..place + 4].copy_from_slice(&u32::to_le_bytes(length));
            assert_eq!(read(&bad), Err(Malformed), "{length} at {place}");
        }
    }

    #[test]
    fn a_place_beyond_the_parcel_is_malformed() {
        let parcel = block(Some(1), &[]);
        for (start, bytes) in [(0, 9), (1, 8), (8, 1), (9, 1), (u32::MAX, u32::MAX)] {
            let read = Place { start, bytes }.read(&parcel);
            assert_eq!(read.map(|it| it.timestamp_ms()), Err(Malformed));
        }
    }

    #[test]
    fn a_name_that_is_no_text_and_a_time_before_1970_are_malformed() {
        let mut no_text = block(None, &HEADERS[..1]);
        no_text[16] = 0xff;
        assert_eq!(read(&no_text), Err(Malformed));
        assert_eq!(read(&(-1_i64).to_le_bytes()), Err(Malformed));
    }

    #[test]
    fn a_block_is_no_shorter_than_what_kafka_stores_of_it() {
        let zigzag_bytes = |length: usize| (2 * length).max(1).ilog2() as usize / 7 + 1;
        for length in [0, 1, 63, 64, 8191, 8192, 1_048_576] {
            let value = vec![b'v'; length];
            let stored = zigzag_bytes(4) + 4 + zigzag_bytes(length) + length;
            assert!(block(None, &[("name", Some(&value))]).len() >= stored);
        }
    }
}
