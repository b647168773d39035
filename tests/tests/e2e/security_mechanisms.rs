//! Each way of saying who we are, from the producer to a real broker and back out of the topic.

use std::time::Duration;

use aeroduct_tests::authority::Wish;
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::kafka::secured::{PASSWORD, Secured, USER};
use aeroduct_tests::writer::Writer;
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::login::{assert_numbered, password, properties, sasl_plain, sasl_tls, tls, with_tokens};

/// Publishes one record and reads it back.
fn assert_writes(secured: &Secured, topic: &str, mut writer: Writer) -> Result<()> {
    secured.cluster.create_topic(&Topic::new(topic, 1))?;
    writer.ship(topic)?;
    writer.sheet.await_delivered().context(topic.to_owned())?;
    assert_numbered(secured, topic, 1)
}

// covers: producer-props.security.protocol=SASL_SSL,
// covers: producer-props.security.protocol=SASL_PLAINTEXT, producer-props.sasl.mechanism=PLAIN,
// covers: producer-props.sasl.mechanism=SCRAM-SHA-256,
// covers: producer-props.sasl.mechanism=SCRAM-SHA-512
#[test]
fn passwords_with_and_without_tls() -> Result<()> {
    let secured = Secured::shared()?;
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let login = password(mechanism, USER, PASSWORD);
        let by_tls = Writer::start(sasl_tls(secured, login.clone()))?;
        assert_writes(secured, &format!("tls-{mechanism}"), by_tls)?;
        let open = Writer::start(sasl_plain(secured, login))?;
        assert_writes(secured, &format!("open-{mechanism}"), open)?;
    }
    Ok(())
}

// covers: producer-props.security.protocol=SSL
#[test]
fn a_certificate() -> Result<()> {
    let secured = Secured::shared()?;
    let identity = secured.authority.issue(&Wish::client(USER))?;
    let way = tls(&secured.mutual, &secured.authority, Some(&identity));
    assert_writes(secured, "by-certificate", Writer::start(way)?)
}

// covers: producer-props.sasl.mechanism=OAUTHBEARER
#[test]
fn a_signed_token_by_tls_and_an_unsecured_one_without() -> Result<()> {
    let secured = Secured::shared()?;
    let bearer = properties(&[("sasl.mechanism", "OAUTHBEARER")]);
    let life = Duration::from_mins(5);

    let signed = with_tokens(sasl_tls(secured, bearer.clone()), move || {
        let issuer = &Secured::shared().map_err(|error| error.to_string())?.issuer;
        let token = issuer
            .token(USER, life)
            .map_err(|error| error.to_string())?;
        Ok((token, life))
    });
    assert_writes(secured, "signed-token", Writer::start_with(signed)?)?;

    let unsecured = with_tokens(sasl_plain(secured, bearer), move || {
        let now = std::time::SystemTime::UNIX_EPOCH
            .elapsed()
            .unwrap_or_default();
        let claims = format!(
            r#"{{"sub":"{USER}","iat":{},"exp":{}}}"#,
            now.as_secs(),
            (now + life).as_secs()
        );
        let parts = [r#"{"alg":"none"}"#, &claims].map(|part| URL_SAFE_NO_PAD.encode(part));
        Ok((format!("{}.", parts.join(".")), life))
    });
    assert_writes(secured, "unsecured-token", Writer::start_with(unsecured)?)
}
