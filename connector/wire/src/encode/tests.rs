use aeroduct_record::cdt::MapOrder;

use super::*;
use crate::{next_frame, parse_message};

const DIGEST: [u8; 20] = *b"12345678901234567890";
const WRITE: Operation = Operation::Write { whole_record: true };

fn begin(out: &mut Vec<u8>) -> MessageWriter<'_> {
    MessageWriter::new(out, WRITE)
        .namespace(b"test")
        .digest(&DIGEST)
}

/// What a writer of lists and maps made.
fn cdt(write: impl FnOnce(&mut CdtWriter<'_>)) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut CdtWriter::new(&mut out));
    out
}

#[test]
fn a_captured_write_is_rebuilt_byte_for_byte() {
    // The annotated message of a source: integer key 777, one string bin.
    let captured = "020300000000007a16100110000000000002\
        00278d000000000000050001\
        0000000b00736f757263652d6e7331\
        0000001504ffe3edca38f4eb05bdcf1d009f13a6ab8e71273b\
        000000050173657431\
        0000000a02010000000000000309\
        000000090e0000006dc9dd6998\
        0000001402030001617a7a7a7a7a7a7a7a7a7a7a7a7a7a7a";
    let captured = hex::decode(captured).unwrap();
    let digest = hex::decode("ffe3edca38f4eb05bdcf1d009f13a6ab8e71273b").unwrap();
    let mut out = Vec::new();
    let len = MessageWriter::new(&mut out, WRITE)
        .generation(2)
        .ttl(Ttl::Seconds(2_592_000))
        .namespace(b"source-ns1")
        .digest(&digest.try_into().unwrap())
        .set(b"set1")
        .user_key(&Particle::Integer(777))
        .last_update(LastUpdate::from_unix_ms(1_733_842_166_168, 0))
        .bins()
        .bin(b"a", &Particle::String(b"zzzzzzzzzzzzzzz"))
        .finish()
        .unwrap();
    assert_eq!(hex::encode(&out), hex::encode(&captured));
    assert_eq!(len, captured.len());
}

#[test]
fn messages_are_appended_to_what_is_there() {
    let mut out = b"before".to_vec();
    let first = begin(&mut out).finish().unwrap();
    let second = begin(&mut out)
        .bins()
        .bin(b"a", &Particle::Null)
        .finish()
        .unwrap();
    assert_eq!(out.len(), 6 + first + second);
    let rest = &out[6..];
    let frame = next_frame(rest, 1_000).unwrap().unwrap();
    assert_eq!(frame.len(), first);
    let frame = next_frame(&rest[first..], 1_000).unwrap().unwrap();
    assert_eq!(parse_message(frame.body()).unwrap().bins.len(), 1);
}

#[test]
fn deletes_carry_their_flags() {
    for (durable, info2) in [(false, 0x03), (true, 0x13)] {
        let mut out = Vec::new();
        let writer = MessageWriter::new(&mut out, Operation::Delete { durable });
        writer.namespace(b"test").digest(&DIGEST).finish().unwrap();
        assert_eq!(out[8..12], [22, 0x10, info2, 0]);
        assert_eq!(out[18..22], [0; 4], "a delete has no expiry");
        let record = parse_message(&out[8..]).unwrap();
        assert_eq!(record.metadata.operation, Operation::Delete { durable });
    }
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let mut out = b"before".to_vec();
    let result = begin(&mut out)
        .bins()
        .bin(&[b'n'; 16], &Particle::Null)
        .finish();
    assert!(matches!(result, Err(EncodeError::NameTooLong { len: 16 })));
    assert_eq!(out, b"before");

    let result = begin(&mut out)
        .bins()
        .geojson(b"g", false, &vec![0; 65_536], b"{}")
        .finish();
    assert!(matches!(
        result,
        Err(EncodeError::TooManyCells { cells: 65_536 })
    ));
    assert_eq!(out, b"before");

    let mut bins = begin(&mut out).bins();
    for _ in 0..65_536 {
        bins = bins.bin(b"a", &Particle::Null);
    }
    assert!(matches!(
        bins.finish(),
        Err(EncodeError::TooManyBins { count: 65_536 })
    ));
    assert_eq!(out, b"before");

    let mut fields = begin(&mut out);
    for _ in 0..65_534 {
        fields = fields.field(9, b"");
    }
    assert!(matches!(
        fields.finish(),
        Err(EncodeError::TooManyFields { count: 65_536 })
    ));
    assert_eq!(out, b"before");

    let body = vec![0; 128 << 20];
    let result = begin(&mut out)
        .bins()
        .bin(b"a", &Particle::Blob(&body))
        .finish();
    assert!(matches!(result, Err(EncodeError::TooLarge { .. })));
    assert_eq!(out, b"before");
}

#[test]
fn geojson_comes_with_cells_or_without() {
    let mut out = Vec::new();
    begin(&mut out)
        .bins()
        .geojson(b"cells", true, &[1, 2], b"{}")
        .bin(b"plain", &Particle::GeoJson(b"{}"))
        .finish()
        .unwrap();
    let record = parse_message(&out[8..]).unwrap();
    let bytes = |name: &[u8]| record.bins.find(name).unwrap().bytes;
    assert_eq!(
        bytes(b"cells"),
        b"\x01\x00\x02\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02{}"
    );
    assert_eq!(bytes(b"plain"), b"\x00\x00\x00{}");
}

#[test]
fn integers_take_their_shortest_form() {
    let cases: [(i64, &[u8]); 18] = [
        (0, &[0]),
        (127, &[0x7f]),
        (128, &[0xcc, 0x80]),
        (255, &[0xcc, 0xff]),
        (256, &[0xcd, 1, 0]),
        (65_535, &[0xcd, 255, 255]),
        (65_536, &[0xce, 0, 1, 0, 0]),
        (4_294_967_295, &[0xce, 255, 255, 255, 255]),
        (4_294_967_296, &[0xcf, 0, 0, 0, 1, 0, 0, 0, 0]),
        (i64::MAX, &[0xcf, 0x7f, 255, 255, 255, 255, 255, 255, 255]),
        (-1, &[0xff]),
        (-32, &[0xe0]),
        (-33, &[0xd0, 0xdf]),
        (-128, &[0xd0, 0x80]),
        (-129, &[0xd1, 0xff, 0x7f]),
        (-32_769, &[0xd2, 0xff, 0xff, 0x7f, 0xff]),
        (
            -2_147_483_649,
            &[0xd3, 255, 255, 255, 255, 0x7f, 255, 255, 255],
        ),
        (i64::MIN, &[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    ];
    for (number, bytes) in cases {
        assert_eq!(cdt(|writer| _ = writer.integer(number)), bytes, "{number}");
    }
}

#[test]
fn lengths_take_their_shortest_form() {
    let head = |len: usize| cdt(|writer| _ = writer.string(&vec![b'x'; len]))[..3].to_vec();
    assert_eq!(head(30)[..2], [0xbf, 3]);
    assert_eq!(head(31), [0xd9, 32, 3]);
    assert_eq!(head(254), [0xd9, 255, 3]);
    assert_eq!(head(255), [0xda, 1, 0]);
    assert_eq!(head(65_534), [0xda, 255, 255]);
    assert_eq!(head(65_535), [0xdb, 0, 1]);
    assert_eq!(cdt(|writer| _ = writer.list(15)), [0x9f]);
    assert_eq!(cdt(|writer| _ = writer.list(16)), [0xdc, 0, 16]);
    assert_eq!(cdt(|writer| _ = writer.list(65_536)), [0xdd, 0, 1, 0, 0]);
    assert_eq!(
        cdt(|writer| _ = writer.map(16, MapOrder::Unordered)),
        [0xde, 0, 16]
    );
    assert_eq!(
        cdt(|writer| _ = writer.map(65_536, MapOrder::Unordered)),
        [0xdf, 0, 1, 0, 0]
    );
}

#[test]
fn ordered_collections_begin_with_their_marker() {
    assert_eq!(cdt(|writer| _ = writer.ordered_list(2)), [0x93, 0xc7, 0, 1]);
    assert_eq!(
        cdt(|writer| _ = writer.map(1, MapOrder::Key)),
        [0x82, 0xc7, 0, 1, 0xc0]
    );
    assert_eq!(
        cdt(|writer| _ = writer.map(1, MapOrder::KeyValue)),
        [0x82, 0xc7, 0, 3, 0xc0]
    );
    let indexed = cdt(|writer| _ = writer.marked_list(1).marker(0x11, &[9, 9]));
    assert_eq!(indexed, [0x92, 0xc7, 2, 0x11, 9, 9]);
    let indexed = cdt(|writer| _ = writer.marked_map(1).marker(0x11, &[9]).nil());
    assert_eq!(indexed, [0x82, 0xc7, 1, 0x11, 9, 0xc0]);
}
