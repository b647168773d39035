//! `message-pack`: `[1, 1, [key, generation, expiry, last update, bins]]` for a write,
//! `[1, 2, [key, flags]]` for a delete (4.5, 13.6).
//!
//! A key is `[namespace, set, digest, user key]`, a bin `[name, type, flags, value]`; absent metadata
//! are nil. The Kafka key is the array `key`, so its bytes are shared with the value.

use std::cell::RefCell;

use aeroduct_record::{Bin, Bins, LastUpdate, Operation, Particle};

use super::{Rendered, expiry, shape::Shape, user_key};
use crate::{
    bins::BinNames,
    error::{PrepareError, ValueFault},
    lane::Change,
    pack,
    text::names::Names,
};

/// What a bin begins with: an array of four.
const BIN: &[u8] = b"\x94";
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
    shape: RefCell<Shape>,
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
            shape: RefCell::new(Shape::new(BIN, pack::text, b"")),
        }
    }

    pub(crate) fn write(
        &self,
        change: &Change<'_>,
        out: &mut Vec<u8>,
        bins: &mut BinNames,
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
                self.write_bins(record.bins, out, bins, names)?;
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

    fn write_bins(
        &self,
        bins: Bins<'_>,
        out: &mut Vec<u8>,
        bin_names: &mut BinNames,
        names: &mut Names,
    ) -> Result<(), PrepareError> {
        pack::array(out, bin_names.count(&bins)?);
        let mut shape = self.shape.borrow_mut();
        let mut walk = shape.walk(names, None);
        for bin in bins {
            let Some(name) = bin_names.name(bin.name)? else {
                continue;
            };
            walk.write(out, names, name);
            write_bin(out, &bin).map_err(|fault| PrepareError::bin(bin.name, fault))?;
        }
        let known = bins.iter().filter_map(|bin| bin_names.known(bin.name));
        match walk.close(out, names, known) {
            Some(name) => Err(PrepareError::bin(
                // As the JSON formats name it: without what MessagePack puts before it.
                pack::content(out.get(name).unwrap_or_default()),
                ValueFault::DuplicateBin,
            )),
            None => Ok(()),
        }
    }
}

/// Appends type, flags and value; of the common ones all at once.
#[inline]
fn write_bin(out: &mut Vec<u8>, bin: &Bin<'_>) -> Result<(), ValueFault> {
    let particle = bin.particle().map_err(ValueFault::Particle)?;
    let kind = bin.kind.0;
    match particle {
        Particle::Integer(value) => pack::integer_after(out, [kind, 0], value),
        Particle::Double(value) => pack::double_after(out, [kind, 0], value),
        Particle::String(text) => {
            out.extend_from_slice(&[kind, 0]);
            pack::text(out, text);
        }
        Particle::Map(collection) | Particle::List(collection) => {
            let header = |out: &mut Vec<u8>, flags| out.extend_from_slice(&[kind, flags]);
            pack::collection::write(out, collection, header)?;
        }
        single => {
            pack::unsigned(out, kind.into());
            pack::unsigned(out, 0);
            pack::value::write(out, single)?;
        }
    }
    Ok(())
}
