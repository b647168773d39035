//! Changes that come by HTTP POST: from servers up to 4.9, and from event stream connectors.
//!
//! A shard of this kind is one thread with a runtime of its own. hyper reads requests and writes
//! responses, in one task for each connection. The frames of all requests that are there in one turn
//! of the loop lie in a tray and go on their way together, as those of one read do over TCP. The answers
//! come back in the same slots, and each wakes the request that waits for it.

mod body;
mod connection;
mod desk;
mod ending;
mod ledger;
mod lobby;
mod reception;
mod refusal;
mod shard;
mod tray;
mod version;
mod visit;
mod wire;

pub use shard::{HttpSettings, HttpShard};
