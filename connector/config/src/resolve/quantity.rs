//! Durations and sizes within their bounds.

use std::{ops::RangeInclusive, time::Duration};

use super::Report;
use crate::config::{DurationText, QuantityError, SizeText};

const WRITE_DURATION: &str = "write a whole number and ms, s, m or h, such as 5s";
const WRITE_SIZE: &str = "write a whole number and B, kB, MB, GB, KiB, MiB or GiB, such as 16MiB";

/// What a quantity may be, and what is said of one that is not.
pub(super) struct Bounds<T> {
    pub(super) range: RangeInclusive<T>,
    pub(super) reason: &'static str,
    pub(super) remedy: &'static str,
}

/// The duration at `path` if it is one and within `bounds`; otherwise `None`, after a word.
pub(super) fn duration(
    text: &DurationText,
    bounds: &Bounds<Duration>,
    path: &str,
    report: &mut Report<'_>,
) -> Option<Duration> {
    bounded(text.parse(), bounds, (path, WRITE_DURATION), report)
}

/// The bytes at `path` if they are a size and within `bounds`; otherwise `None`, after a word.
pub(super) fn size(
    text: &SizeText,
    bounds: &Bounds<u64>,
    path: &str,
    report: &mut Report<'_>,
) -> Option<u64> {
    bounded(text.parse(), bounds, (path, WRITE_SIZE), report)
}

fn bounded<T: PartialOrd>(
    parsed: Result<T, QuantityError>,
    bounds: &Bounds<T>,
    (path, write): (&str, &str),
    report: &mut Report<'_>,
) -> Option<T> {
    match parsed {
        Ok(quantity) if bounds.range.contains(&quantity) => return Some(quantity),
        Ok(_) | Err(QuantityError::TooLarge) => report.error(path, bounds.reason, bounds.remedy),
        Err(error) => report.error(path, error.to_string(), write),
    }
    None
}
