//! Peers that behave badly cost nobody else anything.

use crate::rig::{
    LIMIT, Rig, SUCCESS, Setup, Source, eventually, published, wait_for_records, write_of, writes,
};
use aeroduct_wire::reply;
use std::io::{Read, Write};
use std::net::Shutdown;
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
fn a_peer_that_reads_its_replies_slowly_is_kept_and_others_are_served() {
    let rig = Rig::with(&Setup {
        routing: "mode: skip",
        ..Setup::default()
    });
    let mut slow = rig.tight_source().stream;
    slow.set_read_timeout(Some(LIMIT)).unwrap();
    let mut writer = slow.try_clone().unwrap();
    let frames = writes(0..1000);
    let sending = std::thread::spawn(move || while writer.write_all(&frames).is_ok() {});

    let mut other = rig.source();
    let mut taken = Vec::new();
    // Longer than a peer may go without taking anything.
    let end = Instant::now() + Duration::from_secs(12);
    while Instant::now() < end {
        let mut chunk = [0; 3000];
        let count = slow.read(&mut chunk).unwrap();
        assert!(count > 0, "closed");
        taken.extend_from_slice(&chunk[..count]);
        other.send(&write_of(7, 10));
        assert_eq!(other.replies(1), [SUCCESS]);
        assert!(other.is_silent(Duration::from_millis(50)));
    }
    let replies = taken.chunks_exact(reply::LEN);
    assert!(replies.into_iter().all(|reply| reply[13] == SUCCESS));
    slow.shutdown(Shutdown::Both).unwrap();
    sending.join().unwrap();
}

#[test]
fn what_a_reset_connection_had_still_sent_is_not_read() {
    let rig = Rig::with(&Setup {
        records_max: 100,
        more: "aeroduct: { reply-deadline: 9s }\n",
        ..Setup::default()
    });
    let mut other = rig.source();
    // So many answers until it is read in full.
    let before = 10;
    for _ in 0..before {
        other.send(&write_of(0, 10));
        assert_eq!(other.replies(1), [SUCCESS]);
    }
    rig.cluster.set_down().unwrap();
    other.send(&writes(0..500));
    wait_for_records(&rig.app, before + 500);
    // The window is full now, so this stays in the socket.
    let mut source = rig.source();
    let sent = source.stuff(&writes(0..5_000), Duration::from_millis(300));
    assert!(sent > 100 * write_of(0, 20).len());
    eventually("it waits", || !rig.totals().stalled.is_zero());

    source.reset();
    let reset = Instant::now();
    eventually("the connection is closed", || rig.totals().active() == 1);
    assert!(
        reset.elapsed() < Duration::from_secs(5),
        "closed only when there was room to read it"
    );
    rig.cluster.set_up().unwrap();
    assert_eq!(other.replies(500), [SUCCESS; 500]);
    let fences = succeeds(&mut rig.source());
    assert_eq!(rig.totals().received_records, before + 500 + fences);
    assert_eq!(published(&rig.cluster), before + 500 + fences);
}

/// Sends one record until it is taken; how often that was.
fn succeeds(source: &mut Source) -> u64 {
    let end = Instant::now() + LIMIT;
    for count in 1.. {
        source.send(&write_of(1, 10));
        if source.replies(1) == [SUCCESS] {
            return count;
        }
        assert!(Instant::now() < end, "still refused");
    }
    0
}

#[test]
fn long_frames_that_stop_halfway_hold_bounded_memory_for_a_bounded_time() {
    const PEERS: usize = 12;
    const SENT: usize = 6 << 20;
    let rig = Rig::with(&Setup {
        routing: "mode: skip",
        more: "aeroduct: { max-in-flight-bytes: 32MiB }\n",
        ..Setup::default()
    });
    let frame = write_of(1, 8 << 20);
    let mut peers: Vec<_> = (0..PEERS).map(|_| rig.tight_source()).collect();
    let taken: Vec<_> = peers
        .iter_mut()
        .map(|peer| peer.stuff(&frame[..SENT], Duration::from_millis(200)))
        .collect();
    // Half of the 32 MiB is for begun frames, and one connection may always go on; the rest is
    // what sockets hold.
    let bound = (16 << 20) + frame.len() + PEERS * (1 << 20);
    assert!(taken.iter().sum::<usize>() < bound, "{taken:?}");
    assert!(bound < PEERS * SENT);

    let mut honest = rig.source();
    honest.send(&write_of(2, 1000));
    assert_eq!(honest.replies(1), [SUCCESS]);

    // Who goes on, and has the right to, comes to an end.
    let mut answered = 0;
    for (peer, &taken) in peers.iter_mut().zip(&taken) {
        if taken == SENT
            && peer.stuff(&frame[SENT..], Duration::from_millis(500)) == frame.len() - SENT
        {
            answered += usize::from(peer.replies_within(1, LIMIT) == Ok(vec![SUCCESS]));
        }
    }
    assert!(answered > 0, "{taken:?}");
    eventually("the others are closed", || {
        rig.totals().broken == (PEERS - answered) as u64
    });
    honest.send(&frame);
    assert_eq!(honest.replies(1), [SUCCESS], "all the room is free again");
}

// covers: aeroduct.max-connections
#[test]
fn connections_beyond_the_limit_are_closed_at_once_and_a_free_place_is_given_again() {
    let rig = Rig::start("aeroduct: { max-connections: 2 }\n");
    let mut first = rig.source();
    let mut second = rig.source();
    for source in [&mut first, &mut second] {
        source.send(&write_of(1, 10));
        assert_eq!(source.replies(1), [SUCCESS]);
    }
    for _ in 0..5 {
        assert!(rig.source().is_closed());
    }
    assert_eq!(rig.totals().refused, 5);
    for source in [&mut first, &mut second] {
        source.send(&write_of(2, 10));
        assert_eq!(source.replies(1), [SUCCESS], "those within live");
    }
    drop(second);
    eventually("the place is free", || rig.totals().active() == 1);
    let mut next = rig.source();
    next.send(&write_of(3, 10));
    assert_eq!(next.replies(1), [SUCCESS]);
    assert!(rig.source().is_closed());
}
