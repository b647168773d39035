//! Lists and maps: events of the pull reader in, MessagePack out, no recursion.

use aeroduct_record::{
    Collection, ParticleKind,
    cdt::{Event, MapOrder, Value},
};

use super::{array, blob, boolean, double, extension, integer, map, nil, text, unsigned};
use crate::error::ValueFault;

/// Appends `collection` as an array or a map whose keys have the types they have (13.8).
///
/// `before` is given the output and the flags of the bin (4.5) before anything is appended.
pub(crate) fn write(
    out: &mut Vec<u8>,
    collection: Collection<'_>,
    before: impl FnOnce(&mut Vec<u8>, u8),
) -> Result<(), ValueFault> {
    let mut reader = collection.reader();
    let Some(first) = reader.next()? else {
        return Err(ValueFault::CollectionKind);
    };
    before(out, flags(first));
    element(out, first)?;
    while let Some(event) = reader.next()? {
        element(out, event)?;
    }
    Ok(())
}

/// How a bin says that its list or map is ordered.
const fn flags(first: Event<'_>) -> u8 {
    match first {
        Event::ListStart { ordered: true, .. }
        | Event::MapStart {
            order: MapOrder::Key,
            ..
        } => 1,
        Event::MapStart {
            order: MapOrder::KeyValue,
            ..
        } => 3,
        _ => 0,
    }
}

#[inline]
fn element(out: &mut Vec<u8>, event: Event<'_>) -> Result<(), ValueFault> {
    match event {
        Event::ListStart { len, .. } => array(out, len),
        Event::MapStart { len, .. } => map(out, len),
        Event::End => {}
        Event::Value(value) => return self::value(out, value),
    }
    Ok(())
}

/// Appends a value inside of a collection: what is neither text nor plain bytes says its type by
/// an extension.
#[inline]
fn value(out: &mut Vec<u8>, value: Value<'_>) -> Result<(), ValueFault> {
    match value {
        Value::Nil => nil(out),
        Value::Bool(value) => boolean(out, value),
        Value::Integer(value) => integer(out, value),
        Value::Unsigned(value) => unsigned(out, value),
        Value::Double(value) => double(out, value),
        Value::String(bytes) => text(out, bytes),
        Value::Blob(bytes) => blob(out, bytes),
        Value::LanguageBlob(kind, bytes) | Value::Unknown(kind, bytes) => {
            extension(out, kind.0, bytes);
        }
        Value::Hll(bytes) => extension(out, ParticleKind::HLL.0, bytes),
        Value::GeoJson(bytes) => extension(out, ParticleKind::GEOJSON.0, bytes),
        Value::Wildcard => return Err(ValueFault::Marker("wildcard")),
        Value::Infinity => return Err(ValueFault::Marker("infinity")),
    }
    Ok(())
}
