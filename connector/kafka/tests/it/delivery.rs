//! What the producer does when nothing is wrong.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use aeroduct_kafka::mock::Api;
use aeroduct_kafka::{Failure, Piece, Report, murmur2};

use crate::rig::{Rig, eventually, property, put, seal, text};

/// Java: `toPositive(murmur2(key)) % partitions`.
fn java_partition(key: &str, partitions: u32) -> i32 {
    i32::try_from((murmur2(key.as_bytes()) & 0x7fff_ffff) % partitions).unwrap()
}

#[test]
fn every_record_is_reported_once_and_lies_in_java_s_partition_in_the_order_of_shipping() {
    let mut rig = Rig::start();
    let topics = [("one", 1), ("four", 4), ("seven", 7)];
    for (topic, partitions) in topics {
        rig.cluster.create_topic(topic, partitions).unwrap();
    }
    let (flights, per_flight) = (150_u32, 60_u32);
    let mut sheets = Vec::new();
    let mut number = 0_u32;
    for _ in 0..flights {
        let mut bytes = Vec::new();
        for slot in 0..per_flight {
            let (topic, _) = topics[(number % 3) as usize];
            let key = format!("key-{}", number % 41);
            let index = rig.publisher.topic(topic).unwrap();
            let key_range = put(&mut bytes, key.as_bytes());
            let value_range = put(&mut bytes, number.to_string().as_bytes());
            let piece = Piece {
                key: Some(key_range),
                value: value_range,
                hash: murmur2(key.as_bytes()),
                slot,
                ..Piece::default()
            };
            rig.publisher.add(index, piece);
            number += 1;
        }
        let (sheet, parcel) = seal(bytes);
        rig.publisher.ship(parcel);
        sheets.push(sheet);
    }
    for sheet in &sheets {
        sheet.assert_delivered(per_flight);
    }
    eventually("every buffer comes back", || {
        sheets.iter().all(|sheet| sheet.is_reclaimed())
    });
    for (topic, partitions) in topics {
        let mut last: HashMap<i32, u32> = HashMap::new();
        for record in rig.read(topic, (flights * per_flight / 3) as usize) {
            let key = text(record.key.as_ref());
            assert_eq!(
                record.partition,
                java_partition(key, partitions.unsigned_abs())
            );
            let number: u32 = text(record.value.as_ref()).parse().unwrap();
            assert_eq!(key, format!("key-{}", number % 41));
            let before = last.insert(record.partition, number);
            assert!(before < Some(number), "{number} after {before:?}");
        }
    }
    assert_eq!(rig.traffic.most(), 1, "batches of a partition at a time");
    let snapshot = rig.producer.snapshot();
    let all = u64::from(flights * per_flight);
    assert_eq!(snapshot.produced.messages, all);
    assert_eq!(snapshot.delivered, snapshot.produced);
    assert_eq!(snapshot.outstanding, 0);
    assert_eq!(snapshot.waiting.messages, 0);
    assert!(snapshot.failed.iter().all(|(_, count)| *count == 0));
    assert_eq!((snapshot.clients_created, snapshot.fatal_errors), (1, 0));
}

#[test]
fn what_comes_while_a_batch_is_under_way_goes_as_one_batch() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("busy", 1).unwrap();
    rig.warm_up("busy");
    rig.cluster
        .set_round_trip(Duration::from_millis(300))
        .unwrap();
    let first = rig.ship("busy", &[("k", "0")]);
    let others: Vec<_> = (0..20)
        .map(|_| rig.ship("busy", &[("k", "1"), ("k", "2")]))
        .collect();
    first.assert_delivered(1);
    for sheet in others {
        sheet.assert_delivered(2);
    }
    assert_eq!(rig.traffic.sizes(), [1, 1, 40]);
}

#[test]
fn batches_keep_to_their_limit_of_bytes() {
    let mut rig = Rig::with(|settings| settings.batch_bytes = 1000);
    rig.cluster.create_topic("cut", 1).unwrap();
    rig.warm_up("cut");
    // Each takes 1 + 263 + 36 bytes, so three fit.
    let value = "v".repeat(263);
    let records = vec![("k", value.as_str()); 10];
    rig.ship("cut", &records).assert_delivered(10);
    let larger = "v".repeat(5000);
    rig.ship("cut", &[("k", &larger)]).assert_delivered(1);
    assert_eq!(rig.traffic.sizes(), [1, 3, 3, 3, 1, 1]);
}

#[test]
fn no_key_an_empty_key_and_an_empty_value_are_three_different_things() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("shapes", 3).unwrap();
    let topic = rig.publisher.topic("shapes").unwrap();
    let bytes = b"keyvalue".to_vec();
    let shapes = [
        (None, 4, 3..8),
        (Some(0..0), 4, 3..8),
        (Some(0..3), 4, 8..8),
        (Some(0..3), 0x8000_0004, 3..8),
    ];
    for (slot, (key, hash, value)) in (0..).zip(shapes) {
        let piece = Piece {
            key,
            value,
            hash,
            slot,
            ..Piece::default()
        };
        rig.publisher.add(topic, piece);
    }
    let (sheet, parcel) = seal(bytes);
    rig.publisher.ship(parcel);
    sheet.assert_delivered(4);
    let found: Vec<_> = rig
        .read("shapes", 4)
        .into_iter()
        .map(|it| (it.partition, it.key, it.value))
        .collect();
    let some = |text: &str| Some(text.as_bytes().to_vec());
    assert_eq!(
        found,
        [
            (1, None, some("value")),
            (1, some(""), some("value")),
            (1, some("key"), some("")),
            (1, some("key"), some("value")),
        ]
    );
}

#[test]
fn a_range_beyond_the_parcel_fails_that_record_alone() {
    let mut rig = Rig::start();
    rig.warm_up("ranges");
    let topic = rig.publisher.topic("ranges").unwrap();
    let (start, end) = (7, 3);
    let ranges = [
        (Some(0..3), 3..8),
        (Some(0..3), 3..9),
        (Some(start..end), 3..8),
        (None, u32::MAX - 1..u32::MAX),
    ];
    for (slot, (key, value)) in (0..).zip(ranges) {
        let piece = Piece {
            key,
            value,
            slot,
            ..Piece::default()
        };
        rig.publisher.add(topic, piece);
    }
    let (sheet, parcel) = seal(b"keyvalue".to_vec());
    rig.publisher.ship(parcel);
    let invalid = Report::Failed(Failure::InvalidRecord);
    assert_eq!(
        sheet.reports(4),
        [Report::Delivered, invalid, invalid, invalid]
    );
    eventually("the buffer comes back", || sheet.is_reclaimed());
}

#[test]
fn a_lone_record_waits_for_company_as_long_as_it_is_told() {
    let linger = Duration::from_millis(400);
    let mut rig = Rig::with(|settings| settings.linger = linger);
    rig.cluster.create_topic("patient", 1).unwrap();
    rig.warm_up("patient");
    let start = Instant::now();
    let sheets: Vec<_> = (0..5).map(|_| rig.ship("patient", &[("k", "v")])).collect();
    for sheet in sheets {
        sheet.assert_delivered(1);
    }
    assert!(start.elapsed() >= linger);
    assert_eq!(rig.traffic.sizes(), [1, 5]);
}

#[test]
fn a_full_batch_does_not_wait_for_company() {
    let mut rig = Rig::with(|settings| {
        settings.linger = Duration::from_hours(1);
        settings.batch_bytes = 1000;
    });
    rig.cluster.create_topic("full", 1).unwrap();
    let value = "v".repeat(963);
    rig.ship("full", &[("k", &value)]).assert_delivered(1);
    let lone = rig.ship("full", &[("k", "v")]);
    assert_eq!(lone.settled(), 0);
    let drained = rig.producer.drain(crate::rig::LIMIT);
    assert_eq!(drained.left, 0, "a drain waits for no company");
    lone.assert_delivered(1);
}

#[test]
fn a_queue_of_librdkafka_s_that_is_full_delays_records_but_loses_none() {
    let mut rig = Rig::with(|settings| {
        settings
            .properties
            .push(property("queue.buffering.max.messages", "7"));
    });
    rig.cluster.create_topic("narrow", 3).unwrap();
    let keys: Vec<String> = (0..500).map(|number| number.to_string()).collect();
    let records: Vec<_> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    let sheets: Vec<_> = (0..4).map(|_| rig.ship("narrow", &records)).collect();
    for sheet in sheets {
        sheet.assert_delivered(500);
    }
    let mut last: HashMap<i32, u32> = HashMap::new();
    for record in rig.read("narrow", 2000) {
        let number: u32 = text(record.key.as_ref()).parse().unwrap();
        let before = last.insert(record.partition, number);
        assert!(
            before < Some(number) || number < 10,
            "{number} after {before:?}"
        );
    }
}

#[test]
fn a_batch_that_librdkafka_may_gather_goes_as_one_request() {
    let mut rig = Rig::with(|settings| settings.gather = Duration::from_millis(200));
    rig.cluster.create_topic("gathered", 1).unwrap();
    rig.warm_up("gathered");
    rig.cluster.track_requests();
    let start = Instant::now();
    rig.ship("gathered", &vec![("k", "v"); 3000])
        .assert_delivered(3000);
    assert!(start.elapsed() >= Duration::from_millis(190));
    assert_eq!(rig.cluster.count_requests(Api::Produce), 1);
}
