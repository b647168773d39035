//! A source that brings changes by HTTP POST, one after the other over one connection.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// A source gives up after so long; we wait longer.
const LIMIT: Duration = Duration::from_secs(30);

/// One connection.
#[derive(Debug)]
pub struct Poster {
    stream: TcpStream,
}

impl Poster {
    /// Connects to this port of this machine.
    pub fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(LIMIT))?;
        Ok(Self { stream })
    }

    /// Posts a frame to `path`; the status of the response.
    pub fn post(&mut self, path: &str, frame: &[u8]) -> Result<u16> {
        self.post_body(path, "", &[&[1], frame].concat())
    }

    /// Posts a body, with further lines of the head; the status of the response.
    pub fn post_body(&mut self, path: &str, head: &str, body: &[u8]) -> Result<u16> {
        let len = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/octet-stream\r\n\
             {head}Content-Length: {len}\r\n\r\n"
        );
        self.stream.write_all(&[head.as_bytes(), body].concat())?;
        self.status()
    }

    /// `GET path`; the status of the response.
    pub fn get(&mut self, path: &str) -> Result<u16> {
        write!(
            self.stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )?;
        self.status()
    }

    fn status(&mut self) -> Result<u16> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            ensure!(self.stream.read(&mut byte)? == 1, "closed after {head:?}");
            head.extend(byte);
        }
        let head = String::from_utf8(head)?.to_lowercase();
        let body = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .context("a response without a length")?;
        let mut body = vec![0; body.parse()?];
        self.stream.read_exact(&mut body)?;
        let status = head.split(' ').nth(1).context("no status")?;
        Ok(status.parse()?)
    }
}
