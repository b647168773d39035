//! The meaning of a file: the plan it makes, or everything that stands in the way.

use crate::{
    check::{Places, is_within},
    config::Config,
    diagnostic::Diagnostic,
    files::{Files, Noted},
    plan::{Plan, Warning},
    yaml::Position,
};
use levels::Levels;

pub(crate) use producer::ProducerSource;

mod aeroduct;
mod avro;
mod batching;
mod bins;
mod format;
mod key;
mod levels;
mod logging;
mod outbound;
mod producer;
mod quantity;
mod routing;
mod service;
#[cfg(test)]
mod tests;
mod together;
mod transforms;

/// Characters of a reason that repeats what a file has.
const REASON_MAX: usize = 500;

/// A file as it was read.
#[derive(Clone, Copy)]
pub(crate) struct Input<'i> {
    /// What messages call it.
    pub(crate) origin: &'i str,
    /// The files that it names.
    pub(crate) files: &'i dyn Files,
    /// Where its keys stand.
    pub(crate) places: &'i Places,
    /// What was found so far. What has a fault is not in the configuration, or not as it was written.
    pub(crate) faults: &'i [Diagnostic],
}

/// Makes a plan of `config`, which `input` holds.
pub(crate) fn resolve(config: &Config, input: Input<'_>) -> Result<Plan, Vec<Diagnostic>> {
    let files = Noted::new(input.files);
    let mut report = Report::new(&files, input.places, input.faults);
    if config.feature_key_file.is_some() {
        let message = "has no effect: this connector needs no feature key";
        report.warn("feature-key-file", message);
    }
    let levels = Levels::of(config);
    let service = service::resolve(config.service.as_ref(), &mut report);
    let aeroduct = aeroduct::resolve(config.aeroduct.as_ref(), &mut report);
    let does_publish = together::check(&levels, &service, &aeroduct, &mut report);
    let source = ProducerSource::new(
        config.producer_props.as_ref(),
        does_publish,
        &aeroduct,
        input.places,
        input.origin,
    );
    let producer = producer::resolve(&source, &mut report);
    // What is left of the reply deadline when a batch has lingered.
    let deadline = aeroduct.reply_deadline.saturating_sub(producer.linger);
    let outbound = outbound::resolve(&levels, &service, deadline, &mut report);
    let plan = Plan {
        producer,
        logging: logging::resolve(config.logging.as_ref(), &mut report),
        service,
        outbound,
        aeroduct,
        text: String::new(),
        warnings: Vec::new(),
        differences: Vec::new(),
        files: Vec::new(),
        source,
    };
    if !report.errors.is_empty() {
        return Err(report.errors);
    }
    report.warnings.sort_by_key(|(at, _)| *at);
    let warnings = report
        .warnings
        .into_iter()
        .map(|(_, warning)| warning)
        .collect();
    Ok(Plan {
        warnings,
        files: files.paths(),
        ..plan
    })
}

/// What was found so far. After an error the value in its place does not matter any more.
struct Report<'p> {
    /// The files that the configuration names.
    files: &'p dyn Files,
    places: &'p Places,
    faults: &'p [Diagnostic],
    errors: Vec<Diagnostic>,
    warnings: Vec<(Position, Warning)>,
}

impl<'p> Report<'p> {
    fn new(files: &'p dyn Files, places: &'p Places, faults: &'p [Diagnostic]) -> Self {
        Self {
            files,
            places,
            faults,
            errors: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// The value at `path` is wrong, or missing.
    fn error(&mut self, path: &str, reason: impl Into<String>, remedy: impl Into<String>) {
        let at = self.places.position(path);
        let value = self.places.value(path).map(str::to_owned);
        self.errors
            .push(diagnostic(path, at, value, reason.into(), remedy.into()));
    }

    /// Something in the long text that the value at `path` is, or names, is wrong.
    fn error_inside(&mut self, path: &str, reason: &str, remedy: &str) {
        let at = self.places.position(path);
        let (reason, remedy) = (legible(reason), legible(remedy));
        self.errors.push(diagnostic(path, at, None, reason, remedy));
    }

    /// The name that ends `path`, which the file chose itself, is wrong.
    fn error_of_name(&mut self, path: &str, reason: impl Into<String>, remedy: impl Into<String>) {
        let at = self.places.name_position(path);
        self.errors
            .push(diagnostic(path, at, None, reason.into(), remedy.into()));
    }

    fn warn(&mut self, path: &str, message: impl Into<String>) {
        let warning = Warning {
            path: path.to_owned(),
            message: message.into(),
        };
        self.warnings.push((self.places.position(path), warning));
    }

    /// Whether the key at `path` is there, and has no value.
    fn is_null(&self, path: &str) -> bool {
        self.places.has(path) && !self.is_faulty(path)
    }

    /// Whether the value at `path` is not what was written, since it has a fault, or lies within
    /// one. What else seems wrong because of it is a consequence.
    fn is_faulty(&self, path: &str) -> bool {
        self.faults
            .iter()
            .any(|fault| is_within(&fault.path, path) || is_within(path, &fault.path))
    }
}

/// `text`, which may repeat what a file has, without what garbles a terminal or breaks a line, and not
/// longer than a message may be.
fn legible(text: &str) -> String {
    let shown = text.chars().take(REASON_MAX);
    let mut shown: String = shown
        .flat_map(|character| {
            let escaped = character.is_control().then(|| character.escape_default());
            let plain = (!character.is_control()).then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect();
    if text.chars().nth(REASON_MAX).is_some() {
        shown.push_str("...");
    }
    shown
}

fn diagnostic(
    path: &str,
    at: Position,
    value: Option<String>,
    reason: String,
    remedy: String,
) -> Diagnostic {
    Diagnostic {
        path: path.to_owned(),
        line: at.line,
        column: at.column,
        value,
        reason,
        remedy,
    }
}
