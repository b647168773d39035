//! Ways of the producer into the secured broker, by librdkafka's names of properties.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aeroduct_kafka::{Settings, Token, TokenSource};
use aeroduct_tests::authority::{Authority, Identity};
use aeroduct_tests::kafka::secured::Secured;
use aeroduct_tests::reading;
use anyhow::Result;

pub(crate) type Properties = Vec<(String, String)>;

pub(crate) fn properties(pairs: &[(&str, &str)]) -> Properties {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

/// By TLS, believing this authority, and showing a certificate where one is given.
pub(crate) fn tls(bootstrap: &str, believed: &Authority, shown: Option<&Identity>) -> Properties {
    let mut found = properties(&[
        ("bootstrap.servers", bootstrap),
        ("security.protocol", "SSL"),
        ("ssl.ca.pem", believed.certificate()),
    ]);
    if let Some(identity) = shown {
        found.extend(properties(&[
            ("ssl.certificate.pem", &identity.chain),
            ("ssl.key.pem", &identity.key),
        ]));
    }
    found
}

/// By SASL in TLS.
pub(crate) fn sasl_tls(secured: &Secured, login: Properties) -> Properties {
    let way = tls(&secured.sasl_tls, &secured.authority, None);
    let protocol = properties(&[("security.protocol", "SASL_SSL")]);
    [way, protocol, login].concat()
}

/// By SASL without TLS.
pub(crate) fn sasl_plain(secured: &Secured, login: Properties) -> Properties {
    let way = properties(&[
        ("bootstrap.servers", &secured.sasl_plain),
        ("security.protocol", "SASL_PLAINTEXT"),
    ]);
    [way, login].concat()
}

pub(crate) fn password(mechanism: &str, user: &str, password: &str) -> Properties {
    properties(&[
        ("sasl.mechanism", mechanism),
        ("sasl.username", user),
        ("sasl.password", password),
    ])
}

/// Settings with tokens from a function that says the token and how long it is good.
pub(crate) fn with_tokens(
    properties: Properties,
    make: impl Fn() -> Result<(String, Duration), String> + Send + Sync + 'static,
) -> Settings {
    let mut settings = Settings::new(properties);
    settings.tokens = Some(Arc::new(Source(make)));
    settings
}

struct Source<F>(F);

impl<F> TokenSource for Source<F>
where
    F: Fn() -> Result<(String, Duration), String> + Send + Sync + 'static,
{
    fn token(&self) -> Result<Token, String> {
        let (value, life) = (self.0)()?;
        let until = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default() + life;
        Ok(Token {
            value,
            expires_ms: i64::try_from(until.as_millis()).unwrap_or(i64::MAX),
            principal: "alice".to_owned(),
            extensions: Vec::new(),
        })
    }
}

/// The numbers from 0 on are in a topic of one partition, each once, in order.
pub(crate) fn assert_numbered(secured: &Secured, topic: &str, count: usize) -> Result<()> {
    let records = reading::read(&secured.cluster, topic, count)?;
    let values: Vec<_> = records.iter().map(reading::Stored::text).collect();
    let expected: Vec<_> = (0..count).map(|number| number.to_string()).collect();
    assert_eq!(values, expected, "{topic}");
    Ok(())
}
