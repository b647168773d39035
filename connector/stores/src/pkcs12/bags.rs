//! The bags in a safe: keys and certificates with their attributes.

use der::Tag;
use der::asn1::ObjectIdentifier;
use rustls_pki_types::CertificateDer;
use zeroize::Zeroizing;

use crate::StoreError;
use crate::asn1::{Values, context, is_private_key};
use crate::cipher;
use crate::work::Work;

const KEY_BAG: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.1");
const ENCRYPTED_KEY_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.2");
const CERTIFICATE_BAG: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.10.1.3");
const X509: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.22.1");
const ALIAS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.20");
const KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.21");
/// Java's mark of a certificate that is to be trusted.
const TRUSTED: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.113894.746875.1.1");

/// What is in a bag.
pub(super) enum Content {
    /// A key in the clear, as PKCS#8.
    Key(Zeroizing<Vec<u8>>),
    /// An `EncryptedPrivateKeyInfo`.
    EncryptedKey(Vec<u8>),
    Certificate {
        der: CertificateDer<'static>,
        trusted: bool,
    },
}

pub(super) struct Bag {
    pub(super) content: Content,
    pub(super) alias: Option<String>,
    /// What a key and its certificate have in common.
    pub(super) key_id: Option<Vec<u8>>,
}

#[derive(Default)]
struct Attributes {
    alias: Option<String>,
    key_id: Option<Vec<u8>>,
    trusted: bool,
}

/// Reads all bags of a safe; those of other kinds, such as secret keys, are passed over.
pub(super) fn read(safe: &[u8], bags: &mut Vec<Bag>) -> Result<(), StoreError> {
    let mut values = Values::new(safe).sequence()?;
    while !values.rest().is_empty() {
        let mut bag = values.sequence()?;
        let kind = bag.object()?;
        let value = bag.content(context(0, true))?;
        let attributes = match bag.optional(Tag::Set)? {
            Some(attributes) => read_attributes(Values::new(attributes))?,
            None => Attributes::default(),
        };
        let content = match kind {
            KEY_BAG => Content::Key(Zeroizing::new(value.to_vec())),
            ENCRYPTED_KEY_BAG => Content::EncryptedKey(value.to_vec()),
            CERTIFICATE_BAG => Content::Certificate {
                der: read_certificate(value)?,
                trusted: attributes.trusted,
            },
            _ => continue,
        };
        bags.push(Bag {
            content,
            alias: attributes.alias,
            key_id: attributes.key_id,
        });
    }
    Ok(())
}

fn read_certificate(value: &[u8]) -> Result<CertificateDer<'static>, StoreError> {
    let mut bag = Values::new(value).sequence()?;
    if bag.object()? != X509 {
        return Err(StoreError::Unsupported(
            "certificates that are not X.509".to_owned(),
        ));
    }
    let der = Values::new(bag.content(context(0, true))?).content(Tag::OctetString)?;
    Ok(CertificateDer::from(der.to_vec()))
}

fn read_attributes(mut values: Values<'_>) -> Result<Attributes, StoreError> {
    let mut attributes = Attributes::default();
    while !values.rest().is_empty() {
        let mut attribute = values.sequence()?;
        let name = attribute.object()?;
        let mut content = Values::new(attribute.content(Tag::Set)?);
        match name {
            ALIAS => attributes.alias = content.optional(Tag::BmpString)?.map(utf16),
            KEY_ID => {
                attributes.key_id = content.optional(Tag::OctetString)?.map(<[u8]>::to_vec);
            }
            TRUSTED => attributes.trusted = true,
            _ => {}
        }
    }
    Ok(attributes)
}

fn utf16(bytes: &[u8]) -> String {
    let (units, _) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
    char::decode_utf16(units)
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Decrypts an `EncryptedPrivateKeyInfo`.
pub(crate) fn decrypt_key(
    encrypted: &[u8],
    password: &str,
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut values = Values::new(encrypted).sequence()?;
    let algorithm = values.sequence()?;
    let data = values.content(Tag::OctetString)?;
    match cipher::decrypt(algorithm, data, password, work) {
        Ok(key) if is_private_key(&key) => Ok(key),
        Ok(_) | Err(StoreError::WrongPassword) => Err(StoreError::WrongKeyPassword),
        Err(other) => Err(other),
    }
}
