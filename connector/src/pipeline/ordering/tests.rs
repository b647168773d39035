use super::*;
use crate::pipeline::Wake;
use std::collections::BTreeMap;

const REMEMBERED: Duration = Duration::from_secs(30);

#[derive(Default)]
struct Rung(AtomicUsize);

impl Wake for Rung {
    fn wake(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn version(order: &RecordOrder, digest: u8, update_ms: u64) -> Version {
    Version {
        record: RecordId::new(order.stream(b"ns", "topic"), &[digest; 20]),
        update_ms,
    }
}

fn order() -> (RecordOrder, Instant) {
    let origin = Instant::now();
    (RecordOrder::new(origin, &[]), origin)
}

#[test]
fn an_older_version_is_stale_once_the_newer_one_is_delivered() {
    let (order, now) = order();
    let (old, new) = (version(&order, 1, 100), version(&order, 1, 200));
    assert_eq!(order.begin(&new, REMEMBERED, now, 0), Turn::Go);
    assert_eq!(order.begin(&old, REMEMBERED, now, 1), Turn::Wait);
    order.end(&new, true);
    assert_eq!(order.begin(&old, REMEMBERED, now, 1), Turn::Stale);
    assert_eq!(
        order.begin(&new, REMEMBERED, now, 1),
        Turn::Go,
        "equal goes again"
    );
}

#[test]
fn an_older_version_goes_when_the_newer_one_was_not_delivered() {
    let (order, now) = order();
    let versions = [100, 200, 300].map(|update| version(&order, 1, update));
    assert_eq!(order.begin(&versions[1], REMEMBERED, now, 0), Turn::Go);
    order.end(&versions[1], true);
    assert_eq!(order.begin(&versions[2], REMEMBERED, now, 0), Turn::Go);
    order.end(&versions[2], false);
    assert_eq!(order.begin(&versions[0], REMEMBERED, now, 0), Turn::Stale);
    assert_eq!(order.begin(&versions[1], REMEMBERED, now, 0), Turn::Go);
}

#[test]
fn records_namespaces_and_topics_do_not_meet() {
    let (order, now) = order();
    let one = version(&order, 1, 200);
    let other_record = version(&order, 2, 100);
    let other_namespace = Version {
        record: RecordId::new(order.stream(b"other", "topic"), &[1; 20]),
        update_ms: 100,
    };
    let other_topic = Version {
        record: RecordId::new(order.stream(b"ns", "other"), &[1; 20]),
        update_ms: 100,
    };
    for version in [one, other_record, other_namespace, other_topic] {
        assert_eq!(order.begin(&version, REMEMBERED, now, 0), Turn::Go);
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
    assert_eq!(order.begin(&old, REMEMBERED, now, 0), Turn::Go);
    assert_eq!(order.begin(&new, REMEMBERED, now, 1), Turn::Wait);
    assert_eq!(order.begin(&new, REMEMBERED, now, 1), Turn::Wait);
    order.end(&old, true);
    order.end(&old, true);
    let rings = rung.map(|rung| rung.0.load(Ordering::Relaxed));
    assert_eq!(rings, [0, 1]);
    assert_eq!(inboxes[1].take().unwrap().released, [old.record]);
    assert!(inboxes[1].take().is_none());
}

#[test]
fn versions_without_a_time_wait_for_each_other_and_are_never_stale() {
    let (order, now) = order();
    let (timeless, new) = (version(&order, 1, 0), version(&order, 1, 200));
    assert_eq!(order.begin(&new, REMEMBERED, now, 0), Turn::Go);
    assert_eq!(order.begin(&timeless, REMEMBERED, now, 0), Turn::Wait);
    order.end(&new, true);
    assert_eq!(order.begin(&timeless, REMEMBERED, now, 0), Turn::Go);
    order.end(&timeless, false);
    let old = version(&order, 1, 100);
    assert_eq!(order.begin(&old, REMEMBERED, now, 0), Turn::Stale);
}

#[test]
fn what_is_remembered_expires_and_is_swept_but_never_while_it_is_on_its_way() {
    let (order, now) = order();
    let (old, new) = (version(&order, 1, 100), version(&order, 1, 200));
    assert_eq!(order.begin(&new, REMEMBERED, now, 0), Turn::Go);
    let later = now + REMEMBERED + Duration::from_secs(1);
    let sweep = |from: Instant| {
        for step in 0..u32::try_from(STRIPES).unwrap() {
            order.sweep(from + SWEEP_PAUSE * step);
        }
    };
    sweep(later);
    assert_eq!(order.remembered(), 1);
    order.end(&new, true);
    assert_eq!(order.begin(&old, REMEMBERED, later, 0), Turn::Go);
    order.end(&old, true);
    sweep(later + 2 * SWEEP_PAUSE * u32::try_from(STRIPES).unwrap());
    assert_eq!(order.remembered(), 0);
}

#[test]
fn the_table_is_bounded() {
    let (order, now) = order();
    let stream = order.stream(b"ns", "topic");
    let records = u32::try_from(REMEMBERED_MAX / STRIPES).unwrap() + 1000;
    for number in 0..records {
        let mut digest = [7; 20];
        digest[4..8].copy_from_slice(&number.to_be_bytes());
        let version = Version {
            record: RecordId::new(stream, &digest),
            update_ms: 1,
        };
        let now = now + Duration::from_millis(u64::from(number));
        assert_eq!(order.begin(&version, REMEMBERED, now, 0), Turn::Go);
        order.end(&version, true);
    }
    assert!(order.remembered() <= REMEMBERED_MAX / STRIPES);
    assert!(order.remembered() > 0);
}

/// Against a model that is as plain as the rule.
#[test]
fn whatever_happens_what_is_delivered_is_in_order() {
    let (order, now) = order();
    let mut state = 1_u64;
    let mut random = move |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % below
    };
    let mut on_their_way: Vec<Version> = Vec::new();
    let mut delivered: BTreeMap<u8, u64> = BTreeMap::new();
    for _ in 0..20_000 {
        let digest = u8::try_from(random(4)).unwrap();
        let asked = version(&order, digest, 1 + random(50));
        let is_flying = on_their_way
            .iter()
            .any(|version| version.record == asked.record);
        let newest = delivered.get(&digest).copied().unwrap_or(0);
        let expected = match (is_flying, asked.update_ms < newest) {
            (true, _) => Turn::Wait,
            (false, true) => Turn::Stale,
            (false, false) => Turn::Go,
        };
        assert_eq!(order.begin(&asked, REMEMBERED, now, 0), expected);
        if expected == Turn::Go {
            on_their_way.push(asked);
        }
        if random(2) == 0 && !on_their_way.is_empty() {
            let count = u64::try_from(on_their_way.len()).unwrap();
            let place = usize::try_from(random(count)).unwrap();
            let ended = on_their_way.swap_remove(place);
            let is_delivered = random(3) > 0;
            order.end(&ended, is_delivered);
            if is_delivered {
                let digest = ended.record.digest[0];
                let before = delivered.insert(digest, ended.update_ms);
                assert!(before.unwrap_or(0) <= ended.update_ms);
            }
        }
    }
}
