//! JKS and JCEKS, Java's own stores: a magic number, entries one after the other, a digest.

use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::work::Work;
use crate::{KeyPair, StoreError};

mod protector;

/// What a JKS store begins with.
pub(crate) const JKS_MAGIC: [u8; 4] = [0xFE, 0xED, 0xFE, 0xED];
/// What a JCEKS store begins with.
pub(crate) const JCEKS_MAGIC: [u8; 4] = [0xCE, 0xCE, 0xCE, 0xCE];
const DIGEST_LEN: usize = 20;

enum Entry<'a> {
    Key {
        alias: String,
        encrypted: &'a [u8],
        chain: Vec<CertificateDer<'static>>,
    },
    Trusted(CertificateDer<'static>),
}

/// The first key of the store, and its chain.
pub(crate) fn open_keys(
    bytes: &[u8],
    store_password: Option<&str>,
    key_password: Option<&str>,
) -> Result<KeyPair, StoreError> {
    let mut keys = Vec::new();
    for entry in entries(bytes, store_password)? {
        if let Entry::Key {
            alias,
            encrypted,
            chain,
        } = entry
        {
            keys.push((alias, encrypted, chain));
        }
    }
    let mut keys = keys.into_iter();
    let (alias, encrypted, chain) = keys.next().ok_or(StoreError::NoKey)?;
    if chain.is_empty() {
        return Err(StoreError::NoCertificate { for_key: true });
    }
    let password = key_password
        .or(store_password)
        .ok_or(StoreError::PasswordMissing)?;
    let mut key = protector::decrypt_key(encrypted, password, &mut Work::new())?;
    Ok(KeyPair {
        chain,
        key: Zeroizing::new(PrivateKeyDer::Pkcs8(std::mem::take(&mut *key).into())),
        alias: Some(alias),
        passed_over: keys.map(|(alias, ..)| alias).collect(),
    })
}

/// What Java trusts by this store: its trusted certificates, and the first one of each key.
pub(crate) fn open_trusted(
    bytes: &[u8],
    store_password: Option<&str>,
) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let trusted = entries(bytes, store_password)?
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Trusted(certificate) => Some(certificate),
            Entry::Key { chain, .. } => chain.into_iter().next(),
        });
    Ok(trusted.collect())
}

/// All entries, after the digest has been checked: without a password nobody can.
fn entries<'a>(bytes: &'a [u8], password: Option<&str>) -> Result<Vec<Entry<'a>>, StoreError> {
    let mut input = Input(bytes);
    input.take(JKS_MAGIC.len())?;
    let version = input.number()?;
    if !matches!(version, 1 | 2) {
        return Err(StoreError::Unsupported(format!("version {version} of JKS")));
    }
    let count = input.number()?;
    let mut entries = Vec::new();
    for _ in 0..count {
        entries.push(entry(&mut input, version)?);
    }
    let content_len = bytes.len().saturating_sub(input.0.len());
    let digest = input.take(DIGEST_LEN)?;
    if !input.0.is_empty() {
        return Err(StoreError::Malformed("there are bytes behind its end"));
    }
    if let Some(password) = password {
        let content = bytes.get(..content_len).unwrap_or_default();
        protector::verify(content, digest, password)?;
    }
    Ok(entries)
}

fn entry<'a>(input: &mut Input<'a>, version: u32) -> Result<Entry<'a>, StoreError> {
    let tag = input.number()?;
    let alias = input.text()?;
    input.take(size_of::<u64>())?;
    match tag {
        1 => {
            let encrypted = input.block()?;
            let mut chain = Vec::new();
            for _ in 0..input.number()? {
                chain.push(certificate(input, version)?);
            }
            Ok(Entry::Key {
                alias,
                encrypted,
                chain,
            })
        }
        2 => Ok(Entry::Trusted(certificate(input, version)?)),
        3 => Err(StoreError::Unsupported(
            "an entry with a secret key, a serialised object of Java".to_owned(),
        )),
        _ => Err(StoreError::Malformed("an entry in it is of no known type")),
    }
}

fn certificate(input: &mut Input<'_>, version: u32) -> Result<CertificateDer<'static>, StoreError> {
    if version == 2 {
        let format = input.text()?;
        if !matches!(format.as_str(), "X.509" | "X509") {
            return Err(StoreError::Unsupported(format!(
                "certificates of type {}",
                format.escape_debug()
            )));
        }
    }
    Ok(CertificateDer::from(input.block()?.to_vec()))
}

/// What has not been read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], StoreError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(StoreError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<u32, StoreError> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or(StoreError::Truncated)?;
        self.0 = rest;
        Ok(u32::from_be_bytes(*bytes))
    }

    /// Bytes behind their length in four bytes.
    fn block(&mut self) -> Result<&'a [u8], StoreError> {
        let len = self.number()?;
        self.take(usize::try_from(len).map_err(|_| StoreError::Truncated)?)
    }

    /// Text behind its length in two bytes. Java's UTF-8 differs beyond ordinary characters, so
    /// that those are shown as unreadable.
    fn text(&mut self) -> Result<String, StoreError> {
        let (len, rest) = self.0.split_first_chunk().ok_or(StoreError::Truncated)?;
        self.0 = rest;
        let bytes = self.take(usize::from(u16::from_be_bytes(*len)))?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }
}
