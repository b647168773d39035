//! What a backslash begins, in and outside of brackets.

use super::{
    charset::CharSet,
    class::{horizontal_space, predefined, vertical_space},
    error::RegexError,
    flags::Flags,
    property,
    source::Source,
};

/// What an escape means.
#[derive(Debug)]
pub(super) enum Escaped {
    /// A character.
    Letter(char),
    /// A set of characters.
    Set(CharSet),
    /// Something that only makes sense outside of brackets, by its letter.
    Construct(char),
}

/// Reads an escape whose backslash, at `position`, is taken already.
pub(super) fn read_escape(
    source: &mut Source,
    flags: Flags,
    position: usize,
) -> Result<Escaped, RegexError> {
    let Some(letter) = source.next() else {
        return Err(RegexError::new(
            "a backslash escapes nothing",
            position,
            r"write \\ for a backslash",
        ));
    };
    Ok(match letter.value {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => Escaped::Set(predefined(letter.value, flags)),
        'h' => Escaped::Set(horizontal_space()),
        'H' => Escaped::Set(horizontal_space().negated()),
        'v' => Escaped::Set(vertical_space()),
        'V' => Escaped::Set(vertical_space().negated()),
        'p' | 'P' => Escaped::Set(property::read(
            source,
            flags,
            letter.value == 'P',
            position,
        )?),
        '0' => Escaped::Letter(octal(source, position)?),
        'a' => Escaped::Letter('\u{7}'),
        'c' => Escaped::Letter(control(source, position)?),
        'e' => Escaped::Letter('\u{1b}'),
        'f' => Escaped::Letter('\u{c}'),
        'n' => Escaped::Letter('\n'),
        'r' => Escaped::Letter('\r'),
        't' => Escaped::Letter('\t'),
        'u' => Escaped::Letter(utf16(source, position)?),
        'x' => Escaped::Letter(hexadecimal(source, position)?),
        construct @ ('1'..='9' | 'A' | 'B' | 'G' | 'R' | 'Z' | 'b' | 'k' | 'z') => {
            Escaped::Construct(construct)
        }
        'N' => {
            return Err(RegexError::new(
                r"characters by name (\N{...}) are not known",
                position,
                r"write \x{...}",
            ));
        }
        'X' => {
            return Err(RegexError::new(
                r"grapheme clusters (\X) are not supported",
                position,
                r"write \P{M}\p{M}*",
            ));
        }
        unknown if unknown.is_ascii_alphabetic() => {
            return Err(RegexError::new(
                format!(r"there is no escape \{unknown}"),
                position,
                r"write the letter alone, or \\ for a backslash",
            ));
        }
        literal => Escaped::Letter(literal),
    })
}

/// `\0` and one to three octal digits, up to 0377.
fn octal(source: &mut Source, position: usize) -> Result<char, RegexError> {
    let most = if matches!(source.peek(), Some('0'..='3')) {
        3
    } else {
        2
    };
    let digits = source.take_while(most, |letter| letter.is_digit(8));
    u32::from_str_radix(&digits, 8)
        .ok()
        .and_then(char::from_u32)
        .ok_or_else(|| {
            RegexError::new(
                r"\0 is not followed by an octal digit",
                position,
                r"write \x00 for a null",
            )
        })
}

fn control(source: &mut Source, position: usize) -> Result<char, RegexError> {
    source
        .next()
        .and_then(|letter| char::from_u32(u32::from(letter.value) ^ 64))
        .ok_or_else(|| {
            RegexError::new(
                r"\c is not followed by a character",
                position,
                r"write it as in \cA",
            )
        })
}

fn hexadecimal(source: &mut Source, position: usize) -> Result<char, RegexError> {
    let (digits, whole) = if source.take('{') {
        let digits = source.take_while(8, |letter| letter.is_ascii_hexdigit());
        let whole = !digits.is_empty() && source.take('}');
        (digits, whole)
    } else {
        let digits = source.take_while(2, |letter| letter.is_ascii_hexdigit());
        let whole = digits.len() == 2;
        (digits, whole)
    };
    let code = u32::from_str_radix(&digits, 16).ok().filter(|_| whole);
    code.and_then(char::from_u32).ok_or_else(|| {
        RegexError::new(
            r"\x is not followed by the hexadecimal number of a character",
            position,
            r"write two digits, as in \x2d, or \x{...} with a number up to 10FFFF",
        )
    })
}

/// `\uXXXX`, or two of them that make up one character.
fn utf16(source: &mut Source, position: usize) -> Result<char, RegexError> {
    let first = utf16_unit(source, position)?;
    let paired = (0xd800..0xdc00).contains(&first) && source.peek() == Some('\\');
    let units = if paired && source.ahead(1).is_some_and(|letter| letter.value == 'u') {
        source.take('\\');
        source.take('u');
        vec![first, utf16_unit(source, position)?]
    } else {
        vec![first]
    };
    String::from_utf16(&units)
        .ok()
        .and_then(|text| text.chars().next())
        .ok_or_else(|| {
            RegexError::new(
                "half a surrogate pair is no character",
                position,
                r"write both halves, or \x{...}",
            )
        })
}

fn utf16_unit(source: &mut Source, position: usize) -> Result<u16, RegexError> {
    let digits = source.take_while(4, |letter| letter.is_ascii_hexdigit());
    u16::from_str_radix(&digits, 16)
        .ok()
        .filter(|_| digits.len() == 4)
        .ok_or_else(|| {
            RegexError::new(
                r"\u is not followed by four hexadecimal digits",
                position,
                r"write it as in \u002d",
            )
        })
}
