use super::*;

/// The tree on one line: every node with its place.
fn outline(node: &Node) -> String {
    let Position { line, column } = node.at;
    let content = match &node.kind {
        Kind::Alias => "*".to_owned(),
        Kind::Scalar(Scalar { text, is_plain }) => {
            format!("{}{text:?}", if *is_plain { "" } else { "q" })
        }
        Kind::List(items) => format!(
            "[{}]",
            items.iter().map(outline).collect::<Vec<_>>().join(" ")
        ),
        Kind::Map(entries) => {
            let entries = entries.iter().map(|entry| {
                format!(
                    "{}@{}:{} {}",
                    entry.key.text,
                    entry.at.line,
                    entry.at.column,
                    outline(&entry.value)
                )
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    };
    format!("{line}:{column} {content}")
}

#[test]
fn every_node_knows_its_place() {
    let root = parse("a: 1\nb:\n  - x\n  - {c: 'd'}\n").unwrap();
    assert_eq!(
        outline(&root),
        r#"1:1 {a@1:1 1:4 "1", b@2:1 3:3 [3:5 "x" 4:5 {c@4:6 4:9 q"d"}]}"#
    );
}

#[test]
fn places_count_characters_and_both_kinds_of_line_ends() {
    let root = parse("ä: ö\r\nüü: 'ß'\r\n").unwrap();
    assert_eq!(outline(&root), r#"1:1 {ä@1:1 1:4 "ö", üü@2:1 2:5 q"ß"}"#);
}

#[test]
fn blocks_of_text_are_text() {
    let root = parse("a: >-\n  one\n  two\nb: |\n  null\n").unwrap();
    let Kind::Map(entries) = root.kind else {
        panic!()
    };
    let texts: Vec<_> = entries
        .iter()
        .map(|entry| match &entry.value.kind {
            Kind::Scalar(scalar) => (scalar.text.as_str(), scalar.is_null()),
            _ => panic!("{entry:?}"),
        })
        .collect();
    assert_eq!(texts, [("one two", false), ("null\n", false)]);
}

#[test]
fn nothing_and_its_words_are_null_unless_quoted() {
    for text in ["", "~", "null", "Null", "NULL"] {
        assert!(
            Scalar {
                text: text.to_owned(),
                is_plain: true
            }
            .is_null(),
            "{text}"
        );
        assert!(
            !Scalar {
                text: text.to_owned(),
                is_plain: false
            }
            .is_null(),
            "{text}"
        );
    }
    assert!(
        !Scalar {
            text: "nil".to_owned(),
            is_plain: true
        }
        .is_null()
    );
}

#[test]
fn as_deep_as_the_limit_passes() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&nested(DEPTH_MAX)).is_ok());
    assert!(parse(&nested(DEPTH_MAX + 1)).is_err());
    assert!(parse(&"- ".repeat(DEPTH_MAX + 1)).is_err());
    assert!(parse(&"[".repeat(1 << 20)).is_err());
    assert!(parse(&"{a: ".repeat(1 << 18)).is_err());
}

#[test]
fn aliases_stay_what_they_are() {
    assert_eq!(
        outline(&parse("a: &x 1\nb: *x\n").unwrap()),
        r#"1:1 {a@1:1 1:4 "1", b@2:1 2:4 *}"#
    );
}
