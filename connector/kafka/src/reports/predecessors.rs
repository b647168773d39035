//! Clients whose place another has taken while they were sound.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::native::{Client, Event};

/// How many a carrier has at most; the next renewal waits.
const MAX: usize = 3;
/// For so long a predecessor is left alone: it has one batch per partition at most, and most are
/// acknowledged within milliseconds. Later it is told to give back what is not on its way, for it
/// may never send it: its certificate may have been the trouble.
const GRACE: Duration = Duration::from_secs(1);
/// How often it is told so again: requests that fail come back to its queues.
const PURGE_PAUSE: Duration = Duration::from_millis(50);
/// How many events are taken from one at a time.
const EVENTS_MAX: usize = 64;

/// Clients that get nothing new, until what they have is reported.
#[derive(Debug, Default)]
pub(super) struct Predecessors(Vec<Predecessor>);

#[derive(Debug)]
struct Predecessor {
    client: Arc<Client>,
    next_purge: Instant,
}

impl Predecessors {
    pub(super) fn are_many(&self) -> bool {
        self.0.len() >= MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds one more. `is_cut_off`: it reaches no broker.
    pub(super) fn add(&mut self, client: Option<Arc<Client>>, is_cut_off: bool, now: Instant) {
        let grace = if is_cut_off { Duration::ZERO } else { GRACE };
        self.0.extend(client.map(|client| Predecessor {
            client,
            next_purge: now + grace,
        }));
    }

    /// What has happened to them.
    pub(super) fn events(&self) -> Vec<Event> {
        let of_one = |it: &Predecessor| {
            let client = Arc::clone(&it.client);
            std::iter::from_fn(move || client.poll(Duration::ZERO)).take(EVENTS_MAX)
        };
        self.0.iter().flat_map(of_one).collect()
    }

    /// Has those give back what they have not sent that have had the time for it.
    pub(super) fn purge(&mut self, now: Instant) {
        for it in &mut self.0 {
            if now >= it.next_purge {
                it.next_purge = now + PURGE_PAUSE;
                it.client.purge(false);
            }
        }
    }

    /// Has all give up everything.
    pub(super) fn give_up(&self) {
        for it in &self.0 {
            it.client.purge(true);
        }
    }

    /// Those that are done.
    pub(super) fn take_finished(&mut self) -> Vec<Arc<Client>> {
        // Whoever might still give it a batch holds the client. So the count comes first.
        let is_finished =
            |it: &mut Predecessor| Arc::strong_count(&it.client) == 1 && it.client.is_empty();
        self.0
            .extract_if(.., is_finished)
            .map(|it| it.client)
            .collect()
    }

    /// All of them, done or not.
    pub(super) fn take_all(&mut self) -> Vec<Arc<Client>> {
        self.0.drain(..).map(|it| it.client).collect()
    }
}
