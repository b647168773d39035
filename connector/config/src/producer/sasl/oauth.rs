//! OAUTHBEARER: tokens that the connector gets from an endpoint or a file.

use std::{fmt, path::PathBuf, time::Duration};

use super::{JAAS, Login, SaslPlan, authorities};
use crate::{
    producer::{draft::Draft, security::Given, table::whole},
    secret::{Secret, has_credentials},
};

const ENDPOINT: &str = "sasl.oauthbearer.token.endpoint.url";
const CLIENT_ID: &str = "sasl.oauthbearer.client.credentials.client.id";
const CLIENT_SECRET: &str = "sasl.oauthbearer.client.credentials.client.secret";
const SCOPE: &str = "sasl.oauthbearer.scope";
const URLENCODE: &str = "sasl.oauthbearer.header.urlencode";
const SUBJECT: &str = "sasl.oauthbearer.sub.claim.name";
const RETRIEVER: &str = "sasl.oauthbearer.jwt.retriever.class";
const VALIDATOR: &str = "sasl.oauthbearer.jwt.validator.class";
const CONNECT_TIMEOUT: &str = "sasl.login.connect.timeout.ms";
const READ_TIMEOUT: &str = "sasl.login.read.timeout.ms";
const BACKOFF: &str = "sasl.login.retry.backoff.ms";
const BACKOFF_MAX: &str = "sasl.login.retry.backoff.max.ms";

const PACKAGE: &str = "org.apache.kafka.common.security.oauthbearer.";
/// Options of the login module.
const OPTIONS: &[&str] = &["clientId", "clientSecret", "scope"];
const EXTENSION: &str = "extension_";

/// Java waits without end.
const TIMEOUT_MS: i64 = 10_000;
/// Java's waits before an endpoint is asked again.
const BACKOFF_MS: (i64, i64) = (100, 10_000);

/// How tokens are got.
#[derive(Clone, Eq, PartialEq)]
pub struct OAuthBearerPlan {
    /// Where from.
    pub origin: TokenOrigin,
    /// The claim of a token that names whom it stands for: `sub`, unless another one is given.
    pub subject_claim: String,
    /// Names and values that go to the brokers beside the token.
    pub extensions: Vec<(String, String)>,
}

/// Where tokens come from.
#[derive(Clone, Eq, PartialEq)]
pub enum TokenOrigin {
    /// An endpoint that gives one for a client's secret.
    Endpoint(ClientCredentials),
    /// A file that somebody else keeps fresh. It is read whenever a token is needed.
    File(PathBuf),
}

/// How the endpoint is asked, by the client credentials grant of OAuth.
#[derive(Clone, Eq, PartialEq)]
pub struct ClientCredentials {
    /// The URL, of `http` or `https`.
    pub endpoint: String,
    /// Who asks.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// What is asked for.
    pub scope: Option<String>,
    /// Whether id and secret are URL-encoded in the header of the request.
    pub urlencodes_header: bool,
    /// The authorities, as PEM, that the endpoint's certificate may come from; `None` is the
    /// system's.
    pub trusted: Option<Secret>,
    /// Longest wait for a connection; 10 s by default.
    pub connect_timeout: Duration,
    /// Longest wait for an answer; 10 s by default.
    pub read_timeout: Duration,
    /// The first wait before another try, and the longest: 100 ms and 10 s by default.
    pub backoff: (Duration, Duration),
}

/// Leaves out what the endpoint is asked with.
impl fmt::Debug for OAuthBearerPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthBearerPlan").finish_non_exhaustive()
    }
}

pub(super) fn finish(draft: &mut Draft<'_>, login: &Login<'_>) -> Option<SaslPlan> {
    let given = login.given;
    login.needed(draft)?;
    login.warn_of_other_options(draft, OPTIONS, &[EXTENSION, authorities::OPTIONS]);
    let retriever = class(draft, given, RETRIEVER, RETRIEVERS)?;
    class(draft, given, VALIDATOR, VALIDATORS)?;
    if given.is_unseen(&[
        ENDPOINT,
        CLIENT_ID,
        CLIENT_SECRET,
        SCOPE,
        URLENCODE,
        SUBJECT,
    ]) {
        return None;
    }
    let Some(endpoint) = given.text(ENDPOINT, draft) else {
        let remedy =
            format!("add `{ENDPOINT}: https://HOST/PATH`, or file:///PATH of a file with a token");
        draft.refuse(ENDPOINT, "is missing; OAUTHBEARER needs it", remedy);
        return None;
    };
    let origin = if let Some(path) = file_of(endpoint) {
        is_for(draft, retriever, "FileJwtRetriever")?;
        TokenOrigin::File(path)
    } else {
        is_for(draft, retriever, "ClientCredentialsJwtRetriever")?;
        TokenOrigin::Endpoint(credentials(draft, login, endpoint)?)
    };
    let extensions = extensions(draft, login)?;
    draft.put("sasl.mechanisms", "OAUTHBEARER");
    Some(SaslPlan::OAuthBearer(OAuthBearerPlan {
        origin,
        subject_claim: given.text(SUBJECT, draft).unwrap_or("sub").to_owned(),
        extensions,
    }))
}

const RETRIEVERS: &[&str] = &[
    "DefaultJwtRetriever",
    "ClientCredentialsJwtRetriever",
    "FileJwtRetriever",
];
const VALIDATORS: &[&str] = &["DefaultJwtValidator", "ClientJwtValidator"];

/// One of Kafka's own classes, the first of `known` where none is given; `None` after an error, or
/// where it cannot be seen here.
fn class(
    draft: &mut Draft<'_>,
    given: &Given,
    name: &str,
    known: &'static [&'static str],
) -> Option<&'static str> {
    let Some(property) = given.get(name) else {
        return known.first().copied();
    };
    let text = given.text(name, draft)?;
    let simple = text.strip_prefix(PACKAGE).unwrap_or(text);
    let found = known.iter().find(|class| **class == simple).copied();
    if found.is_none() {
        let reason = format!(
            "{} is a Java class, which cannot be loaded",
            property.quoted(text)
        );
        draft.refuse(name, reason, format!("use one of {}", known.join(", ")));
    }
    found
}

/// Whether the retriever is the default one, or `wanted`, which the URL is for.
fn is_for(draft: &mut Draft<'_>, retriever: &str, wanted: &str) -> Option<()> {
    if [RETRIEVERS[0], wanted].contains(&retriever) {
        return Some(());
    }
    let reason = format!("does not go with {ENDPOINT}, which is for {wanted}");
    draft.refuse(RETRIEVER, reason, "leave it out");
    None
}

/// The file that a URL means.
fn file_of(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("file:")?;
    Some(path.strip_prefix("//").unwrap_or(path).into())
}

fn credentials(
    draft: &mut Draft<'_>,
    login: &Login<'_>,
    endpoint: &str,
) -> Option<ClientCredentials> {
    let given = login.given;
    let rest = endpoint
        .split_once("://")
        .filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
    let host = rest.and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    let is_url = host.is_some_and(|host| !host.is_empty() && !host.starts_with(':'))
        && !endpoint.contains(|c: char| c.is_whitespace() || c.is_control())
        && !has_credentials(endpoint);
    if !is_url {
        let reason = "is no URL of http, https or file without a user in it";
        draft.refuse(ENDPOINT, reason, "write https://HOST/PATH");
        return None;
    }
    if endpoint.starts_with("http:") {
        draft.warn(
            ENDPOINT,
            "secret and tokens go over the network for all to read: use https",
        );
    }
    // The properties go before the options, as in Java.
    let value = |draft: &mut Draft<'_>, name: &str, option: &str| {
        let text = given.text(name, draft).or_else(|| login.option(option));
        text.map(Secret::from)
    };
    let client_id = value(draft, CLIENT_ID, "clientId");
    let client_secret = value(draft, CLIENT_SECRET, "clientSecret");
    let scope = value(draft, SCOPE, "scope");
    for (name, is_there) in [
        (CLIENT_ID, client_id.is_some()),
        (CLIENT_SECRET, client_secret.is_some()),
    ] {
        if !is_there {
            draft.refuse(name, format!("is missing; {ENDPOINT} needs it"), "add it");
        }
    }
    let trusted = authorities::read(draft, login).ok()?;
    let urlencodes_header = match given.get(URLENCODE) {
        Some(property) => draft.flag(property)?,
        None => false,
    };
    Some(ClientCredentials {
        endpoint: endpoint.to_owned(),
        client_id: client_id?.expose().to_owned(),
        client_secret: client_secret?,
        scope: scope.map(|scope| scope.expose().to_owned()),
        urlencodes_header,
        trusted,
        connect_timeout: millis(draft, given, CONNECT_TIMEOUT, TIMEOUT_MS)?,
        read_timeout: millis(draft, given, READ_TIMEOUT, TIMEOUT_MS)?,
        backoff: (
            millis(draft, given, BACKOFF, BACKOFF_MS.0)?,
            millis(draft, given, BACKOFF_MAX, BACKOFF_MS.1)?,
        ),
    })
}

fn millis(draft: &mut Draft<'_>, given: &Given, name: &str, default: i64) -> Option<Duration> {
    let millis = match given.get(name) {
        Some(_) if given.is_unseen(&[name]) => default,
        Some(property) => draft.number(property, whole(1, 600_000))?,
        None => default,
    };
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

fn extensions(draft: &mut Draft<'_>, login: &Login<'_>) -> Option<Vec<(String, String)>> {
    let given = login
        .entry
        .iter()
        .flat_map(|entry| entry.beginning_with(EXTENSION));
    let mut extensions = Vec::new();
    for (name, value) in given {
        let value = value.expose();
        // The rules of RFC 7628, as Kafka has them.
        let is_name = !name.is_empty()
            && name != "auth"
            && name.bytes().all(|byte| byte.is_ascii_alphabetic());
        let is_value = value
            .chars()
            .all(|c| matches!(c, ' '..='~' | '\t' | '\r' | '\n'));
        if !is_name || !is_value {
            let reason = "has an option extension_NAME whose name has other characters than letters, or whose value has some beyond ASCII";
            draft.refuse(JAAS, reason, "mend it or leave it out");
            return None;
        }
        extensions.push((name.to_owned(), value.to_owned()));
    }
    Some(extensions)
}
