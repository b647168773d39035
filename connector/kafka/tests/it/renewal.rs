//! Clients that are replaced although nothing is wrong with them, because their properties change.

use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aeroduct_kafka::mock::{Api, ErrorCode, MockCluster};
use aeroduct_kafka::{CredentialsError, Failure, Producer, RenewError};

use crate::rig::{LIMIT, Rig, Told, eventually, property, read, repetitions, text};
use crate::rounds::Rounds;

/// Properties that lead to a cluster.
fn to(cluster: &MockCluster) -> Vec<(String, String)> {
    vec![property("bootstrap.servers", &cluster.bootstrap_servers())]
}

/// Properties that lead nowhere.
fn to_nobody() -> Vec<(String, String)> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    vec![property("bootstrap.servers", &address)]
}

fn renewed(producer: &Producer<Told>) -> u64 {
    producer.snapshot().renewals
}

/// For a soak: `REPEAT=1000`.
#[test]
fn renewals_under_load_lose_repeat_and_overtake_nothing_and_fail_no_record() {
    let renewals = repetitions(15);
    let mut rig = Rig::on(MockCluster::start(3).unwrap(), |_| {});
    rig.cluster.create_topic("relay", 4).unwrap();
    let mut rounds = Rounds::to("relay");
    rounds.ship(&mut rig, 10);
    let (producer, properties) = (rig.producer.clone(), to(&rig.cluster));
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..=renewals {
                producer.renew(properties.clone(), LIMIT).unwrap();
                eventually("it has taken over", || {
                    renewed(&producer) == u64::from(number)
                });
            }
            is_done.store(true, Ordering::Relaxed);
        });
        while !is_done.load(Ordering::Relaxed) {
            rounds.ship(&mut rig, 10);
        }
    });
    rounds.settle();
    rounds.assert_each_is_there_once_and_in_order(&rig);
    eventually("old clients are closed", || {
        rig.producer.snapshot().clients_closed == u64::from(renewals)
    });
    let snapshot = rig.producer.snapshot();
    assert_eq!(snapshot.clients_created, u64::from(renewals) + 1);
    assert_eq!(
        snapshot.failed.iter().map(|(_, count)| count).sum::<u64>(),
        0
    );
    assert_eq!(snapshot.fatal_errors, 0);
}

#[test]
fn each_of_several_clients_is_renewed_and_keeps_its_topics() {
    let mut rig = Rig::with(|settings| {
        settings.partitions_per_client = 2;
        settings.clients_max = 3;
    });
    let topics: Vec<_> = (0..6).map(|number| format!("topic-{number}")).collect();
    for topic in &topics {
        rig.cluster.create_topic(topic, 1).unwrap();
        rig.warm_up(topic);
    }
    let shipped: Vec<_> = topics
        .iter()
        .map(|it| rig.ship(it, &[("k", "1")]))
        .collect();
    let properties = to(&rig.cluster);
    rig.producer.renew(properties, LIMIT).unwrap();
    let later: Vec<_> = topics
        .iter()
        .map(|it| rig.ship(it, &[("k", "2")]))
        .collect();
    for sheet in shipped.iter().chain(&later) {
        sheet.assert_delivered(1);
    }
    eventually("all are renewed", || renewed(&rig.producer) == 3);
    for topic in &topics {
        let records = rig.read(topic, 3);
        let values = records.iter().map(|it| text(it.value.as_ref()));
        assert!(values.eq(["up", "1", "2"]), "order within {topic}");
    }
}

#[test]
fn what_a_client_without_brokers_still_has_goes_by_the_new_one_in_order() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("moved", 1).unwrap();
    rig.warm_up("moved");
    rig.take_brokers_away();
    let sheets: Vec<_> = (0..20)
        .map(|n: u32| rig.ship("moved", &[("k", &n.to_string())]))
        .collect();
    eventually("the old client has a batch", || {
        rig.producer.snapshot().outstanding > 0
    });

    let other = MockCluster::start(1).unwrap();
    other.create_topic("moved", 1).unwrap();
    rig.producer.renew(to(&other), LIMIT).unwrap();
    for sheet in &sheets {
        sheet.assert_delivered(1);
    }
    let records = read(&other, "moved", 20);
    let values = records.iter().map(|it| text(it.value.as_ref()).to_owned());
    assert!(values.eq((0..20).map(|n: u32| n.to_string())));
}

#[test]
fn a_slow_broker_gets_the_old_client_s_batch_once_and_before_the_new_client_s() {
    let mut rig = Rig::start_far_away("snail");
    rig.cluster
        .set_round_trip(Duration::from_millis(1200))
        .unwrap();
    let first = rig.ship("snail", &[("k", "first")]);
    std::thread::sleep(Duration::from_millis(50));
    let properties = to(&rig.cluster);
    rig.producer.renew(properties, LIMIT).unwrap();
    let second = rig.ship("snail", &[("k", "second")]);
    first.assert_delivered(1);
    second.assert_delivered(1);
    let records = rig.read("snail", 3);
    let values = records.iter().map(|it| text(it.value.as_ref()));
    assert!(values.eq(["up", "first", "second"]));
}

#[test]
fn properties_that_are_refused_or_lead_nowhere_leave_the_clients_as_they_are() {
    let mut rig = Rig::start();
    rig.warm_up("steady");
    let mut wrong = to(&rig.cluster);
    wrong.push(property("ssl.ca.location", "/nowhere/ca.pem"));
    wrong.push(property("security.protocol", "ssl"));
    let refused = rig.producer.renew(wrong, LIMIT).unwrap_err();
    assert!(matches!(refused, RenewError::Refused(_)), "{refused:?}");

    let limit = Duration::from_millis(600);
    let start = Instant::now();
    let unanswered = rig.producer.renew(to_nobody(), limit).unwrap_err();
    assert!(
        matches!(&unanswered, RenewError::Unanswered { reason } if reason.contains("refused")),
        "{unanswered:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(5));

    rig.ship("steady", &[("k", "v")]).assert_delivered(1);
    assert_eq!(renewed(&rig.producer), 0);
    eventually("clients on trial are closed", || {
        rig.producer.snapshot().clients_closed == 1
    });
}

#[test]
fn a_producer_that_is_stopped_is_not_renewed() {
    let rig = Rig::start();
    assert_eq!(rig.producer.drain(LIMIT).left, 0);
    let error = rig.producer.renew(to_nobody(), LIMIT).unwrap_err();
    assert!(matches!(error, RenewError::ShuttingDown), "{error:?}");
}

#[test]
fn after_a_renewal_a_fatal_error_is_healed_with_the_new_properties() {
    let mut rig = Rig::start();
    rig.warm_up("twice");
    let other = MockCluster::start(1).unwrap();
    rig.producer.renew(to(&other), LIMIT).unwrap();
    eventually("it has taken over", || renewed(&rig.producer) == 1);
    assert!(rig.producer.fail_for_test());
    eventually("the next client is there", || {
        rig.producer.snapshot().clients_created == 3
    });
    let sheet = rig.ship("twice", &[("k", "v")]);
    sheet.assert_delivered(1);
    assert_eq!(rig.failed(Failure::Fatal), 0);
    read(&other, "twice", 1);
}

#[test]
fn the_client_of_the_quarantine_is_renewed_too() {
    let records = [("a", "1"), ("b", "2")];
    let mut rig = Rig::start();
    rig.cluster.create_topic("sick", 1).unwrap();
    rig.warm_up("sick");
    rig.cluster
        .push_errors(Api::Produce, &[ErrorCode::INVALID_RECORD]);
    rig.ship("sick", &records).assert_delivered(2);
    assert_eq!(rig.producer.snapshot().quarantined, 1);

    let other = MockCluster::start(1).unwrap();
    other.create_topic("sick", 1).unwrap();
    rig.producer.renew(to(&other), LIMIT).unwrap();
    eventually("it has taken over", || renewed(&rig.producer) == 1);
    rig.warm_up("sick");
    other.push_errors(Api::Produce, &[ErrorCode::INVALID_RECORD]);
    rig.ship("sick", &records).assert_delivered(2);
    assert_eq!(rig.producer.snapshot().quarantined, 2);
    assert_eq!(read(&other, "sick", 3).len(), 3);
    rig.read("sick", 3);
}

#[test]
fn a_name_or_password_with_a_zero_byte_is_refused() {
    let rig = Rig::start();
    for (user, password) in [("a\0", "b"), ("a", "\0")] {
        let error = rig.producer.set_credentials(user, password).unwrap_err();
        assert_eq!(error, CredentialsError);
    }
    rig.producer.set_credentials("a", "b").unwrap();
}
