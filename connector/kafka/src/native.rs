//! Everything that touches librdkafka's C interface, behind safe types. This module
//! and the files under it hold all `unsafe` of the project.
//!
//! What keeps it sound: a C object is freed exactly once, by the type that made it; a
//! topic handle keeps its client alive; and memory that librdkafka reads without a
//! copy stays in an [`Outstanding`] until librdkafka has reported every message in it.

mod client;
mod code;
mod configuration;
mod consumer;
mod credentials;
mod event;
mod handover;
mod lot;
mod message;
mod mock;
mod outstanding;
mod topic;
mod verify;

pub(crate) use client::{Client, CreateError, Role};
pub use code::ErrorCode;
pub(crate) use consumer::{NativeConsumer, NativeRecord};
pub(crate) use event::{Event, ReportIter, Reported, Reports};
pub use lot::partition_of;
pub(crate) use lot::{BatchLimit, Lot};
pub(crate) use mock::NativeMock;
pub(crate) use outstanding::{Handed, Outstanding, Undecided, Verdict};
pub(crate) use topic::TopicHandle;
pub(crate) use verify::FACILITY as VERIFY_FACILITY;
