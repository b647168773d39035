//! GSSAPI: tickets of Kerberos, which librdkafka has made by `kinit`.

use super::{JAAS, Login, SaslPlan};
use crate::producer::{
    draft::{Draft, Kind, Told},
    place::Place,
};

const SERVICE: &str = "sasl.kerberos.service.name";
const COMMAND: &str = "sasl.kerberos.kinit.cmd";
const PAUSE: &str = "sasl.kerberos.min.time.before.relogin";
/// librdkafka's names; Java has them as options of the login module.
const PRINCIPAL: &str = "sasl.kerberos.principal";
const KEY_TAB: &str = "sasl.kerberos.keytab";

/// Options of the login module that mean something here, and those that only say how Java finds out.
const OPTIONS: &[&str] = &[
    "keyTab",
    "principal",
    "serviceName",
    "ticketCache",
    "useKeyTab",
    "useTicketCache",
    "debug",
    "doNotPrompt",
    "isInitiator",
    "refreshKrb5Config",
    "renewTGT",
    "storeKey",
];

pub(super) fn finish(draft: &mut Draft<'_>, login: &Login<'_>) -> Option<SaslPlan> {
    let given = login.given;
    if !given.has(PRINCIPAL) && !given.has(KEY_TAB) {
        login.needed(draft)?;
    }
    login.warn_of_other_options(draft, OPTIONS, &[]);
    if given.is_unseen(&[SERVICE, COMMAND, PAUSE, PRINCIPAL, KEY_TAB]) {
        return None;
    }
    let service = either(draft, login, SERVICE, "serviceName").ok()?;
    if service.is_none() {
        let remedy = format!("add `{SERVICE}: kafka`, or the name that the brokers run under");
        draft.refuse(SERVICE, "is missing; GSSAPI needs it", remedy);
    }
    let principal = either(draft, login, PRINCIPAL, "principal").ok()?;
    let key_tab = either(draft, login, KEY_TAB, "keyTab").ok()?;
    draft.put("sasl.mechanisms", "GSSAPI");
    for (name, value) in [
        (SERVICE, service?),
        (PRINCIPAL, principal.unwrap_or_default()),
    ] {
        // Both become words of a shell's command.
        let is_harmless = |c: char| c.is_ascii_alphanumeric() || "@._-/".contains(c);
        if !value.chars().all(is_harmless) || value.starts_with('-') {
            let reason = "has characters beside letters, digits and @._-/";
            draft.refuse(name, reason, "leave them out");
            return None;
        }
        if !value.is_empty() {
            draft.put_setting(name, login.setting(name, value));
        }
    }
    match key_tab {
        Some(path) => by_key_tab(draft, login, path),
        None => by_cache(draft, login),
    }
}

/// The value of a property, or of the option that says the same; both must agree.
fn either<'l>(
    draft: &mut Draft<'_>,
    login: &'l Login<'_>,
    property: &str,
    option: &str,
) -> Result<Option<&'l str>, Told> {
    let by_property = login.given.text(property, draft);
    let by_option = login.option(option);
    match (by_property, by_option) {
        (Some(one), Some(other)) if one != other => {
            let reason = format!("says something else than the option {option} of {JAAS}");
            draft.refuse(property, reason, "keep one of the two");
            Err(Told)
        }
        _ => Ok(by_property.or(by_option)),
    }
}

fn by_key_tab(draft: &mut Draft<'_>, login: &Login<'_>, path: &str) -> Option<SaslPlan> {
    let given = login.given;
    let property = given.get(KEY_TAB).or_else(|| given.get(JAAS))?;
    let place = Place::new(property, path, login.files);
    // librdkafka reads it when it needs to.
    place.read(draft, "key tab")?;
    let is_harmless = |c: char| !c.is_control() && !"\"'`$\\".contains(c);
    if !place.full().chars().all(is_harmless) {
        let reason = "has a quote, a backslash, a dollar sign or a control character in the path of the key tab";
        draft.refuse(&property.name, reason, "give the file another name");
        return None;
    }
    if !draft.properties.iter().any(|(name, _)| name == PRINCIPAL) {
        let remedy = "add principal=\"NAME@REALM\" to it";
        draft.refuse(
            JAAS,
            "has a key tab, and no principal to take from it",
            remedy,
        );
        return None;
    }
    draft.put_setting(KEY_TAB, place.setting());
    if let Some(command) = command(draft, login).ok()? {
        draft.put(COMMAND, command);
    }
    if let Some(property) = login.given.get(PAUSE) {
        // Java's 60 s are librdkafka's too.
        draft.set(PAUSE, property, PAUSE_KIND);
    }
    Some(SaslPlan::Kerberos)
}

/// Milliseconds. librdkafka's zero is never.
const PAUSE_KIND: Kind = Kind::Number {
    least: 0,
    most: i64::MAX,
    held: (1, 86_400_000),
};

/// Java's property is the program alone; librdkafka's is a whole command, by default the same two as
/// here.
fn command(draft: &mut Draft<'_>, login: &Login<'_>) -> Result<Option<String>, Told> {
    let Some(program) = login.given.text(COMMAND, draft) else {
        return Ok(None);
    };
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || "._-/+".contains(c);
    if program.is_empty() || !program.chars().all(is_harmless) {
        let reason = "is no path of a program; letters, digits and ._-/+ are allowed";
        draft.refuse(
            COMMAND,
            reason,
            "write the path of kinit alone, such as /usr/bin/kinit",
        );
        return Err(Told);
    }
    let arguments = format!("-t \"%{{{KEY_TAB}}}\" -k %{{{PRINCIPAL}}}");
    Ok(Some(format!(
        "{program} -R {arguments} || {program} {arguments}"
    )))
}

/// Without a key tab somebody else keeps a ticket in the cache.
fn by_cache(draft: &mut Draft<'_>, login: &Login<'_>) -> Option<SaslPlan> {
    let is_true = |name| {
        login
            .option(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    };
    if is_true("useKeyTab") {
        draft.refuse(
            JAAS,
            "has useKeyTab without keyTab",
            "add keyTab=\"FILE\" to it",
        );
        return None;
    }
    if !is_true("useTicketCache") {
        let reason = "says neither which key tab to use nor that a ticket is in the cache";
        draft.refuse(
            JAAS,
            reason,
            "add useKeyTab=true keyTab=\"FILE\", or useTicketCache=true",
        );
        return None;
    }
    if login.option("ticketCache").is_some() {
        let reason = "names a ticket cache, which the client library does not take";
        let remedy =
            "leave ticketCache out and set the environment variable KRB5CCNAME of the process";
        draft.refuse(JAAS, reason, remedy);
        return None;
    }
    // No command is run then.
    draft.put(PAUSE, 0);
    Some(SaslPlan::Kerberos)
}
