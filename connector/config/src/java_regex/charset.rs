//! Sets of characters.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

/// A set of characters, as sorted ranges.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct CharSet(ClassUnicode);

/// The dotted and dotless letters that only case conversion, not case folding, relates to `i`.
const TURKISH_I: [char; 4] = ['i', 'I', '\u{130}', '\u{131}'];

impl CharSet {
    pub(super) fn empty() -> Self {
        Self(ClassUnicode::empty())
    }

    pub(super) fn any() -> Self {
        Self::range('\0', char::MAX)
    }

    pub(super) fn range(first: char, last: char) -> Self {
        Self::of(&[(first, last)])
    }

    pub(super) fn of(ranges: &[(char, char)]) -> Self {
        Self(ClassUnicode::new(
            ranges
                .iter()
                .map(|&(first, last)| ClassUnicodeRange::new(first, last)),
        ))
    }

    /// The characters of a Unicode property in the notation of the `regex` crate, such as
    /// `Script=Latin`.
    pub(super) fn property(query: &str) -> Option<Self> {
        let hir = regex_syntax::parse(&format!(r"\p{{{query}}}")).ok()?;
        match hir.into_kind() {
            HirKind::Class(Class::Unicode(class)) => Some(Self(class)),
            HirKind::Class(Class::Bytes(class)) => Some(Self(class.to_unicode_class()?)),
            HirKind::Literal(literal) => {
                let letter = str::from_utf8(&literal.0).ok()?.chars().next()?;
                Some(Self::range(letter, letter))
            }
            _ => None,
        }
    }

    pub(super) fn with(mut self, other: &Self) -> Self {
        self.0.union(&other.0);
        self
    }

    pub(super) fn within(mut self, other: &Self) -> Self {
        self.0.intersect(&other.0);
        self
    }

    pub(super) fn without(mut self, other: &Self) -> Self {
        self.0.difference(&other.0);
        self
    }

    pub(super) fn negated(mut self) -> Self {
        self.0.negate();
        self
    }

    /// Adds the other case of every ASCII letter in it, and nothing else: Java's `(?i)`.
    pub(super) fn ascii_folded(self) -> Self {
        let mut letters = self.clone().within(&Self::range('\0', '\u{7f}'));
        letters.0.case_fold_simple();
        let letters = letters.within(&Self::range('\0', '\u{7f}'));
        self.with(&letters)
    }

    /// Adds all that differs in case alone: Java's `(?iu)`.
    pub(super) fn unicode_folded(mut self) -> Self {
        if TURKISH_I.iter().any(|&letter| self.contains(letter)) {
            self = self.with(&Self::of(&TURKISH_I.map(|letter| (letter, letter))));
        }
        self.0.case_fold_simple();
        self
    }

    pub(super) fn contains(&self, letter: char) -> bool {
        let ranges = self.0.ranges();
        let after = ranges.partition_point(|range| range.end() < letter);
        ranges
            .get(after)
            .is_some_and(|range| range.start() <= letter)
    }

    /// The one character in it, where there is exactly one.
    pub(super) fn only(&self) -> Option<char> {
        match self.0.ranges() {
            [range] if range.start() == range.end() => Some(range.start()),
            _ => None,
        }
    }

    /// Ranges, as a measure of its size in memory.
    pub(super) fn range_count(&self) -> usize {
        self.0.ranges().len()
    }

    pub(super) fn hir(&self) -> Hir {
        Hir::class(Class::Unicode(self.0.clone()))
    }
}
