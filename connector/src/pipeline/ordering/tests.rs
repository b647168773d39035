#![expect(clippy::panic, reason = "helpers of tests, too, fail by a panic")]

use super::*;
use crate::pipeline::Wake;
use std::collections::BTreeMap;
use std::time::Duration;

const REMEMBERED_S: u32 = 30;

#[derive(Default)]
struct Rung(AtomicUsize);

impl Wake for Rung {
    fn wake(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn version(order: &RecordOrder, digest: u8, update_ms: u64) -> Claim {
    claim(order.stream(b"ns", "topic"), &[digest; 20], update_ms)
}

fn claim(stream: StreamId, digest: &[u8; 20], update_ms: u64) -> Claim {
    Claim {
        version: Version {
            record: RecordId::new(stream, digest),
            update_ms,
        },
        remembered_s: REMEMBERED_S,
    }
}

/// The ticket of a version that must go.
fn go(order: &RecordOrder, claim: &Claim, now: Instant) -> Ticket {
    match order.begin(claim, now, 0) {
        Turn::Go(ticket) => ticket,
        other => panic!("{claim:?}: {other:?}"),
    }
}

fn order() -> (RecordOrder, Instant) {
    let origin = Instant::now();
    (RecordOrder::new(origin, &[]), origin)
}

/// Looks through a window of each stripe.
fn sweep(order: &RecordOrder, now: Instant) {
    for _ in 0..order.stripes.len() {
        order.sweep(now);
    }
}

#[test]
fn an_older_version_is_stale_once_the_newer_one_is_delivered() {
    let (order, now) = order();
    let (old, new) = (version(&order, 1, 100), version(&order, 1, 200));
    let ticket = go(&order, &new, now);
    assert_eq!(order.begin(&old, now, 1), Turn::Wait);
    order.end(ticket, true);
    assert_eq!(order.begin(&old, now, 1), Turn::Stale);
    order.end(go(&order, &new, now), true);
}

#[test]
fn an_older_version_goes_when_the_newer_one_was_not_delivered() {
    let (order, now) = order();
    let versions = [100, 200, 300].map(|update| version(&order, 1, update));
    order.end(go(&order, &versions[1], now), true);
    order.end(go(&order, &versions[2], now), false);
    assert_eq!(order.begin(&versions[0], now, 0), Turn::Stale);
    order.end(go(&order, &versions[1], now), true);
}

#[test]
fn records_namespaces_and_topics_do_not_meet() {
    let (order, now) = order();
    let claims = [
        version(&order, 1, 200),
        version(&order, 2, 100),
        claim(order.stream(b"other", "topic"), &[1; 20], 100),
        claim(order.stream(b"ns", "other"), &[1; 20], 100),
    ];
    let tickets = claims.map(|claim| go(&order, &claim, now));
    for ticket in tickets {
        order.end(ticket, true);
    }
}

#[test]
fn whoever_waits_is_told_once_of_the_end() {
    let rung = [Arc::new(Rung::default()), Arc::new(Rung::default())];
    let inboxes = rung.clone().map(|rung| {
        let inbox = Arc::new(Inbox::default());
        inbox.wake_through(rung as Arc<dyn Wake>);
        inbox
    });
    let now = Instant::now();
    let order = RecordOrder::new(now, &inboxes);
    let (old, new) = (version(&order, 1, 100), version(&order, 1, 200));
    let ticket = go(&order, &old, now);
    assert_eq!(order.begin(&new, now, 1), Turn::Wait);
    assert_eq!(order.begin(&new, now, 1), Turn::Wait);
    order.end(ticket, true);
    let rings = rung.map(|rung| rung.0.load(Ordering::Relaxed));
    assert_eq!(rings, [0, 1]);
    assert_eq!(inboxes[1].take().unwrap().released, [old.version.record]);
    assert!(inboxes[1].take().is_none());
}

#[test]
fn versions_without_a_time_wait_for_each_other_and_are_never_stale() {
    let (order, now) = order();
    let (timeless, new) = (version(&order, 1, 0), version(&order, 1, 200));
    let ticket = go(&order, &new, now);
    assert_eq!(order.begin(&timeless, now, 0), Turn::Wait);
    order.end(ticket, true);
    order.end(go(&order, &timeless, now), false);
    let old = version(&order, 1, 100);
    assert_eq!(order.begin(&old, now, 0), Turn::Stale);
}

#[test]
fn of_a_version_without_a_time_nothing_is_remembered() {
    let (order, now) = order();
    let timeless = version(&order, 1, 0);
    let ticket = go(&order, &timeless, now);
    assert_eq!(order.begin(&timeless, now, 0), Turn::Wait);
    order.end(ticket, true);
    order.end(go(&order, &version(&order, 1, 1), now), false);
    sweep(&order, now);
    assert_eq!(order.remembered(), 0);
}

// covers: record-ordering.lut-cache-ttl-seconds
#[test]
fn what_is_remembered_expires_and_is_swept_but_never_while_it_is_on_its_way() {
    let (order, now) = order();
    let (old, new) = (version(&order, 1, 100), version(&order, 1, 200));
    let ticket = go(&order, &new, now);
    let long = Duration::from_secs(u64::from(REMEMBERED_S) + 1);
    let later = now + long;
    sweep(&order, later);
    assert_eq!(order.remembered(), 1);
    order.end(ticket, true);
    let still = order.begin(&old, later, 0);
    assert_eq!(still, Turn::Stale, "its time began when it was delivered");
    let later = later + long;
    order.end(go(&order, &old, later), true);
    sweep(&order, later + long);
    assert_eq!(order.remembered(), 0);
}

#[test]
fn the_table_is_bounded_and_a_large_one_is_swept_as_well() {
    let (order, now) = order();
    let stream = order.stream(b"ns", "topic");
    let record = |number: u32| {
        let mut digest = [7; 20];
        digest[4..8].copy_from_slice(&number.to_be_bytes());
        claim(stream, &digest, 1)
    };
    let first = order.hasher.hash_one(record(0).version.record);
    let is_in_the_same_stripe = |claim: &Claim| {
        let hash = order.hasher.hash_one(claim.version.record);
        order.stripe_of(hash) == order.stripe_of(first)
    };
    let records = (0..).map(record).filter(is_in_the_same_stripe);
    let most = REMEMBERED_MAX / order.stripes.len();
    for (number, claim) in (0..).zip(records.take(most + 1000)) {
        let now = now + Duration::from_micros(number * 100);
        order.end(go(&order, &claim, now), true);
    }
    assert!(order.remembered() <= most);
    assert!(order.remembered() > most / 2);
    let later = now + Duration::from_hours(1);
    for _ in 0..10 {
        sweep(&order, later);
    }
    assert_eq!(order.remembered(), 0);
}

#[test]
fn versions_that_ask_together_get_the_turns_of_those_that_ask_one_after_the_other() {
    let mut random = random();
    let (together, now) = order();
    let (apart, _) = order();
    let mut round = Round::default();
    for _ in 0..2_000 {
        let versions = (0..random(12)).map(|_| {
            let digest = u8::try_from(random(20)).unwrap();
            version(&together, digest, random(5))
        });
        let claims: Vec<Claim> = versions.collect();
        let turns = together.begin_all(&claims, now, 0, &mut round);
        let mut on_their_way = Vec::new();
        for (claim, turn) in claims.iter().zip(turns) {
            match (*turn, apart.begin(claim, now, 0)) {
                (Turn::Go(one), Turn::Go(other)) => on_their_way.push((one, other)),
                (Turn::Stale, Turn::Stale) | (Turn::Wait, Turn::Wait) => {}
                differ => panic!("{claim:?}: {differ:?}"),
            }
        }
        for (one, other) in on_their_way {
            let is_delivered = random(3) > 0;
            together.end(one, is_delivered);
            apart.end(other, is_delivered);
        }
    }
}

#[test]
fn a_ticket_is_a_number_other_than_0() {
    let tickets = [(0, 0), (255, 0), (0, 77), (63, u32::MAX as usize)];
    for ticket in tickets.map(|(stripe, place)| Ticket::new(stripe, place)) {
        assert_ne!(ticket.to_number(), 0);
        assert_eq!(Ticket::from_number(ticket.to_number()), Some(ticket));
    }
    assert_eq!(Ticket::from_number(0), None);
}

/// Against a model that is as plain as the rule.
#[test]
fn whatever_happens_what_is_delivered_is_in_order() {
    let (order, now) = order();
    let mut random = random();
    let mut on_their_way: Vec<(Claim, Ticket)> = Vec::new();
    let mut delivered: BTreeMap<u8, u64> = BTreeMap::new();
    for _ in 0..20_000 {
        let digest = u8::try_from(random(4)).unwrap();
        let asked = version(&order, digest, 1 + random(50));
        let is_flying = on_their_way
            .iter()
            .any(|(claim, _)| claim.version.record == asked.version.record);
        let newest = delivered.get(&digest).copied().unwrap_or(0);
        let is_stale = asked.version.update_ms < newest;
        match order.begin(&asked, now, 0) {
            Turn::Go(ticket) => {
                assert!(!is_flying && !is_stale);
                on_their_way.push((asked, ticket));
            }
            Turn::Wait => assert!(is_flying),
            Turn::Stale => assert!(!is_flying && is_stale),
        }
        if random(2) == 0 && !on_their_way.is_empty() {
            let count = u64::try_from(on_their_way.len()).unwrap();
            let place = usize::try_from(random(count)).unwrap();
            let (Claim { version, .. }, ticket) = on_their_way.swap_remove(place);
            let is_delivered = random(3) > 0;
            order.end(ticket, is_delivered);
            if is_delivered {
                let before = delivered.insert(version.record.digest[0], version.update_ms);
                assert!(before.unwrap_or(0) <= version.update_ms);
            }
        }
    }
}

/// Numbers below the one that is given, the same in each run.
fn random() -> impl FnMut(u64) -> u64 {
    let mut state = 1_u64;
    move |below| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    }
}
