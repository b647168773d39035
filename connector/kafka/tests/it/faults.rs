//! What the producer does when the cluster misbehaves.

use std::time::Duration;

use aeroduct_kafka::mock::{Api, ErrorCode, MockCluster};
use aeroduct_kafka::{BrokerState, Failure, Report};

use crate::rig::{LIMIT, Rig, eventually, property, read, text};

/// Ships numbered records of one key, one per parcel, and checks that all are delivered
/// and lie in their order.
fn numbers_arrive_in_order(rig: &mut Rig, topic: &str, mut disturb: impl FnMut(&Rig, u32)) {
    let count = 300;
    let mut sheets = Vec::new();
    for number in 0..count {
        disturb(rig, number);
        sheets.push(rig.ship(topic, &[("k", &number.to_string())]));
    }
    for sheet in sheets {
        sheet.assert_delivered(1);
    }
    let records = rig.read(topic, count as usize);
    let found: Vec<u32> = records
        .iter()
        .map(|record| text(record.value.as_ref()).parse().unwrap())
        .collect();
    assert!(found.is_sorted(), "{found:?}");
}

#[test]
fn brokers_that_go_and_come_back_lose_nothing_and_break_no_order() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("blink", 1).unwrap();
    numbers_arrive_in_order(&mut rig, "blink", |rig, number| match number % 60 {
        20 => rig.cluster.set_down().unwrap(),
        40 => rig.cluster.set_up().unwrap(),
        _ => {}
    });
}

#[test]
fn an_outage_of_all_brokers_is_seen_and_its_end_too() {
    let mut rig = Rig::start();
    rig.warm_up("seen");
    assert_eq!(rig.producer.snapshot().brokers, BrokerState::Up);
    rig.cluster.set_down().unwrap();
    let sheet = rig.ship("seen", &[("k", "v")]);
    eventually("the outage is seen", || {
        rig.producer.snapshot().brokers == BrokerState::AllDown
    });
    assert_eq!(sheet.settled(), 0, "an outage is no reason to fail");
    rig.cluster.set_up().unwrap();
    sheet.assert_delivered(1);
    assert_eq!(rig.producer.snapshot().brokers, BrokerState::Up);
}

#[test]
fn errors_that_pass_by_themselves_fail_no_record() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("shaky", 1).unwrap();
    let passing = [
        ErrorCode::NOT_LEADER_FOR_PARTITION,
        ErrorCode::LEADER_NOT_AVAILABLE,
        ErrorCode::REQUEST_TIMED_OUT,
        ErrorCode::NOT_ENOUGH_REPLICAS,
        ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        ErrorCode::KAFKA_STORAGE_ERROR,
        ErrorCode::TRANSPORT,
        ErrorCode::UNKNOWN_TOPIC_OR_PART,
    ];
    numbers_arrive_in_order(&mut rig, "shaky", |rig, number| {
        if number % 25 == 0 {
            rig.cluster
                .push_errors(Api::Produce, &passing[(number / 25) as usize % 8..][..1]);
        }
    });
    assert_eq!(rig.producer.snapshot().fatal_errors, 0);
}

#[test]
fn a_leader_that_moves_loses_nothing_and_breaks_no_order() {
    let cluster = MockCluster::start(3).unwrap();
    cluster.create_topic("moving", 1).unwrap();
    let mut rig = Rig::on(cluster, |_| {});
    numbers_arrive_in_order(&mut rig, "moving", |rig, number| {
        if number % 50 == 25 {
            let broker = 1 + i32::try_from(number / 50).unwrap() % 3;
            rig.cluster.move_leader("moving", 0, broker).unwrap();
        }
    });
}

#[test]
fn of_a_batch_that_is_refused_only_the_guilty_record_fails() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("mixed", 1).unwrap();
    rig.warm_up("mixed");
    // While no broker is there librdkafka collects, so the batch goes as one request.
    rig.cluster.set_down().unwrap();
    // The batch; then its records one by one: the third is the guilty one.
    let (bad, good) = (ErrorCode::MSG_SIZE_TOO_LARGE, ErrorCode::NONE);
    rig.cluster
        .push_errors(Api::Produce, &[bad, good, good, bad]);
    let names = ["0", "1", "2", "3", "4", "5"];
    let records: Vec<_> = names.iter().map(|name| ("k", *name)).collect();
    let sheet = rig.ship("mixed", &records);
    let later = rig.ship("mixed", &[("k", "later")]);
    rig.cluster.set_up().unwrap();
    let mut expected = [Report::Delivered; 6];
    expected[2] = Report::Failed(Failure::TooLarge);
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
    assert_eq!(rig.failed(Failure::TooLarge), 1);
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

#[test]
fn records_that_nobody_waits_for_are_dropped_unless_librdkafka_has_them() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("stale", 1).unwrap();
    rig.warm_up("stale");
    rig.cluster.set_down().unwrap();
    let with_librdkafka = rig.ship("stale", &[("k", "0")]);
    let stale = rig.ship("stale", &[("k", "1"), ("k", "2")]);
    let unknown_topic = rig.ship("never-seen", &[("k", "v")]);
    let fresh = rig.ship("stale", &[("k", "3")]);
    for sheet in [&with_librdkafka, &stale, &unknown_topic] {
        sheet.abandon();
    }
    // Already before the brokers are back: the memory is needed.
    assert_eq!(stale.failures(2), [Failure::Abandoned; 2]);
    assert_eq!(unknown_topic.failures(1), [Failure::Abandoned]);
    assert!(stale.is_reclaimed());
    assert_eq!(with_librdkafka.settled(), 0);
    rig.cluster.set_up().unwrap();
    with_librdkafka.assert_delivered(1);
    fresh.assert_delivered(1);
    let values: Vec<String> = read(&rig.cluster, "stale", 3)
        .iter()
        .map(|record| text(record.value.as_ref()).to_owned())
        .collect();
    assert_eq!(values, ["up", "0", "3"]);
}

#[test]
fn a_fatal_error_replaces_the_client_a_hundred_times_without_a_wrong_word() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("phoenix", 2).unwrap();
    rig.warm_up("phoenix");
    let rounds = 100;
    let mut delivered = 1;
    for round in 0..rounds {
        let sheets: Vec<_> = (0..6)
            .map(|_| rig.ship("phoenix", &[("a", "v"), ("b", "v"), ("c", "v")]))
            .collect();
        eventually("there is a client", || rig.producer.fail_for_test());
        let last = rig.ship("phoenix", &[("a", "v")]);
        for (sheet, count) in sheets.iter().map(|it| (it, 3)).chain([(&last, 1)]) {
            for report in sheet.reports(count) {
                match report {
                    Report::Delivered => delivered += 1,
                    Report::Failed(failure) => assert_eq!(failure, Failure::Fatal),
                }
            }
        }
        eventually("the client is replaced", || {
            rig.producer.snapshot().clients_created == round + 2
        });
        rig.ship("phoenix", &[("a", "v")]).assert_delivered(1);
        delivered += 1;
    }
    assert_eq!(rig.producer.snapshot().fatal_errors, rounds);
    eventually("old clients are closed", || {
        rig.producer.snapshot().clients_closed == rounds
    });
    // Whatever was called delivered is there; what was not may be there, too.
    let properties = [property(
        "bootstrap.servers",
        &rig.cluster.bootstrap_servers(),
    )];
    let consumer = aeroduct_kafka::consume::Consumer::open(&properties, "phoenix", LIMIT).unwrap();
    let held = consumer.count(LIMIT).unwrap();
    assert!(
        held >= delivered,
        "{held} records, {delivered} called delivered"
    );
}

#[test]
fn after_a_fatal_error_records_that_waited_go_with_the_next_client_in_order() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("heirs", 1).unwrap();
    rig.warm_up("heirs");
    rig.cluster
        .set_round_trip(Duration::from_millis(100))
        .unwrap();
    let first = rig.ship("heirs", &[("k", "0")]);
    let waiting: Vec<_> = (1..20)
        .map(|n: u32| rig.ship("heirs", &[("k", &n.to_string())]))
        .collect();
    assert!(rig.producer.fail_for_test());
    for sheet in waiting {
        sheet.assert_delivered(1);
    }
    assert!(matches!(
        first.reports(1)[0],
        Report::Delivered | Report::Failed(Failure::Fatal)
    ));
    let snapshot = rig.producer.snapshot();
    assert_eq!(snapshot.fatal_errors, 1);
}
