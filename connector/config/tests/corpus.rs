//! Complete files, good and bad, each with what is said of it in `NAME.expected` beside it.
//!
//! `UPDATE_GOLDEN=1` writes what is said now; read the difference before you keep it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use aeroduct_config::load;

/// The files of one kind, in the order of their names.
fn files(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(kind);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    files
}

/// What is said of a file, which is called by its name alone; whether it is accepted.
fn outcome(path: &Path) -> (bool, String) {
    match load(path) {
        Ok(plan) if plan.warnings.is_empty() => (true, "no warnings\n".to_owned()),
        Ok(plan) => {
            let lines = plan.warnings.iter().map(|warning| format!("{warning}\n"));
            (true, lines.collect())
        }
        Err(error) => {
            let folder = format!("{}/", path.parent().unwrap().display());
            (false, format!("{error}\n").replace(&folder, ""))
        }
    }
}

fn check(kind: &str, is_accepted: bool) {
    let mut failures = Vec::new();
    for path in files(kind) {
        let (accepted, said) = outcome(&path);
        let expected_path = path.with_extension("expected");
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&expected_path, &said).unwrap();
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if accepted != is_accepted || said != expected {
            failures.push(format!(
                "--- {}\nexpected:\n{expected}\nsaid:\n{said}",
                path.display()
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} files:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

// covers: service.worker-threads, service.max-concurrent-requests, format.schema-file
#[test]
fn good_files_make_a_plan() {
    check("good", true);
}

// covers: routing.mode=custom, routing.class, routing.params, format.mode=custom, format.class,
// covers: format.batch-formatter-class, format.params, format.payload-format,
// covers: custom-transformer.class, custom-transformer.params, namespaces.*.custom-transformer,
// covers: namespaces.*.sets.*.custom-transformer
#[test]
fn bad_files_are_refused_with_every_fault_and_its_place() {
    check("bad", false);
}

#[test]
fn the_example_of_the_documents_is_good_and_the_one_of_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join("docs/connector.yml");
    assert_eq!(outcome(&path), (true, "no warnings\n".to_owned()));
    let example = fs::read_to_string(path).unwrap();
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains(&format!("```yaml\n{example}```")));
}
