//! Durations and sizes, written as a whole number and its unit.

use std::{num::IntErrorKind, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A duration as text, such as `250ms`, `5s`, `10m` or `1h`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(inline)]
pub struct DurationText(#[schemars(regex(pattern = r"^[0-9]{1,18}(ms|s|m|h)$"))] pub String);

/// A size in bytes as text, such as `512B`, `64KiB`, `16MiB` or `1GB`.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[schemars(inline)]
pub struct SizeText(
    #[schemars(regex(pattern = r"^[0-9]{1,18}(B|KB|kB|MB|GB|KiB|MiB|GiB)$"))] pub String,
);

/// Units of durations, each in milliseconds.
const DURATION_UNITS: &[(&str, u64)] = &[("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// Units of sizes, each in bytes. `KB` is decimal, as `kB` is, and not `KiB`.
const SIZE_UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

impl DurationText {
    /// The duration.
    pub fn parse(&self) -> Result<Duration, QuantityError> {
        parse(&self.0, DURATION_UNITS).map(Duration::from_millis)
    }
}

impl SizeText {
    /// The size in bytes.
    pub fn parse(&self) -> Result<u64, QuantityError> {
        parse(&self.0, SIZE_UNITS)
    }
}

fn parse(text: &str, units: &[(&str, u64)]) -> Result<u64, QuantityError> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).unwrap_or((text, ""));
    let number: u64 =
        number
            .parse()
            .map_err(|error: std::num::ParseIntError| match error.kind() {
                IntErrorKind::PosOverflow => QuantityError::TooLarge,
                _ => QuantityError::NotAWholeNumber,
            })?;
    match units.iter().find(|(name, _)| *name == unit) {
        Some((_, factor)) => number.checked_mul(*factor).ok_or(QuantityError::TooLarge),
        None if unit.is_empty() => Err(QuantityError::NoUnit),
        None if unit.starts_with('.') => Err(QuantityError::NotAWholeNumber),
        None => Err(QuantityError::UnknownUnit(unit.to_owned())),
    }
}

/// Why a text is no duration or size.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum QuantityError {
    /// A number alone.
    #[error("has no unit")]
    NoUnit,
    /// No digits in front, or a fraction.
    #[error("must be a whole number and its unit")]
    NotAWholeNumber,
    /// More than 64 bits hold.
    #[error("is beyond all limits")]
    TooLarge,
    /// What follows the number is no unit.
    #[error("has an unknown unit {0:?}")]
    UnknownUnit(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_a_whole_number_and_its_unit() {
        let milliseconds = |text: &str| DurationText(text.to_owned()).parse().unwrap().as_millis();
        assert_eq!(milliseconds("250ms"), 250);
        assert_eq!(milliseconds("5s"), 5_000);
        assert_eq!(milliseconds("10m"), 600_000);
        assert_eq!(milliseconds("2h"), 7_200_000);
        assert_eq!(milliseconds("0s"), 0);
    }

    #[test]
    fn a_size_is_a_whole_number_and_its_unit() {
        let bytes = |text: &str| SizeText(text.to_owned()).parse().unwrap();
        assert_eq!(bytes("512B"), 512);
        assert_eq!(bytes("1kB"), 1_000);
        assert_eq!(bytes("1KB"), 1_000);
        assert_eq!(bytes("1KiB"), 1_024);
        assert_eq!(bytes("16MiB"), 16_777_216);
        assert_eq!(bytes("2GB"), 2_000_000_000);
        assert_eq!(bytes("1GiB"), 1_073_741_824);
    }

    #[test]
    fn anything_else_is_refused_by_what_is_wrong_with_it() {
        let refusal = |text: &str| DurationText(text.to_owned()).parse().unwrap_err();
        assert_eq!(refusal("5"), QuantityError::NoUnit);
        assert_eq!(refusal(""), QuantityError::NotAWholeNumber);
        assert_eq!(refusal("s"), QuantityError::NotAWholeNumber);
        assert_eq!(refusal("-5s"), QuantityError::NotAWholeNumber);
        assert_eq!(refusal("1.5s"), QuantityError::NotAWholeNumber);
        assert_eq!(refusal("5 s"), QuantityError::UnknownUnit(" s".to_owned()));
        assert_eq!(refusal("5S"), QuantityError::UnknownUnit("S".to_owned()));
        assert_eq!(refusal("18446744073709551616ms"), QuantityError::TooLarge);
        assert_eq!(refusal("18446744073709551615h"), QuantityError::TooLarge);
    }
}
