//! The key store: what the producer shows of itself.

use aeroduct_stores::{StoreKind, open_keys};
use zeroize::Zeroizing;

use super::stores::{KEY_PASSWORD, NO_STORE_PASSWORD, PEM_ALONE, kind, missing, told};
use crate::{
    files::Files,
    producer::{draft::Draft, security::Given},
    secret::{Secret, Setting},
};

const LOCATION: &str = "ssl.keystore.location";
const PASSWORD: &str = "ssl.keystore.password";
const KIND: &str = "ssl.keystore.type";
const KEY: &str = "ssl.keystore.key";
const CHAIN: &str = "ssl.keystore.certificate.chain";
/// librdkafka's names for a key and its certificates in two files, for which Java has none.
const KEY_FILE: &str = "ssl.key.location";
const CHAIN_FILE: &str = "ssl.certificate.location";

/// A store that was read.
struct Store {
    /// The property that errors are about.
    name: &'static str,
    what: String,
    kind: StoreKind,
    bytes: Zeroizing<Vec<u8>>,
}

/// Sets key and certificates; nothing where none were given, or they cannot be used. The rules are
/// those of Kafka's default engine.
pub(super) fn finish(draft: &mut Draft<'_>, given: &Given, files: &dyn Files) {
    let Some(kind) = kind(draft, given, KIND) else {
        return;
    };
    if check_together(draft, given, kind).is_none() {
        return;
    }
    let key_password = given.text(KEY_PASSWORD, draft);
    if given.is_unseen(&[KEY, CHAIN, PASSWORD, KEY_PASSWORD]) {
        return;
    }
    let Some(store) = read(draft, given, kind, files) else {
        return;
    };
    let is_pem = store.kind == StoreKind::Pem;
    let password = if is_pem { KEY_PASSWORD } else { PASSWORD };
    let opened = open_keys(
        &store.bytes,
        store.kind,
        given.text(PASSWORD, draft),
        key_password,
    );
    let Some(pair) = told(opened, draft, store.name, &store.what, password) else {
        return;
    };
    if !pair.passed_over.is_empty() {
        let alias = pair.alias.as_deref().unwrap_or_default();
        let message =
            format!("holds several keys; {alias:?} is taken, the first one, as Java does");
        draft.warn(store.name, message);
    }
    let key = Secret::new(pair.key_to_pem().to_string());
    draft.put_setting(
        "ssl.certificate.pem",
        Setting::Secret(Secret::new(pair.chain_to_pem())),
    );
    draft.put_setting("ssl.key.pem", Setting::Secret(key));
}

fn read(draft: &mut Draft<'_>, given: &Given, kind: StoreKind, files: &dyn Files) -> Option<Store> {
    if given.has(KEY) {
        let chain = given.text(CHAIN, draft)?;
        let key = given.text(KEY, draft)?;
        return Some(Store {
            name: KEY,
            what: "the text".to_owned(),
            kind: StoreKind::Pem,
            bytes: both_of(chain.as_bytes(), key.as_bytes()),
        });
    }
    if given.has(KEY_FILE) {
        let chain = given.place(CHAIN_FILE, draft, files)?;
        let key = given.place(KEY_FILE, draft, files)?;
        let what = format!("the key {}", key.quoted());
        let chain = chain.read(draft, "certificate");
        let key = key.read(draft, "key");
        return Some(Store {
            name: KEY_FILE,
            what,
            kind: StoreKind::Pem,
            bytes: both_of(&chain?, &key?),
        });
    }
    let place = given.place(LOCATION, draft, files)?;
    Some(Store {
        name: LOCATION,
        what: format!("the key store {}", place.quoted()),
        kind,
        bytes: place.read(draft, "key store")?,
    })
}

/// What of a key store goes together, by the rules of Kafka's default engine.
fn check_together(draft: &mut Draft<'_>, given: &Given, kind: StoreKind) -> Option<()> {
    let has = |name| given.has(name);
    for (one, other) in [(KEY, CHAIN), (KEY_FILE, CHAIN_FILE)] {
        if has(one) != has(other) {
            let (one, other) = if has(one) { (one, other) } else { (other, one) };
            return missing(draft, one, other);
        }
    }
    if has(KEY) && kind != StoreKind::Pem {
        draft.refuse(KEY, PEM_ALONE, format!("add `{KIND}: PEM`"));
        return None;
    }
    let ways = [KEY, KEY_FILE, LOCATION]
        .into_iter()
        .filter(|name| has(name));
    if let [first, second, ..] = ways.collect::<Vec<_>>().as_slice() {
        draft.refuse(
            first,
            format!("does not go with {second}"),
            "keep one of the two",
        );
        return None;
    }
    let is_pem = kind == StoreKind::Pem || has(KEY_FILE);
    if has(PASSWORD) && is_pem {
        draft.refuse(
            PASSWORD,
            NO_STORE_PASSWORD,
            format!("leave it out; the key's own is {KEY_PASSWORD}"),
        );
        return None;
    }
    if has(PASSWORD) && !has(LOCATION) {
        return missing(draft, PASSWORD, LOCATION);
    }
    if has(LOCATION) && !has(PASSWORD) && !is_pem {
        return missing(draft, LOCATION, PASSWORD);
    }
    Some(())
}

/// Certificates and key, as one text.
fn both_of(chain: &[u8], key: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([chain, b"\n", key].concat())
}
