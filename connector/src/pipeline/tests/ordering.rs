use super::stand::{Change, Stand, answers};
use crate::metrics::Outside;
use crate::pipeline::Answer::{Success, TemporaryError};
use aeroduct_kafka::Failure;

const ITEMS: &str = "routing: {mode: namespace}\nformat: {mode: json}\n";

fn stand() -> Stand {
    Stand::new(&format!("{ITEMS}record-ordering: {{enable: true}}\n"))
}

fn version(update_ms: u64) -> Change<'static> {
    Change {
        update_ms,
        ..Change::default()
    }
}

#[test]
fn a_stale_version_is_answered_success_and_not_sent() {
    let mut stand = stand();
    let newer = stand.read_changes([version(20)]);
    stand.sent()[0].deliver();
    assert_eq!(answers(&newer), Some(vec![Success]));
    let older = stand.read_changes([version(10)]);
    assert!(stand.sent().is_empty());
    assert_eq!(answers(&older), Some(vec![Success]));
    let snapshot = stand.metrics.snapshot(Outside::default());
    assert_eq!(snapshot.totals.skipped.get("stale-version"), Some(&1));
}

#[test]
fn one_version_of_a_record_is_on_its_way_at_a_time() {
    let mut stand = stand();
    let flight = stand.read_changes([1, 2, 3].map(version));
    for _ in 0..3 {
        let sent = stand.sent();
        assert_eq!(sent.len(), 1);
        sent[0].deliver();
        stand.pipeline.resume();
    }
    assert_eq!(answers(&flight), Some(vec![Success; 3]));
}

#[test]
fn versions_of_different_connections_and_shards_wait_for_each_other() {
    let mut one = stand();
    let mut other = one.other();
    let newer = one.read_changes([version(20)]);
    let older = other.read_changes([version(10)]);
    assert!(other.sent().is_empty());
    one.sent()[0].deliver();
    other.pipeline.resume();
    assert!(other.sent().is_empty(), "it is stale by now");
    assert_eq!(answers(&newer), Some(vec![Success]));
    assert_eq!(answers(&older), Some(vec![Success]));
}

#[test]
fn an_older_version_goes_after_all_when_the_newer_one_fails() {
    let mut one = stand();
    let mut other = one.other();
    let newer = one.read_changes([version(20)]);
    let older = other.read_changes([version(10)]);
    one.sent()[0].fail(Failure::Unavailable);
    other.pipeline.resume();
    other.sent()[0].deliver();
    assert_eq!(answers(&newer), Some(vec![TemporaryError]));
    assert_eq!(answers(&older), Some(vec![Success]));
}

#[test]
fn versions_without_a_time_keep_the_order_in_which_they_came() {
    let mut stand = stand();
    let bins: [&[(&str, i64)]; 3] = [&[("v", 1)], &[("v", 2)], &[("v", 3)]];
    let timeless = |bins| Change {
        update_ms: 0,
        bins,
        ..Change::default()
    };
    let first = stand.read_changes([timeless(bins[0]), timeless(bins[1])]);
    let sent = stand.sent();
    sent[0].deliver();
    // The turn of the second has come, and it has not been told yet.
    let second = stand.read_changes([timeless(bins[2])]);
    assert!(stand.sent().is_empty());
    let mut values = vec![sent[0].value.clone()];
    for _ in 0..2 {
        stand.pipeline.resume();
        let sent = stand.sent();
        values.push(sent[0].value.clone());
        sent[0].deliver();
    }
    for (value, version) in values.iter().zip(1..) {
        assert!(value.contains(&format!("\"value\":{version}}}")), "{value}");
    }
    assert_eq!(answers(&first), Some(vec![Success; 2]));
    assert_eq!(answers(&second), Some(vec![Success]));
}

#[test]
fn a_version_that_nobody_waits_for_any_more_leaves_the_queue() {
    let mut one = stand();
    let mut other = one.other();
    let first = one.read_changes([version(10)]);
    let gone = other.read_changes([version(20)]);
    let next = other.read_changes([version(30)]);
    gone.abandon();
    other.pipeline.sweep();
    assert_eq!(answers(&gone), Some(vec![TemporaryError]));
    one.sent()[0].deliver();
    other.pipeline.resume();
    other.sent()[0].deliver();
    assert_eq!(answers(&first), Some(vec![Success]));
    assert_eq!(answers(&next), Some(vec![Success]));
}

#[test]
fn a_record_that_is_refused_does_not_hold_up_its_next_version() {
    let items = "routing: {mode: bin, bin: t}\nformat: {mode: json}\nrecord-ordering: {}\n";
    let mut stand = Stand::new(items);
    let refused = version(10);
    let sound = Change {
        bins: &[("t", 7)],
        ..version(20)
    };
    let flight = stand.read_changes([refused, sound]);
    let sent = stand.sent();
    assert_eq!(sent.len(), 1);
    sent[0].deliver();
    assert_eq!(answers(&flight).unwrap()[1], Success);
}

#[test]
fn a_stale_version_is_answered_success_though_it_could_not_be_rendered() {
    let items = "routing: {mode: bin, bin: t}\nformat: {mode: json}\nrecord-ordering: {}\n";
    let mut stand = Stand::new(items);
    let newer = Change {
        bins: &[("t", 7)],
        ..version(20)
    };
    let _flight = stand.read_changes([newer]);
    stand.sent()[0].deliver();
    let older = stand.read_changes([version(10)]);
    assert_eq!(answers(&older), Some(vec![Success]));
}

#[test]
fn the_same_record_on_its_way_by_another_rule_has_an_order_of_its_own() {
    for rule in [
        "bin: u",
        "bin: t, default: others",
        "bin: t, transforms: [trim]",
    ] {
        has_an_order_of_its_own(rule);
    }
}

fn has_an_order_of_its_own(rule: &str) {
    let mut stand = Stand::new(&format!(
        "service: {{port: [8080, 8090]}}
routing: {{mode: bin, bin: t}}
format: {{mode: json}}
record-ordering: {{}}
port-based-config: {{8090: {{routing: {{mode: bin, {rule}}}}}}}
"
    ));
    let of = |update_ms| Change {
        bins: &[("t", 7), ("u", 8)],
        ..version(update_ms)
    };
    stand.read_changes([of(20)]);
    stand.sent()[0].deliver();
    stand.port = 8090;
    stand.read_changes([of(10)]);
    let sent = stand.sent();
    assert_eq!(sent.len(), 1, "it is the first one there: {rule}");
    sent[0].deliver();
    stand.port = 8080;
    stand.read_changes([of(15)]);
    assert!(stand.sent().is_empty(), "it is stale here");
}

#[test]
fn a_batch_counts_as_on_its_way_until_it_is_reported() {
    let mut stand = Stand::new(&format!(
        "{ITEMS}record-ordering: {{}}\nbatching: {{max-records: 2}}\n"
    ));
    let other = Change {
        digest: 2,
        ..Change::default()
    };
    let flight = stand.read_changes([version(10), version(20), other]);
    let sent = stand.sent();
    assert_eq!(sent.len(), 1);
    assert!(
        sent[0].value.contains("0010") && !sent[0].value.contains("0020"),
        "{}",
        sent[0].value
    );
    sent[0].deliver();
    stand.pipeline.resume();
    assert!(stand.sent().is_empty(), "it waits for company now");
    stand.pipeline.close_batches();
    stand.sent()[0].deliver();
    assert_eq!(answers(&flight), Some(vec![Success; 3]));
}

#[test]
fn without_the_item_nobody_waits() {
    let mut stand = Stand::new(ITEMS);
    let _flight = stand.read_changes([2, 1, 3].map(version));
    assert_eq!(stand.sent().len(), 3);
    assert_eq!(stand.shared.order.remembered(), 0);
}

#[test]
fn a_dead_letter_leaves_the_turns_of_later_versions_alone() {
    let mut stand = Stand::new(&format!(
        "{ITEMS}record-ordering: {{enable: true}}\naeroduct: {{dead-letter: {{destination: dead}}}}\n"
    ));
    let _flight = stand.read_changes([1, 2, 3].map(version));
    stand.sent()[0].fail(Failure::TooLarge);
    stand.pipeline.resume();
    let sent = stand.sent();
    let is_letter = |sent: &&super::stand::Sent| sent.topic == "dead";
    let (letters, second): (Vec<_>, Vec<_>) = sent.iter().partition(is_letter);
    assert_eq!((letters.len(), second.len()), (1, 1));
    letters[0].deliver();
    stand.pipeline.resume();
    assert!(stand.sent().is_empty(), "the second version is on its way");
    second[0].fail(Failure::Unavailable);
    stand.pipeline.resume();
    assert_eq!(
        stand.sent().len(),
        1,
        "the third is not older than what Kafka has"
    );
}
