//! GeoJSON text as a JSON value: checked and compacted in one pass.
//!
//! White space between the tokens goes, everything else stays as the text has it. Numbers keep their
//! digits and strings their escapes, so nothing is lost or rounded on the way; a reader sees the same
//! value. Broken UTF-8 inside strings is repaired like that of any string.

use super::string::write_repaired;

/// The deepest nesting of arrays and objects inside one text.
pub(crate) const DEPTH_MAX: u32 = 64;

/// Why a text is not rendered.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(crate) enum GeoJsonError {
    /// The text is not one JSON value.
    #[error("not JSON at byte {offset}")]
    Malformed {
        /// Where the text stops being JSON, counted from its begin.
        offset: usize,
    },
    /// Arrays and objects lie too deep.
    #[error("nested deeper than {DEPTH_MAX} at byte {offset}")]
    TooDeep {
        /// Where the first bracket too many stands.
        offset: usize,
    },
}

/// Appends `text` without the white space between its tokens.
pub(crate) fn write(out: &mut Vec<u8>, text: &[u8]) -> Result<(), GeoJsonError> {
    let mut compactor = Compactor {
        text,
        offset: 0,
        nesting: Nesting::default(),
        out,
    };
    let mut expected = Expected::Value;
    loop {
        let byte = compactor.skip_white_space();
        expected = match (expected, byte) {
            (Expected::Nothing, None) => return Ok(()),
            (_, None) | (Expected::Nothing, Some(_)) => return Err(compactor.malformed()),
            (expected, Some(byte)) => compactor.token(expected, byte)?,
        };
    }
}

/// What the grammar allows next.
#[derive(Clone, Copy)]
enum Expected {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
    Nothing,
}

/// The open arrays and objects: one bit each, set for an object, the innermost lowest.
#[derive(Clone, Copy, Default)]
struct Nesting {
    objects: u64,
    depth: u32,
}

struct Compactor<'a> {
    text: &'a [u8],
    offset: usize,
    nesting: Nesting,
    out: &'a mut Vec<u8>,
}

impl Compactor<'_> {
    /// Takes one token that begins with `byte`, and says what may follow it.
    fn token(&mut self, expected: Expected, byte: u8) -> Result<Expected, GeoJsonError> {
        use Expected::{Colon, CommaOrEnd, Name, NameOrEnd, Value, ValueOrEnd};
        match (expected, byte) {
            (Value | ValueOrEnd, b'{' | b'[') => self.open(byte == b'{'),
            (ValueOrEnd | CommaOrEnd, b']') => self.close(false),
            (NameOrEnd | CommaOrEnd, b'}') => self.close(true),
            (Name | NameOrEnd, b'"') => self.string().map(|()| Colon),
            (Value | ValueOrEnd, _) => self.scalar(byte).map(|()| self.after_value()),
            (CommaOrEnd, b',') if self.nesting.objects & 1 == 1 => Ok(self.mark(byte, Name)),
            (CommaOrEnd, b',') | (Colon, b':') => Ok(self.mark(byte, Value)),
            _ => Err(self.malformed()),
        }
    }

    fn open(&mut self, is_object: bool) -> Result<Expected, GeoJsonError> {
        if self.nesting.depth == DEPTH_MAX {
            return Err(GeoJsonError::TooDeep {
                offset: self.offset,
            });
        }
        let objects = self.nesting.objects << 1 | u64::from(is_object);
        self.nesting = Nesting {
            objects,
            depth: self.nesting.depth + 1,
        };
        Ok(if is_object {
            self.mark(b'{', Expected::NameOrEnd)
        } else {
            self.mark(b'[', Expected::ValueOrEnd)
        })
    }

    fn close(&mut self, is_object: bool) -> Result<Expected, GeoJsonError> {
        if self.nesting.depth == 0 || (self.nesting.objects & 1 == 1) != is_object {
            return Err(self.malformed());
        }
        let objects = self.nesting.objects >> 1;
        self.nesting = Nesting {
            objects,
            depth: self.nesting.depth - 1,
        };
        let next = self.after_value();
        Ok(self.mark(if is_object { b'}' } else { b']' }, next))
    }

    fn after_value(&self) -> Expected {
        if self.nesting.depth == 0 {
            Expected::Nothing
        } else {
            Expected::CommaOrEnd
        }
    }

    /// Passes a token of one byte on.
    fn mark(&mut self, byte: u8, next: Expected) -> Expected {
        self.out.push(byte);
        self.offset += 1;
        next
    }

    fn scalar(&mut self, first: u8) -> Result<(), GeoJsonError> {
        match first {
            b'"' => self.string(),
            b't' => self.literal(b"true"),
            b'f' => self.literal(b"false"),
            b'n' => self.literal(b"null"),
            _ => self.number(),
        }
    }

    fn literal(&mut self, literal: &[u8]) -> Result<(), GeoJsonError> {
        if !self.rest().starts_with(literal) {
            return Err(self.malformed());
        }
        self.out.extend_from_slice(literal);
        self.offset += literal.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), GeoJsonError> {
        let start = self.offset;
        self.take_if(|byte| byte == b'-');
        if !self.take_if(|byte| byte == b'0') {
            self.digits()?;
        }
        if self.take_if(|byte| byte == b'.') {
            self.digits()?;
        }
        if self.take_if(|byte| matches!(byte, b'e' | b'E')) {
            self.take_if(|byte| matches!(byte, b'+' | b'-'));
            self.digits()?;
        }
        self.out
            .extend_from_slice(self.text.get(start..self.offset).unwrap_or_default());
        Ok(())
    }

    fn digits(&mut self) -> Result<(), GeoJsonError> {
        if !self.take_if(|byte| byte.is_ascii_digit()) {
            return Err(self.malformed());
        }
        while self.take_if(|byte| byte.is_ascii_digit()) {}
        Ok(())
    }

    fn string(&mut self) -> Result<(), GeoJsonError> {
        let start = self.offset;
        self.offset += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(0x20..) => self.offset += 1,
                Some(_) | None => return Err(self.malformed()),
            }
        }
        self.offset += 1;
        write_repaired(
            self.out,
            self.text.get(start..self.offset).unwrap_or_default(),
        );
        Ok(())
    }

    /// Checks an escape. Half a surrogate pair stands for no character, so it is refused.
    fn escape(&mut self) -> Result<(), GeoJsonError> {
        match *self.rest() {
            [
                _,
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't',
                ..,
            ] => {
                self.offset += 2;
                Ok(())
            }
            [_, b'u', ..] => match self.code_unit()? {
                0xD800..0xDC00 if matches!(self.code_unit()?, 0xDC00..0xE000) => Ok(()),
                0xD800..0xE000 => Err(self.malformed()),
                _ => Ok(()),
            },
            _ => Err(self.malformed()),
        }
    }

    /// Takes a `\uXXXX` for the number it holds.
    fn code_unit(&mut self) -> Result<u32, GeoJsonError> {
        let Some((&[b'\\', b'u', ref digits @ ..], _)) = self.rest().split_first_chunk::<6>()
        else {
            return Err(self.malformed());
        };
        let unit = digits.iter().try_fold(0, |unit, &digit| {
            Some(unit << 4 | char::from(digit).to_digit(16)?)
        });
        let unit = unit.ok_or_else(|| self.malformed())?;
        self.offset += 6;
        Ok(unit)
    }

    fn skip_white_space(&mut self) -> Option<u8> {
        while self.take_if(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {}
        self.peek()
    }

    fn take_if(&mut self, is_wanted: impl Fn(u8) -> bool) -> bool {
        let taken = self.peek().is_some_and(is_wanted);
        self.offset += usize::from(taken);
        taken
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.offset).copied()
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.offset..).unwrap_or_default()
    }

    fn malformed(&self) -> GeoJsonError {
        GeoJsonError::Malformed {
            offset: self.offset,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{GeoJsonError, write};
    use proptest::prelude::*;

    fn compact(text: &[u8]) -> Result<String, GeoJsonError> {
        let mut out = Vec::new();
        write(&mut out, text)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn white_space_between_tokens_goes_and_all_else_stays() {
        let text = br#" { "type" : "Point",
            "coordinates": [ 1.30, -1e+2 , 0 ], "a b": [ ], "c":{ } , "d":[true,false,null, "\u00e9\/"] } "#;
        assert_eq!(
            compact(text).unwrap(),
            r#"{"type":"Point","coordinates":[1.30,-1e+2,0],"a b":[],"c":{},"d":[true,false,null,"\u00e9\/"]}"#
        );
    }

    #[test]
    fn any_json_value_will_do() {
        for text in ["1", "-0.5", "\"x\"", "null", "[]", r#""\ud83d\ude00""#] {
            assert_eq!(compact(text.as_bytes()).unwrap(), text);
        }
    }

    #[test]
    fn what_is_not_one_json_value_is_refused_with_its_place() {
        for (text, offset) in [
            (r"", 0),
            (r"  ", 2),
            (r"{", 1),
            (r"{]", 1),
            (r"[}", 1),
            (r"]", 0),
            (r"[1,]", 3),
            (r"[1 2]", 3),
            (r#"{"a"}"#, 4),
            (r#"{"a":1,}"#, 7),
            (r"{a:1}", 1),
            (r"{1:1}", 1),
            (r"1 2", 2),
            (r"01", 1),
            (r"1.", 2),
            (r".5", 0),
            (r"1e", 2),
            (r"+1", 0),
            (r"-", 1),
            (r"tru", 0),
            (r"NaN", 0),
            ("\"a\nb\"", 2),
            (r#""abc"#, 4),
            (r#""\x""#, 1),
            (r#""\u12g4""#, 1),
            (r#""\ud83d""#, 7),
            (r#""\ud83dA""#, 7),
            (r#""\ude00""#, 7),
            ("\u{FEFF}{}", 0),
        ] {
            assert_eq!(
                compact(text.as_bytes()),
                Err(GeoJsonError::Malformed { offset }),
                "{text}"
            );
        }
    }

    #[test]
    fn sixty_four_levels_pass_and_one_more_does_not() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(compact(nested(64).as_bytes()).unwrap(), nested(64));
        assert_eq!(
            compact(nested(65).as_bytes()),
            Err(GeoJsonError::TooDeep { offset: 64 })
        );
    }

    #[test]
    fn broken_text_inside_a_string_is_repaired() {
        assert_eq!(compact(b"[\"a\xFFb\"]").unwrap(), "[\"a\u{FFFD}b\"]");
        assert_eq!(
            compact(b"[\xFF]"),
            Err(GeoJsonError::Malformed { offset: 1 })
        );
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (-1e300..1e300_f64).prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        scalar.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(".*", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_pretty_text_becomes_its_compact_form(value in json()) {
            let pretty = serde_json::to_vec_pretty(&value).unwrap();
            prop_assert_eq!(compact(&pretty).unwrap(), serde_json::to_string(&value).unwrap());
        }

        #[test]
        fn a_text_is_refused_exactly_where_serde_json_refuses_it(text in r#"[-{}\[\],:"\\utrfalsen0-9. ]{0,12}"#) {
            let ours = compact(text.as_bytes()).is_ok();
            prop_assert_eq!(ours, serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok());
        }
    }
}
