use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::{Network, Proxy};
use crate::wait::eventually;

const LIMIT: Duration = Duration::from_secs(10);
/// Long enough for what would come to come.
const A_WHILE: Duration = Duration::from_millis(300);

/// A server that sends back what it gets, behind a proxy.
fn echo() -> Proxy {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || io::copy(&mut &stream, &mut &stream));
        }
    });
    Proxy::start(port).unwrap()
}

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port)).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

/// Sends a word and waits until it is back.
fn is_echoed(stream: &mut TcpStream) {
    stream.write_all(b"word").unwrap();
    let mut back = [0; 4];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"word");
}

fn is_silent(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(A_WHILE)).unwrap();
    let heard = stream.read(&mut [0; 8]);
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    heard.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

fn is_reset(stream: &mut TcpStream) -> bool {
    let heard = stream.read(&mut [0; 8]);
    heard.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}

#[test]
fn a_whole_network_passes_everything_and_both_ends() {
    let proxy = echo();
    let mut stream = connect(&proxy);
    is_echoed(&mut stream);
    assert_eq!(proxy.connections(), 1);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
    eventually(LIMIT, "the connection is forgotten", || {
        (proxy.connections() == 0).then_some(())
    })
    .unwrap();
}

#[test]
fn a_slow_network_holds_every_portion_either_way() {
    let proxy = echo();
    let mut stream = connect(&proxy);
    proxy.set(Network::Slow(Duration::from_millis(100)));
    let begin = Instant::now();
    is_echoed(&mut stream);
    assert!(begin.elapsed() >= Duration::from_millis(200));
}

#[test]
fn slices_add_up() {
    let proxy = echo();
    let mut stream = connect(&proxy);
    proxy.set(Network::Sliced);
    let sent: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    stream.write_all(&sent).unwrap();
    let mut back = vec![0; sent.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, sent);
}

#[test]
fn a_black_hole_gives_back_at_its_end_what_it_swallowed() {
    let proxy = echo();
    let mut stream = connect(&proxy);
    proxy.set(Network::BlackHole);
    stream.write_all(b"word").unwrap();
    assert!(is_silent(&mut stream));
    let mut new = connect(&proxy);
    new.write_all(b"more").unwrap();
    assert!(is_silent(&mut new));

    proxy.set(Network::Whole);
    let mut back = [0; 4];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"word");
    new.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"more");
}

#[test]
fn a_half_open_connection_loses_its_answers_and_is_reset_when_that_ends() {
    let proxy = echo();
    let mut stream = connect(&proxy);
    let mut idle = connect(&proxy);
    is_echoed(&mut idle);
    proxy.set(Network::HalfOpen);
    stream.write_all(b"word").unwrap();
    assert!(is_silent(&mut stream));

    proxy.set(Network::Whole);
    assert!(is_reset(&mut stream));
    is_echoed(&mut idle);
}

#[test]
fn a_cut_network_closes_connections_and_a_reset_one_resets_them() {
    let proxy = echo();
    let mut stream = connect(&proxy);
    is_echoed(&mut stream);
    proxy.set(Network::Cut);
    assert_eq!(stream.read(&mut [0; 8]).unwrap(), 0);
    assert_eq!(connect(&proxy).read(&mut [0; 8]).unwrap(), 0);

    proxy.set(Network::Whole);
    let mut stream = connect(&proxy);
    is_echoed(&mut stream);
    proxy.set(Network::Reset);
    assert!(is_reset(&mut stream));
    assert!(is_reset(&mut connect(&proxy)));
}
