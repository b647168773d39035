//! What is done to a name before it is used as a topic.

use std::{borrow::Cow, fmt};

use crate::java_regex::{Regex, ReplaceError, Replacement};

/// The steps that a name goes through, in order.
#[derive(Clone, Debug, Default)]
pub struct Transforms {
    steps: Vec<TransformStep>,
}

impl Transforms {
    /// Transforms that do `steps` one after the other.
    pub fn new(steps: Vec<TransformStep>) -> Self {
        Self { steps }
    }

    /// The steps, in order.
    pub fn steps(&self) -> &[TransformStep] {
        &self.steps
    }

    /// Whether a name stays as it is.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What `text` becomes. Fails only in a regular expression, whose work is bounded.
    pub fn apply<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, TransformError> {
        let mut name = Cow::Borrowed(text);
        for step in &self.steps {
            name = match name {
                Cow::Borrowed(name) => step.apply(name)?,
                Cow::Owned(name) => Cow::Owned(step.apply(&name)?.into_owned()),
            };
        }
        Ok(name)
    }
}

/// ` | STEP` for each step, as it was written.
impl fmt::Display for Transforms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            match step {
                TransformStep::Lowercase => f.write_str(" | lowercase")?,
                TransformStep::Uppercase => f.write_str(" | uppercase")?,
                TransformStep::Trim => f.write_str(" | trim")?,
                TransformStep::Regex(pattern, replacement) => {
                    write!(f, " | {:?} -> {:?}", pattern.as_str(), replacement.as_str())?;
                }
            }
        }
        Ok(())
    }
}

/// One thing done to a name.
#[derive(Clone, Debug)]
pub enum TransformStep {
    /// Every letter becomes a small one.
    Lowercase,
    /// Every letter becomes a capital.
    Uppercase,
    /// Spaces and control characters (up to U+0020) at both ends go, as Java's `String.trim` does
    /// it.
    Trim,
    /// Every match is replaced, as Java's `String.replaceAll` does it.
    Regex(Regex, Replacement),
}

impl TransformStep {
    fn apply<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, TransformError> {
        Ok(match self {
            Self::Lowercase
                if text
                    .chars()
                    .all(|c| c.is_ascii() && !c.is_ascii_uppercase()) =>
            {
                text.into()
            }
            Self::Lowercase => text.to_lowercase().into(),
            Self::Uppercase
                if text
                    .chars()
                    .all(|c| c.is_ascii() && !c.is_ascii_lowercase()) =>
            {
                text.into()
            }
            Self::Uppercase => text.to_uppercase().into(),
            Self::Trim => text.trim_matches(|c| c <= ' ').into(),
            Self::Regex(regex, replacement) => regex
                .replace_all(text, replacement)
                .map_err(|source| TransformError::Replace { source })?,
        })
    }
}

/// Why a name could not be transformed.
#[derive(Debug, thiserror::Error)]
pub enum TransformError {
    /// The regular expression gave up on it.
    #[error("the regular expression gave up")]
    Replace {
        /// The bound that was met.
        source: ReplaceError,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(steps: Vec<TransformStep>, text: &str) -> String {
        Transforms::new(steps).apply(text).unwrap().into_owned()
    }

    fn regex(pattern: &str, replacement: &str) -> TransformStep {
        let regex = Regex::new(pattern).unwrap();
        let replacement = Replacement::parse(replacement, &regex).unwrap();
        TransformStep::Regex(regex, replacement)
    }

    #[test]
    fn steps_are_done_in_their_order() {
        let steps = vec![
            TransformStep::Trim,
            regex("[^A-Za-z0-9]", "-"),
            TransformStep::Lowercase,
        ];
        assert_eq!(apply(steps, " Toys & Games\n"), "toys---games");
        let steps = vec![TransformStep::Uppercase, regex("[a-z]", "")];
        assert_eq!(apply(steps, "users"), "USERS");
    }

    #[test]
    fn trimming_takes_what_java_takes() {
        assert_eq!(apply(vec![TransformStep::Trim], "\u{1}\t a \r\n"), "a");
        assert_eq!(apply(vec![TransformStep::Trim], "\u{a0}a"), "\u{a0}a");
    }

    #[test]
    fn letters_beyond_ascii_change_case_too() {
        assert_eq!(apply(vec![TransformStep::Lowercase], "GRÖSSE"), "grösse");
        assert_eq!(apply(vec![TransformStep::Uppercase], "straße"), "STRASSE");
    }

    #[test]
    fn a_name_that_stays_the_same_is_not_copied() {
        let transforms = Transforms::new(vec![TransformStep::Trim, TransformStep::Lowercase]);
        assert!(matches!(
            transforms.apply(" users").unwrap(),
            Cow::Borrowed("users")
        ));
        assert!(Transforms::default().is_empty());
    }
}
