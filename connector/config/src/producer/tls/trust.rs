//! The trust store: whose certificates brokers may have.

use aeroduct_stores::{StoreKind, certificates_to_pem, open_trusted};
use zeroize::Zeroizing;

use super::stores::{NO_STORE_PASSWORD, PEM_ALONE, kind, missing, told};
use crate::{
    files::Files,
    producer::{draft::Draft, security::Given},
    secret::{Secret, Setting},
};

const LOCATION: &str = "ssl.truststore.location";
const PASSWORD: &str = "ssl.truststore.password";
const KIND: &str = "ssl.truststore.type";
const CERTIFICATES: &str = "ssl.truststore.certificates";
/// librdkafka's name for a file or folder of certificates to trust.
const AUTHORITIES: &str = "ssl.ca.location";

pub(super) fn finish(draft: &mut Draft<'_>, given: &Given, files: &dyn Files) {
    let pem = if given.has(AUTHORITIES) {
        authorities(draft, given, files)
    } else {
        trusted(draft, given, files)
    };
    if let Some(pem) = pem {
        // Java trusts these and no others; librdkafka too, once it is given some.
        draft.put_setting("ssl.ca.pem", Setting::Secret(pem));
    }
}

/// The certificates of a trust store, as PEM; `None` where none was given, or it cannot be used. The
/// rules are those of Kafka's default engine.
pub(in crate::producer) fn trusted(
    draft: &mut Draft<'_>,
    given: &Given,
    files: &dyn Files,
) -> Option<Secret> {
    let kind = kind(draft, given, KIND)?;
    check_together(draft, given, kind)?;
    if given.is_unseen(&[PASSWORD]) {
        return None;
    }
    let (name, what, bytes) = if given.has(CERTIFICATES) {
        let text = given.text(CERTIFICATES, draft)?;
        let bytes = Zeroizing::new(text.as_bytes().to_vec());
        (CERTIFICATES, "the text".to_owned(), bytes)
    } else {
        let place = given.place(LOCATION, draft, files)?;
        let bytes = place.read(draft, "trust store")?;
        (
            LOCATION,
            format!("the trust store {}", place.quoted()),
            bytes,
        )
    };
    let opened = open_trusted(&bytes, kind, given.text(PASSWORD, draft));
    let certificates = told(opened, draft, name, &what, PASSWORD)?;
    Some(Secret::new(certificates_to_pem(&certificates)))
}

/// A file of certificates, a folder of them as OpenSSL has them, or `probe` for those of the system.
fn authorities(draft: &mut Draft<'_>, given: &Given, files: &dyn Files) -> Option<Secret> {
    for name in [LOCATION, CERTIFICATES] {
        if given.has(name) {
            let reason = format!("does not go with {name}");
            draft.refuse(AUTHORITIES, reason, "keep one of the two");
        }
    }
    let path = given.text(AUTHORITIES, draft)?;
    if path == "probe" {
        draft.put(AUTHORITIES, path);
        return None;
    }
    let place = given.place(AUTHORITIES, draft, files)?;
    if place.is_folder() {
        draft.put_setting(AUTHORITIES, place.setting());
        return None;
    }
    let bytes = place.read(draft, "file of certificates")?;
    let opened = open_trusted(&bytes, StoreKind::Pem, None);
    let what = format!("the file {}", place.quoted());
    let certificates = told(opened, draft, AUTHORITIES, &what, "")?;
    Some(Secret::new(certificates_to_pem(&certificates)))
}

/// What of a trust store goes together.
fn check_together(draft: &mut Draft<'_>, given: &Given, kind: StoreKind) -> Option<()> {
    let is_pem = kind == StoreKind::Pem;
    if given.has(CERTIFICATES) && !is_pem {
        draft.refuse(CERTIFICATES, PEM_ALONE, format!("add `{KIND}: PEM`"));
        return None;
    }
    if given.has(CERTIFICATES) && given.has(LOCATION) {
        let reason = format!("does not go with {LOCATION}");
        draft.refuse(CERTIFICATES, reason, "keep one of the two");
        return None;
    }
    if given.has(PASSWORD) && is_pem {
        draft.refuse(PASSWORD, NO_STORE_PASSWORD, "leave it out");
        return None;
    }
    if given.has(PASSWORD) && !given.has(LOCATION) {
        return missing(draft, PASSWORD, LOCATION);
    }
    Some(())
}
