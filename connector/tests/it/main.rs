//! The connector against librdkafka's mock cluster, over real sockets on loopback.

mod answers;
mod faults;
mod peers;
mod rig;
