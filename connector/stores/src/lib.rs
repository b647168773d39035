//! Key stores of Java and of PEM, as certificates and keys (1.1 of the behaviour notes).
//!
//! No I/O: bytes in, certificates and keys out. What a store is, its bytes tell: Java reads a
//! PKCS#12 store that is declared as JKS, and the other way round, and so does this crate. Keys are
//! overwritten when they are dropped. The work that a store may ask for is bounded.
//!
//! ```no_run
//! use aeroduct_stores::{StoreKind, open_keys};
//!
//! let kind: StoreKind = "JKS".parse()?;
//! let store = std::fs::read("server.jks")?;
//! let pair = open_keys(&store, kind, Some("store password"), Some("key password"))?;
//! println!("{} certificates", pair.chain.len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![warn(clippy::as_conversions, clippy::indexing_slicing)]
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects))]

mod asn1;
mod cipher;
mod error;
pub mod fuzzing;
mod java;
mod keys;
mod kind;
mod open;
mod pem;
mod pkcs12;
mod work;
mod x509;

pub use error::StoreError;
pub use keys::{KeyPair, certificates_to_pem};
pub use kind::{KindError, StoreKind};
pub use open::{open_keys, open_trusted};
