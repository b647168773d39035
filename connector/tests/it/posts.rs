//! Changes that come by HTTP POST: what a source is told, and when.

use crate::http::{Client, HTTP, body_of, post};
use crate::rig::{LIMIT, Rig, Setup, eventually, published, write_of};
use aeroduct_wire::encode::compress;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

// covers: service.protocol=HTTP
#[test]
fn a_posted_change_is_answered_with_200_and_is_in_kafka_then() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    for number in 0..10 {
        let heard = client.post("/connect", &body_of(number, 20));
        assert_eq!((heard.status, heard.body.as_str()), (200, ""), "{heard:?}");
    }
    assert_eq!(published(&rig.cluster), 10);
    let totals = rig.totals();
    assert_eq!(totals.responses.get("200"), Some(&10));
    assert_eq!((totals.received_records, totals.success), (10, 10));
}

// covers: service.protocol=HTTP, service.protocol=HTTP_1_1, service.protocol=HTTP_2
#[test]
fn every_spelling_of_the_protocol_serves() {
    for service in ["protocol: http", "protocol: HTTP_1_1", "protocol: Http_2"] {
        let rig = Rig::with(&Setup {
            service,
            ..Setup::default()
        });
        let heard = Client::connect(&rig).post("/", &body_of(1, 20));
        assert_eq!(heard.status, 200, "{service}");
    }
}

#[test]
fn requests_may_follow_each_other_without_waiting() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    let requests = (0..20).flat_map(|number| post("/", "", &body_of(number, 20)));
    client.send(&requests.collect::<Vec<_>>());
    for _ in 0..20 {
        assert_eq!(client.hear().status, 200);
    }
    assert_eq!(published(&rig.cluster), 20);
}

#[test]
fn a_body_in_pieces_and_one_longer_than_every_buffer_arrive_whole() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    let body = body_of(1, 900_000);
    assert_eq!(client.post("/", &body).status, 200);
    let request = post("/", "", &body_of(2, 300));
    for piece in request.chunks(97) {
        client.send(piece);
        std::thread::yield_now();
    }
    assert_eq!(client.hear().status, 200);
    let body = body_of(3, 20);
    let (head, tail) = body.split_at(30);
    let mut chunked =
        b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for piece in [head, tail, b""] {
        chunked.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunked.extend_from_slice(piece);
        chunked.extend_from_slice(b"\r\n");
    }
    client.send(&chunked);
    assert_eq!(client.hear().status, 200);
    assert_eq!(published(&rig.cluster), 3);
}

#[test]
fn compressed_frames_and_gzip_bodies_are_inflated() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    let mut frame = vec![1];
    compress(&write_of(1, 5000), &mut frame).unwrap();
    assert_eq!(client.post("/", &frame).status, 200);
    for (number, name) in [(2, "gzip"), (3, "X-GZIP"), (4, " gzip ")] {
        let body = gzip(&body_of(number, 5000));
        client.send(&post("/", &format!("content-encoding: {name}\r\n"), &body));
        assert_eq!(client.hear().status, 200, "{name}");
    }
    client.send(&post(
        "/",
        "content-encoding: identity\r\n",
        &body_of(5, 20),
    ));
    assert_eq!(client.hear().status, 200);
    assert_eq!(published(&rig.cluster), 5);
}

#[test]
fn what_is_no_change_is_told_why_and_the_connection_lives() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    let sound = body_of(1, 20);
    let changed = |at: usize, to: u8| {
        let mut body = sound.clone();
        body[at] = to;
        body
    };
    for (body, status, words) in [
        (changed(0, 2), 501, "begins with version 2"),
        (Vec::new(), 400, "the body is empty"),
        (sound[..1].to_vec(), 400, "ends within its frame"),
        (sound[..40].to_vec(), 400, "of which it has 39 bytes"),
        (
            [&sound[..], &sound[1..]].concat(),
            400,
            "one request brings one frame",
        ),
        (changed(1, 9), 400, "version 9 instead of 2"),
        (changed(2, 1), 400, "frame of type 1"),
        (changed(4, 1), 413, "the limit is"),
    ] {
        let heard = client.post("/", &body);
        assert_eq!(heard.status, status, "{heard:?}");
        assert!(heard.body.contains(words), "{heard:?}");
    }
    // The number of bins: one more than there is.
    let heard = client.post("/", &changed(30, 9));
    assert_eq!(heard.status, 422, "{heard:?}");
    client.send(&post("/", "content-encoding: br\r\n", &sound));
    let heard = client.hear();
    assert_eq!(heard.status, 415);
    assert_eq!(heard.header("accept-encoding"), Some("gzip"));
    client.send(&post("/", "content-encoding: gzip\r\n", &sound));
    let heard = client.hear();
    assert_eq!(heard.status, 400);
    assert!(heard.body.contains("no sound gzip stream"), "{heard:?}");
    assert_eq!(client.post("/", &sound).status, 200);
    assert_eq!(published(&rig.cluster), 1);
}

#[test]
fn other_methods_are_named_and_get_tells_that_the_connector_is_there() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    for path in ["/", "/connect", "/anything/else"] {
        assert_eq!(client.ask("GET", path).status, 200);
        assert_eq!(client.ask("HEAD", path).status, 200);
        for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
            let heard = client.ask(method, path);
            assert_eq!(heard.status, 405, "{method}");
            assert_eq!(heard.header("allow"), Some("get, head, post"));
        }
    }
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read_and_a_bomb_when_it_has_grown() {
    let rig = with("aeroduct: { max-frame-bytes: 64KiB }\n");
    let sound = body_of(1, 60_000);
    let mut client = Client::connect(&rig);
    assert_eq!(client.post("/", &sound).status, 200);
    let bomb = gzip(&vec![1; 10 << 20]);
    client.send(&post("/", "content-encoding: gzip\r\n", &bomb));
    assert_eq!(client.hear().status, 413);
    assert_eq!(client.post("/", &sound).status, 200, "the connection lives");
    client.send(b"POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 65600\r\n\r\n\x01");
    let heard = client.hear();
    assert_eq!(heard.status, 413);
    assert_eq!(heard.header("connection"), Some("close"));
    assert!(client.is_closed());

    let mut client = Client::connect(&rig);
    client.send(b"POST / HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n10011\r\n");
    client.send(&vec![1; 0x10011]);
    assert_eq!(client.hear().status, 413);
    assert!(client.is_closed());
}

#[test]
fn nothing_is_told_before_kafka_has_acknowledged() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    assert_eq!(client.post("/", &body_of(1, 20)).status, 200);
    rig.cluster
        .set_round_trip(Duration::from_millis(700))
        .unwrap();
    let start = Instant::now();
    assert_eq!(client.post("/", &body_of(2, 20)).status, 200);
    assert!(start.elapsed() >= Duration::from_millis(700));
    assert_eq!(published(&rig.cluster), 2);
}

#[test]
fn a_record_without_an_acknowledgement_is_told_503_at_the_deadline_and_may_still_arrive() {
    let rig = with("aeroduct: { reply-deadline: 1s }\n");
    let mut client = Client::connect(&rig);
    assert_eq!(client.post("/", &body_of(1, 20)).status, 200);
    rig.cluster.set_down().unwrap();
    let start = Instant::now();
    let heard = client.post("/", &body_of(2, 20));
    assert_eq!(heard.status, 503);
    assert_eq!(heard.header("retry-after"), Some("1"));
    let waited = start.elapsed();
    assert!(waited >= Duration::from_secs(1) && waited < Duration::from_secs(2));
    rig.cluster.set_up().unwrap();
    eventually("the record arrives all the same", || {
        published(&rig.cluster) == 2
    });
}

#[test]
fn a_record_that_never_passes_is_told_422_or_becomes_a_dead_letter() {
    let unroutable = |more| {
        Rig::with(&Setup {
            service: HTTP,
            routing: "mode: bin, bin: nowhere",
            more,
            ..Setup::default()
        })
    };
    let heard = Client::connect(&unroutable("")).post("/", &body_of(1, 20));
    assert_eq!(heard.status, 422);
    assert!(heard.body.contains("aeroduct.dead-letter"), "{heard:?}");

    let rig = unroutable("aeroduct: { dead-letter: { destination: changes } }\n");
    let heard = Client::connect(&rig).post("/", &body_of(1, 20));
    assert_eq!(heard.status, 200);
    assert_eq!(published(&rig.cluster), 1);
}

// covers: routing.mode=path
#[test]
fn the_path_names_the_topic() {
    let rig = Rig::with(&Setup {
        service: HTTP,
        routing: "mode: path, default: others, transforms: [lowercase]",
        ..Setup::default()
    });
    for topic in ["others", "users"] {
        rig.cluster.create_topic(topic, 1).unwrap();
    }
    let mut client = Client::connect(&rig);
    let requests = [
        "/changes",
        "/aerospike/kafka/publish/Users?x=1",
        "/connect/users",
        "/connect",
        "/no%20topic",
        "/",
    ];
    // At once, so that several lie on one tray.
    let posts = (0..).zip(requests);
    let posts = posts.flat_map(|(number, path)| post(path, "", &body_of(number, 20)));
    client.send(&posts.collect::<Vec<_>>());
    for path in requests {
        assert_eq!(client.hear().status, 200, "{path}");
    }
    let count = |topic| crate::rig::published_to(&rig.cluster, topic);
    assert_eq!(
        (count("changes"), count("users"), count("others")),
        (1, 2, 3)
    );
}

#[test]
fn the_pages_of_the_management_api_are_on_the_port_of_the_service() {
    let rig = rig();
    let mut client = Client::connect(&rig);
    assert_eq!(client.post("/", &body_of(1, 20)).status, 200);
    let heard = client.get("/manage/rest/v1/prometheus");
    assert_eq!(heard.status, 200);
    let line = "aeroduct_connector_http_responses_total{status=\"200\"} 1";
    assert!(heard.body.contains(line), "{}", heard.body);
    assert!(
        client
            .get("/manage/rest/v1/metrics")
            .body
            .contains("requests-total")
    );
    assert!(
        client
            .get("/manage/rest/v1/config")
            .body
            .contains("\"HTTP\"")
    );
    assert!(client.get("/livez").body.contains("live"));
    assert!(client.get("/readyz").body.contains("ready"));
    assert_eq!(client.ask("HEAD", "/livez").status, 200);
    assert_eq!(client.get("/manage/rest/v1/nothing").status, 404);
    let heard = client.post("/livez", &body_of(2, 20));
    assert_eq!(heard.status, 405);
    assert_eq!(heard.header("allow"), Some("get, head"));
    assert_eq!(client.post("/", &body_of(2, 20)).status, 200);
}

#[test]
fn at_the_end_requests_in_flight_are_answered_and_connections_closed() {
    let rig = rig();
    let mut idle = Client::connect(&rig);
    let mut busy = Client::connect(&rig);
    assert_eq!(idle.get("/").status, 200);
    assert_eq!(busy.post("/", &body_of(1, 20)).status, 200);
    rig.cluster
        .set_round_trip(Duration::from_millis(500))
        .unwrap();
    busy.send(&post("/", "", &body_of(2, 20)));
    crate::rig::wait_for_records(&rig.app, 2);
    let Rig { cluster, app } = rig;
    let drained = app.drain();
    assert!(drained.is_complete, "{drained:?}");
    assert!(drained.took < LIMIT / 4, "{drained:?}");
    let heard = busy.hear();
    assert_eq!(heard.status, 200);
    assert_eq!(heard.header("connection"), Some("close"));
    assert!(busy.is_closed() && idle.is_closed());
    assert_eq!(published(&cluster), 2);
}
