//! `message-pack`: `[1, 1, [key, generation, expiry, last update, bins]]` for a write,
//! `[1, 2, [key, flags]]` for a delete (4.5, 13.6).
//!
//! A key is `[namespace, set, digest, user key]`, a bin `[name, type, flags, value]`; absent metadata
//! are nil. The Kafka key is the array `key`, so its bytes are shared with the value.

use std::cell::RefCell;

use aeroduct_record::{Bins, Collection, LastUpdate, Operation};

use super::{Rendered, expiry, shape::Shape, user_key};
use crate::{
    bins::BinNames,
    error::{PrepareError, ValueFault},
    lane::Change,
    pack::{Head, Piece, collection, text, value},
    text::names::Names,
};

/// What a bin begins with: an array of four.
const BIN: &[u8] = b"\x94";
/// The highest type of a bin that is one byte.
const KIND_MAX: u8 = 0x7f;
const VERSION: u64 = 1;
const WRITE: u64 = 1;
const DELETE: u64 = 2;
const DURABLE_DELETE: u64 = 1;
/// In bytes.
const DIGEST_LEN: usize = 20;

/// The `message-pack` format for the records of one namespace and set.
#[derive(Debug)]
pub(crate) struct MessagePack {
    /// A write up to the digest, which has one length.
    write: Box<[u8]>,
    /// A delete up to the same.
    delete: Box<[u8]>,
    /// Where in both the key begins.
    key_start: usize,
    shape: RefCell<Shape>,
}

impl MessagePack {
    pub(crate) fn new(namespace: &[u8], set: Option<&[u8]>) -> Self {
        let start = |kind, parts| {
            let mut start = Vec::new();
            Head::array(3).write(&mut start);
            Head::unsigned(VERSION).write(&mut start);
            Head::unsigned(kind).write(&mut start);
            Head::array(parts).write(&mut start);
            start
        };
        let (write, delete) = (start(WRITE, 5), start(DELETE, 2));
        let key_start = write.len();
        let with_key = |mut start: Vec<u8>| {
            Head::array(4).write(&mut start);
            text::write(&mut start, namespace);
            match set {
                Some(set) => text::write(&mut start, set),
                None => Head::NIL.write(&mut start),
            }
            Head::blob(DIGEST_LEN).write(&mut start);
            start.into()
        };
        Self {
            write: with_key(write),
            delete: with_key(delete),
            key_start,
            shape: RefCell::new(Shape::new(BIN, text::write, b"")),
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
        out.extend_from_slice(metadata.digest);
        match user_key(metadata) {
            Some(key) => value::write(out, key).map_err(PrepareError::user_key)?,
            None => Head::NIL.write(out),
        }
        let key = value_start + self.key_start..out.len();
        match metadata.operation {
            Operation::Write { .. } => {
                let last_update = metadata.last_update.map(LastUpdate::unix_ms);
                Head::unsigned_or_nil(metadata.generation.map(u64::from)).write(out);
                Head::unsigned_or_nil(expiry(metadata, arrived)).write(out);
                Head::unsigned_or_nil(last_update).write(out);
                self.write_bins(record.bins, out, bins, names)?;
            }
            Operation::Delete { durable } => {
                Head::unsigned(if durable { DURABLE_DELETE } else { 0 }).write(out);
            }
        }
        Ok(Rendered {
            key: Some(key),
            value: value_start..out.len(),
        })
    }

    #[inline(never)]
    fn write_bins(
        &self,
        bins: Bins<'_>,
        out: &mut Vec<u8>,
        bin_names: &mut BinNames,
        names: &mut Names,
    ) -> Result<(), PrepareError> {
        Head::array(bin_names.count(&bins)?).write(out);
        let mut shape = self.shape.borrow_mut();
        let mut walk = shape.walk(names, None);
        for bin in bins {
            let fail = |fault| PrepareError::bin(bin.name, fault);
            let Some(name) = bin_names.name(bin.name)? else {
                continue;
            };
            let particle = bin
                .particle()
                .map_err(|error| fail(ValueFault::Particle(error)))?;
            let kind = bin.kind.0;
            match value::piece(particle) {
                Ok(Piece { head, body }) if kind <= KIND_MAX => {
                    walk.write_with(out, names, name, ([kind, 0], head));
                    out.extend_from_slice(body);
                }
                Ok(piece) => {
                    walk.write(out, names, name);
                    write_unknown(out, kind, piece);
                }
                Err(collection) => {
                    walk.write(out, names, name);
                    write_collection(out, kind, collection).map_err(fail)?;
                }
            }
        }
        let known = bins.iter().filter_map(|bin| bin_names.known(bin.name));
        match walk.close(out, names, known) {
            Some(name) => Err(PrepareError::bin(
                // As the JSON formats name it: without what MessagePack puts before it.
                text::content(out.get(name).unwrap_or_default()),
                ValueFault::DuplicateBin,
            )),
            None => Ok(()),
        }
    }
}

/// Appends type, flags and value of a bin that is a collection.
fn write_collection(
    out: &mut Vec<u8>,
    kind: u8,
    collection: Collection<'_>,
) -> Result<(), ValueFault> {
    let start = out.len();
    out.extend_from_slice(&[kind, 0]);
    let flags = collection::write(out, collection)?;
    if let Some(place) = out.get_mut(start + 1) {
        *place = flags;
    }
    Ok(())
}

/// The same of a bin of a type that no server has yet.
#[cold]
fn write_unknown(out: &mut Vec<u8>, kind: u8, value: Piece<'_>) {
    Head::unsigned(kind.into()).write(out);
    Head::unsigned(0).write(out);
    value.write(out);
}
