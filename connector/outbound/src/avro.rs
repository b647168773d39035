//! The Avro writer: values straight from the bytes received into an output buffer, by the types of a
//! schema.
//!
//! A value goes where the schema has a place for it (13.27), else the record fails. Recursion is as deep
//! as the value nests: 64 levels at most, whatever the schema.

use aeroduct_config::avro::{AvroChoices, AvroSchema, AvroType, TypeId, write_long};

use crate::{error::ValueFault, text::collection::Nest};

mod collection;
pub(crate) mod record;
pub(crate) mod text;
mod value;

/// Writes values of a record to the end of `out`.
pub(crate) struct Writer<'w> {
    pub(crate) schema: &'w AvroSchema,
    pub(crate) out: &'w mut Vec<u8>,
    pub(crate) nest: &'w mut Nest,
    pub(crate) stringify_map_keys: bool,
}

/// What a value is, which the schema has no place for.
#[cold]
fn unfit(schema: &AvroSchema, kind: TypeId, found: &'static str) -> ValueFault {
    ValueFault::Unfit {
        found,
        wanted: schema.describe(kind).into(),
    }
}

/// Where in a type a value goes, and what is written before it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Branch {
    /// The type is the value's own.
    Itself,
    /// It is a union, and this the number of the branch.
    Number(u32),
}

impl Branch {
    /// Appends the number of the branch.
    #[inline]
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        if let Self::Number(number) = self {
            write_long(out, number.into());
        }
    }

    /// Where in `kind` a type is of which `is_it` holds; in a union that is the branch which `choose` takes.
    #[inline]
    fn of(
        schema: &AvroSchema,
        kind: TypeId,
        is_it: impl Fn(&AvroType) -> bool,
        choose: impl Fn(&AvroChoices) -> Option<u32>,
    ) -> Option<Self> {
        match schema.get(kind) {
            AvroType::Union(union) => choose(&union.choices).map(Self::Number),
            of => is_it(of).then_some(Self::Itself),
        }
    }

    /// Where in `kind` null is, if it is.
    pub(crate) fn of_null(schema: &AvroSchema, kind: TypeId) -> Option<Self> {
        let is_null = |of: &AvroType| *of == AvroType::Null;
        Self::of(schema, kind, is_null, |choices| choices.null)
    }
}
