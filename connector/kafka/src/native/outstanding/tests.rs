use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::*;
use crate::Parcel;
use crate::native::{Client, Role};

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
    let properties = [("bootstrap.servers", "127.0.0.1:1"), ("log_level", "0")];
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
    for (slot, hash) in (0..).zip(hashes) {
        lot.push(None, 0..5, *hash, slot).unwrap();
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
    let (mut suspects, overtaken) = batch.suspects();
    assert_eq!((suspects.len(), overtaken), (2, 1));
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
