//! A shard that speaks HTTP: one thread, a runtime, the connections it owns, and the loop that works
//! for them.

use super::connection::serve;
use super::desk::Desk;
use super::ending::Ending;
use super::ledger::Ledger;
use super::lobby::{Bounds, Doorbell, Lobby};
use super::reception::{Policy, Reception};
use crate::clock::SystemClock;
use crate::metrics::ShardMetrics;
use crate::pipeline::{Pipeline, Sink};
use crate::source::lifetime::Lifetimes;
use crate::source::mailbox::{Arrival, Mailbox, Order};
use crate::source::partial::LongFrames;
use aeroduct_process::admin::Routes;
use aeroduct_process::logging::Throttle;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use tokio::time::{Sleep, sleep_until};

/// How long connections have to write their last responses when everything is answered as it stands.
const STOP_TIME: Duration = Duration::from_millis(500);

/// What a shard needs to know of the configuration.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// `service.port`.
    pub ports: Vec<u16>,
    /// `service.http2-max-concurrent-streams`.
    pub streams_max: u32,
    /// `aeroduct.max-frame-bytes`.
    pub frame_bytes_max: u64,
    /// Whether some `routing` takes the topic from the path of a request.
    pub has_paths: bool,
    /// Requests of the shard at one time; further ones are refused for now.
    pub requests_max: usize,
    /// `aeroduct.reply-deadline`.
    pub reply_deadline: Duration,
    /// For how long connections may be open and idle.
    pub lifetimes: Lifetimes,
    /// What bodies that come in pieces may hold in all shards.
    pub long_frames: Arc<LongFrames>,
    /// The pages of the management API.
    pub pages: Routes,
}

/// One runtime and everything that runs on it.
pub struct HttpShard<S: Sink> {
    settings: HttpSettings,
    pipeline: Pipeline<S>,
    metrics: Arc<ShardMetrics>,
    mailbox: Arc<Mailbox>,
    doorbell: Doorbell,
}

impl<S: Sink + 'static> HttpShard<S> {
    /// Makes a shard; it serves once [`run`](Self::run) is called.
    pub fn new(settings: HttpSettings, pipeline: Pipeline<S>, metrics: Arc<ShardMetrics>) -> Self {
        let doorbell = Doorbell::default();
        Self {
            mailbox: Arc::new(Mailbox::new(doorbell.clone())),
            settings,
            pipeline,
            metrics,
            doorbell,
        }
    }

    /// The way to tell this shard something.
    pub fn mailbox(&self) -> Arc<Mailbox> {
        Arc::clone(&self.mailbox)
    }

    /// Serves until the order to drain is carried out.
    ///
    /// # Errors
    /// When the system gives no event queue.
    pub fn run(self) -> io::Result<()> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            // Pages of the management API are made one at a time.
            .max_blocking_threads(1)
            .build_local(LocalOptions::default())?;
        runtime.block_on(async {
            // As a task it comes behind the connections that are ready, so that their frames go
            // together.
            let served = tokio::task::spawn_local(Server::new(self).serve()).await;
            served.unwrap_or_else(|error| match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(error) => Err(io::Error::other(error)),
            })
        })
    }
}

/// The loop of a shard.
struct Server<S: Sink> {
    desk: Desk<S, SystemClock>,
    lobby: Rc<Lobby>,
    reception: Rc<Reception>,
    mailbox: Arc<Mailbox>,
    doorbell: Doorbell,
    metrics: Arc<ShardMetrics>,
    ports: Vec<u16>,
    lifetimes: Lifetimes,
    timer: Pin<Box<Sleep>>,
    broken: Rc<Throttle>,
    /// Connections so far.
    admitted: u32,
    /// Since when everything is answered.
    stopped: Option<Instant>,
}

impl<S: Sink + 'static> Server<S> {
    fn new(shard: HttpShard<S>) -> Self {
        let HttpShard {
            settings,
            pipeline,
            metrics,
            mailbox,
            doorbell,
        } = shard;
        let now = Instant::now();
        let bounds = Bounds {
            requests_max: settings.requests_max,
            patience: settings.reply_deadline,
        };
        let lobby = Rc::new(Lobby::new(
            &settings.ports,
            Arc::clone(pipeline.window()),
            bounds,
            Arc::clone(&metrics),
            now,
        ));
        let policy = Policy {
            frame_bytes_max: settings.frame_bytes_max,
            has_paths: settings.has_paths,
            streams_max: settings.streams_max,
        };
        let desk = Desk::new(
            Rc::clone(&lobby),
            Arc::clone(&mailbox),
            pipeline,
            settings.reply_deadline,
        );
        Self {
            reception: Rc::new(Reception::new(
                Rc::clone(&lobby),
                settings.long_frames,
                settings.pages,
                policy,
            )),
            timer: Box::pin(sleep_until(now.into())),
            desk,
            lobby,
            mailbox,
            doorbell,
            metrics,
            ports: settings.ports,
            lifetimes: settings.lifetimes,
            broken: Rc::default(),
            admitted: 0,
            stopped: None,
        }
    }

    async fn serve(mut self) -> io::Result<()> {
        let mut arrivals = Vec::new();
        let mut rung = Vec::new();
        loop {
            self.mailbox.empty(&mut arrivals, &mut rung);
            for arrival in arrivals.drain(..) {
                self.admit(arrival);
            }
            self.desk.go_round(&mut rung);
            if self.is_over() {
                return Ok(());
            }
            self.rest().await;
        }
    }

    /// Carries out orders; true when the shard has to end.
    fn is_over(&mut self) -> bool {
        match self.mailbox.order() {
            Order::Run => false,
            Order::Drain => self.desk.drain(),
            Order::Stop => {
                let is_drained = self.desk.drain();
                self.desk.stop();
                let stopped = *self.stopped.get_or_insert_with(|| self.lobby.now());
                is_drained || stopped.elapsed() >= STOP_TIME
            }
        }
    }

    /// Waits until something happens, or something is due.
    async fn rest(&mut self) {
        let due = self.desk.due();
        let is_set = self.timer.deadline().into_std() == due && !self.timer.is_elapsed();
        if !is_set {
            self.timer.as_mut().reset(due.into());
        }
        poll_fn(|context| {
            self.doorbell.0.register(context.waker());
            self.lobby.wake_through(context.waker());
            if self.mailbox.has_rung() || self.lobby.is_stirred() {
                return Poll::Ready(());
            }
            self.timer.as_mut().poll(context)
        })
        .await;
        if self.lobby.has_starved() {
            self.metrics.stalled(self.lobby.now().elapsed());
        }
    }

    fn admit(&mut self, arrival: Arrival) {
        let Arrival { stream, peer, port } = arrival;
        let stream = match TcpStream::from_std(stream) {
            Ok(stream) => stream,
            Err(error) => {
                tracing::error!(target: "server", %peer, %error, "cannot watch a connection");
                self.mailbox.connection_closed();
                return;
            }
        };
        let lifetime = self.lifetimes.begin(self.admitted, self.lobby.now());
        self.admitted = self.admitted.wrapping_add(1);
        let ledger = Rc::new(Ledger::new(Rc::clone(&self.lobby), peer, lifetime));
        let presence = Presence {
            number: self.lobby.open(&ledger),
            lobby: Rc::clone(&self.lobby),
            mailbox: Arc::clone(&self.mailbox),
        };
        tracing::debug!(target: "server", %peer, "connection opened");
        let tray = self.ports.iter().position(|&it| it == port).unwrap_or(0);
        let reception = Rc::clone(&self.reception);
        let broken = Rc::clone(&self.broken);
        let serving = async move {
            let ending = serve(stream, tray, &ledger, &reception).await;
            let ending = ledger.take_end().unwrap_or(ending);
            note(&ending, &ledger, &presence, &broken);
        };
        // The lobby counts it until it ends, and the drain waits for that.
        drop(tokio::task::spawn_local(serving));
    }
}

/// A connection that counts as open as long as this lives.
struct Presence {
    lobby: Rc<Lobby>,
    mailbox: Arc<Mailbox>,
    number: usize,
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.lobby.close(self.number);
        self.mailbox.connection_closed();
    }
}

/// Peers come and go: only what somebody should act on is worth a line.
fn note(ending: &Ending, ledger: &Ledger, presence: &Presence, broken: &Throttle) {
    let (peer, reason) = (ledger.peer(), ending as &dyn std::error::Error);
    if !ending.is_fault() {
        tracing::debug!(target: "server", %peer, reason, "connection closed");
        return;
    }
    presence.lobby.metrics().connection_broken();
    if let Some(suppressed) = broken.admit() {
        tracing::warn!(target: "server", %peer, reason, suppressed, "connection closed");
    }
}
