//! Lists and maps: events of the pull reader in, JSON out, no recursion.

use aeroduct_record::{
    Collection,
    cdt::{Event, MapOrder, Value},
};

use super::{base64, double, geojson, integer, names::Names, string};
use crate::{avro::record::Slots, error::ValueFault};

/// What the writer needs while collections are open; reused from record to record.
#[derive(Debug, Default)]
pub(crate) struct Nest {
    /// The names of all objects that are still open.
    pub(crate) names: Names,
    /// Where the values of all Avro records lie that are still open.
    pub(crate) slots: Slots,
    levels: Vec<Level>,
}

/// How a collection says that it is ordered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Order {
    List { ordered: bool },
    Map(MapOrder),
}

/// An open collection.
#[derive(Clone, Copy, Debug)]
struct Level {
    place: Place,
    /// Where the names of a map begin in [`Names`].
    mark: usize,
}

/// Where in a collection the next event stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    Outside,
    FirstItem,
    Item,
    FirstKey,
    Key,
    Value,
}

impl Nest {
    /// Forgets everything about the record before.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.names.clear();
        self.slots.clear();
        self.levels.clear();
    }
}

/// Appends `collection` as a JSON array or object, and returns the order it has.
pub(crate) fn write(
    out: &mut Vec<u8>,
    collection: Collection<'_>,
    nest: &mut Nest,
    stringify_map_keys: bool,
) -> Result<Order, ValueFault> {
    let mut writer = Writer {
        out,
        nest,
        level: Level {
            place: Place::Outside,
            mark: 0,
        },
        stringify_map_keys,
    };
    let mut reader = collection.reader();
    let mut outermost = None;
    while let Some(event) = reader.next()? {
        match event {
            Event::ListStart { ordered, .. } => {
                outermost.get_or_insert(Order::List { ordered });
                writer.open(b'[', Place::FirstItem)?;
            }
            Event::MapStart { order, .. } => {
                outermost.get_or_insert(Order::Map(order));
                writer.open(b'{', Place::FirstKey)?;
            }
            Event::End => writer.close()?,
            Event::Value(value) => writer.value(value)?,
        }
    }
    outermost.ok_or(ValueFault::CollectionKind)
}

struct Writer<'w> {
    out: &'w mut Vec<u8>,
    nest: &'w mut Nest,
    level: Level,
    stringify_map_keys: bool,
}

impl Writer<'_> {
    fn open(&mut self, bracket: u8, place: Place) -> Result<(), ValueFault> {
        if self.is_at_key() {
            return Err(ValueFault::MapKeyType {
                found: "collection",
            });
        }
        self.separate();
        self.out.push(bracket);
        self.nest.levels.push(self.level);
        self.level = Level {
            place,
            mark: self.nest.names.mark(),
        };
        Ok(())
    }

    fn close(&mut self) -> Result<(), ValueFault> {
        match self.level.place {
            Place::FirstItem | Place::Item => self.out.push(b']'),
            Place::FirstKey | Place::Key | Place::Value | Place::Outside => {
                self.out.push(b'}');
                if let Some(key) = self.nest.names.close(self.out, self.level.mark) {
                    let key = String::from_utf8_lossy(self.out.get(key).unwrap_or_default()).into();
                    return Err(ValueFault::DuplicateMapKey { key });
                }
            }
        }
        self.level = self.nest.levels.pop().unwrap_or(Level {
            place: Place::Outside,
            mark: 0,
        });
        Ok(())
    }

    #[inline]
    fn value(&mut self, value: Value<'_>) -> Result<(), ValueFault> {
        if self.is_at_key() {
            return self.key(value);
        }
        self.separate();
        let out = &mut *self.out;
        match value {
            Value::Nil => out.extend_from_slice(b"null"),
            Value::Bool(true) => out.extend_from_slice(b"true"),
            Value::Bool(false) => out.extend_from_slice(b"false"),
            Value::Integer(value) => integer(out, value),
            Value::Unsigned(value) => integer(out, value),
            Value::Double(value) => double::write_json(out, value),
            Value::String(text) => string::write(out, text),
            Value::Blob(bytes)
            | Value::LanguageBlob(_, bytes)
            | Value::Hll(bytes)
            | Value::Unknown(_, bytes) => {
                base64::write(out, bytes);
            }
            Value::GeoJson(text) => geojson::write(out, text).map_err(ValueFault::GeoJson)?,
            Value::Wildcard => return Err(ValueFault::Marker("wildcard")),
            Value::Infinity => return Err(ValueFault::Marker("infinity")),
        }
        Ok(())
    }

    #[inline]
    fn key(&mut self, key: Value<'_>) -> Result<(), ValueFault> {
        if self.level.place == Place::Key {
            self.out.push(b',');
        }
        self.out.push(b'"');
        let start = self.out.len();
        let found = match key {
            Value::String(text) => {
                string::write_unquoted(self.out, text);
                None
            }
            Value::Integer(_) | Value::Unsigned(_) | Value::Double(_) => {
                self.numeric_key(key)?;
                None
            }
            Value::Nil => Some("nil"),
            Value::Bool(_) => Some("bool"),
            Value::Blob(_) => Some("blob"),
            Value::LanguageBlob(..) => Some("language blob"),
            Value::Hll(_) => Some("hll"),
            Value::GeoJson(_) => Some("geojson"),
            Value::Unknown(..) => Some("unknown"),
            Value::Wildcard => return Err(ValueFault::Marker("wildcard")),
            Value::Infinity => return Err(ValueFault::Marker("infinity")),
        };
        if let Some(found) = found {
            return Err(ValueFault::MapKeyType { found });
        }
        self.nest.names.push(self.out, start..self.out.len());
        self.out.extend_from_slice(b"\":");
        self.level.place = Place::Value;
        Ok(())
    }

    fn numeric_key(&mut self, key: Value<'_>) -> Result<(), ValueFault> {
        if !self.stringify_map_keys {
            return Err(ValueFault::NumericMapKey);
        }
        match key {
            Value::Integer(key) => integer(self.out, key),
            Value::Unsigned(key) => integer(self.out, key),
            Value::Double(key) => double::write(self.out, key),
            _ => {}
        }
        Ok(())
    }

    /// Writes what comes before a value, and turns to what comes after it.
    #[inline]
    fn separate(&mut self) {
        self.level.place = match self.level.place {
            Place::Outside => Place::Outside,
            Place::FirstItem => Place::Item,
            Place::Item => {
                self.out.push(b',');
                Place::Item
            }
            Place::FirstKey | Place::Key | Place::Value => Place::Key,
        };
    }

    #[inline]
    fn is_at_key(&self) -> bool {
        matches!(self.level.place, Place::FirstKey | Place::Key)
    }
}
