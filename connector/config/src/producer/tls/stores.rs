//! What key stores and trust stores have in common.

use aeroduct_stores::{StoreError, StoreKind};

use crate::producer::{draft::Draft, security::Given};

pub(super) const KEY_PASSWORD: &str = "ssl.key.password";

pub(super) const PEM_ALONE: &str = "is for the type PEM alone";
pub(super) const NO_STORE_PASSWORD: &str =
    "does not go with the type PEM, whose stores have no password";

/// The type of a store, Java's default where none is given; `None` where it is wrong or unseen.
pub(super) fn kind(draft: &mut Draft<'_>, given: &Given, name: &str) -> Option<StoreKind> {
    let Some(property) = given.get(name) else {
        return Some(StoreKind::default());
    };
    let text = given.text(name, draft)?;
    match text.parse() {
        Ok(kind) => Some(kind),
        Err(error) => {
            let error = format!("{} {error}", property.quoted(text));
            let (reason, remedy) = error.split_once("; ").unwrap_or((&error, "use PKCS12"));
            draft.refuse(name, reason, remedy);
            None
        }
    }
}

/// Tells that `name` is there without `other`.
pub(super) fn missing(draft: &mut Draft<'_>, name: &str, other: &str) -> Option<()> {
    let reason = format!("is there without {other}");
    draft.refuse(name, reason, format!("add {other}, or leave it out"));
    None
}

/// The content of a store, or `None` after it was told why it cannot be opened.
pub(super) fn told<T>(
    opened: Result<T, StoreError>,
    draft: &mut Draft<'_>,
    name: &str,
    what: &str,
    password: &str,
) -> Option<T> {
    opened
        .map_err(|error| {
            let remedy = match error {
                StoreError::WrongPassword | StoreError::PasswordMissing if !password.is_empty() => {
                    format!("look at {password}")
                }
                StoreError::WrongKeyPassword => format!("look at {KEY_PASSWORD}"),
                _ => "look at it with keytool or openssl".to_owned(),
            };
            draft.refuse(name, format!("{what} cannot be used: {error}"), remedy);
        })
        .ok()
}
