//! Peers that behave badly cost nobody else anything.

use crate::rig::{LIMIT, Rig, SUCCESS, write_of, writes};
use std::io::Write;
use std::time::{Duration, Instant};

#[test]
fn opened_and_closed_at_once_is_nothing() {
    let rig = Rig::start("");
    for _ in 0..50 {
        drop(rig.source());
    }
    let mut source = rig.source();
    source.send(&writes(0..3));
    assert_eq!(source.replies(3), [SUCCESS; 3]);
}

#[test]
fn half_a_frame_holds_up_nobody_else() {
    let rig = Rig::start("");
    let mut slow: Vec<_> = (0..20).map(|_| rig.source()).collect();
    for source in &mut slow {
        source.send(&write_of(1, 100)[..60]);
    }
    let mut source = rig.source();
    source.send(&writes(0..100));
    assert_eq!(source.replies(100), [SUCCESS; 100]);
    for source in &mut slow {
        source.send(&write_of(1, 100)[60..]);
        assert_eq!(
            source.replies(1),
            [SUCCESS],
            "the rest of the frame may come later"
        );
    }
}

#[test]
fn a_peer_that_never_reads_its_replies_is_stopped_and_then_closed() {
    let rig = Rig::start("");
    let mut greedy = rig.source().stream;
    greedy
        .set_write_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let frames = writes(0..1000);
    let mut sent = 0_usize;
    let end = Instant::now() + Duration::from_secs(40);
    loop {
        assert!(Instant::now() < end, "never closed, {sent} bytes taken");
        match greedy.write(&frames) {
            Ok(count) => sent += count,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        let mut other = rig.source();
        other.send(&write_of(7, 10));
        assert_eq!(
            other.replies(1),
            [SUCCESS],
            "another connection is not disturbed"
        );
    }
}

#[test]
fn connections_beyond_the_limit_are_closed_at_once() {
    let rig = Rig::start("aeroduct: { max-connections: 2 }\n");
    let mut first = rig.source();
    first.send(&write_of(1, 10));
    assert_eq!(first.replies(1), [SUCCESS]);
    let mut second = rig.source();
    second.send(&write_of(2, 10));
    assert_eq!(second.replies(1), [SUCCESS]);
    let mut third = rig.source();
    assert!(third.is_closed());
    drop(second);
    let end = Instant::now() + LIMIT;
    loop {
        let mut next = rig.source();
        if next.is_silent(Duration::from_millis(200)) {
            next.send(&write_of(3, 10));
            assert_eq!(
                next.replies(1),
                [SUCCESS],
                "a place that is free is given again"
            );
            return;
        }
        assert!(Instant::now() < end);
    }
}
