//! Where words begin and end (`\b`).

use std::sync::LazyLock;

use super::charset::CharSet;

/// Letters and decimal digits of any script, as Java's `Character.isLetterOrDigit`.
static LETTERS_AND_DIGITS: LazyLock<CharSet> =
    LazyLock::new(|| property("L").with(&property("Nd")));
/// Marks that combine with the letter before them.
static MARKS: LazyLock<CharSet> = LazyLock::new(|| property("Mn"));
/// `\w` under the flag `U`.
pub(super) static UNICODE_WORD: LazyLock<CharSet> = LazyLock::new(|| {
    ["Alphabetic", "M", "Nd", "Pc", "Join_Control"]
        .iter()
        .fold(CharSet::empty(), |set, name| set.with(&property(name)))
});

/// Marks on one letter that are looked through.
const MARKS_MAX: usize = 64;

fn property(name: &str) -> CharSet {
    CharSet::property(name).unwrap_or_else(CharSet::empty)
}

/// Whether exactly one of the characters around `at` belongs to a word.
///
/// Without the flag `U` that is a letter or digit of any script, an underscore, or a combining mark
/// on a letter or digit: so it is up to Java 18, which is wider than `\w`.
pub(super) fn is_boundary(text: &str, at: usize, unicode: bool) -> bool {
    let Some((before, after)) = text.split_at_checked(at) else {
        return false;
    };
    let left = before
        .chars()
        .next_back()
        .is_some_and(|letter| belongs(letter, before, unicode));
    let right = after
        .chars()
        .next()
        .is_some_and(|letter| belongs(letter, before, unicode));
    left != right
}

/// Whether `letter` belongs to a word. If it is a mark, `before` ends in what it stands on, or in
/// itself.
fn belongs(letter: char, before: &str, unicode: bool) -> bool {
    if letter.is_ascii() {
        return letter == '_' || letter.is_ascii_alphanumeric();
    }
    if unicode && UNICODE_WORD.contains(letter) {
        return true;
    }
    if !unicode && LETTERS_AND_DIGITS.contains(letter) {
        return true;
    }
    MARKS.contains(letter)
        && before
            .chars()
            .rev()
            .take(MARKS_MAX)
            .find(|&letter| !MARKS.contains(letter))
            .is_some_and(|base| LETTERS_AND_DIGITS.contains(base))
}
