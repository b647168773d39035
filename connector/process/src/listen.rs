//! Sockets that listen.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// An address that cannot be listened on, and why.
#[derive(Debug)]
pub struct ListenError {
    /// The first such address.
    pub address: SocketAddr,
    /// The system's reason.
    pub source: io::Error,
}

/// Listens on all addresses without blocking, with up to `backlog` connections that wait to be
/// accepted on each. Tells each address with the port that the system chose where 0 was asked for.
///
/// `::` alone means every interface, as it does in Java; beside an IPv4 address it cannot take the
/// connections of the other family too.
///
/// # Errors
/// When one of the addresses cannot be had; none is held then.
pub fn listen(
    addresses: &[SocketAddr],
    backlog: i32,
) -> Result<Vec<(SocketAddr, TcpListener)>, ListenError> {
    let is_v6_only = addresses.iter().any(SocketAddr::is_ipv4);
    let listeners = addresses.iter().map(|&address| {
        let bound = bind(address, is_v6_only, backlog);
        bound.map_err(|source| ListenError { address, source })
    });
    listeners.collect()
}

fn bind(
    address: SocketAddr,
    is_v6_only: bool,
    backlog: i32,
) -> io::Result<(SocketAddr, TcpListener)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(is_v6_only)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    let listener = TcpListener::from(socket);
    Ok((listener.local_addr()?, listener))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr, TcpStream};

    #[test]
    fn all_interfaces_of_ipv6_alone_take_ipv4_too() {
        // A system without IPv6 has nothing to show here.
        let Ok(listeners) = listen(&[(Ipv6Addr::UNSPECIFIED, 0).into()], 1) else {
            return;
        };
        let port = listeners[0].0.port();
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    }

    #[test]
    fn both_families_can_have_one_port() {
        if listen(&[(Ipv6Addr::LOCALHOST, 0).into()], 1).is_err() {
            return;
        }
        // Somebody else may take a port between finding and using it, but not each of ten.
        let can_have_both = |_| {
            let port = listen(&[(Ipv4Addr::UNSPECIFIED, 0).into()], 1).unwrap()[0]
                .0
                .port();
            let both: [SocketAddr; 2] = [
                (Ipv4Addr::UNSPECIFIED, port).into(),
                (Ipv6Addr::UNSPECIFIED, port).into(),
            ];
            listen(&both, 1).is_ok()
        };
        assert!((0..10).any(can_have_both));
    }

    #[test]
    fn a_taken_address_is_named() {
        let held = listen(&[(Ipv4Addr::LOCALHOST, 0).into()], 1).unwrap();
        let error = listen(&[held[0].0], 1).unwrap_err();
        assert_eq!(error.address, held[0].0);
        assert_eq!(error.source.kind(), io::ErrorKind::AddrInUse);
    }
}
