//! The value of a user key, or of a bin, as MessagePack.

use aeroduct_record::{Collection, Particle};

use super::{Head, Piece, collection};
use crate::error::ValueFault;

/// Appends `particle` as it stands outside of collections (4.5).
pub(crate) fn write(out: &mut Vec<u8>, particle: Particle<'_>) -> Result<(), ValueFault> {
    match piece(particle) {
        Ok(piece) => piece.write(out),
        Err(collection) => {
            collection::write(out, collection)?;
        }
    }
    Ok(())
}

/// The same as a piece; back comes what has more than one of them. The type is written beside the
/// value, so all kinds of bytes are `bin`, and GeoJSON is a string.
#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "the value is read and written in one step, in each of its places"
)]
pub(crate) fn piece(particle: Particle<'_>) -> Result<Piece<'_>, Collection<'_>> {
    Ok(match particle {
        Particle::Null => Head::NIL.into(),
        Particle::Integer(value) => Head::integer(value).into(),
        Particle::Double(value) => Head::double(value).into(),
        Particle::Bool(value) => Head::boolean(value).into(),
        Particle::String(bytes) | Particle::GeoJson(bytes) => Piece::text(bytes),
        Particle::Blob(bytes)
        | Particle::LanguageBlob(_, bytes)
        | Particle::Vector(bytes)
        | Particle::Hll(bytes)
        | Particle::Unknown(_, bytes) => Piece::blob(bytes),
        Particle::Map(value) | Particle::List(value) => return Err(value),
    })
}
