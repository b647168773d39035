//! A safe, batch-wise producer over librdkafka, made for a program that owes an
//! answer for every record.
//!
//! A caller writes keys and values of many records into one buffer, seals it as a
//! [`Parcel`] and hands it to its [`Publisher`]. Per partition at most one batch is
//! with librdkafka; what arrives meanwhile waits and goes as the next batch when
//! the reports of the last one are in (group commit). With many partitions they take turns,
//! so that their batches grow; many topics are shared out among several clients. Every
//! record gets exactly one [`Report`], through the parcel's [`Recipient`].
//!
//! Order: records of one partition reach Kafka in the order in which they were
//! shipped. All `unsafe` of the project is in `native`, behind safe types.

mod alarm;
mod berths;
mod breaker;
mod carrier;
mod ceiling;
mod client;
mod counters;
mod failure;
mod fleet;
mod metadata;
mod murmur2;
mod native;
mod parcel;
mod partition;
mod producer;
mod prompter;
mod publisher;
mod quarantine;
mod renewal;
mod reports;
mod settings;
mod shared;
mod snapshot;
mod sync;
mod tokens;
mod topic;
mod trouble;

pub mod consume;
pub mod extras;
pub mod mock;

pub use failure::Failure;
pub use murmur2::murmur2;
pub use native::partition_of;
pub use parcel::{Parcel, Recipient, Report};
pub use producer::{Drained, Producer};
pub use publisher::{Piece, Publisher, TopicIndex};
pub use renewal::{CredentialsError, RenewError};
pub use settings::{Batch, Observer, Settings, StartError};
pub use snapshot::{BreakerState, BrokerState, Snapshot, TopicSnapshot, Volume};
pub use tokens::{Token, TokenSource};
