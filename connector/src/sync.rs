//! The locks and atomics of what threads share. Under `--cfg aeroduct_loom` they are those of a
//! model checker, which tries every interleaving of the tests named `interleavings`.

#[cfg(not(aeroduct_loom))]
pub(crate) use std::sync::{Mutex, MutexGuard, atomic};

#[cfg(aeroduct_loom)]
pub(crate) use loom::sync::{Mutex, MutexGuard, atomic};
