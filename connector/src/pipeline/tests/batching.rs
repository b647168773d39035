use super::stand::{Change, Stand, answers};
use crate::clock::Clock as _;
use crate::pipeline::Answer::{PermanentError, Success, TemporaryError};
use aeroduct_kafka::{Failure, partition_of};
use std::time::Duration;

const ITEMS: &str = "routing: {mode: namespace}\nformat: {mode: flat-json, metadata-key: m}\n";

fn stand(batching: &str) -> Stand {
    Stand::new(&format!("{ITEMS}batching: {{{batching}}}\n"))
}

fn record(digest: u8) -> Change<'static> {
    Change {
        digest,
        ..Change::default()
    }
}

fn count(value: &str) -> usize {
    value.matches("\"msg\":\"write\"").count()
}

#[test]
fn records_wait_for_company_and_share_their_report() {
    let mut stand = stand("max-records: 3");
    let first = stand.read_changes([record(1), record(2)]);
    assert!(stand.sent().is_empty());
    let second = stand.read_changes([record(3), record(4)]);
    let sent = stand.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].topic, "shop");
    assert_eq!(count(&sent[0].value), 3);
    assert!(sent[0].value.starts_with("[{\"m\":") && sent[0].value.ends_with("}]"));
    let key = String::from_utf8(sent[0].key.clone().unwrap()).unwrap();
    assert!(key.starts_with("[{\"namespace\":\"shop\"") && key.ends_with("}]"));
    sent[0].deliver();
    assert_eq!(answers(&first), Some(vec![Success; 2]));
    assert_eq!(answers(&second), None, "one record still waits");

    stand.pipeline.close_batches();
    let rest = stand.sent();
    assert_eq!(count(&rest[0].value), 1);
    rest[0].fail(Failure::Unavailable);
    assert_eq!(answers(&second), Some(vec![Success, TemporaryError]));
}

#[test]
fn a_read_that_fills_several_batches_sends_them_in_order() {
    let mut stand = stand("max-records: 2");
    let flight = stand.read_changes([1, 2, 3, 4, 5].map(record));
    let sent = stand.sent();
    assert_eq!(
        sent.iter().map(|it| count(&it.value)).collect::<Vec<_>>(),
        [2, 2]
    );
    stand.pipeline.close_batches();
    let rest = stand.sent();
    for message in sent.iter().chain(&rest) {
        message.deliver();
    }
    assert_eq!(answers(&flight), Some(vec![Success; 5]));
}

#[test]
fn a_batch_is_closed_by_its_bytes() {
    let mut stand = stand("max-bytes: 300");
    let _flight = stand.read_changes([1, 2, 3].map(record));
    let sent = stand.sent();
    assert_eq!(sent.len(), 1, "the record that goes beyond is still in");
    assert_eq!(count(&sent[0].value), 2);
}

#[test]
fn a_batch_is_closed_by_its_age() {
    let mut stand = stand("batch-interval: 200");
    let flight = stand.read_changes([record(1)]);
    stand.clock.pass(Duration::from_millis(150));
    let later = stand.read_changes([record(2)]);
    stand.pipeline.resume();
    assert!(stand.sent().is_empty());
    let due = stand.pipeline.next_due().unwrap();
    assert_eq!(due, flight.arrived.instant + Duration::from_millis(200));
    stand.clock.pass(Duration::from_millis(50));
    stand.pipeline.resume();
    let sent = stand.sent();
    assert_eq!(count(&sent[0].value), 2);
    assert_eq!(stand.pipeline.next_due(), None);
    sent[0].deliver();
    assert_eq!(
        (answers(&flight), answers(&later)),
        (Some(vec![Success]), Some(vec![Success]))
    );
}

#[test]
fn a_batch_never_waits_until_the_reply_deadline() {
    let mut stand = Stand::new(&format!(
        "{ITEMS}batching: {{batch-interval: 8000}}\naeroduct: {{reply-deadline: 3s}}\n"
    ));
    let flight = stand.read_changes([record(1)]);
    let due = stand.pipeline.next_due().unwrap();
    assert_eq!(due, flight.arrived.instant + Duration::from_secs(2));
}

#[test]
fn batches_are_closed_when_they_hold_a_quarter_of_the_window() {
    let mut stand = stand("max-records: 1000");
    for digest in 0..24 {
        let _flight = stand.read_changes([record(digest)]);
        stand.pipeline.relieve();
        assert!(stand.sent().is_empty(), "{digest}");
    }
    let _flight = stand.read_changes([record(24)]);
    stand.pipeline.relieve();
    assert_eq!(stand.sent().len(), 1);
}

#[test]
fn a_batch_holds_records_of_one_partition() {
    let mut stand = stand("max-records: 1000");
    stand.set_partitions("shop", 4);
    let flight = stand.read(
        &(0..40)
            .map(|digest| record(digest).frame())
            .collect::<Vec<_>>(),
    );
    stand.pipeline.close_batches();
    let sent = stand.sent();
    let mut partitions: Vec<_> = sent.iter().map(|it| partition_of(it.hash, 4)).collect();
    partitions.sort_unstable();
    assert_eq!(partitions, [0, 1, 2, 3]);
    assert_eq!(sent.iter().map(|it| count(&it.value)).sum::<usize>(), 40);
    sent.iter().for_each(super::stand::Sent::deliver);
    assert_eq!(answers(&flight), Some(vec![Success; 40]));
}

#[test]
fn records_that_came_before_the_partitions_were_known_are_sorted_out() {
    let mut stand = stand("max-records: 1000, batch-interval: 200");
    stand.set_partitions("shop", 0);
    let frames: Vec<_> = (0..40).map(|digest| record(digest).frame()).collect();
    let flight = stand.read(&frames);
    stand.set_partitions("shop", 4);
    stand.clock.pass(Duration::from_millis(200));
    stand.pipeline.resume();
    let sent = stand.sent();
    assert_eq!(sent.len(), 4);
    sent.iter().for_each(super::stand::Sent::deliver);
    assert_eq!(answers(&flight), Some(vec![Success; 40]));
}

#[test]
fn a_batch_is_not_full_before_its_partition_is_known() {
    let mut stand = stand("max-records: 3");
    stand.set_partitions("shop", 0);
    let first = stand.read_changes([1, 2, 3].map(record));
    assert!(stand.sent().is_empty());
    stand.set_partitions("shop", 1);
    let last = stand.read_changes([record(4)]);
    let sent = stand.sent();
    assert_eq!(count(&sent[0].value), 3);
    sent[0].deliver();
    assert_eq!(answers(&first), Some(vec![Success; 3]));
    assert_eq!(answers(&last), None);
}

#[test]
fn a_full_batch_goes_as_soon_as_its_partition_is_known() {
    let mut stand = stand("max-records: 3");
    stand.set_partitions("shop", 0);
    let _flight = stand.read_changes([1, 2, 3].map(record));
    for _ in 0..3 {
        stand.clock.pass(Duration::from_millis(20));
        stand.pipeline.resume();
        assert!(stand.sent().is_empty(), "nobody knows the partition");
        let next = stand.pipeline.next_due().unwrap() - stand.clock.instant();
        assert!(
            next <= Duration::from_millis(20),
            "it is looked at in {next:?}"
        );
    }
    stand.set_partitions("shop", 1);
    stand.clock.pass(Duration::from_millis(20));
    stand.pipeline.resume();
    let sent = stand.sent();
    assert_eq!(count(&sent[0].value), 3);
    assert_eq!(stand.pipeline.next_due(), None);
}

#[test]
fn while_the_partitions_stay_unknown_each_record_goes_alone() {
    let mut stand = stand("max-records: 1000");
    stand.set_partitions("shop", 0);
    let _flight = stand.read_changes([1, 2, 3].map(record));
    stand.pipeline.close_batches();
    let sent = stand.sent();
    assert_eq!(
        sent.iter().map(|it| count(&it.value)).collect::<Vec<_>>(),
        [1, 1, 1]
    );
}

#[test]
fn a_batch_that_kafka_refuses_is_made_smaller_until_the_one_to_blame_is_alone() {
    let mut stand = stand("max-records: 8");
    let digests = [1, 2, 3, 4, 5, 6, 7, 8];
    let mut sizes = Vec::new();
    for _ in 0..5 {
        let flight = stand.read_changes(digests.map(record));
        stand.pipeline.close_batches();
        let sent = stand.sent();
        sizes.push(sent.iter().map(|it| count(&it.value)).max().unwrap());
        let is_alone = sizes.last() == Some(&1);
        for message in &sent {
            message.fail(Failure::TooLarge);
        }
        let expected = if is_alone {
            PermanentError
        } else {
            TemporaryError
        };
        assert_eq!(answers(&flight), Some(vec![expected; 8]), "{sizes:?}");
        if is_alone {
            return;
        }
    }
    panic!("batches did not become smaller: {sizes:?}");
}

#[test]
fn who_is_gone_is_not_in_the_batch() {
    let mut stand = stand("max-records: 1000");
    let gone = stand.read_changes([record(1)]);
    let here = stand.read_changes([record(2)]);
    gone.abandon();
    stand.pipeline.close_batches();
    let sent = stand.sent();
    assert_eq!(count(&sent[0].value), 1);
    assert_eq!(answers(&gone), Some(vec![TemporaryError]));
    sent[0].deliver();
    assert_eq!(answers(&here), Some(vec![Success]));
}

#[test]
fn a_refused_record_does_not_keep_its_neighbours_from_their_batch() {
    let items = "routing: {mode: bin, bin: t}\nformat: {mode: json}\nbatching: {max-records: 2}\n";
    let mut stand = Stand::new(items);
    let with_topic = |digest| Change {
        digest,
        bins: &[("t", 7)],
        ..Change::default()
    };
    let flight = stand.read_changes([with_topic(1), record(2), with_topic(3)]);
    let sent = stand.sent();
    assert_eq!(
        (sent.len(), sent[0].topic.as_str(), count(&sent[0].value)),
        (1, "7", 2)
    );
    sent[0].deliver();
    assert_eq!(
        answers(&flight),
        Some(vec![Success, PermanentError, Success])
    );
}

#[test]
fn the_window_is_free_again_when_all_is_answered() {
    let mut stand = stand("max-records: 2");
    let flight = stand.read_changes([record(1), record(2)]);
    stand.sent().iter().for_each(super::stand::Sent::deliver);
    assert_eq!(answers(&flight), Some(vec![Success; 2]));
    drop(flight);
    assert_eq!(
        stand.shared.window.in_flight(),
        super::super::Load::default()
    );
}

#[test]
fn records_that_go_alone_hold_no_more_memory_than_they_need() {
    let mut stand = stand("max-records: 1000");
    stand.set_partitions("shop", 0);
    let frames: Vec<_> = (0..90).map(|digest| record(digest).frame()).collect();
    let flight = stand.read(&frames);
    let before = stand.shared.window.in_flight().bytes;
    stand.pipeline.close_batches();
    let sent = stand.sent();
    assert_eq!(sent.len(), 90);
    let each = (stand.shared.window.in_flight().bytes - before) / sent.len();
    assert!(each <= 4 << 10, "{each} bytes each");
    drop(flight);
}

#[test]
fn batches_of_one_partition_are_told_to_be_of_one_key() {
    // Kafka's client lets a refused message not go behind a later one of its key.
    let mut stand = stand("max-records: 2");
    let _flight = stand.read_changes([1, 2, 3, 4].map(record));
    let sent = stand.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].hash, sent[1].hash);
}

#[test]
fn batches_of_different_limits_are_kept_apart() {
    let mut stand = Stand::new(
        "routing: {mode: static, destination: all}\nformat: {mode: json}\n\
         namespaces:\n  one: {batching: {max-records: 100}}\n  two: {batching: {max-records: 2}}\n",
    );
    let of = |namespace, digest| Change {
        namespace,
        digest,
        ..Change::default()
    };
    let _flight = stand.read_changes([of("one", 1), of("two", 2), of("two", 3)]);
    assert_eq!(stand.sent().len(), 1);
}

#[test]
fn a_record_to_blame_ends_up_alone_however_well_the_other_partitions_do() {
    let mut stand = stand("max-records: 8");
    stand.set_partitions("shop", 8);
    let bad = "AQEBAQEBAQEBAQEBAQEBAQEBAQE="; // the digest of record 1
    for _ in 0..40 {
        let flight = stand.read(
            &(0..99)
                .map(|digest| record(digest).frame())
                .collect::<Vec<_>>(),
        );
        stand.pipeline.close_batches();
        for message in stand.sent() {
            if message.value.contains(bad) {
                message.fail(Failure::InvalidRecord);
            } else {
                message.deliver();
            }
        }
        if answers(&flight).unwrap()[1] == PermanentError {
            return;
        }
    }
    panic!("its neighbours are refused with it for ever");
}
