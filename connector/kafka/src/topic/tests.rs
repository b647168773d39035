use std::sync::Mutex as StdMutex;

use super::*;
use crate::Settings;
use crate::fleet::Fleet;
use crate::native::{BatchLimit, partition_of};
use crate::publisher::{Piece, Publisher};

type Log = Arc<StdMutex<Vec<(u32, Report)>>>;

struct Told(Log);

impl Recipient for Told {
    fn report(&self, slot: u32, report: Report) {
        self.0.lock().unwrap().push((slot, report));
    }

    fn settle(&self, _count: u32) {}

    fn is_abandoned(&self) -> bool {
        false
    }

    fn reclaim(&self, _bytes: Vec<u8>) {}
}

/// A producer's inside without a client: whatever is shipped waits.
fn without_client() -> (Arc<Shared<Told>>, Publisher<Told>) {
    let limit = BatchLimit {
        messages: 10,
        bytes: 1000,
    };
    let shared = Shared::new(Settings::new(Vec::new()), Fleet::new(Vec::new()), limit);
    let publisher = Publisher::new(Arc::clone(&shared));
    (shared, publisher)
}

/// Ships records with these hashes, which are their slots, too.
fn ship(publisher: &mut Publisher<Told>, hashes: std::ops::Range<u32>) -> Log {
    let log = Log::default();
    let topic = publisher.topic("topic").unwrap();
    for hash in hashes {
        let piece = Piece {
            value: 0..1,
            hash,
            slot: hash,
            ..Piece::default()
        };
        publisher.add(topic, piece);
    }
    publisher.ship(Parcel::seal(vec![0], Told(Arc::clone(&log))));
    log
}

/// How many records wait in each partition.
fn waiting(topic: &Topic<Told>) -> Vec<u64> {
    topic
        .partitions()
        .iter()
        .map(|partition| partition.waiting().messages)
        .collect()
}

fn share(hashes: std::ops::Range<u32>, partition: usize, partitions: usize) -> u64 {
    hashes
        .filter(|&hash| partition_of(hash, partitions) == partition)
        .count() as u64
}

#[test]
fn records_wait_for_the_number_of_partitions_and_go_where_their_hashes_say() {
    let (shared, mut publisher) = without_client();
    ship(&mut publisher, 0..100);
    let topic = shared.topic("topic").unwrap();
    assert_eq!(topic.pending().messages, 100);
    topic.learn(&shared, 3);
    assert_eq!(topic.pending().messages, 0);
    assert_eq!(waiting(&topic), [34, 33, 33]);
    ship(&mut publisher, 100..103);
    assert_eq!(waiting(&topic), [35, 34, 34]);
}

#[test]
fn a_publisher_tells_the_number_of_partitions_as_soon_as_it_is_known() {
    let (shared, mut publisher) = without_client();
    let index = publisher.topic("topic").unwrap();
    let topic = shared.topic("topic").unwrap();
    assert_eq!(publisher.partitions(index), None);
    for count in [3, 5, 2] {
        topic.learn(&shared, count);
        assert_eq!(publisher.partitions(index), Some(count));
        ship(&mut publisher, 0..30);
        for (partition, &waiting) in waiting(&topic).iter().enumerate() {
            assert!(waiting >= share(0..30, partition, count));
        }
    }
}

#[test]
fn the_number_of_partitions_is_asked_for_unless_the_topic_refuses_records() {
    let (shared, mut publisher) = without_client();
    let index = publisher.topic("topic").unwrap();
    let topic = shared.topic("topic").unwrap();
    // As the metadata thread does when it turns to the topic.
    topic.note_answer();
    assert_eq!(publisher.partitions(index), None);
    assert!(!topic.note_question(), "asked already");

    topic.note_answer();
    assert!(topic.refuse(&shared, Failure::Unauthorized, Instant::now()));
    assert_eq!(publisher.partitions(index), None);
    assert!(topic.note_question(), "not asked by then");
}

#[test]
fn a_topic_that_grows_keeps_what_waits_and_uses_its_new_partitions() {
    let (shared, mut publisher) = without_client();
    let topic = shared.topic("topic").unwrap();
    topic.learn(&shared, 2);
    ship(&mut publisher, 0..10);
    topic.learn(&shared, 4);
    ship(&mut publisher, 10..18);
    assert_eq!(waiting(&topic), [7, 7, 2, 2]);
}

#[test]
fn a_topic_that_shrinks_moves_what_waits_for_partitions_that_are_gone() {
    let (shared, mut publisher) = without_client();
    let topic = shared.topic("topic").unwrap();
    topic.learn(&shared, 4);
    ship(&mut publisher, 0..40);
    topic.learn(&shared, 2);
    // Partitions 0 and 1 keep what they have, and get what 2 and 3 had.
    let expected: Vec<u64> = (0..2).map(|partition| share(0..40, partition, 2)).collect();
    assert_eq!(waiting(&topic), expected);
    ship(&mut publisher, 40..42);
    assert_eq!(waiting(&topic), [21, 21]);
}

#[test]
fn a_topic_just_seen_for_the_first_time_may_be_unknown_for_a_moment() {
    let (shared, mut publisher) = without_client();
    let log = ship(&mut publisher, 0..2);
    let topic = shared.topic("topic").unwrap();
    let now = Instant::now();
    assert!(
        !topic.refuse(&shared, Failure::UnknownTopic, now),
        "asked again"
    );
    assert_eq!(*log.lock().unwrap(), []);
    assert!(topic.refuse(&shared, Failure::UnknownTopic, now + CREATION_GRACE));
    let unknown = Report::Failed(Failure::UnknownTopic);
    assert_eq!(*log.lock().unwrap(), [(0, unknown), (1, unknown)]);
    assert_eq!(
        topic.snapshot().breaker,
        crate::BreakerState::Open(Failure::UnknownTopic)
    );
}

#[test]
fn a_closed_producer_reports_what_waits_and_takes_nothing() {
    let (shared, mut publisher) = without_client();
    let pending = ship(&mut publisher, 0..3);
    shared.topic("other").unwrap().learn(&shared, 1);
    shared.close();
    let late = ship(&mut publisher, 3..5);
    let report = Report::Failed(Failure::ShuttingDown);
    assert_eq!(
        *pending.lock().unwrap(),
        [(0, report), (1, report), (2, report)]
    );
    assert_eq!(*late.lock().unwrap(), [(3, report), (4, report)]);
    shared.topic("topic").unwrap().learn(&shared, 2);
    assert_eq!(shared.topic("topic").unwrap().partition_count(), 0);
}
