//! Every key of the configuration file has a test that would notice if it did nothing.
//!
//! A test says so itself: `// covers: service.port, routing.mode=bin` stands above its attributes.
//! `docs/coverage.md` is the list of it.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use aeroduct_config::{ConfigKey, keys};
use anyhow::{Context as _, Result, bail, ensure};

/// Properties of the producer that the schema does not name, and that need a test of their own.
const PROPERTIES: &[&str] = &[
    "producer-props.*",
    "producer-props.security.protocol=PLAINTEXT",
    "producer-props.security.protocol=SSL",
    "producer-props.security.protocol=SASL_PLAINTEXT",
    "producer-props.security.protocol=SASL_SSL",
    "producer-props.sasl.mechanism=PLAIN",
    "producer-props.sasl.mechanism=SCRAM-SHA-256",
    "producer-props.sasl.mechanism=SCRAM-SHA-512",
    "producer-props.sasl.mechanism=OAUTHBEARER",
    "producer-props.sasl.mechanism=GSSAPI",
    "producer-props.sasl.jaas.config",
    "producer-props.ssl.keystore.location",
    "producer-props.ssl.truststore.location",
];

/// Keys that no test covers yet. A key leaves this list with the test that covers it.
const SHOWN_BY_NOTHING_YET: &[&str] = &[
    "service.tls.port",
    "service.tls.address",
    "service.tls.key-store.store-file",
    "service.tls.key-store.store-password-file",
    "service.tls.key-store.key-password-file",
    "service.tls.key-store.store-type=JKS",
    "service.tls.key-store.store-type=JCEKS",
    "service.tls.key-store.store-type=PKCS12",
    "service.tls.key-store.store-type=PKCS11",
    "service.tls.key-store.store-type=DKS",
    "service.tls.key-store.store-type=Windows_MY",
    "service.tls.key-store.store-type=BKS",
    "service.tls.trust-store",
    "service.tls.mutual-auth",
    "service.tls.protocols",
    "service.tls.ciphers",
    "service.tls.allowed-peer-names",
    "service.manage.tls",
    "format.mode=kafka-avro",
    "format.registry-topic",
    "format.props",
];

const MARK: &str = "// covers: ";

/// A test, and where it is.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Test {
    /// The file, from the root of the tree.
    file: String,
    name: String,
}

/// The root of the tree.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What needs a test: each key, and each word that a key takes; mappings whose keys are listed do not.
fn wanted() -> Vec<String> {
    let mut wanted = Vec::new();
    for key in keys() {
        let ConfigKey {
            path,
            choices,
            has_keys,
            ..
        } = key;
        if choices.is_empty() && !has_keys && path != "producer-props" {
            wanted.push(path.clone());
        }
        if path == "producer-props" {
            wanted.extend(PROPERTIES.iter().map(|&property| property.to_owned()));
        }
        let words = choices.iter().map(|choice| &choice.value);
        wanted.extend(words.map(|word| format!("{path}={word}")));
    }
    wanted
}

/// The sources below `folder`.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(())
}

/// What the marks in the text of `file` say: the tests that cover each key.
fn marks(file: &str, text: &str) -> Result<Vec<(String, Test)>> {
    let mut marks = Vec::new();
    let mut keys = Vec::new();
    let mut is_test = false;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let place = || format!("{file}:{number}");
        if let Some(listed) = line.strip_prefix(MARK) {
            let listed = listed
                .split(", ")
                .map(|key| key.trim_end_matches(',').to_owned());
            keys.extend(listed);
            continue;
        }
        if keys.is_empty() {
            continue;
        }
        is_test |= line == "#[test]";
        if let Some(name) = line.strip_prefix("fn ") {
            ensure!(is_test, "{}: a mark stands above what is no test", place());
            let name = name.split(['(', '<']).next().unwrap_or_default().to_owned();
            let shown = Test {
                file: file.to_owned(),
                name,
            };
            marks.extend(keys.drain(..).map(|key| (key, shown.clone())));
            is_test = false;
        } else if !line.starts_with("//") && !line.starts_with("#[") {
            bail!("{}: a mark stands above what is no test", place());
        }
    }
    ensure!(keys.is_empty(), "{file}: a mark stands at the end");
    Ok(marks)
}

/// The tests that cover each key.
fn covered() -> Result<BTreeMap<String, BTreeSet<Test>>> {
    let root = root();
    let mut files = Vec::new();
    for folder in ["connector", "tests/tests"] {
        sources(&root.join(folder), &mut files)?;
    }
    let mut covered = BTreeMap::<_, BTreeSet<_>>::new();
    for path in files {
        let file = path.strip_prefix(&root)?.display().to_string();
        for (key, test) in marks(&file, &fs::read_to_string(&path)?)? {
            covered.entry(key).or_default().insert(test);
        }
    }
    Ok(covered)
}

#[test]
fn every_key_has_a_test_that_covers_it() -> Result<()> {
    let wanted = wanted();
    let covered = covered()?;
    let unknown: Vec<_> = covered
        .iter()
        .filter(|(key, _)| !wanted.contains(key))
        .collect();
    ensure!(unknown.is_empty(), "marks of no key: {unknown:#?}");
    for key in SHOWN_BY_NOTHING_YET {
        let is_wanted = wanted.iter().any(|wanted| wanted == key);
        ensure!(is_wanted, "{key} is no key: remove it from the list");
        let tests = covered.get(*key);
        ensure!(tests.is_none(), "{key} is covered: remove it from the list");
    }
    let bare: Vec<_> = wanted
        .iter()
        .filter(|key| !covered.contains_key(*key) && !SHOWN_BY_NOTHING_YET.contains(&&***key))
        .collect();
    ensure!(bare.is_empty(), "no test covers {bare:#?}");
    Ok(())
}

/// `UPDATE_GOLDEN=1` writes the page.
#[test]
fn the_page_about_the_tests_of_keys_is_up_to_date() -> Result<()> {
    let path = root().join("docs/coverage.md");
    let page = page(&wanted(), &covered()?)?;
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &page)?;
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    ensure!(written == page, "`make golden` writes docs/coverage.md");
    Ok(())
}

/// The page, in Markdown.
fn page(wanted: &[String], covered: &BTreeMap<String, BTreeSet<Test>>) -> Result<String> {
    let mut page = "# What covers each key\n\n\
        Every key of the [configuration file](reference.md), every word that a key takes, and the tests that \
        would notice if it did nothing. Tests name their keys (`// covers: ...`), a test of its own fails where a \
        key has none, and `make golden` writes this page. Those in `tests/tests/e2e` run the built connector \
        against a real Kafka.\n"
        .to_owned();
    let mut section = None;
    for key in wanted {
        let of = key.split('.').next().unwrap_or_default();
        let of = of.split('=').next().unwrap_or_default();
        if section.replace(of) != Some(of) {
            write!(page, "\n## `{of}`\n\n| Key | Tests |\n|---|---|\n")?;
        }
        let tests = covered.get(key).into_iter().flatten();
        let links: Vec<_> = tests
            .map(|Test { file, name }| format!("[{}](../{file})", name.replace('_', " ")))
            .collect();
        let links = match links.as_slice() {
            [] => "none yet".to_owned(),
            links => links.join("<br>"),
        };
        writeln!(page, "| `{key}` | {links} |")?;
    }
    Ok(page)
}

#[test]
fn a_mark_above_what_is_no_test_is_an_error() {
    let said = |text: &str| marks("file.rs", text).unwrap_err().to_string();
    let of_no_test = "file.rs:2: a mark stands above what is no test";
    assert_eq!(said("// covers: a\nfn helper() {}\n"), of_no_test);
    assert_eq!(said("// covers: a\nconst A: u8 = 1;\n"), of_no_test);
    assert_eq!(said("// covers: a\n"), "file.rs: a mark stands at the end");
}

#[test]
fn a_mark_may_have_several_lines_and_stands_above_one_test() -> Result<()> {
    let text = "// covers: a.b, c.d=e,\n// covers: f\n#[test]\nfn one() {}\n#[test]\nfn two() {}\n";
    let marks = marks("file.rs", text)?;
    let found: Vec<_> = marks
        .iter()
        .map(|(key, test)| (key.as_str(), test.name.as_str()))
        .collect();
    assert_eq!(found, [("a.b", "one"), ("c.d=e", "one"), ("f", "one")]);
    Ok(())
}
