//! The topic is what the path of the HTTP request says after the listener's own (13.17).

use std::{borrow::Cow, fmt, sync::Arc};

use aeroduct_config::{NameRoute, TopicName, Transforms};
use percent_encoding::percent_decode_str;

use super::{TextMisfit, name_into};
use crate::{
    error::{PrepareError, Unroutable},
    lane::TopicChoice,
};

/// Paths of the listener; what follows one names the topic. The root is one as well.
const BASES: [&str; 2] = ["/aerospike/kafka/publish", "/connect"];

/// Takes the topic from the path of the request that brought the record.
#[derive(Debug)]
pub(crate) struct PathRoute {
    default: Option<TopicName>,
    transforms: Transforms,
}

/// Why the path does not name a topic. Nothing is allocated for it: records that take the default are
/// no errors.
#[derive(Debug)]
enum Misfit {
    Missing,
    Text(TextMisfit),
    IllegalName,
}

/// `path else DEFAULT`, and the transforms; no topic is called like that.
impl fmt::Display for PathRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = self.default.as_ref().map_or("", AsRef::as_ref);
        write!(f, "path else {default}{}", self.transforms)
    }
}

impl PathRoute {
    pub(crate) fn new(route: &NameRoute) -> Self {
        Self {
            default: route.default.clone(),
            transforms: route.transforms.clone(),
        }
    }

    pub(crate) const fn default(&self) -> Option<&TopicName> {
        self.default.as_ref()
    }

    /// Puts the name of the topic into `topic`, or takes the default.
    pub(crate) fn choose(
        &self,
        path: Option<&str>,
        topic: &mut String,
    ) -> Result<TopicChoice, PrepareError> {
        match self.name(path, topic) {
            Ok(()) => Ok(TopicChoice::Named),
            Err(_) if self.default.is_some() => Ok(TopicChoice::Fixed),
            Err(misfit) => Err(PrepareError::unroutable(Arc::new(explain(
                misfit, path, topic,
            )))),
        }
    }

    fn name(&self, path: Option<&str>, topic: &mut String) -> Result<(), Misfit> {
        let rest = path.and_then(after_base).ok_or(Misfit::Missing)?;
        if name_into(topic, &decoded(rest), &self.transforms).map_err(Misfit::Text)? {
            Ok(())
        } else {
            Err(Misfit::IllegalName)
        }
    }
}

#[cold]
fn explain(misfit: Misfit, path: Option<&str>, topic: &str) -> Unroutable {
    match misfit {
        Misfit::Missing => Unroutable::NoPath,
        Misfit::Text(misfit) => {
            let rest = path.and_then(after_base).unwrap_or_default();
            misfit.explain("path of the request", &decoded(rest))
        }
        Misfit::IllegalName => Unroutable::IllegalName { name: topic.into() },
    }
}

/// What a path says after that of the listener, if it says anything. Slashes at its end say nothing.
fn after_base(path: &str) -> Option<&str> {
    let is_apart = |rest: &str| rest.is_empty() || rest.starts_with('/');
    let rest = BASES
        .into_iter()
        .find_map(|base| path.strip_prefix(base).filter(|rest| is_apart(rest)))
        .unwrap_or(path)
        .trim_end_matches('/');
    let rest = rest.strip_prefix('/').unwrap_or(rest);
    (!rest.is_empty()).then_some(rest)
}

/// The bytes that a part of a path stands for; a `%` that begins no code stands for itself.
fn decoded(text: &str) -> Cow<'_, [u8]> {
    percent_decode_str(text).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_topic_follows_one_of_the_paths_of_the_listener() {
        for (path, rest) in [
            ("/users", Some("users")),
            ("/connect/users", Some("users")),
            ("/aerospike/kafka/publish/users", Some("users")),
            ("/aerospike/kafka/publish/users/", Some("users")),
            ("/connected", Some("connected")),
            ("/aerospike/users", Some("aerospike/users")),
            ("/", None),
            ("//", None),
            ("", None),
            ("*", Some("*")),
            ("/connect", None),
            ("/connect/", None),
            ("/aerospike/kafka/publish", None),
            ("/aerospike/kafka/publish//", None),
        ] {
            assert_eq!(after_base(path), rest, "{path}");
        }
    }

    #[test]
    fn codes_stand_for_bytes_and_what_is_no_code_for_itself() {
        assert_eq!(&*decoded("a%2Db%2e"), b"a-b.");
        assert_eq!(&*decoded("a%c3%a4"), "aä".as_bytes());
        assert_eq!(&*decoded("100%"), b"100%");
        assert_eq!(&*decoded("%zz%4"), b"%zz%4");
    }
}
