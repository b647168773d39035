//! Doubles in the spelling of Java's `Double.toString`, as of JDK 19: the fewest digits that read
//! back to the same value.

/// Java's spelling has two digits at least, and of the decimals with two digits it takes the nearest.
/// This differs from the shortest form for a few of the smallest subnormals only: multiples of the
/// smallest positive double, beside their spelling.
const COARSE: [(u64, &str); 8] = [
    (1, "4.9E-324"),
    (2, "9.9E-324"),
    (10, "4.9E-323"),
    (12, "5.9E-323"),
    (14, "6.9E-323"),
    (16, "7.9E-323"),
    (18, "8.9E-323"),
    (20, "9.9E-323"),
];

/// Appends `value` as a JSON number; what JSON has no number for becomes a string (13.8).
#[inline]
pub(crate) fn write_json(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        write(out, value);
    } else {
        out.push(b'"');
        write(out, value);
        out.push(b'"');
    }
}

/// Appends `value` in Java's spelling: `1.0`, `1.0E10`, `1.0E-5`, `NaN`, `-Infinity`.
#[inline]
pub(crate) fn write(out: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        // Here both write plain decimals.
        out.extend_from_slice(zmij::Buffer::new().format_finite(value).as_bytes());
    } else if value.is_finite() {
        write_scientific(out, value);
    } else if value.is_nan() {
        out.extend_from_slice(b"NaN");
    } else {
        out.extend_from_slice(if value > 0.0 {
            b"Infinity"
        } else {
            b"-Infinity"
        });
    }
}

fn write_scientific(out: &mut Vec<u8>, value: f64) {
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let magnitude = value.abs();
    if let Some((_, text)) = COARSE.iter().find(|(bits, _)| *bits == magnitude.to_bits()) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(magnitude);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));

    // The significant digits, and the power of ten of the first of them.
    let zeros = |digits: &str| digits.bytes().take_while(|digit| *digit == b'0').count();
    let mut exponent: i64 = exponent.parse().unwrap_or_default();
    exponent += if zeros(whole) == whole.len() {
        -power(zeros(fraction)) - 1
    } else {
        power(whole.len()) - 1
    };
    let mut digits = whole
        .bytes()
        .chain(fraction.bytes())
        .skip_while(|digit| *digit == b'0');
    out.extend(digits.next());
    out.push(b'.');
    let point = out.len();
    out.extend(digits);
    while out.len() > point && out.last() == Some(&b'0') {
        out.pop();
    }
    if out.len() == point {
        out.push(b'0');
    }
    out.push(b'E');
    super::integer(out, exponent);
}

/// A number of digits as an exponent; there are never more than some twenty.
fn power(digits: usize) -> i64 {
    i64::try_from(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{write, write_json};
    use proptest::prelude::*;

    fn text_of(value: f64) -> String {
        let mut out = Vec::new();
        write(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn doubles_are_spelled_as_in_java() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (100.0, "100.0"),
            (1234.5678, "1234.5678"),
            (0.001, "0.001"),
            (9_999_999.0, "9999999.0"),
            (9_999_999.999_999_998, "9999999.999999998"),
            (1e7, "1.0E7"),
            (12_345_678.0, "1.2345678E7"),
            (123_456_789.125, "1.23456789125E8"),
            (1e10, "1.0E10"),
            (9_007_199_254_740_993.0, "9.007199254740992E15"),
            (1e16, "1.0E16"),
            (1e21, "1.0E21"),
            (1e23, "1.0E23"),
            (2e23, "2.0E23"),
            (-1.234e100, "-1.234E100"),
            (0.000_999, "9.99E-4"),
            (1e-5, "1.0E-5"),
            (0.000_012_3, "1.23E-5"),
            (1e-6, "1.0E-6"),
            (1.5e-7, "1.5E-7"),
            (-6.626_070_15e-34, "-6.62607015E-34"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (2e-323, "2.0E-323"),
            (1.235e-322, "1.24E-322"),
            // Halfway between two texts, Java takes the even digit.
            (-123_671_099_122_812.63, "-1.2367109912281262E14"),
        ] {
            assert_eq!(text_of(value), text);
        }
    }

    #[test]
    fn the_smallest_doubles_have_the_nearest_two_digits() {
        // k times 4.940656458412465E-324.
        for (multiple, text) in [
            (1, "4.9E-324"),
            (2, "9.9E-324"),
            (3, "1.5E-323"),
            (4, "2.0E-323"),
            (5, "2.5E-323"),
            (6, "3.0E-323"),
            (8, "4.0E-323"),
            (10, "4.9E-323"),
            (12, "5.9E-323"),
            (14, "6.9E-323"),
            (16, "7.9E-323"),
            (18, "8.9E-323"),
            (20, "9.9E-323"),
        ] {
            assert_eq!(text_of(f64::from_bits(multiple)), text);
            assert_eq!(text_of(-f64::from_bits(multiple)), format!("-{text}"));
        }
    }

    #[test]
    fn what_is_no_number_is_a_string_in_json() {
        for (value, text) in [
            (f64::NAN, r#""NaN""#),
            (f64::INFINITY, r#""Infinity""#),
            (f64::NEG_INFINITY, r#""-Infinity""#),
            (2.0, "2.0"),
        ] {
            let mut out = Vec::new();
            write_json(&mut out, value);
            assert_eq!(out, text.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn every_double_reads_back_and_follows_the_spelling(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = text_of(value);
            prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), bits);
            let magnitude = value.abs();
            let is_plain = magnitude == 0.0 || (1e-3..1e7).contains(&magnitude);
            prop_assert_eq!(is_plain, !text.contains('E'));
            let (mantissa, _) = text.split_once('E').unwrap_or((&text, ""));
            let (whole, fraction) = mantissa.split_once('.').unwrap();
            prop_assert!(fraction == "0" || (!fraction.is_empty() && !fraction.ends_with('0')));
            prop_assert!(is_plain || matches!(whole.trim_start_matches('-').as_bytes(), [b'1'..=b'9']));
        }

        #[test]
        fn no_shorter_text_reads_back(value in prop_oneof![-1e9..1e9_f64, any::<f64>()]) {
            // The standard library's `{:e}` has the fewest digits. Of two texts equally near it may
            // take the odd one, but not when it rounds to a given number of digits.
            prop_assume!(value.is_finite() && value.abs() > 1e-320);
            let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).map(char::from).collect::<String>();
            let ours = text_of(value);
            let ours = digits(ours.split_once('E').map_or(ours.as_str(), |(mantissa, _)| mantissa));
            let shortest = format!("{value:e}");
            let count = digits(shortest.split_once('e').unwrap().0).len();
            let nearest = format!("{value:.*e}", count - 1);
            let nearest = digits(nearest.split_once('e').unwrap().0);
            prop_assert_eq!(ours.trim_matches('0'), nearest.trim_matches('0'));
        }
    }
}
