//! Which records were answered with success: the source's half of an end-to-end proof.

/// The numbers of all records that were acknowledged, one bit each.
///
/// A record is in here only when its answer was "success"; the proof is that every one of them is
/// found in Kafka.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    first_sequence: u64,
    connections: Vec<Acknowledged>,
}

/// The changes of one connection that were acknowledged, by their index.
#[derive(Clone, Debug, Default)]
pub(super) struct Acknowledged {
    words: Vec<u64>,
    count: u64,
}

impl Acknowledged {
    /// Notes the changes from `first` on, `count` of them.
    pub(super) fn note(&mut self, first: u64, count: u32) {
        for index in first..first.saturating_add(count.into()) {
            let Some(word) = self.word(index) else { return };
            let bit = 1 << (index % 64);
            if *word & bit == 0 {
                *word |= bit;
                self.count += 1;
            }
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.count
    }

    fn word(&mut self, index: u64) -> Option<&mut u64> {
        let at = usize::try_from(index / 64).ok()?;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        self.words.get_mut(at)
    }

    fn contains(&self, index: u64) -> bool {
        usize::try_from(index / 64)
            .ok()
            .and_then(|at| self.words.get(at))
            .is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    fn indexes(&self) -> impl Iterator<Item = u64> {
        let end = self.words.len() as u64 * 64;
        (0..end).filter(|&index| self.contains(index))
    }
}

impl Ledger {
    pub(super) fn new(first_sequence: u64, connections: Vec<Acknowledged>) -> Self {
        Self {
            first_sequence,
            connections,
        }
    }

    /// How many records were acknowledged.
    pub fn len(&self) -> u64 {
        self.connections.iter().map(Acknowledged::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the record of this number was acknowledged.
    pub fn contains(&self, sequence: u64) -> bool {
        let connections = self.connections.len() as u64;
        let Some(offset) = sequence.checked_sub(self.first_sequence) else {
            return false;
        };
        offset
            .checked_rem(connections)
            .and_then(|connection| self.connections.get(usize::try_from(connection).ok()?))
            .is_some_and(|connection| connection.contains(offset / connections))
    }

    /// The numbers of all acknowledged records, connection by connection.
    pub fn sequences(&self) -> impl Iterator<Item = u64> {
        let connections = self.connections.len() as u64;
        self.connections
            .iter()
            .zip(0_u64..)
            .flat_map(move |(acknowledged, connection)| {
                acknowledged
                    .indexes()
                    .map(move |index| self.first_sequence + index * connections + connection)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_as_they_were_acknowledged() {
        let (mut first, mut second) = (Acknowledged::default(), Acknowledged::default());
        first.note(0, 3);
        second.note(100, 1);
        second.note(100, 1);
        let ledger = Ledger::new(1000, vec![first, second]);

        // Connection 0 of 2 has 1000, 1002, 1004; index 100 of connection 1 is 1000 + 201.
        assert_eq!(
            ledger.sequences().collect::<Vec<_>>(),
            [1000, 1002, 1004, 1201]
        );
        assert_eq!(ledger.len(), 4);
        assert!(ledger.contains(1004) && ledger.contains(1201));
        assert!(!ledger.contains(1001) && !ledger.contains(999) && !ledger.contains(1203));
    }

    #[test]
    fn an_empty_ledger_holds_nothing() {
        let ledger = Ledger::default();
        assert!(ledger.is_empty());
        assert!(!ledger.contains(0));
    }
}
