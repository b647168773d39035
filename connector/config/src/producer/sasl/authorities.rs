//! Whose certificates the endpoint for tokens may have.

use super::{JAAS, Login};
use crate::{
    producer::{
        Findings, Property, PropertyValue,
        draft::{Draft, Told},
        security::Given,
        tls::trusted,
    },
    secret::Secret,
};

/// librdkafka's names for a file and for the certificates themselves, for which Java has none.
const FILE: &str = "https.ca.location";
const CERTIFICATES: &str = "https.ca.pem";
/// What the options of the login module begin with that Java has for it: those of a trust store.
pub(super) const OPTIONS: &str = "ssl.truststore.";

/// The certificates as PEM; `None` for the system's, or where they cannot be seen here.
pub(super) fn read(draft: &mut Draft<'_>, login: &Login<'_>) -> Result<Option<Secret>, Told> {
    let given = login.given;
    let options: Vec<Property> = login
        .entry
        .iter()
        .flat_map(|entry| entry.beginning_with(OPTIONS))
        .map(|(name, value)| part_of_store(name, value.clone(), given.get(JAAS)))
        .collect();
    let (blame, store) = match (given.get(FILE), given.get(CERTIFICATES), options.is_empty()) {
        (None, None, true) => return Ok(None),
        (Some(path), None, true) => (FILE, pem_store("location", path)),
        (None, Some(text), true) => (CERTIFICATES, pem_store("certificates", text)),
        (None, None, false) => (JAAS, options),
        (file, ..) => {
            let name = if file.is_some() { FILE } else { CERTIFICATES };
            let reason = format!(
                "does not go with the other ways to say it: {FILE}, {CERTIFICATES} and options {OPTIONS}* of {JAAS}"
            );
            draft.refuse(name, reason, "keep one");
            return Err(Told);
        }
    };
    let mut trust = Given::default();
    for part in &store {
        trust.insert(part);
    }
    let mut findings = Findings::default();
    let mut scratch = Draft::new(&mut findings);
    let pem = trusted(&mut scratch, &trust, login.files);
    draft.is_complete &= scratch.is_complete;
    let is_sound = findings.errors.is_empty();
    for (name, finding) in findings.errors {
        let reason = if blame == JAAS {
            format!(
                "has an option {name} that cannot be used: {}",
                finding.reason
            )
        } else {
            finding.reason
        };
        draft.refuse(blame, reason, finding.remedy);
    }
    if is_sound { Ok(pem) } else { Err(Told) }
}

/// A trust store of the type PEM, of which `property` says `what`.
fn pem_store(what: &str, property: &Property) -> Vec<Property> {
    let value = property.one().cloned().unwrap_or_default();
    vec![
        part_of_store(what, value, Some(property)),
        part_of_store("type", "PEM".into(), None),
    ]
}

/// What `source` says under a name of its own.
fn part_of_store(name: &str, value: Secret, source: Option<&Property>) -> Property {
    Property {
        name: format!("{OPTIONS}{name}"),
        value: PropertyValue::Text(value),
        origin: source.map_or_else(Default::default, |source| source.origin),
    }
}
