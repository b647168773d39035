//! `ssl.cipher.suites` and `ssl.enabled.protocols`, in OpenSSL's words.

use crate::producer::{Property, draft::Draft, security::Given};

/// Suites of TLS 1.2: Java's names, which are those of the standards, and OpenSSL's.
const SUITES: &[(&str, &str)] = &[
    ("TLS_DHE_DSS_WITH_AES_128_CBC_SHA", "DHE-DSS-AES128-SHA"),
    (
        "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256",
        "DHE-DSS-AES128-SHA256",
    ),
    (
        "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256",
        "DHE-DSS-AES128-GCM-SHA256",
    ),
    ("TLS_DHE_DSS_WITH_AES_256_CBC_SHA", "DHE-DSS-AES256-SHA"),
    (
        "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256",
        "DHE-DSS-AES256-SHA256",
    ),
    (
        "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384",
        "DHE-DSS-AES256-GCM-SHA384",
    ),
    ("TLS_DHE_RSA_WITH_AES_128_CBC_SHA", "DHE-RSA-AES128-SHA"),
    (
        "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
        "DHE-RSA-AES128-SHA256",
    ),
    (
        "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
        "DHE-RSA-AES128-GCM-SHA256",
    ),
    ("TLS_DHE_RSA_WITH_AES_256_CBC_SHA", "DHE-RSA-AES256-SHA"),
    (
        "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256",
        "DHE-RSA-AES256-SHA256",
    ),
    (
        "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
        "DHE-RSA-AES256-GCM-SHA384",
    ),
    (
        "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "DHE-RSA-CHACHA20-POLY1305",
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        "ECDHE-ECDSA-AES128-SHA",
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        "ECDHE-ECDSA-AES128-SHA256",
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "ECDHE-ECDSA-AES128-GCM-SHA256",
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        "ECDHE-ECDSA-AES256-SHA",
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
        "ECDHE-ECDSA-AES256-SHA384",
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
    ),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
    ),
    ("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"),
    (
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "ECDHE-RSA-AES128-SHA256",
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
    ),
    ("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"),
    (
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
        "ECDHE-RSA-AES256-SHA384",
    ),
    (
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
    ),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "ECDHE-RSA-CHACHA20-POLY1305",
    ),
    ("TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"),
    ("TLS_RSA_WITH_AES_128_CBC_SHA256", "AES128-SHA256"),
    ("TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"),
    ("TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA"),
    ("TLS_RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256"),
    ("TLS_RSA_WITH_AES_256_GCM_SHA384", "AES256-GCM-SHA384"),
];

/// Suites of TLS 1.3, all of which the client library offers, and no others.
const SUITES_13: [&str; 3] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
];

/// A suite of TLS 1.2 that needs a key agreed on beforehand, which the client library cannot be
/// given. It alone switches TLS 1.2 off, for which there is no other means.
const NO_SUITE_OF_12: &str = "PSK-AES256-GCM-SHA384";

const SUITES_NAME: &str = "ssl.cipher.suites";
const PROTOCOLS_NAME: &str = "ssl.enabled.protocols";

/// Versions of TLS and the suites of 1.2, as the properties have them.
pub(super) fn finish(draft: &mut Draft<'_>, given: &Given) {
    if given.is_unseen(&[SUITES_NAME, PROTOCOLS_NAME]) {
        return;
    }
    let has_12 = given
        .get(PROTOCOLS_NAME)
        .is_none_or(|property| versions(draft, property));
    let suites = given
        .get(SUITES_NAME)
        .and_then(|property| suites(draft, property));
    match suites {
        _ if !has_12 => draft.put(SUITES_NAME, NO_SUITE_OF_12),
        None => {}
        Some(suites) if suites.is_empty() => draft.put(SUITES_NAME, NO_SUITE_OF_12),
        Some(suites) => draft.put(SUITES_NAME, suites.join(":")),
    }
}

/// Whether TLS 1.2 may be spoken.
fn versions(draft: &mut Draft<'_>, property: &Property) -> bool {
    const REMEDY: &str = "use TLSv1.2, TLSv1.3 or both";

    let mut has = (false, false);
    for item in Draft::items(property) {
        match item {
            "TLSv1.2" => has.0 = true,
            "TLSv1.3" => has.1 = true,
            "TLSv1" | "TLSv1.1" => {
                let message = format!("{item} is not offered, as in Java since 2021");
                draft.warn(&property.name, message);
            }
            _ => {
                let reason = format!(
                    "{} is no version of TLS that is in use",
                    property.quoted(item)
                );
                draft.refuse(&property.name, reason, REMEDY);
                return true;
            }
        }
    }
    match has {
        (false, false) => draft.refuse(&property.name, "leaves no version of TLS", REMEDY),
        (true, false) => draft.warn(
            &property.name,
            "TLSv1.3 is offered too: the client library cannot be kept from it; brokers choose",
        ),
        (_, true) => {}
    }
    has.0 || !has.1
}

/// The suites of TLS 1.2 by OpenSSL's names; `None` where nothing was chosen.
fn suites(draft: &mut Draft<'_>, property: &Property) -> Option<Vec<&'static str>> {
    let items = Draft::items(property);
    if items.is_empty() {
        return None;
    }
    let mut suites = Vec::new();
    let mut has_13 = false;
    for item in items {
        let known = SUITES
            .iter()
            .find(|(java, openssl)| [java, openssl].contains(&&item));
        if let Some((_, openssl)) = known {
            suites.push(*openssl);
        } else if SUITES_13.contains(&item) {
            has_13 = true;
        } else {
            let reason = format!(
                "{} is no cipher suite of the client library",
                property.quoted(item)
            );
            let remedy = nearest(item).map_or_else(
                || "leave it out".to_owned(),
                |known| format!("did you mean {known}?"),
            );
            draft.refuse(&property.name, reason, remedy);
        }
    }
    if has_13 {
        let message =
            "suites of TLS 1.3 cannot be chosen: the client library always offers the usual three";
        draft.warn(&property.name, message);
    }
    Some(suites)
}

fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |known: &str| strsim::normalized_damerau_levenshtein(name, known);
    let names = SUITES.iter().map(|(java, _)| *java).chain(SUITES_13);
    names
        .map(|known| (likeness(known), known))
        .filter(|(likeness, _)| *likeness >= 0.7)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
}
