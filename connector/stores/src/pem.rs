//! Text with certificates and keys, as Kafka's PEM stores are: one text may have both.

use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::pkcs12::decrypt_key;
use crate::work::Work;
use crate::{KeyPair, StoreError};

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";

/// Whether these bytes have a section of PEM.
pub(crate) fn is_pem(bytes: &[u8]) -> bool {
    let begin = BEGIN.as_bytes();
    bytes.windows(begin.len()).any(|window| window == begin)
}

/// The one key of the text, and its certificates in their order: that of the key comes first.
pub(crate) fn open_keys(bytes: &[u8], password: Option<&str>) -> Result<KeyPair, StoreError> {
    let text = text(bytes)?;
    let mut keys = Vec::new();
    let mut chain = Vec::new();
    for section in Sections(text) {
        let section = section?;
        if section.is_certificate() {
            chain.push(section.certificate()?);
        } else if section.is_key() {
            keys.push(section);
        }
    }
    let [key] = keys.as_slice() else {
        return Err(match keys.len() {
            0 => StoreError::NoKey,
            several => StoreError::SeveralKeys(several),
        });
    };
    if chain.is_empty() {
        return Err(StoreError::NoCertificate { for_key: true });
    }
    Ok(KeyPair {
        chain,
        key: key.key(password)?,
        alias: None,
        passed_over: Vec::new(),
    })
}

/// All certificates of the text.
pub(crate) fn open_trusted(bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    let mut trusted = Vec::new();
    for section in Sections(text(bytes)?) {
        let section = section?;
        if section.is_certificate() {
            trusted.push(section.certificate()?);
        }
    }
    Ok(trusted)
}

fn text(bytes: &[u8]) -> Result<&str, StoreError> {
    str::from_utf8(bytes).map_err(|_| StoreError::Malformed("its text is not UTF-8"))
}

/// What stands between two markers.
struct Section<'a> {
    label: &'a str,
    body: &'a str,
}

impl Section<'_> {
    fn is_certificate(&self) -> bool {
        matches!(self.label, "CERTIFICATE" | "X509 CERTIFICATE")
    }

    fn is_key(&self) -> bool {
        self.label.ends_with("PRIVATE KEY")
    }

    fn certificate(&self) -> Result<CertificateDer<'static>, StoreError> {
        Ok(CertificateDer::from(std::mem::take(&mut *self.decode()?)))
    }

    fn key(&self, password: Option<&str>) -> Result<Zeroizing<PrivateKeyDer<'static>>, StoreError> {
        let mut der = self.decode()?;
        let key = match self.label {
            "PRIVATE KEY" => PrivateKeyDer::Pkcs8(std::mem::take(&mut *der).into()),
            "RSA PRIVATE KEY" => PrivateKeyDer::Pkcs1(std::mem::take(&mut *der).into()),
            "EC PRIVATE KEY" => PrivateKeyDer::Sec1(std::mem::take(&mut *der).into()),
            "ENCRYPTED PRIVATE KEY" => {
                let password = password.ok_or(StoreError::PasswordMissing)?;
                let mut key = decrypt_key(&der, password, &mut Work::new())?;
                PrivateKeyDer::Pkcs8(std::mem::take(&mut *key).into())
            }
            other => {
                let label = other.escape_debug();
                return Err(StoreError::Unsupported(format!("a section {label}")));
            }
        };
        Ok(Zeroizing::new(key))
    }

    fn decode(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        if self.body.contains("Proc-Type") {
            let old = "the encryption of openssl's old keys (Proc-Type)";
            return Err(StoreError::Unsupported(old.to_owned()));
        }
        let mut base64 = Zeroizing::new(Vec::with_capacity(self.body.len()));
        base64.extend(self.body.bytes().filter(|byte| !byte.is_ascii_whitespace()));
        base64_simd::STANDARD
            .decode_to_vec(&*base64)
            .map(Zeroizing::new)
            .map_err(|_| StoreError::Malformed("a section of it is not Base64"))
    }
}

/// The sections of a text, wherever they begin: Kafka takes PEM in one line, too.
struct Sections<'a>(&'a str);

impl<'a> Iterator for Sections<'a> {
    type Item = Result<Section<'a>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (_, rest) = self.0.split_once(BEGIN)?;
        let section = rest.split_once(DASHES).and_then(|(label, rest)| {
            let (body, rest) = rest.split_once("-----END ")?;
            let (end, rest) = rest.split_once(DASHES)?;
            Some((label, body, end, rest))
        });
        let Some((label, body, end, rest)) = section else {
            self.0 = "";
            return Some(Err(StoreError::Truncated));
        };
        self.0 = rest;
        if label != end {
            self.0 = "";
            return Some(Err(StoreError::Malformed(
                "a section of it ends under another name",
            )));
        }
        Some(Ok(Section { label, body }))
    }
}
