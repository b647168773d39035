//! Peers over HTTP that are slow, hold on, or send too much, and what becomes of others beside them.

use crate::http::{Client, HTTP, body_of, post};
use crate::rig::{LIMIT, Rig, Setup, eventually, published};
use std::time::{Duration, Instant};

fn rig() -> Rig {
    with("")
}

fn with(more: &str) -> Rig {
    Rig::with(&Setup {
        service: HTTP,
        more,
        ..Setup::default()
    })
}

#[test]
fn a_head_that_does_not_become_whole_is_told_408_and_silence_between_requests_is_not() {
    let rig = rig();
    let mut quiet = Client::connect(&rig);
    assert_eq!(quiet.get("/").status, 200);
    let mut fresh = Client::connect(&rig);
    let start = Instant::now();
    let slow = ["POST / HTTP/1.1\r\nho", "P", "PRI * HTTP/2.0\r\n"];
    let mut slow = slow.map(|begun| {
        let mut client = Client::connect(&rig);
        client.send(begun.as_bytes());
        client
    });
    // What trickles is as late as what stands still.
    for _ in 0..4 {
        std::thread::park_timeout(Duration::from_secs(1));
        slow[0].send(b"s");
    }
    for client in &mut slow {
        let heard = client.hear();
        assert_eq!(heard.status, 408);
        assert_eq!(heard.header("connection"), Some("close"));
        assert!(client.is_closed());
    }
    let waited = start.elapsed();
    assert!(waited >= Duration::from_secs(5) && waited < Duration::from_secs(8));
    assert_eq!(quiet.get("/").status, 200);
    assert_eq!(fresh.get("/").status, 200);
    eventually("the faults are counted", || rig.totals().broken == 3);
}

#[test]
fn a_body_that_does_not_become_whole_is_told_408() {
    let rig = rig();
    let body = body_of(1, 100);
    let request = post("/", "", &body);
    let mut client = Client::connect(&rig);
    let start = Instant::now();
    client.send(&request[..request.len() - 60]);
    client.stream.set_read_timeout(Some(2 * LIMIT)).unwrap();
    for _ in 0..20 {
        std::thread::park_timeout(Duration::from_secs(1));
        client.send(&body[..1]);
    }
    let heard = client.hear();
    assert_eq!(heard.status, 408);
    assert!(heard.body.contains("30 s"), "{heard:?}");
    let waited = start.elapsed();
    assert!(waited >= Duration::from_secs(30) && waited < Duration::from_secs(33));
    assert!(client.is_closed());
    assert_eq!(published(&rig.cluster), 0);
}

#[test]
fn a_head_may_have_32_kib_and_100_headers_and_no_more() {
    let rig = rig();
    // Three are there already.
    let headers = |count: usize| "x: 1\r\n".repeat(count - 3);
    let body = body_of(1, 20);
    let mut client = Client::connect(&rig);
    client.send(&post("/", &headers(100), &body));
    assert_eq!(client.hear().status, 200);
    client.send(&post("/", &format!("x: {}\r\n", "y".repeat(32_000)), &body));
    assert_eq!(client.hear().status, 200);
    for headers in [headers(101), format!("x: {}\r\n", "y".repeat(33_000))] {
        let mut client = Client::connect(&rig);
        client.send(&post("/", &headers, &body));
        assert_eq!(client.hear().status, 431);
        assert!(client.is_closed());
    }
    let mut client = Client::connect(&rig);
    client.send(b"\x02\x03 this is the other protocol, from the first byte on\r\n\r\n");
    assert_eq!(client.hear().status, 400);
    assert!(client.is_closed());
}

#[test]
fn a_connection_ends_when_it_is_old_and_loses_nothing() {
    let rig = with("aeroduct: { max-connection-age: 10s }\n");
    let mut client = Client::connect(&rig);
    let mut number = 0;
    let end = Instant::now() + LIMIT;
    loop {
        assert!(Instant::now() < end, "the connection becomes ever older");
        number += 1;
        let heard = client.post("/", &body_of(number, 20));
        assert_eq!(heard.status, 200);
        if heard.header("connection") == Some("close") {
            break;
        }
        std::thread::park_timeout(Duration::from_millis(20));
        // One that is closed between two requests has lost none.
        if client.stream.peek(&mut [0]).is_ok_and(|count| count == 0) {
            break;
        }
    }
    assert_eq!(published(&rig.cluster), u64::from(number));
}

#[test]
fn a_connection_ends_when_it_has_been_silent_for_long() {
    let rig = with("aeroduct: { idle-timeout: 1s }\n");
    let mut client = Client::connect(&rig);
    assert_eq!(client.post("/", &body_of(1, 20)).status, 200);
    let start = Instant::now();
    assert!(client.is_closed());
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(900) && waited < Duration::from_secs(3));
}

#[test]
fn bodies_that_stop_halfway_hold_bounded_memory_and_others_are_served() {
    let rig = with("aeroduct: { max-in-flight-bytes: 8MiB, max-frame-bytes: 2MiB }\n");
    let body = body_of(1, 900_000);
    let request = post("/", "", &body);
    // Two MiB are for such bodies, and one may always go on.
    let mut begun: Vec<_> = (0..8)
        .map(|_| {
            let mut client = Client::connect(&rig);
            client.send(&request[..request.len() - 10]);
            client
        })
        .collect();
    let refused = |begun: &mut Vec<Client>| {
        begun
            .iter_mut()
            .filter(|client| {
                client.stream.set_nonblocking(true).unwrap();
                let has_heard = client.stream.peek(&mut [0]).is_ok();
                client.stream.set_nonblocking(false).unwrap();
                has_heard
            })
            .count()
    };
    eventually("most are told that there is no room", || {
        refused(&mut begun) >= 5
    });
    let honest = Client::connect(&rig).post("/", &body_of(2, 1000));
    assert_eq!(honest.status, 200);
    for mut client in begun {
        client.stream.set_nonblocking(true).unwrap();
        let is_refused = client.stream.peek(&mut [0]).is_ok();
        client.stream.set_nonblocking(false).unwrap();
        if is_refused {
            assert_eq!(client.hear().status, 503);
        } else {
            client.send(&request[request.len() - 10..]);
            assert_eq!(client.hear().status, 200);
        }
    }
}

#[test]
fn a_thousand_slow_peers_do_not_keep_an_honest_one_waiting() {
    let rig = rig();
    let request = post("/", "", &body_of(1, 200));
    let slow: Vec<_> = (0..1000)
        .map(|number| {
            let mut client = Client::connect(&rig);
            // Some within the head, some within the body.
            let len = if number % 2 == 0 {
                20
            } else {
                request.len() - 50
            };
            client.send(&request[..len]);
            client
        })
        .collect();
    eventually("all are accepted", || rig.totals().active() == 1000);
    let mut honest = Client::connect(&rig);
    let start = Instant::now();
    for number in 0..200 {
        assert_eq!(honest.post("/", &body_of(number, 200)).status, 200);
    }
    let took = start.elapsed();
    assert!(took < Duration::from_secs(4), "200 requests took {took:?}");
    drop(slow);
    eventually("all are gone", || rig.totals().active() == 1);
}

#[test]
fn a_peer_that_reads_no_responses_is_disconnected() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    let start = Instant::now();
    let requests = "GET /manage/rest/v1/config HTTP/1.1\r\nhost: test\r\n\r\n".repeat(10_000);
    let limit = Some(Duration::from_secs(1));
    client.stream.set_write_timeout(limit).unwrap();
    // Not all of it is taken.
    drop(std::io::Write::write_all(
        &mut client.stream,
        requests.as_bytes(),
    ));
    eventually("it is disconnected", || rig.totals().broken == 1);
    let waited = start.elapsed();
    assert!(waited >= Duration::from_secs(10) && waited < Duration::from_secs(14));
    assert_eq!(Client::connect(&rig).post("/", &body_of(1, 20)).status, 200);
}

#[test]
fn when_the_window_is_full_bodies_are_not_read_and_all_are_answered_in_the_end() {
    let rig = Rig::with(&Setup {
        service: HTTP,
        records_max: 8,
        ..Setup::default()
    });
    let mut first = Client::connect(&rig);
    assert_eq!(first.post("/", &body_of(0, 20)).status, 200);
    rig.cluster
        .set_round_trip(Duration::from_millis(300))
        .unwrap();
    let mut clients: Vec<_> = (1..=40)
        .map(|number| {
            let mut client = Client::connect(&rig);
            client.send(&post("/", "", &body_of(number, 20)));
            client
        })
        .collect();
    for client in &mut clients {
        assert_eq!(client.hear().status, 200);
    }
    assert!(rig.totals().stalled > Duration::ZERO);
    assert_eq!(published(&rig.cluster), 41);
}

#[test]
fn a_peer_that_leaves_is_forgotten_and_its_record_may_arrive() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    assert_eq!(client.post("/", &body_of(0, 20)).status, 200);
    rig.cluster
        .set_round_trip(Duration::from_millis(500))
        .unwrap();
    for number in 1..10 {
        Client::connect(&rig).send(&post("/", "", &body_of(number, 20)));
    }
    eventually("they are gone", || rig.totals().active() == 1);
    assert_eq!(client.post("/", &body_of(10, 20)).status, 200);
}
