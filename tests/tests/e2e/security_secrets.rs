//! What nobody may see: planted secrets, looked for wherever the connector shows anything.

use std::fs;
use std::time::Duration;

use aeroduct_tests::authority::Wish;
use aeroduct_tests::connector::{Connector, Launch, get, put};
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::kafka::secured::{PASSWORD, Secured, USER};
use aeroduct_tests::message::{Message, digest};
use aeroduct_tests::source::{SUCCESS, Source};
use anyhow::Result;

use crate::login::properties;
use crate::security_connector::{LOGIN, blocks, with};

const LIMIT: Duration = Duration::from_mins(1);

#[test]
fn no_secret_is_anywhere_to_be_seen() -> Result<()> {
    const SECRETS: [&str; 4] = [
        "canary-in-jaas",
        "canary-of-store",
        "canary-in-file",
        PASSWORD,
    ];
    let secured = Secured::shared()?;
    let topic = "canaries";
    let identity = secured.authority.issue(&Wish::client(USER))?;
    let key_line = identity.key.lines().nth(1).unwrap_or("no key").to_owned();
    let jaas = |password: &str| {
        format!(
            "{LOGIN}.plain.PlainLoginModule required username=\"{USER}\" \
             password=\"{password}\";"
        )
    };
    for (login, further) in [
        // Accepted, refused by the broker, and from a file.
        (jaas(PASSWORD), None),
        (jaas("canary-in-jaas"), None),
        (jaas("${directory:secrets:password}"), Some("debug")),
    ] {
        let mut launch = with(&[
            ("security.protocol", "SASL_SSL"),
            ("sasl.mechanism", "PLAIN"),
            ("sasl.jaas.config", &login),
            ("ssl.keystore.type", "PEM"),
            ("ssl.keystore.key", &identity.key),
            ("ssl.keystore.certificate.chain", &identity.chain),
            ("ssl.truststore.type", "PEM"),
            (
                "ssl.truststore.certificates",
                secured.authority.certificate(),
            ),
        ]);
        if let Some(name) = further {
            launch.producer_props.extend(properties(&[(name, "all")]));
        }
        launch.files = vec![("secrets/password".to_owned(), "canary-in-file".to_owned())];
        let is_accepted = login.contains(PASSWORD);
        let shown = show_everything(secured, &launch, topic, is_accepted)?;
        for secret in SECRETS.iter().chain([&key_line.as_str()]) {
            let at = shown.find(secret);
            let around = at.map(|at| shown.get(at.saturating_sub(200)..at).unwrap_or_default());
            assert!(at.is_none(), "a secret is shown, after: {around:?}");
        }
    }
    Ok(())
}

/// Log, metrics and configuration of a connector that has tried to publish.
fn show_everything(
    secured: &Secured,
    launch: &Launch,
    topic: &str,
    is_accepted: bool,
) -> Result<String> {
    if is_accepted {
        secured.cluster.create_topic(&Topic::new(topic, 1))?;
    }
    let blocks = format!("{}\naeroduct: {{ reply-deadline: 1s }}", blocks(topic));
    let connector = Connector::start_as(launch, &secured.sasl_tls, &blocks)?;
    put(
        connector.manage_port,
        "/manage/rest/v1/logging",
        r#"{"root":"trace"}"#,
    )?;
    let mut source = Source::connect(connector.port)?;
    source.send(&Message::write("shop", digest(1)).frame())?;
    let answers = source.answers(1, LIMIT)?;
    assert_eq!(answers == [SUCCESS], is_accepted, "{}", connector.log());
    if !is_accepted {
        let series = "aeroduct_connector_producer_login_errors_total{kind=\"authentication\"}";
        connector.await_metric(series, 1.0, LIMIT)?;
        assert!(connector.log().contains("kafka does not accept who we are"));
    }
    // A change that cannot be used is told, too.
    fs::write(
        connector.folder().join("secrets/password"),
        "canary-in-file\0",
    )?;
    std::thread::sleep(Duration::from_secs(4));
    let mut shown = connector.log();
    for path in [
        "/manage/rest/v1/prometheus",
        "/manage/rest/v1/metrics",
        "/manage/rest/v1/config",
    ] {
        shown += &get(connector.manage_port, path)?.body;
    }
    Ok(shown)
}
