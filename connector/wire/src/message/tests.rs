use super::*;

const DIGEST: [u8; 20] = *b"12345678901234567890";

/// A message header with these flags, generation 5, a TTL of 60 s.
fn header(info2: u8, info3: u8, fields: u16, bins: u16) -> Vec<u8> {
    let mut bytes = vec![22, 0x10, info2, info3, 0, 0];
    bytes.extend([0, 0, 0, 5, 0, 0, 0, 60, 0, 0, 0, 0]);
    bytes.extend(fields.to_be_bytes());
    bytes.extend(bins.to_be_bytes());
    bytes
}

fn field(code: u8, content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + 1).unwrap();
    [&size.to_be_bytes(), &[code][..], content].concat()
}

/// A write with namespace, digest and these fields.
fn with_fields(more: &[Vec<u8>]) -> Vec<u8> {
    let count = u16::try_from(2 + more.len()).unwrap();
    let own = [
        header(1, 0x10, count, 0),
        field(0, b"test"),
        field(4, &DIGEST),
    ]
    .concat();
    [own, more.concat()].concat()
}

fn parse_with(code: u8, content: &[u8]) -> Result<Record<'static>, MessageError> {
    parse_message(with_fields(&[field(code, content)]).leak())
}

#[test]
fn the_smallest_write_has_a_namespace_and_a_digest() {
    let body = with_fields(&[]);
    let record = parse_message(&body).unwrap();
    let expected = Metadata {
        operation: Operation::Write { whole_record: true },
        namespace: b"test",
        set: None,
        digest: &DIGEST,
        user_key: None,
        generation: Some(5),
        last_update: None,
        ttl: Ttl::Seconds(60),
    };
    assert_eq!(record.metadata, expected);
    assert!(record.bins.is_empty());
}

#[test]
fn flags_tell_the_operation() {
    let operation = |info2: u8, info3: u8| {
        let mut body = with_fields(&[]);
        (body[2], body[3]) = (info2, info3);
        parse_message(&body).map(|record| record.metadata.operation)
    };
    let write = |whole_record| Ok(Operation::Write { whole_record });
    let delete = |durable| Ok(Operation::Delete { durable });
    assert_eq!(operation(0x01, 0x00), write(false));
    assert_eq!(operation(0x01, 0x10), write(true));
    assert_eq!(operation(0x01, 0x20), write(true));
    // The durable bit of a plain write is no delete.
    assert_eq!(operation(0x11, 0x00), write(false));
    assert_eq!(operation(0x03, 0x00), delete(false));
    assert_eq!(operation(0x13, 0x00), delete(true));
    // Old clients keep the replace flag on deletes.
    assert_eq!(operation(0x13, 0x10), delete(true));
    assert_eq!(operation(0x02, 0x00), delete(false));
    for flags in [0x00, 0x10, 0x04, 0xfc] {
        assert_eq!(
            operation(flags, 0x10),
            Err(MessageError::NotAChange { flags })
        );
    }
}

#[test]
fn bytes_that_say_nothing_to_a_receiver_are_not_judged() {
    let mut body = with_fields(&[]);
    let expected = format!("{:?}", parse_message(&body).unwrap());
    // Length of the header, info1, info4, result code, transaction TTL.
    for at in [0, 1, 4, 5, 14, 15, 16, 17] {
        body[at] = 0xff;
    }
    assert_eq!(format!("{:?}", parse_message(&body).unwrap()), expected);
}

#[test]
fn generation_0_is_not_shipped() {
    let mut body = with_fields(&[]);
    body[6..10].copy_from_slice(&[0; 4]);
    assert_eq!(parse_message(&body).unwrap().metadata.generation, None);
    body[6..10].copy_from_slice(&[255; 4]);
    assert_eq!(
        parse_message(&body).unwrap().metadata.generation,
        Some(u32::MAX)
    );
}

#[test]
fn fields_come_in_any_order() {
    let fields = [
        field(0, b"test"),
        field(1, b"demo"),
        field(2, &[3, b'k']),
        field(4, &DIGEST),
        field(14, &[0, 0, 1, 0, 0, 0, 0, 9]),
    ];
    let mut order = [0, 1, 2, 3, 4];
    for _ in 0..5 {
        order.rotate_left(1);
        for swapped in 0..4 {
            order.swap(swapped, swapped + 1);
            let body = [
                header(1, 0, 5, 0),
                order.map(|at| fields[at].clone()).concat(),
            ]
            .concat();
            let metadata = parse_message(&body).unwrap().metadata;
            assert_eq!(
                (metadata.namespace, metadata.set),
                (&b"test"[..], Some(&b"demo"[..]))
            );
            assert_eq!(metadata.user_key, Some(Particle::String(b"k")));
            assert_eq!(metadata.digest, &DIGEST);
            assert_eq!(metadata.last_update.unwrap().unix_ms(), 1_262_304_000_009);
        }
    }
}

#[test]
fn unknown_fields_are_skipped_however_often_they_come() {
    let more: Vec<_> = [3, 5, 6, 7, 9, 9, 255]
        .map(|code| field(code, b"whatever"))
        .into();
    assert!(parse_message(&with_fields(&more)).is_ok());
}

#[test]
fn fields_that_are_read_come_once() {
    let contents: [(u8, Field, &[u8]); 5] = [
        (0, Field::Namespace, b"test"),
        (1, Field::Set, b""),
        (2, Field::UserKey, &[3]),
        (4, Field::Digest, &DIGEST),
        (14, Field::LastUpdate, &[0; 8]),
    ];
    for (code, name, content) in contents {
        assert_eq!(name.code(), code);
        let body = with_fields(&[field(code, content), field(code, content)]);
        assert_eq!(
            parse_message(&body),
            Err(MessageError::DuplicateField(name))
        );
    }
}

#[test]
fn a_record_without_namespace_or_digest_is_nobody() {
    let body = [header(1, 0, 1, 0), field(4, &DIGEST)].concat();
    assert_eq!(
        parse_message(&body),
        Err(MessageError::MissingField(Field::Namespace))
    );
    let body = [header(1, 0, 1, 0), field(0, b"test")].concat();
    assert_eq!(
        parse_message(&body),
        Err(MessageError::MissingField(Field::Digest))
    );
    let body = header(1, 0, 0, 0);
    assert!(parse_message(&body).is_err());
}

#[test]
fn a_field_of_size_0_is_refused() {
    let last = [header(1, 0, 1, 0), vec![0; 4]].concat();
    assert_eq!(
        parse_message(&last),
        Err(MessageError::EmptyField { field: 0 })
    );
    let mut body = with_fields(&[field(1, b"demo")]);
    let at = body.len() - 9;
    body[at..at + 4].copy_from_slice(&[0; 4]);
    assert_eq!(
        parse_message(&body),
        Err(MessageError::EmptyField { field: 2 })
    );
}

#[test]
fn fields_beyond_the_end_are_refused() {
    let body = with_fields(&[field(1, b"demo")]);
    for len in MESSAGE_HEADER_LEN..body.len() {
        let cut = parse_message(&body[..len]);
        assert!(
            matches!(cut, Err(MessageError::TruncatedField { .. })),
            "{len}: {cut:?}"
        );
    }
    let at = body.len() - 9;
    for size in [6_u32, 7, u32::MAX] {
        let mut body = body.clone();
        body[at..at + 4].copy_from_slice(&size.to_be_bytes());
        assert_eq!(
            parse_message(&body),
            Err(MessageError::TruncatedField { field: 2 })
        );
    }
    let mut body = body;
    body[18..20].copy_from_slice(&[255, 255]);
    assert_eq!(
        parse_message(&body),
        Err(MessageError::TruncatedField { field: 3 })
    );
}

#[test]
fn a_body_shorter_than_the_header_is_refused() {
    for len in 0..MESSAGE_HEADER_LEN {
        assert_eq!(
            parse_message(&vec![0; len]),
            Err(MessageError::TooShort { len })
        );
    }
}

#[test]
fn bytes_left_over_are_refused() {
    let body = [with_fields(&[]), vec![0]].concat();
    let source = BinsError::TrailingBytes { len: 1 };
    assert_eq!(parse_message(&body), Err(MessageError::ReadBins { source }));
}

#[test]
fn names_are_as_long_as_servers_allow() {
    let namespace = |len: usize| {
        let name = vec![b'n'; len];
        let body = [header(1, 0, 2, 0), field(0, &name), field(4, &DIGEST)].concat();
        parse_message(&body).map(|record| record.metadata.namespace.len())
    };
    let wrong = |field, len| MessageError::FieldLength { field, len };
    assert_eq!(namespace(1), Ok(1));
    assert_eq!(namespace(31), Ok(31));
    for len in [0, 32, 70_000] {
        assert_eq!(namespace(len), Err(wrong(Field::Namespace, len)));
    }
    let set =
        |len| parse_with(1, &vec![b's'; len]).map(|record| record.metadata.set.map(<[u8]>::len));
    assert_eq!(set(0), Ok(None));
    assert_eq!(set(1), Ok(Some(1)));
    assert_eq!(set(63), Ok(Some(63)));
    assert_eq!(set(64), Err(wrong(Field::Set, 64)));
}

#[test]
fn digest_and_time_have_one_length() {
    for len in [0, 19, 21] {
        let body = [
            header(1, 0, 2, 0),
            field(0, b"test"),
            field(4, &vec![0; len]),
        ]
        .concat();
        let error = MessageError::FieldLength {
            field: Field::Digest,
            len,
        };
        assert_eq!(parse_message(&body), Err(error));
    }
    for len in [0, 7, 9] {
        let error = MessageError::FieldLength {
            field: Field::LastUpdate,
            len,
        };
        assert_eq!(parse_with(14, &vec![0; len]), Err(error));
    }
}

#[test]
fn the_time_is_masked_and_0_is_unknown() {
    let time = |content: [u8; 8]| parse_with(14, &content).unwrap().metadata.last_update;
    let update = time([0, 0, 1, 0x6d, 0xc9, 0xdd, 0x69, 0x98]).unwrap();
    assert_eq!(
        (update.unix_ms(), update.source_id()),
        (1_733_842_166_168, 1)
    );
    assert_eq!(time([0; 8]), None);
}

#[test]
fn a_user_key_says_its_kind_first() {
    let key = |content: &[u8]| parse_with(2, content).map(|record| record.metadata.user_key);
    assert_eq!(
        key(&[1, 0, 0, 0, 0, 0, 0, 3, 9]),
        Ok(Some(Particle::Integer(777)))
    );
    assert_eq!(
        key(&[2, 0x40, 4, 0, 0, 0, 0, 0, 0]),
        Ok(Some(Particle::Double(2.5)))
    );
    assert_eq!(key(b"\x03r1"), Ok(Some(Particle::String(b"r1"))));
    assert_eq!(key(b"\x03"), Ok(Some(Particle::String(b""))));
    assert_eq!(key(b"\x04r1"), Ok(Some(Particle::Blob(b"r1"))));
    assert_eq!(
        key(b"\x07r1"),
        Ok(Some(Particle::LanguageBlob(ParticleKind::JAVA_BLOB, b"r1")))
    );
    let error = MessageError::FieldLength {
        field: Field::UserKey,
        len: 0,
    };
    assert_eq!(key(b""), Err(error));
    let source = ParticleError::WrongLength {
        kind: ParticleKind::INTEGER,
        len: 3,
    };
    assert_eq!(key(b"\x01abc"), Err(MessageError::ReadUserKey { source }));
}

#[test]
fn the_monitor_records_of_transactions_are_recognised() {
    assert!(parse_with(1, b"<ERO~MRT").unwrap().is_transaction_monitor());
    assert!(!parse_with(1, b"demo").unwrap().is_transaction_monitor());
    assert!(
        !parse_message(&with_fields(&[]))
            .unwrap()
            .is_transaction_monitor()
    );
}
