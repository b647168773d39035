//! The connector: takes changes from Aerospike over XDR and publishes them to Kafka.
//!
//! ```text
//! source ──▶ pipeline ──▶ sink ──▶ Kafka
//!    ▲          │ flights          │
//!    └─replies──┴───── reports ◀───┘
//! ```
//!
//! `source` owns sockets, `pipeline` turns bytes into messages and keeps the answers, `sink`
//! is the way into Kafka's producer, `admin` shows and steers it all. [`app`] is the one
//! module that knows every part.

pub mod admin;
pub mod app;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod login;
pub mod logs;
pub mod metrics;
pub mod pipeline;
pub mod sink;
pub mod source;
mod sync;
