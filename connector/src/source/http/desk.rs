//! The work of a shard on the requests in its lobby: their frames go on their way, their answers come
//! back.

use super::lobby::Lobby;
use super::tray::Tray;
use crate::clock::{Clock, Moment};
use crate::metrics::{Replied, ShardMetrics};
use crate::pipeline::{Answer, Flight, Origin, Pipeline, Sink, Wake};
use crate::source::mailbox::{Bell, Mailbox};
use slab::Slab;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often time limits are looked at while something waits. Limits are whole seconds.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// How often an idle shard shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// A flight, and the requests that wait for its answers.
#[derive(Debug)]
struct Voyage {
    flight: Arc<Flight>,
    call: Arc<Call>,
    /// One for each answer; `None` when it has been told.
    requests: Vec<Option<usize>>,
}

/// Tells the shard that answers of a flight are in. Requests do not wait for each other, so it wants
/// to know of each.
#[derive(Debug)]
struct Call(Bell);

impl Wake for Call {
    fn wake(&self) {
        self.0.wake();
    }

    fn wake_early(&self) {
        self.0.wake();
    }
}

pub(super) struct Desk<S: Sink, C: Clock> {
    lobby: Rc<Lobby>,
    mailbox: Arc<Mailbox>,
    pipeline: Pipeline<S, C>,
    metrics: Arc<ShardMetrics>,
    reply_deadline: Duration,
    voyages: Slab<Voyage>,
    checked: Instant,
}

impl<S: Sink, C: Clock> Desk<S, C> {
    pub(super) fn new(
        lobby: Rc<Lobby>,
        mailbox: Arc<Mailbox>,
        pipeline: Pipeline<S, C>,
        reply_deadline: Duration,
    ) -> Self {
        pipeline.wake_through(Arc::clone(&mailbox) as Arc<dyn Wake>);
        Self {
            metrics: Arc::clone(lobby.metrics()),
            checked: pipeline.clock().instant(),
            voyages: Slab::new(),
            lobby,
            mailbox,
            pipeline,
            reply_deadline,
        }
    }

    /// When something is to be done, if nothing happens before.
    pub(super) fn due(&self) -> Instant {
        let is_idle = self.lobby.connections() == 0 && self.voyages.is_empty();
        let tick = self.checked + if is_idle { HEARTBEAT } else { TICK };
        self.pipeline.next_due().map_or(tick, |due| due.min(tick))
    }

    /// Does what there is to do now: answers those whose flights rang, and sends what lies on the
    /// trays.
    pub(super) fn go_round(&mut self, rung: &mut Vec<usize>) {
        let arrived = self.pipeline.clock().moment();
        self.lobby.set_now(arrived.instant);
        self.pipeline.resume();
        for token in rung.drain(..) {
            self.answer(token);
        }
        if self.lobby.is_stirred() {
            self.dispatch(arrived);
        }
        if self.lobby.has_starved() && !self.pipeline.window().is_stalled() {
            self.lobby.wake_starved();
        }
        self.pipeline.relieve();
        self.check_time(arrived.instant);
    }

    fn dispatch(&mut self, arrived: Moment) {
        let mut trays = self.lobby.take_trays();
        for tray in &mut trays {
            if tray.len() > 0 {
                self.dispatch_tray(tray, arrived);
                tray.clear();
            }
        }
        self.lobby.give_back(trays);
    }

    /// Sends the frames of a tray on their way, in one flight unless their output is very long.
    fn dispatch_tray(&mut self, tray: &Tray, arrived: Moment) {
        let (mut frames, mut paths) = (&tray.bytes[..], &tray.paths[..]);
        let mut requests = &tray.requests[..];
        while !requests.is_empty() {
            let token = self.voyages.vacant_key();
            let call = Arc::new(Call(Bell::new(token, Arc::clone(&self.mailbox))));
            let origin = Origin {
                port: tray.port,
                wake: Arc::clone(&call) as Arc<dyn Wake>,
            };
            let dispatched = self
                .pipeline
                .dispatch_posted(frames, paths, arrived, &origin);
            let Some(flight) = dispatched.flight else {
                break;
            };
            let count = flight.answers.count();
            let (gone, rest) = requests.split_at(count.min(requests.len()));
            self.voyages.insert(Voyage {
                flight,
                call,
                requests: gone.iter().copied().map(Some).collect(),
            });
            // What was refused or skipped is answered already.
            self.answer(token);
            requests = rest;
            frames = &frames[dispatched.consumed..];
            paths = paths.get(count..).unwrap_or_default();
        }
        // Frames are looked at before they come here, so nothing is left.
        for &request in requests {
            self.lobby.tell(request, Answer::TemporaryError);
        }
    }

    /// Tells the requests of a flight what is known.
    fn answer(&mut self, token: usize) {
        let Some(voyage) = self.voyages.get(token) else {
            return;
        };
        voyage.call.0.reset();
        let is_complete = voyage.flight.answers.is_complete();
        self.tell(token, is_complete);
    }

    /// Tells the requests of a flight what is known; `is_last` when nothing better will be.
    fn tell(&mut self, token: usize, is_last: bool) {
        let Some(voyage) = self.voyages.get_mut(token) else {
            return;
        };
        let mut replied = Replied::default();
        let answers = voyage.flight.answers.iter();
        for (place, answer) in voyage.requests.iter_mut().zip(answers) {
            // Until it is the last word, this one may stand for a report that is to come.
            if (is_last || answer != Answer::TemporaryError)
                && let Some(request) = place.take()
            {
                self.lobby.tell(request, answer);
                match answer {
                    Answer::Success => replied.success += 1,
                    Answer::TemporaryError => replied.temporary += 1,
                    Answer::PermanentError => replied.permanent += 1,
                }
            }
        }
        let now = self.pipeline.clock().instant();
        if replied != Replied::default() {
            let since = now.saturating_duration_since(voyage.flight.arrived.instant);
            self.metrics.replied(since, replied);
        }
        if is_last {
            if let Some(reported_for) = voyage.flight.reported_for(now) {
                let count = voyage.flight.answers.count();
                self.metrics.replied_after_report(reported_for, count);
            }
            self.voyages.remove(token);
        }
    }

    fn check_time(&mut self, now: Instant) {
        if now.saturating_duration_since(self.checked) < TICK {
            return;
        }
        self.checked = now;
        self.metrics.beat();
        self.pipeline.sweep();
        self.answer_overdue(now);
        self.lobby.check_time(now);
        self.lobby.wake_starved();
        for ledger in self.lobby.ledgers() {
            ledger.check_time(now);
        }
    }

    /// Answers what has waited for its deadline, and gives up what nobody waits for.
    fn answer_overdue(&mut self, now: Instant) {
        for token in self.tokens() {
            let Some(Voyage {
                flight, requests, ..
            }) = self.voyages.get(token)
            else {
                continue;
            };
            let since = now.saturating_duration_since(flight.arrived.instant);
            if since >= self.reply_deadline {
                if !flight.answers.is_complete() {
                    flight.abandon_as_overdue();
                }
                self.tell(token, true);
            } else if self.lobby.has_left()
                && requests.iter().flatten().all(|&it| self.lobby.is_left(it))
            {
                flight.abandon();
            }
        }
    }

    /// No request is taken any more; true when none is left to answer.
    pub(super) fn drain(&mut self) -> bool {
        // What waits for company waits in vain.
        self.pipeline.close_batches();
        self.lobby.drain();
        for ledger in self.lobby.ledgers() {
            ledger.drain();
        }
        self.lobby.connections() == 0
    }

    /// Answers everything as it stands, for the end of the process.
    pub(super) fn stop(&mut self) {
        for token in self.tokens() {
            if let Some(voyage) = self.voyages.get(token) {
                voyage.flight.abandon();
            }
            self.tell(token, true);
        }
    }

    fn tokens(&self) -> Vec<usize> {
        self.voyages.iter().map(|(token, _)| token).collect()
    }
}
