//! Back-pressure, in one place: how many records and bytes the process has in flight.
//!
//! A flight is in flight until its source has its replies *and* Kafka has reported its
//! last message. At the mark the shards stop reading their sockets, and go on when three
//! quarters of it are left; TCP carries the pressure to the source.

use crate::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering, fence};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// Whom to call when something that a shard waits for has happened.
pub trait Wake: Send + Sync {
    /// Makes the shard look again. Cheap, and harmless when repeated.
    fn wake(&self);

    /// Some of several things that the shard waits for have happened. Who waits for all of them has
    /// nothing to do yet.
    fn wake_early(&self) {}
}

/// Records and bytes counted together.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Load {
    /// Records.
    pub records: usize,
    /// Bytes of memory.
    pub bytes: usize,
}

#[derive(Debug, Default)]
struct Count {
    records: AtomicUsize,
    bytes: AtomicUsize,
}

impl Count {
    fn add(&self, load: Load) {
        self.records.fetch_add(load.records, Ordering::Relaxed);
        self.bytes.fetch_add(load.bytes, Ordering::Relaxed);
    }

    fn sub(&self, load: Load) {
        self.records.fetch_sub(load.records, Ordering::Relaxed);
        self.bytes.fetch_sub(load.bytes, Ordering::Relaxed);
    }

    fn get(&self) -> Load {
        Load {
            records: self.records.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

/// What the process has in flight, and what it may have.
pub struct Window {
    limit: Load,
    in_flight: Count,
    overdue: Count,
    connections: AtomicUsize,
    trusted: AtomicUsize,
    is_stalled: AtomicBool,
    waiters: OnceLock<Vec<Arc<dyn Wake>>>,
}

impl Window {
    /// A window of `limit` records and bytes (`max-concurrent-records`, `max-in-flight-bytes`).
    pub fn new(limit: Load) -> Self {
        Self {
            limit,
            in_flight: Count::default(),
            overdue: Count::default(),
            connections: AtomicUsize::new(0),
            trusted: AtomicUsize::new(0),
            is_stalled: AtomicBool::new(false),
            waiters: OnceLock::new(),
        }
    }

    /// Names the shards that are woken when there is room again. The first call counts.
    pub fn wake_when_free(&self, waiters: Vec<Arc<dyn Wake>>) {
        self.waiters.get_or_init(|| waiters);
    }

    /// The limits.
    pub const fn limit(&self) -> Load {
        self.limit
    }

    /// What is in flight now.
    pub fn in_flight(&self) -> Load {
        self.in_flight.get()
    }

    /// Counts a connection in or out: the fair share of those that are not trusted depends on their
    /// number.
    pub fn connection_opened(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// See [`connection_opened`](Self::connection_opened).
    pub fn connection_closed(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
    }

    /// Counts a connection as trusted until the answer is dropped: such ones share the window among
    /// themselves, however many others there are.
    pub fn trust(self: &Arc<Self>) -> Trusted {
        self.trusted.fetch_add(1, Ordering::Relaxed);
        Trusted {
            window: Arc::clone(self),
        }
    }

    /// True when somebody is trusted and a quarter of the window is in use: others then leave the rest
    /// to the trusted.
    pub fn is_scarce(&self) -> bool {
        let used = self.in_flight.get();
        let is_used = used.records >= self.limit.records / 4 || used.bytes >= self.limit.bytes / 4;
        is_used && self.has_trusted()
    }

    /// True when a connection is trusted.
    pub fn has_trusted(&self) -> bool {
        self.trusted.load(Ordering::Relaxed) > 0
    }

    /// Connections that are counted.
    #[cfg(all(test, not(aeroduct_loom)))]
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// True when a connection that has `own` in flight may read on.
    ///
    /// Below half of the window everybody may; above it, only who has not yet used the fair share: that
    /// of a [trusted](Self::trust) one as if there were no others, that of the others one of all. At
    /// the mark nobody, until a quarter is free again; but when it is overdue messages that fill it,
    /// reading goes on, because what is read is answered at once.
    pub fn has_room(&self, own: Load, is_trusted: bool) -> bool {
        if self.is_overdue() {
            return true;
        }
        if self.is_stalled() {
            return false;
        }
        let used = self.in_flight.get();
        if used.records >= self.limit.records || used.bytes >= self.limit.bytes {
            self.is_stalled.store(true, Ordering::Relaxed);
            // A release may have come between. The fences make one of the two see the other.
            fence(Ordering::SeqCst);
            self.free_if_room();
            return false;
        }
        if used.records < self.limit.records / 2 && used.bytes < self.limit.bytes / 2 {
            return true;
        }
        let sharers = if is_trusted {
            &self.trusted
        } else {
            &self.connections
        };
        let sharers = sharers.load(Ordering::Relaxed).max(1);
        own.records <= self.limit.records / sharers && own.bytes <= self.limit.bytes / sharers
    }

    /// True from the mark on until a quarter is free again: nobody has room.
    pub fn is_stalled(&self) -> bool {
        self.is_stalled.load(Ordering::Relaxed) && !self.is_overdue()
    }

    /// True while overdue messages hold more than half of the window: a long outage.
    /// Records are then read and answered "temporary error" without being produced.
    pub fn is_overdue(&self) -> bool {
        let overdue = self.overdue.get();
        overdue.records > self.limit.records / 2 || overdue.bytes > self.limit.bytes / 2
    }

    /// Takes `load` in; it leaves when the answer is dropped.
    pub fn admit(self: &Arc<Self>, load: Load) -> Admitted {
        self.in_flight.add(load);
        Admitted {
            window: Arc::clone(self),
            load,
            state: AtomicU8::new(0),
        }
    }

    fn release(&self, load: Load) {
        self.in_flight.sub(load);
        fence(Ordering::SeqCst);
        if self.is_stalled.load(Ordering::Relaxed) {
            self.free_if_room();
        }
    }

    fn free_if_room(&self) {
        let used = self.in_flight.get();
        let is_free =
            used.records <= self.limit.records / 4 * 3 && used.bytes <= self.limit.bytes / 4 * 3;
        if is_free && self.is_stalled.swap(false, Ordering::AcqRel) {
            for waiter in self.waiters.get().into_iter().flatten() {
                waiter.wake();
            }
        }
    }
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window")
            .field("limit", &self.limit)
            .field("in_flight", &self.in_flight())
            .field("overdue", &self.overdue.get())
            .finish_non_exhaustive()
    }
}

/// A connection that counts as trusted in its window as long as this lives.
#[derive(Debug)]
pub struct Trusted {
    window: Arc<Window>,
}

impl Drop for Trusted {
    fn drop(&mut self) {
        self.window.trusted.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A load that is counted in its window as long as this lives.
#[derive(Debug)]
pub struct Admitted {
    window: Arc<Window>,
    load: Load,
    /// [`OVERDUE`], [`RELEASED`], or both.
    state: AtomicU8,
}

/// The load is counted as overdue.
const OVERDUE: u8 = 1;

/// The load is counted nowhere any more.
const RELEASED: u8 = 2;

impl Admitted {
    /// What was admitted.
    pub const fn load(&self) -> Load {
        self.load
    }

    /// Counts the load as overdue: answered, and still held by Kafka's client.
    pub fn overdue(&self) {
        // Added before it is marked: whoever sees the mark takes away what is there.
        self.window.overdue.add(self.load);
        if self.state.fetch_or(OVERDUE, Ordering::AcqRel) != 0 {
            self.window.overdue.sub(self.load);
        }
    }

    /// Counts the load no longer, before this is dropped: what holds it will never let go.
    pub fn release(&self) {
        let state = self.state.fetch_or(RELEASED, Ordering::AcqRel);
        if state & RELEASED != 0 {
            return;
        }
        if state & OVERDUE != 0 {
            self.window.overdue.sub(self.load);
        }
        self.window.release(self.load);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(all(test, not(aeroduct_loom)))]
mod tests {
    use super::*;

    fn window() -> Arc<Window> {
        Arc::new(Window::new(Load {
            records: 100,
            bytes: 1000,
        }))
    }

    fn records(records: usize) -> Load {
        Load { records, bytes: 0 }
    }

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn reading_stops_at_the_mark_and_goes_on_at_three_quarters() {
        let window = window();
        let bell = Arc::new(Bell::default());
        window.wake_when_free(vec![Arc::clone(&bell) as Arc<dyn Wake>]);
        let most = window.admit(records(74));
        let some = window.admit(records(20));
        let rest = window.admit(records(6));
        assert!(!window.has_room(records(0), false), "full");
        drop(rest);
        assert!(
            !window.has_room(records(0), false),
            "94 of 100 is above three quarters"
        );
        drop(some);
        assert_eq!(
            bell.0.load(Ordering::Relaxed),
            1,
            "74 of 100 wakes the shards"
        );
        assert!(window.has_room(records(0), false));
        drop(most);
    }

    #[test]
    fn bytes_count_as_records_do() {
        let window = window();
        let _held = window.admit(Load {
            records: 1,
            bytes: 1000,
        });
        assert!(!window.has_room(records(0), false));
    }

    #[test]
    fn above_half_of_the_window_each_connection_has_its_share() {
        let window = window();
        window.connection_opened();
        window.connection_opened();
        let _held = window.admit(records(60));
        assert!(
            !window.has_room(records(60), false),
            "one connection has more than its half"
        );
        assert!(
            window.has_room(records(0), false),
            "the other one may go on"
        );
        window.connection_closed();
        assert!(
            window.has_room(records(60), false),
            "alone, the whole window is its share"
        );
    }

    #[test]
    fn the_share_of_a_trusted_connection_does_not_shrink_with_the_number_of_strangers() {
        let window = window();
        let trusted = [window.trust(), window.trust()];
        for _ in 0..1_000 {
            window.connection_opened();
        }
        let _held = window.admit(records(60));
        assert!(window.has_room(records(50), true));
        assert!(!window.has_room(records(51), true));
        assert!(!window.has_room(records(1), false));
        assert!(window.has_room(records(0), false));
        drop(trusted);
        assert!(window.has_room(records(60), true));
    }

    #[test]
    fn a_long_outage_shows_when_more_than_half_is_overdue() {
        let window = window();
        let held = window.admit(records(51));
        assert!(!window.is_overdue());
        held.overdue();
        held.overdue();
        assert!(window.is_overdue());
        drop(held);
        assert!(!window.is_overdue());
        assert_eq!(window.in_flight(), Load::default());
    }
}

#[cfg(all(test, aeroduct_loom))]
mod interleavings {
    use super::*;
    use loom::thread;

    /// A shard that waits for room.
    #[derive(Default)]
    struct Waiter(AtomicBool);

    impl Wake for Waiter {
        fn wake(&self) {
            self.0.store(true, Ordering::Release);
        }
    }

    /// Two switches that no thread asked for show what can go wrong between three threads; each
    /// further one multiplies the time.
    fn check(model: impl Fn() + Send + Sync + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(2);
        builder.check(model);
    }

    /// Bytes as well: a limit of none is always reached.
    fn records(records: usize) -> Load {
        Load {
            records,
            bytes: records,
        }
    }

    #[test]
    fn who_was_refused_is_woken_when_there_is_room() {
        check(|| {
            let window = Arc::new(Window::new(records(8)));
            let waiter = Arc::new(Waiter::default());
            window.wake_when_free(vec![Arc::clone(&waiter) as Arc<dyn Wake>]);
            let flights = [4, 4].map(|count| window.admit(records(count)));
            let releasers = flights.map(|flight| thread::spawn(move || drop(flight)));
            let has_room = window.has_room(records(0), false);
            for releaser in releasers {
                releaser.join().unwrap();
            }
            assert!(has_room || waiter.0.load(Ordering::Acquire));
            assert!(!window.is_stalled());
            assert!(window.has_room(records(0), false));
        });
    }

    #[test]
    fn two_shards_that_were_refused_are_both_woken() {
        check(|| {
            let window = Arc::new(Window::new(records(8)));
            let waiter = Arc::new(Waiter::default());
            window.wake_when_free(vec![Arc::clone(&waiter) as Arc<dyn Wake>]);
            let flight = window.admit(records(8));
            let releaser = thread::spawn(move || drop(flight));
            let other_shard = {
                let window = Arc::clone(&window);
                thread::spawn(move || window.has_room(records(0), false))
            };
            let has_room = window.has_room(records(0), false);
            let has_other_room = other_shard.join().unwrap();
            releaser.join().unwrap();
            assert!((has_room && has_other_room) || waiter.0.load(Ordering::Acquire));
            assert!(!window.is_stalled());
        });
    }

    #[test]
    fn a_load_that_is_written_off_as_it_becomes_overdue_is_counted_nowhere() {
        check(|| {
            let window = Arc::new(Window::new(records(8)));
            let flight = Arc::new(window.admit(records(8)));
            let reporter = {
                let flight = Arc::clone(&flight);
                thread::spawn(move || flight.release())
            };
            flight.overdue();
            reporter.join().unwrap();
            assert_eq!(window.overdue.get(), Load::default());
            drop(flight);
            assert_eq!(window.in_flight(), Load::default());
        });
    }
}
