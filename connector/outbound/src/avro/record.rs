//! Records: values come in the order of the wire, and are written in that of the schema.
//!
//! Each value is written where it comes; where the order differs from that of the fields, or fields have
//! no value, the whole is written once more behind it, in order, and moved up.

use std::ops::Range;

use aeroduct_config::avro::{AvroField, AvroRecord, AvroSchema};

use super::{Branch, Writer};

/// Most places to keep room for between two records: 1 MiB.
const KEPT_MAX: usize = 1 << 16;

/// Where in the output the values of all records lie that are still open.
#[derive(Debug, Default)]
pub(crate) struct Slots(Vec<Slot>);

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    start: usize,
    /// At least `start`; 0 while there is no value, since something stands before every one.
    end: usize,
}

/// A record whose values are being written.
#[derive(Debug)]
pub(crate) struct Open {
    /// Where its slots begin.
    mark: usize,
    /// Where its values begin.
    start: usize,
    /// Its fields so far, as long as they came in order.
    in_order: Option<usize>,
}

impl Slots {
    /// Forgets all places, and the memory that one large record took.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.0.clear();
        if self.0.capacity() > KEPT_MAX {
            self.0.shrink_to(KEPT_MAX);
        }
    }

    fn get(&mut self, mark: usize, place: usize) -> Option<&mut Slot> {
        self.0.get_mut(mark + place)
    }
}

impl Writer<'_> {
    /// Begins a record.
    pub(crate) fn open(&mut self, record: &AvroRecord) -> Open {
        let slots = &mut self.nest.slots.0;
        let mark = slots.len();
        slots.resize(mark + record.fields.len(), Slot::default());
        Open {
            mark,
            start: self.out.len(),
            in_order: Some(0),
        }
    }

    /// Takes what was written since `start` for the value of the field at `place`. Whether that is its
    /// first.
    #[inline]
    pub(crate) fn fill(&mut self, open: &mut Open, place: usize, start: usize) -> bool {
        open.in_order = match open.in_order {
            Some(next) if next == place => Some(next + 1),
            _ => None,
        };
        let end = self.out.len();
        match self.nest.slots.get(open.mark, place) {
            Some(slot) if !slot.is_filled() => {
                *slot = Slot {
                    start,
                    end: end + 1,
                };
                true
            }
            _ => false,
        }
    }

    /// Ends a record.
    ///
    /// # Errors
    ///
    /// The field that has no value, and may not be without.
    pub(crate) fn close<'r>(
        &mut self,
        open: &Open,
        record: &'r AvroRecord,
    ) -> Result<(), &'r AvroField> {
        let filled = if open.in_order == Some(record.fields.len()) {
            Ok(())
        } else {
            self.put_in_order(open, record)
        };
        self.nest.slots.0.truncate(open.mark);
        filled
    }

    fn put_in_order<'r>(
        &mut self,
        open: &Open,
        record: &'r AvroRecord,
    ) -> Result<(), &'r AvroField> {
        let end = self.out.len();
        for (place, field) in record.fields.iter().enumerate() {
            match self
                .nest
                .slots
                .get(open.mark, place)
                .and_then(|slot| slot.range())
            {
                Some(value) => self.out.extend_from_within(value),
                None if write_absent(self.schema, field, self.out) => {}
                None => return Err(field),
            }
        }
        self.out.drain(open.start..end);
        Ok(())
    }
}

impl Slot {
    const fn is_filled(self) -> bool {
        self.end != 0
    }

    fn range(self) -> Option<Range<usize>> {
        self.is_filled().then(|| self.start..self.end - 1)
    }
}

/// Appends what stands for a field without a value: null where that is among its types, else its default.
/// Whether there is either.
pub(crate) fn write_absent(schema: &AvroSchema, field: &AvroField, out: &mut Vec<u8>) -> bool {
    match (Branch::of_null(schema, field.kind), &field.default) {
        (Some(branch), _) => {
            branch.write(out);
            true
        }
        (None, Some(default)) => {
            out.extend_from_slice(default);
            true
        }
        (None, None) => false,
    }
}
