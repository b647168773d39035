//! The reference of the configuration file, `docs/reference.md`, made of the types.
//!
//! Descriptions, defaults and limits are those of the types' own documentation; the tests compare the
//! defaults with what a file gets that leaves the keys out.

use std::fmt::{self, Write as _};

use crate::{
    producer,
    schema::{Choice, ConfigKey, keys},
    support::{self, Refusal},
};

mod examples;
mod prose;
mod tests;

/// The page, in Markdown.
fn page() -> String {
    let keys = keys();
    let mut page = OPENING.to_owned();
    let sections = || keys.iter().filter(|key| !key.path.contains('.'));
    for section in sections() {
        let path = &section.path;
        let first = prose::sentences(&section.description)[0];
        let _ = writeln!(page, "- [`{path}`]({}): {first}", anchor(path));
    }
    let _ = writeln!(
        page,
        "- [Properties of the producer](#properties-of-the-producer)"
    );
    for section in sections() {
        let inside = |key: &&ConfigKey| key.path.starts_with(&format!("{}.", section.path));
        let inside: Vec<_> = keys.iter().filter(inside).collect();
        let _ = write!(page, "{}", Section(section, &inside));
    }
    page.push_str(&producer::page::table());
    page
}

const OPENING: &str = "\
# Reference of the configuration file

Every key, its default, its limits, and who has it. The file is YAML, in UTF-8, of at most 1 MiB, one \
document without aliases; unknown keys are refused. `aeroduct-connector check --config FILE` names all \
errors at once, `aeroduct-connector schema` prints this as a JSON schema for editors, and [recipes](recipes.md) \
show what goes together. This page is made of the types that read the file (`make golden`).

*Source* says who has a key: the *vendor*, in the documentation of today's connector and of those of its \
family; *historical*, in documentation of old versions alone; or *ours*, which other connectors do not know.

";

/// A section of the file: its description, examples, and a part for each key.
struct Section<'k>(&'k ConfigKey, &'k [&'k ConfigKey]);

impl fmt::Display for Section<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(section, inside) = self;
        let prose = prose::Prose::of(&section.description);
        write!(f, "\n## `{}`\n\n{}\n\n", section.path, prose.text)?;
        about(f, section)?;
        for example in examples::of(&section.path).filter(|example| !is_java(example)) {
            write!(f, "\n```yaml\n{}\n```\n", example.trim_end())?;
        }
        let (borrowed, own): (Vec<&ConfigKey>, Vec<&ConfigKey>) = inside
            .iter()
            .copied()
            .partition(|key| is_borrowed(section, key));
        for key in own {
            write!(f, "\n### `{}`\n\n", key.path)?;
            let prose = prose::Prose::of(&key.description);
            if !prose.text.is_empty() {
                write!(f, "{}\n\n", prose.text)?;
            }
            about(f, key)?;
        }
        if !borrowed.is_empty() {
            f.write_str("\nAnd with the same keys as elsewhere:\n\n")?;
        }
        for key in borrowed {
            let as_path = key.same_as.as_deref().unwrap_or_default();
            let first = prose::sentences(&key.description)[0];
            writeln!(
                f,
                "- `{}`, as [`{as_path}`]({}): {first}",
                key.path,
                anchor(as_path)
            )?;
        }
        Ok(())
    }
}

/// Whether an example asks for a Java class, as nobody should.
fn is_java(example: &str) -> bool {
    example.contains("class: com.example.")
}

/// Whether a key of a section is but another's name for the keys inside.
fn is_borrowed(section: &ConfigKey, key: &ConfigKey) -> bool {
    let is_item = section.path.contains("namespaces") || section.path == "port-based-config";
    is_item && key.same_as.is_some()
}

/// What a key takes, what it is without it, and who has it.
fn about(f: &mut fmt::Formatter<'_>, key: &ConfigKey) -> fmt::Result {
    let prose = prose::Prose::of(&key.description);
    let mut facts = vec![format!("**Value:** {}", key.value)];
    if !key.modes.is_empty() {
        facts.push(format!("**In mode:** {}", words(&key.modes)));
    }
    if !key.required_by.is_empty() && key.required_by == key.modes || key.is_required {
        facts.push("**Required**".to_owned());
    } else {
        if !key.required_by.is_empty() {
            facts.push(format!("**Required by:** {}", words(&key.required_by)));
        }
        let default = prose.default.as_deref().unwrap_or("none");
        facts.push(format!("**Default:** {default}"));
    }
    if let Some(as_path) = &key.same_as {
        facts.push(format!("**Keys:** as [`{as_path}`]({})", anchor(as_path)));
    }
    facts.push(format!("**Source:** {}", source(key.source.as_deref())));
    writeln!(f, "{}", facts.join(" · "))?;
    if let Some(refusal) = support::refused_key(&key.path) {
        write!(f, "\n{}\n", refused(refusal))?;
    }
    if !key.choices.is_empty() {
        f.write_str("\n")?;
    }
    for choice in &key.choices {
        word(f, key, choice)?;
    }
    Ok(())
}

fn word(f: &mut fmt::Formatter<'_>, key: &ConfigKey, choice: &Choice) -> fmt::Result {
    let Choice {
        value,
        description,
        source: of,
    } = choice;
    write!(f, "- `{value}`: {description}")?;
    if let Some(of) = of {
        write!(f, " *Source: {}.*", source(Some(of)))?;
    }
    if let Some(refusal) = support::refused_value(&key.path, value)
        && !description.contains("always refused")
    {
        write!(f, " {}", refused(refusal))?;
    }
    f.write_str("\n")
}

fn refused(Refusal { reason, remedy }: &Refusal) -> String {
    format!("**This version refuses it:** {reason}; {remedy}.")
}

fn source(source: Option<&str>) -> &str {
    source.unwrap_or("vendor")
}

fn words(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// Where the part about the key at `path` begins, as Markdown's readers have it.
fn anchor(path: &str) -> String {
    let is_kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '_');
    format!(
        "#{}",
        path.to_lowercase()
            .chars()
            .filter(is_kept)
            .collect::<String>()
    )
}
