//! Records that would be refused for good: they go to a topic of their own, as they were received.

use aeroduct_tests::kafka::Topic;
use aeroduct_tests::message::{self, Message, digest, particle};
use aeroduct_tests::reading::{self, Stored};
use aeroduct_tests::source::{SUCCESS, TEMPORARY};
use aeroduct_tests::wait::eventually;
use aeroduct_wire::encode;
use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::stand::{LIMIT, Stand};

const LETTERS: &str = "aeroduct_connector_dead_letters_total";

/// To the topic that the bin `to` names; what goes nowhere is a letter in this topic.
fn blocks(letters: &str) -> String {
    format!(
        "routing: {{ mode: bin, bin: to }}
format: {{ mode: json, stringify-map-keys: false }}
aeroduct: {{ reply-deadline: 2s, dead-letter: {{ destination: {letters} }} }}"
    )
}

fn write(number: u64) -> Message {
    Message::write("shop", digest(number)).set("s")
}

/// The letter about this frame: its reason, which has an explanation with it, and its key.
fn reason<'l>(letters: &'l [Stored], frame: &[u8]) -> Result<(&'l str, Option<&'l [u8]>)> {
    let letter = letters
        .iter()
        .find(|letter| letter.value.as_deref() == Some(frame))
        .context("no letter has the frame as it was received")?;
    let explanation = letter.header("aeroduct.error.message");
    assert!(explanation.is_some_and(|it| it.len() > 10), "{letter:?}");
    let reason = letter
        .header("aeroduct.error.reason")
        .context("no reason")?;
    Ok((reason, letter.key.as_deref()))
}

// covers: aeroduct.dead-letter.destination
#[test]
fn each_record_that_goes_nowhere_is_a_letter_and_its_neighbours_pass() -> Result<()> {
    let small = Topic {
        settings: &[("max.message.bytes", "4000")],
        ..Topic::new("letters-good", 1)
    };
    let mut stand = Stand::start(&[small, Topic::new("letters", 2)], &blocks("letters"))?;
    let good = |number| write(number).text("to", "letters-good").frame();
    let unroutable = write(2).frame();
    // {1: 2}, where numbers may not become text.
    let unrenderable = write(3)
        .text("to", "letters-good")
        .bin("m", particle::MAP, &[0x81, 1, 2])
        .frame();
    let unparsable = message::frame(3, &[0; 22]);
    let too_large = write(4)
        .text("to", "letters-good")
        .text("long", &"x".repeat(6_000))
        .frame();
    let mut packed = Vec::new();
    encode::compress(&write(5).text("other", "bin").frame(), &mut packed)?;
    let bad = [&unroutable, &unrenderable, &unparsable, &too_large, &packed];

    let mut frames = vec![good(1)];
    frames.extend(bad.iter().map(|&frame| frame.clone()));
    frames.push(good(6));
    assert_eq!(stand.ask_frames(&frames)?, [SUCCESS; 7]);

    let letters = stand.read("letters", bad.len())?;
    let reasons = [
        ("topic-bin-missing", Some(2)),
        ("map-key-type", Some(3)),
        ("parse-error", None),
        ("too-large", Some(4)),
        ("topic-bin-missing", Some(5)),
    ];
    for (frame, (word, number)) in bad.into_iter().zip(reasons) {
        let key = number.map(digest);
        let expected = (word, key.as_ref().map(<[u8; 20]>::as_slice));
        assert_eq!(reason(&letters, frame)?, expected);
    }
    for letter in &letters {
        let is_known = letter.key.is_some();
        let digest = letter.key.as_ref().map(|key| STANDARD.encode(key));
        assert_eq!(
            letter.header("aeroduct.namespace"),
            is_known.then_some("shop")
        );
        assert_eq!(letter.header("aeroduct.set"), is_known.then_some("s"));
        assert_eq!(letter.header("aeroduct.digest"), digest.as_deref());
    }
    let passed = stand.read("letters-good", 2)?;
    for (record, number) in passed.iter().zip([1, 6]) {
        assert!(record.text().contains(&STANDARD.encode(digest(number))));
    }
    stand.connector.await_metric(LETTERS, 5.0, LIMIT)?;
    assert!((stand.connector.metric(LETTERS)? - 5.0).abs() < 0.5);
    Ok(())
}

/// Waits until a record that goes nowhere is answered with success.
fn await_success(stand: &mut Stand) -> Result<()> {
    eventually(LIMIT, "the letters find their topic", || {
        let answers = stand.ask(&[write(9)]).ok()?;
        (answers == [SUCCESS]).then_some(())
    })
}

#[test]
fn a_letter_whose_topic_is_missing_is_to_come_again() -> Result<()> {
    let mut stand = Stand::start(&[], &blocks("letters-missing"))?;
    assert_eq!(stand.ask(&[write(1), write(2)])?, [TEMPORARY; 2]);

    stand
        .cluster
        .create_topic(&Topic::new("letters-missing", 1))?;
    await_success(&mut stand)?;
    assert!(reading::count(stand.cluster, "letters-missing")? >= 1);
    Ok(())
}

#[test]
fn a_letter_that_its_topic_refuses_is_to_come_again() -> Result<()> {
    let narrow = Topic {
        settings: &[("max.message.bytes", "100")],
        ..Topic::new("letters-narrow", 1)
    };
    let mut stand = Stand::start(&[narrow], &blocks("letters-narrow"))?;
    assert_eq!(stand.ask(&[write(1), write(2)])?, [TEMPORARY; 2]);

    stand
        .cluster
        .alter_topic("letters-narrow", "max.message.bytes", "100000")?;
    await_success(&mut stand)?;
    stand.read("letters-narrow", 1)?;
    Ok(())
}
