//! The beginning of a frame whose rest has not come yet: its bytes, the time it may take, and the
//! memory that all such beginnings together may hold.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A frame must go on within this time, and be whole within it plus what the slowest accepted
/// sender needs.
pub(super) const FRAME_TIME: Duration = Duration::from_secs(10);

/// The slowest accepted sender of a long frame, in bytes per second.
const FRAME_RATE_MIN: usize = 64 << 10;

/// Bytes that are small enough to be copied before the next read, and to be kept without being
/// counted; `max-connections` bounds their sum.
const SHORT_MAX: usize = 32 << 10;

/// What the begun frames of the process that are longer than that hold together.
#[derive(Debug)]
pub struct LongFrames {
    limit: usize,
    held: AtomicUsize,
    /// One connection may always go on, so that a budget used up by beginnings alone does not
    /// keep every one of them from its end: one of the privileged, and one of the others.
    is_pass_taken: [AtomicBool; 2],
}

impl LongFrames {
    /// A budget of `limit` bytes.
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            held: AtomicUsize::new(0),
            is_pass_taken: [AtomicBool::new(false), AtomicBool::new(false)],
        }
    }

    /// Bytes that are held now.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

/// What one connection holds of the budget.
#[derive(Debug)]
pub(super) struct Share {
    frames: Arc<LongFrames>,
    held: usize,
    /// Which pass it has.
    pass: Option<usize>,
}

impl Share {
    /// Nothing, as long as it does not [grow](Self::grow).
    pub(super) const fn new(frames: Arc<LongFrames>) -> Self {
        Self {
            frames,
            held: 0,
            pass: None,
        }
    }

    /// Asks for `bytes` in all; false when there is no room for what is new of them. Who is not
    /// privileged leaves half of the budget to those who are.
    pub(super) fn grow(&mut self, bytes: usize, is_privileged: bool) -> bool {
        let more = bytes.saturating_sub(self.held);
        let limit = if is_privileged {
            self.frames.limit
        } else {
            self.frames.limit / 2
        };
        let before = self.frames.held.fetch_add(more, Ordering::Relaxed);
        let is_too_much = before + more > limit && self.pass.is_none();
        if is_too_much && !self.take_pass(usize::from(is_privileged)) {
            self.frames.held.fetch_sub(more, Ordering::Relaxed);
            return false;
        }
        self.held += more;
        true
    }

    fn take_pass(&mut self, pass: usize) -> bool {
        let is_free = !self.frames.is_pass_taken[pass].swap(true, Ordering::Relaxed);
        if is_free {
            self.pass = Some(pass);
        }
        is_free
    }

    /// Holds `bytes`, whatever the budget says: they are there already.
    fn set(&mut self, bytes: usize) {
        if bytes == self.held {
            return;
        }
        if bytes > self.held {
            self.frames
                .held
                .fetch_add(bytes - self.held, Ordering::Relaxed);
        } else {
            self.frames
                .held
                .fetch_sub(self.held - bytes, Ordering::Relaxed);
        }
        self.held = bytes;
        if bytes == 0
            && let Some(pass) = self.pass.take()
        {
            self.frames.is_pass_taken[pass].store(false, Ordering::Relaxed);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// The bytes of one begun frame.
#[derive(Debug)]
pub(super) struct Partial {
    bytes: Vec<u8>,
    share: Share,
    progress: Option<Progress>,
}

/// When a frame was begun, and when it went on last.
#[derive(Clone, Copy, Debug)]
struct Progress {
    begun: Instant,
    moved: Instant,
}

impl Partial {
    pub(super) fn new(frames: Arc<LongFrames>) -> Self {
        Self {
            bytes: Vec::new(),
            share: Share::new(frames),
            progress: None,
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Lends the bytes of a long frame out, for the time of a look at them.
    pub(super) fn lend(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Takes the lent bytes back, without the first `used`, which were whole frames. The last
    /// of them came at `now`.
    pub(super) fn give_back(&mut self, mut bytes: Vec<u8>, used: usize, now: Instant) {
        self.bytes = if used > 0 {
            bytes.split_off(used)
        } else {
            bytes
        };
        self.note(used > 0, now);
    }

    /// True when the bytes are few enough to be copied in front of the next read.
    pub(super) const fn is_short(&self) -> bool {
        self.bytes.len() <= SHORT_MAX
    }

    /// Makes room for `more` bytes of a long frame; false when there is none now, which is sooner
    /// for those who are not privileged. Memory grows
    /// with the bytes that have come, never with the size that a frame claims.
    pub(super) fn reserve(&mut self, more: usize, is_privileged: bool) -> bool {
        if self.bytes.capacity() - self.bytes.len() >= more {
            return true;
        }
        let capacity = (self.bytes.len() + more).max(self.bytes.len() * 3 / 2);
        let has_room = self.share.grow(capacity, is_privileged);
        if has_room {
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        has_room
    }

    /// Adds what was read of a long frame.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Keeps `rest`, the beginning of a frame that went on at `now`; `is_next` says that it is
    /// another one than before.
    pub(super) fn replace(&mut self, rest: &[u8], is_next: bool, now: Instant) {
        self.forget();
        self.bytes.extend_from_slice(rest);
        self.note(is_next, now);
    }

    fn note(&mut self, is_next: bool, now: Instant) {
        self.count();
        self.progress = match self.progress {
            _ if self.bytes.is_empty() => None,
            Some(Progress { begun, .. }) if !is_next => Some(Progress { begun, moved: now }),
            _ => Some(Progress {
                begun: now,
                moved: now,
            }),
        };
    }

    /// Counts what is held.
    fn count(&mut self) {
        let is_long = self.bytes.capacity() > SHORT_MAX;
        self.share
            .set(if is_long { self.bytes.capacity() } else { 0 });
    }

    /// Not the peer keeps the frame from going on, but we do.
    pub(super) fn excuse(&mut self, now: Instant) {
        self.progress = self.progress.map(|_| Progress {
            begun: now,
            moved: now,
        });
    }

    /// Forgets the bytes.
    pub(super) fn clear(&mut self) {
        self.forget();
        self.count();
        self.progress = None;
    }

    fn forget(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > SHORT_MAX {
            self.bytes = Vec::new();
        }
    }

    /// True when the frame has stood still for too long, or comes too slowly.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        let Some(Progress { begun, moved }) = self.progress else {
            return false;
        };
        let needed = Duration::from_secs((self.bytes.len() / FRAME_RATE_MIN) as u64);
        now.saturating_duration_since(moved) >= FRAME_TIME
            || now.saturating_duration_since(begun) >= FRAME_TIME + needed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partial(frames: &Arc<LongFrames>) -> Partial {
        Partial::new(Arc::clone(frames))
    }

    #[test]
    fn short_beginnings_are_not_counted_and_long_ones_are() {
        let frames = Arc::new(LongFrames::new(1 << 20));
        let mut one = partial(&frames);
        one.replace(&[1; 1000], true, Instant::now());
        assert_eq!(frames.held(), 0);
        one.replace(&vec![1; 100_000], true, Instant::now());
        assert!(frames.held() >= 100_000);
        one.clear();
        assert_eq!(frames.held(), 0);
        one.replace(&vec![1; 100_000], true, Instant::now());
        drop(one);
        assert_eq!(frames.held(), 0);
    }

    #[test]
    fn above_the_budget_one_goes_on_and_the_others_wait_for_it() {
        let frames = Arc::new(LongFrames::new(300_000));
        let mut all = [partial(&frames), partial(&frames)];
        for one in &mut all {
            one.replace(&vec![1; 140_000], true, Instant::now());
        }
        let [first, second] = &mut all;
        assert!(first.reserve(200_000, true));
        assert!(
            !second.reserve(200_000, true),
            "no room, and the pass is taken"
        );
        first.extend(&vec![1; 200_000]);
        assert!(
            first.reserve(200_000, true),
            "it keeps the pass up to its end"
        );
        let bytes = first.lend();
        first.give_back(bytes, 340_000, Instant::now());
        assert!(second.reserve(200_000, true));
    }

    #[test]
    fn half_of_the_budget_is_for_the_privileged_and_each_kind_has_a_pass() {
        let frames = Arc::new(LongFrames::new(300_000));
        let mut all = [(); 4].map(|()| partial(&frames));
        for one in &mut all {
            one.replace(&vec![1; 40_000], true, Instant::now());
        }
        let [first, second, proven, other] = &mut all;
        assert!(first.reserve(100_000, false), "with the pass");
        assert!(
            !second.reserve(100_000, false),
            "no room, and the pass is taken"
        );
        assert!(proven.reserve(100_000, true), "with the other one");
        assert!(!other.reserve(100_000, true));
    }

    #[test]
    fn a_frame_must_go_on() {
        let frames = Arc::new(LongFrames::new(1 << 20));
        let mut one = partial(&frames);
        let now = Instant::now();
        assert!(!one.is_late(now + FRAME_TIME));
        one.replace(&[1; 10], true, now);
        assert!(!one.is_late(now + FRAME_TIME / 2));
        assert!(one.is_late(now + FRAME_TIME * 2));
        one.replace(&[], true, Instant::now());
        assert!(!one.is_late(now + FRAME_TIME * 2));
    }

    #[test]
    fn a_trickle_is_late_however_it_keeps_moving() {
        let frames = Arc::new(LongFrames::new(1 << 20));
        let mut one = partial(&frames);
        let begun = Instant::now();
        one.replace(&[1; 10], true, begun);
        let moved = begun + FRAME_TIME / 2;
        one.replace(&[1; 11], false, moved);
        assert!(!one.is_late(moved));
        assert!(one.is_late(begun + FRAME_TIME));
    }
}
