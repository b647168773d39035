use super::*;

/// A frame header of 8 bytes.
fn header(version: u8, kind: u8, len: u64) -> [u8; 8] {
    let mut header = len.to_be_bytes();
    (header[0], header[1]) = (version, kind);
    header
}

#[test]
fn a_frame_is_taken_off_the_front() {
    let input = [&header(2, 3, 3)[..], b"abcrest"].concat();
    let frame = next_frame(&input, 100).unwrap().unwrap();
    assert_eq!(frame.kind(), FrameKind::Message);
    assert_eq!(frame.body(), b"abc");
    assert_eq!(frame.bytes(), &input[..11]);
    assert_eq!(frame.len(), 11);
}

#[test]
fn a_compressed_frame_is_told_from_a_message() {
    let input = header(2, 4, 0);
    let frame = next_frame(&input, 100).unwrap().unwrap();
    assert_eq!(
        (frame.kind(), frame.body()),
        (FrameKind::Compressed, &b""[..])
    );
}

#[test]
fn a_frame_cut_anywhere_is_incomplete() {
    let input = [&header(2, 3, 5)[..], b"abcde"].concat();
    for len in 0..input.len() {
        assert_eq!(next_frame(&input[..len], 100), Ok(None), "{len}");
    }
}

#[test]
fn another_version_is_refused() {
    for version in [0, 1, 3, b'G', 0x16] {
        let error = FrameError::UnsupportedVersion(version);
        assert_eq!(next_frame(&header(version, 3, 0), 100), Err(error));
    }
}

#[test]
fn only_messages_and_compressed_ones_are_taken() {
    for kind in [0, 1, 2, 5, 9, 255] {
        let error = FrameError::UnsupportedKind(kind);
        assert_eq!(next_frame(&header(2, kind, 0), 100), Err(error));
    }
}

#[test]
fn the_limit_itself_passes_and_one_more_does_not() {
    let (len, limit) = (1_000, 1_000);
    assert_eq!(next_frame(&header(2, 3, len), limit), Ok(None));
    let error = FrameError::TooLarge { len: 1_001, limit };
    assert_eq!(next_frame(&header(2, 3, 1_001), limit), Err(error));
}

#[test]
fn no_limit_allows_more_than_the_protocol() {
    let limit = 134_217_728;
    assert_eq!(next_frame(&header(2, 3, limit), u64::MAX), Ok(None));
    for len in [limit + 1, u64::from(u32::MAX), (1 << 48) - 1] {
        let error = FrameError::TooLarge { len, limit };
        assert_eq!(next_frame(&header(2, 3, len), u64::MAX), Err(error));
    }
}

#[test]
fn what_is_missing_of_a_frame_is_known_as_soon_as_its_header_is_there() {
    let mut input = header(2, 3, 100).to_vec();
    assert_eq!(missing(&input[..HEADER_LEN - 1]), 0);
    assert_eq!(missing(&input), 100);
    input.resize(HEADER_LEN + 99, 0);
    assert_eq!(missing(&input), 1);
    input.resize(HEADER_LEN + 150, 0);
    assert_eq!(missing(&input), 0);
}
