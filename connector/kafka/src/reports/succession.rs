//! A client of new properties takes the place of a sound one.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::{debug, error, info};

use super::Thread;
use crate::Recipient;
use crate::native::Event;
use crate::partition::Sender;

/// How soon a client that could not be made is tried again.
const RENEW_PAUSE: Duration = Duration::from_secs(10);

impl<R: Recipient> Thread<'_, R> {
    /// Lets a client of new properties take the place of a sound one.
    ///
    /// Each partition's next batch goes by the new client. The one that the old client may have
    /// is waited for, as after every batch: so the order of records does not change.
    pub(super) fn renew(&mut self, now: Instant) {
        let is_due = self.settling.is_none()
            && self.generation != self.shared.fleet.generation()
            && !self.predecessors.are_many()
            && now >= self.next_renewal;
        if !is_due {
            return;
        }
        match self.shared.fleet.launch(&self.shared.settings) {
            Ok(launched) => {
                let is_cut_off = self.carrier.is_cut_off();
                let old = self.client.take();
                self.install(launched);
                self.carrier.note_answer();
                self.predecessors.add(old, is_cut_off, now);
                self.shared
                    .counters
                    .renewals
                    .fetch_add(1, Ordering::Relaxed);
                info!(target: "kafka", "a kafka client with the new settings takes over");
            }
            Err(error) => {
                self.next_renewal = now + RENEW_PAUSE;
                error!(target: "kafka", %error, "cannot make a kafka client with the new settings");
            }
        }
    }

    /// Takes what predecessors report, and lets go of those that are done.
    pub(super) fn attend_to_predecessors(&mut self, now: Instant) {
        if self.predecessors.is_empty() {
            return;
        }
        for event in self.predecessors.events() {
            match event {
                Event::Reports(mut reports) => {
                    self.take_reports(&mut reports, Sender::Predecessor);
                }
                Event::Error { code, reason, .. } => {
                    debug!(target: "kafka", code = code.0, reason, "trouble of a replaced client");
                }
                Event::Log {
                    level,
                    facility,
                    line,
                } => self.shared.counters.note_line(level, &facility, &line),
                Event::Other => {}
            }
        }
        self.predecessors.purge(now);
        for client in self.predecessors.take_finished() {
            self.shared.questions.retire(client);
        }
    }
}
