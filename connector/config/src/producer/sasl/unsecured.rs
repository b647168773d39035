//! OAUTHBEARER with tokens that nobody signs, for tests: librdkafka makes them itself.

use super::{JAAS, Login, SaslPlan, has_handler};
use crate::{producer::draft::Draft, reference::Origin};

pub(super) const HANDLER: &str = "org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredLoginCallbackHandler";

/// What the options of the login module begin with.
const OPENING: &str = "unsecuredLogin";
const SUBJECT: &str = "unsecuredLoginStringClaim_sub";
const LIFETIME: &str = "unsecuredLoginLifetimeSeconds";
const EXTENSION: &str = "unsecuredLoginExtension_";
/// Where librdkafka has all of them.
const CONFIG: &str = "sasl.oauthbearer.config";

/// Whether such tokens are asked for, by the handler or by their options.
pub(super) fn is_meant(draft: &mut Draft<'_>, login: &Login<'_>) -> bool {
    let entry = login.entry.as_ref();
    let has_options =
        entry.is_some_and(|entry| entry.names().any(|name| name.starts_with(OPENING)));
    has_options || has_handler(draft, login.given, HANDLER)
}

pub(super) fn finish(draft: &mut Draft<'_>, login: &Login<'_>) -> Option<SaslPlan> {
    let entry = login.needed(draft)?;
    login.warn_of_other_options(draft, &[SUBJECT, LIFETIME], &[EXTENSION]);
    let Some(subject) = login.option(SUBJECT) else {
        let remedy = format!(
            "add {SUBJECT}=\"NAME\" to it, or set sasl.login.callback.handler.class for real tokens"
        );
        draft.refuse(JAAS, format!("has no option {SUBJECT}"), remedy);
        return None;
    };
    // Java's default is an hour.
    let seconds = login.option(LIFETIME).unwrap_or("3600");
    let is_number = seconds.parse().is_ok_and(|seconds: u32| seconds > 0);
    if !is_number && login.origin() != Origin::Unseen {
        let reason = format!("has no whole number of seconds above 0 in {LIFETIME}");
        draft.refuse(JAAS, reason, "write digits alone");
        return None;
    }
    let mut words = vec![
        ("principal".to_owned(), subject),
        ("lifeSeconds".to_owned(), seconds),
    ];
    let extensions = entry.beginning_with(EXTENSION);
    words.extend(extensions.map(|(name, value)| (format!("extension_{name}"), value.expose())));
    if words
        .iter()
        .any(|(_, value)| value.is_empty() || value.contains([' ', '"']))
    {
        let reason =
            "has an option for a token without a signature that is empty or has blanks or quotes";
        draft.refuse(JAAS, reason, "leave them out");
        return None;
    }
    let words: Vec<_> = words
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let message = "tokens have no signature: brokers that take them let anybody in under any name";
    draft.warn(JAAS, message);
    draft.put("sasl.mechanisms", "OAUTHBEARER");
    draft.put("enable.sasl.oauthbearer.unsecure.jwt", true);
    let words = words.join(" ");
    draft.put_setting(CONFIG, login.setting(CONFIG, &words));
    Some(SaslPlan::Unsecured)
}
