use super::*;
use crate::parse;
use std::{env, fs, path::Path};

const LEAST: &str = "\
producer-props: { bootstrap.servers: 'a:1' }
";

/// What is noticed with the file that has these lines besides.
fn noticed(lines: &str) -> Vec<Note> {
    let plan = parse(&format!("{LEAST}{lines}"), "file.yml");
    plan.unwrap_or_else(|diagnostics| panic!("{diagnostics}"))
        .differences
}

/// The keys that something is said about, each with its line.
fn keys(notes: &[Note]) -> Vec<(&str, Option<usize>)> {
    let keys = notes.iter().map(|note| {
        let line = note.place.map(|(line, _)| line);
        (note.path.as_str(), line)
    });
    keys.collect()
}

fn has(notes: &[Note], path: &str, line: usize, part: &str) -> bool {
    notes.iter().any(|note| {
        note.path == path
            && note.place.is_some_and(|(at, _)| at == line)
            && note.message.contains(part)
    })
}

#[test]
fn a_small_file_has_notes_for_what_it_uses_and_for_defaults_alone() {
    let notes = noticed("routing: { mode: static, destination: t }\nformat: { mode: xdr }\n");
    assert_eq!(
        keys(&notes),
        [
            ("producer-props", Some(1)),
            ("format.mode", Some(3)),
            ("service.cluster-name", None),
            ("producer-props.linger.ms", None),
            ("producer-props.batch.size", None),
        ],
        "{notes:#?}"
    );
}

#[test]
fn an_item_of_any_level_is_noticed_at_its_place_and_once() {
    let notes = noticed(
        "routing: { mode: skip }
format: { mode: json }
namespaces:
  users:
    routing: { mode: bin, bin: b, default: t }
    sets: { vip: { routing: { mode: bin, bin: b, default: t } } }
",
    );
    assert!(
        has(
            &notes,
            "namespaces.users.routing.mode",
            6,
            "a delete has no bins and goes to `default`, always (and at 1 more)"
        ),
        "{notes:#?}"
    );
}

#[test]
fn a_name_with_a_dot_hides_no_item() {
    let notes = noticed("namespaces: { 'a.b': { routing: { mode: set, default: t } } }\n");
    assert!(
        has(&notes, "namespaces.\"a.b\".routing.mode", 2, "1000 topics"),
        "{notes:#?}"
    );
}

#[test]
fn a_default_is_not_told_where_the_file_sets_the_key() {
    let notes = noticed("service: { cluster-name: own }\n");
    assert!(
        !notes.iter().any(|note| note.path == "service.cluster-name"),
        "{notes:#?}"
    );
}

#[test]
fn what_a_warning_says_already_is_not_said_again() {
    let notes = noticed("service: { worker-threads: 4, io-threads: 4 }\nfeature-key-file: f\n");
    let keys = keys(&notes);
    assert!(keys.contains(&("service.io-threads", Some(2))), "{keys:?}");
    assert!(
        !keys
            .iter()
            .any(|(key, _)| matches!(*key, "service.worker-threads" | "feature-key-file")),
        "{keys:?}"
    );
}

#[test]
fn paths_of_the_vendors_packages_are_noticed_wherever_they_stand() {
    let notes = noticed("logging: { file: /var/log/aerospike-kafka-outbound/c.log }\n");
    assert!(
        has(
            &notes,
            "logging.file",
            2,
            "is a path of the vendor's packages"
        ),
        "{notes:#?}"
    );
    assert!(has(&notes, "logging.file", 2, "rotated"), "{notes:#?}");
}

#[test]
fn a_key_without_a_value_brings_nothing_about() {
    let notes = noticed("batching:\n");
    assert!(
        !notes.iter().any(|note| note.path == "batching"),
        "{notes:#?}"
    );
}

/// `UPDATE_GOLDEN=1` writes the table into the page.
#[test]
fn the_page_for_those_who_come_from_the_vendors_connector_is_up_to_date() {
    const BEGIN: &str = "<!-- differences -->\n";
    const END: &str = "<!-- end of differences -->";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/coming-from-the-vendor.md");
    let written = fs::read_to_string(&path).unwrap();
    let (before, rest) = written.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let page = format!("{before}{BEGIN}{}{END}{after}", page::table());
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(
        page == fs::read_to_string(&path).unwrap(),
        "`make golden` writes the table into docs/coming-from-the-vendor.md"
    );
}

#[test]
fn every_key_of_the_table_is_one_of_the_file() {
    let keys = crate::keys();
    for Difference { key, when, .. } in TABLE.iter().filter(|row| !row.key.is_empty()) {
        if let Some(property) = key.strip_prefix("producer-props.") {
            let properties = include_str!("../../tests/java/kafka-4.3-properties.tsv");
            let mut names = properties.lines().map(|line| line.split('\t').nth(1));
            assert!(names.any(|name| name == Some(property)), "{key}");
            continue;
        }
        let known = keys.iter().find(|known| known.path == *key);
        let known = known.unwrap_or_else(|| panic!("{key} is no key"));
        if let When::Is(values) = when {
            let words: Vec<_> = known.choices.iter().map(|choice| &choice.value).collect();
            for value in *values {
                assert!(words.iter().any(|word| word == value), "{key}: {value}");
            }
        }
    }
}

#[test]
fn sentences_fit_into_a_table_and_into_a_line() {
    for Difference { here, remedy, .. } in TABLE {
        for text in [here, remedy] {
            assert!(!text.contains(['\n', '|']), "{text}");
            assert!(!text.ends_with('.'), "{text}");
            assert!(!text.contains("  "), "{text}");
        }
        assert!(here.len() < 260, "{here}");
    }
}
