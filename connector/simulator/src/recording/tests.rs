use std::error::Error as _;
use std::fs;

use tempfile::TempDir;

use super::*;
use crate::text;

/// A frame that holds `body`, as the header's layout has it: version 2, kind 3, 6 bytes of length.
fn frame(body: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 3, 0, 0, 0, 0, 0, u8::try_from(body.len()).unwrap()];
    frame.extend(body);
    frame
}

fn read(content: &[u8]) -> Vec<Result<Message, RecordingError>> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("recording");
    fs::write(&path, content).unwrap();
    match Recording::open(&path) {
        Ok(recording) => recording.take(100).collect(),
        Err(error) => vec![Err(error)],
    }
}

fn frames(content: &[u8]) -> Vec<Vec<u8>> {
    read(content)
        .into_iter()
        .map(|message| message.unwrap().frame)
        .collect()
}

fn error(content: &[u8]) -> String {
    let last = read(content).pop().unwrap();
    text::chain(&last.unwrap_err())
}

/// The file header of 44 bytes: version, file number, reserved, namespace padded with zeroes.
fn asbx(records: &[Vec<u8>]) -> Vec<u8> {
    let mut file = vec![1];
    file.extend(7_u64.to_be_bytes());
    file.extend([0; 4]);
    file.extend(b"source-ns1");
    file.resize(44, 0);
    for frame in records {
        file.extend([0xdd; 20]);
        file.extend(&(frame.len() as u64).to_be_bytes()[2..]);
        file.extend(frame);
    }
    file
}

#[test]
fn raw_frames_come_out_one_by_one() {
    let (first, second) = (frame(b"one"), frame(b"second"));
    assert_eq!(
        frames(&[first.clone(), second.clone()].concat()),
        [first, second]
    );
}

#[test]
fn a_raw_file_cut_in_a_frame_names_the_place() {
    let whole = frame(b"one");
    let mut cut = [whole.clone(), frame(b"second")].concat();
    cut.truncate(whole.len() + 10);
    let error = error(&cut);
    assert!(error.contains("offset 19"), "{error}");
    assert!(error.contains("within a frame: 2 of 6 bytes"), "{error}");
}

#[test]
fn a_frame_that_announces_a_terabyte_is_refused_without_reading_it() {
    let error = error(&[2, 3, 1, 0, 0, 0, 0, 0]);
    assert!(error.contains("offset 0"), "{error}");
}

#[test]
fn asbx_records_get_the_xdr_bit_back() {
    // info1 is the second byte of the body; 0x10 says "sent by XDR".
    let stored = frame(&[22, 0x00, 0x01, 0x10]);
    let sent = frame(&[22, 0x10, 0x01, 0x10]);
    assert_eq!(
        frames(&asbx(&[stored.clone(), stored])),
        [sent.clone(), sent]
    );
}

#[test]
fn an_asbx_record_whose_lengths_differ_is_refused() {
    let mut file = asbx(&[frame(b"body")]);
    file[44 + 20 + 5] += 1;
    let error = error(&file);
    assert!(error.contains("offset 64"), "{error}");
    assert!(error.contains("announces 13 bytes"), "{error}");
}

#[test]
fn an_asbx_file_cut_anywhere_is_an_error_except_between_records() {
    let file = asbx(&[frame(b"one"), frame(b"two")]);
    let record = 20 + 6 + 8 + 3;
    for len in 1..file.len() {
        let is_whole = len == 44 || len == 44 + record;
        let ok = read(&file[..len]).iter().all(Result::is_ok);
        assert_eq!(ok, is_whole, "{len} bytes");
    }
}

#[test]
fn json_vectors_lose_the_version_byte_of_an_http_body() {
    let json = r#"{"vectors": [
        {"id": "a", "title": "first", "transport": "xdr-tcp", "hex": "0203000000000001aa"},
        {"id": "b", "transport": "http-body", "hex": "010203000000000001bb"}
    ]}"#;
    let messages: Vec<_> = read(json.as_bytes())
        .into_iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        (&messages[0].frame, &messages[1].frame),
        (&frame(&[0xaa]), &frame(&[0xbb]))
    );
    assert_eq!(
        (messages[0].name.as_deref(), messages[0].title.as_deref()),
        (Some("a"), Some("first"))
    );
    assert_eq!(
        (messages[1].name.as_deref(), messages[1].title.as_deref()),
        (Some("b"), None)
    );
}

#[test]
fn a_vector_may_hold_several_frames() {
    let hex = hex::encode([frame(b"x"), frame(b"y")].concat());
    let json = format!(r#"{{"vectors": [{{"hex": "{hex}"}}]}}"#);
    assert_eq!(frames(json.as_bytes()), [frame(b"x"), frame(b"y")]);
}

#[test]
fn broken_vectors_are_named_by_their_place() {
    let wrong_hex = error(br#"{"vectors": [{"hex": "0203000000000000"}, {"hex": "02zz"}]}"#);
    assert!(
        wrong_hex.contains("vectors[1]") && wrong_hex.contains("not hexadecimal"),
        "{wrong_hex}"
    );

    let cut = error(br#"{"vectors": [{"hex": "0203000000000005aa"}]}"#);
    assert!(
        cut.contains("vectors[0]") && cut.contains("1 of 5 bytes"),
        "{cut}"
    );

    let version = error(br#"{"vectors": [{"transport": "http-body", "hex": "02"}]}"#);
    assert!(version.contains("format version 1"), "{version}");

    let not_json = error(b"{\"vectors\": [");
    assert!(not_json.contains("line 1"), "{not_json}");
}

#[test]
fn other_files_are_refused_with_what_would_be_right() {
    assert!(error(b"hello").contains("0x68"));
    assert!(error(b"").contains("empty"));
    let missing = Recording::open(Path::new("/nonexistent/file")).unwrap_err();
    assert!(matches!(missing, RecordingError::Read { .. }) && missing.source().is_some());
}
