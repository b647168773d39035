//! What the format needs of a schema: a place for the metadata and one for the bins (4.6 of the behaviour
//! notes).

use super::{AvroField, AvroRecord, AvroSchema, AvroType, TypeId, read::Fault};

/// The field with the bins.
const BINS: &str = "bins";

/// What is said about a record as a whole, under the names of 4.1 of the behaviour notes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum MetadataField {
    /// `msg`: `write` or `delete`.
    Message,
    /// `namespace`.
    Namespace,
    /// `set`.
    Set,
    /// `userKey`.
    UserKey,
    /// `digest`.
    Digest,
    /// `gen`.
    Generation,
    /// `lut`, in milliseconds.
    LastUpdate,
    /// `exp`, in seconds; of writes alone.
    Expiry,
    /// `durable`; of deletes alone.
    Durable,
}

impl MetadataField {
    /// All of them, in the order of the documented maps.
    pub const ALL: [Self; 9] = [
        Self::Message,
        Self::Namespace,
        Self::Set,
        Self::UserKey,
        Self::Digest,
        Self::Generation,
        Self::LastUpdate,
        Self::Expiry,
        Self::Durable,
    ];

    /// What it is called.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "msg",
            Self::Namespace => "namespace",
            Self::Set => "set",
            Self::UserKey => "userKey",
            Self::Digest => "digest",
            Self::Generation => "gen",
            Self::LastUpdate => "lut",
            Self::Expiry => "exp",
            Self::Durable => "durable",
        }
    }

    /// The field called `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// Whether every write, or every delete, is without it.
    const fn is_of_some(self) -> bool {
        matches!(self, Self::Expiry | Self::Durable)
    }

    /// Whether a value of it can be of type `kind`, which is no union.
    fn fits(self, kind: &AvroType) -> bool {
        match self {
            Self::Message => match kind {
                AvroType::String => true,
                AvroType::Enum(of) => ["write", "delete"]
                    .iter()
                    .all(|word| of.symbols.iter().any(|symbol| **symbol == **word)),
                _ => false,
            },
            Self::Namespace | Self::Set => matches!(kind, AvroType::String),
            Self::UserKey => matches!(
                kind,
                AvroType::Int
                    | AvroType::Long
                    | AvroType::Float
                    | AvroType::Double
                    | AvroType::Bytes
                    | AvroType::String
            ),
            Self::Digest => match kind {
                AvroType::Bytes => true,
                AvroType::Fixed(fixed) => fixed.len == 20,
                _ => false,
            },
            Self::Generation | Self::Expiry => matches!(kind, AvroType::Int | AvroType::Long),
            Self::LastUpdate => matches!(kind, AvroType::Long),
            Self::Durable => matches!(kind, AvroType::Boolean),
        }
    }

    /// The types that its values have.
    const fn types(self) -> &'static [&'static str] {
        match self {
            Self::Message | Self::Namespace | Self::Set => &["string"],
            Self::UserKey => &["long", "double", "bytes", "string"],
            Self::Digest => &["bytes"],
            Self::Generation | Self::Expiry => &["int"],
            Self::LastUpdate => &["long"],
            Self::Durable => &["boolean"],
        }
    }

    /// The type to write for it, as the documentation has it.
    fn documented(self) -> String {
        match self {
            Self::Message | Self::Namespace | Self::Digest => json(self.types()),
            _ => json(&[&["null"], self.types()].concat()),
        }
    }
}

/// Types as a schema has them.
fn json(types: &[&str]) -> String {
    match types {
        [only] => format!("{only:?}"),
        several => format!("{several:?}"),
    }
}

/// Looks whether a whole record fits into `schema`: its metadata, and its bins in `bins`.
pub(crate) fn check_whole(schema: &AvroSchema) -> Result<(), Vec<Fault>> {
    let faults = match schema.get(schema.root()) {
        AvroType::Map(values) => check_map(schema, *values),
        AvroType::Record(record) => check_record(schema, record),
        _ => vec![Fault::schema(
            format!("is of type {}", schema.describe(schema.root())),
            "write a schema of type map or record",
        )],
    };
    none_or(faults)
}

fn none_or(faults: Vec<Fault>) -> Result<(), Vec<Fault>> {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

fn check_map(schema: &AvroSchema, values: TypeId) -> Vec<Fault> {
    let mut faults: Vec<_> = MetadataField::ALL
        .into_iter()
        .filter(|field| !schema.any_branch(values, |kind| field.fits(kind)))
        .map(|field| {
            Fault::schema(
                format!(
                    "has no place for the metadata `{}` among its values",
                    field.name()
                ),
                format!("add the type to `values`, a union: {}", json(field.types())),
            )
        })
        .collect();
    if !schema.any_branch(values, |kind| matches!(kind, AvroType::Map(_))) {
        faults.push(Fault::schema(
            "has no place for `bins` among its values",
            r#"add a map to `values`, a union: {"type": "map", "values": ["string"]} for bins that are strings"#,
        ));
    }
    faults
}

fn check_record(schema: &AvroSchema, record: &AvroRecord) -> Vec<Fault> {
    let missing = MetadataField::ALL
        .into_iter()
        .filter(|field| record.field(field.name()).is_none())
        .map(|field| {
            let remedy = format!(
                r#"add {{"name": "{}", "type": {}}}"#,
                field.name(),
                field.documented()
            );
            Fault::field(field.name(), "is missing", remedy)
        });
    let wrong = record.fields.iter().filter_map(|field| {
        match (MetadataField::named(&field.name), &*field.name) {
            (Some(kind), path) => check_field(schema, path, field, kind),
            (None, BINS) => check_bins_field(schema, field),
            (None, path) => check_stranger(schema, path, field),
        }
    });
    let no_bins = record.field(BINS).is_none().then(|| {
        Fault::field(
            BINS,
            "is missing",
            "add it with the type null or a record that has a field for every bin",
        )
    });
    no_bins.into_iter().chain(missing).chain(wrong).collect()
}

/// Looks whether the metadata called `kind` fits into a field.
fn check_field(
    schema: &AvroSchema,
    path: &str,
    field: &AvroField,
    kind: MetadataField,
) -> Option<Fault> {
    if !schema.any_branch(field.kind, |of| kind.fits(of)) {
        let reason = format!("is of type {}", schema.describe(field.kind));
        let remedy = format!("give it the type {}", kind.documented());
        return Some(Fault::field(path, &reason, remedy));
    }
    if kind.is_of_some() && !may_be_absent(schema, field) {
        let reason = if kind == MetadataField::Expiry {
            "must have a value, which no delete has"
        } else {
            "must have a value, which no write has"
        };
        let remedy = format!("give it the type {}", kind.documented());
        return Some(Fault::field(path, reason, remedy));
    }
    None
}

fn check_bins_field(schema: &AvroSchema, field: &AvroField) -> Option<Fault> {
    let is_for_bins = |kind: &AvroType| matches!(kind, AvroType::Record(_) | AvroType::Map(_));
    let places = schema.branches(field.kind).filter(|kind| is_for_bins(kind));
    let remedy = "give it the type null or a record that has a field for every bin";
    match places.count() {
        0 => {
            let reason = format!("is of type {}", schema.describe(field.kind));
            Some(Fault::field(BINS, &reason, remedy))
        }
        1 if may_be_absent(schema, field) => None,
        1 => Some(Fault::field(
            BINS,
            "must have a value, which no delete has",
            remedy,
        )),
        _ => Some(Fault::field(BINS, "has several places for bins", remedy)),
    }
}

/// Looks at a field that is for nothing the connector knows.
fn check_stranger(schema: &AvroSchema, path: &str, field: &AvroField) -> Option<Fault> {
    if may_be_absent(schema, field) {
        return None;
    }
    Some(Fault::field(
        path,
        "is for nothing that a record has, and must have a value",
        "take it out, or give it a default",
    ))
}

fn may_be_absent(schema: &AvroSchema, field: &AvroField) -> bool {
    field.default.is_some() || schema.any_branch(field.kind, |kind| *kind == AvroType::Null)
}

impl AvroSchema {
    /// The types that a value of type `id` can be of: the branches of a union, else the type itself.
    pub fn branches(&self, id: TypeId) -> impl Iterator<Item = &AvroType> {
        let (one, several) = match self.get(id) {
            AvroType::Union(union) => (None, Some(union.branches.iter())),
            kind => (Some(kind), None),
        };
        let several = several.into_iter().flatten().map(|id| self.get(*id));
        one.into_iter().chain(several)
    }

    fn any_branch(&self, id: TypeId, is_it: impl Fn(&AvroType) -> bool) -> bool {
        self.branches(id).any(is_it)
    }
}
