//! The bytes of a connection on their way to and from hyper, with an eye on how they move.

use super::ledger::Ledger;
use super::version::Opening;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Bytes of one read of what is ignored.
const IGNORED_BYTES: usize = 4 << 10;

/// A stream whose ledger is kept.
#[derive(Debug)]
pub(super) struct Wire<T> {
    stream: T,
    /// What was read to see which version the peer speaks.
    opening: Opening,
    ledger: Rc<Ledger>,
    is_shut: bool,
}

impl<T> Wire<T> {
    pub(super) fn new(stream: T, ledger: Rc<Ledger>) -> Self {
        Self {
            stream,
            opening: Opening::default(),
            ledger,
            is_shut: false,
        }
    }

    pub(super) const fn opening(&self) -> &Opening {
        &self.opening
    }
}

impl<T: AsyncRead + Unpin> Wire<T> {
    /// Reads more of the opening; false when nothing more comes.
    pub(super) fn poll_open(&mut self, context: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut room = ReadBuf::new(self.opening.room());
        ready!(Pin::new(&mut self.stream).poll_read(context, &mut room))?;
        let count = room.filled().len();
        self.opening.extend(count);
        if count > 0 {
            self.ledger.note_read();
        }
        Poll::Ready(Ok(count > 0))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Wire<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.opening.take_into(buffer) {
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.ledger.note_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.note(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.note(&flushed);
        flushed
    }

    /// Writes nothing more, and ends when the peer does the same; what it still sends is ignored, for
    /// as long as the ledger allows.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_shut {
            ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
            self.is_shut = true;
            self.ledger.note_shut();
        }
        loop {
            let mut ignored = [0; IGNORED_BYTES];
            let mut ignored = ReadBuf::new(&mut ignored);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut ignored))?;
            if ignored.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<T> Wire<T> {
    fn note<R>(&self, written: &Poll<R>) {
        match written {
            Poll::Ready(_) => self.ledger.note_written(),
            Poll::Pending => self.ledger.note_blocked(),
        }
    }
}
