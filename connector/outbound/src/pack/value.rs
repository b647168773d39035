//! The value of a user key, or of a bin that is no collection, as MessagePack.

use aeroduct_record::Particle;

use super::{blob, boolean, collection, double, integer, nil, text};
use crate::error::ValueFault;

/// Appends `particle` as it stands outside of collections (4.5): its type is written beside it, so
/// all kinds of bytes are `bin`, and GeoJSON is a string.
#[inline]
pub(crate) fn write(out: &mut Vec<u8>, particle: Particle<'_>) -> Result<(), ValueFault> {
    match particle {
        Particle::Null => nil(out),
        Particle::Integer(value) => integer(out, value),
        Particle::Double(value) => double(out, value),
        Particle::String(bytes) | Particle::GeoJson(bytes) => text(out, bytes),
        Particle::Bool(value) => boolean(out, value),
        Particle::Blob(bytes)
        | Particle::LanguageBlob(_, bytes)
        | Particle::Vector(bytes)
        | Particle::Hll(bytes)
        | Particle::Unknown(_, bytes) => blob(out, bytes),
        Particle::Map(value) | Particle::List(value) => {
            collection::write(out, value, |_, _| {})?;
        }
    }
    Ok(())
}
