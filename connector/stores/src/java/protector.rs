//! How Java's own stores encrypt a key, and how they check themselves.

use der::Tag;
use der::asn1::ObjectIdentifier;
use des::TdesEde3;
use md5::Md5;
use sha1::{Digest as _, Sha1};
use zeroize::Zeroizing;

use crate::StoreError;
use crate::asn1::{Values, is_private_key};
use crate::cipher::{self, decrypt_cbc};
use crate::work::Work;

/// The encryption of JKS.
const KEY_PROTECTOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.42.2.17.1.1");
/// The encryption of JCEKS.
const MD5_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.42.2.19.1");

const DIGEST_LEN: usize = 20;

/// Decrypts an `EncryptedPrivateKeyInfo`.
pub(super) fn decrypt_key(
    bytes: &[u8],
    password: &str,
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut values = Values::new(bytes).sequence()?;
    let algorithm = values.sequence()?;
    let data = values.content(Tag::OctetString)?;
    let mut parameters = algorithm;
    let key = match parameters.object()? {
        KEY_PROTECTOR => unmask(data, password),
        MD5_3DES => {
            let mut parameters = parameters.sequence()?;
            let salt = parameters.content(Tag::OctetString)?;
            let salt = <[u8; 8]>::try_from(salt)
                .map_err(|_| StoreError::Malformed("the salt of its key has not eight bytes"))?;
            let iterations = parameters.count()?;
            work.take(iterations.saturating_mul(2))?;
            let (key, start) = derive(salt, password, iterations);
            decrypt_cbc::<TdesEde3>(&*key, &start, data)
        }
        _ => cipher::decrypt(algorithm, data, password, work),
    };
    match key {
        Ok(key) if is_private_key(&key) => Ok(key),
        Ok(_) | Err(StoreError::WrongPassword) => Err(StoreError::WrongKeyPassword),
        Err(other) => Err(other),
    }
}

/// Takes off what JKS lays over a key: a chain of digests of the password, beginning with a salt.
fn unmask(data: &[u8], password: &str) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let (salt, rest) = data.split_at_checked(DIGEST_LEN).ok_or(TOO_SHORT)?;
    let masked_len = rest.len().checked_sub(DIGEST_LEN).ok_or(TOO_SHORT)?;
    let (masked, check) = rest.split_at_checked(masked_len).ok_or(TOO_SHORT)?;
    let password = utf16(password);
    let mut key = Zeroizing::new(masked.to_vec());
    let mut mask = Zeroizing::new(salt.to_vec());
    for block in key.chunks_mut(DIGEST_LEN) {
        let digest = Sha1::new_with_prefix(&*password)
            .chain_update(&*mask)
            .finalize();
        mask.copy_from_slice(&digest);
        for (byte, more) in block.iter_mut().zip(mask.iter()) {
            *byte ^= more;
        }
    }
    let digest = Sha1::new_with_prefix(&*password)
        .chain_update(&*key)
        .finalize();
    if digest.as_slice() == check {
        Ok(key)
    } else {
        Err(StoreError::WrongPassword)
    }
}

const TOO_SHORT: StoreError = StoreError::Malformed("its encrypted key is too short");

/// Key and first block for `PBEWithMD5AndTripleDES`: each half of the salt, digested with the
/// password again and again.
fn derive(mut salt: [u8; 8], password: &str, iterations: u32) -> (Zeroizing<[u8; 24]>, [u8; 8]) {
    let (first, second) = salt.split_at(4);
    if first == second {
        // What Java makes of equal halves: meant as an inversion.
        let [zero, one, _, three, rest @ ..] = salt;
        let [four, five, six, seven] = rest;
        salt = [three, zero, one, three, four, five, six, seven];
    }
    let mut derived = Zeroizing::new([0; 32]);
    for (half, out) in salt.chunks(4).zip(derived.chunks_mut(16)) {
        let mut hash = Zeroizing::new(half.to_vec());
        for _ in 0..iterations {
            let digest = Md5::new_with_prefix(&*hash)
                .chain_update(password)
                .finalize();
            hash.clear();
            hash.extend_from_slice(&digest);
        }
        for (byte, more) in out.iter_mut().zip(hash.iter()) {
            *byte = *more;
        }
    }
    let mut key = Zeroizing::new([0; 24]);
    let mut start = [0; 8];
    for (byte, more) in key.iter_mut().chain(&mut start).zip(derived.iter()) {
        *byte = *more;
    }
    (key, start)
}

/// Checks the digest at the end of a store.
pub(super) fn verify(content: &[u8], digest: &[u8], password: &str) -> Result<(), StoreError> {
    let expected = Sha1::new_with_prefix(&*utf16(password))
        .chain_update("Mighty Aphrodite")
        .chain_update(content)
        .finalize();
    if expected.as_slice() == digest {
        Ok(())
    } else {
        Err(StoreError::WrongPassword)
    }
}

fn utf16(password: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(password.encode_utf16().flat_map(u16::to_be_bytes).collect())
}
