//! A peer that speaks HTTP/1.1 to the byte.

use crate::rig::{LIMIT, Rig, write_of};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

/// The first line of a configuration that takes changes by HTTP.
pub(crate) const HTTP: &str = "protocol: HTTP";

/// A response.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    /// The head in lower case, its first line included.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// A client of one connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    held: Vec<u8>,
}

impl Client {
    pub(crate) fn connect(rig: &Rig) -> Self {
        let stream = TcpStream::connect(rig.app.service_addresses()[0]).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        Self {
            stream,
            held: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Posts a body and hears the response.
    pub(crate) fn post(&mut self, path: &str, body: &[u8]) -> Heard {
        self.send(&post(path, "", body));
        self.hear()
    }

    pub(crate) fn get(&mut self, path: &str) -> Heard {
        self.ask("GET", path)
    }

    pub(crate) fn ask(&mut self, method: &str, path: &str) -> Heard {
        self.send(format!("{method} {path} HTTP/1.1\r\nhost: test\r\n\r\n").as_bytes());
        let mut heard = self.hear_head();
        if method != "HEAD" {
            self.hear_body(&mut heard);
        }
        heard
    }

    /// The next response.
    pub(crate) fn hear(&mut self) -> Heard {
        let mut heard = self.hear_head();
        self.hear_body(&mut heard);
        heard
    }

    fn hear_head(&mut self) -> Heard {
        let end = loop {
            let end = self.held.windows(4).position(|it| it == b"\r\n\r\n");
            if let Some(end) = end {
                break end + 4;
            }
            assert!(self.read(), "closed after {:?}", text(&self.held));
        };
        let rest = self.held.split_off(end);
        let head = text(&std::mem::replace(&mut self.held, rest)).to_lowercase();
        let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
        Heard {
            status: status.unwrap_or_else(|| panic!("no response: {head}")),
            head,
            body: String::new(),
        }
    }

    fn hear_body(&mut self, heard: &mut Heard) {
        let len = heard.header("content-length").unwrap_or("0");
        let len = len.parse().unwrap();
        while self.held.len() < len {
            assert!(self.read(), "closed within a body");
        }
        let rest = self.held.split_off(len);
        heard.body = text(&std::mem::replace(&mut self.held, rest));
    }

    /// True when the connector closes the connection, without a further byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.held.is_empty() && !self.read()
    }

    /// Reads more; false at the end.
    fn read(&mut self) -> bool {
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk) {
            Ok(count) => {
                self.held.extend_from_slice(&chunk[..count]);
                count > 0
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}"),
        }
    }
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            (found == name).then_some(value)
        })
    }
}

/// A request with a body.
pub(crate) fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let len = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: application/octet-stream\r\n\
         {headers}content-length: {len}\r\n\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// The body of a request that brings a write of record `number`, with a string of `len` bytes.
pub(crate) fn body_of(number: u32, len: usize) -> Vec<u8> {
    [&[1], &write_of(number, len)[..]].concat()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
