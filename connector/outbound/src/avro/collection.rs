//! Lists and maps: steps of the pull reader in, Avro out.

use aeroduct_config::avro::{AvroRecord, AvroType, AvroUnion, TypeId, write_count};
use aeroduct_record::{
    Collection,
    cdt::{Event, Reader, Value},
};

use super::{Branch, Writer, text, unfit};
use crate::{
    error::ValueFault,
    text::{double, integer},
};

impl Writer<'_> {
    /// Appends a list as an array, a map as a map or as a record whose fields are its keys.
    #[inline(never)]
    pub(super) fn collection(
        &mut self,
        kind: TypeId,
        collection: Collection<'_>,
    ) -> Result<(), ValueFault> {
        let mut reader = collection.reader();
        let Some(event @ (Event::ListStart { .. } | Event::MapStart { .. })) = reader.next()?
        else {
            return Err(ValueFault::CollectionKind);
        };
        self.step(kind, event, &mut reader)?;
        match reader.next()? {
            None => Ok(()),
            Some(_) => Err(ValueFault::CollectionKind),
        }
    }

    /// Appends what begins with `event`.
    fn step(
        &mut self,
        kind: TypeId,
        event: Event<'_>,
        reader: &mut Reader<'_>,
    ) -> Result<(), ValueFault> {
        match event {
            Event::Value(value) => self.element(kind, value),
            Event::ListStart { len, .. } => self.list(kind, len, reader),
            Event::MapStart { len, .. } => self.map(kind, len, reader),
            Event::End => Err(ValueFault::CollectionKind),
        }
    }

    fn list(&mut self, kind: TypeId, len: u32, reader: &mut Reader<'_>) -> Result<(), ValueFault> {
        let (branch, array) = match self.schema.get(kind) {
            AvroType::Union(union) => branch_of(union, union.choices.array, kind),
            _ => (Branch::Itself, kind),
        };
        let AvroType::Array(items) = *self.schema.get(array) else {
            return Err(unfit(self.schema, kind, "list"));
        };
        branch.write(self.out);
        if len > 0 {
            write_count(self.out, len as usize);
        }
        loop {
            if let Some(value) = reader.next_small() {
                self.integer(items, value.into())?;
            } else if let Some(bytes) = reader.next_short_text() {
                self.text(items, bytes, "string")?;
            } else {
                match reader.next()? {
                    Some(Event::End) => break,
                    Some(event) => self.step(items, event, reader)?,
                    None => return Err(ValueFault::CollectionKind),
                }
            }
        }
        self.out.push(0);
        Ok(())
    }

    fn map(&mut self, kind: TypeId, len: u32, reader: &mut Reader<'_>) -> Result<(), ValueFault> {
        let schema = self.schema;
        let (branch, target) = match schema.get(kind) {
            AvroType::Union(union) => {
                let branch = self.branch_for_map(union, reader)?;
                branch_of(union, branch, kind)
            }
            _ => (Branch::Itself, kind),
        };
        match schema.get(target) {
            AvroType::Map(values) => {
                branch.write(self.out);
                self.pairs(*values, len, reader)
            }
            AvroType::Record(record) => {
                branch.write(self.out);
                self.fields(record, reader)
            }
            _ => Err(unfit(schema, kind, "map")),
        }
    }

    fn pairs(
        &mut self,
        values: TypeId,
        len: u32,
        reader: &mut Reader<'_>,
    ) -> Result<(), ValueFault> {
        let mark = self.nest.names.mark();
        if len > 0 {
            write_count(self.out, len as usize);
        }
        loop {
            let start = self.out.len();
            match reader.next()? {
                Some(Event::End) => break,
                Some(Event::Value(Value::String(key))) => {
                    let place = text::write(self.out, key);
                    self.nest.names.push(self.out, place);
                }
                Some(key) => {
                    // Shorter than 64 bytes, so its length has one.
                    self.out.push(0);
                    let len = self.numeric_key(key)?;
                    write_length(self.out, start, len);
                    self.nest.names.push(self.out, start + 1..self.out.len());
                }
                None => return Err(ValueFault::CollectionKind),
            }
            self.next_value(values, reader)?;
        }
        self.out.push(0);
        match self.nest.names.close(self.out, mark) {
            Some(key) => Err(duplicate_key(self.out.get(key).unwrap_or_default())),
            None => Ok(()),
        }
    }

    fn fields(&mut self, record: &AvroRecord, reader: &mut Reader<'_>) -> Result<(), ValueFault> {
        let mut open = self.open(record);
        loop {
            let key = match reader.next()? {
                Some(Event::End) => break,
                Some(key) => key,
                None => return Err(ValueFault::CollectionKind),
            };
            let found = self.field_of(record, key)?;
            let Some((place, field)) =
                found.and_then(|place| Some((place, record.fields.get(place)?)))
            else {
                return Err(self.unknown_key(record, key));
            };
            let start = self.out.len();
            self.next_value(field.kind, reader)
                .map_err(|fault| fault.in_field(&field.name))?;
            if !self.fill(&mut open, place, start) {
                return Err(duplicate_key(field.name.as_bytes()));
            }
        }
        self.close(&open, record)
            .map_err(|field| ValueFault::MissingKey {
                key: field.name.clone(),
                record: record.name.as_str().into(),
            })
    }

    fn next_value(&mut self, kind: TypeId, reader: &mut Reader<'_>) -> Result<(), ValueFault> {
        match reader.next()? {
            Some(event) => self.step(kind, event, reader),
            None => Err(ValueFault::CollectionKind),
        }
    }

    /// Which branch of a union takes a map: of several the record whose fields the keys are, else the map.
    fn branch_for_map(
        &mut self,
        union: &AvroUnion,
        reader: &Reader<'_>,
    ) -> Result<Option<u32>, ValueFault> {
        let choices = &union.choices;
        match (&*choices.records, choices.map) {
            ([], map) => return Ok(map),
            ([only], None) => return Ok(Some(*only)),
            _ => {}
        }
        let schema = self.schema;
        for branch in &choices.records {
            let record = union.branch(*branch).map(|id| schema.get(id));
            if let Some(AvroType::Record(record)) = record
                && self.has_keys_of(record, reader.clone())?
            {
                return Ok(Some(*branch));
            }
        }
        Ok(choices.map)
    }

    /// Whether the keys that `reader` is about to give are fields of `record`, and all that it needs.
    fn has_keys_of(
        &mut self,
        record: &AvroRecord,
        mut reader: Reader<'_>,
    ) -> Result<bool, ValueFault> {
        let schema = self.schema;
        let is_needed = |place: usize| {
            let field = record.fields.get(place);
            field.is_some_and(|field| {
                field.default.is_none() && Branch::of_null(schema, field.kind).is_none()
            })
        };
        let mut needed = (0..record.fields.len())
            .filter(|place| is_needed(*place))
            .count();
        let depth = reader.depth();
        loop {
            let key = match reader.next()? {
                Some(Event::End) => return Ok(needed == 0),
                Some(key) => key,
                None => return Err(ValueFault::CollectionKind),
            };
            let Some(place) = self.field_of(record, key)? else {
                return Ok(false);
            };
            needed = needed.saturating_sub(is_needed(place).into());
            loop {
                if reader.next()?.is_none() {
                    return Err(ValueFault::CollectionKind);
                }
                if reader.depth() == depth {
                    break;
                }
            }
        }
    }

    /// The position of the field that a key names.
    fn field_of(
        &mut self,
        record: &AvroRecord,
        key: Event<'_>,
    ) -> Result<Option<usize>, ValueFault> {
        if let Event::Value(Value::String(key)) = key {
            return Ok(record.find(key));
        }
        let start = self.out.len();
        self.numeric_key(key)?;
        let place = record.find(self.out.get(start..).unwrap_or_default());
        self.out.truncate(start);
        Ok(place)
    }

    #[cold]
    fn unknown_key(&mut self, record: &AvroRecord, key: Event<'_>) -> ValueFault {
        let start = self.out.len();
        let key = match key {
            Event::Value(Value::String(key)) => key,
            key => match self.numeric_key(key) {
                Ok(_) => self.out.get(start..).unwrap_or_default(),
                Err(fault) => return fault,
            },
        };
        ValueFault::UnknownKey {
            key: String::from_utf8_lossy(key).into(),
            record: record.name.as_str().into(),
        }
    }

    /// Appends the text of a key that is a number: an underscore and its digits. Returns its length.
    fn numeric_key(&mut self, key: Event<'_>) -> Result<usize, ValueFault> {
        let found = match key {
            Event::Value(number @ (Value::Integer(_) | Value::Unsigned(_) | Value::Double(_))) => {
                return self.number(number);
            }
            Event::Value(Value::Wildcard) => return Err(ValueFault::Marker("wildcard")),
            Event::Value(Value::Infinity) => return Err(ValueFault::Marker("infinity")),
            Event::Value(Value::Nil) => "nil",
            Event::Value(Value::Bool(_)) => "bool",
            Event::Value(Value::String(_)) => "string",
            Event::Value(Value::Blob(_)) => "blob",
            Event::Value(Value::LanguageBlob(..)) => "language blob",
            Event::Value(Value::Hll(_)) => "hll",
            Event::Value(Value::GeoJson(_)) => "geojson",
            Event::Value(Value::Unknown(..)) => "unknown",
            Event::ListStart { .. } | Event::MapStart { .. } | Event::End => "collection",
        };
        Err(ValueFault::MapKeyType { found })
    }

    fn number(&mut self, number: Value<'_>) -> Result<usize, ValueFault> {
        if !self.stringify_map_keys {
            return Err(ValueFault::NumericMapKey);
        }
        let start = self.out.len();
        self.out.push(b'_');
        match number {
            Value::Integer(key) => integer(self.out, key),
            Value::Unsigned(key) => integer(self.out, key),
            Value::Double(key) => double::write(self.out, key),
            _ => {}
        }
        Ok(self.out.len() - start)
    }
}

/// The branch of a union and its type; without a branch the union itself, which is neither.
fn branch_of(union: &AvroUnion, branch: Option<u32>, kind: TypeId) -> (Branch, TypeId) {
    let found = branch.and_then(|number| Some((Branch::Number(number), union.branch(number)?)));
    found.unwrap_or((Branch::Itself, kind))
}

/// Puts the length of a text of less than 64 bytes where room was left for it.
fn write_length(out: &mut [u8], place: usize, len: usize) {
    if let (Some(place), Ok(len)) = (out.get_mut(place), u8::try_from(2 * len)) {
        *place = len;
    }
}

#[cold]
fn duplicate_key(key: &[u8]) -> ValueFault {
    ValueFault::DuplicateMapKey {
        key: String::from_utf8_lossy(key).into(),
    }
}
