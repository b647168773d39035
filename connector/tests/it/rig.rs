//! One connector, one mock cluster, and a source to the byte.

use aeroduct_connector::app::App;
use aeroduct_connector::metrics::{Outside, Totals};
use aeroduct_kafka::consume::Consumer;
use aeroduct_kafka::mock::MockCluster;
use aeroduct_record::{Operation, Particle};
use aeroduct_wire::encode::MessageWriter;
use aeroduct_wire::reply;
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Longest wait of a test. A start of the whole process takes a few milliseconds.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// The answers of the protocol.
pub(crate) const SUCCESS: u8 = 0;
pub(crate) const TEMPORARY: u8 = 11;
pub(crate) const PERMANENT: u8 = 4;

/// A running connector and the cluster that it publishes to.
pub(crate) struct Rig {
    pub(crate) cluster: MockCluster,
    pub(crate) app: App,
}

/// What a test wants to be different.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup<'s> {
    /// Partitions of the topic `changes`.
    pub(crate) partitions: i32,
    pub(crate) records_max: u32,
    /// A further item of the block `service`.
    pub(crate) service: &'s str,
    /// The content of the block `routing`.
    pub(crate) routing: &'s str,
    /// Further lines of configuration.
    pub(crate) more: &'s str,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self {
            partitions: 4,
            records_max: 32_768,
            service: "protocol: TCP",
            routing: "mode: static, destination: changes",
            more: "",
        }
    }
}

impl Rig {
    /// Starts with one topic, `changes`, and further lines of configuration.
    pub(crate) fn start(more: &str) -> Self {
        Self::with(&Setup {
            more,
            ..Setup::default()
        })
    }

    /// Starts as a test wants it.
    pub(crate) fn with(setup: &Setup<'_>) -> Self {
        let cluster = MockCluster::start(1).unwrap();
        cluster.create_topic("changes", setup.partitions).unwrap();
        let text = format!(
            "service: {{ port: {port}, address: 127.0.0.1, max-concurrent-records: {records}, {service} }}\n\
             producer-props: {{ bootstrap.servers: ['{bootstrap}'] }}\n\
             format: {{ mode: flat-json, metadata-key: meta }}\n\
             routing: {{ {routing} }}\n{more}",
            port = free_port(),
            records = setup.records_max,
            service = setup.service,
            bootstrap = cluster.bootstrap_servers(),
            routing = setup.routing,
            more = setup.more,
        );
        let plan =
            aeroduct_config::parse(&text, "test").unwrap_or_else(|errors| panic!("{errors}"));
        Self {
            cluster,
            app: App::start(plan, None).unwrap(),
        }
    }

    pub(crate) fn source(&self) -> Source {
        Source::connect(self.app.service_addresses()[0])
    }

    /// A source whose side of the connection holds little that the other side has not taken.
    pub(crate) fn tight_source(&self) -> Source {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        socket.set_send_buffer_size(64 << 10).unwrap();
        socket
            .connect(&self.app.service_addresses()[0].into())
            .unwrap();
        Source::over(socket.into())
    }

    /// What the connector has counted so far.
    pub(crate) fn totals(&self) -> Totals {
        totals(&self.app)
    }
}

fn totals(app: &App) -> Totals {
    app.metrics().snapshot(Outside::default()).totals
}

/// Returns when `is_so`, and fails when that takes too long.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < end, "{what}: not within {LIMIT:?}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// Returns when the connector has read so many records in all.
pub(crate) fn wait_for_records(app: &App, count: u64) {
    eventually("the records arrive", || {
        totals(app).received_records >= count
    });
}

/// Messages of the topic `changes`.
pub(crate) fn published(cluster: &MockCluster) -> u64 {
    published_to(cluster, "changes")
}

/// Messages of a topic.
pub(crate) fn published_to(cluster: &MockCluster, topic: &str) -> u64 {
    let bootstrap = ("bootstrap.servers".to_owned(), cluster.bootstrap_servers());
    Consumer::open(&[bootstrap], topic, LIMIT)
        .unwrap()
        .count(LIMIT)
        .unwrap()
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A peer that does exactly what a test says.
pub(crate) struct Source {
    pub(crate) stream: TcpStream,
    held: Vec<u8>,
}

impl Source {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).unwrap())
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            held: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends until all is sent, or until nothing was taken for as long as `patience`, or the connector
    /// has closed; how many bytes went.
    pub(crate) fn stuff(&mut self, bytes: &[u8], patience: Duration) -> usize {
        self.stream.set_write_timeout(Some(patience)).unwrap();
        let mut sent = 0;
        while sent < bytes.len() {
            match self.stream.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if is_end(error.kind()) => break,
                Err(error) => panic!("after {sent} bytes: {error}"),
            }
        }
        sent
    }

    /// Ends the connection in both directions at once, as the end of a process does.
    pub(crate) fn reset(self) {
        SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
    }

    /// The codes of the next replies.
    pub(crate) fn replies(&mut self, count: usize) -> Vec<u8> {
        self.replies_within(count, LIMIT)
            .unwrap_or_else(|codes| panic!("{count} replies expected, these came: {codes:?}"))
    }

    /// The codes of the next replies, or those that came in time.
    pub(crate) fn replies_within(
        &mut self,
        count: usize,
        limit: Duration,
    ) -> Result<Vec<u8>, Vec<u8>> {
        let end = Instant::now() + limit;
        let mut codes = Vec::new();
        loop {
            while codes.len() < count && self.held.len() >= reply::LEN {
                let rest = self.held.split_off(reply::LEN);
                codes.push(self.held[13]);
                self.held = rest;
            }
            if codes.len() == count {
                return Ok(codes);
            }
            match self.read(end.saturating_duration_since(Instant::now())) {
                Some(0) | None => return Err(codes),
                Some(_) => {}
            }
        }
    }

    /// True when the connector closes the connection, without a further byte.
    pub(crate) fn is_closed(&mut self) -> bool {
        assert!(self.held.is_empty(), "unexpected bytes: {:?}", self.held);
        self.read(LIMIT) == Some(0)
    }

    /// True when nothing comes and the connection stays.
    pub(crate) fn is_silent(&mut self, limit: Duration) -> bool {
        self.held.is_empty() && self.read(limit).is_none()
    }

    fn read(&mut self, limit: Duration) -> Option<usize> {
        let limit = limit.max(Duration::from_millis(1));
        self.stream.set_read_timeout(Some(limit)).unwrap();
        let mut chunk = [0; 4096];
        match self.stream.read(&mut chunk) {
            Ok(count) => {
                self.held.extend_from_slice(&chunk[..count]);
                Some(count)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                None
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => Some(0),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The frame of one write of record `number`, with a string bin of `len` bytes.
pub(crate) fn write_of(number: u32, len: usize) -> Vec<u8> {
    write_with(number, &vec![b'x'; len])
}

/// The frame of one write of record `number`, with a string bin `text`.
pub(crate) fn write_with(number: u32, text: &[u8]) -> Vec<u8> {
    let mut digest = [0; 20];
    digest[..4].copy_from_slice(&number.to_be_bytes());
    let mut frame = Vec::new();
    MessageWriter::new(&mut frame, Operation::Write { whole_record: true })
        .generation(1)
        .namespace(b"test")
        .digest(&digest)
        .set(b"it")
        .bins()
        .bin(b"number", &Particle::Integer(number.into()))
        .bin(b"text", &Particle::String(text))
        .finish()
        .unwrap();
    frame
}

/// The frames of many writes.
pub(crate) fn writes(numbers: std::ops::Range<u32>) -> Vec<u8> {
    numbers.flat_map(|number| write_of(number, 20)).collect()
}

fn is_end(kind: ErrorKind) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionReset, WouldBlock};
    matches!(kind, WouldBlock | BrokenPipe | ConnectionReset)
}
