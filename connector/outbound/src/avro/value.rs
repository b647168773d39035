//! Values that are no collections.

use aeroduct_config::avro::{AvroType, AvroUnion, TypeId, write_bytes, write_long};
use aeroduct_record::{Particle, cdt::Value};

use super::{Branch, Writer, text, unfit};
use crate::error::ValueFault;

impl Writer<'_> {
    /// Appends the value of a bin, or a user key, as a value of type `kind`.
    #[inline]
    pub(crate) fn particle(
        &mut self,
        kind: TypeId,
        particle: Particle<'_>,
    ) -> Result<(), ValueFault> {
        match particle {
            Particle::Null => self.null(kind),
            Particle::Integer(value) => self.integer(kind, value),
            Particle::Double(value) => self.double(kind, value),
            Particle::Bool(value) => self.boolean(kind, value),
            Particle::String(bytes) => self.text(kind, bytes, "string"),
            Particle::GeoJson(bytes) => self.text(kind, bytes, "geojson"),
            Particle::Blob(bytes)
            | Particle::LanguageBlob(_, bytes)
            | Particle::Vector(bytes)
            | Particle::Hll(bytes)
            | Particle::Unknown(_, bytes) => self.bytes(kind, bytes),
            Particle::Map(collection) | Particle::List(collection) => {
                self.collection(kind, collection)
            }
        }
    }

    /// Appends a value inside of a collection.
    #[inline]
    pub(super) fn element(&mut self, kind: TypeId, value: Value<'_>) -> Result<(), ValueFault> {
        match value {
            Value::Nil => self.null(kind),
            Value::Bool(value) => self.boolean(kind, value),
            Value::Integer(value) => self.integer(kind, value),
            Value::Unsigned(_) => Err(unfit(
                self.schema,
                kind,
                "integer above 9223372036854775807",
            )),
            Value::Double(value) => self.double(kind, value),
            Value::String(bytes) => self.text(kind, bytes, "string"),
            Value::GeoJson(bytes) => self.text(kind, bytes, "geojson"),
            Value::Blob(bytes)
            | Value::LanguageBlob(_, bytes)
            | Value::Hll(bytes)
            | Value::Unknown(_, bytes) => self.bytes(kind, bytes),
            Value::Wildcard => Err(ValueFault::Marker("wildcard")),
            Value::Infinity => Err(ValueFault::Marker("infinity")),
        }
    }

    fn null(&mut self, kind: TypeId) -> Result<(), ValueFault> {
        let branch = Branch::of_null(self.schema, kind);
        let branch = branch.ok_or_else(|| unfit(self.schema, kind, "null"))?;
        branch.write(self.out);
        Ok(())
    }

    fn boolean(&mut self, kind: TypeId, value: bool) -> Result<(), ValueFault> {
        let is_it = |of: &AvroType| *of == AvroType::Boolean;
        let branch = Branch::of(self.schema, kind, is_it, |choices| choices.boolean);
        let branch = branch.ok_or_else(|| unfit(self.schema, kind, "bool"))?;
        branch.write(self.out);
        self.out.push(value.into());
        Ok(())
    }

    /// A `long` where there is one, else an `int` that it fits; else a floating-point number that is just
    /// this integer.
    #[inline]
    pub(super) fn integer(&mut self, kind: TypeId, value: i64) -> Result<(), ValueFault> {
        let is_it = |of: &AvroType| *of == AvroType::Long;
        match Branch::of(self.schema, kind, is_it, |choices| choices.long) {
            Some(branch) => {
                branch.write(self.out);
                write_long(self.out, value);
                Ok(())
            }
            None => self.short_integer(kind, value),
        }
    }

    fn short_integer(&mut self, kind: TypeId, value: i64) -> Result<(), ValueFault> {
        let is_it = |of: &AvroType| *of == AvroType::Int;
        let branch = Branch::of(self.schema, kind, is_it, |choices| choices.int);
        match (branch, i32::try_from(value)) {
            (Some(branch), Ok(value)) => {
                branch.write(self.out);
                write_long(self.out, value.into());
                Ok(())
            }
            (Some(_), Err(_)) => Err(unfit(self.schema, kind, "integer of more than 32 bits")),
            (None, _) => match exact_double(value) {
                Some(exact) => self.floating(kind, exact, "integer"),
                None => Err(unfit(self.schema, kind, "integer of more than 53 bits")),
            },
        }
    }

    #[inline]
    fn double(&mut self, kind: TypeId, value: f64) -> Result<(), ValueFault> {
        self.floating(kind, value, "double")
    }

    /// A `double` where there is one, else a `float` that equals it.
    fn floating(
        &mut self,
        kind: TypeId,
        value: f64,
        found: &'static str,
    ) -> Result<(), ValueFault> {
        let is_double = |of: &AvroType| *of == AvroType::Double;
        if let Some(branch) = Branch::of(self.schema, kind, is_double, |choices| choices.double) {
            branch.write(self.out);
            self.out.extend_from_slice(&value.to_le_bytes());
            return Ok(());
        }
        let is_float = |of: &AvroType| *of == AvroType::Float;
        let branch = Branch::of(self.schema, kind, is_float, |choices| choices.float);
        let branch = branch.ok_or_else(|| unfit(self.schema, kind, found))?;
        let Some(float) = exact_float(value) else {
            return Err(unfit(self.schema, kind, "number that no float equals"));
        };
        branch.write(self.out);
        self.out.extend_from_slice(&float.to_le_bytes());
        Ok(())
    }

    /// A `string` where there is one, else the word of an enum.
    #[inline]
    pub(super) fn text(
        &mut self,
        kind: TypeId,
        bytes: &[u8],
        found: &'static str,
    ) -> Result<(), ValueFault> {
        let is_it = |of: &AvroType| *of == AvroType::String;
        match Branch::of(self.schema, kind, is_it, |choices| choices.string) {
            Some(branch) => {
                branch.write(self.out);
                text::write(self.out, bytes);
                Ok(())
            }
            None => self.word(kind, bytes, found),
        }
    }

    fn word(&mut self, kind: TypeId, bytes: &[u8], found: &'static str) -> Result<(), ValueFault> {
        let schema = self.schema;
        let (branch, number) = match schema.get(kind) {
            AvroType::Union(AvroUnion { branches, choices }) => {
                let words = choices.enums.iter().find_map(|number| {
                    let kind = branches.get(*number as usize)?;
                    let word = number_of(schema.get(*kind), bytes)?;
                    Some((Branch::Number(*number), word))
                });
                words.ok_or_else(|| unfit(schema, kind, found))?
            }
            of @ AvroType::Enum(_) => {
                let found = "string that is none of its words";
                let word = number_of(of, bytes).ok_or_else(|| unfit(schema, kind, found))?;
                (Branch::Itself, word)
            }
            _ => return Err(unfit(schema, kind, found)),
        };
        branch.write(self.out);
        write_long(self.out, number);
        Ok(())
    }

    /// `bytes` where there is such a type, else a `fixed` of this length.
    fn bytes(&mut self, kind: TypeId, bytes: &[u8]) -> Result<(), ValueFault> {
        let is_it = |of: &AvroType| *of == AvroType::Bytes;
        if let Some(branch) = Branch::of(self.schema, kind, is_it, |choices| choices.bytes) {
            branch.write(self.out);
            write_bytes(self.out, bytes);
            return Ok(());
        }
        let schema = self.schema;
        let has_len = |of: &AvroType| matches!(of, AvroType::Fixed(of) if of.len == bytes.len());
        let branch = match schema.get(kind) {
            AvroType::Union(AvroUnion { branches, choices }) => {
                let mut fixed = choices.fixed.iter();
                let fits = |number: &&u32| {
                    let kind = branches.get(**number as usize);
                    kind.is_some_and(|kind| has_len(schema.get(*kind)))
                };
                fixed.find(fits).map(|number| Branch::Number(*number))
            }
            of => has_len(of).then_some(Branch::Itself),
        };
        let branch = branch.ok_or_else(|| {
            let is_fixed = matches!(schema.get(kind), AvroType::Fixed(_));
            let found = if is_fixed {
                "blob of another length"
            } else {
                "blob"
            };
            unfit(schema, kind, found)
        })?;
        branch.write(self.out);
        self.out.extend_from_slice(bytes);
        Ok(())
    }
}

/// The number of a word in an enum.
fn number_of(kind: &AvroType, word: &[u8]) -> Option<i64> {
    let AvroType::Enum(of) = kind else {
        return None;
    };
    let mut words = (0..).zip(&of.symbols);
    let (number, _) = words.find(|(_, symbol)| symbol.as_bytes() == word)?;
    Some(number)
}

/// The double that equals an integer.
fn exact_double(value: i64) -> Option<f64> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "what is lost is found by the way back, for which 128 bits are enough"
    )]
    let (double, back) = (value as f64, value as f64 as i128);
    (back == i128::from(value)).then_some(double)
}

/// The float that equals a double; what is not a number is one in both.
fn exact_float(value: f64) -> Option<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is lost is found by the way back"
    )]
    let float = value as f32;
    (value.is_nan() || f64::from(float).to_bits() == value.to_bits()).then_some(float)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_doubles_where_no_bit_is_lost() {
        for value in [0, -1, 1 << 53, -(1 << 53), i64::MIN, 1 << 62] {
            assert!(exact_double(value).is_some(), "{value}");
        }
        for value in [(1 << 53) + 1, i64::MAX, i64::MIN + 1] {
            assert_eq!(exact_double(value), None, "{value}");
        }
    }

    #[test]
    fn doubles_are_floats_where_no_bit_is_lost() {
        for value in [
            0.0,
            -0.0,
            1.5,
            f64::INFINITY,
            f64::NAN,
            f64::from(f32::MIN_POSITIVE),
        ] {
            assert!(exact_float(value).is_some(), "{value}");
        }
        for value in [0.1, 1e39, 1e-320, 16_777_217.0] {
            assert_eq!(exact_float(value), None, "{value}");
        }
    }
}
