use super::*;
use crate::encode::compress;

/// A compressed frame that announces these 8 bytes and holds `stream`.
fn outer(announced: [u8; 8], stream: &[u8]) -> Vec<u8> {
    let len = u64::try_from(8 + stream.len()).unwrap().to_be_bytes();
    [&[2, 4], &len[2..], &announced, stream].concat()
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    compress(content, &mut frame).unwrap();
    frame.split_off(16)
}

/// A message frame with a body of this length that does not shrink beyond measure.
fn inner(body_len: usize) -> Vec<u8> {
    let len = u64::try_from(body_len).unwrap().to_be_bytes();
    let mut frame = [&[2, 3], &len[2..]].concat();
    let mut state = 1_u32;
    frame.extend((0..body_len).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0] & 0x0f
    }));
    frame
}

fn inflate(frame: &[u8], limit: u64) -> Result<Vec<u8>, InflateError> {
    let frame = next_frame(frame, BODY_LEN_MAX).unwrap().unwrap();
    let mut inflater = Inflater::new(limit);
    inflater.inflate(frame).map(|inner| inner.bytes().to_vec())
}

fn be(len: usize) -> [u8; 8] {
    u64::try_from(len).unwrap().to_be_bytes()
}

#[test]
fn frames_of_every_size_come_out_as_they_went_in() {
    let mut inflater = Inflater::new(1 << 20);
    for len in [0, 1, 100, 4_088, 4_089, 65_536, 1 << 20, 7] {
        let plain = inner(len);
        let mut frame = Vec::new();
        compress(&plain, &mut frame).unwrap();
        let frame = next_frame(&frame, BODY_LEN_MAX).unwrap().unwrap();
        assert_eq!(inflater.inflate(frame).unwrap().bytes(), plain, "{len}");
    }
}

#[test]
fn the_length_may_stand_in_either_byte_order() {
    let plain = inner(300);
    let stream = zlib(&plain);
    let mut little = be(308);
    little.reverse();
    assert_eq!(inflate(&outer(be(308), &stream), 1_000).unwrap(), plain);
    assert_eq!(inflate(&outer(little, &stream), 1_000).unwrap(), plain);
}

#[test]
fn a_length_that_is_not_the_content_s_is_refused() {
    let stream = zlib(&inner(300));
    for announced in [309, 1_008] {
        let result = inflate(&outer(be(announced), &stream), 1_000);
        assert!(
            matches!(result, Err(InflateError::LengthMismatch { len: 308, .. })),
            "{announced}: {result:?}"
        );
    }
    let result = inflate(&outer(be(307), &stream), 1_000);
    assert!(matches!(
        result,
        Err(InflateError::LongerThanAnnounced { ceiling: 307 })
    ));
}

#[test]
fn a_peer_that_announces_much_gets_no_memory_for_it() {
    let stream = zlib(&inner(300));
    let frame = outer(be(128 << 20), &stream);
    let frame = next_frame(&frame, BODY_LEN_MAX).unwrap().unwrap();
    let mut inflater = Inflater::new(u64::MAX);
    assert!(inflater.inflate(frame).is_err());
    assert!(inflater.capacity() <= 8 << 10, "{}", inflater.capacity());
}

#[test]
fn the_limit_itself_passes_and_one_more_does_not() {
    let plain = inner(1_000);
    let frame = outer(be(1_008), &zlib(&plain));
    assert_eq!(inflate(&frame, 1_000).unwrap(), plain);
    let result = inflate(&frame, 999);
    assert!(matches!(
        result,
        Err(InflateError::TooLarge {
            announced: 1_008,
            limit: 1_007
        })
    ));
    for announced in [u64::MAX, u64::from(u32::MAX), (128 << 20) + 9] {
        let result = inflate(&outer(announced.to_be_bytes(), &[]), u64::MAX);
        assert!(
            matches!(result, Err(InflateError::TooLarge { .. })),
            "{announced}"
        );
    }
}

#[test]
fn a_bomb_is_stopped_early() {
    // 8 MiB of zeros shrink about 1030 times.
    let mut plain = vec![0; (8 << 20) + 8];
    plain[..8].copy_from_slice(&[2, 3, 0, 0, 0, 0x80, 0, 0]);
    let mut stream = Vec::with_capacity(16 << 10);
    let mut zlib = flate2::Compress::new(flate2::Compression::best(), true);
    zlib.compress_vec(&plain, &mut stream, flate2::FlushCompress::Finish)
        .unwrap();
    assert!(plain.len() > 1_000 * stream.len(), "{}", stream.len());
    let result = inflate(&outer(be(plain.len()), &stream), 16 << 20);
    assert!(
        matches!(result, Err(InflateError::Ratio { .. })),
        "{result:?}"
    );
}

#[test]
fn small_frames_may_shrink_as_they_like() {
    let mut plain = vec![0; 65_536];
    plain[..8].copy_from_slice(&[2, 3, 0, 0, 0, 0, 0xff, 0xf8]);
    assert_eq!(
        inflate(&outer(be(65_536), &zlib(&plain)), 1 << 20).unwrap(),
        plain
    );
}

#[test]
fn damage_is_refused_wherever_it_is() {
    let plain = inner(300);
    let stream = zlib(&plain);
    for len in 0..stream.len() {
        let result = inflate(&outer(be(308), &stream[..len]), 1_000);
        assert!(
            matches!(result, Err(InflateError::Truncated)),
            "{len}: {result:?}"
        );
    }
    let longer = [&stream[..], &[0]].concat();
    let result = inflate(&outer(be(308), &longer), 1_000);
    assert!(matches!(
        result,
        Err(InflateError::TrailingBytes { len: 1 })
    ));
    let mut checksum = stream;
    *checksum.last_mut().unwrap() ^= 1;
    let result = inflate(&outer(be(308), &checksum), 1_000);
    assert!(matches!(result, Err(InflateError::Inflate { .. })));
}

#[test]
fn a_frame_after_a_damaged_one_is_read_as_if_nothing_had_been() {
    let plain = inner(300);
    let good = outer(be(308), &zlib(&plain));
    let bad = outer(be(308), &[0xff; 20]);
    let mut inflater = Inflater::new(1_000);
    for _ in 0..3 {
        let frame = next_frame(&bad, 1_000).unwrap().unwrap();
        assert!(inflater.inflate(frame).is_err());
        let frame = next_frame(&good, 1_000).unwrap().unwrap();
        assert_eq!(inflater.inflate(frame).unwrap().bytes(), plain);
    }
}

#[test]
fn the_content_is_exactly_one_message_frame() {
    let content = |bytes: &[u8]| inflate(&outer(be(bytes.len()), &zlib(bytes)), 1_000);
    let twice = [inner(10), inner(10)].concat();
    assert!(matches!(content(&twice), Err(InflateError::NotOneFrame)));
    assert!(matches!(
        content(&inner(10)[..17]),
        Err(InflateError::NotOneFrame)
    ));
    assert!(matches!(content(&[]), Err(InflateError::NotOneFrame)));
    assert!(matches!(
        content(b"GET / HTTP/1.1"),
        Err(InflateError::ReadInnerFrame { .. })
    ));
    let nested = outer(be(18), &zlib(&inner(10)));
    assert!(matches!(
        content(&nested),
        Err(InflateError::NestedCompression)
    ));
}

#[test]
fn a_frame_without_content_is_refused() {
    for len in 0..8 {
        let frame = [&[2, 4, 0, 0, 0, 0, 0, len][..], &vec![0; usize::from(len)]].concat();
        let result = inflate(&frame, 1_000);
        assert!(
            matches!(result, Err(InflateError::TooShort { .. })),
            "{len}"
        );
    }
    assert!(matches!(
        inflate(&inner(10), 1_000),
        Err(InflateError::NotCompressed)
    ));
}
