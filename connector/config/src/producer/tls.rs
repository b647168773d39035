//! `ssl.*`: whom the producer trusts, and what it shows of itself, as Kafka's default engine has it.
//!
//! Key stores are opened here and handed on as PEM text, so that librdkafka reads no file: a wrong
//! password is told with all other faults, and a changed file is a changed plan.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{draft::Draft, security::Given};
use crate::files::Files;

mod ciphers;
mod keys;
mod stores;
#[cfg(test)]
mod tests;
mod trust;

pub(super) use trust::trusted;

/// Sets what librdkafka needs for TLS.
pub(super) fn finish(draft: &mut Draft<'_>, given: &Given, files: &dyn Files) {
    trust::finish(draft, given, files);
    keys::finish(draft, given, files);
    ciphers::finish(draft, given);
    identification(draft, given);
    verification(draft, given);
    version(draft, given);
    revocations(draft, given, files);
}

/// Whether the name of a broker must be in its certificate: yes, unless the property is empty.
fn identification(draft: &mut Draft<'_>, given: &Given) {
    const NAME: &str = "ssl.endpoint.identification.algorithm";

    let Some(text) = given.text(NAME, draft) else {
        return;
    };
    match text.to_ascii_lowercase().as_str() {
        "https" => draft.put(NAME, "https"),
        "" | "none" => {
            draft.put(NAME, "none");
            let message = "the names in brokers' certificates are not checked: whoever has any trusted certificate can stand in for a broker";
            draft.warn(NAME, message);
        }
        _ => {
            let text = given.get(NAME).map(|property| property.quoted(text));
            let reason = format!("{} is no way to identify brokers", text.unwrap_or_default());
            draft.refuse(NAME, reason, "use https, or \"\" to switch it off");
        }
    }
}

fn verification(draft: &mut Draft<'_>, given: &Given) {
    const NAME: &str = "enable.ssl.certificate.verification";

    if given.is_unseen(&[NAME]) {
        return;
    }
    if let Some(verifies) = given.get(NAME).and_then(|property| draft.flag(property)) {
        draft.put(NAME, verifies);
        if !verifies {
            let message = "brokers' certificates are not checked: anybody on the way can read and change what is published";
            draft.warn(NAME, message);
        }
    }
}

/// `ssl.protocol` names Java's machinery; the versions are those of `ssl.enabled.protocols`.
fn version(draft: &mut Draft<'_>, given: &Given) {
    const NAME: &str = "ssl.protocol";

    let Some(property) = given.get(NAME).filter(|_| !given.is_unseen(&[NAME])) else {
        return;
    };
    draft.choice(property, &["TLS", "TLSv1.2", "TLSv1.3"]);
}

/// The list of certificates that are no longer good, which librdkafka reads itself.
fn revocations(draft: &mut Draft<'_>, given: &Given, files: &dyn Files) {
    const NAME: &str = "ssl.crl.location";

    let Some(place) = given.place(NAME, draft, files) else {
        return;
    };
    if let Some(bytes) = place.read(draft, "list of revoked certificates") {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        draft.read_elsewhere.push(hasher.finish());
        draft.put_setting(NAME, place.setting());
    }
}
