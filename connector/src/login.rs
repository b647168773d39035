//! How the producer shows Kafka who it is, and stays welcome when passwords, keys, certificates and
//! tokens change.
//!
//! What a client reads when it is made lies in its properties, which the plan has. Tokens are fetched
//! here. A watch over the files of the plan takes up what changes in them while records pass.

mod figures;
mod keeper;
mod tokens;

pub use figures::{Figures, LoginFigures};
pub use keeper::Keeper;
pub use tokens::{TokenError, Tokens};
