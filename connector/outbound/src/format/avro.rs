//! `avro`: a map or a record with the metadata and the bins, as the configured schema has it (4.6, 13.27).
//!
//! All that the schema, the namespace and the set say is worked out when the lane is made: a program of
//! prepared bytes and of what each record puts between them.

use std::{cell::RefCell, ops::Range};

use aeroduct_config::avro::{AvroRecord, AvroSchema, AvroType, TypeId, key_map_schema, key_schema};
use aeroduct_record::{Bins, Operation};

use self::program::{Program, Values};
use super::{Rendered, shape::Shape};
use crate::{
    avro::{Writer, text},
    bins::BinNames,
    error::{PrepareError, ValueFault},
    lane::Change,
    text::collection::Nest,
};

mod program;

/// Bins whose places in a record are remembered: more than a set has.
const ORDER_MAX: usize = 512;

/// The `avro` format for the records of one namespace and set.
#[derive(Debug)]
pub(crate) struct Avro {
    schema: AvroSchema,
    write: Program,
    delete: Program,
    key_schema: AvroSchema,
    key: Program,
    bins: BinsWriter,
    stringify_map_keys: bool,
}

/// Writes the bins of a record, and remembers how those of the last one stood.
#[derive(Debug)]
struct BinsWriter {
    target: TypeId,
    /// The names of the bins, where they go into a map.
    shape: RefCell<Shape>,
    /// The field of each bin, where they go into a record.
    order: RefCell<Vec<usize>>,
}

impl Avro {
    pub(crate) fn new(
        schema: &AvroSchema,
        namespace: &[u8],
        set: Option<&[u8]>,
        stringify_map_keys: bool,
    ) -> Self {
        let key_schema = match schema.get(schema.root()) {
            AvroType::Map(_) => key_map_schema(),
            _ => key_schema(),
        };
        let program =
            |schema: &AvroSchema, message| Program::whole(schema, namespace, set, message);
        Self {
            write: program(schema, program::Message::Write),
            delete: program(schema, program::Message::Delete),
            key: program(&key_schema, program::Message::Key),
            bins: BinsWriter::new(program::bins_of(schema)),
            schema: schema.clone(),
            key_schema,
            stringify_map_keys,
        }
    }

    pub(crate) fn write(
        &self,
        change: &Change<'_>,
        out: &mut Vec<u8>,
        (bins, nest): (&mut BinNames, &mut Nest),
        has_key: bool,
    ) -> Result<Rendered, PrepareError> {
        let values = Values::of(change);
        let mut writer = Writer {
            schema: &self.schema,
            out,
            nest,
            stringify_map_keys: self.stringify_map_keys,
        };
        let start = writer.out.len();
        match change.record.metadata.operation {
            Operation::Write { .. } => self.write.run(&values, &mut writer, |writer| {
                self.bins.write(change.record.bins, writer, bins)
            })?,
            Operation::Delete { .. } => self.delete.run(&values, &mut writer, |_| Ok(()))?,
        }
        let value = start..writer.out.len();
        let key = if has_key {
            writer.schema = &self.key_schema;
            Some(self.write_key(&values, &mut writer)?)
        } else {
            None
        };
        Ok(Rendered { key, value })
    }

    fn write_key(
        &self,
        values: &Values<'_>,
        writer: &mut Writer<'_>,
    ) -> Result<Range<usize>, PrepareError> {
        let start = writer.out.len();
        self.key.run(values, writer, |_| Ok(()))?;
        Ok(start..writer.out.len())
    }
}

impl BinsWriter {
    fn new(target: TypeId) -> Self {
        Self {
            target,
            shape: RefCell::new(Shape::new(b"", text::write_name, b"")),
            order: RefCell::new(Vec::new()),
        }
    }

    fn write(
        &self,
        bins: Bins<'_>,
        writer: &mut Writer<'_>,
        names: &mut BinNames,
    ) -> Result<(), PrepareError> {
        match writer.schema.get(self.target) {
            AvroType::Map(values) => self.write_map(*values, bins, writer, names),
            AvroType::Record(record) => self.write_record(record, bins, writer, names),
            _ => Ok(()),
        }
    }

    fn write_map(
        &self,
        values: TypeId,
        bins: Bins<'_>,
        writer: &mut Writer<'_>,
        bin_names: &mut BinNames,
    ) -> Result<(), PrepareError> {
        let count = bin_names.count(&bins)?;
        if count > 0 {
            aeroduct_config::avro::write_long(writer.out, count.into());
        }
        let mut shape = self.shape.borrow_mut();
        let mut walk = shape.walk(&writer.nest.names, None);
        for bin in bins {
            let Some(name) = bin_names.name(bin.name)? else {
                continue;
            };
            walk.write(writer.out, &mut writer.nest.names, name);
            bin.particle()
                .map_err(ValueFault::Particle)
                .and_then(|particle| writer.particle(values, particle))
                .map_err(|fault| PrepareError::bin(bin.name, fault))?;
        }
        writer.out.push(0);
        let known = bins.iter().filter_map(|bin| bin_names.known(bin.name));
        match walk.close(writer.out, &mut writer.nest.names, known) {
            Some(name) => Err(PrepareError::bin(
                text::content(writer.out.get(name).unwrap_or_default()),
                ValueFault::DuplicateBin,
            )),
            None => Ok(()),
        }
    }

    fn write_record(
        &self,
        record: &AvroRecord,
        bins: Bins<'_>,
        writer: &mut Writer<'_>,
        names: &mut BinNames,
    ) -> Result<(), PrepareError> {
        let mut order = self.order.borrow_mut();
        let mut open = writer.open(record);
        let mut number = 0;
        for bin in bins {
            let Some(name) = names.name(bin.name)? else {
                continue;
            };
            let found = place_of(record, name, number, &mut order);
            let Some((place, field)) = found.and_then(|it| Some((it, record.fields.get(it)?)))
            else {
                return Err(PrepareError::bin(name, ValueFault::UnknownBin));
            };
            let start = writer.out.len();
            bin.particle()
                .map_err(ValueFault::Particle)
                .and_then(|particle| writer.particle(field.kind, particle))
                .map_err(|fault| PrepareError::bin(bin.name, fault))?;
            if !writer.fill(&mut open, place, start) {
                return Err(PrepareError::bin(name, ValueFault::DuplicateBin));
            }
            number += 1;
        }
        writer
            .close(&open, record)
            .map_err(|field| PrepareError::bin(field.name.as_bytes(), ValueFault::Missing))
    }
}

/// The position of the field called `name`, most likely that of the bin that stood here in the record
/// before.
#[inline]
fn place_of(
    record: &AvroRecord,
    name: &[u8],
    number: usize,
    order: &mut Vec<usize>,
) -> Option<usize> {
    if let Some(place) = order.get(number)
        && let Some(field) = record.fields.get(*place)
        && field.name.as_bytes() == name
    {
        return Some(*place);
    }
    let place = record.find(name)?;
    if let Some(known) = order.get_mut(number) {
        *known = place;
    } else if order.len() == number && number < ORDER_MAX {
        order.push(place);
    }
    Some(place)
}
