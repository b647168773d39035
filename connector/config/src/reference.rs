//! Values that lie in files: `${directory:PATH:KEY}` and `${file:PATH:KEY}` (13.31).
//!
//! The form is that of Kafka's config providers, and what is none of it stays as it is, as Kafka
//! leaves it. Two things are better told than passed over: a file or key that is not there, and a
//! provider of Kafka's that this connector does not have.

use std::{collections::BTreeMap, io};

use crate::{
    files::{FILE_BYTES_MAX, Files},
    producer::Finding,
    secret::Secret,
};

mod java_properties;
#[cfg(test)]
mod tests;

/// References that one value may hold.
const REFERENCES_MAX: usize = 64;

/// Stands for what a file holds that cannot be seen.
pub(crate) const UNSEEN: &str = "unseen";

const EXAMPLE: &str = "write ${directory:FOLDER:FILE} or ${file:FILE:KEY}";

/// How a file holds values.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Provider {
    /// A folder with one file for each value.
    Directory,
    /// A Java properties file.
    File,
}

/// The names that references may begin with.
#[derive(Clone, Debug)]
pub(crate) struct Providers(BTreeMap<String, Provider>);

impl Default for Providers {
    fn default() -> Self {
        let named = [("directory", Provider::Directory), ("file", Provider::File)];
        Self(
            named
                .map(|(name, provider)| (name.to_owned(), provider))
                .into(),
        )
    }
}

impl Providers {
    /// From now on `name` means `provider`.
    pub(crate) fn insert(&mut self, name: &str, provider: Provider) {
        self.0.insert(name.to_owned(), provider);
    }
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Origin {
    /// It stands in the configuration itself.
    #[default]
    Written,
    /// It is from files, or a part of it.
    Files,
    /// It should be from files, which cannot be seen here; a word stands in its place.
    Unseen,
}

impl Origin {
    /// Where a value comes from that has parts of both origins.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unseen, _) | (_, Self::Unseen) => Self::Unseen,
            (Self::Files, _) | (_, Self::Files) => Self::Files,
            (Self::Written, Self::Written) => Self::Written,
        }
    }
}

/// A value without references.
#[derive(Clone, Eq, PartialEq)]
pub(crate) struct Expanded {
    pub(crate) text: Secret,
    pub(crate) origin: Origin,
}

/// Puts what `files` hold into `text`, in the place of each reference.
///
/// # Errors
/// All references that cannot be followed, each with its cause.
pub(crate) fn expand(
    text: &str,
    providers: &Providers,
    files: &dyn Files,
) -> Result<Expanded, Vec<Finding>> {
    let mut expanded = String::new();
    let mut origin = Origin::Written;
    let mut findings = Vec::new();
    let mut count = 0;
    let mut rest = text;
    while let Some((before, reference, after)) = next(rest) {
        expanded.push_str(before);
        rest = after;
        match lookup(&reference, providers, files) {
            None => expanded.push_str(reference.whole),
            Some(Ok(Some(value))) => {
                expanded.push_str(value.expose());
                origin = origin.and(Origin::Files);
            }
            Some(Ok(None)) => {
                expanded.push_str(UNSEEN);
                origin = Origin::Unseen;
            }
            Some(Err(finding)) => findings.push(finding),
        }
        count += 1;
        if count > REFERENCES_MAX || expanded.len() as u64 > FILE_BYTES_MAX {
            findings.push(finding(
                format!("has more than {REFERENCES_MAX} references or {FILE_BYTES_MAX} bytes"),
                "put the whole value into one file",
            ));
            break;
        }
    }
    expanded.push_str(rest);
    let text = Secret::new(expanded);
    if findings.is_empty() {
        Ok(Expanded { text, origin })
    } else {
        Err(findings)
    }
}

/// The value of `key` in the content of a properties file; empty where there is none.
pub(crate) fn value_of_properties(content: &[u8], key: &str) -> String {
    let text = str::from_utf8(content).unwrap_or_default();
    let value = java_properties::value(text, key).ok().flatten();
    value.map_or_else(String::new, |value| value.expose().to_owned())
}

/// A part of a value that has the form of a reference.
struct Reference<'t> {
    whole: &'t str,
    provider: &'t str,
    path: &'t str,
    key: &'t str,
}

/// The text before the first reference of `text`, the reference, and the text behind it; the form is
/// Kafka's `${PROVIDER:[PATH:]KEY}`, none of which has a brace that closes.
fn next(text: &str) -> Option<(&str, Reference<'_>, &str)> {
    text.match_indices("${").find_map(|(at, _)| {
        let (before, from) = text.split_at_checked(at)?;
        let end = from.find('}')? + 1;
        let (whole, after) = from.split_at_checked(end)?;
        let inner = whole.strip_prefix("${")?.strip_suffix('}')?;
        let (provider, rest) = inner.split_once(':')?;
        let (path, key) = rest.split_once(':').unwrap_or(("", rest));
        let reference = Reference {
            whole,
            provider,
            path,
            key,
        };
        Some((before, reference, after))
    })
}

/// What the reference means, `Some(Ok(None))` where its file cannot be seen here; `None` where it is
/// no reference.
fn lookup(
    reference: &Reference<'_>,
    providers: &Providers,
    files: &dyn Files,
) -> Option<Result<Option<Secret>, Finding>> {
    let Some(provider) = providers.0.get(reference.provider) else {
        let is_environment = reference.provider == "env";
        return is_environment.then(|| {
            Err(finding(
                "refers to the environment of the process, where secrets are open to see"
                    .to_owned(),
                "put the value into a file and write ${directory:FOLDER:FILE}",
            ))
        });
    };
    Some(match provider {
        Provider::Directory => of_folder(reference, files),
        Provider::File => of_properties(reference, files),
    })
}

fn of_folder(reference: &Reference<'_>, files: &dyn Files) -> Result<Option<Secret>, Finding> {
    let Reference { path, key, .. } = *reference;
    if path.is_empty() || key.is_empty() {
        let reason = "refers to a folder without naming both the folder and a file in it";
        return Err(finding(reason.to_owned(), EXAMPLE));
    }
    if key.contains(['/', '\\']) || key == "." || key == ".." {
        let reason =
            format!("refers to {key:?}, which is no name of a file in the folder {path:?}");
        return Err(finding(reason, EXAMPLE));
    }
    let separator = if path.ends_with('/') { "" } else { "/" };
    let file = format!("{path}{separator}{key}");
    let text = read(&file, files)?;
    // A line end is what editors and `echo` add, and no password has one.
    Ok(text.map(|text| {
        let text = text.expose();
        let without = text
            .strip_suffix("\r\n")
            .or_else(|| text.strip_suffix('\n'));
        without.unwrap_or(text).into()
    }))
}

fn of_properties(reference: &Reference<'_>, files: &dyn Files) -> Result<Option<Secret>, Finding> {
    let Reference { path, key, .. } = *reference;
    if path.is_empty() || key.is_empty() {
        let reason = "refers to a properties file without naming both the file and a key in it";
        return Err(finding(reason.to_owned(), EXAMPLE));
    }
    let Some(text) = read(path, files)? else {
        return Ok(None);
    };
    let located = located(path, files);
    let value = java_properties::value(text.expose(), key).map_err(|malformed| {
        finding(
            format!(
                "refers to the properties file {located}, whose line {} {}",
                malformed.line, malformed.reason
            ),
            "mend the file; Java would not read it either",
        )
    })?;
    let value = value.ok_or_else(|| {
        finding(
            format!(
                "refers to the key {key:?} of the properties file {located}, which does not have it"
            ),
            "add it to the file, or mend the name",
        )
    })?;
    without_nul(&value, || format!("the key {key:?} of {located}"))?;
    Ok(Some(value))
}

/// The text of a file; `None` where no files can be seen.
fn read(path: &str, files: &dyn Files) -> Result<Option<Secret>, Finding> {
    if !files.are_in_reach() {
        return Ok(None);
    }
    let located = located(path, files);
    let text = files.read(path).and_then(|bytes| {
        String::from_utf8(bytes)
            .map(Secret::new)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8 text"))
    });
    let text = text.map_err(|error| {
        finding(
            format!("refers to the file {located}, which cannot be read: {error}"),
            "mend the path, which is relative to the configuration file, or the file's rights",
        )
    })?;
    without_nul(&text, || format!("the file {located}"))?;
    Ok(Some(text))
}

/// The name of a file, in quotes.
fn located(path: &str, files: &dyn Files) -> String {
    format!("{:?}", files.locate(path).to_string_lossy())
}

/// The client library takes no text with a NUL.
fn without_nul(text: &Secret, what: impl FnOnce() -> String) -> Result<(), Finding> {
    if text.expose().contains('\0') {
        let reason = format!("refers to {}, which has a NUL character", what());
        return Err(finding(reason, "look whether it is the right file"));
    }
    Ok(())
}

fn finding(reason: String, remedy: &str) -> Finding {
    Finding {
        reason,
        remedy: remedy.to_owned(),
    }
}
