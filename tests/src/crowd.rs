//! Peers that mean no good, by the hundred: each crowd is of one kind, comes again when it is
//! thrown out, and goes on until it is dropped.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aeroduct_wire::encode;
use anyhow::{Result, anyhow};
use socket2::{Domain, SockRef, Socket, Type};

use crate::message::{self, Message, digest};

/// Each member does one thing in this time.
const ROUND: Duration = Duration::from_secs(1);
/// A round is done in so many parts.
const PARTS: u32 = 50;
/// A connector that is flooded may take no more connections for a while.
const CONNECT_LIMIT: Duration = Duration::from_millis(200);
/// What a member that never reads has for replies.
const SMALL_BUFFER: usize = 4096;
/// What a member that sends without end has on its way: what the system would keep for it, 4 MiB, is
/// memory of the same system here, and a thousand times as much leaves none for anybody's connections.
const SEND_BUFFER: usize = 64 << 10;
/// What a bomb inflates to; on the wire it has a few thousand bytes.
const BOMB_LEN: usize = 4 << 20;

/// What the members of a crowd do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Send what is no frame.
    Garbage,
    /// Announce a frame of 256 TiB.
    HugeFrames,
    /// Send small frames that inflate to large ones.
    Bombs,
    /// Send half a frame and wait.
    HalfFrames,
    /// Send a byte each second.
    Trickle,
    /// Send what is right and never read a reply.
    Deaf,
    /// Connect and go, in order or by a reset.
    Storm,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Garbage,
        Self::HugeFrames,
        Self::Bombs,
        Self::HalfFrames,
        Self::Trickle,
        Self::Deaf,
        Self::Storm,
    ];

    /// What each member sends, from the beginning again when it is through.
    fn bytes(self) -> Result<Vec<u8>> {
        // Without a set, so a routing by sets refuses it.
        let good = Message::write("crowd", digest(1)).text("text", "as it should be");
        Ok(match self {
            Self::Garbage => (1..=255).rev().collect(),
            Self::HugeFrames => vec![2, 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
            Self::Bombs => bomb()?,
            Self::HalfFrames | Self::Trickle | Self::Storm => good.frame(),
            Self::Deaf => good.frame().repeat(100),
        })
    }
}

/// A crowd at work.
#[derive(Debug)]
pub struct Crowd {
    is_over: Arc<AtomicBool>,
    connected: Arc<AtomicU64>,
    worker: Option<JoinHandle<()>>,
}

impl Crowd {
    /// Sends `size` members of a kind to a connector.
    pub fn start(port: u16, kind: Kind, size: usize) -> Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let connected = Arc::new(AtomicU64::new(0));
        let mut work = Work {
            port,
            kind,
            bytes: kind.bytes()?,
            is_over: Arc::clone(&is_over),
            connected: Arc::clone(&connected),
        };
        let worker = thread::spawn(move || work.run(size));
        Ok(Self {
            is_over,
            connected,
            worker: Some(worker),
        })
    }

    /// How often a member has come so far.
    pub fn connected(&self) -> u64 {
        self.connected.load(Ordering::Relaxed)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(worker) = self.worker.take() {
            // It held nothing but its connections.
            drop(worker.join());
        }
    }
}

struct Work {
    port: u16,
    kind: Kind,
    bytes: Vec<u8>,
    is_over: Arc<AtomicBool>,
    connected: Arc<AtomicU64>,
}

/// One connection, and how far it is with its bytes.
struct Member {
    stream: TcpStream,
    sent: usize,
}

impl Work {
    fn run(&mut self, size: usize) {
        let mut members: Vec<Option<Member>> = (0..size).map(|_| None).collect();
        let part = size.div_ceil(PARTS as usize).max(1);
        loop {
            for some in members.chunks_mut(part) {
                let next = Instant::now() + ROUND / PARTS;
                for (place, member) in some.iter_mut().enumerate() {
                    if self.is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    *member = member
                        .take()
                        .or_else(|| self.come())
                        .and_then(|member| self.act(member, place));
                }
                thread::park_timeout(next.saturating_duration_since(Instant::now()));
            }
        }
    }

    fn come(&self) -> Option<Member> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
        if self.kind == Kind::Deaf {
            socket.set_recv_buffer_size(SMALL_BUFFER).ok()?;
            socket.set_send_buffer_size(SEND_BUFFER).ok()?;
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        socket
            .connect_timeout(&address.into(), CONNECT_LIMIT)
            .ok()?;
        socket.set_nonblocking(true).ok()?;
        self.connected.fetch_add(1, Ordering::Relaxed);
        Some(Member {
            stream: socket.into(),
            sent: 0,
        })
    }

    /// One deed; nothing is left of a member whose connection has ended.
    fn act(&self, mut member: Member, place: usize) -> Option<Member> {
        match self.kind {
            Kind::Garbage | Kind::HugeFrames | Kind::Bombs => {
                member.send(&self.bytes, self.bytes.len())?;
                member.read()?;
            }
            Kind::HalfFrames => {
                let half = self.bytes.len() / 2;
                member.send(&self.bytes, half.saturating_sub(member.sent))?;
                member.read()?;
            }
            Kind::Trickle => {
                member.send(&self.bytes, 1)?;
                member.read()?;
            }
            Kind::Deaf => member.send(&self.bytes, usize::MAX)?,
            Kind::Storm => {
                if place.is_multiple_of(2) {
                    // Without it the close is in order, which is no less of a storm.
                    drop(SockRef::from(&member.stream).set_linger(Some(Duration::ZERO)));
                }
                return None;
            }
        }
        Some(member)
    }
}

impl Member {
    /// Sends up to `count` of these bytes, as far as they are taken at once.
    fn send(&mut self, bytes: &[u8], mut count: usize) -> Option<()> {
        while count > 0 {
            let rest = bytes.get(self.sent..)?;
            match self.stream.write(rest.get(..count).unwrap_or(rest)) {
                Ok(sent) => {
                    count -= sent;
                    self.sent = (self.sent + sent) % bytes.len();
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(()),
                Err(_) => return None,
            }
        }
        Some(())
    }

    /// Takes what is there.
    fn read(&mut self) -> Option<()> {
        let mut replies = [0; 4096];
        loop {
            match self.stream.read(&mut replies) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(()),
                Err(_) => return None,
            }
        }
    }
}

/// A compressed frame as small as the connector allows for what it inflates to.
fn bomb() -> Result<Vec<u8>> {
    let zeroes = message::frame(3, &vec![0; BOMB_LEN]);
    let mut frame = Vec::new();
    encode::compress(&zeroes, &mut frame).map_err(|error| anyhow!("{error}"))?;
    Ok(frame)
}
