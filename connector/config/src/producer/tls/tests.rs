use crate::{
    NoFiles, ProducerChange, ProducerPlan, Setting,
    files::held::Held,
    producer::tests::{plan, plan_with, read_with, refused, refused_with, setting, warned},
};

const TLS: (&str, &str) = ("security.protocol", "SSL");
const CA: &str = include_str!("../../../../stores/tests/corpus/ca.pem");
const SERVER: &str = include_str!("../../../../stores/tests/corpus/server.pem");
const KEY: &str = include_str!("../../../../stores/tests/corpus/sec1.key");
const ENCRYPTED: &str = include_str!("../../../../stores/tests/corpus/encrypted-aes256.pem");
const JKS: &[u8] = include_bytes!("../../../../stores/tests/corpus/java.jks");
const TWO: &[u8] = include_bytes!("../../../../stores/tests/corpus/two.jks");
const P12: &[u8] = include_bytes!("../../../../stores/tests/corpus/openssl.p12");
const TRUST: &[u8] = include_bytes!("../../../../stores/tests/corpus/trust.jks");
const TRUST_P12: &[u8] = include_bytes!("../../../../stores/tests/corpus/trust.p12");

fn files() -> Held {
    let files = Held::of(&[
        ("key.jks", JKS),
        ("two.jks", TWO),
        ("key.p12", P12),
        ("trust.jks", TRUST),
        ("trust.p12", TRUST_P12),
        ("short.jks", &TRUST[..100]),
    ]);
    for (path, text) in [
        ("ca.pem", CA),
        ("server.pem", SERVER),
        ("server.key", KEY),
        ("whole.pem", ENCRYPTED),
        ("text", "canary"),
    ] {
        files.set(path, text);
    }
    files
}

/// The plan with TLS and these properties, which are all right.
fn with(given: &[(&str, &str)]) -> ProducerPlan {
    plan_with(&[&[TLS], given].concat(), &files())
}

fn without(given: &[(&str, &str)]) -> String {
    refused_with(&[&[TLS], given].concat(), &files())
}

fn sections(plan: &ProducerPlan, name: &str) -> usize {
    setting(plan, name).map_or(0, |pem| pem.matches("-----BEGIN ").count())
}

#[test]
fn without_stores_the_system_is_trusted_and_names_are_checked() {
    let plan = plan(&[TLS]);
    assert_eq!(setting(&plan, "security.protocol"), Some("ssl"));
    assert_eq!(plan.sasl, None);
    let others = plan
        .properties
        .iter()
        .filter(|(name, _)| name.starts_with("ssl."));
    assert_eq!(others.count(), 0);
}

// covers: producer-props.ssl.truststore.location
#[test]
fn a_trust_store_of_any_type_becomes_the_authorities() {
    for given in [
        &[
            ("ssl.truststore.location", "trust.jks"),
            ("ssl.truststore.password", "changeit"),
        ][..],
        // Java reads the certificates of its own stores without the password too.
        &[("ssl.truststore.location", "trust.jks")],
        &[
            ("ssl.truststore.location", "trust.p12"),
            ("ssl.truststore.password", "changeit"),
            ("ssl.truststore.type", "PKCS12"),
        ],
        &[
            ("ssl.truststore.location", "ca.pem"),
            ("ssl.truststore.type", "PEM"),
        ],
        &[
            ("ssl.truststore.certificates", CA),
            ("ssl.truststore.type", "pem"),
        ],
        &[("ssl.ca.location", "ca.pem")],
    ] {
        let plan = with(given);
        let pem = setting(&plan, "ssl.ca.pem").unwrap();
        assert_eq!(pem.trim_end(), CA.trim_end(), "{given:?}");
        assert_eq!(setting(&plan, "ssl.truststore.location"), None);
    }
}

// covers: producer-props.ssl.keystore.location
#[test]
fn a_key_store_of_any_type_becomes_a_key_and_its_certificates() {
    let inline = [
        ("ssl.keystore.type", "PEM"),
        ("ssl.keystore.certificate.chain", SERVER),
        ("ssl.keystore.key", KEY),
    ];
    for (given, certificates) in [
        (
            &[
                ("ssl.keystore.location", "key.jks"),
                ("ssl.keystore.password", "changeit"),
                ("ssl.key.password", "changekey"),
            ][..],
            2,
        ),
        (
            &[
                ("ssl.keystore.location", "key.p12"),
                ("ssl.keystore.password", "changeit"),
                ("ssl.keystore.type", "PKCS12"),
            ],
            2,
        ),
        (
            &[
                ("ssl.keystore.location", "whole.pem"),
                ("ssl.keystore.type", "PEM"),
                ("ssl.key.password", "changeit"),
            ],
            2,
        ),
        (&inline, 1),
        (
            &[
                ("ssl.certificate.location", "server.pem"),
                ("ssl.key.location", "server.key"),
            ],
            1,
        ),
    ] {
        let plan = with(given);
        assert_eq!(
            sections(&plan, "ssl.certificate.pem"),
            certificates,
            "{given:?}"
        );
        assert_eq!(sections(&plan, "ssl.key.pem"), 1, "{given:?}");
        assert_eq!(setting(&plan, "ssl.key.password"), None);
        let secrets = plan
            .properties
            .iter()
            .filter(|(_, value)| matches!(value, Setting::Secret(_)));
        assert_eq!(secrets.count(), 2);
    }
}

#[test]
fn of_several_keys_the_first_is_taken_with_a_word() {
    let given = [
        TLS,
        ("ssl.keystore.location", "two.jks"),
        ("ssl.keystore.password", "changeit"),
        ("ssl.key.password", "changekey"),
    ];
    let (plan, findings) = read_with(&given, &files());
    assert!(findings.errors.is_empty(), "{findings:?}");
    assert!(
        findings.warnings[0]
            .1
            .contains("the first one, as Java does"),
        "{findings:?}"
    );
    assert_eq!(sections(&plan, "ssl.key.pem"), 1);
}

#[test]
fn a_store_that_cannot_be_opened_is_an_error_with_file_and_cause() {
    for (given, expected) in [
        (
            &[("ssl.truststore.location", "none.jks")][..],
            "ssl.truststore.location the trust store \"/etc/connector/none.jks\" cannot be read: entity not found; \
             mend the path, which is relative to the configuration file, or the file's rights",
        ),
        (
            &[
                ("ssl.truststore.location", "trust.jks"),
                ("ssl.truststore.password", "canary"),
            ],
            "ssl.truststore.location the trust store \"/etc/connector/trust.jks\" cannot be used: its password is \
             wrong, or it is damaged; look at ssl.truststore.password",
        ),
        (
            &[
                ("ssl.truststore.location", "short.jks"),
                ("ssl.truststore.password", "changeit"),
            ],
            "ssl.truststore.location the trust store \"/etc/connector/short.jks\" cannot be used: it is cut short; look \
             at it with keytool or openssl",
        ),
        (
            &[
                ("ssl.truststore.location", "text"),
                ("ssl.truststore.type", "PKCS12"),
            ],
            "ssl.truststore.location the trust store \"/etc/connector/text\" cannot be used: its bytes are no key store, \
             neither of the type PKCS12 nor of another known one; look at it with keytool or openssl",
        ),
        (
            &[
                ("ssl.keystore.location", "key.jks"),
                ("ssl.keystore.password", "changeit"),
                ("ssl.key.password", "canary"),
            ],
            "ssl.keystore.location the key store \"/etc/connector/key.jks\" cannot be used: the password of its key is \
             wrong, or the key is damaged; look at ssl.key.password",
        ),
        (
            &[
                ("ssl.keystore.location", "whole.pem"),
                ("ssl.keystore.type", "PEM"),
            ],
            "ssl.keystore.location the key store \"/etc/connector/whole.pem\" cannot be used: it is encrypted, and no \
             password is given; look at ssl.key.password",
        ),
        (
            &[
                ("ssl.truststore.certificates", "canary"),
                ("ssl.truststore.type", "PEM"),
            ],
            "ssl.truststore.certificates the text cannot be used: its bytes are no key store, neither of the type PEM \
             nor of another known one; look at it with keytool or openssl",
        ),
    ] {
        let said = without(given);
        assert_eq!(said, expected);
        assert!(!said.contains("canary"));
    }
}

/// Properties that do not go together, and what is said of them.
const AT_ODDS: &[(&[(&str, &str)], &str)] = &[
    (
        &[("ssl.truststore.password", "p")],
        "ssl.truststore.password is there without ssl.truststore.location",
    ),
    (
        &[("ssl.truststore.certificates", CA)],
        "ssl.truststore.certificates is for the type PEM alone; add `ssl.truststore.type: PEM`",
    ),
    (
        &[
            ("ssl.truststore.type", "PEM"),
            ("ssl.truststore.certificates", CA),
            ("ssl.truststore.location", "ca.pem"),
        ],
        "ssl.truststore.certificates does not go with ssl.truststore.location",
    ),
    (
        &[
            ("ssl.truststore.type", "PEM"),
            ("ssl.truststore.location", "ca.pem"),
            ("ssl.truststore.password", "p"),
        ],
        "ssl.truststore.password does not go with the type PEM",
    ),
    (
        &[
            ("ssl.truststore.location", "trust.jks"),
            ("ssl.ca.location", "ca.pem"),
        ],
        "ssl.ca.location does not go with ssl.truststore.location",
    ),
    (
        &[("ssl.keystore.location", "key.jks")],
        "ssl.keystore.location is there without ssl.keystore.password",
    ),
    (
        &[("ssl.keystore.password", "p")],
        "ssl.keystore.password is there without ssl.keystore.location",
    ),
    (
        &[("ssl.keystore.type", "PEM"), ("ssl.keystore.key", KEY)],
        "ssl.keystore.key is there without ssl.keystore.certificate.chain",
    ),
    (
        &[("ssl.keystore.certificate.chain", SERVER)],
        "ssl.keystore.certificate.chain is there without ssl.keystore.key",
    ),
    (
        &[
            ("ssl.keystore.certificate.chain", SERVER),
            ("ssl.keystore.key", KEY),
        ],
        "ssl.keystore.key is for the type PEM alone",
    ),
    (
        &[
            ("ssl.keystore.type", "PEM"),
            ("ssl.keystore.location", "whole.pem"),
            ("ssl.keystore.password", "p"),
        ],
        "ssl.keystore.password does not go with the type PEM",
    ),
    (
        &[("ssl.key.location", "server.key")],
        "ssl.key.location is there without ssl.certificate.location",
    ),
    (
        &[
            ("ssl.keystore.type", "DKS"),
            ("ssl.keystore.location", "a"),
            ("ssl.keystore.password", "p"),
        ],
        "ssl.keystore.type \"DKS\" exists in Java alone; use JKS, JCEKS, PKCS12 or PEM",
    ),
    (
        &[("ssl.truststore.type", "JSK")],
        "ssl.truststore.type \"JSK\" is no type of key store; use JKS, JCEKS, PKCS12 or PEM",
    ),
];

#[test]
fn what_does_not_go_together_is_refused_as_kafka_refuses_it() {
    for (given, expected) in AT_ODDS {
        let said = without(given);
        assert!(said.starts_with(expected), "{said}");
    }
}

#[test]
fn cipher_suites_are_given_by_openssls_names() {
    let plan = with(&[(
        "ssl.cipher.suites",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_RSA_WITH_AES_128_CBC_SHA,DHE-RSA-CHACHA20-POLY1305",
    )]);
    assert_eq!(
        setting(&plan, "ssl.cipher.suites"),
        Some("ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA:DHE-RSA-CHACHA20-POLY1305")
    );
    let (plan, (name, message)) = warned(&[TLS, ("ssl.cipher.suites", "TLS_AES_128_GCM_SHA256")]);
    assert_eq!(name, "ssl.cipher.suites");
    assert!(message.contains("cannot be chosen"), "{message}");
    // None of TLS 1.2, as in Java.
    assert_eq!(
        setting(&plan, "ssl.cipher.suites"),
        Some("PSK-AES256-GCM-SHA384")
    );
    assert_eq!(
        without(&[("ssl.cipher.suites", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA")]),
        "ssl.cipher.suites \"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA\" is no cipher suite of the client library; did you \
         mean TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384?"
    );
}

#[test]
fn versions_of_tls_are_kept_to_where_the_library_can() {
    for both in ["TLSv1.2,TLSv1.3", "TLSv1.3, TLSv1.2"] {
        assert_eq!(
            setting(
                &with(&[("ssl.enabled.protocols", both)]),
                "ssl.cipher.suites"
            ),
            None
        );
    }
    let plan = with(&[
        ("ssl.enabled.protocols", "TLSv1.3"),
        ("ssl.protocol", "TLSv1.3"),
    ]);
    assert_eq!(
        setting(&plan, "ssl.cipher.suites"),
        Some("PSK-AES256-GCM-SHA384")
    );
    let (_, (_, message)) = warned(&[TLS, ("ssl.enabled.protocols", "TLSv1.2")]);
    assert!(message.starts_with("TLSv1.3 is offered too"), "{message}");
    let (_, (_, message)) = warned(&[TLS, ("ssl.enabled.protocols", "TLSv1.1,TLSv1.2,TLSv1.3")]);
    assert!(message.starts_with("TLSv1.1 is not offered"), "{message}");
    assert!(
        without(&[("ssl.enabled.protocols", "SSLv3")]).contains("no version of TLS that is in use")
    );
    let (_, findings) = read_with(&[TLS, ("ssl.enabled.protocols", "TLSv1")], &NoFiles);
    assert_eq!(findings.errors[0].1.reason, "leaves no version of TLS");
    assert!(without(&[("ssl.protocol", "SSL")]).contains("is not among its values"));
}

#[test]
fn names_and_certificates_are_checked_unless_that_is_switched_off_with_a_word() {
    for name in ["https", "HTTPS"] {
        let plan = with(&[("ssl.endpoint.identification.algorithm", name)]);
        assert_eq!(
            setting(&plan, "ssl.endpoint.identification.algorithm"),
            Some("https")
        );
    }
    for (name, value, expected, word) in [
        (
            "ssl.endpoint.identification.algorithm",
            "",
            "none",
            "stand in for a broker",
        ),
        (
            "enable.ssl.certificate.verification",
            "false",
            "false",
            "read and change",
        ),
    ] {
        let (plan, (warned, message)) = warned(&[TLS, (name, value)]);
        assert_eq!(
            (warned.as_str(), setting(&plan, name)),
            (name, Some(expected))
        );
        assert!(message.contains(word), "{message}");
    }
    assert!(without(&[("ssl.endpoint.identification.algorithm", "ldaps")]).contains("is no way"));
}

#[test]
fn javas_own_machinery_has_no_effect_or_is_refused() {
    for name in [
        "ssl.keymanager.algorithm",
        "ssl.trustmanager.algorithm",
        "ssl.secure.random.implementation",
    ] {
        assert!(
            warned(&[TLS, (name, "x")]).1.1.starts_with("has no effect"),
            "{name}"
        );
    }
    for name in [
        "ssl.engine.factory.class",
        "ssl.provider",
        "security.providers",
        "ssl.engine.location",
    ] {
        assert!(refused(&[TLS, (name, "x")]).starts_with(name), "{name}");
    }
    for (name, java) in [
        ("ssl.ca.pem", "ssl.truststore.certificates"),
        ("ssl.certificate.pem", "ssl.keystore.certificate.chain"),
        ("ssl.key.pem", "ssl.keystore.key"),
    ] {
        assert!(
            refused(&[TLS, (name, "x")]).ends_with(&format!("use {java}")),
            "{name}"
        );
    }
}

#[test]
fn without_tls_its_properties_have_no_effect_as_in_java() {
    let (plan, (name, message)) = warned(&[
        ("ssl.truststore.location", "none.jks"),
        ("ssl.truststore.password", "p"),
        ("ssl.cipher.suites", "x"),
    ]);
    assert_eq!(name, "ssl.cipher.suites");
    assert_eq!(
        message,
        "has no effect, nor has any other `ssl.*`: security.protocol is PLAINTEXT"
    );
    let others = plan
        .properties
        .iter()
        .filter(|(name, _)| name.starts_with("ssl."));
    assert_eq!(others.count(), 0);
}

#[test]
fn a_changed_store_or_list_of_revoked_certificates_is_a_new_client() {
    let files = files();
    files.set("revoked.pem", "one");
    let given = [
        TLS,
        ("ssl.truststore.location", "ca.pem"),
        ("ssl.truststore.type", "PEM"),
        ("ssl.crl.location", "revoked.pem"),
    ];
    let first = plan_with(&given, &files);
    assert_eq!(
        setting(&first, "ssl.crl.location"),
        Some("/etc/connector/revoked.pem")
    );
    assert_eq!(first.files.len(), 2);
    assert_eq!(
        first.change_to(&plan_with(&given, &files)),
        ProducerChange::None
    );
    files.set("revoked.pem", "two");
    let second = plan_with(&given, &files);
    assert_eq!(first.change_to(&second), ProducerChange::Client);
    files.set("ca.pem", SERVER);
    assert_eq!(
        second.change_to(&plan_with(&given, &files)),
        ProducerChange::Client
    );
}

#[test]
fn where_files_are_out_of_reach_stores_are_not_opened() {
    let plan = plan(&[
        TLS,
        ("ssl.truststore.location", "trust.jks"),
        ("ssl.truststore.password", "${directory:secrets:password}"),
        ("ssl.keystore.location", "key.jks"),
        ("ssl.keystore.password", "${directory:secrets:password}"),
        ("ssl.crl.location", "revoked.pem"),
    ]);
    assert!(!plan.is_complete);
    assert_eq!(setting(&plan, "ssl.ca.pem"), None);
    assert!(
        refused(&[TLS, ("ssl.keystore.location", "key.jks")])
            .contains("without ssl.keystore.password")
    );
}
