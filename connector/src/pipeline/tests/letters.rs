use super::stand::{Change, Stand, answers};
use crate::pipeline::Answer::{PermanentError, Success, TemporaryError};
use aeroduct_kafka::Failure;
use aeroduct_wire::encode::compress;

const ITEMS: &str = "routing: {mode: bin, bin: t}\nformat: {mode: json}\n";

fn stand() -> Stand {
    Stand::new(&format!(
        "{ITEMS}aeroduct: {{dead-letter: {{destination: dead}}}}\n"
    ))
}

fn sound() -> Change<'static> {
    Change {
        digest: 9,
        bins: &[("t", 7)],
        ..Change::default()
    }
}

#[test]
fn a_record_that_cannot_be_published_is_success_once_its_letter_is_delivered() {
    let mut stand = stand();
    let bad = Change::default();
    let flight = stand.read_changes([sound(), bad]);
    let sent = stand.sent();
    assert_eq!(
        (sent[0].topic.as_str(), sent[1].topic.as_str()),
        ("7", "dead")
    );
    assert_eq!(sent[1].value, String::from_utf8_lossy(&bad.frame()));
    assert_eq!(sent[1].key.as_deref(), Some(&[1; 20][..]));
    for part in [
        "aeroduct.error.reasontopic-bin-missing",
        "aeroduct.error.messageno topic: bin \"t\" is missing",
        "aeroduct.namespaceshop",
        "aeroduct.digestAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    ] {
        assert!(
            sent[1].extras.contains(part),
            "{part}: {:?}",
            sent[1].extras
        );
    }
    assert!(!sent[1].extras.contains("aeroduct.set"));
    sent[0].deliver();
    assert_eq!(answers(&flight), None);
    sent[1].deliver();
    assert_eq!(answers(&flight), Some(vec![Success; 2]));
}

#[test]
fn a_letter_that_fails_is_a_temporary_error_whatever_the_failure() {
    for failure in [Failure::TooLarge, Failure::UnknownTopic] {
        let mut stand = stand();
        let flight = stand.read_changes([Change::default()]);
        stand.sent()[0].fail(failure);
        stand.pipeline.resume();
        assert!(stand.sent().is_empty());
        assert_eq!(answers(&flight), Some(vec![TemporaryError]));
    }
}

#[test]
fn what_kafka_refuses_for_good_becomes_a_letter() {
    let mut stand = stand();
    let flight = stand.read_changes([
        sound(),
        Change {
            digest: 3,
            ..sound()
        },
    ]);
    let sent = stand.sent();
    sent[0].deliver();
    sent[1].fail(Failure::TooLarge);
    assert_eq!(answers(&flight), None);
    stand.pipeline.resume();
    let letters = stand.sent();
    assert_eq!(letters[0].topic, "dead");
    let frame = Change {
        digest: 3,
        ..sound()
    }
    .frame();
    assert_eq!(letters[0].value, String::from_utf8_lossy(&frame));
    assert!(letters[0].extras.contains("aeroduct.error.reasontoo-large"));
    assert!(letters[0].extras.contains("aeroduct.namespaceshop"));
    letters[0].deliver();
    assert_eq!(answers(&flight), Some(vec![Success; 2]));
    drop(flight);
    drop((sent, letters));
    assert_eq!(
        stand.shared.window.in_flight(),
        super::super::Load::default()
    );
}

#[test]
fn what_kafka_refuses_when_nobody_waits_for_it_leaves_nothing_behind() {
    let mut stand = stand();
    let flight = stand.read_changes([sound()]);
    flight.abandon();
    let sent = stand.sent();
    sent[0].fail(Failure::TooLarge);
    assert!(flight.answers.is_complete());
    drop((flight, sent));
    // The shard that would have written the letter has ended.
    let in_flight = stand.shared.window.in_flight();
    assert_eq!(in_flight, super::super::Load::default());
}

#[test]
fn what_kafka_refuses_for_now_does_not() {
    let mut stand = stand();
    let flight = stand.read_changes([sound()]);
    stand.sent()[0].fail(Failure::Unavailable);
    stand.pipeline.resume();
    assert!(stand.sent().is_empty());
    assert_eq!(answers(&flight), Some(vec![TemporaryError]));
}

#[test]
fn a_message_that_cannot_be_read_becomes_a_letter_as_it_came() {
    let mut stand = stand();
    // A sound frame that holds no message, and a compressed one that holds nothing sound.
    let empty = vec![2, 3, 0, 0, 0, 0, 0, 1, 0];
    let mut packed = Vec::new();
    compress(&empty, &mut packed).unwrap();
    let flight = stand.read(&[empty.clone(), packed.clone()]);
    let sent = stand.sent();
    for (letter, frame) in sent.iter().zip([empty, packed]) {
        assert_eq!(letter.value, String::from_utf8_lossy(&frame));
        assert_eq!(letter.key, None);
        assert!(letter.extras.contains("aeroduct.error.reasonparse-error"));
        letter.deliver();
    }
    assert_eq!(answers(&flight), Some(vec![Success; 2]));
}

#[test]
fn a_single_record_of_a_batch_that_kafka_refuses_becomes_a_letter() {
    let mut stand = Stand::new(
        "routing: {mode: namespace}\nformat: {mode: json}\nbatching: {max-records: 1}\n\
         aeroduct: {dead-letter: {destination: dead}}\n",
    );
    let flight = stand.read_changes([sound()]);
    stand.sent()[0].fail(Failure::TooLarge);
    stand.pipeline.resume();
    let letters = stand.sent();
    assert_eq!(letters[0].value, String::from_utf8_lossy(&sound().frame()));
    letters[0].deliver();
    assert_eq!(answers(&flight), Some(vec![Success]));
}

#[test]
fn a_missing_key_that_asks_for_it_is_temporary_and_no_letter() {
    let mut stand = Stand::new(
        "routing: {mode: namespace}\nformat: {mode: json}\n\
         key: {source: user-key, failure-strategy: fail}\n\
         aeroduct: {dead-letter: {destination: dead}}\n",
    );
    let flight = stand.read_changes([Change::default()]);
    assert!(stand.sent().is_empty());
    assert_eq!(answers(&flight), Some(vec![TemporaryError]));
}

#[test]
fn without_the_option_there_are_no_letters() {
    let mut stand = Stand::new(ITEMS);
    let flight = stand.read_changes([Change::default(), sound()]);
    let sent = stand.sent();
    assert_eq!(sent.len(), 1);
    sent[0].fail(Failure::TooLarge);
    assert_eq!(answers(&flight), Some(vec![PermanentError; 2]));
}

#[test]
fn headers_and_timestamp_are_those_of_the_record() {
    let items = "routing: {mode: namespace}\nformat: {mode: json}\n";
    let options = "aeroduct: {headers: metadata, timestamp: lut}\n";
    let mut stand = Stand::new(&format!("{items}{options}"));
    let _flight = stand.read_changes([Change::default()]);
    let sent = stand.sent();
    for part in [
        "aeroduct.namespaceshop",
        "aeroduct.digestAQEB",
        "aeroduct.lut1700000000001",
    ] {
        assert!(
            sent[0].extras.contains(part),
            "{part}: {:?}",
            sent[0].extras
        );
    }
    let mut plain = Stand::new(items);
    let _flight = plain.read_changes([Change::default()]);
    assert_eq!(plain.sent()[0].extras, "");
}
