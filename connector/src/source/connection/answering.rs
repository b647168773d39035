//! How a connection is answered: flight by flight, in the order in which they came.

use super::Connection;
use super::ending::End;
use crate::metrics::{Replied, ShardMetrics};
use crate::pipeline::Flight;
use crate::source::stream::Stream;
use std::sync::Arc;
use std::time::{Duration, Instant};

impl<T: Stream> Connection<T> {
    /// Sends the replies of all flights that are complete, from the oldest on.
    pub(in crate::source) fn reply(
        &mut self,
        metrics: &ShardMetrics,
        is_buffered: bool,
        now: Instant,
    ) {
        self.bell.reset();
        while self
            .flights
            .front()
            .is_some_and(|flight| flight.answers.is_complete())
        {
            self.answer_oldest(metrics, now);
            if !is_buffered {
                self.flush(now);
            }
        }
        self.flush(now);
    }

    /// Answers the oldest flight as it stands.
    fn answer_oldest(&mut self, metrics: &ShardMetrics, now: Instant) {
        let Some(flight) = self.flights.pop_front() else {
            return;
        };
        let tally = self.replies.push(&flight.answers);
        let owed = self.replies.owed();
        self.standing.answer(tally.success, tally.permanent, owed);
        // Who waits for an answer is not idle.
        self.lifetime.hear(now);
        self.in_flight.records -= flight.load().records;
        self.in_flight.bytes -= flight.load().bytes;
        metrics.replied(
            now.saturating_duration_since(flight.arrived.instant),
            Replied {
                success: tally.success,
                temporary: tally.temporary,
                permanent: tally.permanent,
            },
        );
        if let Some(reported_for) = flight.reported_for(now) {
            metrics.replied_after_report(reported_for, flight.answers.count());
        }
    }

    /// Answers at once what has waited for its deadline.
    pub(in crate::source) fn answer_overdue(
        &mut self,
        metrics: &ShardMetrics,
        deadline: Duration,
        now: Instant,
    ) {
        let is_overdue = |flight: &Arc<Flight>| {
            now.saturating_duration_since(flight.arrived.instant) >= deadline
        };
        let mut any = false;
        while let Some(head) = self.flights.front().filter(|&head| is_overdue(head)) {
            if !head.answers.is_complete() {
                head.abandon_as_overdue();
            }
            self.answer_oldest(metrics, now);
            any = true;
        }
        if any {
            self.flush(now);
        }
    }

    /// Writes what is unsent, unless the socket has to say first that it takes more.
    pub(super) fn flush(&mut self, now: Instant) {
        if self.replies.blocked_since().is_none() {
            self.write(now);
        }
    }

    /// The socket can take more.
    pub(in crate::source) fn on_writable(&mut self, now: Instant) {
        self.write(now);
    }

    fn write(&mut self, now: Instant) {
        if self.replies.is_empty() {
            return;
        }
        if let Err(error) = self.replies.flush(&mut self.stream, now) {
            self.fail(End::Fail(error), now);
        } else if self.standing.take_replies(self.replies.taken(), now) {
            self.stream.raise_send_buffer();
        }
    }

    /// Answers everything as it stands and gives it to the socket, for the end of the process.
    pub(in crate::source) fn answer_all(&mut self, metrics: &ShardMetrics, now: Instant) {
        while let Some(head) = self.flights.front() {
            head.abandon();
            self.answer_oldest(metrics, now);
        }
        self.flush(now);
    }
}
