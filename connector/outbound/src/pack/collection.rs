//! Lists and maps: steps of the pull reader in, MessagePack out, no recursion.

use aeroduct_record::{
    Collection, ParticleKind,
    cdt::{Event, MapOrder, Value},
};

use super::{Head, Piece, text};
use crate::error::ValueFault;

/// Appends `collection` as an array or a map whose keys have the types they have (13.8).
///
/// Returns the flags of its bin (4.5).
pub(crate) fn write(out: &mut Vec<u8>, collection: Collection<'_>) -> Result<u8, ValueFault> {
    let mut reader = collection.reader();
    let mut outermost = None;
    loop {
        if let Some(value) = reader.next_small() {
            // Its own head.
            out.push(value);
        } else if let Some(bytes) = reader.next_short_text() {
            text::write(out, bytes);
        } else {
            match reader.next()? {
                Some(Event::ListStart { len, ordered }) => {
                    outermost.get_or_insert_with(|| u8::from(ordered));
                    Head::array(len).write(out);
                }
                Some(Event::MapStart { len, order }) => {
                    outermost.get_or_insert_with(|| flags(order));
                    Head::map(len).write(out);
                }
                Some(Event::End) => {}
                Some(Event::Value(value)) => piece(value)?.write(out),
                None => return outermost.ok_or(ValueFault::CollectionKind),
            }
        }
    }
}

/// How the bin of a map says that it is ordered.
const fn flags(order: MapOrder) -> u8 {
    match order {
        MapOrder::Unordered => 0,
        MapOrder::Key => 1,
        MapOrder::KeyValue => 3,
    }
}

/// A value inside of a collection: what is neither text nor plain bytes says its type by an extension.
fn piece(value: Value<'_>) -> Result<Piece<'_>, ValueFault> {
    Ok(match value {
        Value::Nil => Head::NIL.into(),
        Value::Bool(value) => Head::boolean(value).into(),
        Value::Integer(value) => Head::integer(value).into(),
        Value::Unsigned(value) => Head::unsigned(value).into(),
        Value::Double(value) => Head::double(value).into(),
        Value::String(bytes) => Piece::text(bytes),
        Value::Blob(bytes) => Piece::blob(bytes),
        Value::LanguageBlob(kind, bytes) | Value::Unknown(kind, bytes) => {
            Piece::extension(kind, bytes)
        }
        Value::Hll(bytes) => Piece::extension(ParticleKind::HLL, bytes),
        Value::GeoJson(bytes) => Piece::extension(ParticleKind::GEOJSON, bytes),
        Value::Wildcard => return Err(ValueFault::Marker("wildcard")),
        Value::Infinity => return Err(ValueFault::Marker("infinity")),
    })
}
