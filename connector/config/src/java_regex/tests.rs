use proptest::prelude::*;
use serde_json::Value;

use super::{
    Linear, LinearSearch, Machine, RESULT_BYTES_MAX, Regex, RegexError, ReplaceError, Replacement,
    ReplacementError, TEXT_BYTES_MAX, is_plain, machine::STEPS_MAX, replace,
};

fn replaced(pattern: &str, text: &str, replacement: &str) -> String {
    let regex = Regex::new(pattern).unwrap();
    let replacement = Replacement::parse(replacement, &regex).unwrap();
    regex.replace_all(text, &replacement).unwrap().into_owned()
}

/// What Java's `replaceAll` makes of each case; `tests/java/ReplaceAll.java` writes the file.
#[test]
fn replaces_as_java_does() {
    let cases = include_str!("../../tests/java/replace_all.jsonl");
    let mut count = 0;
    for line in cases.lines() {
        let case: [Value; 4] = serde_json::from_str(line).unwrap();
        let [pattern, text, replacement, expected] = case.each_ref().map(Value::as_str);
        let result = Regex::new(pattern.unwrap()).ok().and_then(|regex| {
            let replacement = Replacement::parse(replacement.unwrap(), &regex).ok()?;
            Some(
                regex
                    .replace_all(text.unwrap(), &replacement)
                    .unwrap()
                    .into_owned(),
            )
        });
        assert_eq!(result.as_deref(), expected, "{line}");
        count += 1;
    }
    assert!(count > 1000, "{count} cases");
}

#[test]
fn the_documented_examples_hold() {
    assert_eq!(replaced("(.*):(.*)", "left:right", "$2:$1"), "right:left");
    assert_eq!(replaced("$", "topic", ":please"), "topic:please");
    assert_eq!(replaced("x*", "abc", "-"), "-a-b-c-");
    assert_eq!(replaced("(.*)", "foo", "X"), "XX");
    assert_eq!(replaced("[^A-Za-z0-9]", "a b/c", "-"), "a-b-c");
}

#[test]
fn a_text_without_a_match_is_not_copied() {
    let regex = Regex::new("x").unwrap();
    let replacement = Replacement::parse("y", &regex).unwrap();
    assert!(matches!(
        regex.replace_all("abc", &replacement),
        Ok(std::borrow::Cow::Borrowed("abc"))
    ));
}

#[test]
fn a_match_takes_whole_characters_only() {
    assert_eq!(replaced("", "😀", "-"), "-😀-");
    assert_eq!(replaced(".", "😀", "-"), "-");
    assert_eq!(replaced("(?<=.)x", "😀x", "-"), "😀-");
}

#[test]
fn what_cannot_be_held_is_refused_with_its_place() {
    let refused = [
        (r"a\X", 2, "grapheme clusters"),
        (r"ab\b{g}", 3, "grapheme boundaries"),
        (r"\N{DIGIT ONE}", 1, "characters by name"),
        (r"a(?c)b", 2, "what follows (?"),
        (r"\p{javaMirrored}", 1, "javaMirrored"),
        (r"x\p{InTibetan}", 2, "InTibetan"),
        (r"\uD83D", 1, "half a surrogate pair"),
        (r"a{2}{3}", 5, "nothing to repeat"),
        (r"[a&&]", 5, "&& has nothing on one side"),
        (r"[a&&[b]&c]", 8, "single &"),
        (r"(?<=a*b*)c", 1, "no greatest length"),
    ];
    for (pattern, position, reason) in refused {
        let error = Regex::new(pattern).unwrap_err();
        assert_eq!(error.position, position, "{pattern}: {error}");
        assert!(error.reason.contains(reason), "{pattern}: {error}");
        assert!(!error.remedy.is_empty(), "{pattern}: {error}");
    }
}

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let wrong = [
        ("*a", 1),
        ("a**", 3),
        ("a|+", 3),
        ("ab(c", 3),
        ("ab)c", 3),
        ("a[bc", 2),
        ("[b-a]", 2),
        (r"abc\", 4),
        (r"a\y", 2),
        ("a{2,1}", 2),
        ("a{", 2),
        (r"\k<n>(?<n>a)", 1),
        ("(?<n>a)(?<n>b)", 8),
        ("(?<1>a)", 1),
        (r"[\b]", 2),
        (r"\x{110000}", 1),
        (r"\p{Nothing}", 1),
        (r"a\08", 2),
    ];
    for (pattern, position) in wrong {
        assert_eq!(
            Regex::new(pattern).unwrap_err().position,
            position,
            "{pattern}"
        );
    }
}

#[test]
fn an_error_says_what_where_and_what_to_write() {
    let error = Regex::new(r"a\X").unwrap_err();
    assert_eq!(
        error.to_string(),
        r"grapheme clusters (\X) are not supported at character 2; write \P{M}\p{M}*"
    );
}

#[test]
fn a_pattern_is_bounded_in_length_and_depth() {
    assert!(Regex::new(&"a".repeat(4096)).is_ok());
    assert!(Regex::new(&"a".repeat(4097)).is_err());
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Regex::new(&nested(64)).is_ok());
    assert!(Regex::new(&nested(65)).is_err());
    let brackets = |depth: usize| format!("{}a{}", "[".repeat(depth), "]".repeat(depth));
    assert!(Regex::new(&brackets(32)).is_ok());
    assert!(Regex::new(&brackets(33)).is_err());
    let RegexError { reason, .. } = Regex::new(&r"\p{L}".repeat(800)).unwrap_err();
    assert_eq!(reason, "the sets of characters grow too large");
}

#[test]
fn endless_backtracking_ends_in_an_error() {
    let regex = Regex::new(r"((a|a)+)+\1c").unwrap();
    let replacement = Replacement::parse("", &regex).unwrap();
    let text = "a".repeat(60);
    assert_eq!(
        regex.replace_all(&text, &replacement),
        Err(ReplaceError::TooManySteps { limit: STEPS_MAX })
    );
}

#[test]
fn nested_repetitions_without_need_to_backtrack_take_linear_time() {
    assert_eq!(
        replaced("(?:a+)+b", &"a".repeat(10_000), "-"),
        "a".repeat(10_000)
    );
}

#[test]
fn texts_and_results_are_bounded() {
    let regex = Regex::new("a").unwrap();
    let replacement = Replacement::parse("123456", &regex).unwrap();
    let longest = "b".repeat(TEXT_BYTES_MAX);
    assert!(regex.replace_all(&longest, &replacement).is_ok());
    let too_long = "b".repeat(TEXT_BYTES_MAX + 1);
    let error = ReplaceError::TextTooLong {
        len: TEXT_BYTES_MAX + 1,
        limit: TEXT_BYTES_MAX,
    };
    assert_eq!(regex.replace_all(&too_long, &replacement), Err(error));
    let growing = "a".repeat(TEXT_BYTES_MAX);
    let error = ReplaceError::ResultTooLong {
        limit: RESULT_BYTES_MAX,
    };
    assert_eq!(regex.replace_all(&growing, &replacement), Err(error));
}

#[test]
fn a_replacement_names_only_groups_that_exist() {
    let regex = Regex::new("(?<word>a)(b)").unwrap();
    let wrong = |text: &str| Replacement::parse(text, &regex).unwrap_err();
    assert_eq!(
        wrong("$3"),
        ReplacementError::NoSuchGroup {
            group: 3,
            groups: 2
        }
    );
    assert_eq!(
        wrong("${other}"),
        ReplacementError::NoSuchName {
            name: "other".to_owned()
        }
    );
    assert_eq!(
        wrong("a$"),
        ReplacementError::DanglingDollar { position: 2 }
    );
    assert_eq!(
        wrong("$x"),
        ReplacementError::DanglingDollar { position: 1 }
    );
    assert_eq!(
        wrong("${word"),
        ReplacementError::DanglingDollar { position: 1 }
    );
    assert_eq!(wrong("\\"), ReplacementError::DanglingBackslash);
    assert_eq!(
        replaced("(?<word>a)(b)", "ab", "$2${word}$0$11\\$"),
        "baaba1$"
    );
}

/// A pattern of which each part can stand alone.
fn patterns() -> impl Strategy<Value = String> {
    const LEAVES: &[&str] = &[
        "a", "b", "c", ".", "[ab]", "[^a]", r"\w", r"\b", r"\B", "^", "$", r"\z",
    ];
    const QUANTIFIERS: &[&str] = &["*", "+", "?", "{2}", "{1,3}", "*?", "+?", "??"];
    let leaf = prop_oneof![
        4 => prop::sample::select(LEAVES),
        1 => Just("(?i:B)"),
    ]
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            2 => prop::collection::vec(inner.clone(), 1..4)
                .prop_map(|parts| format!("(?:{})", parts.join("|"))),
            2 => inner.clone().prop_map(|part| format!("({part})")),
            3 => (inner, prop::sample::select(QUANTIFIERS))
                .prop_map(|(part, quantifier)| format!("(?:{part}){quantifier}")),
        ]
    })
}

proptest! {
    #[test]
    fn both_engines_say_the_same(pattern in patterns(), text in "[abcB _\n\u{e9}]{0,10}") {
        let regex = Regex::new(&pattern).unwrap();
        let numbers = 0..=regex.group_count().min(9);
        let groups: Vec<_> = numbers.map(|group| format!("<${group}>")).collect();
        let replacement = Replacement::parse(&groups.concat(), &regex).unwrap();
        let right = |linear: &&Linear| !linear.plain_only || is_plain(&text);
        if let Some(linear) = regex.linear.as_ref().filter(right) {
            let fast = replace(&text, &replacement, LinearSearch::new(&linear.engine, &text));
            let slow = replace(&text, &replacement, Machine::new(&regex.program, &text));
            prop_assert_eq!(fast, slow);
        }
    }

    #[test]
    fn no_pattern_and_no_text_make_it_panic(
        pattern in r"[ab()\[\]{}|?*+^$.\\&<>=!:,0-9kpbQEux-]{0,24}",
        text in "[ab\r\n\u{301}]{0,12}",
    ) {
        if let Ok(regex) = Regex::new(&pattern) {
            let replacement = Replacement::parse("$0", &regex).unwrap();
            let _outcome = regex.replace_all(&text, &replacement);
        }
    }
}
