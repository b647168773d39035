//! A file that a property names.

use zeroize::Zeroizing;

use super::{Property, draft::Draft};
use crate::{
    files::Files,
    reference::Origin,
    secret::{Secret, Setting},
};

/// The file that a property, or an option in its value, names.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    /// The property that errors are about.
    name: &'p str,
    path: &'p str,
    files: &'p dyn Files,
    /// Whether anybody may see the path: not if it was taken from a file itself.
    is_open: bool,
}

impl<'p> Place<'p> {
    /// The file that `path`, in the value of `property`, means among `files`.
    pub(super) fn new(property: &'p Property, path: &'p str, files: &'p dyn Files) -> Self {
        Self {
            name: &property.name,
            path,
            files,
            is_open: property.origin == Origin::Written,
        }
    }

    /// The path in quotes, for a message.
    pub(super) fn quoted(&self) -> String {
        if self.is_open {
            format!("{:?}", self.full())
        } else {
            "that the value names".to_owned()
        }
    }

    /// The path, for librdkafka.
    pub(super) fn setting(&self) -> Setting {
        if self.is_open {
            Setting::Open(self.full())
        } else {
            Setting::Secret(Secret::new(self.full()))
        }
    }

    /// The path as this system has it.
    pub(super) fn full(&self) -> String {
        self.files.locate(self.path).to_string_lossy().into_owned()
    }

    pub(super) fn is_folder(&self) -> bool {
        self.files.is_folder(self.path)
    }

    /// The content of the file, which is called `what`; `None` after it was told that it cannot be
    /// read, or where no files are in reach.
    pub(super) fn read(&self, draft: &mut Draft<'_>, what: &str) -> Option<Zeroizing<Vec<u8>>> {
        if !self.files.are_in_reach() {
            draft.is_complete = false;
            return None;
        }
        match self.files.read(self.path) {
            Ok(bytes) => Some(Zeroizing::new(bytes)),
            Err(error) => {
                let reason = format!("the {what} {} cannot be read: {error}", self.quoted());
                let remedy = "mend the path, which is relative to the configuration file, or the file's rights";
                draft.refuse(self.name, reason, remedy);
                None
            }
        }
    }
}
