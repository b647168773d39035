//! The rig of the end-to-end tests: a real Kafka, the built connector, an XDR source to the byte.
//!
//! Everything listens on loopback, keeps its data in temporary folders and dies with the tests,
//! even when they are killed ([`keeper`]). What has to be fetched is fetched once, into the
//! user's cache, and said before it begins. Every wait has a limit.

pub mod aerospike;
pub mod authority;
pub mod cache;
pub mod chance;
pub mod connector;
pub mod crowd;
pub mod debian;
pub mod endings;
pub mod group;
pub mod issuer;
pub mod java;
pub mod kafka;
pub mod keeper;
pub mod kerberos;
pub mod load;
pub mod message;
pub mod ports;
pub mod poster;
pub mod program;
pub mod proxy;
pub mod reading;
pub mod source;
pub mod wait;
pub mod writer;
