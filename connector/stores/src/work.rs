//! How much a store may ask for before it is opened.

use crate::StoreError;

/// Iterations that all parts of one store may take together: what Java allows for one of its
/// parts, and a few seconds at most.
pub(crate) const ITERATIONS_MAX: u32 = if cfg!(any(test, fuzzing)) {
    // So that made-up stores are many.
    20_000
} else {
    5_000_000
};

/// What is left of [`ITERATIONS_MAX`].
pub(crate) struct Work {
    left: u32,
}

impl Work {
    pub(crate) const fn new() -> Self {
        Self {
            left: ITERATIONS_MAX,
        }
    }

    /// Counts iterations before they are done.
    pub(crate) fn take(&mut self, iterations: u32) -> Result<(), StoreError> {
        self.left = self
            .left
            .checked_sub(iterations)
            .ok_or(StoreError::TooMuchWork {
                most: ITERATIONS_MAX,
            })?;
        Ok(())
    }
}
