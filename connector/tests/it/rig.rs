//! One connector, one mock cluster, and a source to the byte.

use aeroduct_connector::app::App;
use aeroduct_connector::metrics::Outside;
use aeroduct_kafka::consume::Consumer;
use aeroduct_kafka::mock::MockCluster;
use aeroduct_record::{Operation, Particle};
use aeroduct_wire::encode::MessageWriter;
use aeroduct_wire::reply;
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

impl Rig {
    /// Starts with one topic, `changes`, and further lines of configuration.
    pub(crate) fn start(more: &str) -> Self {
        let cluster = MockCluster::start(1).unwrap();
        cluster.create_topic("changes", 4).unwrap();
        let text = format!(
            "service: {{ port: {port}, address: 127.0.0.1 }}\n\
             producer-props: {{ bootstrap.servers: ['{bootstrap}'] }}\n\
             format: {{ mode: flat-json, metadata-key: meta }}\n\
             routing: {{ mode: static, destination: changes }}\n{more}",
            port = free_port(),
            bootstrap = cluster.bootstrap_servers(),
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
}

/// Returns when the connector has read so many records in all.
pub(crate) fn wait_for_records(app: &App, count: u64) {
    let end = Instant::now() + LIMIT;
    let received = || {
        app.metrics()
            .snapshot(Outside::default())
            .totals
            .received_records
    };
    while received() < count {
        assert!(Instant::now() < end, "the records do not arrive");
        std::thread::yield_now();
    }
}

/// Messages of the topic.
pub(crate) fn published(cluster: &MockCluster) -> u64 {
    let bootstrap = ("bootstrap.servers".to_owned(), cluster.bootstrap_servers());
    Consumer::open(&[bootstrap], "changes", LIMIT)
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
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            held: Vec::new(),
        }
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
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
        .bin(b"text", &Particle::String(&vec![b'x'; len]))
        .finish()
        .unwrap();
    frame
}

/// The frames of many writes.
pub(crate) fn writes(numbers: std::ops::Range<u32>) -> Vec<u8> {
    numbers.flat_map(|number| write_of(number, 20)).collect()
}
