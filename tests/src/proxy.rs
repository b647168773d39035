//! The network between the connector and a broker: a TCP proxy whose faults are switched while
//! connections run over it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use socket2::SockRef;

use crate::ports;

/// How soon a silent connection notices that the network has changed.
const LOOK_AROUND: Duration = Duration::from_millis(50);
/// What is read, held and sent on at once.
const PORTION: usize = 64 << 10;

/// What the network does with connections and their bytes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Network {
    /// Every byte passes at once.
    #[default]
    Whole,
    /// Every portion of up to 64 KiB is held for so long, either way.
    Slow(Duration),
    /// Every byte goes in a packet of its own, either way.
    Sliced,
    /// Nothing passes and nothing is closed. What was sent passes when this ends.
    BlackHole,
    /// What clients send passes, what they are answered is lost, and nothing is closed. A
    /// connection that lost something is reset when this ends.
    HalfOpen,
    /// Connections are closed in order, new ones at once.
    Cut,
    /// Connections are reset, new ones at once.
    Reset,
}

/// Stands between clients and one broker; ends with all its connections when dropped.
#[derive(Debug)]
pub struct Proxy {
    /// Where clients connect.
    pub port: u16,
    road: Arc<Road>,
}

impl Proxy {
    /// Passes on to port `to` of this machine.
    pub fn start(to: u16) -> Result<Self> {
        let port = ports::free()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let road = Arc::new(Road::default());
        let watched = Arc::clone(&road);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if watched.is_closed.load(Ordering::Acquire) {
                    return;
                }
                // A broker that is away closes the connection, as it would itself.
                let _ignored = connect(client, to, &watched);
            }
        });
        Ok(Self { port, road })
    }

    /// Changes the network, for open connections as for new ones.
    pub fn set(&self, network: Network) {
        *self.road.network() = network;
        self.road.changed.notify_all();
    }

    /// Open connections.
    pub fn connections(&self) -> usize {
        self.road.links.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.road.is_closed.store(true, Ordering::Release);
        self.set(Network::Reset);
        // Wakes the listener; it may be gone already.
        let _ignored = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

/// What all connections of a proxy share.
#[derive(Debug, Default)]
struct Road {
    network: Mutex<Network>,
    changed: Condvar,
    is_closed: AtomicBool,
    links: AtomicUsize,
}

impl Road {
    fn network(&self) -> MutexGuard<'_, Network> {
        self.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits, at most for `limit`, while the network is `network`.
    fn wait_while(&self, network: Network, limit: Duration) {
        let _unlocked = self
            .changed
            .wait_timeout_while(self.network(), limit, |now| *now == network)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// One connection: two sockets, closed when both directions are through with them.
#[derive(Debug)]
struct Link {
    client: TcpStream,
    broker: TcpStream,
    road: Arc<Road>,
    is_over: AtomicBool,
    has_lost: AtomicBool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Direction {
    Requests,
    Replies,
}

/// The connection has ended, or must.
struct Over;

fn connect(client: TcpStream, to: u16, road: &Arc<Road>) -> Result<()> {
    let broker = TcpStream::connect((Ipv4Addr::LOCALHOST, to))?;
    for stream in [&client, &broker] {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK_AROUND))?;
        stream.set_write_timeout(Some(LOOK_AROUND))?;
    }
    road.links.fetch_add(1, Ordering::Relaxed);
    let link = Arc::new(Link {
        client,
        broker,
        road: Arc::clone(road),
        is_over: AtomicBool::new(false),
        has_lost: AtomicBool::new(false),
    });
    for direction in [Direction::Requests, Direction::Replies] {
        let link = Arc::clone(&link);
        thread::spawn(move || {
            if link.pump(direction).is_err() {
                link.is_over.store(true, Ordering::Release);
            }
        });
    }
    Ok(())
}

impl Link {
    /// Passes one direction on until its end.
    fn pump(&self, direction: Direction) -> Result<(), Over> {
        let (mut from, to) = match direction {
            Direction::Requests => (&self.client, &self.broker),
            Direction::Replies => (&self.broker, &self.client),
        };
        let mut portion = vec![0; PORTION];
        loop {
            self.look()?;
            let count = match from.read(&mut portion) {
                Ok(count) => count,
                Err(error) if is_timeout(error.kind()) => continue,
                Err(_) => return self.reset(),
            };
            let network = self.passage()?;
            if network == Network::HalfOpen && direction == Direction::Replies {
                self.has_lost.store(true, Ordering::Release);
                if count == 0 {
                    return self.outlast();
                }
            } else if count == 0 {
                // It fails where the other side is gone, which its own direction notices.
                drop(to.shutdown(Shutdown::Write));
                return Ok(());
            } else {
                self.hand_over(network, portion.get(..count).unwrap_or_default(), to)?;
            }
        }
    }

    /// The network, as far as it lets the connection live.
    fn look(&self) -> Result<Network, Over> {
        if self.is_over.load(Ordering::Acquire) {
            return Err(Over);
        }
        let network = *self.road.network();
        let has_lost = self.has_lost.load(Ordering::Acquire);
        match network {
            Network::Cut => {
                // What is not open any more need not be closed.
                drop(self.client.shutdown(Shutdown::Both));
                drop(self.broker.shutdown(Shutdown::Both));
                Err(Over)
            }
            Network::Reset => self.reset(),
            Network::HalfOpen => Ok(network),
            _ if has_lost => self.reset(),
            _ => Ok(network),
        }
    }

    /// Waits out what holds everything.
    fn passage(&self) -> Result<Network, Over> {
        loop {
            match self.look()? {
                Network::BlackHole => self.road.wait_while(Network::BlackHole, LOOK_AROUND),
                network => return Ok(network),
            }
        }
    }

    fn hand_over(&self, network: Network, portion: &[u8], to: &TcpStream) -> Result<(), Over> {
        match network {
            Network::Slow(time) => {
                let due = Instant::now() + time;
                while let Some(left) = due.checked_duration_since(Instant::now()) {
                    self.look()?;
                    self.road.wait_while(network, left.min(LOOK_AROUND));
                    if *self.road.network() != network {
                        break;
                    }
                }
                self.write(portion, to)
            }
            Network::Sliced => portion.chunks(1).try_for_each(|byte| self.write(byte, to)),
            _ => self.write(portion, to),
        }
    }

    fn write(&self, mut bytes: &[u8], mut to: &TcpStream) -> Result<(), Over> {
        while !bytes.is_empty() {
            match to.write(bytes) {
                Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                Err(error) if is_timeout(error.kind()) => drop(self.look()?),
                Err(_) => return self.reset(),
            }
        }
        Ok(())
    }

    /// The end of a direction was lost: nobody is told until something else ends the connection.
    fn outlast(&self) -> Result<(), Over> {
        loop {
            let network = self.look()?;
            self.road.wait_while(network, LOOK_AROUND);
        }
    }

    fn reset<T>(&self) -> Result<T, Over> {
        for stream in [&self.client, &self.broker] {
            // The close that follows then sends a reset.
            drop(SockRef::from(stream).set_linger(Some(Duration::ZERO)));
        }
        Err(Over)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.road.links.fetch_sub(1, Ordering::Relaxed);
    }
}

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests;
