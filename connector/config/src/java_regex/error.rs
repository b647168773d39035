//! What can be wrong with a pattern, a replacement, or one text.

/// Why a pattern cannot be used: what is wrong, where, and what to write instead.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{reason} at character {position}; {remedy}")]
pub struct RegexError {
    /// What is wrong, or which construct cannot be held.
    pub reason: String,
    /// The character of the pattern that it begins with, counted from 1.
    pub position: usize,
    /// What to write instead.
    pub remedy: &'static str,
}

impl RegexError {
    pub(super) fn new(reason: impl Into<String>, position: usize, remedy: &'static str) -> Self {
        Self {
            reason: reason.into(),
            position,
            remedy,
        }
    }
}

/// Why a replacement cannot be used with its pattern.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReplacementError {
    /// It ends in a backslash.
    #[error("the backslash at the end escapes nothing; write \\\\ for a backslash")]
    DanglingBackslash,
    /// A dollar sign is not followed by a digit or `{name}`.
    #[error(
        "the dollar sign at character {position} names no group; write \\$ for a dollar sign, \
         $1 or ${{name}} for a group"
    )]
    DanglingDollar {
        /// Place of the dollar sign, counted from 1.
        position: usize,
    },
    /// The pattern has no group of this number.
    #[error("there is no group {group}; the pattern has {groups} (write \\$ for a dollar sign)")]
    NoSuchGroup {
        /// The number asked for.
        group: u32,
        /// How many groups the pattern has.
        groups: u32,
    },
    /// The pattern has no group of this name.
    #[error("there is no group named {name:?}; name it in the pattern with (?<{name}>...)")]
    NoSuchName {
        /// The name asked for.
        name: String,
    },
    /// It is longer than a replacement may be.
    #[error("the replacement has {len} bytes; at most {limit} are taken")]
    TooLong {
        /// Bytes of the replacement.
        len: usize,
        /// The most it may have.
        limit: usize,
    },
}

/// Why one text could not be worked on. The pattern is fine for others.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReplaceError {
    /// The text is longer than a name may sensibly be.
    #[error("the text has {len} bytes; regular expressions take at most {limit}")]
    TextTooLong {
        /// Bytes of the text.
        len: usize,
        /// The most it may have.
        limit: usize,
    },
    /// The pattern backtracks too much on this text.
    #[error(
        "the pattern took more than {limit} steps on this text; \
         nested repetitions are the usual cause"
    )]
    TooManySteps {
        /// The steps allowed for one text.
        limit: u32,
    },
    /// The result is longer than a name may sensibly be.
    #[error("the result has more than {limit} bytes")]
    ResultTooLong {
        /// The most it may have.
        limit: usize,
    },
}
