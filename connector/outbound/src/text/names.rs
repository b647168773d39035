//! Finds two members of one JSON object, or two bins of one record, that got the same name.
//!
//! Names are remembered as places in the output, so nothing is copied. The escaped text is compared:
//! equal names have equal escapes, different names different ones.

use std::ops::Range;

/// Up to here all pairs of hashes are compared; above, sorting is cheaper.
const PAIRS_MAX: usize = 64;

/// The names written so far, of all objects that are still open.
#[derive(Debug, Default)]
pub(crate) struct Names(Vec<Name>);

#[derive(Clone, Copy, Debug)]
struct Name {
    start: usize,
    len: u32,
    hash: u32,
}

impl Names {
    /// Most names to keep room for between two records: 1 MiB.
    const KEPT_MAX: usize = 1 << 16;

    /// Forgets all names, and the memory that one large record took.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.0.clear();
        if self.0.capacity() > Self::KEPT_MAX {
            self.0.shrink_to(Self::KEPT_MAX);
        }
    }

    /// Where the names of an object that begins now will be.
    #[inline]
    pub(crate) const fn mark(&self) -> usize {
        self.0.len()
    }

    /// Remembers the name at `place` in `out`.
    #[inline]
    pub(crate) fn push(&mut self, out: &[u8], place: Range<usize>) {
        let start = place.start;
        let text = out.get(place).unwrap_or_default();
        // No frame is so long that a name of it could come near 4 GiB.
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.0.push(Name {
            start,
            len,
            hash: hash(text),
        });
    }

    /// Closes the object whose names begin at `mark`. Returns where in `out` a name stands that
    /// another one of the object repeats.
    #[inline]
    pub(crate) fn close(&mut self, out: &[u8], mark: usize) -> Option<Range<usize>> {
        let names = self.0.get_mut(mark..).unwrap_or_default();
        let repeated = if names.len() <= PAIRS_MAX {
            among_few(out, names)
        } else {
            among_many(out, names)
        };
        self.0.truncate(mark);
        repeated.map(Name::range)
    }
}

impl Name {
    fn range(self) -> Range<usize> {
        self.start..self.start + self.len as usize
    }

    fn text(self, out: &[u8]) -> &[u8] {
        out.get(self.range()).unwrap_or_default()
    }
}

#[inline]
fn among_few(out: &[u8], names: &[Name]) -> Option<Name> {
    // Mostly each name has a bit of its own, and that settles it.
    let mut seen = [0_u64; 4];
    let mut has_clash = false;
    for name in names {
        let [place, word, ..] = name.hash.to_le_bytes();
        let bit = 1 << (place % 64);
        if let Some(seen) = seen.get_mut(usize::from(word % 4)) {
            has_clash |= *seen & bit != 0;
            *seen |= bit;
        }
    }
    if has_clash {
        among_pairs(out, names)
    } else {
        None
    }
}

#[cold]
fn among_pairs(out: &[u8], names: &[Name]) -> Option<Name> {
    let mut rest = names;
    while let Some((last, before)) = rest.split_last() {
        if before
            .iter()
            .any(|name| name.hash == last.hash && name.text(out) == last.text(out))
        {
            return Some(*last);
        }
        rest = before;
    }
    None
}

/// Names in ascending order, as those of ordered maps come, are passed once; others are sorted. Equal
/// hashes of different names, which a peer can bring about at will, cost no more than a comparison.
fn among_many(out: &[u8], names: &mut [Name]) -> Option<Name> {
    if names.is_sorted_by(|a, b| a.text(out) < b.text(out)) {
        return None;
    }
    names.sort_unstable_by(|a, b| {
        a.hash
            .cmp(&b.hash)
            .then_with(|| a.text(out).cmp(b.text(out)))
    });
    names
        .array_windows()
        .find(|[a, b]| a.hash == b.hash && a.text(out) == b.text(out))
        .map(|[_, b]| *b)
}

/// A quick hash of the length and both ends, not more: what rests on it is speed alone.
#[inline]
fn hash(text: &[u8]) -> u32 {
    let ends = if let (Some(first), Some(last)) = (text.first_chunk::<8>(), text.last_chunk()) {
        u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(29)
    } else if let (Some(first), Some(last)) = (text.first_chunk::<4>(), text.last_chunk()) {
        u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
    } else {
        text.iter()
            .fold(0, |word, byte| word << 8 | u64::from(*byte))
    };
    let [.., a, b, c, d] = (ends ^ text.len() as u64)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::Names;
    use proptest::prelude::*;

    fn repeated<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        let (mut out, mut seen) = (b"before".to_vec(), Names::default());
        let mark = seen.mark();
        for name in names {
            let start = out.len();
            out.extend_from_slice(name.as_bytes());
            seen.push(&out, start..out.len());
            out.push(b',');
        }
        let range = seen.close(&out, mark)?;
        Some(String::from_utf8(out[range].to_vec()).unwrap())
    }

    #[test]
    fn a_repeated_name_is_found_whatever_the_number_of_names() {
        for count in [2_usize, 9, 63, 64, 65, 1000] {
            let mut names: Vec<String> = (0..count).map(|name| format!("name-{name}")).collect();
            assert_eq!(repeated(names.iter().map(String::as_str)), None);
            names[count - 1] = names[0].clone();
            assert_eq!(
                repeated(names.iter().map(String::as_str)).as_deref(),
                Some("name-0")
            );
        }
    }

    #[test]
    fn names_of_an_outer_object_do_not_meet_those_of_an_inner_one() {
        let out = b"aa";
        let mut names = Names::default();
        names.push(out, 0..1);
        let mark = names.mark();
        names.push(out, 1..2);
        assert_eq!(names.close(out, mark), None);
        assert_eq!(names.mark(), mark);
    }

    proptest! {
        #[test]
        fn the_answer_is_that_of_a_set(names in prop::collection::vec("[ab]{0,6}|[a-z]{0,20}", 0..120)) {
            let distinct: std::collections::HashSet<_> = names.iter().collect();
            let found = repeated(names.iter().map(String::as_str));
            prop_assert_eq!(found.is_some(), distinct.len() < names.len());
        }
    }
}
