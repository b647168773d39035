//! `security.protocol`, and what depends on it: encryption (`tls`) and login (`sasl`).
//!
//! Their properties mean something together alone, so they are collected first.

use std::{collections::BTreeMap, mem};

use super::{
    Property,
    draft::Draft,
    place::Place,
    sasl::{self, SaslPlan},
    tls,
};
use crate::{files::Files, reference::Origin};

/// The properties about encryption and login that were given.
#[derive(Default)]
pub(super) struct Given(BTreeMap<String, Property>);

/// Which layers lie between the producer and Kafka.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Protocol {
    /// Java's name.
    pub(super) name: &'static str,
    pub(super) has_tls: bool,
    pub(super) has_sasl: bool,
}

/// Java's default comes first.
const PROTOCOLS: [Protocol; 4] = [
    protocol("PLAINTEXT", false, false),
    protocol("SSL", true, false),
    protocol("SASL_PLAINTEXT", false, true),
    protocol("SASL_SSL", true, true),
];

const fn protocol(name: &'static str, has_tls: bool, has_sasl: bool) -> Protocol {
    Protocol {
        name,
        has_tls,
        has_sasl,
    }
}

impl Given {
    pub(super) fn insert(&mut self, property: &Property) {
        self.0.insert(property.name.clone(), property.clone());
    }

    pub(super) fn get(&self, name: &str) -> Option<&Property> {
        self.0.get(name)
    }

    /// Whether `name` was given, with a value that cannot be seen here or with one.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether one of `names` has a value that cannot be seen here.
    pub(super) fn is_unseen(&self, names: &[&str]) -> bool {
        let mut given = names.iter().filter_map(|name| self.get(name));
        given.any(|property| property.origin == Origin::Unseen)
    }

    /// The text of `name`, without white space around it; `None` where it was not given, is a list, or
    /// cannot be seen here.
    pub(super) fn text(&self, name: &str, draft: &mut Draft<'_>) -> Option<&str> {
        let property = self.get(name)?;
        let text = draft.text(property)?;
        (property.origin != Origin::Unseen).then_some(text)
    }

    /// The file that the value of `name` means.
    pub(super) fn place<'g>(
        &'g self,
        name: &str,
        draft: &mut Draft<'_>,
        files: &'g dyn Files,
    ) -> Option<Place<'g>> {
        let path = self.text(name, draft)?;
        Some(Place::new(self.get(name)?, path, files))
    }

    /// The first name of those that begin with one of `openings`.
    fn first(&self, openings: &[&str]) -> Option<&str> {
        let mut names = self.0.keys().map(String::as_str);
        names.find(|name| openings.iter().any(|opening| name.starts_with(opening)))
    }
}

/// Sets what librdkafka needs for encryption and login; how to log in, where `security.protocol` asks
/// for it.
pub(super) fn finish(draft: &mut Draft<'_>, files: &dyn Files) -> Option<SaslPlan> {
    const NAME: &str = "security.protocol";

    let given = mem::take(&mut draft.security);
    if given.is_unseen(&[NAME]) {
        return None;
    }
    let protocol = given.get(NAME).map_or(Some(PROTOCOLS[0]), |property| {
        let text = draft.text(property)?;
        let known = PROTOCOLS
            .into_iter()
            .find(|known| known.name.eq_ignore_ascii_case(text));
        if known.is_none() {
            let names = PROTOCOLS.map(|known| known.name).join(", ");
            let reason = format!("{} is no security protocol", property.quoted(text));
            draft.refuse(NAME, reason, format!("use one of {names}"));
        }
        known
    })?;
    if given.has(NAME) {
        draft.put(NAME, protocol.name.to_ascii_lowercase());
    }
    if protocol.has_tls {
        tls::finish(draft, &given, files);
    } else {
        say_without_effect(draft, &given, &["ssl.", "enable.ssl."], protocol);
    }
    if protocol.has_sasl {
        return sasl::finish(draft, &given, protocol, files);
    }
    say_without_effect(draft, &given, &["sasl.", "https."], protocol);
    None
}

/// One warning for all properties of a layer that is not there, as in Java.
fn say_without_effect(draft: &mut Draft<'_>, given: &Given, openings: &[&str], protocol: Protocol) {
    if let Some(name) = given.first(openings) {
        let family = openings.first().copied().unwrap_or_default();
        let message = format!(
            "has no effect, nor has any other `{family}*`: security.protocol is {}",
            protocol.name
        );
        draft.warn(name, message);
    }
}
