//! What of the official file this version refuses, in one place.
//!
//! Whoever brings support for a key removes its row here and uses the key in the plan.

/// Why a key or value that the official file has is refused, and what to do instead.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) reason: &'static str,
    pub(crate) remedy: &'static str,
}

const NOT_YET: &str = "not supported yet";
const JAVA: &str = "asks for a Java class, which this connector cannot load";

/// Keys that are refused whatever their value: path, reason, remedy.
const KEYS: &[(&str, Refusal)] = &[
    (
        "custom-transformer",
        refusal(
            JAVA,
            "remove the section and change records in a consumer of the topic",
        ),
    ),
    (
        "service.manage.tls",
        refusal(
            NOT_YET,
            "remove the section and use `service.manage.port`, on a private address",
        ),
    ),
    (
        "service.tls",
        refusal(
            NOT_YET,
            "remove the section and use `service.port`, inside a network you trust",
        ),
    ),
];

/// Values that are refused under a key: path, value, reason, remedy.
const VALUES: &[(&str, &str, Refusal)] = &[
    ("format.mode", "custom", refusal(JAVA, ANOTHER_FORMAT)),
    (
        "format.mode",
        "kafka-avro",
        refusal(NOT_YET, ANOTHER_FORMAT),
    ),
    ("routing.mode", "custom", refusal(JAVA, ANOTHER_ROUTING)),
];

const ANOTHER_FORMAT: &str = "use `json`, `flat-json`, `message-pack`, `avro` or `xdr`";
const ANOTHER_ROUTING: &str = "use `static`, `skip`, `namespace`, `set`, `bin` or `path`";

const fn refusal(reason: &'static str, remedy: &'static str) -> Refusal {
    Refusal { reason, remedy }
}

/// Why the key at `path` is refused, if it is.
pub(crate) fn refused_key(path: &str) -> Option<&'static Refusal> {
    let path = general(path);
    KEYS.iter()
        .find(|(key, _)| *key == path)
        .map(|(_, refusal)| refusal)
}

/// Why `value` is refused under the key at `path`, if it is.
pub(crate) fn refused_value(path: &str, value: &str) -> Option<&'static Refusal> {
    let path = general(path);
    VALUES
        .iter()
        .find(|(key, refused, _)| *key == path && *refused == value)
        .map(|(.., refusal)| refusal)
}

/// The path that an item of a port, namespace or set has on the general level.
pub(crate) fn general(path: &str) -> &str {
    ["port-based-config.", "namespaces.", "sets."]
        .into_iter()
        .fold(path, |path, names| {
            path.strip_prefix(names)
                .and_then(after_name)
                .unwrap_or(path)
        })
}

/// What follows the name that `path` begins with; a name with a dot stands in quotes.
fn after_name(path: &str) -> Option<&str> {
    let Some(quoted) = path.strip_prefix('"') else {
        return path.split_once('.').map(|(_, rest)| rest);
    };
    let mut is_escaped = false;
    let end = quoted.find(|c| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    })?;
    quoted.split_at_checked(end)?.1.strip_prefix("\".")
}

#[cfg(test)]
pub(crate) fn refused_keys() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(path, _)| *path)
}

#[cfg(test)]
pub(crate) fn refused_values() -> impl Iterator<Item = (&'static str, &'static str)> {
    VALUES.iter().map(|(path, value, _)| (*path, *value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_of_any_level_has_its_path_on_the_general_one() {
        for path in [
            "routing.mode",
            "namespaces.users.routing.mode",
            "namespaces.users.sets.vip.routing.mode",
            "port-based-config.8901.routing.mode",
            "port-based-config.8901.namespaces.users.sets.vip.routing.mode",
            r#"namespaces."sets.vip".routing.mode"#,
            r#"namespaces.users.sets."a \".b\\".routing.mode"#,
        ] {
            assert_eq!(general(path), "routing.mode", "{path}");
        }
        for path in [
            "namespaces",
            "namespaces.users",
            "sets",
            "service.port",
            r#"namespaces."users"#,
        ] {
            assert_eq!(general(path), path, "{path}");
        }
    }

    #[test]
    fn a_name_that_looks_like_a_path_is_a_name() {
        assert!(refused_key(r#"namespaces."users.custom-transformer""#).is_none());
        assert!(refused_key("namespaces.custom-transformer").is_none());
        assert!(refused_key("namespaces.users.custom-transformer").is_some());
    }
}
