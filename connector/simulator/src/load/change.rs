//! Which change comes next: a pure function of the plan and the change's number.
//!
//! Nothing is remembered between two changes, so a record can be made again for a retry, and two
//! runs of one plan send the same records.

use super::plan::{LoadPlan, Percent};

/// Changes are numbered over all connections: connection `c` of `n` makes the numbers
/// `first + c`, `first + c + n`, `first + c + 2n`, and so on.
#[derive(Clone, Debug)]
pub(super) struct Changes {
    seed: u64,
    connection: u64,
    connections: u64,
    first_sequence: u64,
    deletes: Percent,
    malformed: Percent,
    lanes: u64,
    keys: Option<KeySpace>,
}

/// One change to make.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Change {
    /// The number that a consumer finds in the record.
    pub(super) sequence: u64,
    /// The number in the user key.
    pub(super) key: u64,
    /// The key's place in this connection's table of digests, where there is one.
    pub(super) slot: Option<usize>,
    /// Which (namespace, set) the key lives in.
    pub(super) lane: u64,
    pub(super) kind: Kind,
    pub(super) generation: u16,
    /// Chooses among the prepared values.
    pub(super) random: u64,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Write,
    Delete,
    Malformed,
}

impl Changes {
    pub(super) fn new(plan: &LoadPlan, connection: u32) -> Self {
        let (connection, connections) = (u64::from(connection), u64::from(plan.connections));
        let lanes = plan.namespaces.len().saturating_mul(plan.sets.len()).max(1);
        let keys = (plan.keys > 0)
            .then(|| KeySpace::new((plan.keys - connection).div_ceil(connections), plan.seed));
        Self {
            seed: plan.seed,
            connection,
            connections,
            first_sequence: plan.first_sequence,
            deletes: plan.deletes,
            malformed: plan.malformed,
            lanes: lanes as u64,
            keys,
        }
    }

    /// How many keys this connection has, where keys come again.
    pub(super) fn keys(&self) -> Option<u64> {
        self.keys.as_ref().map(|keys| keys.len)
    }

    /// The number of this connection's change `index`.
    pub(super) fn sequence(&self, index: u64) -> u64 {
        self.first_sequence.wrapping_add(self.offset(index))
    }

    /// The change's place in the whole run, from 0.
    pub(super) fn offset(&self, index: u64) -> u64 {
        index
            .wrapping_mul(self.connections)
            .wrapping_add(self.connection)
    }

    /// How many of the first `count` changes of the run are this connection's.
    pub(super) fn share(&self, count: u64) -> u64 {
        count
            .saturating_sub(self.connection)
            .div_ceil(self.connections)
    }

    /// This connection's change `index`.
    pub(super) fn change(&self, index: u64) -> Change {
        let sequence = self.sequence(index);
        let random = mix(self.seed ^ mix(sequence));
        let (slot, key, generation) = match &self.keys {
            Some(keys) => {
                let (place, key, generation) = keys.pick(index);
                let key = key
                    .wrapping_mul(self.connections)
                    .wrapping_add(self.connection);
                (usize::try_from(place).ok(), key, generation)
            }
            None => (None, sequence, 1),
        };
        Change {
            sequence,
            key,
            slot,
            lane: key % self.lanes,
            kind: self.kind(random),
            generation,
            random,
        }
    }

    fn kind(&self, random: u64) -> Kind {
        // Two numbers of their own, so that neither share depends on the other.
        if !self.malformed.is_zero() && self.malformed.takes(mix(random ^ 1)) {
            Kind::Malformed
        } else if !self.deletes.is_zero() && self.deletes.takes(mix(random ^ 2)) {
            Kind::Delete
        } else {
            Kind::Write
        }
    }

    /// Whether some changes are malformed.
    pub(super) fn has_malformed(&self) -> bool {
        !self.malformed.is_zero()
    }

    /// Whether this connection's change `index` must be refused.
    pub(super) fn is_malformed(&self, index: u64) -> bool {
        self.change(index).kind == Kind::Malformed
    }
}

/// Walks all keys once per round, on one way that is not their order, each round from another place
/// on it.
#[derive(Clone, Debug)]
struct KeySpace {
    len: u64,
    stride: u64,
    seed: u64,
}

impl KeySpace {
    fn new(len: u64, seed: u64) -> Self {
        // Near the golden ratio, neighbours in time are far apart among the keys.
        let mut stride = (len.saturating_mul(618) / 1000).max(1);
        while greatest_common_divisor(stride, len) != 1 {
            stride += 1;
        }
        Self { len, stride, seed }
    }

    /// The key of change `index`, the key's place on the walk, and how often it has changed by
    /// then. What is kept by place is met in the order of memory.
    fn pick(&self, index: u64) -> (u64, u64, u16) {
        let (round, step) = (index / self.len, index % self.len);
        let start = mix(self.seed ^ round) % self.len;
        let place = (start + step) % self.len;
        let key = place * self.stride % self.len;
        let generation = u16::try_from(round % 65_535).map_or(u16::MAX, |round| round + 1);
        (place, key, generation)
    }
}

const fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Spreads a number evenly over 64 bits (the finaliser of `SplitMix64`).
pub(super) const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn plan() -> LoadPlan {
        LoadPlan {
            connections: 3,
            keys: 100,
            ..LoadPlan::default()
        }
    }

    #[test]
    fn the_connections_share_the_numbers_without_gap_or_overlap() {
        let plan = plan();
        let mut numbers = HashSet::new();
        for connection in 0..3 {
            let changes = Changes::new(&plan, connection);
            for index in 0..changes.share(1000) {
                assert!(numbers.insert(changes.sequence(index)));
            }
        }
        assert_eq!(numbers, (0..1000).collect());
    }

    #[test]
    fn every_round_changes_every_key_once_and_counts_its_generation() {
        let plan = plan();
        let mut keys = HashSet::new();
        for connection in 0..3 {
            let changes = Changes::new(&plan, connection);
            let len = changes.keys().unwrap();
            for round in 0..3 {
                let of_round: HashSet<_> = (round * len..(round + 1) * len)
                    .map(|index| changes.change(index))
                    .map(|c| (c.key, c.generation))
                    .collect();
                assert_eq!(of_round.len() as u64, len);
                assert!(
                    of_round
                        .iter()
                        .all(|&(_, generation)| u64::from(generation) == round + 1)
                );
                keys.extend(of_round.into_iter().map(|(key, _)| key));
            }
        }
        assert_eq!(keys, (0..100).collect(), "all keys, each on one connection");
    }

    #[test]
    fn without_a_key_space_every_change_has_its_own_key() {
        let plan = LoadPlan {
            keys: 0,
            first_sequence: 500,
            ..plan()
        };
        let changes = Changes::new(&plan, 1);
        assert_eq!(changes.change(0).key, 501);
        assert_eq!(changes.change(1).key, 504);
        assert_eq!(changes.change(1).generation, 1);
    }

    #[test]
    fn a_seed_makes_the_same_changes_and_another_seed_makes_others() {
        let plan = LoadPlan {
            deletes: Percent::new(30.0).unwrap(),
            ..plan()
        };
        let run = |seed| {
            let changes = Changes::new(
                &LoadPlan {
                    seed,
                    ..plan.clone()
                },
                0,
            );
            (0..500)
                .map(|index| changes.change(index))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn the_share_of_deletes_is_about_as_asked() {
        let plan = LoadPlan {
            deletes: Percent::new(25.0).unwrap(),
            ..plan()
        };
        let changes = Changes::new(&plan, 0);
        let deletes = (0..10_000)
            .filter(|&index| changes.change(index).kind == Kind::Delete)
            .count();
        assert!((2_300..2_700).contains(&deletes), "{deletes}");
    }
}
