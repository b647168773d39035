//! The schemas of the formats `avro` and `kafka-avro`.

use super::Report;
use crate::{
    avro::{self, AvroSchema, Fault},
    check::child,
};

/// A schema for whole records, metadata and bins.
pub(super) fn whole(
    schema: Option<&str>,
    schema_file: Option<&str>,
    path: &str,
    report: &mut Report<'_>,
) -> Option<AvroSchema> {
    read(schema, schema_file, path, report, avro::check_whole)
}

/// The schema that the format at `path` has as text or names a file for, if `check` finds nothing wrong
/// with it.
fn read(
    schema: Option<&str>,
    schema_file: Option<&str>,
    path: &str,
    report: &mut Report<'_>,
    check: impl Fn(&AvroSchema) -> Result<(), Vec<Fault>>,
) -> Option<AvroSchema> {
    let (at_schema, at_file) = (child(path, "schema"), child(path, "schema-file"));
    if report.is_faulty(&at_schema) || report.is_faulty(&at_file) {
        return None;
    }
    let (at, text) = match (schema, schema_file) {
        (Some(text), None) => (at_schema, text.to_owned()),
        (None, Some(file)) => (at_file.clone(), text_of(file, &at_file, report)?),
        (Some(_), Some(_)) => {
            let remedy = "keep `schema` or `schema-file`, not both";
            report.error(&at_file, "is a second schema beside `schema`", remedy);
            return None;
        }
        (None, None) => {
            let remedy =
                "write the schema under `schema`, or name a file that has it under `schema-file`";
            report.error_inside(path, "has no schema", remedy);
            return None;
        }
    };
    let checked = avro::read(&text).and_then(|schema| check(&schema).map(|()| schema));
    checked
        .map_err(|faults| {
            for Fault { reason, remedy } in faults {
                report.error_inside(&at, &reason, &remedy);
            }
        })
        .ok()
}

fn text_of(file: &str, at: &str, report: &mut Report<'_>) -> Option<String> {
    let bytes = report.files.read(file);
    let text = bytes.map(String::from_utf8);
    match text {
        Ok(Ok(text)) => Some(text),
        Ok(Err(_)) => {
            report.error(
                at,
                "is no UTF-8 text",
                "name a file that holds an Avro schema",
            );
            None
        }
        Err(error) => {
            let place = report.files.locate(file);
            let reason = format!("cannot be read from {}: {error}", place.display());
            let remedy = "name a file that the connector can read; a relative path begins at the folder of \
                          the configuration file";
            report.error_inside(at, &reason, remedy);
            None
        }
    }
}
