//! A load whose records are numbered by key, so that loss, repetition and disorder show.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::rig::{Rig, Sheet, eventually, text};

const KEYS: u32 = 24;

/// How many rounds may be under way.
const WINDOW: usize = 40;

/// Rounds of one record for each key, a parcel a round.
pub(crate) struct Rounds<'t> {
    topic: &'t str,
    shipped: u32,
    under_way: VecDeque<Arc<Sheet>>,
    delivered: Vec<Arc<Sheet>>,
}

impl<'t> Rounds<'t> {
    pub(crate) fn to(topic: &'t str) -> Self {
        Self {
            topic,
            shipped: 0,
            under_way: VecDeque::new(),
            delivered: Vec::new(),
        }
    }

    /// Ships that many rounds, each as soon as not too many are under way.
    pub(crate) fn ship(&mut self, rig: &mut Rig, rounds: u32) {
        for _ in 0..rounds {
            while self.under_way.len() >= WINDOW {
                self.settle_first();
            }
            self.ship_one(rig);
        }
    }

    fn ship_one(&mut self, rig: &mut Rig) {
        let keys: Vec<String> = (0..KEYS).map(|key| key.to_string()).collect();
        let value = self.shipped.to_string();
        let records: Vec<_> = keys.iter().map(|key| (key.as_str(), &*value)).collect();
        self.under_way.push_back(rig.ship(self.topic, &records));
        self.shipped += 1;
    }

    /// Waits until everything is delivered and no memory is held any more.
    pub(crate) fn settle(&mut self) {
        while !self.under_way.is_empty() {
            self.settle_first();
        }
        eventually("every buffer comes back", || {
            self.delivered.iter().all(|sheet| sheet.is_reclaimed())
        });
        self.delivered.clear();
    }

    fn settle_first(&mut self) {
        if let Some(sheet) = self.under_way.pop_front() {
            sheet.assert_delivered(KEYS);
            self.delivered.push(sheet);
        }
    }

    pub(crate) fn assert_each_is_there_once_and_in_order(&self, rig: &Rig) {
        let expected: Vec<u32> = (0..self.shipped).collect();
        for (key, found) in self.found(rig) {
            assert_eq!(found, expected, "key {key} of {}", self.topic);
        }
    }

    /// Where connections are cut, a record may be stored although no answer comes. A broker knows
    /// it again by its sequence number, the mock cluster does not.
    pub(crate) fn assert_each_is_there_in_order_but_for_repetitions(&self, rig: &Rig) {
        let expected: Vec<u32> = (0..self.shipped).collect();
        for (key, found) in self.found(rig) {
            let mut first = Vec::new();
            for &round in &found {
                if !first.contains(&round) {
                    first.push(round);
                }
            }
            assert_eq!(first, expected, "key {key} of {}", self.topic);
            assert_eq!(found.last(), expected.last(), "an older one lies last");
        }
    }

    /// The rounds of each key, as Kafka has them.
    fn found(&self, rig: &Rig) -> HashMap<String, Vec<u32>> {
        let mut rounds: HashMap<_, Vec<u32>> = HashMap::new();
        for record in rig.read_all(self.topic) {
            let round = text(record.value.as_ref()).parse().unwrap();
            let key = text(record.key.as_ref()).to_owned();
            rounds.entry(key).or_default().push(round);
        }
        assert_eq!(rounds.len(), KEYS as usize, "keys in {}", self.topic);
        rounds
    }
}
