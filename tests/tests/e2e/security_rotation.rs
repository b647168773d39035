//! Passwords and certificates that change while records pass.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use aeroduct_tests::authority::Wish;
use aeroduct_tests::kafka::Topic;
use aeroduct_tests::kafka::secured::{Secured, USER};
use aeroduct_tests::wait::eventually;
use aeroduct_tests::writer::Writer;
use anyhow::{Result, anyhow};

use crate::login::{assert_numbered, password, sasl_tls, tls};

const LIMIT: Duration = Duration::from_secs(30);
/// How many records may be under way.
const WINDOW: usize = 500;

/// Writes as fast as it goes while `change` is at work, and checks that each record is there once
/// and in order.
fn write_during(
    secured: &Secured,
    topic: &str,
    writer: &mut Writer,
    change: impl FnOnce() -> Result<()> + Send,
) -> Result<()> {
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        let changing = scope.spawn(|| {
            let result = change();
            is_done.store(true, Ordering::SeqCst);
            result
        });
        while !is_done.load(Ordering::SeqCst) {
            if writer.sheet.open() < WINDOW {
                writer.ship(topic)?;
            } else {
                thread::yield_now();
            }
        }
        changing
            .join()
            .map_err(|_| anyhow!("the change panicked"))?
    })?;
    writer.sheet.await_delivered()?;
    assert_numbered(secured, topic, writer.shipped())
}

#[test]
fn a_certificate_that_changes_under_load_costs_no_record() -> Result<()> {
    let secured = Secured::shared()?;
    secured
        .cluster
        .create_topic(&Topic::new("new-certificate", 1))?;
    let way = |name: &str| -> Result<_> {
        let identity = secured.authority.issue(&Wish::client(name))?;
        Ok(tls(&secured.mutual, &secured.authority, Some(&identity)))
    };
    let mut writer = Writer::start(way(USER)?)?;
    writer.ship("new-certificate")?;
    writer.sheet.await_delivered()?;
    let producer = writer.producer.clone();
    write_during(secured, "new-certificate", &mut writer, || {
        for number in 1..=5 {
            producer.renew(way(&format!("alice-{number}"))?, LIMIT)?;
            eventually(LIMIT, "it has taken over", || {
                (producer.snapshot().renewals == number).then_some(())
            })?;
            // One that the broker does not accept changes nothing.
            let expired = secured.authority.issue(&Wish::client(USER).expired())?;
            let expired = tls(&secured.mutual, &secured.authority, Some(&expired));
            let refused = producer.renew(expired, Duration::from_secs(1));
            assert!(refused.is_err());
        }
        Ok(())
    })?;
    let snapshot = writer.producer.snapshot();
    assert_eq!((snapshot.renewals, snapshot.fatal_errors), (5, 0));
    Ok(())
}

#[test]
fn a_password_that_changes_under_load_costs_neither_a_record_nor_a_client() -> Result<()> {
    let secured = Secured::shared()?;
    let (user, topic) = ("rotating", "new-password");
    secured.cluster.create_topic(&Topic::new(topic, 1))?;
    secured.cluster.set_password(user, "first-secret")?;
    let login = password("SCRAM-SHA-512", user, "first-secret");
    let mut writer = Writer::start(sasl_tls(secured, login))?;
    writer.ship(topic)?;
    writer.sheet.await_delivered()?;
    let producer = writer.producer.clone();
    write_during(secured, topic, &mut writer, || {
        secured.cluster.set_password(user, "second-secret")?;
        producer.set_credentials(user, "second-secret")?;
        Ok(())
    })?;
    // A client that is made later uses the new one, too.
    assert!(writer.producer.fail_for_test());
    eventually(LIMIT, "the next client is there", || {
        (writer.producer.snapshot().clients_created == 2).then_some(())
    })?;
    writer.ship(topic)?;
    writer.sheet.await_delivered()?;
    assert_eq!(writer.producer.snapshot().authentication_errors, 0);
    Ok(())
}
