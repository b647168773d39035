//! From a file to a plan.

use std::{
    io,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use schemars::Schema;

use crate::{
    check::{self, Checked, is_within},
    config::Config,
    diagnostic::{Diagnostic, Diagnostics},
    differences,
    files::{self, FILE_BYTES_MAX, Files, FilesBeside, NoFiles},
    plan::Plan,
    resolve::{Input, resolve},
    schema::json_schema,
    yaml::{self, Node, Position},
};

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path:?}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The file can be read, but not be used.
    #[error("{0}")]
    Invalid(Diagnostics),
}

/// Reads the configuration file at `path` and makes a plan of it.
///
/// The file is UTF-8 text of at most 1 MiB with one YAML document. All its faults are reported at
/// once. The files that it names lie beside it.
pub fn load(path: &Path) -> Result<Plan, LoadError> {
    let bytes = files::read(path).map_err(|source| LoadError::Read {
        path: path.to_owned(),
        source,
    })?;
    let origin = path.display().to_string();
    parse_bytes(&bytes, &origin, &FilesBeside::new(path)).map_err(LoadError::Invalid)
}

/// Makes a plan of `text`, the content of a configuration file that names no other file; `origin` is
/// what messages call it.
pub fn parse(text: &str, origin: &str) -> Result<Plan, Diagnostics> {
    parse_with(text, origin, &NoFiles)
}

/// Makes a plan of `text`, the content of a configuration file that may name `files`; `origin` is
/// what messages call it.
pub fn parse_with(text: &str, origin: &str, files: &dyn Files) -> Result<Plan, Diagnostics> {
    plan_of(text, origin, files).map_err(|faults| Diagnostics::new(origin, faults))
}

/// Makes a plan of the content of a file, which may not even be text.
pub(crate) fn parse_bytes(
    bytes: &[u8],
    origin: &str,
    files: &dyn Files,
) -> Result<Plan, Diagnostics> {
    let plan = text_of(bytes).and_then(|text| plan_of(text, origin, files));
    plan.map_err(|faults| Diagnostics::new(origin, faults))
}

/// The text that `bytes` are.
pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, Vec<Diagnostic>> {
    str::from_utf8(bytes).map_err(|error| {
        let (valid, _) = bytes
            .split_at_checked(error.valid_up_to())
            .unwrap_or((bytes, &[]));
        let before = String::from_utf8_lossy(valid);
        let last = before.rsplit('\n').next().unwrap_or_default();
        let at = Position {
            line: before.matches('\n').count() + 1,
            column: last.chars().count() + 1,
        };
        let remedy = "save the file with the encoding UTF-8";
        vec![fault(at, "is not UTF-8 text".to_owned(), remedy)]
    })
}

/// The tree that `text` is.
pub(crate) fn tree_of(text: &str) -> Result<Node, Vec<Diagnostic>> {
    if text.len() as u64 > FILE_BYTES_MAX {
        let reason = format!("the file has more than {FILE_BYTES_MAX} bytes");
        return Err(vec![fault(
            Position::START,
            reason,
            "look whether it is the right file",
        )]);
    }
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    yaml::parse(text).map_err(|fault| vec![fault])
}

fn plan_of(text: &str, origin: &str, files: &dyn Files) -> Result<Plan, Vec<Diagnostic>> {
    let root = tree_of(text)?;
    plan_of_tree(&root, checked(&root), origin, files)
}

/// The file `root`, checked against the schema.
pub(crate) fn checked(root: &Node) -> Checked {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(json_schema);

    check::check(root, &SCHEMA)
}

/// Makes a plan of a file whose form was checked; `text` is what it says.
pub(crate) fn plan_of_tree(
    root: &Node,
    checked: Checked,
    origin: &str,
    files: &dyn Files,
) -> Result<Plan, Vec<Diagnostic>> {
    let Checked {
        value,
        mut faults,
        places,
    } = checked;
    let resolved = match serde_json::from_value::<Config>(value) {
        Ok(config) => {
            let input = Input {
                origin,
                files,
                places: &places,
                faults: &faults,
            };
            resolve(&config, input)
        }
        // What is left has the form that the types ask for, unless the schema is wrong about them.
        Err(error) => {
            let reason = format!("the file is at odds with the types of this version: {error}");
            Err(vec![fault(
                Position::START,
                reason,
                "please report this, with the file",
            )])
        }
    };
    match resolved {
        Ok(plan) if faults.is_empty() => Ok(Plan {
            text: yaml::banner(root),
            differences: differences::of_file(root, &plan.warnings),
            ..plan
        }),
        Ok(_) => Err(faults),
        Err(errors) => {
            let is_consequence = |error: &Diagnostic| {
                faults
                    .iter()
                    .any(|fault| is_within(&fault.path, &error.path))
            };
            let errors: Vec<_> = errors
                .into_iter()
                .filter(|error| !is_consequence(error))
                .collect();
            faults.extend(errors);
            Err(faults)
        }
    }
}

fn fault(at: Position, reason: String, remedy: &str) -> Diagnostic {
    let Position { line, column } = at;
    Diagnostic {
        path: String::new(),
        line,
        column,
        value: None,
        reason,
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
