//! Output buffers that go round: taken for a flight, given back when its last report is in.

use crate::sync::Mutex;
use std::sync::PoisonError;

/// Capacities of the buffers, in bytes. A flight takes the smallest class that its input
/// is expected to need, so that thousands of small flights do not hold large buffers.
const CLASSES: [usize; 5] = [4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20];

/// Buffers kept of each class; what comes back beyond is freed. Together 10 MiB at most.
const KEPT: [usize; 5] = [64, 64, 32, 16, 4];

/// A bounded stock of output buffers, shared by the shards of a process.
#[derive(Debug, Default)]
pub struct Arenas {
    stock: [Mutex<Vec<Vec<u8>>>; CLASSES.len()],
}

impl Arenas {
    /// An empty buffer with room for about `expected` bytes; it grows when that is too little.
    pub fn take(&self, expected: usize) -> Vec<u8> {
        let class = CLASSES.iter().position(|&size| size >= expected);
        let Some((stock, &size)) =
            class.and_then(|class| self.stock.get(class).zip(CLASSES.get(class)))
        else {
            return Vec::with_capacity(expected.min(4 << 20));
        };
        let kept = stock.lock().unwrap_or_else(PoisonError::into_inner).pop();
        kept.unwrap_or_else(|| Vec::with_capacity(size))
    }

    /// Takes a buffer back. One that fits no class, or that the stock has enough of, is freed.
    pub fn give_back(&self, mut buffer: Vec<u8>) {
        let Some(class) = CLASSES.iter().rposition(|&size| size <= buffer.capacity()) else {
            return;
        };
        if buffer.capacity() > 2 * CLASSES[CLASSES.len() - 1] {
            return;
        }
        buffer.clear();
        if let (Some(stock), Some(&kept)) = (self.stock.get(class), KEPT.get(class)) {
            let mut stock = stock.lock().unwrap_or_else(PoisonError::into_inner);
            if stock.len() < kept {
                stock.push(buffer);
            }
        }
    }
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_to_its_class() {
        let arenas = Arenas::default();
        let mut buffer = arenas.take(5000);
        assert_eq!(buffer.capacity(), 16 << 10);
        buffer.extend_from_slice(b"old");
        let address = buffer.as_ptr();
        arenas.give_back(buffer);
        let again = arenas.take(16 << 10);
        assert_eq!(again.as_ptr(), address);
        assert!(again.is_empty());
    }

    #[test]
    fn huge_buffers_are_not_kept() {
        let arenas = Arenas::default();
        arenas.give_back(Vec::with_capacity(64 << 20));
        assert!(arenas.take(1 << 20).capacity() < 64 << 20);
    }

    #[test]
    fn an_enormous_expectation_is_not_believed() {
        assert_eq!(Arenas::default().take(usize::MAX).capacity(), 4 << 20);
    }
}

#[cfg(all(test, aeroduct_loom))]
mod interleavings {
    use super::*;
    use loom::thread;
    use std::sync::Arc;

    #[test]
    fn one_buffer_never_has_two_owners() {
        loom::model(|| {
            let arenas = Arc::new(Arenas::default());
            arenas.give_back(Vec::with_capacity(CLASSES[0]));
            let other = {
                let arenas = Arc::clone(&arenas);
                thread::spawn(move || {
                    let buffer = arenas.take(1);
                    arenas.give_back(arenas.take(1));
                    buffer
                })
            };
            let ours = arenas.take(1);
            let theirs = other.join().unwrap();
            assert_ne!(ours.as_ptr(), theirs.as_ptr());
            let next = arenas.take(1);
            assert!(![ours.as_ptr(), theirs.as_ptr()].contains(&next.as_ptr()));
        });
    }
}
