//! A source to the byte: one connection that sends what a test wants and reads the answers.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use socket2::{Domain, SockRef, Socket, Type};

/// Done.
pub const SUCCESS: u8 = 0;
/// The source sends the record again.
pub const TEMPORARY: u8 = 11;
/// The source gives this version up.
pub const PERMANENT: u8 = 4;

const REPLY_LEN: usize = 30;
/// Everything of a reply but its result code, at 13.
const REPLY: [u8; REPLY_LEN] = {
    let mut reply = [0; REPLY_LEN];
    (reply[0], reply[1], reply[7], reply[8]) = (2, 3, 22, 22);
    reply
};
const CODE_AT: usize = 13;

/// One connection to the connector.
#[derive(Debug)]
pub struct Source {
    stream: TcpStream,
}

/// What came of waiting for a reply.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Heard {
    Answer(u8),
    /// The connector closed the connection.
    Closed,
    /// It did so within a reply, as only a killed one does.
    Torn,
    /// The limit is over, and nothing came.
    Silence,
}

impl Source {
    pub fn connect(port: u16) -> Result<Self> {
        Self::connect_with(port, None)
    }

    /// With a small buffer for what the connector sends, so that it soon has to wait.
    pub fn connect_with(port: u16, receive_buffer: Option<usize>) -> Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        socket
            .connect(&address.into())
            .with_context(|| format!("connect to {address}"))?;
        socket.set_tcp_nodelay(true)?;
        Ok(Self {
            stream: socket.into(),
        })
    }

    /// The address that the connector sees.
    pub fn address(&self) -> Result<SocketAddr> {
        Ok(self.stream.local_addr()?)
    }

    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).context("send")
    }

    /// Sends until the connector takes no more for as long as `patience`; how many bytes went.
    pub fn stuff(&mut self, bytes: &[u8], patience: Duration) -> Result<usize> {
        self.stream.set_write_timeout(Some(patience))?;
        let mut sent = 0;
        loop {
            match self
                .stream
                .write(bytes.get(sent % bytes.len()..).unwrap_or_default())
            {
                Ok(0) => return Ok(sent),
                Ok(count) => sent += count,
                Err(error) if is_timeout(error.kind()) => return Ok(sent),
                Err(error) => return Err(error).context("send"),
            }
        }
    }

    /// Waits for the next reply. A reply that is not to the letter is an error.
    pub fn listen(&mut self, limit: Duration) -> Result<Heard> {
        self.stream.set_read_timeout(Some(limit))?;
        let mut reply = [0; REPLY_LEN];
        let mut filled = 0;
        while filled < REPLY_LEN {
            match self
                .stream
                .read(reply.get_mut(filled..).unwrap_or_default())
            {
                Ok(0) if filled == 0 => return Ok(Heard::Closed),
                Ok(0) => return Ok(Heard::Torn),
                Ok(count) => filled += count,
                Err(error) if filled == 0 && is_timeout(error.kind()) => return Ok(Heard::Silence),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    return Ok(if filled == 0 {
                        Heard::Closed
                    } else {
                        Heard::Torn
                    });
                }
                Err(error) => return Err(error).context("receive"),
            }
        }
        let code = std::mem::take(&mut reply[CODE_AT]);
        ensure!(reply == REPLY, "not a reply: {reply:02x?}");
        Ok(Heard::Answer(code))
    }

    /// The next `count` answers, all of them within `limit`.
    pub fn answers(&mut self, count: usize, limit: Duration) -> Result<Vec<u8>> {
        let end = Instant::now() + limit;
        let mut answers = Vec::new();
        while answers.len() < count {
            // A time-out of zero would mean none.
            let left = end
                .saturating_duration_since(Instant::now())
                .max(Duration::from_millis(1));
            match self.listen(left)? {
                Heard::Answer(code) => answers.push(code),
                other => bail!("{other:?} after {answers:?}, {count} answers are due"),
            }
        }
        Ok(answers)
    }

    /// Ends the connection as probes do that spare themselves the orderly close.
    pub fn reset(self) -> Result<()> {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))?;
        Ok(())
    }

    /// A second hand on the same connection.
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self {
            stream: self.stream.try_clone()?,
        })
    }
}

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
