//! The value of a bin or a user key as JSON.

use aeroduct_record::Particle;

use super::{
    base64,
    collection::{self, Nest, Order},
    double, geojson, integer, string,
};
use crate::error::ValueFault;

/// Appends `particle` as a JSON value (13.4, 13.8). Collections return the order they have.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the value is read and written in one step, in each of its places"
)]
pub(crate) fn write(
    out: &mut Vec<u8>,
    particle: Particle<'_>,
    nest: &mut Nest,
    stringify_map_keys: bool,
) -> Result<Option<Order>, ValueFault> {
    match particle {
        Particle::Null => out.extend_from_slice(b"null"),
        Particle::Integer(value) => integer(out, value),
        Particle::Double(value) => double::write_json(out, value),
        Particle::String(text) => string::write(out, text),
        Particle::Bool(true) => out.extend_from_slice(b"true"),
        Particle::Bool(false) => out.extend_from_slice(b"false"),
        Particle::Blob(bytes)
        | Particle::LanguageBlob(_, bytes)
        | Particle::Vector(bytes)
        | Particle::Hll(bytes)
        | Particle::Unknown(_, bytes) => base64::write(out, bytes),
        Particle::GeoJson(text) => geojson::write(out, text).map_err(ValueFault::GeoJson)?,
        Particle::Map(collection) | Particle::List(collection) => {
            return collection::write(out, collection, nest, stringify_map_keys).map(Some);
        }
    }
    Ok(None)
}
