//! The composition root: makes every part, connects them, and ends them in order.
//!
//! Sockets are bound before anything else, so a port that is taken shows at once. Kafka is not
//! needed to start: a broker that cannot be reached is told in the log and by the metrics.

mod shards;
mod threads;

pub use threads::ThreadFailure;

use crate::admin::{self, Admin};
use crate::login::{Figures, Keeper, TokenError, Tokens};
use crate::metrics::Metrics;
use crate::pipeline::{Cargo, Load, Shared, Wake, Window};
use crate::sink;
use crate::source::{BindError, Gate, Listener, Mailbox, Order};
use aeroduct_config::{Files, Plan};
use aeroduct_kafka::Producer;
use aeroduct_process::admin::{AdminError, AdminServer, Route};
use aeroduct_process::logging::Levels;
use aeroduct_process::shutdown::{self, Controller};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};
use threads::Threads;

/// How long the parts have to leave once everything is answered.
const LEAVE_TIME: Duration = Duration::from_secs(2);

/// Why the connector cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A service address cannot be had.
    #[error("the service port cannot be opened")]
    Bind(#[source] BindError),
    /// A management address cannot be had.
    #[error("the management port cannot be opened")]
    BindManage(#[source] AdminError),
    /// The source of tokens for Kafka refuses its settings.
    #[error("the Kafka producer cannot log in")]
    Tokens(#[source] TokenError),
    /// The producer refuses its settings.
    #[error("the Kafka producer cannot be started")]
    StartProducer(#[source] aeroduct_kafka::StartError),
    /// The system gives no thread or event queue.
    #[error("the system does not give what {part} needs")]
    Spawn {
        /// The part.
        part: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

/// How the end went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Drained {
    /// Every record that had been read was answered with Kafka's own word.
    pub is_complete: bool,
    /// How long it took.
    pub took: Duration,
}

/// A running connector.
pub struct App {
    service: Vec<SocketAddr>,
    manage: Vec<SocketAddr>,
    gate: Arc<Gate>,
    shards: Vec<Arc<Mailbox>>,
    serving: Threads,
    managing: Threads,
    manage_controller: Controller,
    /// Dropped to end the watch over files.
    watching: Vec<SyncSender<()>>,
    plan: Arc<Plan>,
    producer: Producer<Cargo>,
    tokens: Option<Arc<Tokens>>,
    login: Arc<Figures>,
    metrics: Arc<Metrics>,
    drain_timeout: Duration,
}

impl App {
    /// Starts a connector. `levels` lets the management API change what is logged.
    ///
    /// # Errors
    /// When a port or another thing of the system cannot be had; never because of Kafka.
    pub fn start(plan: Plan, levels: Option<Levels>) -> Result<Self, StartError> {
        let listener = Listener::bind(&plan.service.addresses, &plan.service.ports)
            .map_err(StartError::Bind)?;
        let manage = bind_manage(&plan).map_err(StartError::BindManage)?;
        let plan = Arc::new(plan);
        let metrics = Metrics::new(plan.service.io_threads, &plan.service.cluster_name);
        let tokens = Tokens::of(&plan.producer).map_err(StartError::Tokens)?;
        let settings = sink::settings(&plan, tokens.clone(), metrics.observer());
        let producer = Producer::start(settings).map_err(StartError::StartProducer)?;

        let mut app = Self {
            service: listener.addresses().to_vec(),
            manage: manage
                .as_ref()
                .map(AdminServer::local_addresses)
                .unwrap_or_default(),
            gate: listener.gate(),
            shards: Vec::new(),
            serving: Threads::new(),
            managing: Threads::new(),
            manage_controller: shutdown::channel().0,
            watching: Vec::new(),
            plan: Arc::clone(&plan),
            producer,
            tokens,
            login: Arc::default(),
            metrics,
            drain_timeout: plan.aeroduct.drain_timeout,
        };
        let window = Arc::new(window(&plan));
        let shared = Shared::new(
            Arc::clone(&plan),
            Arc::clone(&window),
            plan.service.io_threads,
            Instant::now(),
        );
        let admin = Arc::new(Admin {
            metrics: Arc::clone(&app.metrics),
            producer: app.producer.clone(),
            window: Arc::clone(&window),
            order: Arc::clone(&shared.order),
            login: Arc::clone(&app.login),
            plan: Arc::clone(&plan),
            levels,
        });
        let pages = admin::pages(&admin);
        app.start_shards(&shared, &pages)?;
        let wake = |mailbox: &Arc<Mailbox>| Arc::clone(mailbox) as Arc<dyn Wake>;
        window.wake_when_free(app.shards.iter().map(wake).collect());
        app.start_listener(listener, &plan)?;
        app.start_admin(admin, pages, manage)?;
        Ok(app)
    }

    /// Takes up what changes in the files that the producer's properties name: passwords, keys,
    /// certificates. `files` are those that the plan was made with.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn keep_logged_in(&mut self, files: impl Files + Send + 'static) -> Result<(), StartError> {
        if self.plan.producer.files.is_empty() {
            return Ok(());
        }
        let keeper = Keeper::new(
            Arc::clone(&self.plan),
            Box::new(files),
            self.producer.clone(),
            self.tokens.clone(),
            Arc::clone(&self.login),
        );
        let (stop, stopped) = sync_channel(0);
        self.watching.push(stop);
        let watch = move || {
            keeper.run(&stopped);
            Ok(())
        };
        let spawned = self.managing.spawn("kafka-login".to_owned(), watch);
        spawned.map_err(|source| StartError::Spawn {
            part: "the watch over the producer's files",
            source,
        })
    }

    fn start_listener(&mut self, listener: Listener, plan: &Plan) -> Result<(), StartError> {
        let shards = self.shards.clone();
        let metrics = self.metrics.connections();
        let connections_max = plan.aeroduct.max_connections as usize;
        let listen = move || listener.run(&shards, connections_max, &metrics);
        self.serving
            .spawn("listener".to_owned(), listen)
            .map_err(|source| StartError::Spawn {
                part: "the listener",
                source,
            })
    }

    fn start_admin(
        &mut self,
        admin: Arc<Admin>,
        pages: Vec<Route>,
        server: Option<AdminServer>,
    ) -> Result<(), StartError> {
        let (controller, shutdown) = shutdown::channel();
        self.manage_controller = controller;
        self.managing
            .spawn("admin".to_owned(), move || {
                admin::run(&admin, pages, server, shutdown)
            })
            .map_err(|source| StartError::Spawn {
                part: "the management server",
                source,
            })
    }

    /// Where changes are taken, with the ports that the system chose for 0.
    pub fn service_addresses(&self) -> &[SocketAddr] {
        &self.service
    }

    /// Where the management API answers.
    pub fn manage_addresses(&self) -> &[SocketAddr] {
        &self.manage
    }

    /// The counters.
    pub const fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The failure of a part, if one comes within `limit`. The program must then end.
    pub fn failure(&self, limit: Duration) -> Option<ThreadFailure> {
        self.serving
            .failure(limit)
            .or_else(|| self.managing.failure(Duration::ZERO))
            .or_else(|| {
                let name = self.producer.dead_thread()?.to_owned();
                let fault = "it panicked".to_owned();
                Some(ThreadFailure { name, fault })
            })
    }

    /// Ends in order: nothing is accepted, nothing is read, what is in flight is answered, for
    /// at most `drain-timeout`; then what is known is answered and everything is closed.
    pub fn drain(mut self) -> Drained {
        let start = Instant::now();
        self.metrics.drain();
        self.gate.close();
        self.order(Order::Drain);
        let is_complete = self.serving.join(self.drain_timeout);
        if !is_complete {
            self.order(Order::Stop);
            self.serving.join(LEAVE_TIME);
        }
        let left = self
            .drain_timeout
            .saturating_sub(start.elapsed())
            .min(LEAVE_TIME);
        let drained = self.producer.drain(left);
        self.manage_controller.drain();
        self.watching.clear();
        self.managing.join(LEAVE_TIME);
        Drained {
            is_complete: is_complete && drained.left == 0,
            took: start.elapsed(),
        }
    }

    fn order(&self, order: Order) {
        for shard in &self.shards {
            shard.give(order);
        }
    }
}

fn window(plan: &Plan) -> Window {
    Window::new(Load {
        records: plan.service.max_concurrent_records as usize,
        bytes: usize::try_from(plan.aeroduct.max_in_flight_bytes).unwrap_or(usize::MAX),
    })
}

fn bind_manage(plan: &Plan) -> Result<Option<AdminServer>, AdminError> {
    let Some(manage) = &plan.service.manage else {
        return Ok(None);
    };
    let on_all_ports = |&ip: &IpAddr| {
        manage
            .ports
            .iter()
            .map(move |&port| SocketAddr::new(ip, port))
    };
    let addresses: Vec<_> = manage.addresses.iter().flat_map(on_all_ports).collect();
    AdminServer::bind(&addresses).map(Some)
}
