//! Avro schemas: read and checked once, and laid out so that writing a value needs no other look-up.
//!
//! References by name are resolved to types, so a schema may contain itself. Logical types are taken
//! for the types they annotate; defaults are kept in the bytes that stand for them.

use std::{fmt, sync::Arc};

pub use encode::{write_bytes, write_count, write_long};
pub use fixed::{delete_schema, key_map_schema, key_schema};
pub use metadata::MetadataField;
pub(crate) use metadata::check_whole;
pub(crate) use read::{Fault, read};

mod default;
mod encode;
mod fixed;
mod metadata;
mod names;
mod read;
#[cfg(test)]
mod tests;

/// A schema, cheap to clone. Two are equal when their JSON is, white space aside.
#[derive(Clone)]
pub struct AvroSchema(Arc<Parts>);

struct Parts {
    text: String,
    types: Box<[AvroType]>,
    root: TypeId,
}

/// Which type of a schema is meant.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct TypeId(u32);

/// A type of a schema.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum AvroType {
    /// Nothing.
    Null,
    /// True or false.
    Boolean,
    /// A number of 32 bits.
    Int,
    /// A number of 64 bits.
    Long,
    /// A floating-point number of 32 bits.
    Float,
    /// A floating-point number of 64 bits.
    Double,
    /// Bytes.
    Bytes,
    /// Text.
    String,
    /// Any number of values of one type.
    Array(TypeId),
    /// Values of one type under names of any kind.
    Map(TypeId),
    /// One of several types.
    Union(AvroUnion),
    /// Values of their own types under fixed names.
    Record(AvroRecord),
    /// One of some words.
    Enum(AvroEnum),
    /// Bytes of one length.
    Fixed(AvroFixed),
}

/// One of several types.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AvroUnion {
    /// The types, in the order that their numbers on the wire have.
    pub branches: Box<[TypeId]>,
    /// Where in `branches` each kind of type stands.
    pub choices: AvroChoices,
}

/// The branches of a union, by the kind of type. What has no name of its own is there once at most.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[expect(
    missing_docs,
    reason = "each is the branch of the type it is called after"
)]
pub struct AvroChoices {
    pub null: Option<u32>,
    pub boolean: Option<u32>,
    pub int: Option<u32>,
    pub long: Option<u32>,
    pub float: Option<u32>,
    pub double: Option<u32>,
    pub bytes: Option<u32>,
    pub string: Option<u32>,
    pub array: Option<u32>,
    pub map: Option<u32>,
    pub records: Box<[u32]>,
    pub enums: Box<[u32]>,
    pub fixed: Box<[u32]>,
}

/// Values of their own types under fixed names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AvroRecord {
    /// With its namespace.
    pub name: String,
    /// In the order in which they are written.
    pub fields: Box<[AvroField]>,
    /// Positions in `fields`, in the order of their names.
    by_name: Box<[u32]>,
}

/// A field of a record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AvroField {
    /// What it is called.
    pub name: Box<str>,
    /// What it holds.
    pub kind: TypeId,
    /// What is written for it where there is no value: the default in Avro's encoding.
    pub default: Option<Box<[u8]>>,
}

/// One of some words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AvroEnum {
    /// With its namespace.
    pub name: String,
    /// The words, in the order that their numbers on the wire have.
    pub symbols: Box<[Box<str>]>,
}

/// Bytes of one length.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AvroFixed {
    /// With its namespace.
    pub name: String,
    /// How many bytes there are.
    pub len: usize,
}

impl AvroSchema {
    /// The schema as JSON in one line, as a registry gets it.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The type of what is written.
    pub fn root(&self) -> TypeId {
        self.0.root
    }

    /// The type that `id` means, which is of this schema.
    #[inline]
    pub fn get(&self, id: TypeId) -> &AvroType {
        self.0.types.get(id.0 as usize).unwrap_or(&AvroType::Null)
    }

    /// The fields of the record that the schema is; `None` where it is of another type.
    pub fn as_record(&self) -> Option<&AvroRecord> {
        match self.get(self.root()) {
            AvroType::Record(record) => Some(record),
            _ => None,
        }
    }

    /// The type in words, as a message names it: `null or string`.
    pub fn describe(&self, id: TypeId) -> String {
        match self.get(id) {
            AvroType::Null => "null".to_owned(),
            AvroType::Boolean => "boolean".to_owned(),
            AvroType::Int => "int".to_owned(),
            AvroType::Long => "long".to_owned(),
            AvroType::Float => "float".to_owned(),
            AvroType::Double => "double".to_owned(),
            AvroType::Bytes => "bytes".to_owned(),
            AvroType::String => "string".to_owned(),
            AvroType::Array(_) => "array".to_owned(),
            AvroType::Map(_) => "map".to_owned(),
            AvroType::Record(record) => format!("record {}", record.name),
            AvroType::Enum(AvroEnum { name, .. }) => format!("enum {name}"),
            AvroType::Fixed(AvroFixed { name, len }) => format!("fixed {name} of {len} bytes"),
            AvroType::Union(union) => {
                let branches: Vec<_> = union.branches.iter().map(|id| self.describe(*id)).collect();
                crate::check::joined(&branches, "or")
            }
        }
    }
}

impl AvroUnion {
    /// The type that a branch is of.
    #[inline]
    pub fn branch(&self, number: u32) -> Option<TypeId> {
        self.branches.get(number as usize).copied()
    }
}

impl AvroRecord {
    fn new(name: String, fields: Vec<AvroField>) -> Self {
        let mut by_name: Vec<u32> = (0..).take(fields.len()).collect();
        by_name.sort_by_key(|place| fields.get(*place as usize).map(|field| &field.name));
        Self {
            name,
            fields: fields.into(),
            by_name: by_name.into(),
        }
    }

    /// The position of the field called `name`.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        let name_at = |place: &u32| {
            let field = self.fields.get(*place as usize);
            field.map_or(&[][..], |field| field.name.as_bytes())
        };
        let found = self
            .by_name
            .binary_search_by(|place| name_at(place).cmp(name))
            .ok()?;
        self.by_name.get(found).map(|place| *place as usize)
    }

    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&AvroField> {
        self.fields.get(self.find(name.as_bytes())?)
    }
}

impl PartialEq for AvroSchema {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.text == other.0.text
    }
}

impl Eq for AvroSchema {}

impl fmt::Debug for AvroSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AvroSchema").field(&self.text()).finish()
    }
}
