//! `key`: what becomes the key of a Kafka message (13.2).

use super::{Report, bins::check_bin_name};
use crate::{
    check::child,
    config::{FailureStrategy, KeyConfig, KeySource},
    plan::{BatchKey, Key, Otherwise, RecordKey},
};

/// The key at `path`; `None` after an error.
pub(super) fn resolve(config: &KeyConfig, path: &str, report: &mut Report<'_>) -> Option<Key> {
    let bin_name = Companion {
        name: "bin-name",
        text: config.bin_name.as_deref(),
        goes_with: (KeySource::BinValue, "bin-value"),
    };
    let bin_name = bin_name.resolve(config.source, path, report);
    let value = Companion {
        name: "value",
        text: config.value.as_deref(),
        goes_with: (KeySource::Static, "static"),
    };
    let value = value.resolve(config.source, path, report);
    if let Some(bin) = bin_name {
        check_bin_name(bin, &child(path, "bin-name"), report);
    }
    let otherwise = otherwise(config, path, report);
    let of_record = match config.source {
        KeySource::SystemDefault | KeySource::KeyConcat | KeySource::KeyHash => RecordKey::Default,
        KeySource::Namespace => RecordKey::Namespace,
        KeySource::Set => RecordKey::Set(otherwise),
        KeySource::Digest => RecordKey::Digest,
        KeySource::UserKey => RecordKey::UserKey(otherwise),
        KeySource::BinValue => RecordKey::Bin(bin_name?.into(), otherwise),
        KeySource::Static => RecordKey::Static(value?.into()),
        KeySource::None => RecordKey::None,
    };
    let of_batch = match config.source {
        KeySource::KeyHash => BatchKey::Hash,
        KeySource::None => BatchKey::None,
        _ => BatchKey::Concat,
    };
    Some(Key {
        of_record,
        of_batch,
    })
}

/// Whether `source` makes a key of the keys of several records, and of nothing else.
pub(super) fn is_for_batches(source: KeySource) -> bool {
    matches!(source, KeySource::KeyConcat | KeySource::KeyHash)
}

/// A key of the item that one source needs, and no other may have beside it.
struct Companion<'c> {
    name: &'static str,
    text: Option<&'c str>,
    goes_with: (KeySource, &'static str),
}

impl<'c> Companion<'c> {
    /// What is written; `None` where there is no need for it, or after an error.
    fn resolve(self, source: KeySource, path: &str, report: &mut Report<'_>) -> Option<&'c str> {
        let Self {
            name,
            text,
            goes_with: (needed_by, source_name),
        } = self;
        if report.is_faulty(&child(path, "source")) {
            return None;
        }
        let path = &child(path, name);
        match text {
            None if source == needed_by => {
                let remedy = format!("add `{name}`; source `{source_name}` needs it");
                report.error(path, "is missing", remedy);
            }
            Some(_) if source != needed_by => {
                let reason = format!("goes with source `{source_name}` alone");
                let remedy = format!("remove it, or write `source: {source_name}`");
                report.error(path, reason, remedy);
            }
            Some(text) if text.trim().is_empty() => {
                report.error(path, "is blank", "give it a value that is not blank");
            }
            Some(_) => return text,
            None => {}
        }
        None
    }
}

/// What happens where a record does not have what the source asks for.
fn otherwise(config: &KeyConfig, path: &str, report: &mut Report<'_>) -> Otherwise {
    let can_fail = matches!(
        config.source,
        KeySource::Set | KeySource::UserKey | KeySource::BinValue
    );
    if config.failure_strategy.is_some() && !can_fail {
        let message = "has no effect: every record has what the source asks for; only `set`, \
                       `user-key` and `bin-value` may be absent";
        report.warn(&child(path, "failure-strategy"), message);
    }
    match config.failure_strategy {
        None | Some(FailureStrategy::UseDigest) => Otherwise::Digest,
        Some(FailureStrategy::Fail) => Otherwise::Temporary,
        Some(FailureStrategy::Ignore) => Otherwise::Permanent,
    }
}
