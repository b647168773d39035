//! What goes wrong at the door: records wait, it is counted, and all is well when it is mended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aeroduct_kafka::{Failure, Snapshot};
use aeroduct_tests::authority::{Authority, Wish};
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::kafka::secured::{PASSWORD, Secured, USER};
use aeroduct_tests::wait::eventually;
use aeroduct_tests::writer::Writer;
use anyhow::Result;

use crate::login::{
    Properties, assert_numbered, password, properties, sasl_plain, tls, with_tokens,
};

const LIMIT: Duration = Duration::from_secs(30);

/// A writer that gets nowhere: it waits, and `count` grows.
fn shut_out(
    secured: &Secured,
    topic: &str,
    mut writer: Writer,
    count: impl Fn(&Snapshot) -> u64,
) -> Result<Writer> {
    secured.cluster.create_topic(&Topic::new(topic, 1))?;
    for _ in 0..20 {
        writer.ship(topic)?;
    }
    eventually(LIMIT, "it is counted", || {
        (count(&writer.producer.snapshot()) > 0).then_some(())
    })?;
    assert_eq!(writer.sheet.failures(), []);
    assert_eq!(writer.sheet.open(), 20, "nothing is delivered");
    Ok(writer)
}

/// What was shipped in vain is in the topic now, in order.
fn assert_healed(secured: &Secured, topic: &str, mut writer: Writer) -> Result<()> {
    writer.ship(topic)?;
    writer.sheet.await_delivered()?;
    assert_numbered(secured, topic, 21)
}

#[test]
fn a_wrong_password_is_mended_without_another_client() -> Result<()> {
    let secured = Secured::shared()?;
    for mechanism in ["PLAIN", "SCRAM-SHA-512"] {
        let topic = format!("wrong-{mechanism}");
        let way = sasl_plain(secured, password(mechanism, USER, "a-guess"));
        let writer = shut_out(secured, &topic, Writer::start(way)?, |snapshot| {
            snapshot.authentication_errors
        })?;
        writer.producer.set_credentials(USER, PASSWORD)?;
        assert_eq!(writer.producer.snapshot().clients_created, 1);
        assert_healed(secured, &topic, writer)?;
    }
    Ok(())
}

/// Begins with `wrong` properties and mends them with right ones.
fn assert_mended(topic: &str, wrong: Properties) -> Result<()> {
    let secured = Secured::shared()?;
    let writer = shut_out(secured, topic, Writer::start(wrong)?, |it| it.tls_errors)?;
    let identity = secured.authority.issue(&Wish::client(USER))?;
    let right = tls(&secured.mutual, &secured.authority, Some(&identity));
    writer.producer.renew(right, LIMIT)?;
    assert_healed(secured, topic, writer)
}

#[test]
fn an_unknown_authority_is_mended() -> Result<()> {
    let secured = Secured::shared()?;
    let stranger = Authority::new("nobody-knows")?;
    assert_mended("unknown-authority", tls(&secured.mutual, &stranger, None))
}

#[test]
fn a_broker_by_another_name_than_its_certificate_s_is_not_believed() -> Result<()> {
    let secured = Secured::shared()?;
    let by_address = secured.mutual.replace("localhost", "127.0.0.1");
    let wrong = tls(&by_address, &secured.authority, None);
    assert_mended("wrong-name", wrong)
}

#[test]
fn a_certificate_of_the_broker_that_has_run_out_is_not_believed() -> Result<()> {
    let secured = Secured::shared()?;
    let wrong = tls(&secured.expired, &secured.authority, None);
    assert_mended("expired-broker", wrong)
}

#[test]
fn a_certificate_of_ours_that_has_run_out_or_is_missing_is_mended() -> Result<()> {
    let secured = Secured::shared()?;
    let expired = secured.authority.issue(&Wish::client(USER).expired())?;
    let wrong = tls(&secured.mutual, &secured.authority, Some(&expired));
    assert_mended("expired-client", wrong)?;
    let wrong = tls(&secured.mutual, &secured.authority, None);
    assert_mended("no-certificate", wrong)
}

#[test]
fn without_a_token_records_wait_until_there_is_one() -> Result<()> {
    let secured = Secured::shared()?;
    let is_mended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_mended);
    let bearer = properties(&[("sasl.mechanism", "OAUTHBEARER")]);
    let way = crate::login::sasl_tls(secured, bearer);
    let settings = with_tokens(way, move || {
        let life = Duration::from_mins(5);
        let issuer = &Secured::shared().map_err(|error| error.to_string())?.issuer;
        if seen.load(Ordering::SeqCst) {
            let token = issuer.token(USER, life).map_err(|it| it.to_string())?;
            Ok((token, life))
        } else {
            Err("the issuer is away".to_owned())
        }
    });
    let writer = shut_out(secured, "no-token", Writer::start_with(settings)?, |it| {
        it.token_errors.min(it.authentication_errors)
    })?;
    is_mended.store(true, Ordering::SeqCst);
    assert_healed(secured, "no-token", writer)
}

#[test]
fn a_topic_that_is_denied_does_not_hold_up_another() -> Result<()> {
    let secured = Secured::shared()?;
    for topic in ["acl-denied", "acl-open"] {
        secured.cluster.create_topic(&Topic::new(topic, 1))?;
    }
    secured.cluster.deny_writes_of(USER, "acl-denied")?;
    let way = sasl_plain(secured, password("SCRAM-SHA-256", USER, PASSWORD));
    let (mut denied, mut open) = (Writer::start(way.clone())?, Writer::start(way)?);
    denied.ship("acl-denied")?;
    eventually(LIMIT, "it is refused", || {
        (denied.sheet.open() == 0).then_some(())
    })?;
    assert_eq!(denied.sheet.failures(), [Failure::Unauthorized]);
    open.ship("acl-open")?;
    open.sheet.await_delivered()?;

    // The same producer goes on with other topics, and with this one when it may.
    denied.ship("acl-open")?;
    eventually(LIMIT, "the other topic takes it", || {
        (denied.sheet.open() == 0).then_some(())
    })?;
    assert_eq!(denied.sheet.failures(), [Failure::Unauthorized]);
    secured.cluster.allow_writes("acl-denied")?;
    eventually(LIMIT, "the topic takes records again", || {
        let failed = denied.sheet.failures().len();
        denied.ship("acl-denied").ok()?;
        eventually(LIMIT, "it is reported", || {
            (denied.sheet.open() == 0).then_some(())
        })
        .ok()?;
        (denied.sheet.failures().len() == failed).then_some(())
    })
}
