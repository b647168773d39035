use super::*;

/// All steps through `bytes`, which are the same for those who ask for the short ones first.
fn events(bytes: &[u8]) -> Result<Vec<Event<'_>>, CdtError> {
    let events = steps(bytes, Reader::next);
    let short_first = steps(bytes, |reader| {
        let integer = |value: u8| Value::Integer(value.into());
        let short = reader.next_small().map(integer);
        match short.or_else(|| reader.next_short_text().map(Value::String)) {
            Some(value) => Ok(Some(Event::Value(value))),
            None => reader.next(),
        }
    });
    assert_eq!(short_first, events);
    events
}

fn steps<'a>(
    bytes: &'a [u8],
    next: impl Fn(&mut Reader<'a>) -> Result<Option<Event<'a>>, CdtError>,
) -> Result<Vec<Event<'a>>, CdtError> {
    let mut reader = Reader::new(bytes);
    let mut events = Vec::new();
    while let Some(event) = next(&mut reader)? {
        events.push(event);
    }
    assert_eq!(reader.depth(), 0);
    Ok(events)
}

/// The one value of a list that holds nothing else.
fn single(bytes: &[u8]) -> Result<Value<'_>, CdtError> {
    match events(bytes)?.as_slice() {
        [Event::Value(value)] => Ok(*value),
        other => panic!("{other:?}"),
    }
}

fn list<'a>(len: u32) -> Event<'a> {
    Event::ListStart {
        len,
        ordered: false,
    }
}

fn map<'a>(len: u32) -> Event<'a> {
    Event::MapStart {
        len,
        order: MapOrder::Unordered,
    }
}

#[test]
fn integers_of_every_width_are_read() {
    let cases: [(&[u8], i64); 19] = [
        (&[0x00], 0),
        (&[0x7f], 127),
        (&[0xe0], -32),
        (&[0xff], -1),
        (&[0xcc, 0xff], 255),
        (&[0xcd, 0x01, 0x2c], 300),
        (&[0xce, 0x00, 0x01, 0x11, 0x70], 70_000),
        (&[0xce, 0xff, 0xff, 0xff, 0xff], 4_294_967_295),
        (&[0xcf, 0, 0, 1, 0, 0, 0, 0, 0], 1_099_511_627_776),
        (&[0xcf, 0x7f, 255, 255, 255, 255, 255, 255, 255], i64::MAX),
        (&[0xd0, 0x80], -128),
        (&[0xd0, 0x7f], 127),
        (&[0xd1, 0xff, 0x38], -200),
        (&[0xd1, 0x80, 0x00], -32_768),
        (&[0xd2, 0x80, 0, 0, 0], -2_147_483_648),
        (&[0xd2, 0, 0, 0, 1], 1),
        (&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], i64::MIN),
        (&[0xd3, 0, 0, 0, 0, 0, 0, 0, 5], 5),
        (&[0xcd, 0x00, 0x01], 1),
    ];
    for (bytes, number) in cases {
        assert_eq!(single(bytes), Ok(Value::Integer(number)), "{bytes:x?}");
    }
}

#[test]
fn only_integers_above_63_bits_are_unsigned() {
    let bytes = [0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(single(&bytes), Ok(Value::Unsigned(1 << 63)));
    assert_eq!(
        single(&[0xcf, 255, 255, 255, 255, 255, 255, 255, 255]),
        Ok(Value::Unsigned(u64::MAX))
    );
}

#[test]
fn doubles_are_read_and_floats_widened() {
    assert_eq!(
        single(&[0xcb, 0x40, 0x04, 0, 0, 0, 0, 0, 0]),
        Ok(Value::Double(2.5))
    );
    assert_eq!(single(&[0xca, 0x40, 0x20, 0, 0]), Ok(Value::Double(2.5)));
    // 0.1 as a float of 32 bits, exactly.
    assert_eq!(
        single(&[0xca, 0x3d, 0xcc, 0xcc, 0xcd]),
        Ok(Value::Double(0.100_000_001_490_116_12))
    );
}

#[test]
fn nil_and_bools_are_read() {
    assert_eq!(single(&[0xc0]), Ok(Value::Nil));
    assert_eq!(single(&[0xc2]), Ok(Value::Bool(false)));
    assert_eq!(single(&[0xc3]), Ok(Value::Bool(true)));
}

#[test]
fn the_first_byte_of_text_and_bytes_is_their_kind() {
    assert_eq!(single(&[0xa2, 3, b'a']), Ok(Value::String(b"a")));
    assert_eq!(single(&[0xa1, 3]), Ok(Value::String(b"")));
    assert_eq!(single(&[0xa3, 4, 0, 1]), Ok(Value::Blob(&[0, 1])));
    assert_eq!(single(&[0xa3, 18, 0, 1]), Ok(Value::Hll(&[0, 1])));
    assert_eq!(single(b"\xa3\x17{}"), Ok(Value::GeoJson(b"{}")));
    for kind in 7..=12 {
        let value = Value::LanguageBlob(ParticleKind(kind), b"x");
        assert_eq!(single(&[0xa2, kind, b'x']), Ok(value));
    }
    for kind in [0, 1, 16, 20, 99, 255] {
        let value = Value::Unknown(ParticleKind(kind), b"x");
        assert_eq!(single(&[0xa2, kind, b'x']), Ok(value));
    }
}

#[test]
fn text_and_bytes_have_six_forms_of_length() {
    let forms: [&[u8]; 6] = [
        &[0xc4, 2],
        &[0xc5, 0, 2],
        &[0xc6, 0, 0, 0, 2],
        &[0xd9, 2],
        &[0xda, 0, 2],
        &[0xdb, 0, 0, 0, 2],
    ];
    for form in forms {
        let bytes = [form, &[3, b'x']].concat();
        assert_eq!(single(&bytes), Ok(Value::String(b"x")), "{form:x?}");
    }
}

#[test]
fn a_raw_of_length_0_is_an_empty_blob() {
    assert_eq!(single(&[0xa0]), Ok(Value::Blob(b"")));
    assert_eq!(single(&[0xc4, 0]), Ok(Value::Blob(b"")));
}

#[test]
fn lists_and_maps_have_three_forms_of_length() {
    for head in [&[0x92][..], &[0xdc, 0, 2], &[0xdd, 0, 0, 0, 2]] {
        let bytes = [head, &[1, 2]].concat();
        let expected = [
            list(2),
            Event::Value(Value::Integer(1)),
            Event::Value(Value::Integer(2)),
            Event::End,
        ];
        assert_eq!(events(&bytes).unwrap(), expected);
    }
    for head in [&[0x81][..], &[0xde, 0, 1], &[0xdf, 0, 0, 0, 1]] {
        let bytes = [head, &[1, 2]].concat();
        let expected = [
            map(1),
            Event::Value(Value::Integer(1)),
            Event::Value(Value::Integer(2)),
            Event::End,
        ];
        assert_eq!(events(&bytes).unwrap(), expected);
    }
}

#[test]
fn empty_lists_and_maps_end_at_once() {
    assert_eq!(events(&[0x90]).unwrap(), [list(0), Event::End]);
    assert_eq!(events(&[0x80]).unwrap(), [map(0), Event::End]);
}

#[test]
fn nested_lists_and_maps_end_in_their_turn() {
    // [[1], {[]: {}}, 2]
    let bytes = [0x93, 0x91, 1, 0x81, 0x90, 0x80, 2];
    let expected = [
        list(3),
        list(1),
        Event::Value(Value::Integer(1)),
        Event::End,
        map(1),
        list(0),
        Event::End,
        map(0),
        Event::End,
        Event::End,
        Event::Value(Value::Integer(2)),
        Event::End,
    ];
    assert_eq!(events(&bytes).unwrap(), expected);
}

#[test]
fn the_marker_of_a_list_is_consumed() {
    for (flags, ordered) in [
        (0x00, false),
        (0x01, true),
        (0x10, false),
        (0x11, true),
        (0x21, true),
    ] {
        let bytes = [0x92, 0xc7, 0, flags, 5];
        let expected = [
            Event::ListStart { len: 1, ordered },
            Event::Value(Value::Integer(5)),
            Event::End,
        ];
        assert_eq!(events(&bytes).unwrap(), expected, "{flags:#x}");
    }
}

#[test]
fn the_marker_of_a_map_is_consumed_with_its_nil() {
    use MapOrder::{Key, KeyValue, Unordered};
    let orders = [
        (0x00, Unordered),
        (0x01, Key),
        (0x03, KeyValue),
        (0x08, Unordered),
        (0x10, Unordered),
        (0x11, Key),
        (0x13, KeyValue),
    ];
    for (flags, order) in orders {
        let bytes = [0x82, 0xc7, 0, flags, 0xc0, 0xa2, 3, b'k', 5];
        let expected = [
            Event::MapStart { len: 1, order },
            Event::Value(Value::String(b"k")),
            Event::Value(Value::Integer(5)),
            Event::End,
        ];
        assert_eq!(events(&bytes).unwrap(), expected, "{flags:#x}");
    }
}

#[test]
fn a_collection_of_a_marker_alone_is_empty() {
    let ordered = Event::ListStart {
        len: 0,
        ordered: true,
    };
    assert_eq!(events(&[0x91, 0xc7, 0, 1]).unwrap(), [ordered, Event::End]);
    let sorted = Event::MapStart {
        len: 0,
        order: MapOrder::Key,
    };
    assert_eq!(
        events(&[0x81, 0xc7, 0, 1, 0xc0]).unwrap(),
        [sorted, Event::End]
    );
}

#[test]
fn the_index_inside_a_marker_is_skipped_in_every_form() {
    let forms: [(&[u8], usize); 8] = [
        (&[0xc7, 3, 0x11], 3),
        (&[0xc8, 0, 3, 0x11], 3),
        (&[0xc9, 0, 0, 0, 3, 0x11], 3),
        (&[0xd4, 0x11], 1),
        (&[0xd5, 0x11], 2),
        (&[0xd6, 0x11], 4),
        (&[0xd7, 0x11], 8),
        (&[0xd8, 0x11], 16),
    ];
    for (form, len) in forms {
        // What is in the index looks like values, and must not be taken for any.
        let bytes = [&[0x92], form, &vec![0xc3; len], &[5]].concat();
        let start = Event::ListStart {
            len: 1,
            ordered: true,
        };
        let expected = [start, Event::Value(Value::Integer(5)), Event::End];
        assert_eq!(events(&bytes).unwrap(), expected, "{form:x?}");
        assert_eq!(
            events(&bytes[..form.len() + len]),
            Err(CdtError::Truncated),
            "{form:x?}"
        );
    }
}

#[test]
fn nested_collections_have_markers_of_their_own() {
    // An ordered list with a key-ordered map in it.
    let bytes = [0x92, 0xc7, 0, 1, 0x82, 0xc7, 0, 1, 0xc0, 1, 2];
    let expected = [
        Event::ListStart {
            len: 1,
            ordered: true,
        },
        Event::MapStart {
            len: 1,
            order: MapOrder::Key,
        },
        Event::Value(Value::Integer(1)),
        Event::Value(Value::Integer(2)),
        Event::End,
        Event::End,
    ];
    assert_eq!(events(&bytes).unwrap(), expected);
}

#[test]
fn query_symbols_are_values_and_no_markers() {
    let expected = [
        list(2),
        Event::Value(Value::Wildcard),
        Event::Value(Value::Infinity),
        Event::End,
    ];
    assert_eq!(
        events(&[0x92, 0xd4, 0xff, 0, 0xd4, 0xff, 1]).unwrap(),
        expected
    );
    let expected = [
        map(1),
        Event::Value(Value::Infinity),
        Event::Value(Value::Integer(1)),
        Event::End,
    ];
    assert_eq!(events(&[0x81, 0xc7, 1, 0xff, 1, 1]).unwrap(), expected);
    assert_eq!(
        single(&[0xd4, 0xff, 2]),
        Err(CdtError::UnsupportedExtension(0xff))
    );
    assert_eq!(
        single(&[0xc7, 0, 0xff]),
        Err(CdtError::UnsupportedExtension(0xff))
    );
}

#[test]
fn a_marker_anywhere_else_is_refused() {
    assert_eq!(
        events(&[0x92, 5, 0xc7, 0, 1]),
        Err(CdtError::UnsupportedExtension(1))
    );
    assert_eq!(
        events(&[0xc7, 0, 1]),
        Err(CdtError::UnsupportedExtension(1))
    );
    // As a map's value.
    assert_eq!(
        events(&[0x81, 5, 0xc7, 0, 1]),
        Err(CdtError::UnsupportedExtension(1))
    );
    // A second one.
    assert_eq!(
        events(&[0x92, 0xc7, 0, 1, 0xc7, 0, 1]),
        Err(CdtError::UnsupportedExtension(1))
    );
}

#[test]
fn the_marker_of_a_map_needs_its_nil() {
    assert_eq!(events(&[0x81, 0xc7, 0, 1, 5]), Err(CdtError::MarkerValue));
    assert_eq!(events(&[0x81, 0xc7, 0, 1]), Err(CdtError::Truncated));
}

#[test]
fn a_byte_without_a_meaning_is_refused() {
    assert_eq!(single(&[0xc1]), Err(CdtError::UnsupportedTag(0xc1)));
}

#[test]
fn counts_are_believed_only_as_far_as_bytes_remain() {
    let refused = |bytes: &[u8], elements, remaining| {
        let error = CdtError::TooManyElements {
            elements,
            remaining,
        };
        assert_eq!(events(bytes), Err(error), "{bytes:x?}");
    };
    refused(&[0x93, 1], 3, 1);
    refused(&[0xdd, 255, 255, 255, 255, 1], 4_294_967_295, 1);
    refused(&[0xdf, 255, 255, 255, 255, 1], 8_589_934_590, 1);
    refused(&[0x81, 1], 2, 1);
    // The marker's own bytes hold no elements.
    refused(&[0x93, 0xc7, 0, 1, 5], 2, 1);
}

#[test]
fn every_cut_is_refused() {
    // Inside every form with a length: list, map, marker with an index, text, bytes, numbers.
    let bytes = [
        &[0xdc, 0, 7, 0xc7, 2, 0x11, 9, 9][..],
        &[
            0xde, 0, 2, 0xc7, 0, 1, 0xc0, 0xa2, 3, b'k', 0xda, 0, 2, 3, b'v',
        ],
        &[0xc6, 0, 0, 0, 2, 4, 1, 0xcb, 1, 2, 3, 4, 5, 6, 7, 8],
        &[0xd2, 1, 2, 3, 4, 0xd4, 0xff, 1, 0x90],
    ]
    .concat();
    assert!(events(&bytes).is_ok());
    for len in 0..bytes.len() {
        assert!(events(&bytes[..len]).is_err(), "{len}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(events(&longer), Err(CdtError::TrailingBytes { len: 1 }));
}

#[test]
fn lengths_beyond_the_end_are_refused() {
    for head in [
        &[0xa2][..],
        &[0xd9, 255],
        &[0xda, 255, 255],
        &[0xdb, 255, 255, 255, 255],
        &[0xc6, 255, 255, 255, 255],
    ] {
        let bytes = [head, &[3]].concat();
        assert_eq!(single(&bytes), Err(CdtError::Truncated), "{head:x?}");
    }
}

#[test]
fn sixty_four_levels_pass_and_one_more_does_not() {
    let lists = |depth: usize| [vec![0x91; depth - 1], vec![0x90]].concat();
    assert_eq!(events(&lists(64)).unwrap().len(), 128);
    assert_eq!(events(&lists(65)), Err(CdtError::TooDeep));
    // {1: {1: ... {}}}
    let maps = |depth: usize| [[0x81, 1].repeat(depth - 1), vec![0x80]].concat();
    assert!(events(&maps(64)).is_ok());
    assert_eq!(events(&maps(65)), Err(CdtError::TooDeep));
}

#[test]
fn a_million_levels_are_refused_on_a_small_stack() {
    let refuse = || {
        let bytes = [vec![0x91; 1_000_000], vec![0x90]].concat();
        assert_eq!(events(&bytes), Err(CdtError::TooDeep));
    };
    let thread = std::thread::Builder::new().stack_size(64 << 10);
    thread.spawn(refuse).unwrap().join().unwrap();
}

#[test]
fn an_error_stays_an_error() {
    for bytes in [
        &[][..],
        &[0x91],
        &[0xc1],
        &[0x90, 0],
        &[0xc1, 0],
        &[0x91, 0xd4],
    ] {
        let mut reader = Reader::new(bytes);
        while let Ok(event) = reader.next() {
            assert_ne!(event, None, "{bytes:x?}");
        }
        for _ in 0..3 {
            assert_eq!(reader.next(), Err(CdtError::Truncated), "{bytes:x?}");
        }
    }
}

#[test]
fn nothing_at_all_is_no_value() {
    assert_eq!(events(&[]), Err(CdtError::Truncated));
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let mut reader = Reader::new(&bytes);
        let mut steps = 0;
        while let Ok(Some(_)) = reader.next() {
            steps += 1;
        }
        proptest::prop_assert!(steps <= 2 * bytes.len());
    }
}
