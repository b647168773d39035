//! The formats: key and value of a record in the bytes that Kafka gets.
//!
//! A format is made for one namespace and set; what it repeats for every record is prepared then.

use std::{cell::RefCell, ops::Range};

use aeroduct_config::{BinTransforms, Format};
use aeroduct_record::{Metadata, Particle, Ttl};

use self::{avro::Avro, flat_json::FlatJson, json::Json, message_pack::MessagePack};
use crate::{
    bins::BinNames,
    error::PrepareError,
    lane::{Change, UnixSeconds},
    text::{collection::Nest, integer, value},
};

mod avro;
mod flat_json;
mod json;
mod message_pack;
mod shape;
mod xdr;

/// A format with its prepared pieces, and the bins it is for.
#[derive(Debug)]
pub(crate) struct Formatter {
    kind: Kind,
    bins: RefCell<BinNames>,
    /// Whether the format's own key is asked for.
    has_key: bool,
}

#[derive(Debug)]
enum Kind {
    Avro(Box<Avro>),
    FlatJson(FlatJson),
    Json(Json),
    MessagePack(MessagePack),
    Xdr,
}

/// Where in the output a record's key and value lie. They may overlap.
#[derive(Debug)]
pub(crate) struct Rendered {
    /// The format's own key; there may be one even if none was asked for.
    pub(crate) key: Option<Range<usize>>,
    pub(crate) value: Range<usize>,
}

impl Formatter {
    pub(crate) fn new(
        format: &Format,
        bins: Option<&BinTransforms>,
        has_key: bool,
        namespace: &[u8],
        set: Option<&[u8]>,
    ) -> Self {
        Self {
            kind: Kind::new(format, namespace, set),
            bins: RefCell::new(BinNames::new(bins)),
            has_key,
        }
    }

    /// Appends value and key of a record to `out`. On an error some of it may have been written.
    #[inline]
    pub(crate) fn write(
        &self,
        change: &Change<'_>,
        out: &mut Vec<u8>,
        nest: &mut Nest,
    ) -> Result<Rendered, PrepareError> {
        nest.clear();
        let bins = &mut *self.bins.borrow_mut();
        bins.begin();
        match &self.kind {
            Kind::Avro(format) => format.write(change, out, (bins, nest), self.has_key),
            Kind::FlatJson(format) => format.write(change, out, (bins, nest), self.has_key),
            Kind::Json(format) => format.write(change, out, bins, nest),
            Kind::MessagePack(format) => format.write(change, out, bins, &mut nest.names),
            Kind::Xdr => Ok(xdr::write(change, out, self.has_key)),
        }
    }
}

impl Kind {
    fn new(format: &Format, namespace: &[u8], set: Option<&[u8]>) -> Self {
        match format {
            Format::Json { stringify_map_keys } => {
                Self::Json(Json::new(namespace, set, *stringify_map_keys))
            }
            Format::FlatJson {
                metadata_key,
                stringify_map_keys,
            } => Self::FlatJson(FlatJson::new(
                metadata_key,
                namespace,
                set,
                *stringify_map_keys,
            )),
            Format::Avro {
                schema,
                stringify_map_keys,
            } => Self::Avro(Box::new(Avro::new(
                schema,
                namespace,
                set,
                *stringify_map_keys,
            ))),
            Format::MessagePack => Self::MessagePack(MessagePack::new(namespace, set)),
            Format::Xdr => Self::Xdr,
        }
    }
}

/// When the record expires, in seconds since the Unix epoch: 0 is never, `None` not known (13.13, 13.25).
#[inline]
fn expiry(metadata: &Metadata<'_>, arrived: UnixSeconds) -> Option<u64> {
    match metadata.ttl {
        Ttl::Never => Some(0),
        Ttl::Unknown => None,
        Ttl::Seconds(ttl) => Some(arrived.0.saturating_add(u64::from(ttl))),
    }
}

/// Appends a member with a number: `fragment` is its name with all punctuation up to the number.
#[inline]
fn member(out: &mut Vec<u8>, fragment: &[u8], value: Option<impl itoa::Integer>) {
    if let Some(value) = value {
        out.extend_from_slice(fragment);
        integer(out, value);
    }
}

/// The user key, unless it is null: a key that is stored as null is none.
#[inline]
fn user_key<'a>(metadata: &Metadata<'a>) -> Option<Particle<'a>> {
    metadata
        .user_key
        .filter(|key| !matches!(key, Particle::Null))
}

/// Appends a user key: string, number, or Base64 for bytes.
#[inline]
fn write_user_key(
    out: &mut Vec<u8>,
    key: Particle<'_>,
    nest: &mut Nest,
) -> Result<(), PrepareError> {
    value::write(out, key, nest, true)
        .map(drop)
        .map_err(PrepareError::user_key)
}

const fn durable(durable: bool) -> &'static [u8] {
    if durable {
        b",\"durable\":true}"
    } else {
        b",\"durable\":false}"
    }
}
