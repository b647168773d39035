//! The client credentials grant of OAuth 2, asked as Java's client asks it.

use std::io::Read as _;
use std::time::{Duration, Instant};

use aeroduct_config::{ClientCredentials, OAuthBearerPlan};
use aeroduct_kafka::{Token, TokenSource};
use aeroduct_process::logging::chain;
use base64_simd::STANDARD;
use reqwest::blocking::{Client, RequestBuilder, Response};
use reqwest::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, HeaderValue};
use reqwest::{Certificate, StatusCode, redirect};
use serde_json::{Map, Value};

use super::TokenError;
use super::jwt::Reader;

/// Larger than any answer with a token.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// The longest name of an error that is repeated.
const ERROR_BYTES_MAX: usize = 60;

/// A token endpoint.
pub(super) struct Endpoint {
    client: Client,
    url: String,
    authorization: HeaderValue,
    form: Vec<(&'static str, String)>,
    backoff: (Duration, Duration),
    reader: Reader,
}

/// Why a try was in vain.
struct Fault {
    reason: String,
    /// Whether another try is worth it.
    may_pass: bool,
}

impl Endpoint {
    pub(super) fn new(
        credentials: &ClientCredentials,
        plan: &OAuthBearerPlan,
    ) -> Result<Self, TokenError> {
        let mut client = Client::builder()
            .user_agent(concat!("aeroduct/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(credentials.connect_timeout)
            .timeout(credentials.connect_timeout + credentials.read_timeout)
            // The secret is for this endpoint and no other.
            .redirect(redirect::Policy::none());
        if let Some(trusted) = &credentials.trusted {
            let authorities = Certificate::from_pem_bundle(trusted.expose().as_bytes());
            client = client.tls_certs_only(authorities.map_err(|error| refusal(&error))?);
        }
        let mut form = vec![("grant_type", "client_credentials".to_owned())];
        form.extend(credentials.scope.clone().map(|scope| ("scope", scope)));
        Ok(Self {
            client: client.build().map_err(|error| refusal(&error))?,
            url: credentials.endpoint.clone(),
            authorization: authorization(credentials)?,
            form,
            backoff: credentials.backoff,
            reader: Reader::new(plan),
        })
    }

    fn request(&self) -> RequestBuilder {
        self.client
            .post(&self.url)
            .header(ACCEPT, "application/json")
            .header(CACHE_CONTROL, "no-cache")
            .header(AUTHORIZATION, self.authorization.clone())
            .form(&self.form)
    }

    fn ask(&self) -> Result<Token, Fault> {
        let answer = self.request().send().map_err(|error| Fault {
            reason: described(error),
            may_pass: true,
        })?;
        let status = answer.status();
        let body = members(answer);
        if !status.is_success() {
            return Err(Fault {
                reason: format!("it answers {status}{}", named_error(&body)),
                may_pass: may_pass(status),
            });
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let for_good = |reason: String| Fault {
            reason,
            may_pass: false,
        };
        let Some(value) = text("access_token").or_else(|| text("id_token")) else {
            return Err(for_good("its answer has no access_token".to_owned()));
        };
        let seconds = body.get("expires_in").and_then(Value::as_f64);
        let life = seconds.and_then(|it| Duration::try_from_secs_f64(it).ok());
        self.reader.read(value.trim(), life).map_err(for_good)
    }
}

impl TokenSource for Endpoint {
    fn token(&self) -> Result<Token, String> {
        let (mut pause, limit) = self.backoff;
        let until = Instant::now() + limit;
        loop {
            match self.ask() {
                Ok(token) => return Ok(token),
                Err(fault) if !fault.may_pass || Instant::now() + pause >= until => {
                    return Err(format!("the token endpoint: {}", fault.reason));
                }
                Err(_) => std::thread::sleep(pause),
            }
            pause = (pause * 2).min(limit);
        }
    }
}

/// The header by which the client says who it is.
fn authorization(credentials: &ClientCredentials) -> Result<HeaderValue, TokenError> {
    let (id, secret) = (&*credentials.client_id, credentials.client_secret.expose());
    let pair = if credentials.urlencodes_header {
        format!("{}:{}", urlencoded(id), urlencoded(secret))
    } else {
        format!("{id}:{secret}")
    };
    let value = format!("Basic {}", STANDARD.encode_to_string(pair));
    let mut header = HeaderValue::try_from(value)
        .map_err(|_| TokenError("the client's name or secret cannot be sent".to_owned()))?;
    header.set_sensitive(true);
    Ok(header)
}

/// As Java's `URLEncoder` writes it.
fn urlencoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for &byte in text.as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'*' | b'_' => {
                encoded.push(char::from(byte));
            }
            b' ' => encoded.push('+'),
            // Writing to a string does not fail.
            _ => write!(encoded, "%{byte:02X}").unwrap_or_default(),
        }
    }
    encoded
}

/// Whether an endpoint that answers so may answer otherwise soon, as Java's client has it.
fn may_pass(status: StatusCode) -> bool {
    !matches!(
        status.as_u16(),
        300..=399 | 400..=407 | 409..=417 | 421..=424 | 426 | 431 | 451 | 501 | 505..=511
    )
}

/// The members of an answer in JSON; none if it is not.
fn members(answer: Response) -> Map<String, Value> {
    let mut bytes = Vec::new();
    let read = answer.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes);
    let members = read.ok().and_then(|_| serde_json::from_slice(&bytes).ok());
    members.unwrap_or_default()
}

/// The name of the error in an answer (RFC 6749, 5.2). Nothing else of it is repeated: who knows what
/// a server puts there.
fn named_error(body: &Map<String, Value>) -> String {
    let name = body.get("error").and_then(Value::as_str).unwrap_or("");
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if name.is_empty() || name.len() > ERROR_BYTES_MAX || !name.bytes().all(is_name) {
        return String::new();
    }
    format!(" ({name})")
}

fn refusal(error: &reqwest::Error) -> TokenError {
    TokenError(error.to_string())
}

/// What went wrong on the way, without the address, which may hold a secret.
fn described(error: reqwest::Error) -> String {
    chain(&error.without_url()).to_string()
}

#[cfg(test)]
mod tests;
