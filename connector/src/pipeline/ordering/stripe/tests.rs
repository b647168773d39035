#![expect(clippy::panic, reason = "helpers of tests, too, fail by a panic")]

use super::super::{StreamId, Version};
use super::*;

const REMEMBERED_MAX: usize = 7 << 8;

/// A stripe, and what asks it for versions of record after record.
struct Asking {
    stripe: Stripe,
    hasher: DefaultHashBuilder,
    records: u32,
}

impl Asking {
    fn new() -> Self {
        Self {
            stripe: Stripe::new(0, REMEMBERED_MAX),
            hasher: DefaultHashBuilder::default(),
            records: 0,
        }
    }

    fn begin(&mut self, number: u32, update_ms: u64, now_s: u32) -> Turn {
        let mut digest = [7; 20];
        digest[4..8].copy_from_slice(&number.to_be_bytes());
        let record = RecordId::new(StreamId(0), &digest);
        let claim = Claim {
            version: Version { record, update_ms },
            remembered_s: 30,
        };
        let asker = Asker {
            hasher: &self.hasher,
            now_s,
            bell: 1,
        };
        let hash = self.hasher.hash_one(record);
        self.stripe.begin(hash, &claim, &asker)
    }

    /// A version of the next record goes.
    fn go(&mut self, now_s: u32) -> Ticket {
        self.records += 1;
        match self.begin(self.records, 100, now_s) {
            Turn::Go(ticket) => ticket,
            other => panic!("{other:?}"),
        }
    }

    fn end(&mut self, ticket: Ticket, now_s: u32) {
        self.stripe.end(ticket, true, (now_s, &self.hasher));
    }
}

#[test]
fn of_too_many_the_oldest_are_forgotten_and_the_table_does_not_grow() {
    let mut asking = Asking::new();
    let per_second = u32::try_from(REMEMBERED_MAX).unwrap() / 8;
    for now_s in 0..100 {
        for _ in 0..per_second {
            let ticket = asking.go(now_s);
            asking.end(ticket, now_s);
        }
        assert!(asking.stripe.len() <= REMEMBERED_MAX);
        let newest = asking.records;
        for number in newest.saturating_sub(2 * per_second) + 1..=newest {
            let turn = asking.begin(number, 99, now_s);
            assert_eq!(turn, Turn::Stale, "{number} of {newest} at {now_s} s");
        }
    }
    assert!(asking.stripe.known.num_buckets() <= 2 * REMEMBERED_MAX * 8 / 7);
    // All that are not there any more were forgotten before their 30 s were over, but for those that
    // would have been anyway.
    let gone = u64::from(asking.records) - asking.stripe.len() as u64;
    assert!((gone / 2..=gone).contains(&asking.stripe.forgotten()));
}

#[test]
fn what_expires_is_not_forgotten_before_its_time() {
    let mut asking = Asking::new();
    for round in 0..4 {
        for _ in 0..REMEMBERED_MAX - 1 {
            let ticket = asking.go(round * 100);
            asking.end(ticket, round * 100);
        }
        let Asking { stripe, hasher, .. } = &mut asking;
        // The rest of a table that has grown comes first, then its beginning.
        for _ in 0..2 {
            stripe.sweep(round * 100 + 31, hasher);
        }
    }
    assert_eq!((asking.stripe.len(), asking.stripe.forgotten()), (0, 0));
}

#[test]
fn what_is_on_its_way_is_not_forgotten_however_much_it_is() {
    let mut asking = Asking::new();
    let most = 3 * REMEMBERED_MAX;
    let tickets: Vec<Ticket> = (0..most).map(|_| asking.go(0)).collect();
    assert_eq!(asking.stripe.len(), most);
    assert_eq!(asking.begin(1, 99, 0), Turn::Wait);
    for ticket in tickets {
        asking.end(ticket, 0);
    }
    for _ in 0..100 {
        let ticket = asking.go(1);
        asking.end(ticket, 1);
    }
    assert!(asking.stripe.len() <= most + REMEMBERED_MAX / PATIENCE_SHARE);
    let (stripe, hasher) = (&mut asking.stripe, &asking.hasher);
    stripe.sweep(100, hasher);
    assert_eq!((stripe.len(), stripe.flying.capacity()), (0, 0));
    assert!(stripe.known.num_buckets() <= 2 * KEPT_MAX);
}
