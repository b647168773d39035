//! The producer against librdkafka's mock cluster: real sockets on loopback.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests, too, fail by a panic"
)]

mod delivery;
mod extras;
mod fatal;
mod faults;
mod life;
mod many;
mod refusals;
mod renewal;
mod rig;
mod rounds;
mod topics;
