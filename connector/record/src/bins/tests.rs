use super::*;

/// One bin: size, operation, kind, flags, length of the name, name, value.
fn op(operation: u8, kind: u8, flags: u8, name: &[u8], value: &[u8]) -> Vec<u8> {
    let size = u32::try_from(4 + name.len() + value.len()).unwrap();
    let mut bytes = size.to_be_bytes().to_vec();
    bytes.extend([operation, kind, flags, u8::try_from(name.len()).unwrap()]);
    bytes.extend(name);
    bytes.extend(value);
    bytes
}

#[test]
fn bins_come_in_their_order_and_are_found_by_name() {
    let ops = [
        op(2, 3, 0, b"colour", b"red"),
        op(2, 1, 0, b"n", &[0, 0, 0, 0, 0, 0, 0, 42]),
        op(2, 0, 0, b"gone", b""),
    ]
    .concat();
    let bins = Bins::parse(&ops, 3).unwrap();
    assert_eq!(bins.len(), 3);
    assert!(!bins.is_empty());
    assert_eq!(bins.iter().len(), 3);
    let names: Vec<_> = bins.iter().map(|bin| bin.name).collect();
    assert_eq!(names, [&b"colour"[..], b"n", b"gone"]);
    let particle = |name: &[u8]| bins.find(name).unwrap().particle();
    assert_eq!(particle(b"colour"), Ok(Particle::String(b"red")));
    assert_eq!(particle(b"n"), Ok(Particle::Integer(42)));
    assert_eq!(particle(b"gone"), Ok(Particle::Null));
    assert_eq!(bins.find(b"colou"), None);
}

#[test]
fn a_value_that_is_wrong_spoils_only_itself() {
    let ops = [op(2, 1, 0, b"bad", b"xyz"), op(2, 3, 0, b"good", b"x")].concat();
    let bins = Bins::parse(&ops, 2).unwrap();
    assert!(bins.find(b"bad").unwrap().particle().is_err());
    assert!(bins.find(b"good").unwrap().particle().is_ok());
}

#[test]
fn no_bins_need_no_bytes() {
    assert_eq!(Bins::parse(&[], 0), Ok(Bins::EMPTY));
    assert!(Bins::EMPTY.is_empty());
    assert_eq!(Bins::EMPTY.iter().next(), None);
}

#[test]
fn the_time_of_a_bin_stands_between_its_name_and_its_value() {
    let lut = [0, 0, 7, 0x6d, 0xc9, 0xdd, 0x69, 0x98];
    let ops = op(2, 4, 1, b"b", &[&lut[..], b"value"].concat());
    let bin = Bins::parse(&ops, 1).unwrap().find(b"b").unwrap();
    let last_update = bin.last_update.unwrap();
    assert_eq!(last_update.unix_ms(), 1_733_842_166_168);
    assert_eq!(last_update.source_id(), 7);
    assert_eq!(bin.bytes, b"value");
}

#[test]
fn flags_other_than_the_time_mean_nothing() {
    let ops = op(2, 4, 0xfe, b"b", b"value");
    let bin = Bins::parse(&ops, 1).unwrap().find(b"b").unwrap();
    assert_eq!((bin.bytes, bin.last_update), (&b"value"[..], None));
}

#[test]
fn a_time_that_does_not_fit_is_refused() {
    let ops = op(2, 4, 1, b"b", &[0; 7]);
    assert_eq!(
        Bins::parse(&ops, 1),
        Err(BinsError::TooShort { bin: 0, size: 12 })
    );
}

#[test]
fn every_cut_is_refused() {
    let ops = [op(2, 3, 0, b"a", b"one"), op(2, 3, 0, b"b", b"two")].concat();
    for len in 0..ops.len() {
        let bin = u16::from(len >= ops.len() / 2);
        let cut = Bins::parse(&ops[..len], 2);
        assert_eq!(cut, Err(BinsError::Truncated { bin }), "{len}");
    }
}

#[test]
fn bytes_behind_the_last_bin_are_refused() {
    let ops = [op(2, 3, 0, b"a", b"one"), vec![0; 3]].concat();
    assert_eq!(
        Bins::parse(&ops, 1),
        Err(BinsError::TrailingBytes { len: 3 })
    );
    assert_eq!(
        Bins::parse(&ops, 0),
        Err(BinsError::TrailingBytes { len: ops.len() })
    );
}

#[test]
fn a_name_has_15_bytes_at_most() {
    let at_limit = op(2, 3, 0, &[b'n'; 15], b"");
    assert_eq!(Bins::parse(&at_limit, 1).map(|bins| bins.len()), Ok(1));
    for len in [16, 255] {
        let over = op(2, 3, 0, &vec![b'n'; len], b"");
        let len = u8::try_from(len).unwrap();
        assert_eq!(
            Bins::parse(&over, 1),
            Err(BinsError::NameTooLong { bin: 0, len })
        );
    }
}

#[test]
fn a_name_may_be_empty() {
    let ops = op(2, 3, 0, b"", b"value");
    assert_eq!(
        Bins::parse(&ops, 1).unwrap().find(b"").unwrap().bytes,
        b"value"
    );
}

#[test]
fn only_writes_are_changes() {
    for operation in (0..=255).filter(|operation| *operation != OP_WRITE) {
        let ops = op(operation, 3, 0, b"a", b"x");
        let error = BinsError::UnsupportedOperation { bin: 0, operation };
        assert_eq!(Bins::parse(&ops, 1), Err(error));
    }
}

#[test]
fn announced_sizes_are_checked_against_what_is_there() {
    let mut ops = op(2, 3, 0, b"abc", b"value");
    for size in [0_u32, 1, 3] {
        ops[..4].copy_from_slice(&size.to_be_bytes());
        assert_eq!(
            Bins::parse(&ops, 1),
            Err(BinsError::TooShort { bin: 0, size })
        );
    }
    // Its own header fits, its name does not.
    ops[..4].copy_from_slice(&6_u32.to_be_bytes());
    assert_eq!(
        Bins::parse(&ops, 1),
        Err(BinsError::TooShort { bin: 0, size: 6 })
    );
    for size in [13, u32::MAX - 4, u32::MAX] {
        ops[..4].copy_from_slice(&size.to_be_bytes());
        assert_eq!(Bins::parse(&ops, 1), Err(BinsError::Truncated { bin: 0 }));
    }
}

#[test]
fn as_many_bins_pass_as_a_message_can_count() {
    let ops = op(2, 0, 0, b"", b"").repeat(65_535);
    assert_eq!(Bins::parse(&ops, u16::MAX).unwrap().iter().count(), 65_535);
    assert_eq!(
        Bins::parse(&ops[8..], u16::MAX),
        Err(BinsError::Truncated { bin: 65_534 })
    );
}
