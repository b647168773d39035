//! A load of requests, one at a time over each of many connections, at the least cost: they are made
//! before, and of responses only the status and the end are looked at.

use crate::reference;
use anyhow::{Context, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

/// Different records, so that all partitions have some.
const RECORDS: u32 = 1_000;

/// The digest that the reference record has.
const DIGEST: &[u8; 20] = b"reference-record-xyz";

/// No response takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// A response is at most so long.
const RESPONSE_MAX: usize = 1 << 10;

#[derive(Debug)]
pub(super) struct Client {
    poll: Poll,
    connections: Vec<Connection>,
    requests: Vec<Vec<u8>>,
    next: usize,
    answered: u64,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    heard: usize,
    buffer: [u8; RESPONSE_MAX],
    is_waiting: bool,
}

impl Client {
    pub(super) fn connect(address: &str, connections: usize) -> anyhow::Result<Self> {
        let poll = Poll::new()?;
        let connections = (0..connections).map(|number| {
            let stream = std::net::TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry()
                .register(&mut stream, Token(number), Interest::READABLE)?;
            Ok(Connection {
                stream,
                heard: 0,
                buffer: [0; RESPONSE_MAX],
                is_waiting: false,
            })
        });
        Ok(Self {
            connections: connections.collect::<anyhow::Result<_>>()?,
            poll,
            requests: requests()?,
            next: 0,
            answered: 0,
        })
    }

    /// Sends for so long, and goes on waiting for what is sent then; how many requests were answered
    /// in which time.
    pub(super) fn run(&mut self, duration: Duration) -> anyhow::Result<(u64, Duration)> {
        let start = Instant::now();
        let before = self.answered;
        for number in 0..self.connections.len() {
            if !self.connections[number].is_waiting {
                self.send(number)?;
            }
        }
        while start.elapsed() < duration {
            self.turn(true)?;
        }
        Ok((self.answered - before, start.elapsed()))
    }

    /// Hears what is still to come, and tells how many requests were answered in all.
    pub(super) fn finish(mut self) -> anyhow::Result<u64> {
        while self.connections.iter().any(|it| it.is_waiting) {
            self.turn(false)?;
        }
        Ok(self.answered)
    }

    fn turn(&mut self, goes_on: bool) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(1024);
        self.poll.poll(&mut events, Some(PATIENCE))?;
        ensure!(!events.is_empty(), "no response within {PATIENCE:?}");
        for event in &events {
            let number = event.token().0;
            if self.connections[number].hear()? {
                self.answered += 1;
                if goes_on {
                    self.send(number)?;
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, number: usize) -> anyhow::Result<()> {
        let request = &self.requests[self.next % self.requests.len()];
        self.next += 1;
        let connection = &mut self.connections[number];
        let written = connection.stream.write(request)?;
        ensure!(written == request.len(), "a request is taken in pieces");
        connection.is_waiting = true;
        Ok(())
    }
}

impl Connection {
    /// Reads; true when a response is whole.
    fn hear(&mut self) -> anyhow::Result<bool> {
        match self.stream.read(&mut self.buffer[self.heard..]) {
            Ok(0) => anyhow::bail!("the server closes"),
            Ok(count) => self.heard += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let heard = &self.buffer[..self.heard];
        // All servers of the bench answer without a body.
        if !heard.ends_with(b"\r\n\r\n") {
            return Ok(false);
        }
        ensure!(
            heard.starts_with(b"HTTP/1.1 200 "),
            "a request failed: {}",
            String::from_utf8_lossy(heard)
        );
        self.heard = 0;
        self.is_waiting = false;
        Ok(true)
    }
}

/// Requests, each with another record.
fn requests() -> anyhow::Result<Vec<Vec<u8>>> {
    let frame = reference::frame()?;
    let at = frame
        .windows(DIGEST.len())
        .position(|bytes| bytes == DIGEST)
        .context("the reference record has another digest")?;
    let request = |number: u32| {
        let mut frame = frame.clone();
        frame[at..at + 4].copy_from_slice(&number.to_be_bytes());
        let head = format!(
            "POST /aerospike/kafka/publish HTTP/1.1\r\nHost: bench\r\n\
             Content-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n\x01",
            frame.len() + 1
        );
        [head.into_bytes(), frame].concat()
    };
    Ok((0..RECORDS).map(request).collect())
}
