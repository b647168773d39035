//! Keys from passwords as PKCS#12 has them (RFC 7292, appendix B).

use sha1::digest::Digest;
use sha1::digest::block_api::BlockSizeUser;
use zeroize::Zeroizing;

/// What a derived key is for.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Key = 1,
    Start = 2,
    Mac = 3,
}

/// Derives `len` bytes from a password.
pub(crate) fn derive<D: Digest + BlockSizeUser>(
    password: &str,
    salt: &[u8],
    purpose: Purpose,
    iterations: u32,
    len: usize,
) -> Zeroizing<Vec<u8>> {
    let block_len = D::block_size();
    #[expect(clippy::as_conversions, reason = "its number is what the format has")]
    let diversifier = vec![purpose as u8; block_len];
    let mut input = Zeroizing::new(repeated(salt, block_len));
    input.extend_from_slice(&repeated(&terminated_utf16(password), block_len));

    let mut derived = Zeroizing::new(Vec::with_capacity(len));
    loop {
        let mut hash = D::new_with_prefix(&diversifier)
            .chain_update(&*input)
            .finalize();
        for _ in 1..iterations {
            hash = D::digest(&hash);
        }
        let missing = len.saturating_sub(derived.len());
        derived.extend(hash.iter().take(missing));
        if derived.len() == len {
            return derived;
        }
        let addend: Vec<u8> = hash.iter().copied().cycle().take(block_len).collect();
        for block in input.chunks_exact_mut(block_len) {
            add_and_one(block, &addend);
        }
    }
}

/// As many copies as fill whole blocks, none of an empty text.
fn repeated(bytes: &[u8], block_len: usize) -> Vec<u8> {
    let len = bytes.len().div_ceil(block_len).saturating_mul(block_len);
    bytes.iter().copied().cycle().take(len).collect()
}

fn terminated_utf16(password: &str) -> Zeroizing<Vec<u8>> {
    let units = password.encode_utf16().chain([0]);
    Zeroizing::new(units.flat_map(u16::to_be_bytes).collect())
}

/// `block = block + addend + 1`, as numbers of as many bytes.
fn add_and_one(block: &mut [u8], addend: &[u8]) {
    let mut carry = 1_u16;
    for (byte, more) in block.iter_mut().zip(addend).rev() {
        let sum = u16::from(*byte)
            .saturating_add(u16::from(*more))
            .saturating_add(carry);
        let [high, low] = sum.to_be_bytes();
        *byte = low;
        carry = u16::from(high);
    }
}
