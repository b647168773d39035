//! What holds for every text.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use aeroduct_config::fuzzing::fuzz_yaml;
use proptest::{collection::vec, prelude::*, sample::select};

/// Pieces of which texts are made that come close to configuration files.
const PIECES: &[&str] = &[
    "service",
    "producer-props",
    "routing",
    "format",
    "logging",
    "aeroduct",
    "namespaces",
    "sets",
    "port-based-config",
    "key",
    "source",
    "bin-value",
    "key-hash",
    "bin-name",
    "bin-transforms",
    "include",
    "specified",
    "bins",
    "batching",
    "batch-interval",
    "record-ordering",
    "message-pack",
    "xdr",
    "dead-letter",
    "headers",
    "metadata",
    "mode",
    "static",
    "set",
    "bin",
    "json",
    "flat-json",
    "port",
    "address",
    "manage",
    "transforms",
    "regex",
    "pattern",
    "replacement",
    "levels",
    "default",
    "destination",
    "metadata-key",
    "bootstrap.servers",
    "reply-deadline",
    "max-frame-bytes",
    ": ",
    ":",
    "\n",
    "\n  ",
    "\n    ",
    "\n- ",
    "  - ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    "\"",
    "|",
    ">-",
    "#",
    "&a ",
    "*a",
    "!t ",
    "!!str ",
    "<<",
    "? ",
    "---\n",
    "...",
    "%YAML 1.2\n",
    "~",
    "null",
    "8080",
    "0",
    "-1",
    "5s",
    "16MiB",
    "yes",
    "\t",
    "\r\n",
    "\\",
    "\\n",
    "(a*)*",
    "$1",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "é",
    "\u{0}",
    "localhost:9092",
];

/// Every file of the corpus.
fn seeds() -> Vec<Vec<u8>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let files = ["good", "bad"].map(|kind| fs::read_dir(corpus.join(kind)).unwrap());
    let paths = files
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    let seeds: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "yml"))
        .map(|path| fs::read(path).unwrap())
        .collect();
    assert!(seeds.len() > 50, "{} files", seeds.len());
    seeds
}

#[test]
fn every_cut_of_every_file_is_answered() {
    for seed in seeds() {
        for end in 0..=seed.len() {
            fuzz_yaml(&seed[..end]);
        }
    }
}

#[test]
fn a_file_as_large_as_allowed_is_answered() {
    for piece in [
        "a: b\n",
        "- ",
        "[",
        "{",
        "? ",
        "a",
        "'",
        "\"",
        "x: &a ",
        "x: *a\n",
        "!",
        "!a ",
        "| ",
        "%",
        ": ",
        "- - -\n",
        "[a, ",
        "[,",
        "{a: b, ",
        "\n",
        " ",
        "#",
        "---\n",
        "a:\n ",
        "service: {port: [1",
        ",1",
    ] {
        fuzz_yaml(piece.repeat((1 << 20) / piece.len()).as_bytes());
    }
    fuzz_yaml(format!("producer-props:\n{}", "  a: b\n".repeat(140_000)).as_bytes());
    fuzz_yaml(format!("service:\n  port: [{}1]\n", "1,".repeat(500_000)).as_bytes());
}

/// The levels of a file meet in the product of its ports, namespaces and sets.
#[test]
fn as_many_levels_as_allowed_are_answered() {
    let names = |count: usize, level: &str| -> String {
        let entries: Vec<_> = (1..=count).map(|n| format!("{n}: {level}")).collect();
        entries.join(", ")
    };
    let sets = names(4095, "{key: {source: key-hash}}");
    // More do not fit into a file.
    let namespaces = names(7, &format!("{{sets: {{{sets}}}}}"));
    let ports: Vec<_> = (1..=64).map(|port: u16| port.to_string()).collect();
    let text = format!(
        "service: {{port: [{}]}}\nrouting: {{mode: static, destination: users}}\n\
         format: {{mode: json}}\nport-based-config: {{{}}}\nnamespaces: {{{namespaces}}}\n",
        ports.join(", "),
        names(64, "{batching: {}}")
    );
    assert!(text.len() < 1 << 20, "{} bytes", text.len());
    fuzz_yaml(text.as_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..200)) {
        fuzz_yaml(&bytes);
    }

    #[test]
    fn any_text_made_of_our_words_is_answered(pieces in vec(select(PIECES), 0..60)) {
        fuzz_yaml(pieces.concat().as_bytes());
    }

    #[test]
    fn any_change_of_a_good_file_is_answered(seed in select(seeds()), at in any::<prop::sample::Index>(), piece in select(PIECES)) {
        let at = at.index(seed.len() + 1);
        let mut text = seed[..at].to_vec();
        text.extend_from_slice(piece.as_bytes());
        text.extend_from_slice(&seed[at..]);
        fuzz_yaml(&text);
    }
}
