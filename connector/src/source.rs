//! The side of the database: listeners, shards, connections, replies in order.
//!
//! A shard is one thread that owns its connections for life and runs a plain event loop
//! over them. A connection stays on its shard, so all versions of a record that come over
//! it stay in order without a lock. Nothing here knows where messages go.

mod allowance;
mod connection;
mod desk;
mod http;
#[cfg(all(test, aeroduct_loom))]
mod interleavings;
mod lifetime;
mod listener;
mod mailbox;
mod partial;
mod replies;
mod shard;
#[cfg(all(test, not(aeroduct_loom)))]
mod simulation;
mod standing;
mod stream;
mod turns;

pub use desk::ShardSettings;
pub use http::{HttpSettings, HttpShard};
pub use lifetime::Lifetimes;
pub use listener::{BindError, Gate, Listener};
pub use mailbox::{Mailbox, Order};
pub use partial::LongFrames;
pub use shard::Shard;
