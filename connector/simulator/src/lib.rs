//! Plays an Aerospike XDR source to a connector, and checks every answer.
//!
//! [`play`] sends recorded messages, [`load`] generates a change stream, [`demo`] shows the whole
//! way from a change to Kafka in one process. No server and no licence is needed. What is sent is
//! what a source sends: one frame per change, many on their way at once; what comes back is judged
//! as a source judges it ([`reply::Code::meaning`]).

mod connect;
pub mod demo;
pub mod describe;
pub mod interrupt;
pub mod latency;
pub mod load;
pub mod play;
pub mod progress;
pub mod recording;
pub mod reply;
pub mod screen;
pub mod sink;
pub mod text;
