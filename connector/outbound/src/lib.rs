//! From a record to what Kafka gets: topic, key and value.
//!
//! A [`Lane`] is made once for each port, namespace and set and does all that depends on these alone: it
//! picks route, format and key, settles a fixed topic, and prepares the pieces of text that every record repeats.
//! [`Lane::prepare`] then writes key and value of one record straight from the bytes received into a
//! buffer of the caller: no value tree, no allocation but growth of that buffer.
//!
//! The crate does no I/O and knows no clock. Names such as (13.7) are sections of the behaviour notes.

#![warn(clippy::indexing_slicing)]

pub use batch::{BatchLayout, Batching, Joined, Member};
pub use error::{PrepareError, Reason};
pub use lane::{Change, Lane, Outbound, Prepared, Scratch, SkipRule, TopicChoice, UnixSeconds};

mod avro;
mod batch;
mod bins;
mod error;
mod format;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod key;
mod lane;
mod pack;
mod route;
mod text;
