//! Text that nobody may see: which values are such, and the types that keep them.

use std::fmt;

use zeroize::Zeroizing;

use crate::{producer::is_open_property, support::general};

/// What stands in the place of a secret wherever a configuration is shown.
pub const BLANK: &str = "********";

/// A password, a private key or a token.
///
/// It has neither `Debug` nor `Display` and is not serialised, so that no message can hold it, and is
/// wiped from memory when it is dropped.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps `text`.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for whoever needs it to log in.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text.to_owned())
    }
}

/// The value of a property for a client library. It is shown unless it is a secret.
#[derive(Clone, Eq, PartialEq)]
pub enum Setting {
    /// Anybody may see it.
    Open(String),
    /// A secret by its name, or by coming from a file (13.31).
    Secret(Secret),
}

impl Setting {
    /// The value, for the client library.
    pub fn expose(&self) -> &str {
        match self {
            Self::Open(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }
}

/// The value, or [`BLANK`].
impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open(text) => text,
            Self::Secret(_) => BLANK,
        })
    }
}

/// The value in quotes, or [`BLANK`].
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(text) => write!(f, "{text:?}"),
            Self::Secret(_) => f.write_str(BLANK),
        }
    }
}

/// The section whose keys are the Java producer's properties.
const PRODUCER: &str = "producer-props.";

/// The key whose keys are the Java serialiser's properties, at whatever level.
const SERIALIZER: &str = "format.props.";

/// Properties of the Java serialiser that hold no secret; whatever else it has may.
const OPEN_SERIALIZER: &[&str] = &[
    "auto.register.schemas",
    "basic.auth.credentials.source",
    "bearer.auth.credentials.source",
    "normalize.schemas",
    "schema.registry.ssl.keystore.location",
    "schema.registry.ssl.keystore.type",
    "schema.registry.ssl.truststore.location",
    "schema.registry.ssl.truststore.type",
    "schema.registry.url",
    "use.latest.version",
];

/// Parts of the names of keys and properties that hold secrets.
const PARTS: &[&str] = &[
    "jaas",
    "passphrase",
    "password",
    "secret",
    "sasl.oauthbearer.config",
    "key.pem",
    "ssl.keystore.certificate.chain",
    "ssl.keystore.key",
    "ssl.truststore.certificates",
    "ssl_",
    "user.info",
];

/// Whether the property `name` holds a secret.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_token = name.contains("token") && !name.contains("token.endpoint");
    is_token || PARTS.iter().any(|part| name.contains(part))
}

/// Whether the value at `path` of a configuration file may be shown.
///
/// Among properties only those are shown that are known to be harmless: a misspelt name may hold a
/// password too.
pub(crate) fn is_open_path(path: &str) -> bool {
    if let Some(property) = path.strip_prefix(PRODUCER) {
        return is_open_property(without_index(property));
    }
    if let Some(at) = path.rfind(SERIALIZER)
        && let Some(property) = path.get(at + SERIALIZER.len()..)
    {
        return OPEN_SERIALIZER.contains(&without_index(property));
    }
    path.ends_with("-file") || !is_secret_name(general(path))
}

/// Whether `text`, which stands where no secret is expected, has one all the same: the user and
/// password of an address.
pub(crate) fn has_credentials(text: &str) -> bool {
    text.split_once("://")
        .is_some_and(|(_, rest)| rest.contains('@'))
}

/// The name of a property, of whose list one item is meant.
fn without_index(name: &str) -> &str {
    name.strip_suffix(']')
        .and_then(|name| name.rsplit_once('['))
        .map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_harmless_keys_are_shown_and_those_of_others_are_not() {
        for path in [
            "service.port",
            "routing.destination",
            "producer-props.client.id",
            "producer-props.bootstrap.servers[1]",
            "producer-props.ssl.truststore.location",
            "producer-props.sasl.oauthbearer.token.endpoint.url",
            "format.props.schema.registry.url",
            "service.tls.key-store.store-password-file",
            "namespaces.secrets.sets.tokens.routing.destination",
        ] {
            assert!(is_open_path(path), "{path}");
        }
        for path in [
            "producer-props.sasl.jaas.config",
            "producer-props.ssl.keystore.key",
            "producer-props.ssl.truststore.password",
            "producer-props.sasl.pasword",
            "producer-props.sasl.jaas.config[0]",
            "producer-props.\"ssl.key password\"",
            "format.props.basic.auth.user.info",
            "namespaces.users.format.props.bearer.auth.token",
            "namespaces.users.sets.vip.format.props.whatever",
            "sasl.jaas.config",
        ] {
            assert!(!is_open_path(path), "{path}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_seen() {
        assert!(has_credentials("https://user:canary@registry:8081"));
        assert!(!has_credentials("https://registry:8081/a"));
        assert!(!has_credentials("a@b"));
    }

    #[test]
    fn a_setting_is_shown_unless_it_is_a_secret() {
        let secret = Setting::Secret("canary".into());
        assert_eq!(format!("{secret} {secret:?}"), format!("{BLANK} {BLANK}"));
        assert_eq!(secret.expose(), "canary");
        let open = Setting::Open("5".to_owned());
        assert_eq!(format!("{open} {open:?} {}", open.expose()), "5 \"5\" 5");
    }
}
