use super::*;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::io::Write as _;

const LIMIT: u64 = 1 << 20;

/// A body with a frame of so many bytes behind its header.
fn body(len: u8) -> Vec<u8> {
    let mut body = vec![1, 2, 3, 0, 0, 0, 0, 0, len];
    body.resize(9 + usize::from(len), 7);
    body
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_body_is_the_byte_one_and_one_frame() {
    let body = body(20);
    let frame = posted_frame(&body, LIMIT).unwrap();
    assert_eq!(frame.bytes(), &body[1..]);
}

#[test]
fn a_body_that_is_less_or_more_than_that_says_so() {
    let whole = body(20);
    assert!(matches!(posted_frame(&[], LIMIT), Err(PostError::Empty)));
    for cut in 1..whole.len() {
        let error = posted_frame(&whole[..cut], LIMIT).unwrap_err();
        assert!(
            matches!(error, PostError::Incomplete { len } if len == cut - 1),
            "{error}"
        );
    }
    let two = [&whole[..], &whole[1..]].concat();
    let error = posted_frame(&two, LIMIT).unwrap_err();
    assert!(
        matches!(error, PostError::TrailingBytes { len: 28 }),
        "{error}"
    );
}

#[test]
fn another_version_is_told_from_a_broken_frame() {
    let mut other = body(3);
    other[0] = 2;
    assert!(matches!(
        posted_frame(&other, LIMIT),
        Err(PostError::UnsupportedVersion(2))
    ));
    let mut broken = body(3);
    broken[1] = 9;
    let error = posted_frame(&broken, LIMIT).unwrap_err();
    assert!(matches!(error, PostError::ReadFrame { .. }) && !error.is_too_large());
    assert!(posted_frame(&body(200), 100).unwrap_err().is_too_large());
}

#[test]
fn bodies_that_came_as_gzip_are_inflated_one_after_the_other() {
    let mut gunzip = Gunzip::new(LIMIT);
    for len in [0, 200, 3] {
        let plain = body(len);
        assert_eq!(gunzip.inflate(&gzip(&plain)).unwrap(), plain);
    }
}

#[test]
fn damaged_cut_doubled_and_foreign_streams_are_refused_and_the_next_one_is_not() {
    let mut gunzip = Gunzip::new(LIMIT);
    let sound = gzip(&body(100));
    let mut damaged = sound.clone();
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    assert!(matches!(
        gunzip.inflate(&damaged),
        Err(PostError::Inflate { .. })
    ));
    for cut in 0..sound.len() {
        assert!(matches!(
            gunzip.inflate(&sound[..cut]),
            Err(PostError::Truncated)
        ));
    }
    let doubled = [&sound[..], &sound[..]].concat();
    assert!(matches!(
        gunzip.inflate(&doubled),
        Err(PostError::TrailingBytes { .. })
    ));
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(&body(100)).unwrap();
    let zlib = zlib.finish().unwrap();
    assert!(matches!(
        gunzip.inflate(&zlib),
        Err(PostError::Inflate { .. })
    ));
    assert_eq!(gunzip.inflate(&sound).unwrap(), body(100));
}

#[test]
fn a_bomb_is_stopped_at_the_limit_and_takes_no_more_memory() {
    let mut gunzip = Gunzip::new(LIMIT);
    let limit = usize::try_from(post_len_max(LIMIT)).unwrap();
    assert_eq!(gunzip.inflate(&gzip(&vec![0; limit])).unwrap().len(), limit);
    for len in [limit + 1, 64 << 20] {
        let error = gunzip.inflate(&gzip(&vec![0; len])).unwrap_err();
        assert!(error.is_too_large(), "{error}");
    }
    assert!(gunzip.capacity() <= limit + 1);
}
