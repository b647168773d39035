//! What a signed token says of itself. Its signature is the broker's business.

use std::time::{Duration, SystemTime};

use aeroduct_config::OAuthBearerPlan;
use aeroduct_kafka::Token;
use base64_simd::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// What tokens of one plan have in common.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    subject_claim: String,
    extensions: Vec<(String, String)>,
}

impl Reader {
    pub(super) fn new(plan: &OAuthBearerPlan) -> Self {
        Self {
            subject_claim: plan.subject_claim.clone(),
            extensions: plan.extensions.clone(),
        }
    }

    /// A token as the producer wants it. `life` is what was said beside it, for tokens that do not
    /// say it themselves.
    ///
    /// # Errors
    ///
    /// When nothing says until when the token is good, or when it is not any more. The words do not
    /// repeat the token.
    pub(super) fn read(&self, value: &str, life: Option<Duration>) -> Result<Token, String> {
        let claims = claims(value).unwrap_or_default();
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let said = claims.get("exp").and_then(Value::as_f64);
        let until = match (said, life) {
            (Some(seconds), _) => Duration::try_from_secs_f64(seconds).unwrap_or_default(),
            (None, Some(life)) => now.saturating_add(life),
            (None, None) => return Err("the token does not say until when it is good".to_owned()),
        };
        if until <= now {
            return Err("the token has run out, or the clock is wrong".to_owned());
        }
        let principal = claims.get(&self.subject_claim).and_then(Value::as_str);
        Ok(Token {
            value: value.to_owned(),
            expires_ms: i64::try_from(until.as_millis()).unwrap_or(i64::MAX),
            principal: principal.unwrap_or("unnamed").to_owned(),
            extensions: self.extensions.clone(),
        })
    }
}

/// The claims of a token in the form of JWT.
fn claims(token: &str) -> Option<Map<String, Value>> {
    let payload = token.split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode_to_vec(payload).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn reader() -> Reader {
        Reader {
            subject_claim: "sub".to_owned(),
            extensions: vec![("pool".to_owned(), "p1".to_owned())],
        }
    }

    /// A token with these claims and a signature of nobody.
    pub(in super::super) fn jwt(claims: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode_to_string(text);
        format!("{}.{}.c2ln", part(r#"{"alg":"RS256"}"#), part(claims))
    }

    #[test]
    fn a_token_says_itself_until_when_it_is_good_and_for_whom() {
        let token = jwt(r#"{"sub":"alice","exp":4102444800.5}"#);
        let read = reader().read(&token, Some(Duration::from_secs(5))).unwrap();
        assert_eq!(read.expires_ms, 4_102_444_800_500);
        assert_eq!(read.principal, "alice");
        assert_eq!(read.value, token);
        assert_eq!(read.extensions, [("pool".to_owned(), "p1".to_owned())]);
    }

    #[test]
    fn a_token_in_no_known_form_is_good_for_as_long_as_was_said() {
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let read = reader()
            .read("opaque", Some(Duration::from_mins(1)))
            .unwrap();
        let until = Duration::from_millis(u64::try_from(read.expires_ms).unwrap());
        assert!(
            (now.as_secs() + 59..=now.as_secs() + 61).contains(&until.as_secs()),
            "{until:?}"
        );
        assert_eq!(read.principal, "unnamed");
    }

    #[test]
    fn a_token_without_an_end_or_past_it_is_none() {
        for (token, word) in [
            ("opaque".to_owned(), "does not say"),
            ("..".to_owned(), "does not say"),
            (jwt(r#"{"sub":"alice"}"#), "does not say"),
            (jwt(r#"{"exp":"tomorrow"}"#), "does not say"),
            (jwt(r#"{"exp":1000}"#), "run out"),
            (jwt(r#"{"exp":-1}"#), "run out"),
        ] {
            let reason = reader().read(&token, None).unwrap_err();
            assert!(reason.contains(word), "{token}: {reason}");
        }
    }
}
