//! Nothing that this crate says holds a secret.
//!
//! The word `canary` stands for one. It is planted in every property there is, in every way that a
//! value can be written, and looked for in everything that can be shown.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{io, path::PathBuf};

use aeroduct_config::{Config, Files, Plan, parse_with};

const KAFKA: &str = include_str!("java/kafka-4.3-properties.tsv");
const LIBRDKAFKA: &str = include_str!("java/librdkafka-2.12-properties.txt");

/// Properties around the one that is looked at, so that its value is taken seriously.
const SURROUNDINGS: &[&[(&str, &str)]] = &[
    &[],
    &[("security.protocol", "SSL")],
    &[
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.username", "u"),
    ],
    &[
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("sasl.jaas.config", SCRAM),
    ],
    &[
        ("security.protocol", "SASL_SSL"),
        ("sasl.kerberos.service.name", "kafka"),
        ("sasl.jaas.config", KRB5),
    ],
    &[
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.jaas.config", OAUTH),
        (
            "sasl.oauthbearer.token.endpoint.url",
            "https://login.example/",
        ),
        ("sasl.oauthbearer.client.credentials.client.id", "me"),
        (
            "sasl.oauthbearer.client.credentials.client.secret",
            "canary",
        ),
    ],
    &[
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "AWS_MSK_IAM"),
        ("sasl.jaas.config", IAM),
    ],
    &[
        ("ssl.truststore.type", "PEM"),
        ("ssl.keystore.type", "PEM"),
        ("security.protocol", "SSL"),
    ],
];
const SCRAM: &str = r#"org.apache.kafka.common.security.scram.ScramLoginModule required username="u" password="canary";"#;
const KRB5: &str = "com.sun.security.auth.module.Krb5LoginModule required useTicketCache=true;";
const OAUTH: &str = "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;";
const IAM: &str = "software.amazon.msk.auth.iam.IAMLoginModule required awsRoleArn=r awsRoleAccessKeyId=a awsRoleSecretAccessKey=canary;";

/// Values that are a secret, or have one in them.
const VALUES: &[&str] = &[
    "canary",
    "canary=\"canary\"",
    "5canary",
    "canary:99999",
    "canary required;",
    "org.apache.kafka.common.security.plain.PlainLoginModule required username=u password=\"canary\";",
    "org.apache.kafka.common.security.plain.PlainLoginModule required username=u password=\"a\"canary\";",
    "org.apache.kafka.common.security.plain.PlainLoginModule required username=u password=a canary=\"canary\";",
    "canary, ${file:secrets.properties:none}, ${directory:secrets:none}",
    "-----BEGIN PRIVATE KEY-----\\ncanary\\n-----END PRIVATE KEY-----",
    "https://me:canary@login.example/",
];

/// Names that hold secrets whatever else is thought of them.
const PARTS: &[&str] = &[
    "password",
    "secret",
    "jaas",
    "passphrase",
    "user.info",
    "key.pem",
    "auth.token",
    "keystore.key",
];

/// Every file holds the secret, but for those called `none`.
struct Secrets;

impl Files for Secrets {
    fn locate(&self, path: &str) -> PathBuf {
        PathBuf::from("/etc/connector").join(path)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match path {
            "secrets/none" => Err(io::ErrorKind::NotFound.into()),
            "secrets.properties" => Ok(b"key = canary\nport = canary:99999\n".to_vec()),
            _ => Ok(b"canary\n".to_vec()),
        }
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    let java = KAFKA.lines().map(|line| line.split('\t').nth(1).unwrap());
    let registry = [
        "basic.auth.user.info",
        "bearer.auth.token",
        "schema.registry.url",
    ];
    java.chain(LIBRDKAFKA.lines()).chain(registry)
}

fn is_secret(name: &str) -> bool {
    let types = KAFKA.lines().filter(|line| line.contains("\tPASSWORD\t"));
    let mut passwords = types.map(|line| line.split('\t').nth(1).unwrap());
    PARTS.iter().any(|part| name.contains(part)) || passwords.any(|password| password == name)
}

/// A file with `properties`, of which the values are written as they stand.
fn file(properties: &[(&str, &str)]) -> String {
    let lines = properties
        .iter()
        .map(|(name, value)| format!("  {name}: {value}\n"));
    let lines: String = lines.collect();
    format!("routing: {{mode: skip}}\nformat: {{mode: json}}\nproducer-props:\n{lines}")
}

/// Everything that is said of a file.
fn said(text: &str) -> String {
    match parse_with(text, "test.yml", &Secrets) {
        Ok(mut plan) => {
            let warnings: Vec<_> = plan.warnings.iter().map(ToString::to_string).collect();
            let mut again = plan.producer_again(&Secrets).unwrap();
            // What is taken for a path is told to whoever watches the files.
            for files in [&mut plan.files, &mut plan.producer.files, &mut again.files] {
                files.clear();
            }
            let settings: Vec<_> = plan
                .producer
                .properties
                .iter()
                .map(|(_, value)| value.to_string())
                .collect();
            let Plan { text, .. } = &plan;
            format!("{plan:?} {again:?} {warnings:?} {settings:?} {text}")
        }
        Err(diagnostics) => format!("{diagnostics} {diagnostics:?}"),
    }
}

fn check(name: &str, value: &str) {
    for surroundings in SURROUNDINGS {
        let quoted: Vec<_> = surroundings
            .iter()
            .map(|(name, value)| (*name, format!("'{value}'")))
            .collect();
        let others = quoted.iter().filter(|(other, _)| *other != name);
        let mut properties: Vec<_> = others
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        properties.push((name, value));
        let text = file(&properties);
        let said = said(&text);
        assert!(!said.contains("canary"), "{text}\n{said}");
    }
}

#[test]
fn a_secret_property_is_nowhere_however_it_is_written() {
    let mut count = 0;
    for name in names().filter(|name| is_secret(name)) {
        for value in VALUES {
            check(name, &format!("\"{}\"", value.replace('"', "\\\"")));
        }
        check(name, "[canary, canary]");
        check(name, "{key: canary}");
        check(name, "|\n    canary\n    canary");
        check(name, ">-\n    canary\n    canary");
        check(name, "&canary canary");
        check(name, "!canary canary");
        count += 1;
    }
    assert!(count > 15, "{count}");
}

#[test]
fn a_name_that_is_misspelt_is_as_secret_as_the_right_one() {
    for name in names().filter(|name| is_secret(name)) {
        let misspelt = [
            name.replacen(['s', 'a'], "", 1),
            name.to_uppercase(),
            name.replace('.', "_"),
            format!("{name}s"),
            format!("x.{name}"),
        ];
        for name in misspelt {
            check(&name, "canary");
        }
    }
}

#[test]
fn what_comes_from_a_file_is_nowhere_whatever_the_property() {
    let values = [
        "${directory:secrets:key}",
        "${file:secrets.properties:key}",
        "'${file:secrets.properties:port}'",
        "'a.B required x=\"${directory:secrets:key}\";'",
        "'org.apache.kafka.common.security.plain.PlainLoginModule required username=\"${directory:secrets:key}\" password=\"${directory:secrets:key}\";'",
        "['${directory:secrets:key}', 'a:1']",
        "'${directory:secrets:key}${directory:secrets:none}'",
    ];
    for name in names() {
        for value in values {
            check(name, value);
        }
    }
}

#[test]
fn types_of_a_file_do_not_show_their_values() {
    let properties = r#"{"sasl.jaas.config": "canary", "bootstrap.servers": ["canary"]}"#;
    let config: Config = serde_json::from_str(&format!(
        r#"{{"producer-props": {properties}, "format": {{"mode": "kafka-avro", "props": {properties}}}}}"#
    ))
    .unwrap();
    let shown = format!("{config:?}");
    assert!(
        shown.contains("sasl.jaas.config") && !shown.contains("canary"),
        "{shown}"
    );
}

#[test]
fn faults_of_the_yaml_itself_show_nothing() {
    let good = file(&[("sasl.jaas.config", "canary"), ("linger.ms", "5")]);
    for (place, wrong) in [
        ("canary", "'canary"),
        ("canary", "\"canary\\q\""),
        ("canary", "[canary"),
        ("canary", "{canary: canary"),
        ("canary", "canary: canary"),
        ("canary", "*canary"),
        ("canary", "&canary"),
        ("canary", "!<canary canary"),
        ("canary", "|canary"),
        ("canary", "%canary\n%canary"),
        ("canary", "canary\n canary"),
        ("canary", "canary\u{7}"),
        ("canary", "`canary"),
        ("  sasl", " \tsasl"),
    ] {
        let text = good.replacen(place, wrong, 1);
        let said = said(&text);
        assert!(!said.contains("canary"), "{text}\n{said}");
    }
}
