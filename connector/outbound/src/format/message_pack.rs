//! `message-pack`: `[1, 1, [key, generation, expiry, last update, bins]]` for a write,
//! `[1, 2, [key, flags]]` for a delete (4.5, 13.6).
//!
//! A key is `[namespace, set, digest, user key]`, a bin `[name, type, flags, value]`; absent metadata
//! are nil. The Kafka key is the array `key`, so its bytes are shared with the value.

use aeroduct_record::{Bin, LastUpdate, Operation, Particle, Record};

use super::{Rendered, expiry, user_key};
use crate::{
    bins::BinNames,
    error::{PrepareError, ValueFault},
    lane::Change,
    pack,
    text::names::Names,
};

const VERSION: i64 = 1;
const WRITE: i64 = 1;
const DELETE: i64 = 2;
const DURABLE_DELETE: i64 = 1;

/// The `message-pack` format for the records of one namespace and set.
#[derive(Debug)]
pub(crate) struct MessagePack {
    /// A write up to the digest.
    write: Box<[u8]>,
    /// A delete up to the digest.
    delete: Box<[u8]>,
    /// Where in both the key begins.
    key_start: usize,
}

impl MessagePack {
    pub(crate) fn new(namespace: &[u8], set: Option<&[u8]>) -> Self {
        let start = |kind, parts| {
            let mut start = Vec::new();
            pack::array(&mut start, 3);
            pack::integer(&mut start, VERSION);
            pack::integer(&mut start, kind);
            pack::array(&mut start, parts);
            start
        };
        let (write, delete) = (start(WRITE, 5), start(DELETE, 2));
        let key_start = write.len();
        let with_key = |mut start: Vec<u8>| {
            pack::array(&mut start, 4);
            pack::text(&mut start, namespace);
            match set {
                Some(set) => pack::text(&mut start, set),
                None => pack::nil(&mut start),
            }
            start.into()
        };
        Self {
            write: with_key(write),
            delete: with_key(delete),
            key_start,
        }
    }

    pub(crate) fn write<N: BinNames>(
        &self,
        change: &Change<'_>,
        out: &mut Vec<u8>,
        bins: &mut N,
        names: &mut Names,
    ) -> Result<Rendered, PrepareError> {
        let &Change {
            record, arrived, ..
        } = change;
        let metadata = &record.metadata;
        let value_start = out.len();
        out.extend_from_slice(match metadata.operation {
            Operation::Write { .. } => &self.write,
            Operation::Delete { .. } => &self.delete,
        });
        pack::blob(out, metadata.digest);
        match user_key(metadata) {
            Some(key) => pack::value::write(out, key).map_err(PrepareError::user_key)?,
            None => pack::nil(out),
        }
        let key = value_start + self.key_start..out.len();
        match metadata.operation {
            Operation::Write { .. } => {
                let last_update = metadata.last_update.map(LastUpdate::unix_ms);
                pack::unsigned_or_nil(out, metadata.generation.map(u64::from));
                pack::unsigned_or_nil(out, expiry(metadata, arrived));
                pack::unsigned_or_nil(out, last_update);
                write_bins(record, out, bins, names)?;
            }
            Operation::Delete { durable } => {
                pack::integer(out, if durable { DURABLE_DELETE } else { 0 });
            }
        }
        Ok(Rendered {
            key: Some(key),
            value: value_start..out.len(),
        })
    }
}

fn write_bins<N: BinNames>(
    record: &Record<'_>,
    out: &mut Vec<u8>,
    bins: &mut N,
    names: &mut Names,
) -> Result<(), PrepareError> {
    pack::array(out, bins.count(&record.bins)?);
    for bin in record.bins {
        let Some(name) = bins.name(bin.name)? else {
            continue;
        };
        pack::array(out, 4);
        let name_start = out.len();
        pack::text(out, name);
        if N::RENAMES {
            names.push(out, name_start..out.len());
        }
        write_bin(out, &bin).map_err(|fault| PrepareError::bin(bin.name, fault))?;
    }
    if N::RENAMES && names.close(out, 0).is_some() {
        return Err(bins.repeated(&record.bins));
    }
    Ok(())
}

/// Appends type, flags and value.
#[inline]
fn write_bin(out: &mut Vec<u8>, bin: &Bin<'_>) -> Result<(), ValueFault> {
    let particle = bin.particle().map_err(ValueFault::Particle)?;
    let kind = i64::from(bin.kind.0);
    match particle {
        Particle::Map(collection) | Particle::List(collection) => {
            pack::collection::write(out, collection, |out, flags| {
                pack::integer(out, kind);
                pack::integer(out, i64::from(flags));
            })
        }
        single => {
            pack::integer(out, kind);
            pack::integer(out, 0);
            pack::value::write(out, single)
        }
    }
}
