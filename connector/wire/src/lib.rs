//! The protocol by which a source ships its changes: bytes to frames, frames to records, and back.
//!
//! No I/O. Nothing that a peer announces is believed before its bytes are there, nothing recurses
//! by its input, and reading a record allocates nothing: it borrows the bytes of its frame.
//!
//! ```
//! use aeroduct_record::{Operation, Particle};
//! use aeroduct_wire::encode::MessageWriter;
//!
//! let mut stream = Vec::new();
//! MessageWriter::new(&mut stream, Operation::Write { whole_record: true })
//!     .namespace(b"shop")
//!     .digest(&[7; 20])
//!     .bins()
//!     .bin(b"price", &Particle::Integer(42))
//!     .finish()?;
//!
//! let frame = aeroduct_wire::next_frame(&stream, 1 << 20)?.expect("the frame is whole");
//! let record = aeroduct_wire::parse_message(frame.body())?;
//! assert_eq!(record.metadata.namespace, b"shop");
//! assert_eq!(record.bins.find(b"price").expect("sent").particle()?, Particle::Integer(42));
//!
//! // The answer that the source waits for.
//! let mut replies = Vec::new();
//! aeroduct_wire::reply::write(aeroduct_wire::reply::ResultCode::Success, &mut replies);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(clippy::as_conversions, clippy::indexing_slicing)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

pub mod encode;
mod flow;
mod frame;
pub mod fuzzing;
mod inflate;
mod message;
mod post;
pub mod reply;

pub use aeroduct_record::MONITOR_SET;
pub use flow::{RATIO_FREE_LEN, RATIO_MAX};
pub use frame::{BODY_LEN_MAX, Frame, FrameError, FrameKind, HEADER_LEN, missing, next_frame};
pub use inflate::{InflateError, Inflater};
pub use message::{Field, MESSAGE_HEADER_LEN, MessageError, parse_message};
pub use post::{Gunzip, POST_VERSION, PostError, post_len_max, posted_frame};
