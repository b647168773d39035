//! The connector against librdkafka's mock cluster, over real sockets on loopback.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, too, fail by a panic"
)]

mod answers;
mod crowds;
mod faults;
mod flood;
mod http;
mod http2;
mod peers;
mod posts;
mod rig;
