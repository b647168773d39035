//! PKCS#12 stores (RFC 7292), as keytool and openssl write them.

use der::asn1::ObjectIdentifier;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::work::Work;
use crate::x509::names;
use crate::{KeyPair, StoreError};
use bags::{Bag, Content};

pub(crate) use bags::decrypt_key;

mod bags;
pub(crate) mod derive;
mod mac;
mod outer;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const ENCRYPTED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.6");

/// Certificates of one chain, as many as anybody has.
const CHAIN_LEN_MAX: usize = 32;

/// The first key of the store, and its chain.
pub(crate) fn open_keys(
    bytes: &[u8],
    store_password: Option<&str>,
    key_password: Option<&str>,
) -> Result<KeyPair, StoreError> {
    let mut work = Work::new();
    let bags = outer::open(bytes, store_password, &mut work)?;
    let mut keys = bags
        .iter()
        .filter(|bag| matches!(bag.content, Content::Key(_) | Content::EncryptedKey(_)));
    let first = keys.next().ok_or(StoreError::NoKey)?;
    let passed_over = keys
        .map(|bag| bag.alias.clone().unwrap_or_default())
        .collect();
    let chain = chain(first, &bags)?;
    let mut key = match &first.content {
        Content::EncryptedKey(encrypted) => {
            let password = key_password
                .or(store_password)
                .ok_or(StoreError::PasswordMissing)?;
            decrypt_key(encrypted, password, &mut work)?
        }
        Content::Key(key) => key.clone(),
        Content::Certificate { .. } => return Err(StoreError::NoKey),
    };
    Ok(KeyPair {
        chain,
        key: Zeroizing::new(PrivateKeyDer::Pkcs8(std::mem::take(&mut *key).into())),
        alias: first.alias.clone(),
        passed_over,
    })
}

/// What Java trusts by this store: the certificates that carry its mark, and that of each key. A
/// store with certificates alone and without marks, as openssl writes it, is meant to be trusted.
pub(crate) fn open_trusted(
    bytes: &[u8],
    store_password: Option<&str>,
) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let bags = outer::open(bytes, store_password, &mut Work::new())?;
    let is_plain = bags
        .iter()
        .all(|bag| matches!(bag.content, Content::Certificate { trusted: false, .. }));
    let trusted = bags.into_iter().filter_map(|bag| match bag.content {
        Content::Certificate { der, trusted } => {
            (trusted || is_plain || bag.key_id.is_some()).then_some(der)
        }
        Content::Key(_) | Content::EncryptedKey(_) => None,
    });
    Ok(trusted.collect())
}

/// The certificate that belongs to a key, and those of its signers as far as they are there.
fn chain(key: &Bag, bags: &[Bag]) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let certificates = || {
        bags.iter().filter_map(|bag| match &bag.content {
            Content::Certificate { der, .. } => Some((bag, der)),
            Content::Key(_) | Content::EncryptedKey(_) => None,
        })
    };
    let own = certificates()
        .find(|(bag, _)| bag.key_id.is_some() && bag.key_id == key.key_id)
        .or_else(|| certificates().find(|(bag, _)| bag.alias.is_some() && bag.alias == key.alias));
    let (_, own) = own.ok_or(StoreError::NoCertificate { for_key: true })?;

    let mut chain = vec![own.clone()];
    let mut last = names(own)?;
    while last.issuer != last.subject && chain.len() < CHAIN_LEN_MAX {
        let signer = certificates().find_map(|(_, der)| {
            let names = names(der).ok()?;
            (names.subject == last.issuer && !chain.contains(der)).then_some((der, names))
        });
        let Some((der, names)) = signer else { break };
        chain.push(der.clone());
        last = names;
    }
    Ok(chain)
}
