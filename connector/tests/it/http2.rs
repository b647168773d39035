//! HTTP/2 by prior knowledge, as an event stream connector speaks it.

use crate::http::{Client, HTTP, body_of};
use crate::rig::{LIMIT, Rig, Setup, eventually, published};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::future::Future;
use std::io::Read as _;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

fn rig(service: &str) -> Rig {
    Rig::with(&Setup {
        service: &format!("{HTTP}, {service}"),
        routing: "mode: path, default: changes",
        ..Setup::default()
    })
}

/// Runs a client's side of a test.
fn run<T>(side: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(async { tokio::time::timeout(LIMIT, side).await.unwrap() })
}

type Sender = SendRequest<Full<Bytes>>;

/// A connection; what drives it ends with the tasks.
async fn connect(rig: &Rig, tasks: &mut JoinSet<()>) -> Sender {
    let stream = TcpStream::connect(rig.app.service_addresses()[0]).await;
    let io = TokioIo::new(stream.unwrap());
    let (sender, connection) = handshake(TokioExecutor::new(), io).await.unwrap();
    tasks.spawn(async move { drop(connection.await) });
    sender
}

fn post(path: &str, body: Vec<u8>) -> Request<Full<Bytes>> {
    let request = Request::post(format!("http://test{path}"));
    request.body(Full::new(body.into())).unwrap()
}

#[test]
fn many_changes_at_a_time_over_one_connection_are_each_answered() {
    let rig = rig("http2-max-concurrent-streams: 0");
    let mut tasks = JoinSet::new();
    run(async {
        let mut sender = connect(&rig, &mut tasks).await;
        let answers = (0..500).map(|number| sender.send_request(post("/", body_of(number, 100))));
        let mut answers: JoinSet<_> = answers.collect();
        while let Some(answer) = answers.join_next().await {
            assert_eq!(answer.unwrap().unwrap().status(), StatusCode::OK);
        }
        let get = Request::get("http://test/readyz").body(Full::default());
        let page = sender.send_request(get.unwrap()).await.unwrap();
        let page = page.into_body().collect().await.unwrap().to_bytes();
        assert!(page.starts_with(b"{"), "{page:?}");
    });
    assert_eq!(published(&rig.cluster), 500);
    assert_eq!(rig.totals().opened, 1);
}

#[test]
fn both_versions_are_served_on_one_port() {
    let rig = rig("io-threads: 1");
    let mut client = Client::connect(&rig);
    let mut tasks = JoinSet::new();
    run(async {
        let mut sender = connect(&rig, &mut tasks).await;
        assert_eq!(client.post("/", &body_of(1, 20)).status, 200);
        let answer = sender.send_request(post("/", body_of(2, 20))).await;
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
        let mut other = body_of(3, 20);
        other[0] = 7;
        let answer = sender.send_request(post("/", other)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_IMPLEMENTED);
    });
    assert_eq!(published(&rig.cluster), 2);
}

#[test]
fn a_record_whose_topic_is_not_there_keeps_its_neighbours_not_waiting() {
    let rig = rig("io-threads: 1");
    let mut tasks = JoinSet::new();
    run(async {
        let mut sender = connect(&rig, &mut tasks).await;
        let first = sender.send_request(post("/changes", body_of(0, 20))).await;
        assert_eq!(first.unwrap().status(), StatusCode::OK);
        let code = aeroduct_kafka::mock::ErrorCode::LEADER_NOT_AVAILABLE;
        rig.cluster.set_topic_error("sick", code).unwrap();
        let sick = sender.send_request(post("/sick", body_of(1, 20)));
        let sound = sender.send_request(post("/changes", body_of(2, 20)));
        let mut sick = JoinSet::from_iter([sick]);
        let started = std::time::Instant::now();
        assert_eq!(sound.await.unwrap().status(), StatusCode::OK);
        let took = started.elapsed();
        assert!(took < Duration::from_secs(1), "{took:?}");
        let sick = sick.join_next().await.unwrap().unwrap();
        assert_eq!(sick.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
    });
}

#[test]
fn streams_that_are_opened_and_reset_all_the_time_end_the_connection() {
    use std::io::Write as _;
    let rig = rig("io-threads: 1");
    let mut client = Client::connect(&rig);
    client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    let mut flood = Vec::new();
    for stream in (1_u32..20_000).step_by(2) {
        // Headers of `POST http://test/`, the method and scheme out of the static table.
        flood.extend_from_slice(&[0, 0, 9, 1, 4]);
        flood.extend_from_slice(&stream.to_be_bytes());
        flood.extend_from_slice(&[0x83, 0x86, 0x84, 0x41, 4]);
        flood.extend_from_slice(b"test");
        flood.extend_from_slice(&[0, 0, 4, 3, 0]);
        flood.extend_from_slice(&stream.to_be_bytes());
        flood.extend_from_slice(&[0, 0, 0, 8]);
    }
    // It is closed before all is sent.
    drop(client.stream.write_all(&flood));
    let mut heard = Vec::new();
    client.stream.read_to_end(&mut heard).unwrap();
    assert!(heard.ends_with(b"too_many_resets"), "{heard:?}");
    eventually("the connection has ended", || rig.totals().active() == 0);
    assert_eq!(Client::connect(&rig).post("/", &body_of(1, 20)).status, 200);
}

#[test]
fn headers_without_an_end_and_settings_without_an_end_hold_nobody_up() {
    use std::io::Write as _;
    let rig = rig("io-threads: 1");
    let begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let headers: &[u8] = &[0, 0, 1, 1, 0, 0, 0, 0, 1, 0x83];
    let continued: Vec<u8> = [&[0, 0, 7, 9, 0, 0, 0, 0, 1][..], b"\x40\x01a\x03bcd"].concat();
    let settings: &[u8] = &[0, 0, 0, 4, 0, 0, 0, 0, 0];
    for flood in [
        [headers, &continued.repeat(100_000)].concat(),
        settings.repeat(500_000),
    ] {
        let mut client = Client::connect(&rig);
        client.send(begin);
        let mut writer = client.stream.try_clone().unwrap();
        let flooding = std::thread::spawn(move || drop(writer.write_all(&flood)));
        for number in 0..20 {
            let mut honest = Client::connect(&rig);
            assert_eq!(honest.post("/", &body_of(number, 20)).status, 200);
        }
        client.stream.shutdown(std::net::Shutdown::Both).unwrap();
        flooding.join().unwrap();
    }
    assert!(rig.app.failure(Duration::ZERO).is_none());
}

#[test]
fn at_the_end_streams_in_flight_are_answered() {
    let rig = rig("io-threads: 1");
    let mut tasks = JoinSet::new();
    run(async {
        let mut sender = connect(&rig, &mut tasks).await;
        let first = sender.send_request(post("/", body_of(0, 20))).await;
        assert_eq!(first.unwrap().status(), StatusCode::OK);
        rig.cluster
            .set_round_trip(Duration::from_millis(500))
            .unwrap();
        let answer = sender.send_request(post("/", body_of(1, 20)));
        let answer = JoinSet::from_iter([answer]);
        while rig.totals().received_records < 2 {
            tokio::task::yield_now().await;
        }
        let Rig { cluster, app } = rig;
        let draining = tokio::task::spawn_blocking(move || app.drain());
        let mut answer = answer;
        let answer = answer.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(draining.await.unwrap().is_complete);
        assert_eq!(published(&cluster), 2);
    });
}
