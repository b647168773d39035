//! The formats that are not text, as readers see them that share no code with their writers.

use aeroduct_record::{Operation, Particle};
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{Message, digest, particle};
use aeroduct_tests::source::SUCCESS;
use aeroduct_wire::{encode, next_frame, parse_message};
use anyhow::{Context as _, Result};
use rmpv::Value;

use crate::process_formats::{
    DIGEST, LAST_UPDATE, LAST_UPDATE_UNIX, all_types, bare_delete, delete,
};
use crate::stand::Stand;

/// A place, an HLL and a map in a list: `[{}, 00 04, {1: "one", 2.5: nil}]`.
const NESTED: &[u8] =
    b"\x93\xa3\x17{}\xa3\x12\x00\x04\x82\x01\xa4\x03one\xcb\x40\x04\0\0\0\0\0\0\xc0";

fn array<const N: usize>(values: [Value; N]) -> Value {
    Value::Array(values.into())
}

fn key(set: Value, user_key: Value) -> Value {
    let digest = Value::Binary(DIGEST.to_vec());
    array(["users".into(), set, digest, user_key])
}

fn bin(name: &str, kind: u8, flags: u8, value: Value) -> Value {
    array([name.into(), kind.into(), flags.into(), value])
}

/// The only value in these bytes.
fn unpack(bytes: Option<&[u8]>) -> Result<Value> {
    let mut bytes = bytes.context("no bytes")?;
    let value = rmpv::decode::read_value(&mut bytes)?;
    assert!(bytes.is_empty(), "{} bytes behind {value}", bytes.len());
    Ok(value)
}

fn all_bins() -> Value {
    let bytes = |bytes: &[u8]| Value::Binary(bytes.to_vec());
    let list = array([
        1.into(),
        "x".into(),
        2.5.into(),
        true.into(),
        bytes(&[1, 2]),
    ]);
    let map = vec![("a".into(), Value::Nil), ("b".into(), 1.into())];
    let nested = array([
        Value::Ext(23, b"{}".to_vec()),
        Value::Ext(18, vec![0, 4]),
        Value::Map(vec![(1.into(), "one".into()), (2.5.into(), Value::Nil)]),
    ]);
    let place = r#"{"type":"Point","coordinates":[1.3,103.9]}"#;
    array([
        bin("name", 3, 0, "Ann \"A\" \u{e9}\u{1d11e}\n".into()),
        bin("n", 1, 0, (-5).into()),
        bin("d", 2, 0, 1e10.into()),
        bin("b", 17, 0, true.into()),
        bin("x", 4, 0, bytes(&[0xde, 0xad])),
        bin("h", 18, 0, bytes(&[0, 4, 0, 1])),
        bin("l", 20, 1, list),
        bin("m", 19, 1, Value::Map(map)),
        bin("g", 23, 0, place.into()),
        bin("nested", 20, 0, nested),
        bin("gone", 0, 0, Value::Nil),
    ])
}

// covers: format.mode=message-pack
#[test]
fn message_pack_is_as_documented() -> Result<()> {
    let blocks = "routing: { mode: static, destination: binary-pack }
format: { mode: message-pack }";
    let mut stand = Stand::start(&[Topic::new("binary-pack", 1)], blocks)?;
    let write = all_types()
        .bin("nested", particle::LIST, NESTED)
        .bin("gone", 0, &[]);
    let answers = stand.ask(&[write, delete(), bare_delete()])?;
    assert_eq!(answers, [SUCCESS; 3]);

    let write_key = key("premium".into(), "id123".into());
    let written = [
        write_key.clone(),
        3.into(),
        0.into(),
        LAST_UPDATE_UNIX.into(),
        all_bins(),
    ];
    let delete_key = key("premium".into(), (-7).into());
    let bare_key = key(Value::Nil, Value::Nil);
    let expected = [
        (&write_key, array([1.into(), 1.into(), array(written)])),
        (
            &delete_key,
            array([1.into(), 2.into(), array([delete_key.clone(), 0.into()])]),
        ),
        (
            &bare_key,
            array([1.into(), 2.into(), array([bare_key.clone(), 1.into()])]),
        ),
    ];
    for (record, (key, value)) in stand.read("binary-pack", 3)?.iter().zip(expected) {
        assert_eq!(unpack(record.value.as_deref())?, value);
        assert_eq!(&unpack(record.key.as_deref())?, key);
    }
    Ok(())
}

// covers: format.mode=xdr
#[test]
fn xdr_is_the_message_as_it_came_but_inflated() -> Result<()> {
    let blocks = "routing: { mode: static, destination: binary-xdr }\nformat: { mode: xdr }";
    let mut stand = Stand::start(&[Topic::new("binary-xdr", 1)], blocks)?;
    let long = Message::write("users", digest(2)).text("text", &"again and ".repeat(100));
    let mut packed = Vec::new();
    encode::compress(&long.frame(), &mut packed)?;
    assert!(packed.len() < long.frame().len() / 2, "{}", packed.len());
    let answers = stand.ask_frames(&[all_types().frame(), packed, delete().frame()])?;
    assert_eq!(answers, [SUCCESS; 3]);

    let records = stand.read("binary-xdr", 3)?;
    let sent = [(all_types(), DIGEST), (long, digest(2)), (delete(), DIGEST)];
    for (record, (message, digest)) in records.iter().zip(sent) {
        assert_eq!(record.value, Some(message.frame()));
        assert_eq!(record.key.as_deref(), Some(&digest[..]));
    }
    let value = records[0].value.as_deref().unwrap_or_default();
    let frame = next_frame(value, 1 << 20)?.context("half a frame")?;
    let record = parse_message(frame.body())?;
    let metadata = &record.metadata;
    assert_eq!(metadata.operation, Operation::Write { whole_record: true });
    assert_eq!(
        (metadata.namespace, metadata.set),
        (&b"users"[..], Some(&b"premium"[..]))
    );
    assert_eq!(metadata.digest, &DIGEST);
    assert_eq!(metadata.user_key, Some(Particle::String(b"id123")));
    assert_eq!(
        metadata.last_update.map(aeroduct_record::LastUpdate::raw),
        Some(LAST_UPDATE)
    );
    let n = record.bins.find(b"n").context("no bin n")?;
    assert_eq!(n.particle()?, Particle::Integer(-5));
    assert_eq!(record.bins.len(), 9);
    Ok(())
}
