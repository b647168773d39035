use super::*;

fn schema(text: &str) -> AvroSchema {
    read(text).unwrap_or_else(|faults| panic!("{faults:?}"))
}

fn reasons(text: &str) -> Vec<String> {
    let faults = read(text).expect_err(text);
    faults.into_iter().map(|fault| fault.reason).collect()
}

/// The schema of a record with these fields.
fn with_fields(fields: &str) -> String {
    format!(r#"{{"type": "record", "name": "R", "fields": [{fields}]}}"#)
}

#[test]
fn a_default_is_kept_in_its_bytes() {
    for (kind, default, bytes) in [
        (r#""null""#, "null", &[][..]),
        (r#""boolean""#, "true", &[1]),
        (r#""int""#, "-2", &[3]),
        (r#""long""#, "64", &[0x80, 1]),
        (r#""float""#, "1.5", &[0, 0, 0xc0, 0x3f]),
        (r#""double""#, "1", &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f]),
        (r#""bytes""#, r#""\u0000\u00ff""#, &[4, 0, 0xff]),
        (r#""string""#, r#""\u00ff""#, &[4, 0xc3, 0xbf]),
        (
            r#"{"type": "fixed", "name": "F", "size": 2}"#,
            r#""\u0000\u00ff""#,
            &[0, 0xff],
        ),
        (
            r#"{"type": "enum", "name": "E", "symbols": ["a", "b"]}"#,
            r#""b""#,
            &[2],
        ),
        (
            r#"{"type": "array", "items": "int"}"#,
            "[1, 2]",
            &[4, 2, 4, 0],
        ),
        (r#"{"type": "array", "items": "int"}"#, "[]", &[0]),
        (
            r#"{"type": "map", "values": "int"}"#,
            r#"{"k": 1}"#,
            &[2, 2, b'k', 2, 0],
        ),
        (r#"{"type": "map", "values": "int"}"#, "{}", &[0]),
        (r#"["null", "int"]"#, "1", &[2, 2]),
        (r#"["int", "null"]"#, "1", &[0, 2]),
        (
            r#"{"type": "record", "name": "I", "fields": [{"name": "a", "type": "int", "default": 3}, {"name": "b", "type": "int"}]}"#,
            r#"{"b": 4}"#,
            &[6, 8],
        ),
    ] {
        let field = format!(r#"{{"name": "f", "type": {kind}, "default": {default}}}"#);
        let schema = schema(&with_fields(&field));
        let field = &schema.as_record().unwrap().fields[0];
        assert_eq!(field.default.as_deref(), Some(bytes), "{kind} {default}");
    }
}

#[test]
fn a_default_of_another_type_is_a_fault_of_its_field() {
    let fields = r#"
        {"name": "a", "type": "int", "default": 2147483648},
        {"name": "b", "type": "string", "default": null},
        {"name": "c", "type": "bytes", "default": "\u0100"},
        {"name": "d", "type": {"type": "fixed", "name": "F", "size": 2}, "default": "a"},
        {"name": "e", "type": {"type": "enum", "name": "E", "symbols": ["a"]}, "default": "b"},
        {"name": "f", "type": ["null", "boolean"], "default": 0},
        {"name": "g", "type": {"type": "record", "name": "I", "fields": []}, "default": {"h": 1}},
        {"name": "h", "type": {"type": "array", "items": "int"}, "default": ["a"]}"#;
    let reasons = reasons(&with_fields(fields));
    let expected = ["a", "b", "c", "d", "e", "f", "g", "h"]
        .map(|name| format!("the schema's field `R.{name}` has a default that is not of its type"));
    assert_eq!(reasons, expected);
}

#[test]
fn defaults_that_multiply_are_bounded() {
    let mut fields = r#"{"name": "f0", "type": {"type": "record", "name": "R0", "fields": [
        {"name": "x", "type": "int", "default": 0}]}, "default": {}}"#
        .to_owned();
    for level in 1..60 {
        let below = level - 1;
        let further = format!(
            r#", {{"name": "f{level}", "type": {{"type": "record", "name": "R{level}", "fields": [
                {{"name": "x", "type": "R{below}", "default": {{}}}},
                {{"name": "y", "type": "R{below}", "default": {{}}}}]}}, "default": {{}}}}"#
        );
        fields.push_str(&further);
    }
    let reasons = reasons(&with_fields(&fields));
    assert!(
        reasons.iter().any(|reason| reason.contains("too large")),
        "{reasons:?}"
    );
}

#[test]
fn a_default_that_contains_itself_is_refused() {
    let text = with_fields(r#"{"name": "next", "type": "R", "default": {}}"#);
    assert_eq!(
        reasons(&text),
        ["the schema's field `R.next` has a default that nests deeper than 64 levels"]
    );
}

#[test]
fn a_schema_may_contain_itself() {
    let schema = schema(&with_fields(r#"{"name": "next", "type": ["null", "R"]}"#));
    let next = &schema.as_record().unwrap().fields[0];
    let AvroType::Union(union) = schema.get(next.kind) else {
        panic!("{next:?}");
    };
    assert_eq!(union.branch(1), Some(schema.root()));
    assert_eq!(
        (union.choices.null, &*union.choices.records),
        (Some(0), &[1][..])
    );
}

#[test]
fn names_without_a_namespace_have_that_around_them() {
    let schema = schema(
        r#"{"type": "record", "name": "A", "namespace": "a.b", "fields": [
            {"name": "x", "type": {"type": "fixed", "name": "F", "size": 1}},
            {"name": "y", "type": {"type": "record", "name": "other.B", "fields": [
                {"name": "z", "type": {"type": "fixed", "name": "F", "size": 2}}]}},
            {"name": "again", "type": "a.b.F"},
            {"name": "other", "type": "other.F"}]}"#,
    );
    let record = schema.as_record().unwrap();
    let kinds: Vec<_> = record
        .fields
        .iter()
        .map(|field| schema.describe(field.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            "fixed a.b.F of 1 bytes",
            "record other.B",
            "fixed a.b.F of 1 bytes",
            "fixed other.F of 2 bytes"
        ]
    );
}

#[test]
fn logical_types_are_the_types_they_annotate() {
    for (kind, described) in [
        (r#"{"type": "int", "logicalType": "date"}"#, "int"),
        (
            r#"{"type": "long", "logicalType": "timestamp-micros"}"#,
            "long",
        ),
        (
            r#"{"type": "long", "logicalType": "local-timestamp-nanos"}"#,
            "long",
        ),
        (r#"{"type": "string", "logicalType": "uuid"}"#, "string"),
        (
            r#"{"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}"#,
            "bytes",
        ),
        (
            r#"{"type": "fixed", "name": "D", "size": 12, "logicalType": "duration"}"#,
            "fixed D of 12 bytes",
        ),
        (
            r#"{"type": "fixed", "name": "N", "size": 8, "logicalType": "decimal", "precision": 4}"#,
            "fixed N of 8 bytes",
        ),
        (
            r#"{"type": "string", "logicalType": "unheard-of"}"#,
            "string",
        ),
    ] {
        let schema = schema(kind);
        assert_eq!(schema.describe(schema.root()), described, "{kind}");
    }
}

#[test]
fn fields_are_found_by_name() {
    let fields: Vec<_> = (0..300)
        .rev()
        .map(|n| format!(r#"{{"name": "f{n}", "type": "int"}}"#))
        .collect();
    let schema = schema(&with_fields(&fields.join(", ")));
    let record = schema.as_record().unwrap();
    for (place, field) in record.fields.iter().enumerate() {
        assert_eq!(record.find(field.name.as_bytes()), Some(place));
    }
    assert_eq!(record.find(b"f300"), None);
    assert_eq!(record.find(b""), None);
}

#[test]
fn schemas_are_equal_whatever_their_white_space() {
    let spaced = schema("[ \"null\",\n \"int\" ]");
    assert_eq!(spaced, schema(r#"["null","int"]"#));
    assert_eq!(spaced.text(), r#"["null","int"]"#);
    assert_ne!(spaced, schema(r#"["int","null"]"#));
}

#[test]
fn what_only_looks_like_a_schema_is_refused() {
    for text in [
        "",
        "null",
        "[]]",
        r#""sting""#,
        r#"{"type": "record"}"#,
        r#"[["null"]]"#,
        r#"["int", "int"]"#,
        r#"{"type": "fixed", "name": "F", "size": -1}"#,
        r#"{"type": "enum", "name": "E", "symbols": ["a", "a"]}"#,
        r#"{"type": "record", "name": "1R", "fields": []}"#,
        r#"{"type": "record", "name": "R", "fields": [{"name": "a-b", "type": "int"}]}"#,
        r#"{"type": "record", "name": "R", "fields": [{"name": "a", "type": "int"}, {"name": "a", "type": "int"}]}"#,
    ] {
        assert_eq!(reasons(text).len(), 1, "{text}");
    }
    let deep = "[".repeat(200);
    assert_eq!(reasons(&deep).len(), 1);
}
