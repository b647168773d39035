//! Files in memory, for tests.

use std::{cell::RefCell, collections::BTreeMap, io, path::PathBuf};

use super::Files;

/// Files that can be changed, beside a configuration in `/etc/connector`.
#[derive(Default)]
pub(crate) struct Held(RefCell<BTreeMap<String, Vec<u8>>>);

impl Held {
    /// Files with these paths and contents.
    pub(crate) fn of<T: AsRef<[u8]>>(files: &[(&str, T)]) -> Self {
        let held = Self::default();
        for (path, content) in files {
            held.set(path, content);
        }
        held
    }

    pub(crate) fn set(&self, path: &str, content: impl AsRef<[u8]>) {
        let mut held = self.0.borrow_mut();
        held.insert(path.to_owned(), content.as_ref().to_vec());
    }
}

impl Files for Held {
    fn locate(&self, path: &str) -> PathBuf {
        PathBuf::from("/etc/connector").join(path)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let held = self.0.borrow();
        Ok(held.get(path).ok_or(io::ErrorKind::NotFound)?.clone())
    }
}
