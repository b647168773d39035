use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::{
    AdminServer, BODY_BYTES_MAX, CONNECTIONS_MAX, EXCHANGE_LIMIT, HEAD_LIMIT, Route, StatusCode,
    text, typed,
};

const SOON: Duration = Duration::from_secs(20);

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// More than sockets of the system hold by themselves.
const LARGE_BYTES: usize = 64 << 20;

struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinSet<()>,
}

impl Running {
    fn start() -> Self {
        let server = AdminServer::bind(&[ANY]).unwrap();
        let address = server.local_addresses()[0];
        let (stop, stopped) = oneshot::channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let shutdown = async {
                drop(stopped.await);
            };
            server.serve(routes(), shutdown).await.unwrap();
        });
        Self {
            address,
            stop: Some(stop),
            server: tasks,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends one request and reads until the server closes.
    async fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request.as_bytes()).await.unwrap();
        read_to_end(&mut stream).await
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        let ended = tokio::time::timeout(SOON, self.server.join_next()).await;
        ended.unwrap().unwrap().unwrap();
    }
}

fn routes() -> Vec<Route> {
    vec![
        Route::get("/hello", |_| text(StatusCode::OK, "hello")),
        Route::put("/hello", |request| {
            let len = request.body().len();
            text(StatusCode::OK, &format!("{len} bytes"))
        }),
        Route::get("/large", |_| {
            typed(StatusCode::OK, "text/plain", vec![b'x'; LARGE_BYTES])
        }),
    ]
}

/// Reads what comes until the end; a reset counts as the end.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(SOON, async {
        let mut chunk = [0; 4096];
        loop {
            match stream.read(&mut chunk).await {
                Ok(0) => return,
                Ok(len) => bytes.extend_from_slice(&chunk[..len]),
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return,
                Err(error) => panic!("{error}"),
            }
        }
    });
    read.await.expect("the server closes");
    String::from_utf8(bytes).unwrap()
}

fn status_of(answer: &str) -> &str {
    answer.lines().next().unwrap_or_default()
}

#[tokio::test]
async fn routes_answer_by_method_and_path() {
    let server = Running::start();
    let answer = server
        .exchange("GET /hello?x=1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(status_of(&answer), "HTTP/1.1 200 OK");
    assert!(answer.ends_with("\r\n\r\nhello\n"), "{answer}");
    let answer = server
        .exchange(
            "PUT /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc",
        )
        .await;
    assert!(answer.ends_with("\r\n\r\n3 bytes\n"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let server = Running::start();
    let answer = server
        .exchange("HEAD /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(status_of(&answer), "HTTP/1.1 200 OK");
    assert!(answer.contains("content-length: 6\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let server = Running::start();
    let answer = server
        .exchange("GET /other HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(status_of(&answer), "HTTP/1.1 404 Not Found");
    let answer = server
        .exchange("DELETE /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(status_of(&answer), "HTTP/1.1 405 Method Not Allowed");
    assert!(answer.contains("allow: GET, PUT, HEAD\r\n"), "{answer}");
    assert!(
        answer.ends_with("method not allowed; use GET, PUT, HEAD\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let server = Running::start();
    let mut stream = server.connect().await;
    let request = b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n";
    for _ in 0..3 {
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\nhello\n") {
            let read = stream.read_buf(&mut answer);
            assert_ne!(tokio::time::timeout(SOON, read).await.unwrap().unwrap(), 0);
        }
    }
}

#[tokio::test]
async fn a_taken_port_is_told_at_once_with_its_address() {
    let first = AdminServer::bind(&[ANY]).unwrap();
    let address = first.local_addresses()[0];
    let error = AdminServer::bind(&[address]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot bind the management address {address}; choose another port or address")
    );
}

#[tokio::test]
async fn bodies_beyond_the_limit_are_refused() {
    let server = Running::start();
    for len in [BODY_BYTES_MAX, BODY_BYTES_MAX + 1] {
        let body = "x".repeat(len);
        let answer = server
            .exchange(&format!(
                "PUT /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: {len}\r\n\r\n{body}"
            ))
            .await;
        let expected = if len > BODY_BYTES_MAX {
            "HTTP/1.1 413 Payload Too Large"
        } else {
            "HTTP/1.1 200 OK"
        };
        assert_eq!(status_of(&answer), expected);
    }
}

#[tokio::test]
async fn heads_beyond_the_limit_are_refused() {
    let server = Running::start();
    let padding = "x".repeat(super::HEAD_BYTES_MAX);
    let answer = server
        .exchange(&format!(
            "GET /hello HTTP/1.1\r\nhost: a\r\nx: {padding}\r\n\r\n"
        ))
        .await;
    assert_eq!(
        status_of(&answer),
        "HTTP/1.1 431 Request Header Fields Too Large"
    );
}

#[tokio::test]
async fn nonsense_gets_an_answer_and_an_end() {
    let server = Running::start();
    let answer = server.exchange("\u{1}\u{2}\u{3} nonsense\r\n\r\n").await;
    assert_eq!(status_of(&answer), "HTTP/1.1 400 Bad Request");
}

/// Time stands still until every task waits, then jumps: real limits, no real waiting.
async fn cut_after(stream: &mut TcpStream) -> Duration {
    let began = Instant::now();
    let mut rest = Vec::new();
    let read = tokio::time::timeout(SOON * 10, stream.read_to_end(&mut rest));
    drop(read.await.expect("the server cuts"));
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn silent_slow_and_idle_clients_are_cut() {
    let server = Running::start();

    let mut silent = server.connect().await;
    let after = cut_after(&mut silent).await;
    assert!(after >= HEAD_LIMIT && after < HEAD_LIMIT * 2, "{after:?}");

    let mut slow = server.connect().await;
    slow.write_all(b"GET /hello HTT").await.unwrap();
    let after = cut_after(&mut slow).await;
    assert!(after >= HEAD_LIMIT && after < HEAD_LIMIT * 2, "{after:?}");

    let mut idle = server.connect().await;
    idle.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    let after = cut_after(&mut idle).await;
    assert!(after >= HEAD_LIMIT && after < HEAD_LIMIT * 2, "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let server = Running::start();
    let mut stream = server.connect().await;
    stream
        .write_all(b"PUT /hello HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc")
        .await
        .unwrap();
    let answer = read_to_end(&mut stream).await;
    assert_eq!(status_of(&answer), "HTTP/1.1 408 Request Timeout");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_its_answer_is_cut() {
    let server = Running::start();
    let mut stream = server.connect().await;
    stream
        .write_all(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    tokio::time::sleep(EXCHANGE_LIMIT * 2).await;
    let answer = read_to_end(&mut stream).await;
    assert_eq!(status_of(&answer), "HTTP/1.1 200 OK");
    assert!(answer.len() < LARGE_BYTES, "{}", answer.len());
}

#[tokio::test]
async fn slow_clients_that_take_every_place_lose_them() {
    let server = Running::start();
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS_MAX {
        let mut stream = server.connect().await;
        stream.write_all(b"GET").await.unwrap();
        held.push(stream);
    }
    // Waits in the queue of the system until the limit for heads frees a place.
    let began = Instant::now();
    let answer = server
        .exchange("GET /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    assert_eq!(status_of(&answer), "HTTP/1.1 200 OK");
    assert!(began.elapsed() < HEAD_LIMIT * 2, "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_end_closes_idle_connections_and_takes_no_new_ones() {
    let server = Running::start();
    let address = server.address;
    let mut idle = server.connect().await;
    idle.write_all(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 15];
    idle.read_exact(&mut first).await.unwrap();
    server.stop().await;
    read_to_end(&mut idle).await;
    assert!(TcpStream::connect(address).await.is_err());
}
