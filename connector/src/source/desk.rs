//! The work of a shard on the connections it owns, whoever tells it what has happened to them.

use super::allowance::Allowance;
use super::connection::{Connection, End, Turn};
use super::lifetime::Lifetimes;
use super::mailbox::{Bell, Mailbox, Order};
use super::partial::LongFrames;
use super::standing::{Rank, Standing};
use super::stream::Stream;
use super::turns::Turns;
use crate::clock::Clock;
use crate::metrics::ShardMetrics;
use crate::pipeline::{Pipeline, Sink, Wake};
use aeroduct_process::logging::Throttle;
use slab::Slab;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often time limits are looked at while something waits. Limits are whole seconds.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// How often an idle shard shows that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// Bytes of one read where the configuration says nothing: large enough that system calls
/// are some per cent of the cost, small enough to stay in the processor's cache.
const READ_BYTES: usize = 256 << 10;

/// What a shard needs to know of the configuration.
#[derive(Clone, Debug)]
pub struct ShardSettings {
    /// `aeroduct.reply-deadline`.
    pub reply_deadline: Duration,
    /// `service.enable-tcp-xdr-ack-buffering`.
    pub is_ack_buffered: bool,
    /// `service.socket-receive-buffer-bytes`: bytes of one read.
    pub read_bytes: Option<usize>,
    /// For how long connections may be open and idle.
    pub lifetimes: Lifetimes,
    /// What begun frames of all shards may hold.
    pub long_frames: Arc<LongFrames>,
}

/// What has happened to a connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Happening {
    /// It takes bytes again.
    pub(super) is_writable: bool,
    pub(super) input: Input,
}

/// What is known of a connection's input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Input {
    /// Nothing new.
    Same,
    /// There is some.
    More,
    /// There may be some, and then its end.
    End,
    /// The peer is gone in both directions.
    Gone,
}

/// The connections of a shard and everything that is done for them.
pub(super) struct Desk<S: Sink, T, C: Clock> {
    mailbox: Arc<Mailbox>,
    settings: ShardSettings,
    pipeline: Pipeline<S, C>,
    metrics: Arc<ShardMetrics>,
    connections: Slab<Connection<T>>,
    turns: Turns,
    allowance: Allowance,
    buffer: Vec<u8>,
    checked: Instant,
    is_draining: bool,
    /// Connections so far.
    admitted: u32,
    broken: Throttle,
}

impl<S: Sink, T: Stream, C: Clock> Desk<S, T, C> {
    pub(super) fn new(
        mailbox: Arc<Mailbox>,
        settings: ShardSettings,
        pipeline: Pipeline<S, C>,
        metrics: Arc<ShardMetrics>,
    ) -> Self {
        let buffer = vec![0; settings.read_bytes.unwrap_or(READ_BYTES)];
        pipeline.wake_through(Arc::clone(&mailbox) as Arc<dyn Wake>);
        let now = pipeline.clock().instant();
        Self {
            mailbox,
            settings,
            metrics,
            connections: Slab::new(),
            turns: Turns::default(),
            allowance: Allowance::new(now),
            buffer,
            checked: now,
            pipeline,
            is_draining: false,
            admitted: 0,
            broken: Throttle::default(),
        }
    }

    /// How long nothing needs to be done unless something happens.
    pub(super) fn patience(&self) -> Duration {
        if self.turns.proven() > 0 {
            return Duration::ZERO;
        }
        let patience = if self.connections.is_empty() {
            HEARTBEAT
        } else {
            TICK
        };
        let due = self.pipeline.next_due();
        if due.is_none() && self.turns.has_no_strangers() {
            return patience;
        }
        let now = self.pipeline.clock().instant();
        let until_due = due.map_or(patience, |due| due.saturating_duration_since(now));
        let until_turn = if self.turns.has_no_strangers() {
            patience
        } else {
            self.allowance.wait(&self.turns.strangers(), now)
        };
        patience.min(until_due).min(until_turn)
    }

    /// True when a connection has something to read and must wait for room.
    pub(super) fn has_starved(&self) -> bool {
        self.turns.has_starved()
    }

    /// The token that the next connection gets.
    pub(super) fn next_token(&self) -> usize {
        self.connections.vacant_key()
    }

    /// Takes a connection over, under the [next token](Self::next_token).
    pub(super) fn admit(&mut self, stream: T, peer: SocketAddr, port: u16) {
        let window = Arc::clone(self.pipeline.window());
        let entry = self.connections.vacant_entry();
        self.turns.rank(entry.key(), Rank::New);
        let bell = Arc::new(Bell::new(entry.key(), Arc::clone(&self.mailbox)));
        let frames = Arc::clone(&self.settings.long_frames);
        let now = self.pipeline.clock().instant();
        let lifetime = self.settings.lifetimes.begin(self.admitted, now);
        self.admitted = self.admitted.wrapping_add(1);
        let limits = (frames, lifetime, Standing::new(window));
        let connection = entry.insert(Connection::new(stream, peer, port, bell, limits));
        if self.is_draining {
            connection.drain();
        }
        self.pipeline.window().connection_opened();
        self.metrics.connection_opened();
        tracing::debug!(target: "server", %peer, "connection opened");
    }

    /// Takes note of what has happened to a connection. One that is not there any more is
    /// ignored.
    pub(super) fn on(&mut self, token: usize, happening: Happening) {
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        let now = self.pipeline.clock().instant();
        if happening.is_writable {
            connection.on_writable(now);
        }
        match happening.input {
            Input::Same => {}
            Input::More => connection.mark_readable(false),
            Input::End => connection.mark_readable(true),
            Input::Gone => connection.on_reset(now),
        }
        self.turns.rank(token, connection.rank());
        self.turns.queue(token);
        self.close_if_ended(token, now);
    }

    /// Does what there is to do now: answers those that rang, lets the proven read once each and
    /// strangers as time allows, watches the time limits and carries out orders. True when the shard
    /// has to end.
    pub(super) fn go_round(&mut self, rung: &mut Vec<usize>) -> bool {
        self.pipeline.resume();
        for token in rung.drain(..) {
            self.reply(token);
        }
        if !self.pipeline.window().is_stalled() {
            self.turns.queue_starved();
        }
        self.read_round();
        self.pipeline.relieve();
        self.check_time();
        match self.mailbox.order() {
            Order::Run => false,
            Order::Drain => self.drain(),
            Order::Stop => {
                self.stop();
                true
            }
        }
    }

    /// Lets every proven connection that may have something read once, and then strangers.
    fn read_round(&mut self) {
        for _ in 0..self.turns.proven() {
            if let Some(token) = self.turns.next(Rank::Proven) {
                self.read(token);
            }
        }
        if !self.turns.has_no_strangers() {
            self.read_strangers();
        }
    }

    /// Lets connections that are not proven read, once each and no longer than they are allowed to.
    fn read_strangers(&mut self) {
        let mut now = self.pipeline.clock().instant();
        self.allowance.begin(now);
        let mut left = self.turns.strangers();
        while self.allowance.is_in_slice(now)
            && let Some(rank) = self.allowance.take(&mut left, now)
        {
            let Some(token) = self.turns.next(rank) else {
                continue;
            };
            let begun = std::mem::replace(&mut now, self.read(token));
            let time = now.saturating_duration_since(begun);
            self.allowance.spend(rank, time);
        }
    }

    /// Lets a connection read once, and tells how late it is then.
    fn read(&mut self, token: usize) -> Instant {
        let Some(connection) = self.connections.get_mut(token) else {
            return self.pipeline.clock().instant();
        };
        let turn = connection.read(&mut self.buffer, &mut self.pipeline);
        let now = self.pipeline.clock().instant();
        connection.reply(&self.metrics, self.settings.is_ack_buffered, now);
        let rank = connection.rank();
        if rank == Rank::Proven {
            self.allowance.contest(connection.worked_at(now));
        }
        self.turns.rank(token, rank);
        match turn {
            Turn::Again => self.turns.queue(token),
            Turn::Starved => self.turns.starve(token),
            Turn::Rest => {}
        }
        self.close_if_ended(token, now);
        now
    }

    /// Sends what is complete. Room in the window, or in the reply buffer, may be what the
    /// connection waits for, so it gets a turn to read.
    fn reply(&mut self, token: usize) {
        if let Some(connection) = self.connections.get_mut(token) {
            let now = self.pipeline.clock().instant();
            connection.reply(&self.metrics, self.settings.is_ack_buffered, now);
            self.turns.rank(token, connection.rank());
            self.turns.queue(token);
            self.close_if_ended(token, now);
        }
    }

    fn check_time(&mut self) {
        let now = self.pipeline.clock().instant();
        if now.saturating_duration_since(self.checked) < TICK {
            return;
        }
        self.checked = now;
        self.metrics.beat();
        self.pipeline.sweep();
        self.turns.queue_starved();
        for token in self.tokens() {
            if let Some(connection) = self.connections.get_mut(token) {
                connection.answer_overdue(&self.metrics, self.settings.reply_deadline, now);
                connection.check_time(now);
                self.turns.rank(token, connection.rank());
            }
            self.turns.queue(token);
            self.close_if_ended(token, now);
        }
    }

    fn close_if_ended(&mut self, token: usize, now: Instant) {
        let connection = self.connections.get_mut(token);
        let Some(end) = connection.and_then(|it| it.ended(now)) else {
            return;
        };
        // Closing the descriptor takes it out of the system's event queue, too.
        let connection = self.connections.remove(token);
        self.turns.forget(token);
        self.mailbox.connection_closed();
        self.pipeline.window().connection_closed();
        self.metrics.connection_closed();
        self.log_end(&connection, &end);
    }

    fn log_end(&self, connection: &Connection<T>, end: &End) {
        let peer = connection.peer();
        let reason = end as &dyn std::error::Error;
        if !end.is_fault() {
            tracing::debug!(target: "server", %peer, reason, "connection closed");
            return;
        }
        self.metrics.connection_broken();
        if let Some(suppressed) = self.broken.admit() {
            tracing::warn!(target: "server", %peer, reason, suppressed, "connection closed");
        }
    }

    /// Reads nothing more; true when nothing is left to answer.
    fn drain(&mut self) -> bool {
        // What waits for company waits in vain.
        self.pipeline.close_batches();
        if std::mem::replace(&mut self.is_draining, true) {
            return self.connections.is_empty();
        }
        let now = self.pipeline.clock().instant();
        for token in self.tokens() {
            if let Some(connection) = self.connections.get_mut(token) {
                connection.drain();
            }
            self.turns.queue(token);
            self.close_if_ended(token, now);
        }
        self.connections.is_empty()
    }

    fn stop(&mut self) {
        let now = self.pipeline.clock().instant();
        for (_, connection) in &mut self.connections {
            connection.answer_all(&self.metrics, now);
        }
    }

    fn tokens(&self) -> Vec<usize> {
        self.connections.iter().map(|(token, _)| token).collect()
    }
}
