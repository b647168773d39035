//! Topics that refuse records.

use std::time::{Duration, Instant};

use aeroduct_kafka::mock::ErrorCode;
use aeroduct_kafka::{BreakerState, Failure, Piece, Report};

use crate::rig::{Rig, eventually};

fn breaker(rig: &Rig, name: &str) -> BreakerState {
    let topics = rig.producer.snapshot().topics;
    topics
        .into_iter()
        .find(|topic| topic.name == name)
        .unwrap()
        .breaker
}

#[test]
fn an_unknown_topic_fails_at_once_and_takes_records_when_it_has_appeared() {
    let mut rig = Rig::start();
    rig.warm_up("other");
    rig.cluster
        .set_topic_error("late", ErrorCode::UNKNOWN_TOPIC_OR_PART)
        .unwrap();
    let unknown = Report::Failed(Failure::UnknownTopic);
    assert_eq!(
        rig.ship("late", &[("k", "v"), ("k", "v")]).reports(2),
        [unknown, unknown]
    );
    let sheet = rig.ship("late", &[("k", "v")]);
    assert_eq!(
        sheet.settled(),
        1,
        "a topic just seen to be unknown is not asked for again"
    );
    assert_eq!(sheet.reports(1), [unknown]);
    assert_eq!(
        breaker(&rig, "late"),
        BreakerState::Open(Failure::UnknownTopic)
    );

    rig.cluster
        .set_topic_error("late", ErrorCode::NONE)
        .unwrap();
    eventually("a probe comes through", || {
        rig.ship("late", &[("k", "v")]).reports(1) == [Report::Delivered]
    });
    assert_eq!(breaker(&rig, "late"), BreakerState::Closed);
    rig.ship("late", &[("k", "v")]).assert_delivered(1);
}

#[test]
fn a_topic_that_must_not_be_written_to_does_not_hinder_others() {
    let mut rig = Rig::start();
    rig.warm_up("good");
    rig.warm_up("bad");
    rig.cluster.set_round_trip(Duration::ZERO).unwrap();
    let refusal = [ErrorCode::TOPIC_AUTHORIZATION_FAILED];
    rig.cluster
        .push_errors(aeroduct_kafka::mock::Api::Produce, &refusal);
    let refused = Report::Failed(Failure::Unauthorized);
    assert_eq!(rig.ship("bad", &[("k", "v")]).reports(1), [refused]);
    assert_eq!(
        breaker(&rig, "bad"),
        BreakerState::Open(Failure::Unauthorized)
    );
    let start = Instant::now();
    assert_eq!(rig.ship("bad", &[("k", "v")]).reports(1), [refused]);
    rig.ship("good", &[("k", "v")]).assert_delivered(1);
    assert!(
        start.elapsed() < Duration::from_secs(1) || breaker(&rig, "good") == BreakerState::Closed
    );
    eventually("a probe comes through", || {
        rig.ship("bad", &[("k", "v")]).reports(1) == [Report::Delivered]
    });
    assert_eq!(breaker(&rig, "bad"), BreakerState::Closed);
}

#[test]
fn one_parcel_may_hold_records_of_good_and_bad_topics() {
    let mut rig = Rig::start();
    rig.warm_up("good");
    rig.cluster
        .set_topic_error("bad", ErrorCode::TOPIC_AUTHORIZATION_FAILED)
        .unwrap();
    let (good, bad) = (
        rig.publisher.topic("good").unwrap(),
        rig.publisher.topic("bad").unwrap(),
    );
    for slot in 0..100 {
        let piece = Piece {
            value: 0..5,
            hash: slot,
            slot,
            ..Piece::default()
        };
        rig.publisher
            .add(if slot % 2 == 0 { good } else { bad }, piece);
    }
    let (sheet, parcel) = crate::rig::seal(b"value".to_vec());
    rig.publisher.ship(parcel);
    for (slot, report) in sheet.reports(100).into_iter().enumerate() {
        let expected = if slot % 2 == 0 {
            Report::Delivered
        } else {
            Report::Failed(Failure::Unauthorized)
        };
        assert_eq!(report, expected, "slot {slot}");
    }
}

#[test]
fn a_name_that_no_topic_can_have_fails_for_good() {
    let mut rig = Rig::start();
    let name = "x".repeat(600);
    let sheet = rig.ship(&name, &[("k", "v")]);
    let failures = sheet.failures(1);
    assert!(failures[0].is_permanent(), "{failures:?}");
    assert_eq!(
        rig.ship("zero\0byte", &[("k", "v")]).failures(1),
        [Failure::InvalidTopic]
    );
}

#[test]
fn records_of_a_topic_whose_partitions_are_not_known_yet_keep_their_order() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("first", 1).unwrap();
    rig.cluster.set_down().unwrap();
    let early: Vec<_> = (0..50)
        .map(|n: u32| rig.ship("first", &[("k", &n.to_string())]))
        .collect();
    rig.cluster.set_up().unwrap();
    let late: Vec<_> = (50..99)
        .map(|n: u32| rig.ship("first", &[("k", &n.to_string())]))
        .collect();
    for sheet in early.iter().chain(&late) {
        sheet.assert_delivered(1);
    }
    let values: Vec<u32> = rig
        .read("first", 99)
        .iter()
        .map(|record| crate::rig::text(record.value.as_ref()).parse().unwrap())
        .collect();
    assert!(values.is_sorted(), "{values:?}");
}

#[test]
fn the_number_of_partitions_becomes_known_before_the_first_record_is_shipped() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("counted", 7).unwrap();
    let topic = rig.publisher.topic("counted").unwrap();
    eventually("the number is known", || {
        rig.publisher.partitions(topic) == Some(7)
    });
}
