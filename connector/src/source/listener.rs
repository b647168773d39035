//! Accepts connections and hands each to the shard that has the fewest.

use super::mailbox::{Arrival, Mailbox, waker};
use super::stream::FIRST_SEND_BUFFER;
use crate::metrics::ConnectionMetrics;
use aeroduct_process::listen::{ListenError, listen};
use aeroduct_process::logging::Throttle;
use mio::{Events, Interest, Poll, Token, Waker};
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Connections that wait to be accepted, for each socket. A node opens one per core at once.
const BACKLOG: i32 = 1024;

/// Pause after an accept that failed for want of descriptors or memory: the connection
/// stays in the backlog, so trying at once would only burn time.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A peer that is silently gone is noticed after about a minute.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(30))
    .with_interval(Duration::from_secs(10));

/// An address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot listen on {address}: another program may hold the port, or the address is not of this host"
)]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// The system's reason.
    pub source: io::Error,
}

/// The listening sockets, bound before anything else starts so that a clash shows at once.
#[derive(Debug)]
pub struct Listener {
    poll: Poll,
    sockets: Vec<mio::net::TcpListener>,
    addresses: Vec<SocketAddr>,
    gate: Arc<Gate>,
}

/// Closes the listener from another thread.
#[derive(Debug)]
pub struct Gate {
    waker: Waker,
    is_closed: AtomicBool,
}

impl Gate {
    /// Accepts nothing more. What is in the backlog is refused by the system.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        // Without the wake-up the listener sees the flag at its next connection.
        drop(self.waker.wake());
    }
}

impl Listener {
    /// Binds every port on every address.
    ///
    /// # Errors
    /// Names the first address that cannot be had.
    pub fn bind(addresses: &[IpAddr], ports: &[u16]) -> Result<Self, BindError> {
        let unspecified = SocketAddr::from(([0, 0, 0, 0], 0));
        let poll = Poll::new().map_err(|source| BindError {
            address: unspecified,
            source,
        })?;
        let waker = waker(&poll).map_err(|source| BindError {
            address: unspecified,
            source,
        })?;
        let gate = Arc::new(Gate {
            waker,
            is_closed: AtomicBool::new(false),
        });
        let mut listener = Self {
            poll,
            sockets: Vec::new(),
            addresses: Vec::new(),
            gate,
        };
        let all: Vec<_> = addresses
            .iter()
            .flat_map(|&ip| ports.iter().map(move |&port| SocketAddr::new(ip, port)))
            .collect();
        let bound = listen(&all, BACKLOG)
            .map_err(|ListenError { address, source }| BindError { address, source })?;
        for (address, socket) in bound {
            listener
                .add(address, socket)
                .map_err(|source| BindError { address, source })?;
        }
        Ok(listener)
    }

    fn add(&mut self, address: SocketAddr, socket: TcpListener) -> io::Result<()> {
        let mut socket = mio::net::TcpListener::from_std(socket);
        let token = Token(self.sockets.len());
        self.poll
            .registry()
            .register(&mut socket, token, Interest::READABLE)?;
        self.addresses.push(address);
        self.sockets.push(socket);
        Ok(())
    }

    /// The bound addresses, with the ports that were given for 0.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The way to close it.
    pub fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    /// Accepts until the gate closes. At most `connections_max` connections are open at a
    /// time; further ones are closed at once and counted.
    ///
    /// # Errors
    /// When the system's event queue fails.
    pub fn run(
        mut self,
        shards: &[Arc<Mailbox>],
        connections_max: usize,
        metrics: &ConnectionMetrics,
    ) -> io::Result<()> {
        let mut events = Events::with_capacity(64);
        let mut pause = None;
        let failing = Throttle::default();
        loop {
            match self.poll.poll(&mut events, pause) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            if self.gate.is_closed.load(Ordering::Acquire) {
                return Ok(());
            }
            pause = None;
            for (socket, address) in self.sockets.iter().zip(&self.addresses) {
                let port = address.port();
                if let Err(error) = accept_all(socket, port, shards, connections_max, metrics) {
                    pause = Some(ACCEPT_PAUSE);
                    if let Some(suppressed) = failing.admit() {
                        tracing::error!(
                            target: "server",
                            %error,
                            suppressed,
                            "cannot accept a connection; trying again",
                        );
                    }
                }
            }
        }
    }
}

fn accept_all(
    socket: &mio::net::TcpListener,
    port: u16,
    shards: &[Arc<Mailbox>],
    connections_max: usize,
    metrics: &ConnectionMetrics,
) -> io::Result<()> {
    loop {
        let (stream, peer) = match socket.accept() {
            Ok(accepted) => accepted,
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock => return Ok(()),
                // The peer was gone before it was accepted.
                io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted => continue,
                _ => return Err(error),
            },
        };
        let open: usize = shards.iter().map(|shard| shard.connections()).sum();
        if open >= connections_max {
            metrics.refused();
            continue;
        }
        let stream = std::net::TcpStream::from(stream);
        // A connection that takes no options still works, only less well.
        drop(stream.set_nodelay(true));
        drop(SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE));
        drop(SockRef::from(&stream).set_send_buffer_size(FIRST_SEND_BUFFER));
        if let Some(shard) = shards.iter().min_by_key(|shard| shard.connections()) {
            shard.deliver(Arrival { stream, peer, port });
        }
    }
}
