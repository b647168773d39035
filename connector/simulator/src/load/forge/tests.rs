use aeroduct_record::Record;
use aeroduct_wire::{FrameKind, Inflater, next_frame, parse_message};

use super::super::change::Changes;
use super::super::plan::Percent;
use super::*;

const SHAPES: [RecordShape; 4] = [
    RecordShape::Small,
    RecordShape::Typical,
    RecordShape::Large,
    RecordShape::Reference,
];

/// 2026-01-01T00:00:00Z after 2010-01-01T00:00:00Z, in milliseconds.
const LUT: u64 = 504_921_600_000;

fn frames(plan: &LoadPlan, count: u64) -> Vec<Vec<u8>> {
    let templates = Templates::new(plan).unwrap();
    let changes = Changes::new(plan, 0);
    let mut forge = Forge::new(&templates, changes.keys(), plan.compress);
    (0..count)
        .map(|index| {
            let mut frame = Vec::new();
            forge.append(&changes.change(index), LUT, &mut frame);
            assert!(plan.compress || frame.len() <= forge.len_max());
            frame
        })
        .collect()
}

fn record(frame: &[u8]) -> Record<'_> {
    let whole = next_frame(frame, u64::MAX).unwrap().unwrap();
    assert_eq!(whole.len(), frame.len(), "one frame and nothing behind it");
    parse_message(whole.body()).unwrap()
}

fn plan(shape: RecordShape) -> LoadPlan {
    LoadPlan {
        shape,
        connections: 1,
        keys: 7,
        first_sequence: 1000,
        ..LoadPlan::default()
    }
}

#[test]
fn every_frame_is_a_record_with_its_own_number_key_and_digest() {
    for shape in SHAPES {
        let plan = plan(shape);
        let changes = Changes::new(&plan, 0);
        for (index, frame) in (0_u32..).zip(&frames(&plan, 30)) {
            let change = changes.change(index.into());
            let record = record(frame);
            let metadata = record.metadata;
            assert_eq!(metadata.operation, Operation::Write { whole_record: true });
            assert_eq!(
                (metadata.namespace, metadata.set),
                (&b"production"[..], Some(&b"user_profiles"[..]))
            );
            assert_eq!(metadata.ttl, Ttl::Seconds(86_400));
            assert_eq!(metadata.last_update.unwrap().unix_ms(), 1_767_225_600_000);
            assert_eq!(metadata.generation, Some(1 + index / 7));

            let key = format!("{}{:010}", shape.key_prefix(), change.key);
            assert_eq!(metadata.user_key, Some(Particle::String(key.as_bytes())));
            assert_eq!(
                *metadata.digest,
                digest_of(b"user_profiles", key.as_bytes())
            );

            let sequence = record.bins.find(shape.sequence_bin().as_bytes()).unwrap();
            assert_eq!(
                sequence.particle().unwrap(),
                Particle::Integer(1000 + i64::from(index))
            );
            for bin in record.bins {
                assert!(bin.particle().is_ok(), "{shape} {bin:?}");
            }
        }
    }
}

#[test]
fn a_digest_is_that_of_a_real_server() {
    // From a real capture: set "set1", integer key 777; the kind of an integer key is 1.
    let digest: [u8; 20] = Ripemd160::new()
        .chain_update(b"set1")
        .chain_update([1])
        .chain_update(777_i64.to_be_bytes())
        .finalize()
        .into();
    assert_eq!(
        hex::encode(digest),
        "ffe3edca38f4eb05bdcf1d009f13a6ab8e71273b"
    );
}

#[test]
fn the_reference_record_has_its_size_and_its_eight_bins() {
    let frames = frames(&plan(RecordShape::Reference), 1);
    let record = record(&frames[0]);
    let names: Vec<_> = record
        .bins
        .iter()
        .map(|bin| String::from_utf8_lossy(bin.name))
        .collect();
    assert_eq!(
        names,
        [
            "visits",
            "balance",
            "name",
            "address",
            "active",
            "last_seen",
            "token",
            "attrs"
        ]
    );
    // Headers 8 + 22; fields 15 + 25 + 18 + 32 + 13; bins 22 + 23 + 34 + 75 + 15 + 25 + 61 + 38.
    assert_eq!(frames[0].len(), 426);
}

#[test]
fn the_values_differ_from_record_to_record() {
    for shape in [RecordShape::Small, RecordShape::Typical, RecordShape::Large] {
        let frames = frames(&plan(shape), 20);
        let mut values: Vec<_> = frames
            .iter()
            .map(|frame| {
                record(frame)
                    .bins
                    .iter()
                    .skip(1)
                    .map(|bin| bin.bytes.to_vec())
                    .collect::<Vec<_>>()
            })
            .collect();
        values.sort();
        values.dedup();
        assert!(
            values.len() >= 4,
            "{shape}: {} of 20 are different",
            values.len()
        );
    }
}

#[test]
fn a_delete_has_its_key_and_no_bins() {
    let plan = LoadPlan {
        deletes: Percent::new(100.0).unwrap(),
        ..plan(RecordShape::Typical)
    };
    for frame in frames(&plan, 5) {
        let record = record(&frame);
        assert_eq!(
            record.metadata.operation,
            Operation::Delete { durable: false }
        );
        assert!(record.bins.is_empty());
        assert!(record.metadata.user_key.is_some());
    }
}

#[test]
fn a_malformed_message_is_in_a_sound_frame() {
    let plan = LoadPlan {
        malformed: Percent::new(100.0).unwrap(),
        ..plan(RecordShape::Small)
    };
    for frame in frames(&plan, 5) {
        let whole = next_frame(&frame, u64::MAX).unwrap().unwrap();
        assert_eq!(whole.len(), frame.len());
        assert!(parse_message(whole.body()).is_err());
    }
}

#[test]
fn a_compressed_frame_holds_the_same_message() {
    let plain = plan(RecordShape::Typical);
    let compressed = LoadPlan {
        compress: true,
        ..plain.clone()
    };
    let mut inflater = Inflater::new(1 << 20);
    for (plain, compressed) in frames(&plain, 10).iter().zip(frames(&compressed, 10)) {
        let frame = next_frame(&compressed, u64::MAX).unwrap().unwrap();
        assert_eq!(frame.kind(), FrameKind::Compressed);
        assert_eq!(inflater.inflate(frame).unwrap().bytes(), plain);
    }
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let plan = LoadPlan {
        deletes: Percent::new(20.0).unwrap(),
        ..plan(RecordShape::Typical)
    };
    let other = LoadPlan {
        seed: 2,
        ..plan.clone()
    };
    assert_eq!(frames(&plan, 50), frames(&plan, 50));
    assert_ne!(frames(&plan, 50), frames(&other, 50));
}

#[test]
fn keys_are_spread_over_namespaces_and_sets() {
    let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    let plan = LoadPlan {
        namespaces: names(["a", "b"]),
        sets: names(["x", "longer"]),
        ..plan(RecordShape::Small)
    };
    let frames = frames(&plan, 7);
    let mut places: Vec<_> = frames
        .iter()
        .map(|frame| record(frame).metadata)
        .map(|metadata| (metadata.namespace, metadata.set))
        .collect();
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 4);
}
