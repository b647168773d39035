//! A shard: one thread, the connections it owns, and one event loop over them.

use super::connection::{Connection, End, Turn};
use super::mailbox::{Arrival, Bell, Mailbox, Order, WAKER, waker};
use super::partial::LongFrames;
use super::turns::Turns;
use crate::metrics::ShardMetrics;
use crate::pipeline::{Pipeline, Sink};
use aeroduct_process::logging::Throttle;
use mio::{Events, Interest, Poll, Token};
use slab::Slab;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often time limits are looked at while something waits. Limits are whole seconds.
const TICK: Duration = Duration::from_millis(50);

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
    /// What begun frames of all shards may hold.
    pub long_frames: Arc<LongFrames>,
}

/// One event loop and everything that it owns.
pub struct Shard<S: Sink> {
    poll: Poll,
    mailbox: Arc<Mailbox>,
    settings: ShardSettings,
    pipeline: Pipeline<S>,
    metrics: Arc<ShardMetrics>,
    connections: Slab<Connection>,
    turns: Turns,
    buffer: Vec<u8>,
    checked: Instant,
    is_draining: bool,
    broken: Throttle,
}

impl<S: Sink> Shard<S> {
    /// Makes a shard; it serves once [`run`](Self::run) is called.
    ///
    /// # Errors
    /// When the system gives no event queue.
    pub fn new(
        settings: ShardSettings,
        pipeline: Pipeline<S>,
        metrics: Arc<ShardMetrics>,
    ) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mailbox = Arc::new(Mailbox::new(waker(&poll)?));
        let buffer = vec![0; settings.read_bytes.unwrap_or(READ_BYTES)];
        Ok(Self {
            poll,
            mailbox,
            settings,
            pipeline,
            metrics,
            connections: Slab::new(),
            turns: Turns::default(),
            buffer,
            checked: Instant::now(),
            is_draining: false,
            broken: Throttle::default(),
        })
    }

    /// The way to tell this shard something.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        Arc::clone(&self.mailbox)
    }

    /// Serves until the order to drain is carried out.
    ///
    /// # Errors
    /// When the system's event queue fails, which leaves no way to go on.
    pub fn run(mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut arrivals = Vec::new();
        let mut ready = Vec::new();
        loop {
            self.poll(&mut events)?;
            for event in &events {
                if event.token() != WAKER {
                    self.on_event(event);
                }
            }
            self.mailbox.empty(&mut arrivals, &mut ready);
            for arrival in arrivals.drain(..) {
                self.admit(arrival);
            }
            for token in ready.drain(..) {
                self.reply(token);
            }
            if !self.pipeline.window().is_stalled() {
                self.turns.queue_starved();
            }
            self.read_round();
            self.check_time();
            match self.mailbox.order() {
                Order::Drain if self.drain() => return Ok(()),
                Order::Run | Order::Drain => {}
                Order::Stop => {
                    self.stop();
                    return Ok(());
                }
            }
        }
    }

    fn poll(&mut self, events: &mut Events) -> io::Result<()> {
        let patience = if !self.turns.is_empty() {
            Duration::ZERO
        } else if self.connections.is_empty() {
            HEARTBEAT
        } else {
            TICK
        };
        let stalled = self.turns.has_starved().then(Instant::now);
        let polled = self.poll.poll(events, Some(patience));
        if let Some(since) = stalled {
            self.metrics.stalled(since.elapsed());
        }
        match polled {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }

    fn on_event(&mut self, event: &mio::event::Event) {
        let token = event.token().0;
        let Some(connection) = self.connections.get_mut(token) else {
            return;
        };
        if event.is_writable() {
            connection.on_writable();
        }
        if event.is_error() || event.is_write_closed() {
            connection.on_reset();
        } else if event.is_readable() || event.is_read_closed() {
            connection.mark_readable(event.is_read_closed());
        }
        self.turns.queue(token);
    }

    fn admit(&mut self, arrival: Arrival) {
        let entry = self.connections.vacant_entry();
        let token = entry.key();
        let bell = Arc::new(Bell::new(token, Arc::clone(&self.mailbox)));
        let mut stream = mio::net::TcpStream::from_std(arrival.stream);
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = self
            .poll
            .registry()
            .register(&mut stream, Token(token), interest);
        if let Err(error) = registered {
            tracing::error!(target: "server", peer = %arrival.peer, %error, "cannot watch a connection");
            self.mailbox.connection_closed();
            return;
        }
        let frames = Arc::clone(&self.settings.long_frames);
        let (peer, port) = (arrival.peer, arrival.port);
        let connection = entry.insert(Connection::new(stream, peer, port, bell, frames));
        if self.is_draining {
            connection.drain();
        }
        self.pipeline.window().connection_opened();
        self.metrics.connection_opened();
        tracing::debug!(target: "server", peer = %arrival.peer, "connection opened");
    }

    /// Lets every connection that may have something read once.
    fn read_round(&mut self) {
        for _ in 0..self.turns.len() {
            let Some(token) = self.turns.next() else {
                return;
            };
            let Some(connection) = self.connections.get_mut(token) else {
                continue;
            };
            let turn = connection.read(&mut self.buffer, &mut self.pipeline);
            connection.reply(&self.metrics, self.settings.is_ack_buffered);
            match turn {
                Turn::Again => self.turns.queue(token),
                Turn::Starved => self.turns.starve(token),
                Turn::Rest => {}
            }
            self.close_if_ended(token);
        }
    }

    /// Sends what is complete. Room in the window, or in the reply buffer, may be what the
    /// connection waits for, so it gets a turn to read.
    fn reply(&mut self, token: usize) {
        if let Some(connection) = self.connections.get_mut(token) {
            connection.reply(&self.metrics, self.settings.is_ack_buffered);
            self.turns.queue(token);
        }
    }

    fn check_time(&mut self) {
        let now = Instant::now();
        if now.saturating_duration_since(self.checked) < TICK {
            return;
        }
        self.checked = now;
        self.metrics.beat();
        self.turns.queue_starved();
        let tokens: Vec<_> = self.connections.iter().map(|(token, _)| token).collect();
        for token in tokens {
            if let Some(connection) = self.connections.get_mut(token) {
                connection.answer_overdue(&self.metrics, self.settings.reply_deadline);
                connection.check_time(now);
            }
            self.turns.queue(token);
            self.close_if_ended(token);
        }
    }

    fn close_if_ended(&mut self, token: usize) {
        let ended = self
            .connections
            .get_mut(token)
            .and_then(|it| it.ended(Instant::now()));
        let Some(end) = ended else { return };
        let mut connection = self.connections.remove(token);
        // The descriptor is closed below, which takes it out of the queue in any case.
        drop(self.poll.registry().deregister(&mut connection.stream));
        self.mailbox.connection_closed();
        self.pipeline.window().connection_closed();
        self.metrics.connection_closed();
        self.log_end(&connection, &end);
    }

    /// Peers come and go: only what somebody should act on is worth a line.
    fn log_end(&self, connection: &Connection, end: &End) {
        let peer = connection.peer();
        match end {
            End::ClosedByPeer | End::Fail(_) | End::Drained => {
                tracing::debug!(target: "server", %peer, reason = end as &dyn std::error::Error, "connection closed");
            }
            End::Broken(_) | End::FrameTimeout | End::ReplyTimeout => {
                self.metrics.connection_broken();
                if let Some(suppressed) = self.broken.admit() {
                    tracing::warn!(target: "server", %peer, reason = end as &dyn std::error::Error, suppressed, "connection closed");
                }
            }
        }
    }

    /// Reads nothing more; true when nothing is left to answer.
    fn drain(&mut self) -> bool {
        if std::mem::replace(&mut self.is_draining, true) {
            return self.connections.is_empty();
        }
        let tokens: Vec<_> = self.connections.iter().map(|(token, _)| token).collect();
        for token in tokens {
            if let Some(connection) = self.connections.get_mut(token) {
                connection.drain();
            }
            self.turns.queue(token);
            self.close_if_ended(token);
        }
        self.connections.is_empty()
    }

    fn stop(&mut self) {
        for (_, connection) in &mut self.connections {
            connection.answer_all(&self.metrics);
        }
    }
}
