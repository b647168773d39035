//! Records with timestamps and headers, among others without.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aeroduct_kafka::consume::Consumed;
use aeroduct_kafka::mock::{Api, ErrorCode};
use aeroduct_kafka::{Failure, Piece, Report, extras, murmur2};

use crate::rig::{Rig, Sheet, eventually, property, put, seal, text};

type Header<'t> = (&'t str, Option<&'t [u8]>);

#[derive(Clone, Copy, Default)]
struct Sample<'t> {
    key: &'t str,
    value: &'t str,
    timestamp_ms: Option<i64>,
    headers: &'t [Header<'t>],
}

fn plain<'t>(key: &'t str, value: &'t str) -> Sample<'t> {
    Sample {
        key,
        value,
        ..Sample::default()
    }
}

/// Ships one parcel to one topic.
fn ship(rig: &mut Rig, topic: &str, samples: &[Sample<'_>]) -> Arc<Sheet> {
    let index = rig.publisher.topic(topic).unwrap();
    let mut bytes = Vec::new();
    for (slot, sample) in (0..).zip(samples) {
        let headers = sample.headers.iter().copied();
        let piece = Piece {
            extras: extras::write(&mut bytes, sample.timestamp_ms, headers),
            key: Some(put(&mut bytes, sample.key.as_bytes())),
            value: put(&mut bytes, sample.value.as_bytes()),
            hash: murmur2(sample.key.as_bytes()),
            slot,
        };
        rig.publisher.add(index, piece);
    }
    let (sheet, parcel) = seal(bytes);
    rig.publisher.ship(parcel);
    sheet
}

fn now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(elapsed.as_millis()).unwrap()
}

fn headers_of(record: &Consumed) -> Vec<Header<'_>> {
    let pairs = record.headers.iter();
    pairs
        .map(|(name, value)| (name.as_str(), value.as_deref()))
        .collect()
}

fn values(records: &[Consumed]) -> Vec<&str> {
    let values = records.iter().map(|record| text(record.value.as_ref()));
    values.collect()
}

#[test]
fn timestamps_and_headers_arrive_as_they_were_given() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("dressed", 1).unwrap();
    let many: Vec<Header<'_>> = (0..100).map(|_| ("again", Some(&b"and"[..]))).collect();
    let headers: [&[Header<'_>]; 5] = [
        &[],
        &[("one", Some(b"1"))],
        &[("b", None), ("a", Some(b"")), ("b", Some(&[0, 0xff, 0]))],
        &[("größe", Some("weiß".as_bytes())), ("", None)],
        &many,
    ];
    let samples: Vec<Sample<'_>> = [None, Some(1), Some(1_700_000_000_123)]
        .into_iter()
        .flat_map(|timestamp_ms| {
            headers.map(|headers| Sample {
                timestamp_ms,
                headers,
                ..plain("k", "v")
            })
        })
        .collect();
    let count = samples.len();
    let begin = now_ms();
    ship(&mut rig, "dressed", &samples).assert_delivered(u32::try_from(count).unwrap());
    let end = now_ms();
    for (record, sample) in rig.read("dressed", count).iter().zip(&samples) {
        assert_eq!(headers_of(record), sample.headers);
        let timestamp_ms = record.timestamp_ms.unwrap();
        match sample.timestamp_ms {
            Some(given) => assert_eq!(timestamp_ms, given),
            None => assert!((begin..=end).contains(&timestamp_ms), "{timestamp_ms}"),
        }
        assert_eq!(text(record.key.as_ref()), "k");
        assert_eq!(text(record.value.as_ref()), "v");
    }
}

/// Ships 200 parcels of 25 numbered records; every third and some others have their number as a
/// header, too. Checks that all arrive in the order of their partition.
fn mixed_records_keep_their_order(rig: &mut Rig, topic: &str) {
    let has_header = |number: u32| number.is_multiple_of(3) || number % 64 > 50;
    let mut sheets = Vec::new();
    for parcel in 0..200 {
        let numbers: Vec<String> = (parcel * 25..(parcel + 1) * 25)
            .map(|number: u32| number.to_string())
            .collect();
        let headers: Vec<[Header<'_>; 1]> = numbers
            .iter()
            .map(|number| [("number", Some(number.as_bytes()))])
            .collect();
        let samples: Vec<Sample<'_>> = (parcel * 25..)
            .zip(numbers.iter().zip(&headers))
            .map(|(number, (text, headers))| Sample {
                headers: if has_header(number) { headers } else { &[] },
                ..plain(text, text)
            })
            .collect();
        sheets.push(ship(rig, topic, &samples));
    }
    for sheet in &sheets {
        sheet.assert_delivered(25);
    }
    let mut last: HashMap<i32, u32> = HashMap::new();
    for record in rig.read(topic, 5000) {
        let number: u32 = text(record.value.as_ref()).parse().unwrap();
        let before = last.insert(record.partition, number);
        assert!(before < Some(number), "{number} after {before:?}");
        let value = number.to_string();
        let expected = [("number", Some(value.as_bytes()))];
        let expected = if has_header(number) {
            &expected[..]
        } else {
            &[]
        };
        assert_eq!(headers_of(&record), expected, "of {number}");
    }
    assert_eq!(rig.traffic.most(), 1, "batches of a partition at a time");
    eventually("every buffer comes back", || {
        sheets.iter().all(|sheet| sheet.is_reclaimed())
    });
}

#[test]
fn records_with_and_without_extras_keep_their_order() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("mixed", 3).unwrap();
    mixed_records_keep_their_order(&mut rig, "mixed");
}

#[test]
fn a_queue_that_is_full_in_the_middle_of_a_batch_lets_none_overtake() {
    let mut rig = Rig::with(|settings| {
        let limit = property("queue.buffering.max.messages", "7");
        settings.properties.push(limit);
    });
    rig.cluster.create_topic("narrow", 3).unwrap();
    mixed_records_keep_their_order(&mut rig, "narrow");
}

#[test]
fn a_record_that_goes_again_alone_keeps_its_extras() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("suspect", 1).unwrap();
    rig.warm_up("suspect");
    // While no broker is there librdkafka collects, so the batch goes as one request.
    rig.cluster.set_down().unwrap();
    // The batch; then its records one by one: the second is the guilty one.
    let (bad, good) = (ErrorCode::INVALID_RECORD, ErrorCode::NONE);
    rig.cluster.push_errors(Api::Produce, &[bad, good, bad]);
    let headers: [Header<'_>; 2] = [("h", Some(b"1")), ("h", None)];
    let dressed = |value| Sample {
        timestamp_ms: Some(1_234_567),
        headers: &headers,
        ..plain("k", value)
    };
    let samples = [plain("k", "0"), dressed("1"), dressed("2"), plain("k", "3")];
    let sheet = ship(&mut rig, "suspect", &samples);
    rig.cluster.set_up().unwrap();
    let invalid = Report::Failed(Failure::InvalidRecord);
    let delivered = Report::Delivered;
    let expected = [delivered, invalid, delivered, delivered];
    assert_eq!(sheet.reports(4), expected);
    assert_eq!(rig.producer.snapshot().quarantined, 1);
    let records = rig.read("suspect", 4);
    assert_eq!(values(&records), ["up", "0", "2", "3"]);
    assert_eq!(headers_of(&records[2]), headers);
    assert_eq!(records[2].timestamp_ms, Some(1_234_567));
    assert!(headers_of(&records[1]).is_empty() && headers_of(&records[3]).is_empty());
}

#[test]
fn malformed_extras_fail_that_record_alone() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("malformed", 1).unwrap();
    let topic = rig.publisher.topic("malformed").unwrap();
    let mut bytes = b"0123456".to_vec();
    let mut write = || extras::write(&mut bytes, Some(5), [("name", Some(&b"value"[..]))]);
    let (good, first_bad, second_bad) = (write(), write(), write());
    // The first bad one has a name that leads out of it, the second ends behind the parcel.
    let block_bytes = (bytes.len() - 7) / 3;
    bytes[7 + block_bytes + 8] = 100;
    bytes.pop();
    let none = extras::Place::default();
    let places = [none, first_bad, good, second_bad, first_bad, good, none];
    for (slot, extras) in (0..).zip(places) {
        let piece = Piece {
            value: slot..slot + 1,
            extras,
            slot,
            ..Piece::default()
        };
        rig.publisher.add(topic, piece);
    }
    let (sheet, parcel) = seal(bytes);
    rig.publisher.ship(parcel);
    let (good, invalid) = (Report::Delivered, Report::Failed(Failure::InvalidRecord));
    let expected = [good, invalid, good, invalid, invalid, good, good];
    assert_eq!(sheet.reports(7), expected);
    assert_eq!(values(&rig.read("malformed", 4)), ["0", "2", "5", "6"]);
    assert_eq!(rig.failed(Failure::InvalidRecord), 3);
    eventually("the buffer comes back", || sheet.is_reclaimed());
    let snapshot = rig.producer.snapshot();
    assert_eq!((snapshot.outstanding, snapshot.waiting.messages), (0, 0));
    assert_eq!(snapshot.produced, snapshot.delivered);
}

#[test]
fn headers_count_as_bytes_of_a_batch_and_of_a_record() {
    let mut rig = Rig::with(|settings| {
        settings.batch_bytes = 1000;
        let limit = property("message.max.bytes", "2000");
        settings.properties.push(limit);
    });
    rig.cluster.create_topic("heavy", 1).unwrap();
    rig.warm_up("heavy");
    let value = vec![b'v'; 600];
    let headers: [Header<'_>; 1] = [("h", Some(&value))];
    let heavy = Sample {
        headers: &headers,
        ..plain("k", "v")
    };
    ship(&mut rig, "heavy", &[heavy; 3]).assert_delivered(3);
    assert_eq!(rig.traffic.sizes(), [1, 1, 1, 1]);
    let (light, heavy) = (rig.producer.snapshot().delivered.bytes, 3 * 600);
    assert!(light > heavy, "{light} bytes delivered");

    let value = vec![b'v'; 2000];
    let headers: [Header<'_>; 1] = [("h", Some(&value))];
    let larger = Sample {
        headers: &headers,
        ..plain("k", "v")
    };
    let sheet = ship(
        &mut rig,
        "heavy",
        &[plain("k", "0"), larger, plain("k", "2")],
    );
    let (good, too_large) = (Report::Delivered, Report::Failed(Failure::TooLarge));
    assert_eq!(sheet.reports(3), [good, too_large, good]);
}

#[test]
fn records_with_extras_outlive_a_fatal_error_as_others_do() {
    let mut rig = Rig::start_far_away("heirs");
    let headers: [Header<'_>; 1] = [("h", Some(b"v"))];
    let dressed = Sample {
        headers: &headers,
        ..plain("k", "v")
    };
    let first = ship(&mut rig, "heirs", &[dressed]);
    let waiting = ship(&mut rig, "heirs", &[dressed, plain("k", "v"), dressed]);
    assert!(rig.producer.fail_for_test());
    waiting.assert_delivered(3);
    let allowed = [Report::Delivered, Report::Failed(Failure::Fatal)];
    assert!(allowed.contains(&first.reports(1)[0]));
}
