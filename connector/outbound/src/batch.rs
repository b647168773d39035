//! Several records in one message: how single messages become one (13.3).

use std::ops::Range;

use aeroduct_config::{
    BatchKey, BatchLimits, Format, RecordKey, Rules,
    avro::{write_bytes, write_count},
};
use ripemd::{Digest as _, Ripemd160};

use crate::{pack, text};

/// Bytes that a batch has beside its records, each with what separates it from the next one.
const FRAME_BYTES: usize = 16;

/// A record of a batch, as it would be a message of its own.
#[derive(Clone, Copy, Debug)]
pub struct Member<'m> {
    /// Its key.
    pub key: Option<&'m [u8]>,
    /// Its value.
    pub value: &'m [u8],
    /// The record's digest.
    pub digest: &'m [u8; 20],
}

/// How the records of a lane are put together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct BatchLayout {
    values: Join,
    keys: KeyJoin,
}

/// How pieces become one.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Join {
    JsonArray,
    PackArray,
    AvroArray,
    BackToBack,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum KeyJoin {
    /// Keys that are of the format stay as they are; others become strings of it first.
    Concat {
        join: Join,
        is_of_format: bool,
    },
    Hash,
    None,
}

/// When and how the records of a lane are put together.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Batching {
    /// When a batch is closed.
    pub limits: BatchLimits,
    /// What it becomes.
    pub layout: BatchLayout,
}

/// A batch as Kafka gets it: ranges of the output that was passed to [`BatchLayout::join`].
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Joined {
    /// The Kafka key.
    pub key: Option<Range<usize>>,
    /// The Kafka value.
    pub value: Range<usize>,
}

impl Batching {
    /// What `rules` ask for of records in `format`.
    pub(crate) fn new(rules: &Rules<'_>, format: &Format) -> Option<Self> {
        let limits = rules.batching?;
        let key = rules.key.cloned().unwrap_or_default();
        let join = match format {
            Format::Json { .. } | Format::FlatJson { .. } => Join::JsonArray,
            Format::MessagePack => Join::PackArray,
            Format::Avro { .. } => Join::AvroArray,
            Format::Xdr => Join::BackToBack,
        };
        let keys = match (&key.of_record, key.of_batch) {
            (_, BatchKey::Hash) => KeyJoin::Hash,
            (RecordKey::None, _) | (_, BatchKey::None) => KeyJoin::None,
            (record, BatchKey::Concat) => KeyJoin::Concat {
                join,
                is_of_format: *record == RecordKey::Default,
            },
        };
        let layout = BatchLayout { values: join, keys };
        Some(Self { limits, layout })
    }
}

impl BatchLayout {
    /// At most so many bytes are added to the keys and values of `records`.
    pub const fn overhead(records: usize) -> usize {
        // A comma in value and key each, or nothing.
        FRAME_BYTES + 2 * records
    }

    /// Appends one message of all `members` to `out`.
    pub fn join<'m>(
        &self,
        members: impl ExactSizeIterator<Item = Member<'m>> + Clone,
        out: &mut Vec<u8>,
    ) -> Joined {
        let start = out.len();
        let values = members.clone().map(|member| member.value);
        self.values.join(values, out, as_is);
        let value = start..out.len();
        let key = match self.keys {
            KeyJoin::Concat { join, is_of_format } => {
                let keys = members.map(|member| member.key.unwrap_or_default());
                match join {
                    Join::JsonArray if !is_of_format => join.join(keys, out, text::string::write),
                    Join::PackArray if !is_of_format => join.join(keys, out, pack::text::write),
                    Join::AvroArray if !is_of_format => join.join(keys, out, write_bytes),
                    _ => join.join(keys, out, as_is),
                }
                true
            }
            KeyJoin::Hash => {
                let mut hash = Ripemd160::new();
                members.for_each(|member| hash.update(member.digest));
                out.extend_from_slice(&hash.finalize());
                true
            }
            KeyJoin::None => false,
        };
        Joined {
            key: key.then_some(value.end..out.len()),
            value,
        }
    }
}

impl Join {
    /// Appends all pieces, each as `write` writes it.
    fn join<'m>(
        self,
        pieces: impl ExactSizeIterator<Item = &'m [u8]>,
        out: &mut Vec<u8>,
        write: impl Fn(&mut Vec<u8>, &'m [u8]),
    ) {
        match self {
            Self::JsonArray => out.push(b'['),
            Self::PackArray => {
                pack::Head::array(u32::try_from(pieces.len()).unwrap_or(u32::MAX)).write(out);
            }
            Self::AvroArray if pieces.len() > 0 => write_count(out, pieces.len()),
            Self::AvroArray | Self::BackToBack => {}
        }
        for (index, piece) in pieces.enumerate() {
            if self == Self::JsonArray && index > 0 {
                out.push(b',');
            }
            write(out, piece);
        }
        match self {
            Self::JsonArray => out.push(b']'),
            // No further block of items.
            Self::AvroArray => out.push(0),
            Self::PackArray | Self::BackToBack => {}
        }
    }
}

/// Appends bytes as they are.
fn as_is(out: &mut Vec<u8>, piece: &[u8]) {
    out.extend_from_slice(piece);
}

#[cfg(test)]
mod tests;
