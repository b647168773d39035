//! Opening a store by what its bytes are.

use rustls_pki_types::CertificateDer;

use crate::{KeyPair, StoreError, StoreKind, java, pem, pkcs12};

/// What every PKCS#12 store begins with: the tag of a sequence.
const SEQUENCE: u8 = 0x30;

/// What the bytes of a store begin with.
#[derive(Clone, Copy)]
enum Format {
    Java,
    Pkcs12,
    Pem,
}

impl Format {
    fn of(bytes: &[u8], declared: StoreKind) -> Result<Self, StoreError> {
        if bytes.is_empty() {
            return Err(StoreError::Truncated);
        }
        if bytes.starts_with(&java::JKS_MAGIC) || bytes.starts_with(&java::JCEKS_MAGIC) {
            Ok(Self::Java)
        } else if bytes.first() == Some(&SEQUENCE) {
            Ok(Self::Pkcs12)
        } else if pem::is_pem(bytes) {
            Ok(Self::Pem)
        } else {
            Err(StoreError::WrongType { declared })
        }
    }
}

/// Takes the key and its certificates out of a store.
///
/// Of several keys that have names, the first one in the store is taken, as Java does; a text of
/// PEM has one, as in Kafka. Without a password of its own the key has that of the store. Without
/// any, a store of Java is not checked.
///
/// # Errors
/// When the store cannot be read, or has no key with a certificate.
pub fn open_keys(
    bytes: &[u8],
    declared: StoreKind,
    store_password: Option<&str>,
    key_password: Option<&str>,
) -> Result<KeyPair, StoreError> {
    match Format::of(bytes, declared)? {
        Format::Java => java::open_keys(bytes, store_password, key_password),
        Format::Pkcs12 => pkcs12::open_keys(bytes, store_password, key_password),
        Format::Pem => pem::open_keys(bytes, key_password.or(store_password)),
    }
}

/// Takes the certificates out of a store that are to be trusted: those that Java trusts by it.
///
/// # Errors
/// When the store cannot be read, or has none.
pub fn open_trusted(
    bytes: &[u8],
    declared: StoreKind,
    store_password: Option<&str>,
) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let trusted = match Format::of(bytes, declared)? {
        Format::Java => java::open_trusted(bytes, store_password),
        Format::Pkcs12 => pkcs12::open_trusted(bytes, store_password),
        Format::Pem => pem::open_trusted(bytes),
    }?;
    if trusted.is_empty() {
        return Err(StoreError::NoCertificate { for_key: false });
    }
    Ok(trusted)
}
