//! What every program of this project needs around its work: sockets, logging, an admin server,
//! how much memory there is, files that change, and an orderly end.
//!
//! Nothing here knows what the program does. Each part is a value that is made at the top and
//! passed down; there are no globals but the one log subscriber that `tracing` itself keeps.

pub mod admin;
pub mod listen;
pub mod logging;
pub mod memory;
pub mod shutdown;
pub mod watch;
