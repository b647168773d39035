//! Which version of the protocol a peer speaks: HTTP/2 says so in its first bytes.

use super::wire::Wire;
use std::future::poll_fn;
use std::io;
use std::task::{Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// What a connection of HTTP/2 begins with. No request of HTTP/1 does.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Versions of the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Version {
    /// One request after the other.
    Http1,
    /// Many requests at a time.
    Http2,
}

/// The first bytes of a connection, which are read twice: once here, and then by whom they are for.
#[derive(Debug, Default)]
pub(super) struct Opening {
    bytes: [u8; PREFACE.len()],
    filled: usize,
    taken: usize,
}

impl Opening {
    /// The version that the bytes so far belong to, if that is clear; `None` while it is not.
    fn version(&self) -> Option<Version> {
        let filled = &self.bytes[..self.filled];
        if filled == PREFACE {
            Some(Version::Http2)
        } else if PREFACE.starts_with(filled) {
            None
        } else {
            Some(Version::Http1)
        }
    }

    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes[self.filled..]
    }

    pub(super) const fn extend(&mut self, count: usize) {
        self.filled += count;
    }

    /// Hands on what is here; false when nothing is, and the stream is to be read.
    pub(super) fn take_into(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let rest = &self.bytes[self.taken..self.filled];
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        self.taken += count;
        count > 0
    }
}

/// Waits until it is clear which version the peer speaks; a peer that leaves before speaks the first
/// one.
pub(super) async fn version<T: AsyncRead + Unpin>(wire: &mut Wire<T>) -> io::Result<Version> {
    poll_fn(|context| {
        loop {
            if let Some(version) = wire.opening().version() {
                return Poll::Ready(Ok(version));
            }
            if !ready!(wire.poll_open(context))? {
                return Poll::Ready(Ok(Version::Http1));
            }
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(bytes: &[u8]) -> Option<Version> {
        let mut opening = Opening::default();
        opening.room()[..bytes.len()].copy_from_slice(bytes);
        opening.extend(bytes.len());
        opening.version()
    }

    #[test]
    fn the_version_is_clear_at_the_first_byte_that_no_preface_has() {
        assert_eq!(after(b"PO"), Some(Version::Http1));
        assert_eq!(after(b"GET / HTTP/1.1"), Some(Version::Http1));
        assert_eq!(after(b"PRI * HTTP/1.1"), Some(Version::Http1));
        for len in 0..PREFACE.len() {
            assert_eq!(after(&PREFACE[..len]), None);
        }
        assert_eq!(after(PREFACE), Some(Version::Http2));
    }

    #[test]
    fn what_was_looked_at_is_read_again_in_any_portions() {
        let mut opening = Opening::default();
        opening.room()[..5].copy_from_slice(b"POST ");
        opening.extend(5);
        let mut read = Vec::new();
        let mut portion = [0; 2];
        loop {
            let mut buffer = ReadBuf::new(&mut portion);
            if !opening.take_into(&mut buffer) {
                break;
            }
            read.extend_from_slice(buffer.filled());
        }
        assert_eq!(read, b"POST ");
    }
}
