//! `sasl.*`: how the producer logs in.
//!
//! User and password, and all that Kerberos needs, go to librdkafka as properties. Tokens are fetched by
//! the connector, and the plan says how.

use std::fmt;

use super::{
    Property,
    draft::Draft,
    security::{Given, Protocol},
};
use crate::{
    files::Files,
    jaas::{self, Entry},
    reference::{Origin, UNSEEN},
    secret::{Secret, Setting},
};

use mechanism::{MECHANISMS, Mechanism};

pub use msk::{AwsKeys, AwsRole, MskIamPlan};
pub use oauth::{ClientCredentials, OAuthBearerPlan, TokenOrigin};

mod authorities;
mod kerberos;
mod mechanism;
mod msk;
mod oauth;
mod password;
#[cfg(test)]
mod tests;
mod unsecured;

/// How the producer logs in to Kafka.
#[derive(Clone, Eq, PartialEq)]
pub enum SaslPlan {
    /// By PLAIN or SCRAM. The properties have both too; a changed one can be told to the client.
    Password {
        /// The user.
        user: String,
        /// The user's password.
        password: Secret,
    },
    /// By a ticket of Kerberos. The properties say everything.
    Kerberos,
    /// By a token without a signature, for tests. The properties say everything.
    Unsecured,
    /// By a token that the connector gets, with the mechanism OAUTHBEARER.
    OAuthBearer(OAuthBearerPlan),
    /// By a token that the connector signs for AWS MSK. librdkafka shows it by OAUTHBEARER, which the
    /// brokers take on the same port.
    MskIam(MskIamPlan),
}

/// Names the way alone.
impl fmt::Debug for SaslPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password { .. } => "Password",
            Self::Kerberos => "Kerberos",
            Self::Unsecured => "Unsecured",
            Self::OAuthBearer(_) => "OAuthBearer",
            Self::MskIam(_) => "MskIam",
        })
    }
}

const JAAS: &str = "sasl.jaas.config";
const MECHANISM: &str = "sasl.mechanism";
const CLIENT_HANDLER: &str = "sasl.client.callback.handler.class";
const LOGIN_HANDLER: &str = "sasl.login.callback.handler.class";

/// Handlers of calls back that stand for what the connector does itself.
const HANDLERS: &[(Mechanism, &str, &str)] = &[
    (
        Mechanism::AwsMskIam,
        CLIENT_HANDLER,
        "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
    ),
    (Mechanism::OAuthBearer, CLIENT_HANDLER, msk::HANDLER),
    (Mechanism::OAuthBearer, LOGIN_HANDLER, msk::HANDLER),
    (
        Mechanism::OAuthBearer,
        LOGIN_HANDLER,
        "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler",
    ),
    (
        Mechanism::OAuthBearer,
        LOGIN_HANDLER,
        "org.apache.kafka.common.security.oauthbearer.secured.OAuthBearerLoginCallbackHandler",
    ),
    (Mechanism::OAuthBearer, LOGIN_HANDLER, unsecured::HANDLER),
];

/// What a login is made of.
struct Login<'g> {
    given: &'g Given,
    files: &'g dyn Files,
    mechanism: Mechanism,
    /// The login module and its options, where they are written out.
    entry: Option<Entry>,
}

/// Sets what librdkafka needs to log in. The plan is `None` where something is wrong, or cannot be seen
/// here.
pub(super) fn finish(
    draft: &mut Draft<'_>,
    given: &Given,
    protocol: Protocol,
    files: &dyn Files,
) -> Option<SaslPlan> {
    let mechanism = mechanism(draft, given)?;
    let are_known = check_handlers(draft, given, mechanism);
    if given.is_unseen(&[JAAS]) && is_opaque(given) {
        return None;
    }
    let entry = match given.get(JAAS) {
        Some(property) => Some(entry(draft, property, mechanism, given.has(MECHANISM))?),
        None => None,
    };
    let login = Login {
        given,
        files,
        mechanism,
        entry,
    };
    if !are_known {
        return None;
    }
    warn_of_clear_text(draft, given, mechanism, protocol);
    match mechanism {
        Mechanism::Plain | Mechanism::ScramSha256 | Mechanism::ScramSha512 => {
            password::finish(draft, &login)
        }
        Mechanism::Gssapi => kerberos::finish(draft, &login),
        Mechanism::AwsMskIam => msk::finish(draft, &login),
        Mechanism::OAuthBearer if has_handler(draft, given, msk::HANDLER) => {
            msk::finish(draft, &login)
        }
        Mechanism::OAuthBearer if unsecured::is_meant(draft, &login) => {
            unsecured::finish(draft, &login)
        }
        Mechanism::OAuthBearer => oauth::finish(draft, &login),
    }
}

/// Whether more of the JAAS entry lies in files that cannot be seen here than values of options.
fn is_opaque(given: &Given) -> bool {
    let text = given.get(JAAS).and_then(Property::one);
    let entry = text.and_then(|text| jaas::parse(text.expose()).ok());
    entry.is_none_or(|entry| entry.module.contains(UNSEEN))
}

fn mechanism(draft: &mut Draft<'_>, given: &Given) -> Option<Mechanism> {
    let Some(property) = given.get(MECHANISM) else {
        return Some(Mechanism::Gssapi);
    };
    let text = given.text(MECHANISM, draft)?;
    let known = MECHANISMS.iter().find(|(_, name, ..)| *name == text);
    if known.is_none() {
        let names: Vec<_> = MECHANISMS.iter().map(|(_, name, ..)| *name).collect();
        let reason = format!(
            "{} is no mechanism that the connector has",
            property.quoted(text)
        );
        draft.refuse(
            MECHANISM,
            reason,
            format!("use one of {}", names.join(", ")),
        );
    }
    known.map(|(mechanism, ..)| *mechanism)
}

/// The login module, which must be one for `mechanism`.
fn entry(
    draft: &mut Draft<'_>,
    property: &Property,
    mechanism: Mechanism,
    is_given: bool,
) -> Option<Entry> {
    let text = draft.text(property)?;
    let entry = match jaas::parse(text) {
        Ok(entry) => entry,
        Err(malformed) => {
            let remedy = format!("write it as {}", mechanism.example());
            draft.refuse(JAAS, malformed.to_string(), remedy);
            return None;
        }
    };
    if mechanism.takes(&entry.module) {
        let has_nul = |(_, value): (_, &Secret)| value.expose().contains('\0');
        if entry.beginning_with("").any(has_nul) {
            draft.refuse(JAAS, "has a NUL character in an option", "leave it out");
            return None;
        }
        return Some(entry);
    }
    let of_module = MECHANISMS
        .iter()
        .filter(|(known, ..)| known.takes(&entry.module));
    let names: Vec<_> = of_module.map(|(_, name, ..)| *name).collect();
    let name = mechanism.name();
    if names.is_empty() {
        let reason = "names a login module that cannot be loaded, as a Java class that the connector does not know";
        draft.refuse(JAAS, reason, format!("write it as {}", mechanism.example()));
    } else {
        let names = names.join(" or ");
        let default = if is_given { "" } else { ", its default" };
        draft.refuse(
            JAAS,
            format!("has the login module of {names}, while {MECHANISM} is {name}{default}"),
            format!(
                "set {MECHANISM} to {names}, or write {}",
                mechanism.example()
            ),
        );
    }
    None
}

/// Whether the classes that Java would call stand for something that the connector does itself.
fn check_handlers(draft: &mut Draft<'_>, given: &Given, mechanism: Mechanism) -> bool {
    let mut are_known = true;
    for name in [CLIENT_HANDLER, LOGIN_HANDLER] {
        let Some(text) = given.text(name, draft) else {
            continue;
        };
        let is_known = |row: &&(Mechanism, &str, &str)| (row.1, row.2) == (name, text);
        let known: Vec<_> = HANDLERS.iter().filter(is_known).collect();
        if known.iter().any(|(of, ..)| *of == mechanism) || text.is_empty() {
            continue;
        }
        are_known = false;
        let text = given
            .get(name)
            .map(|property| property.quoted(text))
            .unwrap_or_default();
        if let Some((of, ..)) = known.first() {
            let reason = format!(
                "{text} is for {}, while {MECHANISM} is {}",
                of.name(),
                mechanism.name()
            );
            draft.refuse(
                name,
                reason,
                format!("set {MECHANISM} to {}, or leave it out", of.name()),
            );
        } else {
            let reason = format!("{text} is a Java class, which cannot be loaded");
            draft.refuse(
                name,
                reason,
                "leave it out, or use one of Kafka's own or of AWS MSK",
            );
        }
    }
    are_known
}

fn has_handler(draft: &mut Draft<'_>, given: &Given, class: &str) -> bool {
    given.text(LOGIN_HANDLER, draft) == Some(class)
}

fn warn_of_clear_text(
    draft: &mut Draft<'_>,
    given: &Given,
    mechanism: Mechanism,
    protocol: Protocol,
) {
    let what = match mechanism {
        _ if protocol.has_tls => return,
        Mechanism::Plain => "the password goes",
        Mechanism::OAuthBearer | Mechanism::AwsMskIam => "tokens go",
        Mechanism::Gssapi | Mechanism::ScramSha256 | Mechanism::ScramSha512 => return,
    };
    let name = if given.has(MECHANISM) {
        MECHANISM
    } else {
        "security.protocol"
    };
    let message = format!(
        "{what} over the network for all to read: security.protocol is {}",
        protocol.name
    );
    draft.warn(name, message);
}

impl Login<'_> {
    /// The login module, which the mechanism cannot do without.
    fn needed(&self, draft: &mut Draft<'_>) -> Option<&Entry> {
        if self.entry.is_none() {
            let remedy = format!("add `{JAAS}: {}`", self.mechanism.example());
            let reason = format!("is missing; {} needs it", self.mechanism.name());
            draft.refuse(JAAS, reason, remedy);
        }
        self.entry.as_ref()
    }

    /// The value of an option of the login module.
    fn option(&self, name: &str) -> Option<&str> {
        let entry = self.entry.as_ref()?;
        entry.option(name).map(Secret::expose)
    }

    /// Where a value of the login module comes from.
    fn origin(&self) -> Origin {
        let property = self.given.get(JAAS);
        property.map_or(Origin::Written, |property| property.origin)
    }

    /// `value` for librdkafka, which comes from the property `name`, or else from an option of the
    /// login module.
    fn setting(&self, name: &str, value: &str) -> Setting {
        let property = self.given.get(name);
        match property.map_or_else(|| self.origin(), |property| property.origin) {
            Origin::Written => Setting::Open(value.to_owned()),
            Origin::Files | Origin::Unseen => Setting::Secret(value.into()),
        }
    }

    /// One warning for all options that do nothing. They are not named: behind a quote in the wrong
    /// place, a part of a password looks like a name.
    fn warn_of_other_options(&self, draft: &mut Draft<'_>, known: &[&str], openings: &[&str]) {
        let Some(entry) = &self.entry else {
            return;
        };
        let is_known = |name: &str| {
            known.contains(&name) || openings.iter().any(|opening| name.starts_with(opening))
        };
        let others = entry.names().filter(|name| !is_known(name)).count();
        if others > 0 {
            let message = format!(
                "{others} of its options have no effect; there are {}",
                [known, openings].concat().join(", ")
            );
            draft.warn(JAAS, message);
        }
    }
}
