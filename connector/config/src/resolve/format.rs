//! `format`: how a record is written.

use super::{Report, avro};
use crate::{config::FormatConfig, plan::Format};

/// The format; `None` where it was refused.
pub(super) fn resolve(
    config: &FormatConfig,
    path: &str,
    report: &mut Report<'_>,
) -> Option<Format> {
    Some(match config {
        FormatConfig::Json { stringify_map_keys } => Format::Json {
            stringify_map_keys: stringify_map_keys.unwrap_or(true),
        },
        FormatConfig::FlatJson {
            metadata_key,
            stringify_map_keys,
        } => Format::FlatJson {
            metadata_key: metadata_key.clone(),
            stringify_map_keys: stringify_map_keys.unwrap_or(true),
        },
        FormatConfig::MessagePack {} => Format::MessagePack,
        FormatConfig::Avro {
            schema,
            schema_file,
            stringify_map_keys,
        } => Format::Avro {
            schema: avro::whole(schema.as_deref(), schema_file.as_deref(), path, report)?,
            stringify_map_keys: stringify_map_keys.unwrap_or(true),
        },
        FormatConfig::Xdr {} => Format::Xdr,
        // Refused by name before, see `support`.
        FormatConfig::KafkaAvro { .. } | FormatConfig::Custom { .. } => return None,
    })
}
