//! The metadata of a record, as a schema has them: what is the same for all records of a lane as prepared
//! bytes, and between them what each record brings.

use std::ops::Range;

use aeroduct_config::avro::{
    AvroField, AvroSchema, AvroType, MetadataField, TypeId, write_bytes, write_count, write_long,
};
use aeroduct_record::{LastUpdate, Metadata, Operation, Particle};

use crate::{
    avro::{Branch, Writer, record::write_absent, text},
    error::{PrepareError, ValueFault},
    format::{expiry, user_key},
    lane::Change,
};

/// The member with the bins.
const BINS: &str = "bins";
/// In bytes.
const DIGEST_LEN: usize = 20;

/// What is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Message {
    Write,
    Delete,
    /// Namespace, set, user key and digest alone.
    Key,
}

/// Prepared bytes and what stands between them.
#[derive(Debug)]
pub(super) struct Program {
    bytes: Box<[u8]>,
    steps: Box<[Step]>,
    /// What is written behind the last step.
    end: Range<usize>,
    /// Of a map: members that every record has. Their number stands in front, in one byte.
    members: Option<u8>,
}

#[derive(Debug)]
struct Step {
    /// What is written before.
    before: Range<usize>,
    what: What,
}

/// What a record brings.
#[derive(Debug)]
enum What {
    Bins,
    Digest,
    Durable {
        place: Place,
    },
    Number {
        field: MetadataField,
        /// As `int`, if there is one, for numbers that it holds.
        int: Option<Place>,
        /// As `long`.
        long: Option<Place>,
        absent: Option<Range<usize>>,
    },
    UserKey {
        /// Behind it the value with its branch.
        name: Range<usize>,
        kind: TypeId,
        absent: Option<Range<usize>>,
    },
    /// Something that no record of the lane has, and that must have a value.
    Missing(MetadataField),
}

/// What is written before a value: the name of a map's member, the branch of a union.
type Place = Range<usize>;

/// What a record says, as numbers.
#[derive(Debug)]
pub(super) struct Values<'c> {
    metadata: &'c Metadata<'c>,
    generation: Option<i64>,
    last_update: Option<i64>,
    expiry: Option<i64>,
}

impl<'c> Values<'c> {
    #[inline]
    pub(super) fn of(change: &Change<'c>) -> Self {
        let metadata = &change.record.metadata;
        let last_update = metadata.last_update.map(LastUpdate::unix_ms);
        let expiry = expiry(metadata, change.arrived);
        Self {
            metadata,
            generation: metadata.generation.map(i64::from),
            last_update: last_update.and_then(|number| number.try_into().ok()),
            expiry: expiry.and_then(|number| number.try_into().ok()),
        }
    }

    fn number(&self, field: MetadataField) -> Option<i64> {
        match field {
            MetadataField::Generation => self.generation,
            MetadataField::LastUpdate => self.last_update,
            MetadataField::Expiry => self.expiry,
            _ => None,
        }
    }
}

impl Program {
    /// What writes a whole record as `schema` has it.
    pub(super) fn whole(
        schema: &AvroSchema,
        namespace: &[u8],
        set: Option<&[u8]>,
        message: Message,
    ) -> Self {
        let mut builder = Builder::new(schema, namespace, set, message);
        match schema.get(schema.root()) {
            AvroType::Map(values) => builder.map(*values),
            AvroType::Record(record) => record.fields.iter().for_each(|field| builder.field(field)),
            _ => {}
        }
        builder.finish()
    }

    /// Writes a record, and its bins by `bins` where they belong.
    #[inline]
    pub(super) fn run<'w>(
        &self,
        values: &Values<'_>,
        writer: &mut Writer<'w>,
        mut bins: impl FnMut(&mut Writer<'w>) -> Result<(), PrepareError>,
    ) -> Result<(), PrepareError> {
        let count_at = writer.out.len();
        let mut members = self.members.unwrap_or_default();
        if self.members.is_some() {
            writer.out.push(0);
        }
        for step in &self.steps {
            self.put(step.before.clone(), writer.out);
            members += u8::from(match &step.what {
                What::Bins => {
                    bins(writer)?;
                    false
                }
                What::UserKey { name, kind, absent } => {
                    self.user_key(values, (name, *kind, absent), writer)?
                }
                what => self.simple(what, values, writer.out)?,
            });
        }
        self.put(self.end.clone(), writer.out);
        if self.members.is_some() {
            // At most ten members, so the number has one byte.
            if let Some(count) = writer.out.get_mut(count_at) {
                *count = 2 * members;
            }
        }
        Ok(())
    }

    #[inline]
    fn put(&self, range: Range<usize>, out: &mut Vec<u8>) {
        out.extend_from_slice(self.bytes.get(range).unwrap_or_default());
    }

    /// Whether it was there.
    fn user_key(
        &self,
        values: &Values<'_>,
        (name, kind, absent): (&Place, TypeId, &Option<Range<usize>>),
        writer: &mut Writer<'_>,
    ) -> Result<bool, PrepareError> {
        let Some(key) = user_key(values.metadata) else {
            self.absent(absent.as_ref(), MetadataField::UserKey, writer.out)?;
            return Ok(false);
        };
        self.put(name.clone(), writer.out);
        match key {
            Particle::Map(_) | Particle::List(_) => Err(ValueFault::Unfit {
                found: key.kind().name(),
                wanted: writer.schema.describe(kind).into(),
            }),
            key => writer.particle(kind, key),
        }
        .map_err(PrepareError::user_key)?;
        Ok(true)
    }

    /// Whether it was there and is not of all records.
    #[inline]
    fn simple(
        &self,
        what: &What,
        values: &Values<'_>,
        out: &mut Vec<u8>,
    ) -> Result<bool, PrepareError> {
        match what {
            What::Digest => {
                out.extend_from_slice(values.metadata.digest);
                Ok(false)
            }
            What::Durable { place } => {
                self.put(place.clone(), out);
                let durable = Operation::Delete { durable: true };
                out.push((values.metadata.operation == durable).into());
                Ok(false)
            }
            What::Number {
                field,
                int,
                long,
                absent,
            } => {
                let number = values.number(*field);
                let fits_int = number.is_some_and(|number| i32::try_from(number).is_ok());
                let place = int.as_ref().filter(|_| fits_int).or(long.as_ref());
                if let (Some(number), Some(place)) = (number, place) {
                    self.put(place.clone(), out);
                    write_long(out, number);
                    return Ok(true);
                }
                self.absent(absent.as_ref(), *field, out)?;
                Ok(false)
            }
            What::Missing(field) => Err(missing(*field)),
            What::Bins | What::UserKey { .. } => Ok(false),
        }
    }

    fn absent(
        &self,
        absent: Option<&Range<usize>>,
        field: MetadataField,
        out: &mut Vec<u8>,
    ) -> Result<(), PrepareError> {
        self.put(absent.cloned().ok_or_else(|| missing(field))?, out);
        Ok(())
    }
}

#[cold]
fn missing(field: MetadataField) -> PrepareError {
    PrepareError::metadata(field.name(), ValueFault::Missing)
}

/// The type that the bins of a record are written as.
pub(super) fn bins_of(schema: &AvroSchema) -> TypeId {
    let root = schema.root();
    let bins = match schema.get(root) {
        AvroType::Map(values) => Some(*values),
        AvroType::Record(record) => record.field(BINS).map(|field| field.kind),
        _ => None,
    };
    let target = bins.and_then(|kind| place(schema, kind, is_for_bins));
    target.map_or(root, |(_, kind)| kind)
}

const fn is_for_bins(kind: &AvroType) -> bool {
    matches!(kind, AvroType::Map(_) | AvroType::Record(_))
}

/// Where in `kind` the first type is of which `is_it` holds, and the type.
fn place(
    schema: &AvroSchema,
    kind: TypeId,
    is_it: impl Fn(&AvroType) -> bool,
) -> Option<(Branch, TypeId)> {
    match schema.get(kind) {
        AvroType::Union(union) => (0..)
            .zip(&union.branches)
            .find(|(_, branch)| is_it(schema.get(**branch)))
            .map(|(number, branch)| (Branch::Number(number), *branch)),
        of => is_it(of).then_some((Branch::Itself, kind)),
    }
}

struct Builder<'s> {
    schema: &'s AvroSchema,
    namespace: &'s [u8],
    set: Option<&'s [u8]>,
    message: Message,
    bytes: Vec<u8>,
    steps: Vec<Step>,
    /// Where the bytes begin that no step has yet.
    open: usize,
    /// The name of the member of a map that is at hand, as it is written.
    name: Vec<u8>,
    members: Option<u8>,
}

impl<'s> Builder<'s> {
    fn new(
        schema: &'s AvroSchema,
        namespace: &'s [u8],
        set: Option<&'s [u8]>,
        message: Message,
    ) -> Self {
        Self {
            schema,
            namespace,
            set,
            message,
            bytes: Vec::new(),
            steps: Vec::new(),
            open: 0,
            name: Vec::new(),
            members: None,
        }
    }

    fn finish(self) -> Program {
        Program {
            end: self.open..self.bytes.len(),
            bytes: self.bytes.into(),
            steps: self.steps.into(),
            members: self.members,
        }
    }

    fn map(&mut self, values: TypeId) {
        self.members = Some(0);
        for field in MetadataField::ALL {
            if self.has(field) {
                self.name.clear();
                write_bytes(&mut self.name, field.name().as_bytes());
                // What is absent is left out.
                self.metadata(field, values, Some(&[]));
            }
        }
        if self.message == Message::Write {
            self.name.clear();
            write_bytes(&mut self.name, BINS.as_bytes());
            self.member();
            self.bins(values);
        }
        self.bytes.push(0);
    }

    fn field(&mut self, field: &AvroField) {
        let mut absent = Vec::new();
        let absent = write_absent(self.schema, field, &mut absent).then_some(absent);
        let absent = absent.as_deref();
        match MetadataField::named(&field.name) {
            Some(kind) if self.has(kind) => self.metadata(kind, field.kind, absent),
            None if *field.name == *BINS && self.message == Message::Write => {
                self.bins(field.kind);
            }
            // The plan has seen to it that something can be written.
            _ => self.bytes.extend_from_slice(absent.unwrap_or_default()),
        }
    }

    /// Whether such messages have it.
    const fn has(&self, field: MetadataField) -> bool {
        match self.message {
            Message::Write => !matches!(field, MetadataField::Durable),
            Message::Delete => !matches!(field, MetadataField::Expiry),
            Message::Key => matches!(
                field,
                MetadataField::Namespace
                    | MetadataField::Set
                    | MetadataField::UserKey
                    | MetadataField::Digest
            ),
        }
    }

    fn metadata(&mut self, field: MetadataField, kind: TypeId, absent: Option<&[u8]>) {
        match field {
            MetadataField::Message => {
                let word: &[u8] = match self.message {
                    Message::Delete => b"delete",
                    Message::Write | Message::Key => b"write",
                };
                self.text(kind, word);
            }
            MetadataField::Namespace => self.text(kind, self.namespace),
            MetadataField::Set => match (self.set, absent) {
                (Some(set), _) => self.text(kind, set),
                (None, Some(absent)) => self.bytes.extend_from_slice(absent),
                (None, None) => self.step(What::Missing(field)),
            },
            MetadataField::UserKey => {
                let before = self.open..self.bytes.len();
                let name = self.aside(&self.name.clone());
                let absent = absent.map(|absent| self.aside(absent));
                self.step_after(before, What::UserKey { name, kind, absent });
            }
            MetadataField::Digest => self.digest(kind),
            MetadataField::Generation | MetadataField::LastUpdate | MetadataField::Expiry => {
                self.number(field, kind, absent);
            }
            MetadataField::Durable => {
                let before = self.open..self.bytes.len();
                let place = self.place(kind, |kind| *kind == AvroType::Boolean);
                self.count();
                let place = place.unwrap_or_default();
                self.step_after(before, What::Durable { place });
            }
        }
    }

    /// Text that is the same for all records.
    fn text(&mut self, kind: TypeId, value: &[u8]) {
        self.member();
        let is_text = |kind: &AvroType| *kind == AvroType::String;
        if let Some((branch, _)) = place(self.schema, kind, is_text) {
            branch.write(&mut self.bytes);
            text::write(&mut self.bytes, value);
            return;
        }
        let number = |kind: &AvroType| match kind {
            AvroType::Enum(of) => (0..)
                .zip(&of.symbols)
                .find(|(_, symbol)| symbol.as_bytes() == value)
                .map(|(number, _)| number),
            _ => None,
        };
        let found = place(self.schema, kind, |kind| number(kind).is_some());
        if let Some((branch, kind)) = found {
            branch.write(&mut self.bytes);
            write_long(&mut self.bytes, number(self.schema.get(kind)).unwrap_or(0));
        }
    }

    fn digest(&mut self, kind: TypeId) {
        self.member();
        let is_bytes = |kind: &AvroType| *kind == AvroType::Bytes;
        if let Some((branch, _)) = place(self.schema, kind, is_bytes) {
            branch.write(&mut self.bytes);
            write_count(&mut self.bytes, DIGEST_LEN);
        } else {
            let is_fixed =
                |kind: &AvroType| matches!(kind, AvroType::Fixed(of) if of.len == DIGEST_LEN);
            if let Some((branch, _)) = place(self.schema, kind, is_fixed) {
                branch.write(&mut self.bytes);
            }
        }
        self.step(What::Digest);
    }

    fn number(&mut self, field: MetadataField, kind: TypeId, absent: Option<&[u8]>) {
        let before = self.open..self.bytes.len();
        let int = self.place(kind, |kind| *kind == AvroType::Int);
        let long = self.place(kind, |kind| *kind == AvroType::Long);
        let absent = absent.map(|absent| self.aside(absent));
        let what = What::Number {
            field,
            int: int.filter(|_| field != MetadataField::LastUpdate),
            long,
            absent,
        };
        self.step_after(before, what);
    }

    fn bins(&mut self, kind: TypeId) {
        if let Some((branch, _)) = place(self.schema, kind, is_for_bins) {
            branch.write(&mut self.bytes);
        }
        self.step(What::Bins);
    }

    /// Begins a member that every record has, where the schema is a map.
    fn member(&mut self) {
        self.bytes.extend_from_slice(&self.name);
        self.count();
    }

    fn count(&mut self) {
        self.members = self.members.map(|members| members + 1);
    }

    /// What is written before a value of the type that `is_it`, put aside.
    fn place(&mut self, kind: TypeId, is_it: impl Fn(&AvroType) -> bool) -> Option<Place> {
        let (branch, _) = place(self.schema, kind, is_it)?;
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&self.name);
        branch.write(&mut self.bytes);
        Some(start..self.bytes.len())
    }

    /// Bytes that only some records have.
    fn aside(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }

    fn step(&mut self, what: What) {
        let before = self.open..self.bytes.len();
        self.step_after(before, what);
    }

    fn step_after(&mut self, before: Range<usize>, what: What) {
        self.steps.push(Step { before, what });
        self.open = self.bytes.len();
    }
}
