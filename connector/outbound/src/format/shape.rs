//! The names of a record's bins, as they are written. Records of one set mostly have the same bins in
//! the same order: then each name is a comparison and a copy of fixed length, and none of them has to be
//! looked at for escapes or for a name that is there twice.

use std::ops::Range;

use crate::{pack::Head, text::names::Names};

/// What is copied for a name, in bytes: its punctuation and a name of plain text fit, and for
/// MessagePack what a value begins with behind them.
const FRAGMENT_MAX: usize = 32;

/// Records in a row with other bins after which theirs are taken for the common ones: sets whose
/// records differ from each other must not pay for remembering each.
const MISSES_MAX: u32 = 8;

/// Appends a name in the way of a format.
pub(super) type Spelling = fn(&mut Vec<u8>, &[u8]);

/// The bin names that most records have.
#[derive(Debug)]
pub(super) struct Shape {
    /// What is written before a name and after it.
    before: &'static [u8],
    after: &'static [u8],
    /// How a name is written.
    spell: Spelling,
    bins: Vec<Known>,
    /// Records since the last with just these bins.
    misses: u32,
}

/// One bin name and what is written for it.
#[derive(Clone, Copy, Debug)]
struct Known {
    name: Packed,
    fragment: [u8; FRAGMENT_MAX],
    /// Where the fragment begins in the output of the record at hand.
    start: usize,
    len: usize,
    /// Of the name alone.
    name_len: usize,
}

/// A name of up to 16 bytes in two words; with the length, equal only for equal names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Packed {
    len: usize,
    first: u64,
    last: u64,
}

impl Packed {
    /// Longer names, as `bin-transforms` may give them, are equal here though they differ in the
    /// middle.
    const LEN_MAX: usize = 16;

    #[inline]
    fn new(name: &[u8]) -> Self {
        let (first, last) =
            if let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk()) {
                (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
            } else if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk()) {
                (
                    u32::from_le_bytes(*first).into(),
                    u32::from_le_bytes(*last).into(),
                )
            } else {
                let word = name
                    .iter()
                    .fold(0, |word, byte| word << 8 | u64::from(*byte));
                (word, 0)
            };
        Self {
            len: name.len(),
            first,
            last,
        }
    }
}

/// The names of one record, written one after another.
#[derive(Debug)]
pub(super) struct Walk<'s> {
    shape: &'s mut Shape,
    /// Bins so far that were where they are in the shape; [`Self::OTHER`] once one was not.
    same: usize,
    /// Where the names begin in [`Names`], if they had to be remembered.
    mark: usize,
    taken: Option<Range<usize>>,
}

impl Shape {
    pub(super) const fn new(before: &'static [u8], spell: Spelling, after: &'static [u8]) -> Self {
        Self {
            before,
            after,
            spell,
            bins: Vec::new(),
            misses: 0,
        }
    }

    /// Begins a record. `taken` is where in the output a further name of the same object stands,
    /// one and the same for all records of this shape.
    #[inline]
    pub(super) fn walk(&mut self, names: &Names, taken: Option<Range<usize>>) -> Walk<'_> {
        Walk {
            shape: self,
            same: 0,
            mark: names.mark(),
            taken,
        }
    }
}

impl Walk<'_> {
    const OTHER: usize = usize::MAX;

    /// Appends a name with its punctuation.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "a name that is known is a comparison and a copy, in each of its places"
    )]
    pub(super) fn write(&mut self, out: &mut Vec<u8>, names: &mut Names, name: &[u8]) {
        match self.write_known(out, name) {
            Some(len) => out.truncate(out.len() - (FRAGMENT_MAX - len)),
            None => self.write_other(out, names, name),
        }
    }

    /// The same, and behind it two bytes and a head: names that are known are written together with
    /// them.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as for `write`")]
    pub(super) fn write_with(
        &mut self,
        out: &mut Vec<u8>,
        names: &mut Names,
        name: &[u8],
        (before, head): ([u8; 2], Head),
    ) {
        if let Some(len) = self.write_known(out, name) {
            let fragment = out.last_chunk_mut::<FRAGMENT_MAX>();
            let room = fragment.and_then(|fragment| fragment.get_mut(len..)?.first_chunk_mut());
            let surplus = FRAGMENT_MAX - len;
            if let Some(room) = room {
                *room = head.behind(before);
                out.truncate(out.len() - (surplus - before.len() - head.len()));
                return;
            }
            out.truncate(out.len() - surplus);
        } else {
            self.write_other(out, names, name);
        }
        out.extend_from_slice(&before);
        head.write(out);
    }

    /// Appends the whole fragment of a name that is expected here, and returns how much of it counts.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as for `write`")]
    fn write_known(&mut self, out: &mut Vec<u8>, name: &[u8]) -> Option<usize> {
        let known = self.shape.bins.get_mut(self.same)?;
        if known.name != Packed::new(name) {
            return None;
        }
        known.start = out.len();
        out.extend_from_slice(&known.fragment);
        self.same += 1;
        Some(known.len)
    }

    /// Appends a name that was not expected here.
    fn write_other(&mut self, out: &mut Vec<u8>, names: &mut Names, name: &[u8]) {
        if self.same != Self::OTHER {
            self.remember(out, names);
            self.same = Self::OTHER;
        }
        out.extend_from_slice(self.shape.before);
        let start = out.len();
        (self.shape.spell)(out, name);
        names.push(out, start..out.len());
        out.extend_from_slice(self.shape.after);
    }

    /// Remembers the names that were the same up to here.
    #[cold]
    fn remember(&mut self, out: &[u8], names: &mut Names) {
        if let Some(taken) = self.taken.take() {
            names.push(out, taken);
        }
        for known in self.shape.bins.iter().take(self.same) {
            let start = known.start + self.shape.before.len();
            names.push(out, start..start + known.name_len);
        }
    }

    /// Ends the record, whose bins have these names in the end. Returns where in `out` a name stands
    /// that is there twice.
    #[inline]
    pub(super) fn close<'n>(
        self,
        out: &[u8],
        names: &mut Names,
        bins: impl Iterator<Item = &'n [u8]>,
    ) -> Option<Range<usize>> {
        if self.same == self.shape.bins.len() {
            self.shape.misses = 0;
            return None;
        }
        self.close_other(out, names, bins)
    }

    #[cold]
    fn close_other<'n>(
        self,
        out: &[u8],
        names: &mut Names,
        bins: impl Iterator<Item = &'n [u8]>,
    ) -> Option<Range<usize>> {
        // Fewer bins than expected, all of them known, are a part of what has no name twice.
        let repeated = if self.same == Self::OTHER {
            names.close(out, self.mark)
        } else {
            None
        };
        self.shape.misses += 1;
        let is_due = self.shape.bins.is_empty() || self.shape.misses >= MISSES_MAX;
        if repeated.is_none() && is_due {
            self.shape.learn(bins);
        }
        repeated
    }
}

impl Shape {
    /// Takes these names for those of the next record, as far as they are of the common kind.
    fn learn<'n>(&mut self, names: impl Iterator<Item = &'n [u8]>) {
        self.misses = 0;
        self.bins.clear();
        let mut text = Vec::with_capacity(FRAGMENT_MAX);
        for name in names {
            if name.len() > Packed::LEN_MAX {
                return;
            }
            text.clear();
            text.extend_from_slice(self.before);
            (self.spell)(&mut text, name);
            let name_len = text.len() - self.before.len();
            text.extend_from_slice(self.after);
            let mut fragment = [0; FRAGMENT_MAX];
            let Some(place) = fragment.get_mut(..text.len()) else {
                return;
            };
            place.copy_from_slice(&text);
            self.bins.push(Known {
                name: Packed::new(name),
                fragment,
                start: 0,
                len: text.len(),
                name_len,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::string;
    use proptest::prelude::*;

    /// Writes records of bins without values, and tells for each which name it has twice.
    fn write(records: &[Vec<String>]) -> Vec<(String, Option<String>)> {
        let mut shape = Shape::new(b",\"", string::write_unquoted, b"\":");
        let mut names = Names::default();
        let mut all = Vec::new();
        for record in records {
            names.clear();
            let mut out = b"{\"meta".to_vec();
            let mut walk = shape.walk(&names, Some(2..6));
            for name in record {
                walk.write(&mut out, &mut names, name.as_bytes());
            }
            let bins = record.iter().map(String::as_bytes);
            let twice = walk.close(&out, &mut names, bins);
            let text = String::from_utf8(out).unwrap();
            let twice = twice.and_then(|place| text.get(place).map(str::to_owned));
            all.push((text, twice));
        }
        all
    }

    fn expected(record: &[String]) -> String {
        let members = record.iter().map(|name| {
            let quoted = serde_json::to_string(name).unwrap();
            format!(",{quoted}:")
        });
        format!("{{\"meta{}", members.collect::<String>())
    }

    proptest! {
        #[test]
        fn names_are_written_and_repetitions_found_whatever_the_records_before(
            records in prop::collection::vec(
                prop::collection::vec("[ab]{0,2}|meta|[a-z]{4,15}|[\"\\x01]{1,15}", 0..6), 1..8),
            repeat in 1..12_usize,
        ) {
            // Each record several times in a row, so that shapes are learnt, met and left.
            let records: Vec<_> = records
                .into_iter()
                .flat_map(|record| std::iter::repeat_n(record, repeat))
                .collect();
            for (record, (text, twice)) in records.iter().zip(write(&records)) {
                prop_assert_eq!(text, expected(record));
                let mut seen = std::collections::HashSet::from(["meta"]);
                let is_twice = record.iter().any(|name| !seen.insert(name));
                prop_assert_eq!(twice.is_some(), is_twice);
            }
        }
    }
}
