use std::time::Duration;

use aeroduct_config::Key;

use super::*;

const DIGESTS: [[u8; 20]; 2] = [[1; 20], [2; 20]];
const LIMITS: BatchLimits = BatchLimits {
    records: 10,
    bytes: 1000,
    interval: Duration::from_secs(1),
};
const JSON: Format = Format::Json {
    stringify_map_keys: true,
};

fn joined(format: &Format, key: &Key, members: [(&[u8], &[u8]); 2]) -> (Option<Vec<u8>>, Vec<u8>) {
    let rules = Rules {
        key: Some(key),
        batching: Some(LIMITS),
        ..Rules::default()
    };
    let layout = Batching::new(&rules, format).unwrap().layout;
    let members = members.iter().zip(&DIGESTS);
    let members = members.map(|(&(key, value), digest)| Member {
        key: Some(key),
        value,
        digest,
    });
    let mut out = b"before".to_vec();
    let joined = layout.join(members, &mut out);
    assert!(
        out.len() - b"before".len() <= 4 * 64 + BatchLayout::overhead(2),
        "the overhead is known beforehand"
    );
    let part = |range: Range<usize>| out[range].to_vec();
    (joined.key.map(part), out[joined.value].to_vec())
}

fn of_batch(of_batch: BatchKey) -> Key {
    Key {
        of_batch,
        ..Key::default()
    }
}

#[test]
fn json_becomes_an_array_with_an_array_of_the_keys() {
    let (key, value) = joined(
        &JSON,
        &Key::default(),
        [(b"[\"k1\"]", b"{\"a\":1}"), (b"[\"k2\"]", b"{\"a\":2}")],
    );
    assert_eq!(value, b"[{\"a\":1},{\"a\":2}]");
    assert_eq!(key.unwrap(), b"[[\"k1\"],[\"k2\"]]");
}

#[test]
fn message_pack_becomes_an_array_with_an_array_of_the_keys() {
    let (key, value) = joined(
        &Format::MessagePack,
        &Key::default(),
        [
            (b"\x91\x01", b"\x92\x01\x01"),
            (b"\x91\x02", b"\x92\x02\x02"),
        ],
    );
    assert_eq!(value, b"\x92\x92\x01\x01\x92\x02\x02");
    assert_eq!(key.unwrap(), b"\x92\x91\x01\x91\x02");
}

#[test]
fn avro_becomes_an_array_with_an_array_of_the_keys() {
    let schema = aeroduct_config::avro::key_map_schema();
    let format = Format::Avro {
        schema,
        stringify_map_keys: true,
    };
    let members: [(&[u8], &[u8]); 2] = [(b"\x00", b"\x02\x02a\x00\x02\x00"), (b"\x00", b"\x00")];
    let (key, value) = joined(&format, &Key::default(), members);
    assert_eq!(value, b"\x04\x02\x02a\x00\x02\x00\x00\x00");
    assert_eq!(key.unwrap(), b"\x04\x00\x00\x00");
    let plain = Key {
        of_record: RecordKey::Namespace,
        of_batch: BatchKey::Concat,
    };
    let (key, _) = joined(&format, &plain, [(b"ns", b"\x00"), (b"\xff", b"\x00")]);
    assert_eq!(key.unwrap(), b"\x04\x04ns\x02\xff\x00");
}

#[test]
fn frames_and_digests_follow_each_other() {
    let (key, value) = joined(
        &Format::Xdr,
        &Key::default(),
        [(&DIGESTS[0], b"frame one"), (&DIGESTS[1], b"frame two")],
    );
    assert_eq!(value, b"frame oneframe two");
    assert_eq!(key.unwrap(), DIGESTS.concat());
}

#[test]
fn keys_that_are_plain_text_become_strings_of_the_format() {
    let key = Key {
        of_record: RecordKey::Set(aeroduct_config::Otherwise::Digest),
        of_batch: BatchKey::Concat,
    };
    let members: [(&[u8], &[u8]); 2] = [(b"a\"b", b"1"), (b"c", b"2")];
    assert_eq!(joined(&JSON, &key, members).0.unwrap(), br#"["a\"b","c"]"#);
    let packed = joined(&Format::MessagePack, &key, members).0.unwrap();
    assert_eq!(packed, b"\x92\xa3a\"b\xa1c");
    assert_eq!(joined(&Format::Xdr, &key, members).0.unwrap(), b"a\"bc");
}

#[test]
fn the_hash_is_over_the_digests() {
    let (key, _) = joined(
        &JSON,
        &of_batch(BatchKey::Hash),
        [(b"a", b"1"), (b"b", b"2")],
    );
    let expected = Ripemd160::digest(DIGESTS.concat());
    assert_eq!(key.unwrap(), expected.as_slice());
}

#[test]
fn without_a_key_there_is_none() {
    let members: [(&[u8], &[u8]); 2] = [(b"a", b"1"), (b"b", b"2")];
    assert_eq!(joined(&JSON, &of_batch(BatchKey::None), members).0, None);
    let none = Key {
        of_record: RecordKey::None,
        of_batch: BatchKey::None,
    };
    assert_eq!(joined(&JSON, &none, members).0, None);
}
