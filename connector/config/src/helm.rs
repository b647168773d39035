//! From a values file of the vendor's Helm chart `aerospike-kafka-outbound` to a configuration file.
//!
//! The chart makes the connector's file of `connectorConfig`, whose gaps it fills from defaults of its
//! own. All other values are about what runs the connector: none of them can be said in a
//! configuration file, so each becomes a note about where it belongs.

use serde_json::Value;

use crate::{
    check::child,
    diagnostic::{Diagnostic, Diagnostics},
    files::{NoFiles, OUT_OF_REACH},
    load::{checked, plan_of_tree, text_of, tree_of},
    note::Note,
    plan::Warning,
    yaml::{Entry, Kind, Node, Position},
};

mod merge;
#[cfg(test)]
mod tests;
mod values;
mod write;

/// The chart, under whose name its values stand where it is part of another one.
const CHART: &str = "aerospike-kafka-outbound";

/// What the chart makes the configuration file of.
const CONFIG: &str = "connectorConfig";

const NAME_OF_RELEASE: &str = "the chart sets it to the name of the release, a label of all metrics: \
    name the release with --release, or set it in the output";

/// A values file as a configuration file.
#[derive(Clone, Debug)]
pub struct Conversion {
    /// The configuration file, in YAML; [`parse`](crate::parse) accepts it, but for the files that it
    /// names.
    pub text: String,
    /// What the configuration file does not hold, and what was filled in, in the order of the values
    /// file.
    pub notes: Vec<Note>,
    /// What [`Plan::warnings`](crate::Plan::warnings) says of the configuration file.
    pub warnings: Vec<Warning>,
}

/// Converts `values`, the content of the values file called `origin`, of the release called
/// `release`, whose name the chart writes into `service.cluster-name`.
///
/// # Errors
/// When the file is no YAML, has no `connectorConfig`, or when this is no sound configuration; the
/// places are those of the values file.
pub fn from_helm_values(
    values: &[u8],
    origin: &str,
    release: Option<&str>,
) -> Result<Conversion, Diagnostics> {
    convert(values, release).map_err(|faults| Diagnostics::new(origin, faults))
}

fn convert(values: &[u8], release: Option<&str>) -> Result<Conversion, Vec<Diagnostic>> {
    let text = text_of(values)?;
    let root = tree_of(text)?;
    let values = values::of_chart(&root).map_err(|fault| vec![fault])?;
    let mut notes = values.notes();
    if text.lines().any(|line| line.trim_start().starts_with('#')) {
        let message = "comments are not carried over";
        notes.push(Note {
            path: String::new(),
            place: None,
            message: message.to_owned(),
            remedy: "",
        });
    }
    let root = merge::over_defaults(values.config, &values.path, &mut notes);
    let root = if let Some(release) = release {
        merge::with_cluster_name(root, release)
    } else {
        let path = child(&values.path, "service.cluster-name");
        notes.push(Note::new(path, values.config.at, NAME_OF_RELEASE));
        root
    };
    let checked = checked(&root);
    let config = checked.value.clone();
    let warnings = match plan_of_tree(&root, checked, "values", &NoFiles) {
        Ok(plan) => plan.warnings,
        Err(faults) => {
            let (elsewhere, faults): (Vec<_>, Vec<_>) = faults
                .into_iter()
                .map(|fault| values.fault_of_config(fault))
                .partition(|fault| fault.reason.contains(OUT_OF_REACH));
            if !faults.is_empty() {
                return Err(faults);
            }
            notes.extend(elsewhere.into_iter().map(file_elsewhere));
            Vec::new()
        }
    };
    notes.sort_by(|a, b| (a.place, &a.path).cmp(&(b.place, &b.path)));
    let warnings = warnings
        .into_iter()
        .map(|Warning { path, message }| Warning {
            path: child(&values.path, &path),
            message,
        });
    let text = write::yaml(&config, values.config.at)
        .map_err(|fault| vec![values.fault_of_config(fault)])?;
    Ok(Conversion {
        text,
        notes,
        warnings: warnings.collect(),
    })
}

/// A file that the configuration names is where the connector runs, and not here.
fn file_elsewhere(fault: Diagnostic) -> Note {
    let message = "names a file that lies where the connector runs: `check` there";
    let Diagnostic {
        path, line, column, ..
    } = fault;
    Note::new(path, Position { line, column }, message)
}
