//! What is wrong with a file: where, why, and what to do about it.

use std::fmt;

/// Faults that are told of one file. What goes wrong more often than that has one cause.
pub(crate) const FAULTS_MAX: usize = 500;

/// One fault of a configuration file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// The key, such as `service.port[1]`; empty for the file as a whole.
    pub path: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What the file has there, quoted; `None` where nothing is there, or where it may be a secret.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What to do about it.
    pub remedy: String,
}

/// `LINE:COLUMN: PATH: REASON (value VALUE); REMEDY`, without the parts that are not there.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.reason)?;
        if let Some(value) = &self.value {
            write!(f, " (value {value})")?;
        }
        write!(f, "; {}", self.remedy)
    }
}

/// Everything that is wrong with a configuration file, in the order of the file; at most 500
/// faults.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostics {
    origin: String,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// The faults of the file called `origin`, which has at least one.
    pub(crate) fn new(origin: &str, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by(|a, b| (a.line, a.column, &a.path).cmp(&(b.line, b.column, &b.path)));
        list.truncate(FAULTS_MAX);
        Self {
            origin: origin.to_owned(),
            list,
        }
    }

    /// What the file is called.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The faults, in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Diagnostic> {
        self.list.iter()
    }
}

/// One line for each fault, `FILE:LINE:COLUMN: PATH: REASON (value VALUE); REMEDY`, and a last one
/// with their number.
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, list } = self;
        for diagnostic in list {
            writeln!(f, "{origin}:{diagnostic}")?;
        }
        let errors = match list.len() {
            1 => "error",
            FAULTS_MAX => "errors or more",
            _ => "errors",
        };
        write!(f, "{} {errors} in {origin}", list.len())
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostic(path: &str, line: usize, column: usize, value: Option<&str>) -> Diagnostic {
        Diagnostic {
            path: path.to_owned(),
            line,
            column,
            value: value.map(str::to_owned),
            reason: "must be 1 to 65535".to_owned(),
            remedy: "choose another port".to_owned(),
        }
    }

    #[test]
    fn faults_are_shown_in_the_order_of_the_file_and_counted() {
        let diagnostics = Diagnostics::new(
            "connector.yml",
            vec![
                diagnostic("service.port", 10, 3, Some("\"0\"")),
                diagnostic("", 2, 7, None),
            ],
        );
        assert_eq!(
            diagnostics.to_string(),
            "connector.yml:2:7: must be 1 to 65535; choose another port\n\
             connector.yml:10:3: service.port: must be 1 to 65535 (value \"0\"); choose another port\n\
             2 errors in connector.yml"
        );
    }
}
