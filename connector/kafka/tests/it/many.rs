//! Many topics and partitions: several clients, and partitions that wait their turn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aeroduct_kafka::{Failure, Piece, Report};

use crate::rig::{LIMIT, Rig, Sheet, eventually, put, read, seal, text};

/// Ships one record to each of these partitions, in one parcel.
fn ship_to(
    rig: &mut Rig,
    topic: &str,
    partitions: std::ops::Range<u32>,
    value: &str,
) -> Arc<Sheet> {
    let index = rig.publisher.topic(topic).unwrap();
    let mut bytes = Vec::new();
    let value = put(&mut bytes, value.as_bytes());
    for (slot, partition) in (0..).zip(partitions) {
        let piece = Piece {
            value: value.clone(),
            // The partition's number as long as there are more partitions.
            hash: partition,
            slot,
            ..Piece::default()
        };
        rig.publisher.add(index, piece);
    }
    let (sheet, parcel) = seal(bytes);
    rig.publisher.ship(parcel);
    sheet
}

fn shared_out(topics: &[String]) -> Rig {
    let mut rig = Rig::with(|settings| {
        settings.partitions_per_client = 2;
        settings.clients_max = 3;
    });
    let sheets: Vec<_> = topics
        .iter()
        .map(|topic| rig.ship(topic, &[("k", "0"), ("k", "1")]))
        .collect();
    for sheet in sheets {
        sheet.assert_delivered(2);
    }
    assert_eq!(rig.producer.snapshot().clients_created, 3);
    rig
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("topic-{number}")).collect()
}

#[test]
fn many_topics_are_shared_out_among_clients_and_each_keeps_its_order() {
    let topics = names(9);
    let mut rig = shared_out(&topics);
    for value in 2..30 {
        for topic in &topics {
            rig.ship(topic, &[("k", &value.to_string())]);
        }
    }
    let last = topics.iter().map(|topic| rig.ship(topic, &[("k", "30")]));
    let last: Vec<_> = last.collect();
    for sheet in last {
        sheet.assert_delivered(1);
    }
    let expected: Vec<String> = (0..=30).map(|value: u32| value.to_string()).collect();
    for topic in &topics {
        let records = read(&rig.cluster, topic, expected.len());
        let values = records.iter().map(|record| text(record.value.as_ref()));
        assert!(values.eq(expected.iter()), "order within {topic}");
    }
    let snapshot = rig.producer.snapshot();
    assert_eq!((snapshot.outstanding, snapshot.waiting.messages), (0, 0));
    assert_eq!(snapshot.clients_created, 3, "no more than allowed");
    assert_eq!(rig.producer.dead_thread(), None);
}

#[test]
fn each_client_is_replaced_after_its_fatal_error() {
    let topics = names(6);
    let mut rig = shared_out(&topics);
    assert!(rig.producer.fail_for_test());
    for topic in &topics {
        let report = rig.ship(topic, &[("k", "v")]).reports(1)[0];
        let allowed = [Report::Delivered, Report::Failed(Failure::Fatal)];
        assert!(allowed.contains(&report), "{report:?}");
    }
    eventually("all clients are replaced", || {
        let snapshot = rig.producer.snapshot();
        (snapshot.fatal_errors, snapshot.clients_created) == (3, 6)
    });
    for topic in &topics {
        rig.ship(topic, &[("k", "v")]).assert_delivered(1);
    }
    eventually("the old ones are closed", || {
        rig.producer.snapshot().clients_closed == 3
    });
}

#[test]
fn more_partitions_than_may_be_under_way_are_all_served_one_batch_at_a_time() {
    let partitions = 200;
    let mut rig = Rig::start();
    rig.cluster.create_topic("wide", 200).unwrap();
    rig.warm_up("wide");
    let sheets: Vec<_> = (0..40)
        .map(|value: u32| ship_to(&mut rig, "wide", 0..partitions, &value.to_string()))
        .collect();
    for sheet in sheets {
        sheet.assert_delivered(partitions);
    }
    assert_eq!(rig.traffic.most(), 1, "batches of a partition at a time");
    assert!(
        rig.traffic.sizes().len() < 200 * 40 / 2,
        "batches do not grow while they wait"
    );
    let mut consumer = rig.consumer("wide");
    let mut last = vec![None; 200];
    for _ in 0..=200 * 40 {
        let record = consumer.next(LIMIT).unwrap().unwrap();
        if let Ok(value) = text(record.value.as_ref()).parse::<u32>() {
            let before = last[usize::try_from(record.partition).unwrap()].replace(value);
            assert!(before < Some(value), "{value} after {before:?}");
        }
    }
}

#[test]
fn partitions_of_a_broker_that_is_away_do_not_hold_up_those_of_another() {
    let mut rig = Rig::on(aeroduct_kafka::mock::MockCluster::start(2).unwrap(), |_| {});
    rig.cluster.create_topic("halves", 200).unwrap();
    rig.kept_awake(|cluster| {
        for partition in 0..200 {
            let broker = if partition < 100 { 1 } else { 2 };
            cluster.move_leader("halves", partition, broker).unwrap();
        }
    });
    ship_to(&mut rig, "halves", 0..200, "warm").assert_delivered(200);
    rig.cluster.set_broker_down(2).unwrap();

    let away = ship_to(&mut rig, "halves", 100..200, "late");
    let start = Instant::now();
    for value in 0..5 {
        ship_to(&mut rig, "halves", 0..100, &value.to_string()).assert_delivered(100);
    }
    assert_eq!(away.settled(), 0);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(4), "the others took {took:?}");

    rig.cluster.set_broker_up(2).unwrap();
    away.assert_delivered(100);
}

#[test]
fn a_drain_settles_partitions_that_wait_their_turn() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("full", 200).unwrap();
    rig.warm_up("full");
    rig.cluster.set_down().unwrap();
    let sheets: Vec<_> = (0..3)
        .map(|_| ship_to(&mut rig, "full", 0..200, "v"))
        .collect();
    let drained = rig.producer.drain(Duration::from_millis(300));
    assert_eq!(drained.left, 600);
    for sheet in sheets {
        let failures = sheet.failures(200);
        assert_eq!(failures, [Failure::ShuttingDown; 200]);
    }
}
