//! The connector at a broker that wants to know who it is, configured by Java's names, and what it
//! does when passwords and certificates change under load.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use aeroduct_tests::authority::{Identity, Wish};
use aeroduct_tests::connector::{Connector, Launch};
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::kafka::secured::{Secured, USER};
use aeroduct_tests::load::{Load, Running};
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::program::checked;
use aeroduct_tests::reading;
use aeroduct_tests::source::{SUCCESS, Source};
use anyhow::Result;

use crate::login::properties;

const LIMIT: Duration = Duration::from_mins(1);
const TAKEN: &str = "aeroduct_connector_producer_login_reloads_total{result=\"taken\"}";
const REFUSED: &str = "aeroduct_connector_producer_login_reloads_total{result=\"refused\"}";
pub(crate) const LOGIN: &str = "org.apache.kafka.common.security";

pub(crate) fn blocks(topic: &str) -> String {
    format!(
        "routing: {{ mode: static, destination: {topic} }}
format: {{ mode: flat-json, metadata-key: of }}"
    )
}

pub(crate) fn with(pairs: &[(&str, &str)]) -> Launch {
    Launch {
        producer_props: properties(pairs),
        ..Launch::default()
    }
}

/// Publishes one change.
fn assert_publishes(
    secured: &Secured,
    launch: &Launch,
    bootstrap: &str,
    topic: &str,
) -> Result<Connector> {
    secured.cluster.create_topic(&Topic::new(topic, 1))?;
    let connector = Connector::start_as(launch, bootstrap, &blocks(topic))?;
    let mut source = Source::connect(connector.port)?;
    source.send(&Message::write("shop", digest(1)).frame())?;
    let answers = source.answers(1, LIMIT)?;
    assert_eq!(answers, [SUCCESS], "{topic}: {}", connector.log());
    assert_eq!(reading::read(&secured.cluster, topic, 1)?.len(), 1);
    Ok(connector)
}

#[test]
fn kerberos_by_a_key_tab() -> Result<()> {
    let secured = Secured::shared()?;
    let folder = tempfile::tempdir()?;
    let key_tab = folder.path().join("alice.keytab");
    secured.realm.add(USER, &key_tab)?;
    let jaas = format!(
        "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true storeKey=true \
         keyTab=\"{}\" principal=\"{USER}@{}\";",
        key_tab.display(),
        aeroduct_tests::kerberos::REALM,
    );
    let mut launch = with(&[
        ("security.protocol", "SASL_PLAINTEXT"),
        ("sasl.mechanism", "GSSAPI"),
        ("sasl.kerberos.service.name", "kafka"),
        ("sasl.jaas.config", &jaas),
    ]);
    launch.environment = secured.realm.environment();
    assert_publishes(secured, &launch, &secured.sasl_plain, "by-kerberos")?;
    Ok(())
}

#[test]
fn a_token_from_an_endpoint() -> Result<()> {
    let secured = Secured::shared()?;
    secured.issuer.admit("alice-client", "its-secret");
    let (given, _) = secured.issuer.counts();
    let jaas = format!("{LOGIN}.oauthbearer.OAuthBearerLoginModule required;");
    let mut launch = with(&[
        ("security.protocol", "SASL_SSL"),
        ("ssl.truststore.type", "PEM"),
        ("ssl.truststore.location", "ca.pem"),
        ("sasl.mechanism", "OAUTHBEARER"),
        ("sasl.jaas.config", &jaas),
        (
            "sasl.oauthbearer.token.endpoint.url",
            &secured.issuer.endpoint(),
        ),
        (
            "sasl.oauthbearer.client.credentials.client.id",
            "alice-client",
        ),
        (
            "sasl.oauthbearer.client.credentials.client.secret",
            "${file:client.properties:secret}",
        ),
        ("sasl.oauthbearer.scope", "kafka"),
    ]);
    launch.files = vec![
        (
            "ca.pem".to_owned(),
            secured.authority.certificate().to_owned(),
        ),
        (
            "client.properties".to_owned(),
            "secret=its-secret\n".to_owned(),
        ),
    ];
    assert_publishes(secured, &launch, &secured.sasl_tls, "by-endpoint")?;
    assert!(secured.issuer.counts().0 > given);
    Ok(())
}

#[test]
fn key_stores_of_java() -> Result<()> {
    let secured = Secured::shared()?;
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let identity = secured.authority.issue(&Wish::client(USER))?;
    identity.write(folder.path(), USER)?;
    let mut openssl = Command::new("openssl");
    openssl.args(["pkcs12", "-export", "-passout", "pass:store-secret"]);
    openssl.args(["-in", &path("alice.pem"), "-out", &path("alice.p12")]);
    checked(&mut openssl)?;
    fs::write(path("ca.crt"), secured.authority.certificate())?;
    let java = aeroduct_tests::java::program();
    let mut keytool = Command::new(java.with_file_name("keytool"));
    keytool.args([
        "-importcert",
        "-noprompt",
        "-alias",
        "ca",
        "-storetype",
        "JKS",
    ]);
    keytool.args(["-storepass", "trust-secret", "-file", &path("ca.crt")]);
    checked(keytool.args(["-keystore", &path("trust.jks")]))?;

    let launch = with(&[
        ("security.protocol", "SSL"),
        ("ssl.keystore.type", "PKCS12"),
        ("ssl.keystore.location", &path("alice.p12")),
        ("ssl.keystore.password", "store-secret"),
        ("ssl.truststore.type", "JKS"),
        ("ssl.truststore.location", &path("trust.jks")),
        ("ssl.truststore.password", "trust-secret"),
    ]);
    assert_publishes(secured, &launch, &secured.mutual, "by-stores")?;
    Ok(())
}

fn under_load(launch: &Launch, bootstrap: &str, topic: &str) -> Result<(Connector, Running)> {
    let secured = Secured::shared()?;
    secured.cluster.create_topic(&Topic::new(topic, 3))?;
    let connector = Connector::start_as(launch, bootstrap, &blocks(topic))?;
    let load = Load {
        rate: Some(1_000),
        ..Load::new(connector.port, "shop", &["s"])
    };
    let running = load.start()?;
    running.await_success(1_000, LIMIT)?;
    Ok((connector, running))
}

/// No change was lost or answered otherwise than with success, and no connection was closed.
fn assert_unharmed(connector: &Connector, running: Running, topic: &str) -> Result<()> {
    running.await_success(1_000, LIMIT)?;
    let closed = connector.metric("aeroduct_connector_connections_closed_total")?;
    assert!(closed < 1.0, "{closed} connections closed");
    let outcome = running.stop()?;
    outcome.answered_only(&[SUCCESS])?;
    let arrived = outcome.none_lost(&Secured::shared()?.cluster, topic)?;
    assert_eq!(arrived.duplicates, 0);
    Ok(())
}

#[test]
fn a_password_that_changes_under_load() -> Result<()> {
    let secured = Secured::shared()?;
    let (user, topic) = ("changing", "password-under-load");
    secured.cluster.set_password(user, "first-secret")?;
    let jaas = format!(
        "{LOGIN}.scram.ScramLoginModule required username=\"{user}\" \
         password=\"${{directory:secrets:password}}\";"
    );
    let mut launch = with(&[
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "SCRAM-SHA-512"),
        ("sasl.jaas.config", &jaas),
        ("ssl.truststore.type", "PEM"),
        ("ssl.truststore.location", "ca.pem"),
    ]);
    launch.files = vec![
        (
            "ca.pem".to_owned(),
            secured.authority.certificate().to_owned(),
        ),
        ("secrets/password".to_owned(), "first-secret".to_owned()),
    ];
    let (connector, running) = under_load(&launch, &secured.sasl_tls, topic)?;
    for (turn, password) in ["second-secret", "third-secret"].iter().enumerate() {
        secured.cluster.set_password(user, password)?;
        fs::write(connector.folder().join("secrets/password"), password)?;
        let taken = f64::from(u32::try_from(turn)?) + 1.0;
        connector.await_metric(TAKEN, taken, LIMIT)?;
        running.await_success(1_000, LIMIT)?;
    }
    let clients = connector.metric("aeroduct_connector_producer_clients_created_total")?;
    assert!(
        clients < 2.0,
        "{clients} clients, where none had to be made"
    );
    assert_unharmed(&connector, running, topic)
}

/// A folder as Kubernetes mounts it: files are links into `..data`, which is a link to the folder of
/// one version.
struct Mount<'p>(&'p Path);

impl Mount<'_> {
    fn exchange(&self, version: &str, identity: &Identity) -> Result<()> {
        let path = |name: &str| self.0.join(name);
        fs::create_dir_all(path(version))?;
        fs::write(path(version).join("client.pem"), identity.whole())?;
        symlink(version, path("..next"))?;
        fs::rename(path("..next"), path("..data"))?;
        if !path("client.pem").exists() {
            symlink("..data/client.pem", path("client.pem"))?;
        }
        Ok(())
    }
}

#[test]
fn a_certificate_that_changes_under_load() -> Result<()> {
    let secured = Secured::shared()?;
    let topic = "certificate-under-load";
    let folder = tempfile::tempdir()?;
    let mount = Mount(folder.path());
    let identity = || secured.authority.issue(&Wish::client(USER));
    mount.exchange("..1", &identity()?)?;
    let authority = secured.authority_file().display().to_string();
    let client = folder.path().join("client.pem").display().to_string();
    let launch = with(&[
        ("security.protocol", "SSL"),
        ("ssl.keystore.type", "PEM"),
        ("ssl.keystore.location", &client),
        ("ssl.truststore.type", "PEM"),
        ("ssl.truststore.location", &authority),
    ]);
    let (connector, running) = under_load(&launch, &secured.mutual, topic)?;
    for (version, taken) in [("..2", 1.0), ("..3", 2.0)] {
        mount.exchange(version, &identity()?)?;
        connector.await_metric(TAKEN, taken, LIMIT)?;
        running.await_success(1_000, LIMIT)?;
    }
    // What cannot be used, or is not accepted, leaves the last one in use.
    let mut broken = identity()?;
    broken.key = "no key".to_owned();
    mount.exchange("..4", &broken)?;
    connector.await_metric(REFUSED, 1.0, LIMIT)?;
    let expired = secured.authority.issue(&Wish::client(USER).expired())?;
    mount.exchange("..5", &expired)?;
    connector.await_metric(REFUSED, 2.0, LIMIT)?;
    running.await_success(1_000, LIMIT)?;
    mount.exchange("..6", &identity()?)?;
    connector.await_metric(TAKEN, 3.0, LIMIT)?;
    let renewals = connector.metric("aeroduct_connector_producer_renewals_total")?;
    assert!((3.0..4.0).contains(&renewals), "{renewals} renewals");
    assert_unharmed(&connector, running, topic)
}
