//! `transforms`: steps that turn a name into another.

use super::Report;
use crate::{
    check::child,
    config::{RegexConfig, TransformConfig},
    java_regex::{Regex, Replacement},
    plan::{TransformStep, Transforms},
};

pub(super) fn resolve(
    config: Option<&[TransformConfig]>,
    path: &str,
    report: &mut Report<'_>,
) -> Transforms {
    let steps = (0..).zip(config.unwrap_or_default());
    let steps = steps.filter_map(|(index, step): (usize, _)| match step {
        TransformConfig::Lowercase => Some(TransformStep::Lowercase),
        TransformConfig::Uppercase => Some(TransformStep::Uppercase),
        TransformConfig::Trim => Some(TransformStep::Trim),
        TransformConfig::Regex(config) => regex(config, &format!("{path}[{index}].regex"), report),
    });
    Transforms::new(steps.collect())
}

fn regex(config: &RegexConfig, path: &str, report: &mut Report<'_>) -> Option<TransformStep> {
    let regex = match Regex::new(&config.pattern) {
        Ok(regex) => regex,
        Err(error) => {
            let reason = format!("{} at character {}", error.reason, error.position);
            report.error(&child(path, "pattern"), reason, error.remedy);
            return None;
        }
    };
    match Replacement::parse(&config.replacement, &regex) {
        Ok(replacement) => Some(TransformStep::Regex(regex, replacement)),
        Err(error) => {
            let text = error.to_string();
            let (reason, remedy) = text
                .split_once("; ")
                .unwrap_or((&text, "see Java's String.replaceAll"));
            report.error(&child(path, "replacement"), reason, remedy);
            None
        }
    }
}
