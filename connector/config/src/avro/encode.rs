//! How Avro writes numbers, and bytes with their length.

/// Bytes of the longest number.
const LONG_MAX: usize = 10;

/// Appends an `int` or a `long`: seven bits a byte, the lowest first, small numbers of either sign short.
#[inline]
pub fn write_long(out: &mut Vec<u8>, value: i64) {
    let rest = (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned();
    let [low, ..] = rest.to_le_bytes();
    if rest < 0x80 {
        out.push(low);
    } else {
        write_groups(out, rest);
    }
}

#[inline]
fn write_groups(out: &mut Vec<u8>, mut rest: u64) {
    let mut groups = [0; LONG_MAX];
    let mut len = 0;
    for group in &mut groups {
        let [low, ..] = rest.to_le_bytes();
        len += 1;
        rest >>= 7;
        if rest == 0 {
            *group = low & 0x7f;
            break;
        }
        *group = low | 0x80;
    }
    // All of it in one step, and the surplus back.
    out.extend_from_slice(&groups);
    out.truncate(out.len() - (LONG_MAX - len));
}

/// Appends how many bytes or values follow.
#[inline]
pub fn write_count(out: &mut Vec<u8>, count: usize) {
    write_long(out, i64::try_from(count).unwrap_or(i64::MAX));
}

/// Appends `bytes` or a `string`.
#[inline]
pub fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_bytes_of_the_specification() {
        for (number, bytes) in [
            (0, &[0x00][..]),
            (-1, &[0x01]),
            (1, &[0x02]),
            (-64, &[0x7f]),
            (64, &[0x80, 0x01]),
            (8192, &[0x80, 0x80, 0x01]),
            (-8193, &[0x81, 0x80, 0x01]),
        ] {
            let mut out = b"before".to_vec();
            write_long(&mut out, number);
            assert_eq!(out.strip_prefix(b"before"), Some(bytes), "{number}");
        }
    }

    #[test]
    fn the_longest_numbers_have_ten_bytes() {
        for number in [i64::MIN, i64::MAX] {
            let mut out = Vec::new();
            write_long(&mut out, number);
            assert_eq!((out.len(), out[9]), (10, 1), "{number}");
        }
    }
}
