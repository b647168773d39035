//! A small HTTP/1.1 server for people and probes: metrics, health, settings.
//!
//! It carries no data and is never a way to hold the program: headers, bodies, connections and
//! idle time all have limits. Handlers are plain functions that answer from memory.

mod connection;
mod response;
mod routes;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

pub use hyper::body::{Body, Bytes};
pub use hyper::{Method, Request, StatusCode};
pub use response::{Response, json, text, typed};
pub use routes::{Handler, Route, Routes};

use crate::listen::{ListenError, listen};
use crate::logging::{Throttle, chain};

/// Most connections at a time; further ones wait in the system's queue.
pub const CONNECTIONS_MAX: usize = 64;

/// Longest head of a request, in bytes; more is answered with 431.
pub const HEAD_BYTES_MAX: usize = 32 << 10;

/// Longest body of a request, in bytes; more is answered with 413.
pub const BODY_BYTES_MAX: usize = 64 << 10;

/// How long the head of a request may take, the wait for the next request of a connection
/// included.
pub const HEAD_LIMIT: Duration = Duration::from_secs(5);

/// How long the body of a request may take; answered with 408.
pub const BODY_LIMIT: Duration = Duration::from_secs(10);

/// How long a connection lives after its last request began. Cuts peers that do not read.
pub const EXCHANGE_LIMIT: Duration = Duration::from_secs(30);

/// How long the end waits for requests that are being answered.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);

/// Pause after a failed accept, which mostly means that file descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that wait to be accepted.
const BACKLOG: i32 = 128;

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The address is taken, or is none of this machine.
    #[error("cannot bind the management address {address}; choose another port or address")]
    Bind {
        address: SocketAddr,
        source: io::Error,
    },
    /// The event loop refuses the socket.
    #[error("cannot listen on the management address {address}")]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
}

/// Sockets that are bound and wait for [`serve`](Self::serve).
#[derive(Debug)]
#[must_use = "a bound server answers nobody until it serves"]
pub struct AdminServer {
    listeners: Vec<(SocketAddr, TcpListener)>,
}

impl AdminServer {
    /// Binds all addresses, or fails at once with the one that cannot be had. From here on peers
    /// can connect; they are answered when [`serve`](Self::serve) runs.
    pub fn bind(addresses: &[SocketAddr]) -> Result<Self, AdminError> {
        let bound = listen(addresses, BACKLOG);
        bound
            .map(|listeners| Self { listeners })
            .map_err(|ListenError { address, source }| AdminError::Bind { address, source })
    }

    /// The bound addresses, with the ports that the system chose where 0 was asked for.
    pub fn local_addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().map(|&(address, _)| address).collect()
    }

    /// Answers requests until `shutdown` completes; then finishes those that have begun, for at
    /// most two seconds.
    pub async fn serve(
        self,
        routes: Vec<Route>,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), AdminError> {
        let server = Arc::new(Server {
            routes: Routes::new(routes),
            room: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            closing: tokio::sync::watch::Sender::new(false),
            accept_failed: Throttle::default(),
        });
        let mut acceptors = JoinSet::new();
        for (address, listener) in self.listeners {
            let listener = tokio::net::TcpListener::from_std(listener)
                .map_err(|source| AdminError::Listen { address, source })?;
            acceptors.spawn(accept(Arc::clone(&server), listener));
        }
        shutdown.await;
        acceptors.shutdown().await;
        server.closing.send_replace(true);
        let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
        // Whoever is not done by then is cut off together with the runtime.
        let idle = tokio::time::timeout(CLOSE_LIMIT, server.room.acquire_many(all)).await;
        drop(idle);
        Ok(())
    }
}

/// What all connections share.
#[derive(Debug)]
struct Server {
    routes: Routes,
    room: Arc<Semaphore>,
    closing: tokio::sync::watch::Sender<bool>,
    accept_failed: Throttle,
}

async fn accept(server: Arc<Server>, listener: tokio::net::TcpListener) {
    loop {
        let Ok(place) = Arc::clone(&server.room).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => connection::start(Arc::clone(&server), stream, place),
            Err(error) => {
                if let Some(suppressed) = server.accept_failed.admit() {
                    tracing::warn!(
                        target: "server",
                        error = %chain(&error),
                        suppressed,
                        "cannot accept management connections"
                    );
                }
                drop(place);
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
