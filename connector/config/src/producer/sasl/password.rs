//! PLAIN and SCRAM: a user and a password.

use super::{JAAS, Login, Mechanism, SaslPlan};
use crate::{
    producer::draft::Draft,
    secret::{Secret, Setting},
};

/// librdkafka's names, for which Java has none. They take any password as it is, while in JAAS a quote
/// or a backslash needs a backslash before it.
const USER: &str = "sasl.username";
const PASSWORD: &str = "sasl.password";

pub(super) fn finish(draft: &mut Draft<'_>, login: &Login<'_>) -> Option<SaslPlan> {
    let given = login.given;
    if given.is_unseen(&[USER, PASSWORD]) {
        return None;
    }
    let (user, password) = if given.has(USER) || given.has(PASSWORD) {
        by_properties(draft, login)?
    } else {
        by_module(draft, login)?
    };
    draft.put("sasl.mechanisms", login.mechanism.name());
    draft.put_setting(USER, login.setting(USER, &user));
    draft.put_setting(PASSWORD, Setting::Secret(password.clone()));
    Some(SaslPlan::Password { user, password })
}

fn by_properties(draft: &mut Draft<'_>, login: &Login<'_>) -> Option<(String, Secret)> {
    let given = login.given;
    if login.entry.is_some() {
        let name = if given.has(USER) { USER } else { PASSWORD };
        draft.refuse(
            name,
            format!("does not go with {JAAS}"),
            "keep one of the two",
        );
        return None;
    }
    for (one, other) in [(USER, PASSWORD), (PASSWORD, USER)] {
        if !given.has(one) {
            draft.refuse(
                one,
                format!("is missing; there is {other}"),
                format!("add {one}"),
            );
            return None;
        }
    }
    let user = given.text(USER, draft)?.to_owned();
    let password = given.text(PASSWORD, draft)?.into();
    Some((user, password))
}

fn by_module(draft: &mut Draft<'_>, login: &Login<'_>) -> Option<(String, Secret)> {
    let entry = login.needed(draft)?;
    let known = match login.mechanism {
        Mechanism::Plain => &["username", "password"][..],
        _ => &["username", "password", "tokenauth"],
    };
    login.warn_of_other_options(draft, known, &[]);
    if login
        .option("tokenauth")
        .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    {
        let reason =
            "asks to log in with a delegation token (tokenauth), which the client library cannot";
        draft.refuse(JAAS, reason, "use the user and password of an account");
        return None;
    }
    let mut found = ["username", "password"].map(|name| entry.option(name));
    for (name, value) in ["username", "password"].into_iter().zip(&mut found) {
        if value.is_none() {
            let reason = format!("has no option {name}");
            draft.refuse(
                JAAS,
                reason,
                format!("write it as {}", login.mechanism.example()),
            );
        }
    }
    let [Some(user), Some(password)] = found else {
        return None;
    };
    Some((user.expose().to_owned(), password.clone()))
}
