//! Every order of events between shards and report threads that ask for one record.
#![expect(clippy::unwrap_used, reason = "tests fail by a panic")]

use super::*;
use loom::thread;

fn claim(order: &RecordOrder, update_ms: u64) -> Claim {
    let record = RecordId::new(order.stream(b"ns", "topic"), &[1; 20]);
    Claim {
        version: Version { record, update_ms },
        remembered_s: 30,
    }
}

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(model);
}

#[test]
fn whoever_is_told_to_wait_is_told_when_to_ask_again() {
    check(|| {
        let (inbox, now) = (Arc::new(Inbox::default()), Instant::now());
        let order = Arc::new(RecordOrder::new(now, &[Arc::clone(&inbox)]));
        let Turn::Go(ticket) = order.begin(&claim(&order, 100), now, 0) else {
            panic!("nothing is on its way");
        };
        let reports = {
            let order = Arc::clone(&order);
            thread::spawn(move || order.end(ticket, true))
        };
        let turn = order.begin(&claim(&order, 200), now, 0);
        let early = inbox.take();
        reports.join().unwrap();
        let is_told = early.or_else(|| inbox.take()).is_some();
        assert_eq!(turn == Turn::Wait, is_told);
    });
}

#[test]
fn of_two_shards_with_versions_of_a_record_one_goes_and_the_other_hears_of_it() {
    check(|| {
        let (inboxes, now) = ([(); 2].map(|()| Arc::new(Inbox::default())), Instant::now());
        let order = Arc::new(RecordOrder::new(now, &inboxes));
        let other = {
            let order = Arc::clone(&order);
            thread::spawn(move || send(&order, 100, now, 1))
        };
        let turns = [send(&order, 200, now, 0), other.join().unwrap()];
        assert_ne!(turns, [Turn::Wait; 2]);
        for (inbox, turn) in inboxes.iter().zip(turns) {
            assert_eq!(inbox.take().is_some(), turn == Turn::Wait);
        }
    });
}

/// A version that is in Kafka as soon as it goes.
fn send(order: &RecordOrder, update_ms: u64, now: Instant, shard: usize) -> Turn {
    let turn = order.begin(&claim(order, update_ms), now, shard);
    if let Turn::Go(ticket) = turn {
        order.end(ticket, true);
    }
    turn
}
