use super::*;

fn parse(kind: u8, bytes: &[u8]) -> Result<Particle<'_>, ParticleError> {
    Particle::parse(ParticleKind(kind), bytes)
}

fn wrong_length(kind: ParticleKind, len: usize) -> ParticleError {
    ParticleError::WrongLength { kind, len }
}

#[test]
fn an_integer_has_8_bytes_and_may_have_fewer() {
    assert_eq!(
        parse(1, &[0, 0, 0, 0, 0, 0, 3, 9]),
        Ok(Particle::Integer(777))
    );
    assert_eq!(
        parse(1, &[0x80, 0, 0, 0, 0, 0, 0, 0]),
        Ok(Particle::Integer(i64::MIN))
    );
    assert_eq!(parse(1, &[0xff; 8]), Ok(Particle::Integer(-1)));
    assert_eq!(parse(1, &[0x7f]), Ok(Particle::Integer(127)));
    assert_eq!(parse(1, &[0xff]), Ok(Particle::Integer(-1)));
    assert_eq!(parse(1, &[0x01, 0x00]), Ok(Particle::Integer(256)));
    assert_eq!(
        parse(1, &[0xff, 0xff, 0xff, 0xfe]),
        Ok(Particle::Integer(-2))
    );
    for len in [0, 3, 5, 6, 7, 9] {
        let bytes = vec![0; len];
        assert_eq!(
            parse(1, &bytes),
            Err(wrong_length(ParticleKind::INTEGER, len))
        );
    }
}

#[test]
fn a_double_keeps_every_bit() {
    let bits = |bytes: [u8; 8]| match parse(2, &bytes) {
        Ok(Particle::Double(number)) => number.to_bits(),
        other => panic!("{other:?}"),
    };
    for pattern in [
        0x7ff8_0000_0000_0000_u64,
        0x8000_0000_0000_0000,
        1,
        0xfff0_0000_0000_0000,
    ] {
        assert_eq!(bits(pattern.to_be_bytes()), pattern);
    }
    assert_eq!(
        parse(2, &[0; 4]),
        Err(wrong_length(ParticleKind::DOUBLE, 4))
    );
}

#[test]
fn a_bool_is_0_or_1() {
    assert_eq!(parse(17, &[0]), Ok(Particle::Bool(false)));
    assert_eq!(parse(17, &[1]), Ok(Particle::Bool(true)));
    assert_eq!(parse(17, &[2]), Err(ParticleError::Bool(2)));
    assert_eq!(parse(17, &[]), Err(wrong_length(ParticleKind::BOOL, 0)));
    assert_eq!(parse(17, &[0, 1]), Err(wrong_length(ParticleKind::BOOL, 2)));
}

#[test]
fn a_deleted_bin_has_no_bytes() {
    assert_eq!(parse(0, &[]), Ok(Particle::Null));
    assert_eq!(parse(0, &[0]), Err(wrong_length(ParticleKind::NULL, 1)));
}

#[test]
fn text_and_bytes_are_carried_as_they_came() {
    let bytes = b"\xff\x00 not utf-8";
    assert_eq!(parse(3, bytes), Ok(Particle::String(bytes)));
    assert_eq!(parse(3, b""), Ok(Particle::String(b"")));
    assert_eq!(parse(4, bytes), Ok(Particle::Blob(bytes)));
    assert_eq!(parse(16, bytes), Ok(Particle::Vector(bytes)));
    assert_eq!(parse(18, bytes), Ok(Particle::Hll(bytes)));
    for kind in 7..=12 {
        assert_eq!(
            parse(kind, bytes),
            Ok(Particle::LanguageBlob(ParticleKind(kind), bytes))
        );
    }
}

#[test]
fn kinds_that_are_not_assigned_keep_their_number() {
    for kind in [5, 6, 13, 14, 15, 21, 22, 24, 255] {
        let kind = ParticleKind(kind);
        let particle = Particle::parse(kind, b"x");
        assert_eq!(particle, Ok(Particle::Unknown(kind, b"x")));
        assert_eq!(kind.name(), "unknown");
    }
}

#[test]
fn a_value_knows_its_kind() {
    for kind in 0..=255 {
        let bytes: &[u8] = match kind {
            0 => &[],
            17 => &[1],
            19 => &[0x80],
            20 => &[0x90],
            _ => &[0; 8],
        };
        assert_eq!(
            parse(kind, bytes).map(|particle| particle.kind().0),
            Ok(kind)
        );
    }
}

#[test]
fn the_cells_of_geojson_are_skipped() {
    assert_eq!(parse(23, b"\x00\x00\x00{}"), Ok(Particle::GeoJson(b"{}")));
    assert_eq!(
        parse(23, b"\x01\x00\x02aaaaaaaabbbbbbbb{}"),
        Ok(Particle::GeoJson(b"{}"))
    );
    assert_eq!(
        parse(23, b"\x00\x00\x01aaaaaaaa"),
        Ok(Particle::GeoJson(b""))
    );
}

#[test]
fn cells_beyond_the_end_of_geojson_are_refused() {
    let error = |cells, len| Err(ParticleError::GeoJsonCells { cells, len });
    assert_eq!(parse(23, b"\x00\x00\x01aaaaaaa"), error(1, 10));
    assert_eq!(parse(23, b"\x00\xff\xff{}"), error(65_535, 5));
    assert_eq!(
        parse(23, b"\x00\x00"),
        Err(wrong_length(ParticleKind::GEOJSON, 2))
    );
}

#[test]
fn a_collection_begins_as_what_it_says_it_is() {
    let is_map = |tag: u8| parse(19, &[tag]).is_ok();
    let is_list = |tag: u8| parse(20, &[tag]).is_ok();
    for tag in 0..=255 {
        assert_eq!(
            is_map(tag),
            matches!(tag, 0x80..=0x8f | 0xde | 0xdf),
            "{tag:#x}"
        );
        assert_eq!(
            is_list(tag),
            matches!(tag, 0x90..=0x9f | 0xdc | 0xdd),
            "{tag:#x}"
        );
    }
    for kind in [ParticleKind::MAP, ParticleKind::LIST] {
        assert_eq!(
            Particle::parse(kind, &[]),
            Err(ParticleError::NotACollection { kind })
        );
    }
}

#[test]
fn kinds_are_told_in_words_and_numbers() {
    assert_eq!(ParticleKind::LIST.to_string(), "list (20)");
    assert_eq!(format!("{:?}", ParticleKind(99)), "unknown (99)");
}
