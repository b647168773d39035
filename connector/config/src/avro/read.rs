//! From the text of a schema to its types.

use std::{collections::HashMap, fmt, sync::Arc};

use apache_avro::schema::{
    EnumSchema, FixedSchema, InnerDecimalSchema, Name, RecordSchema, Schema, UuidSchema,
};
use serde_json::Value;

use super::{
    AvroChoices, AvroEnum, AvroField, AvroFixed, AvroRecord, AvroSchema, AvroType, AvroUnion,
    Parts, TypeId,
    default::{self, Pending},
    names,
};

/// What is wrong with a schema.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fault {
    pub(crate) reason: String,
    pub(crate) remedy: String,
}

impl Fault {
    /// A fault of the schema as a whole.
    pub(super) fn schema(reason: impl fmt::Display, remedy: impl Into<String>) -> Self {
        Self {
            reason: format!("the schema {reason}"),
            remedy: remedy.into(),
        }
    }

    /// A fault of the field at `path`, such as `bins.colour`.
    pub(super) fn field(path: &str, reason: &str, remedy: impl Into<String>) -> Self {
        Self {
            reason: format!("the schema's field `{path}` {reason}"),
            remedy: remedy.into(),
        }
    }
}

/// Reads the JSON of a schema. Faults of single fields come all at once.
pub(crate) fn read(text: &str) -> Result<AvroSchema, Vec<Fault>> {
    let json: Value = serde_json::from_str(text).map_err(|error| vec![not_json(text, &error)])?;
    let mut prepared = json.clone();
    names::prepare(&mut prepared).map_err(|fault| vec![fault])?;
    let parsed = Schema::parse(&prepared).map_err(|error| {
        let remedy = "write a schema as the Avro specification has it";
        vec![Fault::schema(format!("is no Avro schema: {error}"), remedy)]
    })?;
    Layout::default().finish(&parsed, json.to_string())
}

fn not_json(text: &str, error: &serde_json::Error) -> Fault {
    let line = text.lines().nth(error.line().saturating_sub(1));
    let rest = line.and_then(|line| line.split_at_checked(error.column().saturating_sub(1)));
    let is_comment = rest.is_some_and(|(_, rest)| rest.starts_with(['#', '/']));
    let remedy = if is_comment {
        "remove the comment, which JSON does not have"
    } else {
        "write the schema as JSON: names and texts in double quotes, commas between members, no comments"
    };
    Fault::schema(format!("is no JSON: {error} of the schema"), remedy)
}

/// The types found so far.
#[derive(Default)]
struct Layout {
    types: Vec<AvroType>,
    named: HashMap<Name, TypeId>,
    /// Types without parts, each once.
    simple: HashMap<&'static str, TypeId>,
    defaults: Vec<Pending>,
}

impl Layout {
    fn finish(mut self, parsed: &Schema, text: String) -> Result<AvroSchema, Vec<Fault>> {
        let root = self.lay(parsed).map_err(|fault| vec![fault])?;
        self.sort_branches();
        let encoded = default::encode(&self.types, &self.defaults)?;
        for (default, bytes) in self.defaults.iter().zip(encoded) {
            if let Some(AvroType::Record(record)) = self.types.get_mut(default.record.0 as usize)
                && let Some(field) = record.fields.get_mut(default.field)
            {
                field.default = Some(bytes);
            }
        }
        Ok(AvroSchema(Arc::new(Parts {
            text,
            types: self.types.into(),
            root,
        })))
    }

    /// Lays out a type and all it is made of.
    fn lay(&mut self, schema: &Schema) -> Result<TypeId, Fault> {
        Ok(match schema {
            Schema::Null => self.simple("null", AvroType::Null),
            Schema::Boolean => self.simple("boolean", AvroType::Boolean),
            Schema::Int | Schema::Date | Schema::TimeMillis => self.simple("int", AvroType::Int),
            Schema::Long
            | Schema::TimeMicros
            | Schema::TimestampMillis
            | Schema::TimestampMicros
            | Schema::TimestampNanos
            | Schema::LocalTimestampMillis
            | Schema::LocalTimestampMicros
            | Schema::LocalTimestampNanos => self.simple("long", AvroType::Long),
            Schema::Float => self.simple("float", AvroType::Float),
            Schema::Double => self.simple("double", AvroType::Double),
            Schema::Bytes | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes) => {
                self.simple("bytes", AvroType::Bytes)
            }
            Schema::String | Schema::Uuid(UuidSchema::String) => {
                self.simple("string", AvroType::String)
            }
            Schema::Decimal(decimal) => match &decimal.inner {
                InnerDecimalSchema::Bytes => self.simple("bytes", AvroType::Bytes),
                InnerDecimalSchema::Fixed(fixed) => self.fixed(fixed),
            },
            Schema::Fixed(fixed)
            | Schema::Duration(fixed)
            | Schema::Uuid(UuidSchema::Fixed(fixed)) => self.fixed(fixed),
            Schema::Array(array) => {
                let items = self.lay(&array.items)?;
                self.push(AvroType::Array(items))
            }
            Schema::Map(map) => {
                let values = self.lay(&map.types)?;
                self.push(AvroType::Map(values))
            }
            Schema::Union(union) => {
                let branches: Result<_, _> = union
                    .variants()
                    .iter()
                    .map(|branch| self.lay(branch))
                    .collect();
                let branches = branches?;
                let choices = AvroChoices::default();
                self.push(AvroType::Union(AvroUnion { branches, choices }))
            }
            Schema::Record(record) => self.record(record)?,
            Schema::Enum(symbols) => self.symbols(symbols),
            Schema::Ref { name } => *self.named.get(name).ok_or_else(|| {
                Fault::schema(
                    format!("refers to the type {name}, which is only an alias"),
                    "refer to a type by its name; aliases are for readers of older data",
                )
            })?,
        })
    }

    /// Lays out a record. Its place is known before its fields are, since they may refer to it.
    fn record(&mut self, schema: &RecordSchema) -> Result<TypeId, Fault> {
        let id = self.define(&schema.name, AvroType::Null);
        let name = schema.name.fullname(None);
        let mut fields = Vec::with_capacity(schema.fields.len());
        for (place, field) in schema.fields.iter().enumerate() {
            let kind = self.lay(&field.schema)?;
            if let Some(value) = field.custom_attributes.get(names::DEFAULT) {
                self.defaults.push(Pending {
                    record: id,
                    field: place,
                    kind,
                    path: format!("{name}.{}", field.name),
                    value: value.clone(),
                });
            }
            fields.push(AvroField {
                name: field.name.as_str().into(),
                kind,
                default: None,
            });
        }
        if let Some(place) = self.types.get_mut(id.0 as usize) {
            *place = AvroType::Record(AvroRecord::new(name, fields));
        }
        Ok(id)
    }

    fn symbols(&mut self, schema: &EnumSchema) -> TypeId {
        let symbols = schema.symbols.iter().map(|symbol| symbol.as_str().into());
        let kind = AvroType::Enum(AvroEnum {
            name: schema.name.fullname(None),
            symbols: symbols.collect(),
        });
        self.define(&schema.name, kind)
    }

    fn fixed(&mut self, schema: &FixedSchema) -> TypeId {
        let kind = AvroType::Fixed(AvroFixed {
            name: schema.name.fullname(None),
            len: schema.size,
        });
        self.define(&schema.name, kind)
    }

    fn define(&mut self, name: &Name, kind: AvroType) -> TypeId {
        let id = self.push(kind);
        self.named.insert(name.clone(), id);
        id
    }

    fn push(&mut self, kind: AvroType) -> TypeId {
        let id = TypeId(u32::try_from(self.types.len()).unwrap_or(u32::MAX));
        self.types.push(kind);
        id
    }

    fn simple(&mut self, name: &'static str, kind: AvroType) -> TypeId {
        if let Some(id) = self.simple.get(name) {
            return *id;
        }
        let id = self.push(kind);
        self.simple.insert(name, id);
        id
    }

    /// Notes of every union where which kind of type stands, now that all types are known.
    fn sort_branches(&mut self) {
        for place in 0..self.types.len() {
            let Some(AvroType::Union(AvroUnion { branches, .. })) = self.types.get(place) else {
                continue;
            };
            let choices = choices(&self.types, branches);
            if let Some(AvroType::Union(union)) = self.types.get_mut(place) {
                union.choices = choices;
            }
        }
    }
}

fn choices(types: &[AvroType], branches: &[TypeId]) -> AvroChoices {
    let mut choices = AvroChoices::default();
    let (mut records, mut enums, mut fixed) = (Vec::new(), Vec::new(), Vec::new());
    for (number, id) in (0..).zip(branches) {
        match types.get(id.0 as usize) {
            Some(AvroType::Null) => choices.null = Some(number),
            Some(AvroType::Boolean) => choices.boolean = Some(number),
            Some(AvroType::Int) => choices.int = Some(number),
            Some(AvroType::Long) => choices.long = Some(number),
            Some(AvroType::Float) => choices.float = Some(number),
            Some(AvroType::Double) => choices.double = Some(number),
            Some(AvroType::Bytes) => choices.bytes = Some(number),
            Some(AvroType::String) => choices.string = Some(number),
            Some(AvroType::Array(_)) => choices.array = Some(number),
            Some(AvroType::Map(_)) => choices.map = Some(number),
            Some(AvroType::Record(_)) => records.push(number),
            Some(AvroType::Enum(_)) => enums.push(number),
            Some(AvroType::Fixed(_)) => fixed.push(number),
            Some(AvroType::Union(_)) | None => {}
        }
    }
    choices.records = records.into();
    choices.enums = enums.into();
    choices.fixed = fixed.into();
    choices
}
