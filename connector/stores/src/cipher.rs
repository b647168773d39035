//! Decrypting with a password, by the algorithm that the encrypted part names.

use cbc::Decryptor;
use cbc::cipher::{
    BlockCipherDecrypt, BlockModeDecrypt as _, KeyInit, KeyIvInit as _, block_padding::Pkcs7,
};
use der::asn1::ObjectIdentifier;
use der::{Decode as _, Tag};
use des::TdesEde3;
use pkcs5::pbes2::{self, Kdf};
use rc2::Rc2;
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::StoreError;
use crate::asn1::Values;
use crate::pkcs12::derive::{Purpose, derive};
use crate::work::Work;

const SHA1_3DES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.3");
const SHA1_RC2_128: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.5");
const SHA1_RC2_40: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.12.1.6");

/// Memory that a key derived by scrypt may take: four times what openssl asks for.
const SCRYPT_BYTES_MAX: u64 = 64 << 20;
const SCRYPT_LANES_MAX: u16 = 4;
/// Iterations that count for one derivation by scrypt.
const SCRYPT_ITERATIONS: u32 = 500_000;

/// Decrypts `data` by `algorithm`, the values of an `AlgorithmIdentifier`.
///
/// # Errors
/// [`StoreError::WrongPassword`] when what comes out cannot be right; the caller knows better whose
/// password that was.
pub(crate) fn decrypt(
    algorithm: Values<'_>,
    data: &[u8],
    password: &str,
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut values = algorithm;
    let name = values.object()?;
    match name {
        pbes2::PBES2_OID => decrypt_pbes2(values.rest(), data, password, work),
        SHA1_3DES => decrypt_pbes1::<TdesEde3>(values, 24, data, password, work),
        SHA1_RC2_128 => decrypt_pbes1::<Rc2>(values, 16, data, password, work),
        SHA1_RC2_40 => decrypt_pbes1::<Rc2>(values, 5, data, password, work),
        _ => Err(StoreError::Unsupported(format!(
            "the encryption {}",
            title(name)
        ))),
    }
}

fn decrypt_pbes2(
    parameters: &[u8],
    data: &[u8],
    password: &str,
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let parameters = pbes2::Parameters::from_der(parameters)
        .map_err(|_| unknown_pbes2(parameters).unwrap_or(DAMAGED))?;
    match &parameters.kdf {
        Kdf::Pbkdf2(pbkdf2) => work.take(pbkdf2.iteration_count)?,
        Kdf::Scrypt(scrypt) => {
            let bytes = 128_u64
                .checked_mul(scrypt.cost_parameter)
                .and_then(|bytes| bytes.checked_mul(u64::from(scrypt.block_size)));
            let lanes = scrypt.parallelization;
            if bytes.is_none_or(|bytes| bytes > SCRYPT_BYTES_MAX) || lanes > SCRYPT_LANES_MAX {
                return Err(StoreError::Unsupported(
                    "scrypt with more than 64 MiB of memory or 4 lanes".to_owned(),
                ));
            }
            work.take(SCRYPT_ITERATIONS)?;
        }
        _ => return Err(StoreError::Unsupported("an unknown derivation".to_owned())),
    }
    let mut buffer = Zeroizing::new(data.to_vec());
    let len = parameters
        .decrypt_in_place(password, &mut buffer)
        .map_err(|error| match error {
            pkcs5::Error::UnsupportedAlgorithm { oid } => {
                StoreError::Unsupported(format!("the encryption {}", title(oid)))
            }
            _ => StoreError::WrongPassword,
        })?
        .len();
    buffer.truncate(len);
    Ok(buffer)
}

/// The algorithm that keeps the parameters of PBES2 from being understood.
fn unknown_pbes2(parameters: &[u8]) -> Option<StoreError> {
    let mut values = Values::new(parameters).sequence().ok()?;
    let mut derivation = values.sequence().ok()?;
    let mut encryption = values.sequence().ok()?;
    let derivation = derivation.object().ok()?;
    let encryption = encryption.object().ok()?;
    let known = [pbes2::PBKDF2_OID, pbes2::SCRYPT_OID];
    let name = if known.contains(&derivation) {
        encryption
    } else {
        derivation
    };
    Some(StoreError::Unsupported(format!(
        "PBES2 with {}",
        title(name)
    )))
}

fn decrypt_pbes1<C: BlockCipherDecrypt + KeyInit>(
    mut values: Values<'_>,
    key_len: usize,
    data: &[u8],
    password: &str,
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut parameters = values.sequence()?;
    let salt = parameters.content(Tag::OctetString)?;
    let iterations = parameters.count()?;
    work.take(iterations.saturating_mul(3))?;
    let key = derive::<Sha1>(password, salt, Purpose::Key, iterations, key_len);
    let start = derive::<Sha1>(password, salt, Purpose::Start, iterations, 8);
    decrypt_cbc::<C>(&key, &start, data)
}

/// Decrypts blocks that are chained and padded.
pub(crate) fn decrypt_cbc<C: BlockCipherDecrypt + KeyInit>(
    key: &[u8],
    start: &[u8],
    data: &[u8],
) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let cipher = Decryptor::<C>::new_from_slices(key, start).map_err(|_| DAMAGED)?;
    let mut buffer = Zeroizing::new(data.to_vec());
    let len = cipher
        .decrypt_padded::<Pkcs7>(&mut buffer)
        .map_err(|_| StoreError::WrongPassword)?
        .len();
    buffer.truncate(len);
    Ok(buffer)
}

const DAMAGED: StoreError = StoreError::Malformed("its encryption has parameters out of range");

/// How people call an algorithm.
pub(crate) fn title(name: ObjectIdentifier) -> String {
    const KNOWN: &[(&str, &str)] = &[
        ("1.2.840.113549.1.5.3", "pbeWithMD5AndDES-CBC"),
        ("1.2.840.113549.1.5.10", "pbeWithSHA1AndDES-CBC"),
        ("1.2.840.113549.1.5.14", "PBMAC1"),
        ("1.2.840.113549.1.12.1.1", "pbeWithSHA1And128BitRC4"),
        ("1.2.840.113549.1.12.1.2", "pbeWithSHA1And40BitRC4"),
        (
            "1.2.840.113549.1.12.1.4",
            "pbeWithSHA1And2-KeyTripleDES-CBC",
        ),
        ("1.2.840.113549.3.2", "RC2-CBC"),
        ("1.3.14.3.2.7", "DES-CBC"),
        ("1.2.840.113549.2.5", "MD5"),
    ];
    let dotted = name.to_string();
    match KNOWN.iter().find(|(known, _)| *known == dotted) {
        Some((_, title)) => (*title).to_owned(),
        None => format!("algorithm {dotted}"),
    }
}
