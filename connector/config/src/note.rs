//! What is good to know about a file.

use std::fmt;

use crate::yaml::Position;

/// Something that a reader of a file should know about one of its keys.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Note {
    /// The key, such as `replicaCount`; empty for the file as a whole.
    pub path: String,
    /// Where it stands: line and column in characters, both counted from 1; `None` where the file does
    /// not have it.
    pub place: Option<(usize, usize)>,
    /// What to know about it.
    pub message: String,
    /// What to do about it; empty where nothing needs doing.
    pub remedy: &'static str,
}

impl Note {
    pub(crate) fn new(path: impl Into<String>, at: Position, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            place: Some((at.line, at.column)),
            message: message.into(),
            remedy: "",
        }
    }
}

/// `LINE:COLUMN: PATH: MESSAGE; REMEDY`, without the parts that are not there.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "{line}:{column}: ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match self.remedy {
            "" => Ok(()),
            remedy => write!(f, "; {remedy}"),
        }
    }
}
