//! What the fuzz target calls, as an ordinary function; tests call it too.

use crate::{StoreKind, certificates_to_pem, open_keys, open_trusted};

/// The password of all stores that tests have.
pub const PASSWORD: &str = "changeit";

/// Reads `data` as a store of whatever type, and writes what is in it as PEM.
///
/// # Panics
///
/// When what was written is not read as the same again.
pub fn stores(data: &[u8]) {
    for password in [Some(PASSWORD), None] {
        if let Ok(pair) = open_keys(data, StoreKind::Jks, password, None) {
            let text = pair.key_to_pem().to_string() + &pair.chain_to_pem();
            let again = open_keys(text.as_bytes(), StoreKind::Pem, None, None);
            assert!(
                again.is_ok_and(|again| again.chain == pair.chain && again.key == pair.key),
                "a key written as PEM is the same key"
            );
        }
        if let Ok(trusted) = open_trusted(data, StoreKind::Jks, password) {
            let text = certificates_to_pem(&trusted);
            let again = open_trusted(text.as_bytes(), StoreKind::Pem, None);
            assert_eq!(
                again,
                Ok(trusted),
                "certificates written as PEM are the same"
            );
        }
    }
}

#[cfg(test)]
mod tests;
