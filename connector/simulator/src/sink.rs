//! The simplest receiver: it answers every message and keeps nothing.
//!
//! It shows how fast the load generator itself is, and misbehaves on request, so that tests can
//! show that the checks find it.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aeroduct_wire::reply::ResultCode;
use aeroduct_wire::{BODY_LEN_MAX, FrameKind, next_frame, parse_message};

/// How often a thread that waits looks whether it should end.
const LOOK_AROUND: Duration = Duration::from_millis(20);

/// What is read at once.
const READ_BYTES: usize = 256 * 1024;

/// Where a reply has its code.
const CODE_AT: usize = 13;

/// How a sink answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Behaviour {
    /// The code of the n-th message of a connection, counted from 0; `None` sends no reply.
    /// Without it every message is answered with success, unread.
    pub code: Option<fn(u64, Message) -> Option<u8>>,
    /// Waits so long before each write of replies.
    pub delay: Duration,
    /// Closes a connection after so many messages.
    pub close_after: Option<u64>,
    /// Sends so many replies more than messages, once.
    pub extra: u64,
}

/// What a sink knows of a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Message {
    Sound,
    Malformed,
}

/// A receiver on a port of its own; ends when it is dropped.
#[derive(Debug)]
pub struct Sink {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    behaviour: Behaviour,
    ended: AtomicBool,
    connections: AtomicU64,
    /// The most messages that one read brought.
    unanswered_max: AtomicU64,
}

impl Sink {
    /// Listens on a port of loopback that the system chooses.
    pub fn start(behaviour: Behaviour) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            behaviour,
            ended: AtomicBool::new(false),
            connections: AtomicU64::new(0),
            unanswered_max: AtomicU64::new(0),
        });
        let accepting = Arc::clone(&shared);
        let listener = thread::spawn(move || accepting.accept(&listener));
        Ok(Self {
            address,
            shared,
            listener: Some(listener),
        })
    }

    /// Where it listens, as `HOST:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// How many connections were opened.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// The most messages that were on their way at once, as far as was seen.
    pub fn unanswered_max(&self) -> u64 {
        self.shared.unanswered_max.load(Ordering::Relaxed)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        if let Some(listener) = self.listener.take() {
            // A thread that panicked has nothing left to end.
            drop(listener.join());
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        thread::scope(|scope| {
            while !self.ended.load(Ordering::Relaxed) {
                let Ok((stream, _)) = listener.accept() else {
                    thread::sleep(LOOK_AROUND);
                    continue;
                };
                self.connections.fetch_add(1, Ordering::Relaxed);
                // A connection that breaks is its peer's affair.
                scope.spawn(move || drop(self.serve(stream)));
            }
        });
    }

    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LOOK_AROUND))?;
        let mut input = vec![0; READ_BYTES];
        let (mut filled, mut served) = (0, 0);
        let mut replies = Vec::new();
        while !self.ended.load(Ordering::Relaxed) {
            if filled == input.len() {
                input.resize(filled * 2, 0);
            }
            match stream.read(input.get_mut(filled..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if is_pause(&error) => continue,
                Err(error) => return Err(error),
            }
            replies.clear();
            let before = served;
            let used = self.answer(
                input.get(..filled).unwrap_or_default(),
                &mut served,
                &mut replies,
            )?;
            self.unanswered_max
                .fetch_max(served - before, Ordering::Relaxed);
            input.copy_within(used..filled, 0);
            filled -= used;
            thread::sleep(self.behaviour.delay);
            stream.write_all(&replies)?;
            if self
                .behaviour
                .close_after
                .is_some_and(|limit| served >= limit)
            {
                break;
            }
        }
        Ok(())
    }

    /// Answers the whole frames at the front of `input`; returns the bytes they take.
    fn answer(&self, input: &[u8], served: &mut u64, replies: &mut Vec<u8>) -> io::Result<usize> {
        let mut used = 0;
        while let Some(frame) = next_frame(input.get(used..).unwrap_or_default(), BODY_LEN_MAX)
            .map_err(io::Error::other)?
        {
            used += frame.len();
            let code = self.behaviour.code.map_or(Some(0), |code| {
                let is_sound =
                    frame.kind() == FrameKind::Compressed || parse_message(frame.body()).is_ok();
                code(
                    *served,
                    if is_sound {
                        Message::Sound
                    } else {
                        Message::Malformed
                    },
                )
            });
            if let Some(code) = code {
                write_reply(code, replies);
            }
            if *served == 0 {
                (0..self.behaviour.extra).for_each(|_| write_reply(0, replies));
            }
            *served += 1;
            if self
                .behaviour
                .close_after
                .is_some_and(|limit| *served >= limit)
            {
                break;
            }
        }
        Ok(used)
    }
}

fn write_reply(code: u8, replies: &mut Vec<u8>) {
    let start = replies.len();
    aeroduct_wire::reply::write(ResultCode::Success, replies);
    if let Some(place) = replies.get_mut(start + CODE_AT) {
        *place = code;
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}
