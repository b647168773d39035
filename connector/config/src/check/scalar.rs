//! Single values: booleans, words to choose from, numbers, text.

use serde_json::Value;

use super::{
    Walk,
    shape::{ChoiceShape, IntegerShape, TextShape},
    suggest::{nearest, normalized},
    supported,
};
use crate::{
    leading_zero,
    support::{self, Refusal},
    yaml::{Kind, Node, Scalar},
};

impl Walk<'_> {
    pub(super) fn boolean(&mut self, node: &Node, scalar: &Scalar, path: &str) -> Option<Value> {
        match boolean(&scalar.text) {
            Some(boolean) => Some(boolean.into()),
            None => self.misfit(node, "`true` or `false`", path),
        }
    }

    pub(super) fn choice(
        &mut self,
        node: &Node,
        shape: &ChoiceShape<'_>,
        expected: &str,
        path: &str,
    ) -> Option<Value> {
        let Kind::Scalar(scalar) = &node.kind else {
            return self.misfit(node, expected, path);
        };
        let is_meant = |value: &&&str| {
            **value == scalar.text
                || (shape.is_any_case && normalized(value) == normalized(&scalar.text))
        };
        let Some(value) = shape.values.iter().find(is_meant) else {
            return self.no_choice(node, &supported(path, &shape.values), expected, path);
        };
        match support::refused_value(path, value) {
            Some(Refusal { reason, remedy }) => self.fault_of(node, path, reason, remedy),
            None => Some((*value).into()),
        }
    }

    /// A word that is none of `values`.
    pub(super) fn no_choice(
        &mut self,
        node: &Node,
        values: &[&str],
        expected: &str,
        path: &str,
    ) -> Option<Value> {
        let Kind::Scalar(scalar) = &node.kind else {
            return self.misfit(node, expected, path);
        };
        let remedy = match nearest(&scalar.text, values.iter().copied()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None if values.len() == 1 => format!("write {expected}"),
            None => "choose one of them".to_owned(),
        };
        self.fault_of(node, path, &format!("must be {expected}"), &remedy)
    }

    pub(super) fn integer(
        &mut self,
        node: &Node,
        scalar: &Scalar,
        shape: &IntegerShape<'_>,
        path: &str,
    ) -> Option<Value> {
        let Some(number) = integer(&scalar.text) else {
            return self.misfit(node, "a whole number", path);
        };
        if let Some(remedy) = leading_zero::remedy(&scalar.text) {
            return self.fault_of(node, path, leading_zero::REASON, &remedy);
        }
        let IntegerShape { min, max, remedy } = *shape;
        match i64::try_from(number) {
            Ok(number) if (min..=max).contains(&number) => Some(number.into()),
            _ => {
                let reason = format!("must be {min} to {max}");
                let bounds = format!("choose a number from {min} to {max}");
                self.fault_of(node, path, &reason, remedy.unwrap_or(&bounds))
            }
        }
    }

    pub(super) fn text(
        &mut self,
        node: &Node,
        scalar: &Scalar,
        shape: &TextShape,
        path: &str,
    ) -> Option<Value> {
        let len = scalar.text.chars().count() as u64;
        if len < shape.min {
            let remedy = if self.required.contains(path) {
                "give it a value; the key is required"
            } else {
                "give it a value, or remove the key"
            };
            return self.fault_of(node, path, "must not be empty", remedy);
        }
        if len > shape.max {
            let reason = format!("has {len} characters, more than {}", shape.max);
            return self.fault_of(node, path, &reason, "choose a shorter text");
        }
        Some(scalar.text.as_str().into())
    }
}

/// A boolean in one of the spellings that YAML has had for it.
fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// A whole number in one of YAML's spellings; underscores may stand between digits.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match (digits.strip_prefix("0x"), digits.strip_prefix("0o")) {
        (Some(digits), _) => (16, digits),
        (_, Some(digits)) => (8, digits),
        _ => (10, digits),
    };
    let is_digits = |group: &str| !group.is_empty() && group.chars().all(|c| c.is_digit(radix));
    if !digits.split('_').all(is_digits) {
        return None;
    }
    // More digits than fit are a number all the same: out of every bound.
    let number = i128::from_str_radix(&digits.replace('_', ""), radix).unwrap_or(i128::MAX);
    Some(sign * number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_read_in_the_spellings_of_yaml() {
        for (text, number) in [
            ("8080", 8080),
            ("-1", -1),
            ("+7", 7),
            ("0x1F90", 8080),
            ("0o10", 8),
            ("100_000", 100_000),
        ] {
            assert_eq!(integer(text), Some(number), "{text}");
        }
        assert_eq!(integer(&"9".repeat(100)), Some(i128::MAX));
    }

    #[test]
    fn what_is_no_whole_number_is_none() {
        for text in [
            "", "-", "1.0", "1e4", "8080/tcp", "_1", "1_", "1__0", "0x", "--1", "0x0x1", "ten",
        ] {
            assert_eq!(integer(text), None, "{text}");
        }
    }

    #[test]
    fn booleans_are_read_in_every_spelling_yaml_has_had() {
        for text in ["true", "yes", "on", "True", "YES"] {
            assert_eq!(boolean(text), Some(true), "{text}");
        }
        for text in ["false", "no", "off", "False", "OFF"] {
            assert_eq!(boolean(text), Some(false), "{text}");
        }
        for text in ["", "1", "y", "enabled"] {
            assert_eq!(boolean(text), None, "{text}");
        }
    }
}
