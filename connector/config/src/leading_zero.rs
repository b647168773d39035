//! Whole numbers with a leading zero. YAML 1.1 takes them for octal and YAML 1.2 for decimal, so
//! nobody can tell what their author meant.

/// What is wrong with such a number.
pub(crate) const REASON: &str =
    "has a leading zero, which some readers of YAML take for octal and others do not";

/// What to do about the number `text`; `None` if it has no leading zero.
pub(crate) fn remedy(text: &str) -> Option<String> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let is_number = digits.bytes().all(|c| c.is_ascii_digit() || c == b'_');
    if digits.len() < 2 || !digits.starts_with('0') || !is_number {
        return None;
    }
    let digits = digits.replace('_', "");
    let octal = u64::from_str_radix(&digits, 8).ok();
    Some(match (digits.parse::<u64>(), octal) {
        (Ok(decimal), Some(octal)) if octal != decimal => {
            format!("write {sign}{decimal}, or {sign}{octal} if octal was meant")
        }
        (Ok(decimal), _) => format!("write {sign}{decimal}"),
        (Err(_), _) => "write it without the zero".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_zero_is_answered_with_what_it_can_mean() {
        for (text, expected) in [
            ("010000", "write 10000, or 4096 if octal was meant"),
            ("-010", "write -10, or -8 if octal was meant"),
            ("+0_20", "write 20, or 16 if octal was meant"),
            ("007", "write 7"),
            ("0899", "write 899"),
            ("00", "write 0"),
        ] {
            assert_eq!(remedy(text).as_deref(), Some(expected), "{text}");
        }
        let beyond = format!("0{}", "9".repeat(30));
        assert_eq!(
            remedy(&beyond).as_deref(),
            Some("write it without the zero")
        );
    }

    #[test]
    fn numbers_without_a_leading_zero_pass() {
        for text in ["0", "-0", "10", "1_000", "0x10", "0o10", "0.5", "", "-"] {
            assert_eq!(remedy(text), None, "{text}");
        }
    }
}
