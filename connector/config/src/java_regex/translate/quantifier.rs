//! Quantifiers.

use super::Translator;
use crate::java_regex::{
    error::RegexError,
    piece::{Greed, Piece, Quantifier},
    program::{Loop, UNSET},
};

/// Rounds that a quantifier may ask for.
const REPEAT_MAX: usize = 10_000;

impl Translator {
    /// The piece with the quantifier that follows it, if one does.
    pub(super) fn quantified(&mut self, piece: Piece) -> Result<Piece, RegexError> {
        self.skip();
        let position = self.source.position();
        let (least, most, optional) = match self.source.peek() {
            Some('?') => (0, 1, true),
            Some('*') => (0, UNSET, false),
            Some('+') => (1, UNSET, false),
            Some('{') => {
                let (least, most) = self.counts(position)?;
                (least, most, false)
            }
            _ => return Ok(piece),
        };
        // The sign itself, or the brace behind the counts.
        self.source.next();
        self.skip();
        let greed = if self.source.take('?') {
            Greed::Lazy
        } else if self.source.take('+') {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        let cells = Loop {
            count: self.register_count,
            begin: self.register_count + 1,
        };
        self.register_count += 2;
        let quantifier = Quantifier {
            least,
            most,
            greed,
            optional,
        };
        Ok(piece.repeated(quantifier, cells))
    }

    /// The numbers in braces, up to the closing one.
    fn counts(&mut self, position: usize) -> Result<(usize, usize), RegexError> {
        self.source.next();
        let least = self.count();
        let most = if self.source.take(',') {
            if self.source.peek() == Some('}') {
                Some(UNSET)
            } else {
                self.count()
            }
        } else {
            least
        };
        match (least, most, self.source.peek()) {
            (Some(least), Some(most), Some('}')) if least <= most => Ok((least, most)),
            _ => Err(RegexError::new(
                "what stands in the braces is no number of repetitions",
                position,
                r"write {2}, {2,} or {2,5} with numbers up to 10000, or \{ for a brace",
            )),
        }
    }

    fn count(&mut self) -> Option<usize> {
        let digits = self.source.take_while(6, |letter| letter.is_ascii_digit());
        digits.parse().ok().filter(|&count| count <= REPEAT_MAX)
    }
}
