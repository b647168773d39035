//! Named properties of characters: `\p{...}`.

use super::{
    charset::CharSet,
    error::RegexError,
    flags::{Flag, Flags},
    source::Source,
    word::UNICODE_WORD,
};

const REMEDY: &str = "use a general category (\\p{Lu}), a script (\\p{IsLatin}), a POSIX class \
    (\\p{Alpha}), or ranges such as [\\x{370}-\\x{3ff}]";

/// The cases of letters: where case does not count, each stands for all.
const CASED: &[&str] = &["Lu", "Ll", "Lt"];

/// Reads what follows `\p` or `\P`.
pub(super) fn read(
    source: &mut Source,
    flags: Flags,
    negated: bool,
    position: usize,
) -> Result<CharSet, RegexError> {
    let name = if source.take('{') {
        let name = source.take_while(64, |letter| letter != '}');
        if !source.take('}') {
            return Err(RegexError::new(
                r"\p{ is not closed",
                position,
                "close it with }",
            ));
        }
        name
    } else {
        source
            .next()
            .map(|letter| letter.value.to_string())
            .unwrap_or_default()
    };
    let set = find(&name, flags).ok_or_else(|| {
        RegexError::new(
            format!("the property {name:?} is not known"),
            position,
            REMEDY,
        )
    })?;
    Ok(if negated { set.negated() } else { set })
}

fn find(name: &str, flags: Flags) -> Option<CharSet> {
    let any_case = flags.has(Flag::CaseInsensitive);
    if let Some((key, value)) = name.split_once('=') {
        return match key.to_ascii_lowercase().as_str() {
            "sc" | "script" => CharSet::property(&format!("sc={value}")),
            "blk" | "block" => block(value),
            "gc" | "general_category" => category(value, any_case),
            _ => None,
        };
    }
    if let Some(name) = name.strip_prefix("In") {
        return block(name);
    }
    if let Some(name) = name.strip_prefix("Is") {
        return unicode_property(name, any_case)
            .or_else(|| category(name, any_case))
            .or_else(|| CharSet::property(&format!("sc={name}")));
    }
    if let Some(name) = name.strip_prefix("java") {
        return java_method(name, any_case);
    }
    if flags.has(Flag::UnicodeClasses)
        && let Some(set) = unicode_posix(name, any_case)
    {
        return Some(set);
    }
    posix(name, any_case).or_else(|| category(name, any_case))
}

/// A general category, named as Java names it: the exact letters.
fn category(name: &str, any_case: bool) -> Option<CharSet> {
    if any_case && CASED.contains(&name) {
        return union(CASED);
    }
    match name {
        "LC" => union(CASED),
        "LD" => union(&["L", "Nd"]),
        "L1" => Some(CharSet::range('\0', '\u{ff}')),
        "all" => Some(CharSet::any()),
        "Cs" => Some(CharSet::empty()),
        "C" => union(&["Cc", "Cf", "Co", "Cn"]),
        "L" | "M" | "N" | "P" | "S" | "Z" | "Cc" | "Cf" | "Cn" | "Co" | "Ll" | "Lm" | "Lo"
        | "Lt" | "Lu" | "Mc" | "Me" | "Mn" | "Nd" | "Nl" | "No" | "Pc" | "Pd" | "Pe" | "Pf"
        | "Pi" | "Po" | "Ps" | "Sc" | "Sk" | "Sm" | "So" | "Zl" | "Zp" | "Zs" => {
            CharSet::property(name)
        }
        _ => None,
    }
}

/// POSIX classes: ASCII alone.
fn posix(name: &str, any_case: bool) -> Option<CharSet> {
    let ranges: &[(char, char)] = match name {
        "ASCII" => &[('\0', '\u{7f}')],
        "Lower" | "Upper" if any_case => &[('A', 'Z'), ('a', 'z')],
        "Lower" => &[('a', 'z')],
        "Upper" => &[('A', 'Z')],
        "Alpha" => &[('A', 'Z'), ('a', 'z')],
        "Digit" => &[('0', '9')],
        "Alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "Punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "Graph" => &[('!', '~')],
        "Print" => &[(' ', '~')],
        "Blank" => &[(' ', ' '), ('\t', '\t')],
        "Cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "XDigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        "Space" => &[('\t', '\r'), (' ', ' ')],
        _ => return None,
    };
    Some(CharSet::of(ranges))
}

/// POSIX classes under the flag `U`, by their definitions in Unicode Technical Standard 18.
fn unicode_posix(name: &str, any_case: bool) -> Option<CharSet> {
    match name.to_ascii_uppercase().as_str() {
        "LOWER" | "UPPER" if any_case => union(&["Lowercase", "Uppercase", "Lt"]),
        "LOWER" => CharSet::property("Lowercase"),
        "UPPER" => CharSet::property("Uppercase"),
        "ALPHA" => CharSet::property("Alphabetic"),
        "DIGIT" => CharSet::property("Nd"),
        "ALNUM" => union(&["Alphabetic", "Nd"]),
        "PUNCT" => CharSet::property("P"),
        "GRAPH" => Some(union(&["White_Space", "Cc", "Cn"])?.negated()),
        "PRINT" => {
            let graph = union(&["White_Space", "Cc", "Cn"])?.negated();
            Some(graph.with(&union(&["Zs"])?))
        }
        "BLANK" => Some(CharSet::property("Zs")?.with(&CharSet::range('\t', '\t'))),
        "CNTRL" => CharSet::property("Cc"),
        "XDIGIT" => union(&["Nd", "Hex_Digit"]),
        "SPACE" => CharSet::property("White_Space"),
        _ => None,
    }
}

/// Binary properties of Unicode, after `Is`.
fn unicode_property(name: &str, any_case: bool) -> Option<CharSet> {
    match name.to_ascii_uppercase().as_str() {
        "ALPHABETIC" => CharSet::property("Alphabetic"),
        "LETTER" => CharSet::property("L"),
        "IDEOGRAPHIC" => CharSet::property("Ideographic"),
        "LOWERCASE" | "UPPERCASE" | "TITLECASE" if any_case => {
            union(&["Lowercase", "Uppercase", "Lt"])
        }
        "LOWERCASE" => CharSet::property("Lowercase"),
        "UPPERCASE" => CharSet::property("Uppercase"),
        "TITLECASE" => CharSet::property("Lt"),
        "WHITE_SPACE" | "WHITESPACE" => CharSet::property("White_Space"),
        "CONTROL" => CharSet::property("Cc"),
        "PUNCTUATION" => CharSet::property("P"),
        "HEX_DIGIT" | "HEXDIGIT" => union(&["Nd", "Hex_Digit"]),
        "ASSIGNED" => Some(CharSet::property("Cn")?.negated()),
        "NONCHARACTER_CODE_POINT" | "NONCHARACTERCODEPOINT" => {
            CharSet::property("Noncharacter_Code_Point")
        }
        "DIGIT" => CharSet::property("Nd"),
        "ALNUM" => union(&["Alphabetic", "Nd"]),
        "BLANK" => unicode_posix("BLANK", any_case),
        "GRAPH" => unicode_posix("GRAPH", any_case),
        "PRINT" => unicode_posix("PRINT", any_case),
        "WORD" => Some(UNICODE_WORD.clone()),
        "JOIN_CONTROL" | "JOINCONTROL" => CharSet::property("Join_Control"),
        _ => None,
    }
}

/// Tests of `java.lang.Character`, after `java`.
fn java_method(name: &str, any_case: bool) -> Option<CharSet> {
    match name {
        "LowerCase" | "UpperCase" | "TitleCase" if any_case => {
            union(&["Lowercase", "Uppercase", "Lt"])
        }
        "LowerCase" => CharSet::property("Lowercase"),
        "UpperCase" => CharSet::property("Uppercase"),
        "TitleCase" => CharSet::property("Lt"),
        "Alphabetic" => CharSet::property("Alphabetic"),
        "Ideographic" => CharSet::property("Ideographic"),
        "Digit" => CharSet::property("Nd"),
        "Letter" => CharSet::property("L"),
        "LetterOrDigit" => union(&["L", "Nd"]),
        "SpaceChar" => CharSet::property("Z"),
        "ISOControl" => CharSet::property("Cc"),
        "Whitespace" => {
            let unbroken = CharSet::of(&[
                ('\u{a0}', '\u{a0}'),
                ('\u{2007}', '\u{2007}'),
                ('\u{202f}', '\u{202f}'),
            ]);
            let controls = CharSet::of(&[('\t', '\r'), ('\u{1c}', '\u{1f}')]);
            Some(CharSet::property("Z")?.without(&unbroken).with(&controls))
        }
        _ => None,
    }
}

/// The blocks met in practice; a block is a range of numbers, whatever stands in it.
fn block(name: &str) -> Option<CharSet> {
    let plain: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let (first, last) = match plain.as_str() {
        "BASICLATIN" => ('\0', '\u{7f}'),
        "LATIN1SUPPLEMENT" => ('\u{80}', '\u{ff}'),
        "LATINEXTENDEDA" => ('\u{100}', '\u{17f}'),
        "LATINEXTENDEDB" => ('\u{180}', '\u{24f}'),
        "IPAEXTENSIONS" => ('\u{250}', '\u{2af}'),
        "COMBININGDIACRITICALMARKS" => ('\u{300}', '\u{36f}'),
        "GREEK" | "GREEKANDCOPTIC" => ('\u{370}', '\u{3ff}'),
        "CYRILLIC" => ('\u{400}', '\u{4ff}'),
        "ARMENIAN" => ('\u{530}', '\u{58f}'),
        "HEBREW" => ('\u{590}', '\u{5ff}'),
        "ARABIC" => ('\u{600}', '\u{6ff}'),
        "DEVANAGARI" => ('\u{900}', '\u{97f}'),
        "BENGALI" => ('\u{980}', '\u{9ff}'),
        "THAI" => ('\u{e00}', '\u{e7f}'),
        "GEORGIAN" => ('\u{10a0}', '\u{10ff}'),
        "HANGULJAMO" => ('\u{1100}', '\u{11ff}'),
        "LATINEXTENDEDADDITIONAL" => ('\u{1e00}', '\u{1eff}'),
        "GREEKEXTENDED" => ('\u{1f00}', '\u{1fff}'),
        "GENERALPUNCTUATION" => ('\u{2000}', '\u{206f}'),
        "CURRENCYSYMBOLS" => ('\u{20a0}', '\u{20cf}'),
        "LETTERLIKESYMBOLS" => ('\u{2100}', '\u{214f}'),
        "NUMBERFORMS" => ('\u{2150}', '\u{218f}'),
        "ARROWS" => ('\u{2190}', '\u{21ff}'),
        "MATHEMATICALOPERATORS" => ('\u{2200}', '\u{22ff}'),
        "BOXDRAWING" => ('\u{2500}', '\u{257f}'),
        "CJKSYMBOLSANDPUNCTUATION" => ('\u{3000}', '\u{303f}'),
        "HIRAGANA" => ('\u{3040}', '\u{309f}'),
        "KATAKANA" => ('\u{30a0}', '\u{30ff}'),
        "CJKUNIFIEDIDEOGRAPHS" => ('\u{4e00}', '\u{9fff}'),
        "HANGULSYLLABLES" => ('\u{ac00}', '\u{d7af}'),
        "HALFWIDTHANDFULLWIDTHFORMS" => ('\u{ff00}', '\u{ffef}'),
        _ => return None,
    };
    Some(CharSet::range(first, last))
}

fn union(names: &[&str]) -> Option<CharSet> {
    names.iter().try_fold(CharSet::empty(), |set, name| {
        Some(set.with(&CharSet::property(name)?))
    })
}
