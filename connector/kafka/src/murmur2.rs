//! The hash by which Java producers choose the partition of a keyed record.

const SEED: u32 = 0x9747_b28c;
const MULTIPLIER: u32 = 0x5bd1_e995;

/// Hashes a key as Java's `org.apache.kafka.common.utils.Utils.murmur2` does, bit for
/// bit. A publisher makes it positive and takes the remainder by the number of
/// partitions, so that a key lands where a Java producer would put it.
pub fn murmur2(key: &[u8]) -> u32 {
    // Java's lengths are `int`; a key of 2 GiB and more cannot exist there.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "Java's length is 32 bits wide"
    )]
    let mut hash = SEED ^ key.len() as u32;
    let mut words = key.chunks_exact(4);
    for word in words.by_ref() {
        let word = match *word {
            [a, b, c, d] => u32::from_le_bytes([a, b, c, d]),
            _ => 0,
        };
        let mut mixed = word.wrapping_mul(MULTIPLIER);
        mixed ^= mixed >> 24;
        mixed = mixed.wrapping_mul(MULTIPLIER);
        hash = hash.wrapping_mul(MULTIPLIER) ^ mixed;
    }
    let tail = words.remainder();
    if !tail.is_empty() {
        for (place, &byte) in tail.iter().enumerate() {
            hash ^= u32::from(byte) << (8 * place);
        }
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(MULTIPLIER);
    hash ^ hash >> 15
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `org.apache.kafka.common.utils.Utils` of kafka-clients 4.3.1.
    const JAVA: [(&[u8], u32); 19] = [
        (b"", 0x106e_08d9),
        (b"a", 0xa2d0_b27c),
        (b"ab", 0x12d8_262a),
        (b"abc", 0x1c94_221b),
        (b"abcd", 0xb11a_b5f4),
        (b"abcde", 0x1b89_7edd),
        (b"21", 0xc5f2_f8ec),
        (b"foobar", 0xd0e4_7bbe),
        (b"a-little-bit-long-string", 0xc53b_1da0),
        (b"a-little-bit-longer-string", 0xa768_c9c3),
        (
            b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
            0xfc7d_49cd,
        ),
        (b"kafka", 0xd067_cf64),
        (b"user:4711", 0xd089_290c),
        ("\u{e9}\u{fc}\u{20ac}".as_bytes(), 0x1899_6e0d),
        (
            &[
                0x00, 0x25, 0x4a, 0x6f, 0x94, 0xb9, 0xde, 0x03, 0x28, 0x4d, 0x72, 0x97, 0xbc, 0xe1,
                0x06, 0x2b, 0x50, 0x75, 0x9a, 0xbf,
            ],
            0x52e2_2d2c,
        ),
        (&[0xff], 0xed6f_615b),
        (&[0xff, 0xfe, 0x80], 0xf66b_8283),
        (&[0; 4], 0x32b8_9340),
        (&[0; 7], 0x3fa6_8337),
    ];

    #[test]
    fn every_hash_is_java_s() {
        for (key, hash) in JAVA {
            assert_eq!(murmur2(key), hash, "key {key:?}");
        }
    }
}
