//! What a connection needs of a socket.

use mio::net::TcpStream;
use std::io::{self, Read, Write};
use std::net::Shutdown;

/// The two ways of a connection. Nothing blocks: what cannot be done now fails with `WouldBlock`.
pub(super) trait Stream: Read + Write {
    /// Tells the peer that nothing more will be written.
    ///
    /// # Errors
    /// When the peer is gone already.
    fn shut_down_write(&self) -> io::Result<()>;

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

    fn take_error(&self) -> io::Result<Option<io::Error>> {
        Self::take_error(self)
    }
}
