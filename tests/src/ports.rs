//! Free loopback ports.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use anyhow::{Context as _, Result};

/// Below what systems give to outgoing connections, so that nothing takes a port of ours while
/// its owner is being restarted.
const FIRST: u16 = 15_000;
const COUNT: u16 = 15_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port nobody listens on. Each call gives another one.
pub fn free() -> Result<u16> {
    // Two runs at the same time begin at different places.
    let begin = u16::try_from(std::process::id() * 37 % u32::from(COUNT))?;
    (0..COUNT)
        .map(|_| FIRST + (begin + NEXT.fetch_add(1, Ordering::Relaxed) % COUNT) % COUNT)
        .find(|&port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        .with_context(|| format!("no free port from {FIRST} to {}", FIRST + COUNT - 1))
}
