//! `flat-json`: one object with the metadata as one member, and every bin as another.
//!
//! ```json
//! {"metadata":{"namespace":"ns","set":"set","userKey":1,"digest":"...","msg":"write","gen":1,"lut":1698586936461,
//!   "exp":0},"bin":"value"}
//! ```
//!
//! The Kafka key is an object of the first four metadata.

use std::cell::RefCell;

use aeroduct_record::{LastUpdate, Operation, Record};

use super::{Rendered, durable, expiry, member, shape::Shape, user_key, write_user_key};
use crate::{
    bins::BinNames,
    error::{PrepareError, ValueFault},
    lane::Change,
    text::{base64, collection::Nest, string, value},
};

/// The `flat-json` format for the records of one namespace and set.
#[derive(Debug)]
pub(crate) struct FlatJson {
    /// The value up to the name of the set, that included.
    start: Box<[u8]>,
    /// Length of the metadata member's name as it stands in `start`, between its quotes.
    name_len: usize,
    stringify_map_keys: bool,
    shape: RefCell<Shape>,
}

impl FlatJson {
    /// Length of what precedes the name of the metadata member: a brace and a quote.
    const NAME_START: usize = 2;

    pub(crate) fn new(
        metadata_key: &str,
        namespace: &[u8],
        set: Option<&[u8]>,
        stringify_map_keys: bool,
    ) -> Self {
        let mut start = b"{\"".to_vec();
        string::write_unquoted(&mut start, metadata_key.as_bytes());
        let name_len = start.len() - Self::NAME_START;
        start.extend_from_slice(b"\":{\"namespace\":");
        string::write(&mut start, namespace);
        if let Some(set) = set {
            start.extend_from_slice(b",\"set\":");
            string::write(&mut start, set);
        }
        Self {
            start: start.into(),
            name_len,
            stringify_map_keys,
            shape: RefCell::new(Shape::new(b",\"", string::write_unquoted, b"\":")),
        }
    }

    pub(crate) fn write(
        &self,
        change: &Change<'_>,
        out: &mut Vec<u8>,
        (names, nest): (&mut BinNames, &mut Nest),
        has_key: bool,
    ) -> Result<Rendered, PrepareError> {
        let &Change {
            record, arrived, ..
        } = change;
        let metadata = &record.metadata;
        let value_start = out.len();
        out.extend_from_slice(&self.start);
        if let Some(key) = user_key(metadata) {
            out.extend_from_slice(b",\"userKey\":");
            write_user_key(out, key, nest)?;
        }
        out.extend_from_slice(b",\"digest\":");
        base64::write(out, metadata.digest);
        // A quote and a colon follow the name; there the object begins.
        let identity = value_start + Self::NAME_START + self.name_len + 2..out.len();

        let last_update = metadata.last_update.map(LastUpdate::unix_ms);
        match metadata.operation {
            Operation::Write { .. } => {
                out.extend_from_slice(b",\"msg\":\"write\"");
                member(out, b",\"gen\":", metadata.generation);
                member(out, b",\"lut\":", last_update);
                member(out, b",\"exp\":", expiry(metadata, arrived));
                out.push(b'}');
                self.write_bins(record, value_start, out, (names, nest))?;
            }
            Operation::Delete {
                durable: is_durable,
            } => {
                out.extend_from_slice(b",\"msg\":\"delete\"");
                member(out, b",\"gen\":", metadata.generation);
                member(out, b",\"lut\":", last_update);
                out.extend_from_slice(durable(is_durable));
            }
        }
        out.push(b'}');
        let value = value_start..out.len();
        if has_key {
            out.extend_from_within(identity);
            out.push(b'}');
        }
        Ok(Rendered {
            key: has_key.then_some(value.end..out.len()),
            value,
        })
    }

    fn write_bins(
        &self,
        record: &Record<'_>,
        value_start: usize,
        out: &mut Vec<u8>,
        (bin_names, nest): (&mut BinNames, &mut Nest),
    ) -> Result<(), PrepareError> {
        let metadata_name =
            value_start + Self::NAME_START..value_start + Self::NAME_START + self.name_len;
        let mut shape = self.shape.borrow_mut();
        let mut walk = shape.walk(&nest.names, Some(metadata_name.clone()));
        for bin in record.bins {
            let fail = |fault| PrepareError::bin(bin.name, fault);
            let Some(name) = bin_names.name(bin.name)? else {
                continue;
            };
            walk.write(out, &mut nest.names, name);
            let particle = bin
                .particle()
                .map_err(|error| fail(ValueFault::Particle(error)))?;
            value::write(out, particle, nest, self.stringify_map_keys).map_err(fail)?;
        }
        let bins = record.bins.iter();
        let names = bins.filter_map(|bin| bin_names.known(bin.name));
        let repeated = walk.close(out, &mut nest.names, names);
        let Some(name) = repeated.and_then(|name| out.get(name)) else {
            return Ok(());
        };
        let collides = Some(name) == out.get(metadata_name);
        Err(PrepareError::bin(
            name,
            if collides {
                ValueFault::MetadataKey
            } else {
                ValueFault::DuplicateBin
            },
        ))
    }
}
