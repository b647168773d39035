//! What the producer does when brokers, leaders and connections come and go.

use std::time::Duration;

use aeroduct_kafka::mock::{Api, ErrorCode, MockCluster};
use aeroduct_kafka::{BrokerState, Failure, Settings};

use crate::rig::{LIMIT, Rig, eventually, property, repetitions, text};
use crate::rounds::Rounds;

/// Errors of a broker that pass by themselves, so that librdkafka sends again. The last closes
/// the connection.
const PASSING: [ErrorCode; 11] = [
    ErrorCode::NOT_LEADER_FOR_PARTITION,
    ErrorCode::LEADER_NOT_AVAILABLE,
    ErrorCode::REQUEST_TIMED_OUT,
    ErrorCode::BROKER_NOT_AVAILABLE,
    ErrorCode::REPLICA_NOT_AVAILABLE,
    ErrorCode::NOT_ENOUGH_REPLICAS,
    ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    ErrorCode::KAFKA_STORAGE_ERROR,
    ErrorCode::UNKNOWN_TOPIC_OR_PART,
    ErrorCode::INVALID_MSG,
    ErrorCode::TRANSPORT,
];

/// Of a batch in two requests the mock cluster may refuse the first and take the second: it knows
/// no sequence numbers. librdkafka rightly takes the second's success for a proof that the first
/// is stored, too.
fn one_request_at_a_time(settings: &mut Settings) {
    let one = property("max.in.flight.requests.per.connection", "1");
    settings.properties.push(one);
}

#[test]
fn brokers_that_go_and_come_back_lose_nothing_and_break_no_order() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("blink", 3).unwrap();
    let mut rounds = Rounds::to("blink");
    for _ in 0..6 {
        rounds.ship(&mut rig, 10);
        rig.cluster.set_down().unwrap();
        rounds.ship(&mut rig, 10);
        rig.cluster.set_up().unwrap();
        rounds.ship(&mut rig, 30);
        rounds.settle();
    }
    rounds.assert_each_is_there_in_order_but_for_repetitions(&rig);
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
fn records_whose_answer_is_lost_are_sent_again_before_later_ones_and_reported_once() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("unheard", 1).unwrap();
    rig.warm_up("unheard");
    rig.cluster.set_round_trip(LIMIT).unwrap();
    rig.cluster.track_requests();
    let unheard = rig.ship("unheard", &[("k", "0")]);
    let later = rig.ship("unheard", &[("k", "1"), ("k", "2")]);
    eventually("the mock cluster has stored it", || {
        rig.cluster.count_requests(Api::Produce) == 1
    });
    rig.cluster.set_down().unwrap();
    assert_eq!((unheard.settled(), later.settled()), (0, 0));
    rig.cluster.set_round_trip(Duration::ZERO).unwrap();
    rig.cluster.set_up().unwrap();
    unheard.assert_delivered(1);
    later.assert_delivered(2);
    let records = rig.read_all("unheard");
    let values = records.iter().map(|record| text(record.value.as_ref()));
    assert_eq!(values.collect::<Vec<_>>(), ["up", "0", "0", "1", "2"]);
}

#[test]
fn an_error_that_passes_by_itself_fails_no_record() {
    let mut rig = Rig::with(one_request_at_a_time);
    for code in PASSING {
        let topic = format!("error-{}", code.0.unsigned_abs());
        rig.cluster.create_topic(&topic, 3).unwrap();
        let mut rounds = Rounds::to(&topic);
        for _ in 0..4 {
            rounds.ship(&mut rig, 5);
            rig.cluster.push_errors(Api::Produce, &[code]);
            rounds.ship(&mut rig, 10);
        }
        rounds.settle();
        rounds.assert_each_is_there_once_and_in_order(&rig);
    }
    assert_eq!(rig.producer.snapshot().fatal_errors, 0);
}

#[test]
fn errors_of_all_kinds_in_one_request_of_a_hundred_fail_no_record() {
    let mut rig = Rig::with(one_request_at_a_time);
    rig.cluster.create_topic("mixed", 8).unwrap();
    let hundred_with = |code| {
        let mut codes = vec![ErrorCode::NONE; 100];
        codes[50] = code;
        codes
    };
    // All of them once are eleven hundred requests.
    let errors = PASSING.repeat(repetitions(10).div_ceil(10) as usize);
    let codes: Vec<_> = errors.into_iter().flat_map(hundred_with).collect();
    rig.cluster.push_errors(Api::Produce, &codes);
    rig.cluster.track_requests();
    let mut rounds = Rounds::to("mixed");
    let mut requests = 0;
    while requests < codes.len() {
        rounds.ship(&mut rig, 3);
        rounds.settle();
        requests += rig.cluster.count_requests(Api::Produce);
    }
    rounds.assert_each_is_there_once_and_in_order(&rig);
    assert_eq!(rig.producer.snapshot().fatal_errors, 0);
}

#[test]
fn leaders_that_move_again_and_again_lose_nothing_and_break_no_order() {
    let cluster = MockCluster::start(3).unwrap();
    cluster.create_topic("moving", 8).unwrap();
    let mut rig = Rig::on(cluster, one_request_at_a_time);
    let mut rounds = Rounds::to("moving");
    // In the end each partition has been at each broker.
    for turn in 0..24 {
        rounds.ship(&mut rig, 5);
        let (partition, broker) = (turn % 8, 1 + turn % 3);
        let moved = rig.cluster.move_leader("moving", partition, broker);
        moved.unwrap();
        rounds.ship(&mut rig, 5);
        rounds.settle();
    }
    rounds.assert_each_is_there_once_and_in_order(&rig);
}

#[test]
fn a_broker_that_is_near_or_far_away_delays_records_but_fails_none() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("far", 4).unwrap();
    let mut rounds = Rounds::to("far");
    for round_trip_ms in [0, 10, 100, 1000, 0] {
        let round_trip = Duration::from_millis(round_trip_ms);
        rig.cluster.set_round_trip(round_trip).unwrap();
        rounds.ship(&mut rig, 120);
        rounds.settle();
        let snapshot = rig.producer.snapshot();
        assert_eq!((snapshot.outstanding, snapshot.waiting.bytes), (0, 0));
    }
    rounds.assert_each_is_there_once_and_in_order(&rig);
}

/// Longer away than Kafka is tried for a record: what was on its way fails, whether it arrived or
/// not, and the client that tried goes on.
#[test]
fn what_kafka_never_acknowledges_times_out_and_later_records_are_delivered_in_order() {
    let mut rig = Rig::with(|settings| {
        let timeout = property("message.timeout.ms", "2000");
        settings.properties.push(timeout);
    });
    rig.cluster.create_topic("hole", 1).unwrap();
    rig.warm_up("hole");
    let mut expected = Vec::new();
    for round in 0..3 {
        rig.cluster.set_round_trip(LIMIT).unwrap();
        let unheard = rig.ship("hole", &[("k", "unheard"), ("k", "unheard")]);
        let behind = rig.ship("hole", &[("k", "behind")]);
        assert_eq!(unheard.failures(2), [Failure::TimedOut; 2]);
        assert_eq!(behind.failures(1), [Failure::TimedOut]);
        // As when a black hole ends: the old connection is of no use any more.
        rig.cluster.set_down().unwrap();
        rig.cluster.set_round_trip(Duration::ZERO).unwrap();
        rig.cluster.set_up().unwrap();
        let values = [0, 1, 2].map(|place| format!("{round}-{place}"));
        for value in &values {
            rig.ship("hole", &[("k", value)]).assert_delivered(1);
        }
        expected.extend(values);
    }
    let records = rig.read_all("hole");
    let values = records.iter().map(|record| text(record.value.as_ref()));
    let delivered: Vec<_> = values.filter(|value| value.contains('-')).collect();
    assert_eq!(delivered, expected);
    assert_eq!(rig.failed(Failure::TimedOut), 9);
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
    let values: Vec<String> = rig
        .read("stale", 3)
        .iter()
        .map(|record| text(record.value.as_ref()).to_owned())
        .collect();
    assert_eq!(values, ["up", "0", "3"]);
}
