//! Starting and stopping.

use std::time::{Duration, Instant};

use aeroduct_kafka::{Failure, Producer, Report, Settings, StartError};

use crate::rig::{LIMIT, Rig, Told, eventually, property};

fn refused(properties: &[(&str, &str)]) -> StartError {
    let properties = properties
        .iter()
        .map(|(name, value)| property(name, value))
        .collect();
    Producer::<Told>::start(Settings::new(properties))
        .map(|_| ())
        .unwrap_err()
}

#[test]
fn a_property_that_does_not_exist_is_refused_by_name() {
    let error = refused(&[("bootstrap.server", "localhost:1")]);
    assert!(matches!(&error, StartError::SetProperty { name, .. } if name == "bootstrap.server"));
}

#[test]
fn a_value_that_is_not_possible_is_refused_and_properties_that_do_not_fit_are_too() {
    let error = refused(&[("acks", "some")]);
    assert!(
        matches!(&error, StartError::SetProperty { name, .. } if name == "acks"),
        "{error}"
    );
    let error = refused(&[("acks", "1"), ("enable.idempotence", "true")]);
    assert!(matches!(&error, StartError::CreateClient { .. }), "{error}");
}

#[test]
fn settings_do_not_show_values_that_may_be_secret() {
    let settings = Settings::new(vec![property("sasl.password", "canary")]);
    let shown = format!("{settings:?}");
    assert!(
        shown.contains("sasl.password") && !shown.contains("canary"),
        "{shown}"
    );
}

#[test]
fn a_producer_starts_without_a_broker() {
    let properties = vec![property("bootstrap.servers", "127.0.0.1:1")];
    let producer = Producer::<Told>::start(Settings::new(properties)).unwrap();
    let mut publisher = producer.publisher();
    let sheet = crate::rig::ship(&mut publisher, "somewhere", &[("k", "v")]);
    assert_eq!(sheet.settled(), 0);
    assert_eq!(producer.drain(Duration::from_millis(50)).left, 1);
    assert_eq!(sheet.failures(1), [Failure::ShuttingDown]);
}

#[test]
fn a_drain_delivers_everything_that_was_shipped_and_takes_nothing_more() {
    let mut rig = Rig::start();
    rig.cluster
        .set_round_trip(Duration::from_millis(50))
        .unwrap();
    let sheets: Vec<_> = (0..20)
        .map(|_| rig.ship("drained", &[("a", "v"), ("b", "v"), ("c", "v")]))
        .collect();
    assert_eq!(rig.producer.drain(LIMIT).left, 0);
    for sheet in sheets {
        assert_eq!(
            sheet.settled(),
            3,
            "everything is reported when the drain returns"
        );
        sheet.assert_delivered(3);
    }
    let late = rig.ship("drained", &[("k", "v")]);
    assert_eq!(late.settled(), 1);
    assert_eq!(late.failures(1), [Failure::ShuttingDown]);
    assert_eq!(
        rig.ship("new-topic", &[("k", "v")]).failures(1),
        [Failure::ShuttingDown]
    );
    assert_eq!(rig.read("drained", 60).len(), 60);
}

#[test]
fn a_drain_gives_up_in_time_and_calls_nothing_delivered_that_is_not() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("cut-off", 1).unwrap();
    rig.warm_up("cut-off");
    rig.cluster.set_down().unwrap();
    let with_librdkafka = rig.ship("cut-off", &[("k", "v"), ("k", "v")]);
    let waiting = rig.ship("cut-off", &[("k", "v")]);
    let start = Instant::now();
    assert_eq!(rig.producer.drain(Duration::from_millis(200)).left, 3);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    let given_up = Report::Failed(Failure::ShuttingDown);
    assert_eq!(with_librdkafka.reports(2), [given_up; 2]);
    assert_eq!(waiting.reports(1), [given_up]);
    eventually("buffers come back", || {
        with_librdkafka.is_reclaimed() && waiting.is_reclaimed()
    });
}

#[test]
fn dropping_the_producer_reports_everything_and_gives_every_buffer_back() {
    let mut rig = Rig::start();
    rig.cluster.create_topic("dropped", 2).unwrap();
    rig.warm_up("dropped");
    rig.cluster
        .set_round_trip(Duration::from_millis(200))
        .unwrap();
    let sheets: Vec<_> = (0..10)
        .map(|_| rig.ship("dropped", &[("a", "v"), ("b", "v"), ("c", "v")]))
        .collect();
    let Rig {
        cluster,
        producer,
        publisher,
        ..
    } = rig;
    drop(producer);
    for sheet in &sheets {
        assert_eq!(sheet.settled(), 3);
        assert!(sheet.is_reclaimed());
        for report in sheet.reports(3) {
            assert!(matches!(
                report,
                Report::Delivered | Report::Failed(Failure::ShuttingDown)
            ));
        }
    }
    drop(publisher);
    drop(cluster);
}

#[test]
fn several_publishers_ship_side_by_side() {
    let rig = Rig::start();
    rig.cluster.create_topic("shared", 4).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let mut publisher = rig.producer.publisher();
            scope.spawn(move || {
                let key = format!("key-{thread}");
                let sheets: Vec<_> = (0..200)
                    .map(|_| crate::rig::ship(&mut publisher, "shared", &[(key.as_str(), "v"); 10]))
                    .collect();
                for sheet in sheets {
                    sheet.assert_delivered(10);
                }
            });
        }
    });
    assert_eq!(rig.read("shared", 8000).len(), 8000);
    assert_eq!(rig.traffic.most(), 1);
}
