//! Kafka away, and the end of the process.

use crate::flood::Flood;
use crate::rig::{
    LIMIT, Rig, SUCCESS, Setup, TEMPORARY, eventually, published, wait_for_records, write_of,
    writes,
};
use std::time::{Duration, Instant};

#[test]
fn a_short_outage_costs_no_temporary_answer() {
    let rig = Rig::start("");
    let mut source = rig.source();
    source.send(&writes(0..10));
    assert_eq!(source.replies(10), [SUCCESS; 10]);
    rig.cluster.set_down().unwrap();
    source.send(&writes(10..20));
    assert!(
        source.is_silent(Duration::from_secs(1)),
        "no answer while Kafka is away"
    );
    rig.cluster.set_up().unwrap();
    assert_eq!(source.replies(10), [SUCCESS; 10]);
}

#[test]
fn an_outage_longer_than_the_deadline_is_told_then_and_not_before() {
    let rig = Rig::start("aeroduct: { reply-deadline: 1s }\n");
    let mut source = rig.source();
    source.send(&writes(0..10));
    assert_eq!(source.replies(10), [SUCCESS; 10]);
    rig.cluster.set_down().unwrap();
    let start = Instant::now();
    source.send(&writes(10..20));
    assert_eq!(source.replies(10), [TEMPORARY; 10]);
    let waited = start.elapsed();
    assert!(
        waited >= Duration::from_secs(1),
        "answered after {waited:?}"
    );
    assert!(waited < Duration::from_secs(2), "answered after {waited:?}");
    rig.cluster.set_up().unwrap();
    // As a source does: again until it is taken.
    let end = Instant::now() + LIMIT;
    loop {
        source.send(&write_of(10, 20));
        if source.replies(1) == [SUCCESS] {
            break;
        }
        assert!(
            Instant::now() < end,
            "Kafka is back and records are still refused"
        );
    }
}

#[test]
fn a_long_outage_does_not_stop_the_reading() {
    let rig = Rig::start("aeroduct: { reply-deadline: 500ms }\n");
    rig.cluster.set_down().unwrap();
    let mut source = rig.source();
    // More than the window takes: without an end of the waiting, the rest would never be read.
    let count = 50_000;
    let mut writer = source.stream.try_clone().unwrap();
    let sending = std::thread::spawn(move || {
        std::io::Write::write_all(&mut writer, &writes(0..count)).unwrap();
    });
    let codes = source.replies(count as usize);
    assert!(codes.iter().all(|&code| code == TEMPORARY));
    sending.join().unwrap();
}

// covers: service.max-concurrent-records
#[test]
fn a_long_outage_under_a_full_window_is_answered_all_the_while_and_ends_by_itself() {
    let rig = Rig::with(&Setup {
        partitions: 8,
        // One read is more, so messages that Kafka's client has fill the window by themselves.
        records_max: 1000,
        more: "aeroduct: { reply-deadline: 1s }\n",
        ..Setup::default()
    });
    let flood = Flood::start(rig.source().stream);
    eventually("the window is full", || {
        flood.heard(SUCCESS) > 10_000 && !rig.totals().stalled.is_zero()
    });

    rig.cluster.set_down().unwrap();
    let (mut told, mut told_at) = (flood.heard(TEMPORARY), Instant::now());
    let end = Instant::now() + Duration::from_secs(6);
    while Instant::now() < end {
        std::thread::park_timeout(Duration::from_millis(5));
        if flood.heard(TEMPORARY) > told {
            (told, told_at) = (flood.heard(TEMPORARY), Instant::now());
        }
        // The deadline, and more for a busy machine.
        assert!(told_at.elapsed() < Duration::from_secs(3), "after {told}");
    }
    assert!(told > 4000, "{told} answers in 6 s");

    rig.cluster.set_up().unwrap();
    let before = flood.heard(SUCCESS);
    eventually("records are published again", || {
        flood.heard(SUCCESS) > before + 10_000
    });
    assert!(flood.stop().is_sound());
    assert!(rig.app.failure(Duration::ZERO).is_none());
}

#[test]
fn draining_answers_what_is_in_flight() {
    let rig = Rig::start("");
    let mut source = rig.source();
    rig.cluster
        .set_round_trip(Duration::from_millis(300))
        .unwrap();
    source.send(&writes(0..500));
    // The first answers show that all of them were read: one write, one read.
    let Rig { cluster, app } = rig;
    wait_for_records(&app, 500);
    let drained = app.drain();
    assert!(drained.is_complete, "{drained:?}");
    assert_eq!(source.replies(500), [SUCCESS; 500]);
    assert!(source.is_closed());
    assert_eq!(published(&cluster), 500);
}

#[test]
fn draining_ends_in_time_when_kafka_is_away() {
    let rig = Rig::start("aeroduct: { drain-timeout: 1s }\n");
    let mut source = rig.source();
    source.send(&writes(0..5));
    assert_eq!(source.replies(5), [SUCCESS; 5]);
    rig.cluster.set_down().unwrap();
    source.send(&writes(5..10));
    wait_for_records(&rig.app, 10);
    let start = Instant::now();
    let drained = rig.app.drain();
    assert!(!drained.is_complete);
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "took {:?}",
        start.elapsed()
    );
    assert_eq!(
        source.replies(5),
        [TEMPORARY; 5],
        "never success for what was not acknowledged"
    );
}
