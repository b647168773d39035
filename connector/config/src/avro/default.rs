//! The defaults of fields: from JSON to the bytes that are written for them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    AvroRecord, AvroType, AvroUnion, TypeId,
    encode::{write_bytes, write_count, write_long},
    read::Fault,
};

/// How deep a default may nest, as values of bins may.
const DEPTH_MAX: usize = 64;

/// Values in all defaults of a schema, those included that a default takes from others: more than any
/// schema has, and little enough to be written out.
const VALUES_MAX: u32 = 1 << 16;

/// The default of a field, not yet in its bytes.
pub(super) struct Pending {
    pub(super) record: TypeId,
    /// Position of the field in the record.
    pub(super) field: usize,
    pub(super) kind: TypeId,
    /// Names of record and field.
    pub(super) path: String,
    pub(super) value: Value,
}

/// The bytes of each of `defaults`, in their order, or what is wrong with each that has none.
pub(super) fn encode(
    types: &[AvroType],
    defaults: &[Pending],
) -> Result<Vec<Box<[u8]>>, Vec<Fault>> {
    let by_field = defaults
        .iter()
        .map(|default| ((default.record.0, default.field), &default.value));
    let mut encoder = Encoder {
        types,
        defaults: by_field.collect(),
        left: VALUES_MAX,
    };
    let (mut bytes, mut faults) = (Vec::with_capacity(defaults.len()), Vec::new());
    for default in defaults {
        let mut out = Vec::new();
        match encoder.value(default.kind, &default.value, &mut out, 0) {
            Ok(()) => bytes.push(out.into()),
            Err(reason) => faults.push(fault(default, reason)),
        }
    }
    if faults.is_empty() {
        Ok(bytes)
    } else {
        Err(faults)
    }
}

fn fault(default: &Pending, reason: Unfit) -> Fault {
    let (reason, remedy) = match reason {
        Unfit::Type => (
            "has a default that is not of its type",
            "write a default of the field's type; of a union, of one of its branches",
        ),
        Unfit::TooDeep => (
            "has a default that nests deeper than 64 levels",
            "write a smaller default",
        ),
        Unfit::TooLarge => (
            "has a default that, with what it takes from others, is too large",
            "write smaller defaults",
        ),
    };
    Fault::field(&default.path, reason, remedy)
}

/// Why a default cannot be written.
#[derive(Clone, Copy)]
enum Unfit {
    Type,
    TooDeep,
    TooLarge,
}

struct Encoder<'s> {
    types: &'s [AvroType],
    defaults: HashMap<(u32, usize), &'s Value>,
    /// Values that may still be written.
    left: u32,
}

impl<'s> Encoder<'s> {
    fn value(
        &mut self,
        kind: TypeId,
        value: &Value,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Unfit> {
        self.left = self.left.checked_sub(1).ok_or(Unfit::TooLarge)?;
        if depth > DEPTH_MAX {
            return Err(Unfit::TooDeep);
        }
        let types: &'s [AvroType] = self.types;
        let kind_of = types.get(kind.0 as usize).ok_or(Unfit::Type)?;
        match (kind_of, value) {
            (AvroType::Array(items), Value::Array(values)) => {
                write_count(out, values.len());
                for value in values {
                    self.value(*items, value, out, depth + 1)?;
                }
                end_block(values.len(), out);
                Ok(())
            }
            (AvroType::Map(inner), Value::Object(members)) => {
                write_count(out, members.len());
                for (name, value) in members {
                    write_bytes(out, name.as_bytes());
                    self.value(*inner, value, out, depth + 1)?;
                }
                end_block(members.len(), out);
                Ok(())
            }
            (AvroType::Union(union), value) => self.union(union, value, out, depth),
            (AvroType::Record(record), Value::Object(members)) => {
                self.record((kind, record), members, out, depth)
            }
            (kind, value) => simple(kind, value, out).ok_or(Unfit::Type),
        }
    }

    /// The first branch that the value fits.
    fn union(
        &mut self,
        union: &AvroUnion,
        value: &Value,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Unfit> {
        let start = out.len();
        for (number, branch) in (0..).zip(&union.branches) {
            write_long(out, number);
            match self.value(*branch, value, out, depth + 1) {
                Err(Unfit::Type) => out.truncate(start),
                done => return done,
            }
        }
        Err(Unfit::Type)
    }

    /// The fields in their order; what is not among `members` has its own default.
    fn record(
        &mut self,
        (kind, record): (TypeId, &AvroRecord),
        members: &Map<String, Value>,
        out: &mut Vec<u8>,
        depth: usize,
    ) -> Result<(), Unfit> {
        if members.keys().any(|name| record.field(name).is_none()) {
            return Err(Unfit::Type);
        }
        for (place, field) in record.fields.iter().enumerate() {
            let own = self.defaults.get(&(kind.0, place)).copied();
            let value = members.get(&*field.name).or(own).ok_or(Unfit::Type)?;
            self.value(field.kind, value, out, depth + 1)?;
        }
        Ok(())
    }
}

/// Where no block of items follows but the empty one, it has been written as their number.
fn end_block(len: usize, out: &mut Vec<u8>) {
    if len > 0 {
        out.push(0);
    }
}

/// A value without parts.
fn simple(kind: &AvroType, value: &Value, out: &mut Vec<u8>) -> Option<()> {
    match (kind, value) {
        (AvroType::Null, Value::Null) => {}
        (AvroType::Boolean, Value::Bool(value)) => out.push((*value).into()),
        (AvroType::Int, value) => write_long(out, i32::try_from(value.as_i64()?).ok()?.into()),
        (AvroType::Long, value) => write_long(out, value.as_i64()?),
        (AvroType::Float, value) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the nearest float is what a default of this type means"
            )]
            let value = value.as_f64()? as f32;
            out.extend_from_slice(&value.to_le_bytes());
        }
        (AvroType::Double, value) => out.extend_from_slice(&value.as_f64()?.to_le_bytes()),
        (AvroType::String, Value::String(text)) => write_bytes(out, text.as_bytes()),
        (AvroType::Bytes, Value::String(text)) => write_bytes(out, &latin(text)?),
        (AvroType::Fixed(fixed), Value::String(text)) => {
            let value = latin(text).filter(|value| value.len() == fixed.len)?;
            out.extend_from_slice(&value);
        }
        (AvroType::Enum(of), Value::String(text)) => {
            let mut words = (0..).zip(&of.symbols);
            let (number, _) = words.find(|(_, symbol)| ***symbol == **text)?;
            write_long(out, number);
        }
        _ => return None,
    }
    Some(())
}

/// JSON has no bytes: each character up to 255 stands for one.
fn latin(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|character| u8::try_from(character).ok())
        .collect()
}
