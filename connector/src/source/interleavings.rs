//! Every order of events between report threads and a shard, as far as answers depend on it.
#![expect(clippy::unwrap_used, reason = "helpers of tests, too, fail by a panic")]

use super::mailbox::{Bell, Mailbox, waker};
use super::replies::Replies;
use crate::metrics::Metrics;
use crate::pipeline::{Flight, Load, Wake, Window};
use aeroduct_kafka::{Failure, Report};
use aeroduct_wire::reply;
use loom::thread;
use mio::{Events, Poll};
use std::sync::Arc;
use std::time::Duration;

/// A shard's end of the mailbox.
struct Shard {
    poll: Poll,
    mailbox: Arc<Mailbox>,
}

impl Shard {
    fn new() -> Self {
        let poll = Poll::new().unwrap();
        let mailbox = Arc::new(Mailbox::new(waker(&poll).unwrap()));
        Self { poll, mailbox }
    }

    fn bell(&self, token: usize) -> Arc<Bell> {
        Arc::new(Bell::new(token, Arc::clone(&self.mailbox)))
    }

    /// True when the shard would not sleep, which uses the call up.
    fn is_woken(&mut self) -> bool {
        let mut events = Events::with_capacity(1);
        self.poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
        !events.is_empty()
    }

    /// Who has rung since the last look.
    fn ready(&self) -> Vec<usize> {
        let mut ready = Vec::new();
        self.mailbox.empty(&mut Vec::new(), &mut ready);
        ready
    }
}

/// One record's report, and that it is written.
fn report(flight: &Arc<Flight>, slot: u32, report: Report) {
    flight.report(slot, report);
    flight.settle(1);
}

fn check(model: impl Fn(&Arc<Metrics>) + Send + Sync + 'static) {
    let metrics = Metrics::new(1, "model");
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(move || model(&metrics));
}

fn window() -> Arc<Window> {
    Arc::new(Window::new(Load {
        records: 8,
        bytes: 8,
    }))
}

/// Two flights of one connection complete while the shard looks at it for another reason.
#[test]
fn a_flight_that_completes_while_the_shard_looks_is_seen_or_rings() {
    check(|metrics| {
        let mut shard = Shard::new();
        let bell = shard.bell(7);
        let window = window();
        let flights: [_; 2] = std::array::from_fn(|_| {
            let wake = Arc::clone(&bell) as Arc<dyn Wake>;
            Arc::new(Flight::waiting(1, &window, wake, metrics))
        });
        let reporters = flights
            .clone()
            .map(|flight| thread::spawn(move || report(&flight, 0, Report::Delivered)));
        let mut seen = 0;
        let mut look = || {
            bell.reset();
            while seen < 2 && flights[seen].answers.is_complete() {
                seen += 1;
            }
            seen
        };
        // One round of the event loop, in whatever moment.
        if shard.ready().contains(&7) {
            look();
        }
        for reporter in reporters {
            reporter.join().unwrap();
        }
        // The rounds that a wake-up brings about.
        while shard.is_woken() {
            for token in shard.ready() {
                assert_eq!(token, 7);
                look();
            }
        }
        assert_eq!(seen, 2);
    });
}

#[test]
fn two_connections_that_ring_at_once_are_both_looked_at() {
    check(|_| {
        let mut shard = Shard::new();
        let ringers = [3, 5].map(|token| {
            let bell = shard.bell(token);
            thread::spawn(move || bell.wake())
        });
        let mut rung = shard.ready();
        for ringer in ringers {
            ringer.join().unwrap();
        }
        if shard.is_woken() {
            rung.extend(shard.ready());
        }
        rung.sort_unstable();
        assert_eq!(rung, [3, 5]);
    });
}

#[test]
fn a_flight_answered_at_its_deadline_gives_whole_answers_and_leaves_nothing_behind() {
    check(|metrics| {
        let mut shard = Shard::new();
        let window = window();
        let wake = shard.bell(1) as Arc<dyn Wake>;
        let flight = Arc::new(Flight::waiting(3, &window, wake, metrics));
        let reporters = [
            (0, Report::Delivered),
            (1, Report::Failed(Failure::TooLarge)),
        ]
        .map(|(slot, word)| {
            let flight = Arc::clone(&flight);
            thread::spawn(move || report(&flight, slot, word))
        });

        flight.abandon_as_overdue();
        let mut replies = Replies::default();
        let tally = replies.push(&flight.answers);
        for reporter in reporters {
            reporter.join().unwrap();
        }
        assert!(!flight.answers.is_complete(), "the third report is missing");
        assert!(tally.success <= 1 && tally.permanent <= 1);
        assert_eq!(tally.success + tally.temporary + tally.permanent, 3);
        let mut sent = Vec::new();
        replies.flush(&mut sent, std::time::Instant::now()).unwrap();
        let codes: Vec<_> = sent.chunks(reply::LEN).map(|reply| reply[13]).collect();
        assert!([0, 11].contains(&codes[0]), "{codes:?}");
        assert!([4, 11].contains(&codes[1]), "{codes:?}");
        assert_eq!(codes[2..], [11]);

        report(&flight, 2, Report::Delivered);
        assert!(shard.is_woken(), "the last report rings, late as it is");
        assert_eq!(shard.ready(), [1]);
        drop(flight);
        assert_eq!(window.in_flight(), Load::default());
        assert!(!window.is_overdue());
    });
}
