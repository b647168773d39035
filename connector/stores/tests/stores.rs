//! Stores that keytool and openssl wrote: `stores.sh` beside this file makes them anew.

#![cfg(test)]

use std::fs;
use std::path::Path;

use aeroduct_stores::fuzzing::PASSWORD;
use aeroduct_stores::{
    KeyPair, StoreError, StoreKind, certificates_to_pem, open_keys, open_trusted,
};
use rustls_pki_types::PrivateKeyDer;

/// The password of keys in the stores of Java that can have one.
const KEY_PASSWORD: &str = "changekey";

fn store(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn open(name: &str, password: Option<&str>, key: Option<&str>) -> Result<KeyPair, StoreError> {
    // What is declared does not matter: Java's own loader looks at the bytes.
    open_keys(&store(name), StoreKind::Jks, password, key)
}

fn trusted(name: &str, password: Option<&str>) -> Result<String, StoreError> {
    open_trusted(&store(name), StoreKind::Pkcs12, password).map(|list| certificates_to_pem(&list))
}

fn text(name: &str) -> String {
    String::from_utf8(store(name)).unwrap()
}

/// Where each store has the same key, and by which passwords.
const SAME_KEY: &[(&str, Option<&str>, Option<&str>)] = &[
    ("whole.pem", None, None),
    ("encrypted-aes256.pem", Some(PASSWORD), None),
    ("encrypted-aes256.pem", Some("the store's"), Some(PASSWORD)),
    ("encrypted-sha1prf.pem", None, Some(PASSWORD)),
    ("encrypted-scrypt.pem", None, Some(PASSWORD)),
    ("encrypted-des3.pem", None, Some(PASSWORD)),
    ("encrypted-v1des3.pem", None, Some(PASSWORD)),
    ("openssl.p12", Some(PASSWORD), None),
    ("openssl-legacy.p12", Some(PASSWORD), None),
    ("openssl-nomac.p12", Some(PASSWORD), None),
    ("java.p12", Some(PASSWORD), Some(PASSWORD)),
    ("java-legacy.p12", Some(PASSWORD), None),
    ("secret.p12", Some(PASSWORD), None),
    ("java.jks", Some(PASSWORD), Some(KEY_PASSWORD)),
    ("java.jks", None, Some(KEY_PASSWORD)),
    ("java.jceks", Some(PASSWORD), Some(KEY_PASSWORD)),
];

#[test]
fn the_same_key_and_chain_come_out_of_every_type_of_store() {
    let chain = text("server.pem") + &text("ca.pem");
    let key = open("whole.pem", None, None).unwrap().key_to_pem();
    assert!(text("whole.pem").starts_with(key.as_str()));
    for (name, password, key_password) in SAME_KEY {
        let pair =
            open(name, *password, *key_password).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(pair.chain_to_pem(), chain, "{name}");
        assert!(*pair.key_to_pem() == *key, "{name}");
        if !name.contains(".pem") {
            assert_eq!(pair.alias.as_deref(), Some("server"), "{name}");
        }
    }
}

#[test]
fn keys_of_openssl_of_old_stay_what_they_are() {
    let pair = open("pkcs1.pem", None, None).unwrap();
    assert!(matches!(&*pair.key, PrivateKeyDer::Pkcs1(_)));
    assert!(text("pkcs1.pem").starts_with(pair.key_to_pem().as_str()));

    let whole = text("sec1.key") + &text("server.pem");
    let pair = open_keys(whole.as_bytes(), StoreKind::Pem, None, None).unwrap();
    assert!(matches!(&*pair.key, PrivateKeyDer::Sec1(_)));
    assert_eq!(*pair.key_to_pem(), text("sec1.key"));
}

#[test]
fn pem_may_stand_in_one_line_as_in_properties_of_kafka() {
    let line = text("whole.pem").replace('\n', " ");
    let pair = open_keys(line.as_bytes(), StoreKind::Pem, None, None).unwrap();
    assert_eq!(
        pair.chain_to_pem(),
        text("server.pem") + &text("ca.pem"),
        "{line}"
    );
}

#[test]
fn the_first_of_several_keys_is_taken_and_the_others_are_told() {
    let pair = open("two.jks", Some(PASSWORD), Some(KEY_PASSWORD)).unwrap();
    let mut names = pair.passed_over;
    names.extend(pair.alias);
    names.sort();
    assert_eq!(names, ["second", "third"]);

    let two = text("whole.pem") + &text("sec1.key");
    let error = open_keys(two.as_bytes(), StoreKind::Pem, None, None).unwrap_err();
    assert_eq!(error, StoreError::SeveralKeys(2));
}

#[test]
fn what_java_trusts_by_a_store_is_trusted() {
    let ca = text("ca.pem");
    for name in ["trust.jks", "trust.jceks", "trust.p12", "openssl-trust.p12"] {
        assert_eq!(trusted(name, Some(PASSWORD)), Ok(ca.clone()), "{name}");
    }
    assert_eq!(trusted("ca.pem", None), Ok(ca.clone()));
    // Without passwords: certificates of Java's own stores are in the clear.
    assert_eq!(trusted("trust.jks", None), Ok(ca.clone()));
    assert_eq!(trusted("open.p12", None), Ok(ca));
    // Of a key, its own certificate is trusted and no other.
    for name in ["java.jks", "java.jceks", "java.p12", "openssl.p12"] {
        let own = text("server.pem");
        assert_eq!(trusted(name, Some(PASSWORD)), Ok(own), "{name}");
    }
}

#[test]
fn each_fault_is_told_apart() {
    for name in ["java.jks", "java.jceks", "java.p12", "openssl-legacy.p12"] {
        let wrong = open(name, Some("wrong"), Some(KEY_PASSWORD));
        assert_eq!(wrong.unwrap_err(), StoreError::WrongPassword, "{name}");
        let wrong = open(name, Some(PASSWORD), Some("wrong"));
        assert_eq!(wrong.unwrap_err(), StoreError::WrongKeyPassword, "{name}");
        let bytes = store(name);
        for len in [0, bytes.len() / 2, bytes.len() - 1] {
            let cut = open_keys(&bytes[..len], StoreKind::Jks, Some(PASSWORD), None);
            assert_eq!(cut.unwrap_err(), StoreError::Truncated, "{name} {len}");
        }
    }
    let pem = store("whole.pem");
    let cut = open_keys(&pem[..pem.len() - 10], StoreKind::Pem, None, None);
    assert_eq!(cut.unwrap_err(), StoreError::Truncated);

    for name in ["java.jks", "java.p12", "encrypted-aes256.pem"] {
        let missing = open(name, None, None).unwrap_err();
        assert_eq!(missing, StoreError::PasswordMissing, "{name}");
    }
    let wrong = open("encrypted-aes256.pem", None, Some("wrong"));
    assert_eq!(wrong.unwrap_err(), StoreError::WrongKeyPassword);

    for name in ["trust.jks", "trust.p12", "openssl-trust.p12", "ca.pem"] {
        let error = open(name, Some(PASSWORD), None).unwrap_err();
        assert_eq!(error, StoreError::NoKey, "{name}");
    }
    let error = open("sec1.key", None, None).unwrap_err();
    assert_eq!(error, StoreError::NoCertificate { for_key: true });
    let error = trusted("sec1.key", None).unwrap_err();
    assert_eq!(error, StoreError::NoCertificate { for_key: false });
    let error = open_keys(b"changeit\n", StoreKind::Jks, None, None).unwrap_err();
    let declared = StoreKind::Jks;
    assert_eq!(error, StoreError::WrongType { declared });
}

#[test]
fn what_is_not_supported_is_named() {
    for (name, what) in [
        ("openssl-rc4.p12", "pbeWithSHA1And128BitRC4"),
        ("encrypted-v1des.pem", "pbeWithMD5AndDES-CBC"),
        ("old-encryption.pem", "Proc-Type"),
        ("secret.jceks", "a secret key"),
    ] {
        let error = open(name, Some(PASSWORD), None).unwrap_err();
        assert!(
            matches!(error, StoreError::Unsupported(_)),
            "{name}: {error}"
        );
        assert!(error.to_string().contains(what), "{name}: {error}");
    }
}

#[test]
fn a_store_that_asks_for_too_much_work_is_refused_at_once() {
    let error = open("encrypted-slow.pem", Some(PASSWORD), None).unwrap_err();
    assert_eq!(error, StoreError::TooMuchWork { most: 5_000_000 });
}

#[test]
fn a_pair_shows_neither_its_key_nor_that_of_its_store() {
    let pair = open("whole.pem", None, None).unwrap();
    let shown = format!("{pair:?}");
    assert_eq!(shown, "KeyPair { alias: None, certificates: 2, .. }");
}
