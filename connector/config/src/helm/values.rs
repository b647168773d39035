//! The values of the chart, and what becomes of those beside the configuration.

use super::{CHART, CONFIG, Diagnostic, Entry, Kind, Node, Note, Position, child};

/// Where the values belong that no configuration file can hold.
///
/// What runs the connector has them: a chart, a unit of systemd, a script.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "affinity",
        "belongs to what runs the connector, under the same name; keep instances apart, so that the \
         loss of a host leaves some",
    ),
    (
        "autoscaling",
        "belongs to what runs the connector; each new instance must also be added to the XDR \
         datacenter by its own address, and each that goes removed before",
    ),
    (
        "connectorSecrets",
        "belongs to what runs the connector: mount each secret at `secrets/NAME` beside the \
         configuration file, where its relative paths begin",
    ),
    (
        "fullnameOverride",
        "belongs to what runs the connector; it is part of the names of the pods that the XDR \
         datacenter lists",
    ),
    (
        "image",
        "belongs to what runs the connector; it names the vendor's program, so put the image of \
         this one in its place",
    ),
    (
        "imagePullSecrets",
        "belongs to what runs the connector, if its image needs them",
    ),
    (
        "initContainers",
        "is of no use where it brings Java classes: this connector loads none",
    ),
    (
        "nameOverride",
        "belongs to what runs the connector; it is part of the names of the pods that the XDR \
         datacenter lists",
    ),
    ("nodeSelector", SAME_NAME),
    ("podAnnotations", SAME_NAME),
    ("podSecurityContext", SAME_NAME),
    (
        "replicaCount",
        "belongs to what runs the connector: as many instances, each named in the XDR datacenter",
    ),
    (
        "resources",
        "belongs to what runs the connector; measure anew, for no Java heap is in it, and the limit \
         of memory bounds `aeroduct.max-in-flight-bytes` by itself",
    ),
    ("securityContext", SAME_NAME),
    ("serviceAccount", SAME_NAME),
    ("tolerations", SAME_NAME),
];

const SAME_NAME: &str = "belongs to what runs the connector, under the same name";

/// The values of the chart.
pub(super) struct Values<'n> {
    /// Where `connectorConfig` lies in the file.
    pub(super) path: String,
    /// Its content.
    pub(super) config: &'n Node,
    /// All values, this one included.
    entries: &'n [Entry],
    /// Where they lie in the file.
    around: &'static str,
}

/// The values of the chart in the file `root`.
pub(super) fn of_chart(root: &Node) -> Result<Values<'_>, Diagnostic> {
    let Kind::Map(entries) = &root.kind else {
        let remedy =
            "name a values file of the chart; `helm get values RELEASE` prints that of a release";
        return Err(fault(
            "",
            root.at,
            "is no values file of a Helm chart",
            remedy,
        ));
    };
    let has_config = |entries: &[Entry]| entries.iter().any(|entry| entry.key.text == CONFIG);
    let of_sub_chart = entries.iter().find(|entry| entry.key.text == CHART);
    match of_sub_chart.map(|entry| &entry.value.kind) {
        Some(Kind::Map(inner)) if !has_config(entries) => values(inner, CHART, root),
        _ => values(entries, "", root),
    }
}

fn values<'n>(
    entries: &'n [Entry],
    around: &'static str,
    root: &Node,
) -> Result<Values<'n>, Diagnostic> {
    let path = child(around, CONFIG);
    let mut found = entries.iter().filter(|entry| entry.key.text == CONFIG);
    let Some(entry) = found.next() else {
        let remedy = "the chart reads the connector's file from it: name the file that has it";
        return Err(fault(&path, root.at, "is missing", remedy));
    };
    if let Some(second) = found.next() {
        let reason = format!("given twice, first on line {}", entry.at.line);
        return Err(fault(&path, second.at, &reason, "keep one of the two"));
    }
    match entry.value.kind {
        Kind::Map(_) => Ok(Values {
            path,
            config: &entry.value,
            entries,
            around,
        }),
        Kind::Alias => {
            let remedy = "write the value out; aliases are not resolved";
            Err(fault(&path, entry.value.at, "is a YAML alias", remedy))
        }
        _ => {
            let remedy = "write the keys of the connector's file below it, indented";
            Err(fault(&path, entry.value.at, "must be a mapping", remedy))
        }
    }
}

impl Values<'_> {
    /// What becomes of all values but the configuration.
    pub(super) fn notes(&self) -> Vec<Note> {
        self.entries
            .iter()
            .filter(|entry| entry.key.text != CONFIG && !is_nothing(&entry.value))
            .map(|entry| {
                let key = entry.key.text.as_str();
                let known = ELSEWHERE.iter().find(|(name, _)| *name == key);
                let message = known.map_or("is no value of the chart; left out", |(_, text)| text);
                Note::new(child(self.around, key), entry.at, message)
            })
            .collect()
    }

    /// A fault of the configuration as one of the values file.
    pub(super) fn fault_of_config(&self, fault: Diagnostic) -> Diagnostic {
        let path = match fault.path.as_str() {
            "" => self.path.clone(),
            path => format!("{}.{path}", self.path),
        };
        Diagnostic { path, ..fault }
    }
}

/// Whether a value says nothing: it is absent, or an empty text, list or mapping.
fn is_nothing(value: &Node) -> bool {
    match &value.kind {
        Kind::Scalar(scalar) => scalar.is_null() || scalar.text.is_empty(),
        Kind::List(items) => items.is_empty(),
        Kind::Map(entries) => entries.iter().all(|entry| is_nothing(&entry.value)),
        Kind::Alias => false,
    }
}

fn fault(path: &str, at: Position, reason: &str, remedy: &str) -> Diagnostic {
    Diagnostic {
        path: path.to_owned(),
        line: at.line,
        column: at.column,
        value: None,
        reason: reason.to_owned(),
        remedy: remedy.to_owned(),
    }
}
