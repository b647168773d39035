use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::Failure;

/// Remembers slots, and how they were settled.
#[derive(Default)]
struct Told(Arc<Memory>);

#[derive(Default)]
struct Memory {
    slots: Mutex<Vec<u32>>,
    settled: Mutex<Vec<u32>>,
    abandoned: AtomicBool,
}

impl Recipient for Told {
    fn report(&self, slot: u32, _report: Report) {
        self.0.slots.lock().unwrap().push(slot);
    }

    fn settle(&self, count: u32) {
        self.0.settled.lock().unwrap().push(count);
    }

    fn is_abandoned(&self) -> bool {
        self.0.abandoned.load(Ordering::Relaxed)
    }

    fn reclaim(&self, _bytes: Vec<u8>) {}
}

const ABANDONED: Report = Report::Failed(Failure::Abandoned);
const NO_LIMIT: BatchLimit = BatchLimit {
    messages: usize::MAX,
    bytes: usize::MAX,
};

/// Its hash is its slot.
fn piece(value: Range<u32>, slot: u32) -> Piece {
    Piece {
        value,
        hash: slot,
        slot,
        ..Piece::default()
    }
}

/// Adds messages with these slots (and hashes) of one parcel; each takes 4 + 36 bytes.
fn add(lot: &mut Lot<Told>, slots: Range<u32>) -> Arc<Memory> {
    let memory = Arc::new(Memory::default());
    let parcel = Parcel::seal(b"value".to_vec(), Told(Arc::clone(&memory)));
    lot.begin_run(&parcel, Instant::now());
    for slot in slots {
        lot.push(&piece(0..4, slot)).unwrap();
    }
    lot.end_run();
    memory
}

fn slots(lot: &Lot<Told>) -> Vec<u32> {
    lot.live().iter().map(Message::slot).collect()
}

fn batch_of(lot: &mut Lot<Told>, messages: usize, bytes: usize) -> Lot<Told> {
    let mut batch = Lot::default();
    lot.take_batch(BatchLimit { messages, bytes }, &mut batch);
    batch
}

#[test]
fn batches_are_cut_in_order_and_the_parcels_stay_with_their_messages() {
    let mut lot = Lot::default();
    let memories = [
        add(&mut lot, 0..3),
        add(&mut lot, 3..7),
        add(&mut lot, 7..10),
    ];
    assert_eq!((lot.len(), lot.bytes()), (10, 400));
    let mut batches = [
        batch_of(&mut lot, 5, 10_000),
        batch_of(&mut lot, 9, 3 * 40),
        lot,
    ];
    assert_eq!(slots(&batches[0]), [0, 1, 2, 3, 4]);
    assert_eq!(slots(&batches[1]), [5, 6, 7]);
    assert_eq!(slots(&batches[2]), [8, 9]);
    assert_eq!(batches.iter().map(Lot::bytes).sum::<usize>(), 400);
    for batch in &mut batches {
        batch.report_all(Report::Delivered);
    }
    let told = memories.map(|it| {
        (
            it.slots.lock().unwrap().clone(),
            it.settled.lock().unwrap().clone(),
        )
    });
    let expected = [
        (vec![0, 1, 2], vec![3]),
        (vec![3, 4, 5, 6], vec![2, 2]),
        (vec![7, 8, 9], vec![1, 2]),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_message_larger_than_the_limit_goes_alone() {
    let mut lot = Lot::default();
    add(&mut lot, 0..2);
    assert_eq!(slots(&batch_of(&mut lot, 10, 39)), [0]);
    assert_eq!(slots(&batch_of(&mut lot, 10, 39)), [1]);
    assert!(lot.is_empty() && lot.oldest().is_none());
}

#[test]
fn a_lot_goes_on_after_it_was_taken_as_a_whole() {
    let mut lot = Lot::default();
    add(&mut lot, 0..3);
    assert_eq!(slots(&batch_of(&mut lot, 10, 1000)), [0, 1, 2]);
    add(&mut lot, 3..5);
    add(&mut lot, 5..6);
    assert_eq!(slots(&batch_of(&mut lot, 1, 1000)), [3]);
    add(&mut lot, 6..7);
    assert_eq!(slots(&batch_of(&mut lot, 10, 1000)), [4, 5, 6]);
    assert_eq!(lot.bytes(), 0);
}

#[test]
fn lots_are_joined_and_scattered_in_order() {
    let mut front = Lot::default();
    add(&mut front, 0..4);
    let mut back = Lot::default();
    add(&mut back, 4..9);
    front.append(&mut back);
    assert!(back.is_empty());
    assert_eq!(slots(&front), (0..9).collect::<Vec<_>>());
    let lots = front.scatter(2);
    assert_eq!(slots(&lots[0]), [0, 2, 4, 6, 8]);
    assert_eq!(slots(&lots[1]), [1, 3, 5, 7]);
    assert_eq!((front.len(), front.bytes()), (0, 0));
    assert_eq!(lots[0].bytes() + lots[1].bytes(), 9 * 40);
}

#[test]
fn messages_that_nobody_waits_for_are_dropped_wherever_they_are() {
    let mut lot = Lot::default();
    let memories = [
        add(&mut lot, 0..3),
        add(&mut lot, 3..5),
        add(&mut lot, 5..8),
    ];
    memories[1].abandoned.store(true, Ordering::Relaxed);
    assert_eq!(
        lot.drop_abandoned_front(ABANDONED),
        0,
        "the first parcel is waited for"
    );
    assert_eq!(lot.drop_abandoned(ABANDONED), 2);
    assert_eq!(slots(&lot), [0, 1, 2, 5, 6, 7]);
    memories[0].abandoned.store(true, Ordering::Relaxed);
    assert_eq!(lot.drop_abandoned_front(ABANDONED), 3);
    assert_eq!(slots(&lot), [5, 6, 7]);
    assert_eq!(lot.bytes(), 3 * 40);
    assert_eq!(*memories[0].settled.lock().unwrap(), [3]);
    assert_eq!(*memories[1].slots.lock().unwrap(), [3, 4]);
    assert_eq!(slots(&batch_of(&mut lot, 2, NO_LIMIT.bytes)), [5, 6]);
}

#[test]
fn a_run_without_messages_holds_no_parcel() {
    let mut lot = Lot::default();
    let parcel = Parcel::seal(Vec::new(), Told::default());
    lot.begin_run(&parcel, Instant::now());
    assert_eq!(lot.push(&piece(0..1, 0)), Err(OutOfRange));
    lot.end_run();
    assert_eq!(Arc::strong_count(&parcel), 1);
}

#[test]
fn java_makes_hashes_positive_by_dropping_the_sign() {
    assert_eq!(partition_of(0xffff_ffff, 10), 7);
    assert_eq!(partition_of(0x8000_0000, 10), 0);
    assert_eq!(partition_of(12, 10), 2);
    assert_eq!(partition_of(12, 0), 0);
}
