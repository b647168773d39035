//! The word that was probably meant.

/// How alike two words must be, from 0 to 1, for one to be suggested in place of the other.
const LIKENESS_MIN: f64 = 0.6;

/// Characters beyond which a word is compared with no other: comparing takes time by the product of
/// the lengths.
const WORD_MAX: usize = 64;

/// The one of `known` that is most like `given`, if any is alike.
pub(super) fn nearest<'w>(
    given: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    if given.len() > WORD_MAX {
        return None;
    }
    let given = normalized(given);
    known
        .into_iter()
        .map(|word| (likeness(&given, &normalized(word)), word))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, word)| word)
}

/// How alike two words are, from 0 to 1. Abbreviations and inflections are the same word.
fn likeness(one: &str, other: &str) -> f64 {
    let is_short_for = |long: &str, short: &str| short.len() > 2 && long.starts_with(short);
    if is_short_for(one, other) || is_short_for(other, one) {
        return 0.7;
    }
    strsim::normalized_damerau_levenshtein(one, other)
}

/// A word without what people mix up: capitals, and dashes for underscores.
pub(super) fn normalized(word: &str) -> String {
    word.to_ascii_lowercase().replace('_', "-")
}

/// The words as a person lists them: "`a`, `b` or `c`".
pub(super) fn listed(words: &[&str], last: &str) -> String {
    let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
    joined(&quoted, last)
}

/// The phrases as a person lists them: "a, b or c".
pub(crate) fn joined(phrases: &[String], last: &str) -> String {
    match phrases {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 4] = ["port", "address", "io-threads", "cluster-name"];

    #[test]
    fn a_slip_of_the_pen_finds_the_word_that_was_meant() {
        for (given, meant) in [
            ("prot", "port"),
            ("ioThreads", "io-threads"),
            ("io_threads", "io-threads"),
            ("adress", "address"),
            ("cluster", "cluster-name"),
        ] {
            assert_eq!(nearest(given, KNOWN), Some(meant), "{given}");
        }
    }

    #[test]
    fn a_word_of_its_own_finds_none() {
        assert_eq!(nearest("compression", KNOWN), None);
        assert_eq!(nearest(&"port".repeat(100), KNOWN), None);
    }

    #[test]
    fn words_are_listed_as_people_do() {
        assert_eq!(listed(&["a"], "or"), "`a`");
        assert_eq!(listed(&["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
