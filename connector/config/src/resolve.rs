//! The meaning of a file: the plan it makes, or everything that stands in the way.

use crate::{
    check::Places,
    config::Config,
    diagnostic::Diagnostic,
    plan::{Plan, Warning},
    yaml::Position,
};

mod aeroduct;
mod logging;
mod outbound;
mod producer;
mod service;

/// Makes a plan of `config`, whose keys stand at `places` in `text`.
pub(crate) fn resolve(
    config: &Config,
    text: &str,
    places: &Places,
) -> Result<Plan, Vec<Diagnostic>> {
    let mut report = Report {
        places,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let plan = Plan {
        service: service::resolve(config.service.as_ref(), &mut report),
        producer: producer::resolve(config, &mut report),
        outbound: outbound::resolve(config, &mut report),
        logging: logging::resolve(config.logging.as_ref(), &mut report),
        aeroduct: aeroduct::resolve(config.aeroduct.as_ref(), &mut report),
        text: text.to_owned(),
        warnings: Vec::new(),
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
    Ok(Plan { warnings, ..plan })
}

/// What was found so far. After an error the value in its place does not matter any more.
struct Report<'p> {
    places: &'p Places,
    errors: Vec<Diagnostic>,
    warnings: Vec<(Position, Warning)>,
}

impl Report<'_> {
    fn error(&mut self, path: &str, reason: impl Into<String>, remedy: impl Into<String>) {
        let at = self.places.position(path);
        self.errors.push(Diagnostic {
            path: path.to_owned(),
            line: at.line,
            column: at.column,
            value: self.places.value(path).map(str::to_owned),
            reason: reason.into(),
            remedy: remedy.into(),
        });
    }

    fn warn(&mut self, path: &str, message: impl Into<String>) {
        let warning = Warning {
            path: path.to_owned(),
            message: message.into(),
        };
        self.warnings.push((self.places.position(path), warning));
    }
}
