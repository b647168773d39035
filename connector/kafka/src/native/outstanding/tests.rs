use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::*;
use crate::native::{Client, Role};
use crate::{Parcel, Piece};

#[derive(Default)]
struct Told(Arc<Mutex<Vec<(u32, Report)>>>);

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

/// A client that reaches no broker, so that it keeps what it gets.
fn lonely_client() -> Arc<Client> {
    lonely_client_with(&[])
}

fn lonely_client_with(properties: &[(&'static str, &'static str)]) -> Arc<Client> {
    let always = [("bootstrap.servers", "127.0.0.1:1"), ("log_level", "0")];
    let properties = always.iter().chain(properties).copied();
    Arc::new(Client::create(Role::Producer, properties).unwrap())
}

fn reported(index: u64) -> Reported {
    Reported {
        tag: 1 << 32 | index,
        code: ErrorCode::NONE,
    }
}

/// A batch of messages with these hashes; slots count from zero.
fn load(hashes: &[u32], told: Told) -> Outstanding<Told> {
    let mut lot = Lot::default();
    lot.begin_run(&Parcel::seal(b"value".to_vec(), told), Instant::now());
    for (slot, &hash) in (0..).zip(hashes) {
        let piece = Piece {
            value: 0..5,
            hash,
            slot,
            ..Piece::default()
        };
        lot.push(&piece).unwrap();
    }
    let mut batch = Outstanding::default();
    batch.load(
        &mut lot,
        BatchLimit {
            messages: 100,
            bytes: 10_000,
        },
    );
    batch
}

/// What a message of a test is like.
#[derive(Clone, Copy)]
enum Kind {
    Plain,
    Dressed,
    Malformed,
    Large,
}

/// A batch of messages like these; slots count from zero.
fn load_kinds(kinds: &[Kind], told: Told) -> Outstanding<Told> {
    let mut bytes = vec![b'v'; 3000];
    let extras = crate::extras::write(&mut bytes, Some(1), [("name", None)]);
    let malformed = crate::extras::write(&mut bytes, Some(1), [("name", None)]);
    bytes.pop();
    let mut lot = Lot::default();
    lot.begin_run(&Parcel::seal(bytes, told), Instant::now());
    for (slot, kind) in (0..).zip(kinds) {
        let mut piece = Piece {
            value: 0..5,
            slot,
            ..Piece::default()
        };
        match kind {
            Kind::Plain => {}
            Kind::Dressed => piece.extras = extras,
            Kind::Malformed => piece.extras = malformed,
            Kind::Large => piece.value = 0..2500,
        }
        lot.push(&piece).unwrap();
    }
    let mut batch = Outstanding::default();
    let limit = BatchLimit {
        messages: 100,
        bytes: 100_000,
    };
    batch.load(&mut lot, limit);
    batch
}

fn slots(mut lot: Lot<Told>) -> Vec<u32> {
    lot.messages_mut().iter().map(Message::slot).collect()
}

#[test]
fn a_message_that_is_refused_for_what_it_is_holds_up_no_other() {
    use Kind::{Dressed, Large, Malformed, Plain};

    let client = lonely_client_with(&[("message.max.bytes", "2000")]);
    let topic = TopicHandle::open(&client, "topic").unwrap();
    let log = Arc::default();
    let kinds = [
        Plain, Large, Dressed, Malformed, Dressed, Malformed, Plain, Large, Plain, Dressed,
    ];
    let mut batch = load_kinds(&kinds, Told(Arc::clone(&log)));
    let handed = batch.produce(&topic, 0, 1);
    drop(topic);
    drop(client);
    assert_eq!((handed.accepted, handed.refused_by), (6, None));
    assert_eq!((handed.too_large, handed.invalid), (2, 2));
    let (large, invalid) = (
        Report::Failed(Failure::TooLarge),
        Report::Failed(Failure::InvalidRecord),
    );
    let expected = [(1, large), (3, invalid), (5, invalid), (7, large)];
    assert_eq!(*log.lock().unwrap(), expected);
    assert_eq!(handed.accepted_bytes, 6 * (5 + 36) + 3 * (8 + 8 + 4));
    for index in [0, 2, 4, 6, 8, 9] {
        let verdict = Verdict::Final(Report::Delivered);
        assert!(batch.settle(&reported(index), verdict).is_some());
    }
    batch.settle_run();
    assert!(batch.returned().is_empty());
}

#[test]
fn what_is_behind_a_full_queue_is_given_back_in_its_order() {
    use Kind::{Dressed, Malformed, Plain};

    let kinds = [
        Plain, Dressed, Plain, Plain, Dressed, Malformed, Dressed, Plain,
    ];
    for room in 1..8 {
        let limit = room.to_string();
        let client = lonely_client_with(&[("queue.buffering.max.messages", String::leak(limit))]);
        let topic = TopicHandle::open(&client, "topic").unwrap();
        let mut batch = load_kinds(&kinds, Told::default());
        let handed = batch.produce(&topic, 0, 1);
        drop(topic);
        drop(client);
        // The malformed one needs no room, and is found out when its turn has come.
        let taken = if room >= 5 { room + 1 } else { room };
        assert_eq!(handed.accepted, room.min(7));
        let is_full = room < 7;
        assert_eq!(handed.refused_by, is_full.then_some(ErrorCode::QUEUE_FULL));
        let expected: Vec<u32> = (taken..8).collect();
        assert_eq!(slots(batch.returned()), expected, "room for {room}");
        assert_eq!(handed.invalid, u32::from(!expected.contains(&5)));
        batch.write_off(Report::Failed(Failure::Fatal));
    }
}

#[test]
fn a_client_that_has_failed_takes_nothing_and_says_so() {
    use Kind::{Dressed, Plain};

    for kinds in [[Dressed, Plain, Dressed], [Plain, Dressed, Plain]] {
        let client = lonely_client_with(&[("enable.idempotence", "true")]);
        let topic = TopicHandle::open(&client, "topic").unwrap();
        client.fail_for_test();
        let mut batch = load_kinds(&kinds, Told::default());
        let handed = batch.produce(&topic, 0, 1);
        assert_eq!(handed.accepted, 0);
        assert_eq!(handed.refused_by, Some(ErrorCode::FATAL));
        assert_eq!(slots(batch.returned()), [0, 1, 2]);
    }
}

#[test]
fn a_suspect_does_not_go_again_after_a_later_record_of_its_key_has_been_delivered() {
    let client = lonely_client();
    let topic = TopicHandle::open(&client, "topic").unwrap();
    let log = Arc::default();
    let mut batch = load(&[1, 1, 2, 3, 1], Told(Arc::clone(&log)));
    assert_eq!(batch.produce(&topic, 0, 1).accepted, 5);
    // Destroyed before the batch, so it reads the bytes no more.
    drop(topic);
    drop(client);
    let verdicts = [
        Verdict::Suspect,
        Verdict::Final(Report::Delivered),
        Verdict::Suspect,
        Verdict::Final(Report::Failed(Failure::TimedOut)),
        Verdict::Suspect,
    ];
    for (index, verdict) in (0..).zip(verdicts) {
        assert_eq!(batch.settle(&reported(index), verdict), Some(41));
    }
    batch.settle_run();
    assert_eq!(batch.unreported(), 0);
    log.lock().unwrap().clear();
    let Undecided {
        mut suspects,
        returned,
        overtaken,
    } = batch.undecided();
    assert_eq!((suspects.len(), returned.len(), overtaken), (2, 0, 1));
    suspects.report_all(Report::Delivered);
    let overtaken = Report::Failed(Failure::Overtaken);
    let expected = [
        (0, overtaken),
        (2, Report::Delivered),
        (4, Report::Delivered),
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[test]
fn a_returned_record_does_not_go_again_after_a_later_one_of_its_key_nor_beside_suspects() {
    let together = [
        Verdict::Returned,
        Verdict::Final(Report::Delivered),
        Verdict::Returned,
    ];
    let beside_a_suspect = [
        Verdict::Returned,
        Verdict::Suspect,
        Verdict::Final(Report::Delivered),
    ];
    for (keys, verdicts, expected) in [
        ([1, 1, 2], together, (1, 0, 1)),
        ([1, 2, 3], together, (2, 0, 0)),
        ([1, 1, 2], beside_a_suspect, (0, 2, 0)),
    ] {
        let client = lonely_client();
        let topic = TopicHandle::open(&client, "topic").unwrap();
        let mut batch = load(&keys, Told::default());
        assert_eq!(batch.produce(&topic, 0, 1).accepted, 3);
        drop(topic);
        drop(client);
        for (index, verdict) in (0..).zip(verdicts) {
            assert!(batch.settle(&reported(index), verdict).is_some());
        }
        batch.settle_run();
        let mut left = batch.undecided();
        let found = (left.returned.len(), left.suspects.len(), left.overtaken);
        assert_eq!(found, expected, "{keys:?} {verdicts:?}");
        left.returned.report_all(Report::Delivered);
        left.suspects.report_all(Report::Delivered);
    }
}

#[test]
fn a_report_counts_once_and_only_for_a_message_that_is_outstanding() {
    let client = lonely_client();
    let topic = TopicHandle::open(&client, "topic").unwrap();
    let mut batch = load(&[1, 2], Told::default());
    assert_eq!(batch.produce(&topic, 0, 1).accepted, 2);
    drop(topic);
    drop(client);
    let verdict = Verdict::Final(Report::Delivered);
    assert_eq!(batch.settle(&reported(1), verdict), Some(41));
    assert_eq!(batch.settle(&reported(1), verdict), None);
    assert_eq!(batch.settle(&reported(2), verdict), None);
    let foreign = Reported {
        tag: 2 << 32,
        code: ErrorCode::NONE,
    };
    assert_eq!(batch.settle(&foreign, verdict), None);
    assert_eq!(batch.unreported(), 1);
    assert_eq!(batch.settle(&reported(0), verdict), Some(41));
    batch.settle_run();
    batch.clear();
    assert!(batch.is_empty());
}

#[test]
fn a_batch_that_is_written_off_is_reported_and_its_bytes_stay() {
    let client = lonely_client();
    let topic = TopicHandle::open(&client, "topic").unwrap();
    let log = Arc::default();
    let mut batch = load(&[1, 2, 3], Told(Arc::clone(&log)));
    assert_eq!(batch.produce(&topic, 0, 1).accepted, 3);
    batch.settle(&reported(0), Verdict::Final(Report::Delivered));
    batch.settle(&reported(1), Verdict::Suspect);
    batch.settle_run();
    let fatal = Report::Failed(Failure::Fatal);
    assert_eq!(batch.write_off(fatal), (1, 2));
    assert_eq!(
        *log.lock().unwrap(),
        [(0, Report::Delivered), (1, fatal), (2, fatal)]
    );
    assert_eq!(Arc::strong_count(&log), 2, "the parcel is never freed");
}
