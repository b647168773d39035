//! The types of stores, by the names that configurations give them.

use std::fmt;
use std::str::FromStr;

/// A type of key store, as a configuration declares it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum StoreKind {
    /// Java's own type of old.
    #[default]
    Jks,
    /// The same, with keys encrypted better.
    Jceks,
    /// The type of the standards, and of Java since version 9.
    Pkcs12,
    /// Text with certificates and a key, as Kafka's PEM stores.
    Pem,
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jks => "JKS",
            Self::Jceks => "JCEKS",
            Self::Pkcs12 => "PKCS12",
            Self::Pem => "PEM",
        })
    }
}

/// Why a name is none of a [`StoreKind`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum KindError {
    /// The vendor's connector knows the type; outside of Java it cannot be had.
    #[error(
        "exists in Java alone; use JKS, JCEKS, PKCS12 or PEM: keytool -importkeystore converts"
    )]
    JavaOnly,
    /// No such type.
    #[error("is no type of key store; use JKS, JCEKS, PKCS12 or PEM")]
    Unknown,
}

impl FromStr for StoreKind {
    type Err = KindError;

    /// Takes the names in any case, as Java does.
    fn from_str(name: &str) -> Result<Self, KindError> {
        const JAVA_ONLY: [&str; 5] = ["PKCS11", "DKS", "Windows-MY", "Windows_MY", "BKS"];
        match name.to_ascii_uppercase().as_str() {
            "JKS" => Ok(Self::Jks),
            "JCEKS" => Ok(Self::Jceks),
            "PKCS12" | "P12" | "PFX" => Ok(Self::Pkcs12),
            "PEM" => Ok(Self::Pem),
            _ if JAVA_ONLY
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name)) =>
            {
                Err(KindError::JavaOnly)
            }
            _ => Err(KindError::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_named_in_any_case_and_those_of_java_alone_are_told_apart() {
        assert_eq!("jks".parse(), Ok(StoreKind::Jks));
        assert_eq!("Jceks".parse(), Ok(StoreKind::Jceks));
        assert_eq!("PKCS12".parse(), Ok(StoreKind::Pkcs12));
        assert_eq!("pem".parse(), Ok(StoreKind::Pem));
        for name in ["PKCS11", "DKS", "Windows_MY", "windows-my", "BKS"] {
            assert_eq!(
                name.parse::<StoreKind>(),
                Err(KindError::JavaOnly),
                "{name}"
            );
        }
        assert_eq!("JSK".parse::<StoreKind>(), Err(KindError::Unknown));
    }
}
