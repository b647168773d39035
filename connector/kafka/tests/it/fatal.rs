//! Clients that fail for good and are replaced.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::time::{Duration, Instant};

use aeroduct_kafka::{Failure, Report};

use crate::rig::{Rig, eventually, repetitions, text};

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) as u32 % limit
    }
}

/// Ships parcels and lets the client fail somewhere among them. Returns what was reported of each
/// number, and how long the next client was awaited.
fn fail_among_parcels(
    rig: &mut Rig,
    dice: &mut Dice,
    numbers: Range<u32>,
) -> (Vec<(u32, Report)>, Duration) {
    let clients = rig.producer.snapshot().clients_created;
    let fatal_at = numbers.start + dice.below(numbers.end - numbers.start);
    let mut shipped = Vec::new();
    let mut failed = Instant::now();
    for number in numbers {
        if number == fatal_at {
            std::thread::sleep(Duration::from_micros(dice.below(5000).into()));
            assert!(rig.producer.fail_for_test());
            failed = Instant::now();
        }
        let key = ["a", "b", "c", "d", "e"][number as usize % 5];
        let sheet = rig.ship("phoenix", &[(key, &number.to_string())]);
        shipped.push((number, sheet));
    }
    eventually("the client is replaced", || {
        rig.producer.snapshot().clients_created > clients
    });
    let awaited = failed.elapsed();
    let reports = shipped
        .iter()
        .map(|(number, sheet)| (*number, sheet.reports(1)[0]));
    (reports.collect(), awaited)
}

/// For a soak: `REPEAT=1000`.
#[test]
fn a_fatal_error_at_any_moment_replaces_the_client_soon_and_without_a_wrong_word() {
    let rounds = repetitions(20);
    let mut rig = Rig::start();
    rig.cluster.create_topic("phoenix", 2).unwrap();
    rig.warm_up("phoenix");
    let mut dice = Dice(8);
    let mut delivered = HashSet::new();
    let mut pauses = Vec::new();
    for round in 0..rounds {
        let round_trip = Duration::from_millis(dice.below(4).into());
        rig.cluster.set_round_trip(round_trip).unwrap();
        let numbers = round * 30..(round + 1) * 30;
        let (reports, awaited) = fail_among_parcels(&mut rig, &mut dice, numbers);
        pauses.push(awaited);
        for (number, report) in reports {
            match report {
                Report::Delivered => assert!(delivered.insert(number)),
                Report::Failed(failure) => assert_eq!(failure, Failure::Fatal),
            }
        }
    }
    let longest = pauses.iter().max().unwrap();
    assert!(
        *longest < Duration::from_secs(1),
        "replaced after {longest:?}"
    );
    let snapshot = rig.producer.snapshot();
    assert_eq!(snapshot.fatal_errors, u64::from(rounds));
    eventually("old clients are closed", || {
        rig.producer.snapshot().clients_closed == u64::from(rounds)
    });
    // What was called delivered is there. What was not may be there, too, but in its place.
    let mut last: HashMap<Vec<u8>, u32> = HashMap::new();
    for record in rig.read_all("phoenix") {
        if let Ok(number) = text(record.value.as_ref()).parse() {
            delivered.remove(&number);
            let before = last.insert(record.key.unwrap(), number);
            assert!(before < Some(number), "{number} after {before:?}");
        }
    }
    assert!(delivered.is_empty(), "not there: {delivered:?}");
}

#[test]
fn after_a_fatal_error_records_that_waited_go_with_the_next_client_in_order() {
    let mut rig = Rig::start_far_away("heirs");
    let first = rig.ship("heirs", &[("k", "0")]);
    let waiting: Vec<_> = (1..20)
        .map(|n: u32| rig.ship("heirs", &[("k", &n.to_string())]))
        .collect();
    assert!(rig.producer.fail_for_test());
    for sheet in waiting {
        sheet.assert_delivered(1);
    }
    assert!(matches!(
        first.reports(1)[0],
        Report::Delivered | Report::Failed(Failure::Fatal)
    ));
    let snapshot = rig.producer.snapshot();
    assert_eq!(snapshot.fatal_errors, 1);
}
