//! The parts of the demo: Kafka, the connector, the source and a reader of what arrives.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use aeroduct_connector::app::{App, StartError};
use aeroduct_kafka::consume::{ConsumeError, Consumed, Consumer};
use aeroduct_kafka::mock::{MockCluster, MockError};

use crate::connect::{self, ConnectError};
use crate::reply::{self, Code, ReplyError};

/// Where all changes go.
pub(super) const TOPIC: &str = "aerospike";
const PARTITIONS: i32 = 4;

/// How long one part waits for another.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often another free port is tried when somebody took the last one.
const PORT_ATTEMPTS: u32 = 5;

/// What the values in Kafka look like.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    Json,
    FlatJson,
}

/// Why the parts do not work together.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error("the mock Kafka cluster does not start")]
    StartKafka(#[source] MockError),
    #[error("no free port could be found")]
    FindPort(#[source] io::Error),
    #[error("the demo's own configuration is refused:\n{0}")]
    Configure(String),
    #[error("the connector does not start")]
    StartConnector(#[source] StartError),
    #[error("the source cannot reach the connector")]
    Connect(#[source] ConnectError),
    #[error("the connector did not answer")]
    Exchange(#[source] io::Error),
    #[error("what the connector answered is not a reply")]
    Reply(#[source] ReplyError),
    #[error("Kafka cannot be read")]
    Consume(#[source] ConsumeError),
}

/// The connector's configuration for this port and these brokers.
pub fn configuration(port: u16, brokers: &str, format: Format) -> String {
    let format = match format {
        Format::Json => "  mode: json",
        Format::FlatJson => "  mode: flat-json\n  metadata-key: metadata",
    };
    format!(
        "\
service:
  address: 127.0.0.1
  port: {port}                    # where the database connects
producer-props:
  bootstrap.servers:
    - {brokers}
routing:
  mode: static
  destination: {TOPIC}
format:
{format}
"
    )
}

/// All parts, running.
pub(super) struct Stage {
    kafka: MockCluster,
    configuration: String,
    connector: App,
    source: TcpStream,
    consumer: Option<Consumer>,
}

impl Stage {
    pub(super) fn start(format: Format) -> Result<Self, StageError> {
        let kafka = MockCluster::start(1).map_err(StageError::StartKafka)?;
        kafka
            .create_topic(TOPIC, PARTITIONS)
            .map_err(StageError::StartKafka)?;
        let (configuration, connector) = start_connector(&kafka, format)?;
        let source = connect::once(&address_of(&connector)).map_err(StageError::Connect)?;
        source
            .set_nodelay(true)
            .and_then(|()| source.set_read_timeout(Some(PATIENCE)))
            .map_err(StageError::Exchange)?;
        let consumer = open_consumer(&kafka).map_err(StageError::Consume)?;
        Ok(Self {
            kafka,
            configuration,
            connector,
            source,
            consumer: Some(consumer),
        })
    }

    pub(super) fn configuration(&self) -> &str {
        &self.configuration
    }

    /// Where the connector listens.
    pub(super) fn address(&self) -> String {
        address_of(&self.connector)
    }

    /// Sends one frame and waits for its reply.
    pub(super) fn send(&mut self, frame: &[u8]) -> Result<(Code, Duration), StageError> {
        let start = Instant::now();
        let mut bytes = [0; reply::LEN];
        self.source
            .write_all(frame)
            .and_then(|()| self.source.read_exact(&mut bytes))
            .map_err(StageError::Exchange)?;
        let took = start.elapsed();
        match reply::next(&bytes).map_err(StageError::Reply)? {
            Some(code) => Ok((code, took)),
            None => Err(StageError::Exchange(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// The next record that arrives in Kafka; `None` when none comes in time.
    pub(super) fn arrival(&mut self) -> Result<Option<Consumed>, StageError> {
        match &mut self.consumer {
            Some(consumer) => consumer.next(PATIENCE).map_err(StageError::Consume),
            None => Ok(None),
        }
    }

    /// Stops reading Kafka, which a load would only slow down.
    pub(super) fn stop_reading(&mut self) {
        self.consumer = None;
    }

    /// Ends the source, then the connector; returns how many records Kafka got.
    pub(super) fn end(self) -> Result<u64, StageError> {
        let Self {
            kafka,
            connector,
            source,
            ..
        } = self;
        drop(source);
        connector.drain();
        // The mock cluster keeps only the last megabytes of a partition, so what it has held counts.
        let published = open_consumer(&kafka).and_then(|consumer| consumer.count_ever(PATIENCE));
        published.map_err(StageError::Consume)
    }
}

/// Starts a connector on a free port. Between finding a port and binding it somebody else may
/// take it, so another one is tried.
fn start_connector(kafka: &MockCluster, format: Format) -> Result<(String, App), StageError> {
    let mut attempt = 1;
    loop {
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .map_err(StageError::FindPort)?
            .port();
        let text = configuration(port, &kafka.bootstrap_servers(), format);
        let plan = aeroduct_config::parse(&text, "demo.yaml")
            .map_err(|diagnostics| StageError::Configure(diagnostics.to_string()))?;
        match App::start(plan, None) {
            Ok(app) => return Ok((text, app)),
            Err(StartError::Bind(_)) if attempt < PORT_ATTEMPTS => attempt += 1,
            Err(error) => return Err(StageError::StartConnector(error)),
        }
    }
}

fn address_of(connector: &App) -> String {
    connector
        .service_addresses()
        .first()
        .map(ToString::to_string)
        .unwrap_or_default()
}

fn open_consumer(kafka: &MockCluster) -> Result<Consumer, ConsumeError> {
    let properties = [
        ("bootstrap.servers".to_owned(), kafka.bootstrap_servers()),
        // The mock cluster answers a fetch only when its time is over.
        ("fetch.wait.max.ms".to_owned(), "5".to_owned()),
    ];
    Consumer::open(&properties, TOPIC, PATIENCE)
}
