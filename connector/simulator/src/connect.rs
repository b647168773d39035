//! Opening connections to a connector.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

/// How long one attempt at one address may take.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(5);

/// The first and the longest pause between two attempts.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// Why no connection could be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("{to:?} is not an address: use HOST:PORT")]
    Resolve { to: String, source: io::Error },
    #[error("no connection to {to}: is a connector listening there?")]
    Open { to: String, source: io::Error },
}

/// Connects once to the first address of `to` that answers.
pub(crate) fn once(to: &str) -> Result<TcpStream, ConnectError> {
    let addresses = to
        .to_socket_addrs()
        .map_err(|source| ConnectError::Resolve {
            to: to.to_owned(),
            source,
        })?;
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in addresses {
        match TcpStream::connect_timeout(&address, ATTEMPT_LIMIT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(ConnectError::Open {
        to: to.to_owned(),
        source: last,
    })
}

/// Tries for `patience`, with growing pauses: how a source comes back to a connector.
pub(crate) fn again(to: &str, patience: Duration) -> Result<TcpStream, ConnectError> {
    let until = Instant::now() + patience;
    let (mut pause, longest) = PAUSES;
    loop {
        thread::sleep(pause);
        match once(to) {
            Ok(stream) => return Ok(stream),
            Err(error) if Instant::now() >= until => return Err(error),
            Err(_) => pause = (pause * 2).min(longest),
        }
    }
}
