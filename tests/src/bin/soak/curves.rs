//! Curves in a terminal: one line of text each.

use std::fmt::Write as _;

use crate::sample::{CURVES, Sample};

const COLUMNS: usize = 72;
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A line for each curve, with its lowest and highest value.
pub(crate) fn text(samples: &[Sample]) -> String {
    let mut text = String::new();
    for curve in CURVES {
        let values: Vec<f64> = samples.iter().map(curve.of).collect();
        let (low, high) = range(&values);
        let (name, unit) = (curve.name, curve.unit);
        // Writing to a text cannot fail.
        let _ = write!(
            text,
            "\n{name:>16}  {}  {low:.1} to {high:.1} {unit}",
            line(&values)
        );
    }
    text
}

/// The lowest and the highest.
pub(crate) fn range(values: &[f64]) -> (f64, f64) {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    (if low.is_finite() { low } else { 0.0 }, high)
}

/// The highest value of each part of the time as a column, from nothing up.
fn line(values: &[f64]) -> String {
    let (_, high) = range(values);
    let part = values.len().div_ceil(COLUMNS).max(1);
    let columns = values.chunks(part).map(|part| range(part).1);
    columns.map(|value| height(value, high)).collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a height is one of eight"
)]
fn height(value: f64, high: f64) -> char {
    let top = HEIGHTS.len() - 1;
    let share = if high > 0.0 { value / high } else { 0.0 };
    let index = (share * top as f64).round() as usize;
    HEIGHTS.get(index.min(top)).copied().unwrap_or(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_the_highest_of_each_part() {
        assert_eq!(line(&[0.0, 7.0, 3.5]), "▁█▅");
        let long: Vec<f64> = (0..1_000).map(f64::from).collect();
        assert!(line(&long).chars().count() <= COLUMNS);
        assert!(line(&long).ends_with('█'));
    }

    #[test]
    fn nothing_is_flat() {
        assert_eq!(line(&[0.0, 0.0]), "▁▁");
        assert_eq!(line(&[]), "");
    }
}
