//! What a connection needs of a socket.

use mio::net::TcpStream;
use socket2::SockRef;
use std::io::{self, Read, Write};
use std::net::Shutdown;

/// What the system keeps at first of replies that a peer does not read, in bytes: what is written to
/// a thousand peers that read nothing must soon show that.
pub(super) const FIRST_SEND_BUFFER: usize = 8 << 10;

/// What it keeps once the peer has shown that it reads them: thousands of replies, more than a fast
/// network has on its way. The system's own bound is 4 MiB, and thousands of peers that read no more
/// would hold so much each, in memory that counts as ours.
const SEND_BUFFER: usize = 256 << 10;

/// The two ways of a connection. Nothing blocks: what cannot be done now fails with `WouldBlock`.
pub(super) trait Stream: Read + Write {
    /// Tells the peer that nothing more will be written.
    ///
    /// # Errors
    /// When the peer is gone already.
    fn shut_down_write(&self) -> io::Result<()>;

    /// Lets the system keep more of the replies that the peer has not read yet.
    fn raise_send_buffer(&self);

    /// Takes the error that the system keeps for this connection, if there is one.
    ///
    /// # Errors
    /// When the system does not tell.
    fn take_error(&self) -> io::Result<Option<io::Error>>;
}

impl Stream for TcpStream {
    fn shut_down_write(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }

    fn raise_send_buffer(&self) {
        // Without it replies only go in smaller portions.
        drop(SockRef::from(self).set_send_buffer_size(SEND_BUFFER));
    }

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        Self::take_error(self)
    }
}
