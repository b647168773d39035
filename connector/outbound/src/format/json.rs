//! `json`: one object with the metadata, and the bins as an array of objects with name, type and value.
//!
//! ```json
//! {"msg":"write","key":["ns","set","<digest>",null],"gen":1,"exp":0,"lut":1635778671921,"bins":[
//!   {"name":"a","type":"str","value":"aaa"}]}
//! {"msg":"delete","key":["ns","set","<digest>",null],"gen":2,"lut":1635778671921,"durable":false}
//! ```
//!
//! The Kafka key is the array `key`, so its bytes are shared with the value.

use std::cell::RefCell;

use aeroduct_record::{Bins, LastUpdate, Operation, Particle, cdt::MapOrder};

use super::{Rendered, durable, expiry, member, shape::Shape, user_key, write_user_key};
use crate::{
    bins::BinNames,
    error::{PrepareError, ValueFault},
    lane::Change,
    text::{
        base64,
        collection::{Nest, Order},
        string, value,
    },
};

const WRITE: &[u8] = b"{\"msg\":\"write\",\"key\":";
const DELETE: &[u8] = b"{\"msg\":\"delete\",\"key\":";

/// The `json` format for the records of one namespace and set.
#[derive(Debug)]
pub(crate) struct Json {
    /// The key's array up to the digest.
    key: Box<[u8]>,
    stringify_map_keys: bool,
    shape: RefCell<Shape>,
}

impl Json {
    pub(crate) fn new(namespace: &[u8], set: Option<&[u8]>, stringify_map_keys: bool) -> Self {
        let mut key = vec![b'['];
        string::write(&mut key, namespace);
        key.push(b',');
        match set {
            Some(set) => string::write(&mut key, set),
            None => key.extend_from_slice(b"null"),
        }
        key.push(b',');
        Self {
            key: key.into(),
            stringify_map_keys,
            shape: RefCell::new(Shape::new(b",{\"name\":\"", string::write_unquoted, b"")),
        }
    }

    pub(crate) fn write(
        &self,
        change: &Change<'_>,
        out: &mut Vec<u8>,
        names: &mut BinNames,
        nest: &mut Nest,
    ) -> Result<Rendered, PrepareError> {
        let &Change {
            record, arrived, ..
        } = change;
        let metadata = &record.metadata;
        let value_start = out.len();
        out.extend_from_slice(match metadata.operation {
            Operation::Write { .. } => WRITE,
            Operation::Delete { .. } => DELETE,
        });
        let key_start = out.len();
        out.extend_from_slice(&self.key);
        base64::write(out, metadata.digest);
        match user_key(metadata) {
            Some(key) => {
                out.push(b',');
                write_user_key(out, key, nest)?;
                out.push(b']');
            }
            None => out.extend_from_slice(b",null]"),
        }
        let key = key_start..out.len();
        let last_update = metadata.last_update.map(LastUpdate::unix_ms);
        member(out, b",\"gen\":", metadata.generation);
        match metadata.operation {
            Operation::Write { .. } => {
                member(out, b",\"exp\":", expiry(metadata, arrived));
                member(out, b",\"lut\":", last_update);
                out.extend_from_slice(b",\"bins\":");
                let bins_start = out.len();
                self.write_bins(record.bins, out, names, nest)?;
                match out.get_mut(bins_start) {
                    // In place of the comma before the first bin.
                    Some(first) => *first = b'[',
                    None => out.push(b'['),
                }
                out.extend_from_slice(b"]}");
            }
            Operation::Delete {
                durable: is_durable,
            } => {
                member(out, b",\"lut\":", last_update);
                out.extend_from_slice(durable(is_durable));
            }
        }
        Ok(Rendered {
            key: Some(key),
            value: value_start..out.len(),
        })
    }

    /// Appends each bin behind a comma.
    fn write_bins(
        &self,
        bins: Bins<'_>,
        out: &mut Vec<u8>,
        bin_names: &mut BinNames,
        nest: &mut Nest,
    ) -> Result<(), PrepareError> {
        let mut shape = self.shape.borrow_mut();
        let mut walk = shape.walk(&nest.names, None);
        for bin in bins {
            let fail = |fault| PrepareError::bin(bin.name, fault);
            let Some(name) = bin_names.name(bin.name)? else {
                continue;
            };
            walk.write(out, &mut nest.names, name);
            let particle = bin
                .particle()
                .map_err(|error| fail(ValueFault::Particle(error)))?;
            out.extend_from_slice(type_fragment(&particle));
            let order = value::write(out, particle, nest, self.stringify_map_keys).map_err(fail)?;
            out.extend_from_slice(order.map_or(b"}", order_fragment));
        }
        let names = bins.iter().filter_map(|bin| bin_names.known(bin.name));
        match walk.close(out, &mut nest.names, names) {
            Some(name) => Err(PrepareError::bin(
                out.get(name).unwrap_or_default(),
                ValueFault::DuplicateBin,
            )),
            None => Ok(()),
        }
    }
}

/// What stands between a bin's name and its value.
#[inline]
const fn type_fragment(particle: &Particle<'_>) -> &'static [u8] {
    match particle {
        Particle::Null => b"\",\"type\":\"null\",\"value\":",
        Particle::Integer(_) => b"\",\"type\":\"int\",\"value\":",
        Particle::Double(_) => b"\",\"type\":\"float\",\"value\":",
        Particle::String(_) => b"\",\"type\":\"str\",\"value\":",
        Particle::Blob(_)
        | Particle::LanguageBlob(..)
        | Particle::Vector(_)
        | Particle::Unknown(..) => b"\",\"type\":\"blob\",\"value\":",
        Particle::Bool(_) => b"\",\"type\":\"bool\",\"value\":",
        Particle::Hll(_) => b"\",\"type\":\"hll\",\"value\":",
        Particle::Map(_) => b"\",\"type\":\"map\",\"value\":",
        Particle::List(_) => b"\",\"type\":\"list\",\"value\":",
        Particle::GeoJson(_) => b"\",\"type\":\"geojson\",\"value\":",
    }
}

/// What stands after the value of a list or map.
const fn order_fragment(order: Order) -> &'static [u8] {
    match order {
        Order::List { ordered: true } => b",\"ordered\":true}",
        Order::List { ordered: false } => b",\"ordered\":false}",
        Order::Map(MapOrder::Unordered) => b"}",
        Order::Map(MapOrder::Key) => b",\"order\":\"key\"}",
        Order::Map(MapOrder::KeyValue) => b",\"order\":\"key-value\"}",
    }
}
