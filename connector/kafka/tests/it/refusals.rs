//! Records that Kafka or its client refuses.

use aeroduct_kafka::mock::{Api, ErrorCode};
use aeroduct_kafka::{Failure, Report};

use crate::rig::{Rig, property, text};

#[test]
fn of_a_batch_that_is_refused_only_the_guilty_record_fails() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("mixed", 1).unwrap();
    rig.warm_up("mixed");
    rig.take_brokers_away();
    // The batch; then its records one by one: the third is the guilty one.
    let (bad, good) = (ErrorCode::INVALID_RECORD, ErrorCode::NONE);
    rig.cluster
        .push_errors(Api::Produce, &[bad, good, good, bad]);
    let names = ["0", "1", "2", "3", "4", "5"];
    let records: Vec<_> = names.iter().map(|name| ("k", *name)).collect();
    let sheet = rig.ship("mixed", &records);
    let later = rig.ship("mixed", &[("k", "later")]);
    rig.cluster.set_up().unwrap();
    let mut expected = [Report::Delivered; 6];
    expected[2] = Report::Failed(Failure::InvalidRecord);
    assert_eq!(sheet.reports(6), expected);
    later.assert_delivered(1);
    let values: Vec<String> = rig
        .read("mixed", 7)
        .iter()
        .map(|record| text(record.value.as_ref()).to_owned())
        .collect();
    assert_eq!(values, ["up", "0", "1", "3", "4", "5", "later"]);
    let snapshot = rig.producer.snapshot();
    assert_eq!(snapshot.quarantined, 1);
    assert_eq!(snapshot.delivered.messages, 7);
    assert_eq!(rig.failed(Failure::InvalidRecord), 1);
}

#[test]
fn a_batch_too_large_for_its_topic_goes_in_smaller_ones_and_later_ones_are_small_at_once() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("narrow", 1).unwrap();
    rig.warm_up("narrow");
    rig.take_brokers_away();
    rig.cluster
        .push_errors(Api::Produce, &[ErrorCode::MSG_SIZE_TOO_LARGE; 2]);
    let names = ["0", "1", "2", "3", "4", "5", "6", "7"];
    let long = "x".repeat(20_000);
    let records = names.map(|name| (name, long.as_str()));
    let sheet = rig.ship("narrow", &records);
    rig.cluster.set_up().unwrap();
    sheet.assert_delivered(8);
    let before = rig.traffic.sizes().len();
    rig.ship("narrow", &records).assert_delivered(8);
    let later = rig.traffic.sizes().split_off(before);
    assert!(later.iter().all(|&size| size <= 4), "{later:?}");
    let mut keys: Vec<String> = rig
        .read("narrow", 17)
        .iter()
        .map(|record| text(record.key.as_ref()).to_owned())
        .collect();
    // librdkafka may cut a batch and have one part refused; other keys need not wait for it.
    keys[1..9].sort();
    assert_eq!(keys[1..9], names);
    assert_eq!(keys[9..], names);
    assert_eq!(rig.producer.snapshot().quarantined, 0);
    assert_eq!(rig.failed(Failure::TooLarge), 0);
}

#[test]
fn several_partitions_can_be_in_quarantine_at_a_time() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("sick", 4).unwrap();
    rig.warm_up("sick");
    rig.cluster
        .push_errors(Api::Produce, &[ErrorCode::INVALID_RECORD; 4]);
    let keys: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    let records: Vec<_> = keys.iter().map(|key| (key.as_str(), "v")).collect();
    let sheet = rig.ship("sick", &records);
    let failures = sheet.failures(200);
    assert!(
        failures.len() <= 3,
        "only errors that hit single records fail them: {failures:?}"
    );
    rig.ship("sick", &records).assert_delivered(200);
    assert!(rig.producer.snapshot().quarantined >= 1);
}

#[test]
fn a_lone_record_that_is_refused_fails_for_good_without_quarantine() {
    let mut rig = Rig::start();
    rig.warm_up("lone");
    rig.cluster
        .push_errors(Api::Produce, &[ErrorCode::INVALID_RECORD]);
    assert_eq!(
        rig.ship("lone", &[("k", "v")]).failures(1),
        [Failure::InvalidRecord]
    );
    assert_eq!(rig.producer.snapshot().quarantined, 0);
    rig.ship("lone", &[("k", "v")]).assert_delivered(1);
}

#[test]
fn a_record_larger_than_librdkafka_takes_fails_alone() {
    let mut rig = Rig::with(|settings| {
        settings
            .properties
            .push(property("message.max.bytes", "2000"));
    });
    rig.cluster.create_topic("large", 1).unwrap();
    let large = "v".repeat(2001);
    let sheet = rig.ship("large", &[("k", "0"), ("k", &large), ("k", "2")]);
    let too_large = Report::Failed(Failure::TooLarge);
    assert_eq!(
        sheet.reports(3),
        [Report::Delivered, too_large, Report::Delivered]
    );
    assert_eq!(rig.ship("large", &[("k", &large)]).reports(1), [too_large]);
    rig.ship("large", &[("k", "v")]).assert_delivered(1);
}
