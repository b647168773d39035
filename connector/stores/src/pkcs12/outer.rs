//! The outer layers of a PKCS#12 store: the whole, and the safes in it.

use der::Tag;

use super::bags::{self, Bag};
use super::{DATA, ENCRYPTED_DATA, mac};
use crate::StoreError;
use crate::asn1::{Values, context};
use crate::cipher;
use crate::work::Work;

/// Checks the store by its password, and opens its safes. Keys stay encrypted.
pub(super) fn open(
    bytes: &[u8],
    password: Option<&str>,
    work: &mut Work,
) -> Result<Vec<Bag>, StoreError> {
    let mut whole = Values::new(bytes).sequence()?;
    let mut safes = parts(&mut whole, password, work).map_err(damaged_inside)?;
    let mut bags = Vec::new();
    while !safes.rest().is_empty() {
        open_safe(&mut safes, password, work, &mut bags).map_err(damaged_inside)?;
    }
    Ok(bags)
}

/// A value that ends behind the one around it is damage: the store as a whole was all there.
fn damaged_inside(error: StoreError) -> StoreError {
    match error {
        StoreError::Truncated => {
            StoreError::Malformed("a value in it is longer than what is around it")
        }
        other => other,
    }
}

fn parts<'a>(
    whole: &mut Values<'a>,
    password: Option<&str>,
    work: &mut Work,
) -> Result<Values<'a>, StoreError> {
    let version = whole.count()?;
    if version != 3 {
        return Err(StoreError::Unsupported(format!(
            "version {version} of PKCS#12"
        )));
    }
    let mut outer = whole.sequence()?;
    if outer.object()? != DATA {
        return Err(StoreError::Unsupported(
            "a signature in place of a password".to_owned(),
        ));
    }
    let content = Values::new(outer.content(context(0, true))?).content(Tag::OctetString)?;
    let check = whole.optional(Tag::Sequence)?;
    if let (Some(check), Some(password)) = (check, password) {
        mac::verify(Values::new(check), content, password, work)?;
    }
    Values::new(content).sequence()
}

fn open_safe(
    safes: &mut Values<'_>,
    password: Option<&str>,
    work: &mut Work,
    bags: &mut Vec<Bag>,
) -> Result<(), StoreError> {
    let mut safe = safes.sequence()?;
    let kind = safe.object()?;
    let mut content = Values::new(safe.content(context(0, true))?);
    if kind == DATA {
        return bags::read(content.content(Tag::OctetString)?, bags);
    }
    if kind != ENCRYPTED_DATA {
        return Err(StoreError::Unsupported(
            "certificates as keys in place of a password".to_owned(),
        ));
    }
    let mut encrypted = content.sequence()?;
    encrypted.count()?;
    let mut info = encrypted.sequence()?;
    info.object()?;
    let algorithm = info.sequence()?;
    let data = info.content(context(0, false))?;
    let password = password.ok_or(StoreError::PasswordMissing)?;
    let decrypted = cipher::decrypt(algorithm, data, password, work)?;
    bags::read(&decrypted, bags)
}
