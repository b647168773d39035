//! Names that Kafka takes for a topic.

use std::fmt;

/// Longest name of a topic, in bytes: Kafka's own limit, so that a partition's folder fits any file
/// system.
const TOPIC_LEN_MAX: usize = 249;

/// A name that Kafka takes for a topic.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct TopicName(String);

impl TopicName {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TopicName {
    type Error = InvalidTopicName;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        if is_legal_topic(&name) {
            Ok(Self(name))
        } else {
            Err(InvalidTopicName(name))
        }
    }
}

impl AsRef<str> for TopicName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether Kafka takes `name` for a topic: 1 to 249 of `A-Z a-z 0-9 . _ -`, and neither `.` nor
/// `..` (13.7).
pub fn is_legal_topic(name: &str) -> bool {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=TOPIC_LEN_MAX).contains(&name.len())
        && !matches!(name, "." | "..")
        && name.bytes().all(is_legal)
}

/// A name that Kafka would refuse for a topic.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0:?} is no legal topic name; use 1 to {TOPIC_LEN_MAX} of A-Z a-z 0-9 . _ -, but not `.` or `..`"
)]
pub struct InvalidTopicName(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kafka_takes_letters_digits_dot_underscore_and_dash() {
        for name in [
            "a",
            "all-data",
            "Users.v1_x",
            "0",
            "...",
            "-",
            &"x".repeat(249),
        ] {
            assert!(is_legal_topic(name), "{name}");
        }
    }

    #[test]
    fn kafka_refuses_empty_dots_alone_long_and_other_characters() {
        for name in [
            "",
            ".",
            "..",
            "a b",
            "a/b",
            "ä",
            "a:b",
            "a\n",
            &"x".repeat(250),
        ] {
            assert!(!is_legal_topic(name), "{name}");
            assert!(TopicName::try_from(name.to_owned()).is_err(), "{name}");
        }
    }
}
