use std::collections::BTreeMap;

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::fuzzing::fuzz_jaas;

const KAFKA: &str = include_str!("../../tests/java/jaas.jsonl");

fn options(entry: &Entry) -> BTreeMap<String, String> {
    let options = entry.options.iter();
    options
        .map(|(name, value)| (name.clone(), value.expose().to_owned()))
        .collect()
}

fn refused(text: &str) -> String {
    match parse(text) {
        Ok(_) => panic!("{text:?} is accepted"),
        Err(malformed) => malformed.to_string(),
    }
}

/// Module and options; `None` where Kafka throws.
type Parsed = Option<(String, BTreeMap<String, String>)>;

#[test]
fn entries_are_read_as_kafka_reads_them() {
    assert!(KAFKA.lines().count() >= 49);
    for line in KAFKA.lines() {
        let (text, expected): (String, Parsed) = serde_json::from_str(line).unwrap();
        let entry = parse(&text).ok();
        let read = entry.map(|entry| (entry.module.clone(), options(&entry)));
        assert_eq!(read, expected, "{text:?}");
    }
}

#[test]
fn an_error_says_what_is_expected_where() {
    for (text, expected) in [
        (
            "",
            "the Java class of a login module is expected at character 1",
        ),
        (
            "a.B",
            "required, requisite, sufficient or optional is expected at character 4",
        ),
        (
            "a.B username=\"canary\"",
            "required, requisite, sufficient or optional is expected at character 5",
        ),
        (
            "a.B required x canary",
            "= behind the name of an option is expected at character 16",
        ),
        (
            "a.B required x=1canary;",
            "a value, in quotes unless it is one word that begins with a letter, is expected at character 16",
        ),
        (
            "a.B required x=\"canary\"",
            "the name of an option, or a semicolon that ends the entry, is expected at character 24",
        ),
        (
            "a.B required x=\"canary\" 5;",
            "the name of an option, or a semicolon that ends the entry, is expected at character 25",
        ),
        (
            "a.B required x=\"canary;",
            "a quote on the same line that closes the one is expected at character 16",
        ),
        (
            "a.B required x=\"canary\n\";",
            "a quote on the same line that closes the one is expected at character 16",
        ),
        (
            "a.B required; canary",
            "the end, after one entry, is expected at character 15",
        ),
    ] {
        let said = refused(text);
        assert_eq!(
            said,
            format!("is no login module with options: {expected}"),
            "{text}"
        );
        assert!(!said.contains("canary"));
    }
}

/// A text in quotes that means `value`.
fn quoted(value: &str, quote: char) -> String {
    let mut text = String::from(quote);
    for c in value.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\\' => text.push_str("\\\\"),
            _ if c == quote => text.extend(['\\', c]),
            _ => text.push(c),
        }
    }
    text.push(quote);
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_is_written_in_quotes_is_read_again(
        options in vec(("[a-z_$][a-zA-Z0-9_.$-]{0,8}", any::<String>(), any::<bool>()), 0..6)
    ) {
        let written = options.iter().map(|(name, value, is_single)| {
            let quote = if *is_single { '\'' } else { '"' };
            format!(" {name} = {}", quoted(value, quote))
        });
        let text = format!("a.b.C required{};", written.collect::<String>());
        let Ok(entry) = parse(&text) else {
            panic!("{text:?} is refused");
        };
        let read: Vec<_> = entry.options.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        let written: Vec<_> = options.iter().map(|(name, value, _)| (name.as_str(), value.as_str())).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        fuzz_jaas(text.as_bytes());
    }

    #[test]
    fn any_text_of_what_entries_have_is_answered(
        pieces in vec(prop::sample::select(&["a.B", " required ", "x", "=", ";", "\"", "'", "\\", "/", "*", "\n", "1", "-", "\u{e9}"][..]), 0..40)
    ) {
        fuzz_jaas(pieces.concat().as_bytes());
    }
}
