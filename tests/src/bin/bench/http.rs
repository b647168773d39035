//! Single requests to programs on this machine.

use anyhow::{Context, ensure};
use std::io::{Read, Write};
use std::net::TcpStream;

/// The body of the answer; an error unless it is a success.
pub(crate) fn request(port: u16, method: &str, path: &str, json: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let len = json.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {len}\r\n\r\n{json}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("half an answer")?;
    ensure!(
        head.starts_with("HTTP/1.1 2"),
        "{method} {path}: {}\n{body}",
        head.lines().next().unwrap_or_default()
    );
    Ok(body.to_owned())
}
