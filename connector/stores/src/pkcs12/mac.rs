//! The check sum of a PKCS#12 store.

use der::Tag;
use der::asn1::ObjectIdentifier;
use hmac::digest::block_api::BlockSizeUser;
use hmac::{EagerHash, Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha1::digest::Digest;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use super::derive::{Purpose, derive};
use crate::StoreError;
use crate::asn1::Values;
use crate::cipher::title;
use crate::work::Work;

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const SHA224: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.4");
const SHA512_224: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.5");
const SHA512_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.6");

/// Checks `content` by the values of its `MacData`.
pub(super) fn verify(
    mut values: Values<'_>,
    content: &[u8],
    password: &str,
    work: &mut Work,
) -> Result<(), StoreError> {
    let mut info = values.sequence()?;
    let digest = info.sequence()?.object()?;
    let expected = info.content(Tag::OctetString)?;
    let salt = values.content(Tag::OctetString)?;
    let iterations = if values.rest().is_empty() {
        1
    } else {
        values.count()?
    };
    work.take(iterations)?;
    let check = match digest {
        SHA1 => check::<Sha1>,
        SHA224 => check::<Sha224>,
        SHA256 => check::<Sha256>,
        SHA384 => check::<Sha384>,
        SHA512 => check::<Sha512>,
        SHA512_224 => check::<Sha512_224>,
        SHA512_256 => check::<Sha512_256>,
        _ => {
            let title = title(digest);
            return Err(StoreError::Unsupported(format!("the check sum {title}")));
        }
    };
    if check(content, password, salt, iterations, expected) {
        Ok(())
    } else {
        Err(StoreError::WrongPassword)
    }
}

fn check<D: Digest + BlockSizeUser + EagerHash>(
    content: &[u8],
    password: &str,
    salt: &[u8],
    iterations: u32,
    expected: &[u8],
) -> bool {
    let len = <D as Digest>::output_size();
    let key = derive::<D>(password, salt, Purpose::Mac, iterations, len);
    Hmac::<D>::new_from_slice(&key)
        .is_ok_and(|mac| mac.chain_update(content).verify_slice(expected).is_ok())
}
