use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::{NoFiles, files::held::Held, fuzzing::fuzz_reference};

const JAVA: &str = include_str!("../../tests/java/properties.jsonl");

fn expanded(text: &str, files: &[(&str, &str)]) -> (String, Origin) {
    let Ok(value) = expand(text, &Providers::default(), &Held::of(files)) else {
        panic!("{text} is refused");
    };
    (value.text.expose().to_owned(), value.origin)
}

/// The one reason why `text` cannot be used.
fn refused(text: &str, files: &[(&str, &str)]) -> String {
    let Err(findings) = expand(text, &Providers::default(), &Held::of(files)) else {
        panic!("{text} is accepted");
    };
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings[0].reason.clone()
}

#[test]
fn properties_files_are_read_as_java_reads_them() {
    assert!(JAVA.lines().count() >= 30);
    for line in JAVA.lines() {
        let (text, loaded): (String, Option<BTreeMap<String, String>>) =
            serde_json::from_str(line).unwrap();
        let entries: Result<BTreeMap<_, _>, _> = java_properties::entries(&text)
            .map(|entry| entry.map(|(key, value)| (key.to_string(), value.expose().to_owned())))
            .collect();
        assert_eq!(entries.ok(), loaded, "{text:?}");
    }
}

#[test]
fn a_reference_is_replaced_by_what_the_file_holds() {
    let files = [
        ("secrets/pw", "canary"),
        ("app.properties", "a.b=1\npw:p\\u0061ss"),
    ];
    for (text, expected) in [
        ("${directory:secrets:pw}", "canary"),
        ("${directory:secrets/:pw}", "canary"),
        ("${file:app.properties:pw}", "pass"),
        (
            "<${file:app.properties:a.b}${directory:secrets:pw}>",
            "<1canary>",
        ),
        (
            "password=\"${directory:secrets:pw}\";",
            "password=\"canary\";",
        ),
    ] {
        assert_eq!(
            expanded(text, &files),
            (expected.to_owned(), Origin::Files),
            "{text}"
        );
    }
}

#[test]
fn one_line_end_of_a_file_is_left_out_and_nothing_else() {
    for (content, expected) in [
        ("pw\n", "pw"),
        ("pw\r\n", "pw"),
        ("pw\n\n", "pw\n"),
        (" pw ", " pw "),
        ("pw\r", "pw\r"),
        ("\n", ""),
        ("", ""),
    ] {
        let files = [("f/k", content)];
        assert_eq!(
            expanded("${directory:f:k}", &files).0,
            expected,
            "{content:?}"
        );
    }
}

#[test]
fn what_is_no_reference_stays_as_kafka_leaves_it() {
    for text in [
        "plain",
        "${",
        "}${",
        "${HOME}",
        "${vault:path:key}",
        "${x${file:a:b}",
        "a$b{c}",
        "$${nothing}",
    ] {
        assert_eq!(
            expanded(text, &[]),
            (text.to_owned(), Origin::Written),
            "{text}"
        );
    }
}

#[test]
fn a_key_may_have_colons_and_a_provider_another_name() {
    let mut providers = Providers::default();
    providers.insert("vault", Provider::File);
    let Ok(value) = expand("${vault:f:a:b}", &providers, &Held::of(&[("f", "a\\:b=1")])) else {
        panic!("it is refused");
    };
    assert_eq!(value.text.expose(), "1");
}

#[test]
fn a_reference_that_cannot_be_followed_is_an_error_with_its_cause() {
    let files = [
        ("app.properties", "a=canary\nb=\\uXYZ0"),
        ("good.properties", "a=canary"),
        ("f/nul", "a\0b"),
    ];
    for (text, reason) in [
        (
            "${directory:secrets:pw}",
            "refers to the file \"/etc/connector/secrets/pw\", which cannot be read: entity not found",
        ),
        (
            "${file:none.properties:pw}",
            "refers to the file \"/etc/connector/none.properties\", which cannot be read: entity not found",
        ),
        (
            "${file:good.properties:pw}",
            "refers to the key \"pw\" of the properties file \"/etc/connector/good.properties\", which does not have it",
        ),
        (
            "${file:app.properties:a}",
            "refers to the properties file \"/etc/connector/app.properties\", whose line 2 has \\u without four hexadecimal digits behind it",
        ),
        (
            "${directory:f:nul}",
            "refers to the file \"/etc/connector/f/nul\", which has a NUL character",
        ),
        (
            "${directory:f:../g}",
            "refers to \"../g\", which is no name of a file in the folder \"f\"",
        ),
        (
            "${directory:f}",
            "refers to a folder without naming both the folder and a file in it",
        ),
        (
            "${file::a}",
            "refers to a properties file without naming both the file and a key in it",
        ),
        (
            "${env:PASSWORD}",
            "refers to the environment of the process, where secrets are open to see",
        ),
    ] {
        assert_eq!(refused(text, &files), reason);
    }
}

#[test]
fn a_file_that_is_no_text_is_refused() {
    let files = Held::of(&[("f/k", b"\xff\xfe")]);
    let Err(findings) = expand("${directory:f:k}", &Providers::default(), &files) else {
        panic!("it is accepted");
    };
    assert!(
        findings[0].reason.ends_with("it is no UTF-8 text"),
        "{findings:?}"
    );
}

#[test]
fn all_references_of_a_value_that_fail_are_told() {
    let Err(findings) = expand(
        "${file:a:b}${file:c:d}",
        &Providers::default(),
        &Held::default(),
    ) else {
        panic!("it is accepted");
    };
    assert_eq!(findings.len(), 2);
}

#[test]
fn a_value_has_bounds() {
    let files = [("f/k", "v")];
    let reference = "${directory:f:k}";
    assert_eq!(expanded(&reference.repeat(64), &files).0, "v".repeat(64));
    assert!(refused(&reference.repeat(65), &files).contains("more than 64 references"));
}

#[test]
fn where_no_files_can_be_seen_a_word_stands_for_what_they_hold() {
    let Ok(value) = expand(
        "a${file:f:k}${directory:f:k}",
        &Providers::default(),
        &NoFiles,
    ) else {
        panic!("it is refused");
    };
    assert_eq!(value.text.expose(), "aunseenunseen");
    assert_eq!(value.origin, Origin::Unseen);
}

/// A text as a properties file has it, in which it means `text`.
fn escaped(text: &str) -> String {
    let escape = |unit| format!("\\u{unit:04x}");
    text.encode_utf16().map(escape).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_is_escaped_in_a_properties_file_is_read_again(
        entries in vec((any::<String>(), any::<String>(), prop::sample::select(&["=", ":", " ", " = "][..])), 0..6)
    ) {
        let lines = entries.iter().map(|(key, value, separator)| {
            // An empty one would be a blank line, or begin with its separator.
            format!("k{}{separator}{}\n", escaped(key), escaped(value))
        });
        let text: String = lines.collect();
        for (key, ..) in &entries {
            let last = entries.iter().rev().find(|(known, ..)| known == key);
            let found = value_of_properties(text.as_bytes(), &format!("k{key}"));
            prop_assert_eq!(Some(&found), last.map(|(_, value, _)| value));
        }
    }

    #[test]
    fn any_value_is_answered(text in any::<String>()) {
        fuzz_reference(text.as_bytes());
    }

    #[test]
    fn any_value_made_of_references_is_answered(
        pieces in vec(prop::sample::select(&["${", "}", "file", "directory", ":", "key", "=", "\\", "\\u00", "\n", "\r", "#", " "][..]), 0..40)
    ) {
        fuzz_reference(pieces.concat().as_bytes());
    }
}
