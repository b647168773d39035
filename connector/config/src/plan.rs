//! A checked configuration with its defaults filled in.
//!
//! Nothing in a plan can be wrong any more: topics are legal, regular expressions are compiled,
//! numbers are within their bounds. Whoever holds one does not check it again.

use std::{fmt, net::IpAddr, path::PathBuf, time::Duration};

use crate::{
    avro::AvroSchema,
    config::{Level, LogFormat},
    diagnostic::Diagnostics,
    files::Files,
    note::Note,
    resolve::ProducerSource,
};

pub use crate::producer::{
    AwsKeys, AwsRole, ClientCredentials, MskIamPlan, OAuthBearerPlan, Partitioner, ProducerChange,
    ProducerPlan, SaslPlan, TokenOrigin,
};
pub use bins::{BinNameError, BinTransforms, Selection};
pub use key::{BatchKey, Key, Otherwise, RecordKey};
pub use outbound::{
    BatchLimits, Batching, Block, Items, NamespaceBlock, OutboundPlan, RecordOrdering, Rules,
};
pub use topic::{InvalidTopicName, TopicName, is_legal_topic};
pub use transforms::{TransformError, TransformStep, Transforms};

mod bins;
mod key;
mod memory;
mod outbound;
mod topic;
mod transforms;

/// Everything the connector runs on.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the connector listens, and what bounds its work.
    pub service: ServicePlan,
    /// The Kafka producer.
    pub producer: ProducerPlan,
    /// What becomes of records.
    pub outbound: OutboundPlan,
    /// What is logged, and where.
    pub logging: LoggingPlan,
    /// The settings that only this connector has.
    pub aeroduct: AeroductPlan,
    /// The file for the start banner: its keys and values, secrets left blank, without comments.
    pub text: String,
    /// What is accepted and yet worth a word, in the order of the file.
    pub warnings: Vec<Warning>,
    /// What the vendor's connector does otherwise of what the file uses, in the order of the file. What
    /// holds for every file is left out, and so is what a warning says already.
    pub differences: Vec<Note>,
    /// All files that the configuration names and that were asked for, be they there or not.
    pub files: Vec<PathBuf>,
    /// What `producer` was made of.
    pub(crate) source: ProducerSource,
}

impl Plan {
    /// Makes the producer's part of the plan again of what `files` hold now, since one of
    /// [`ProducerPlan::files`] has changed. What is different then, [`ProducerPlan::change_to`] tells.
    ///
    /// # Errors
    /// All that is wrong with the values now.
    pub fn producer_again(&self, files: &dyn Files) -> Result<ProducerPlan, Diagnostics> {
        self.source.plan(files)
    }
}

/// Something in the file that is accepted, though it hardly does what its author expects.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Warning {
    /// The key it is about, such as `service.worker-threads`.
    pub path: String,
    /// What to know about it.
    pub message: String,
}

/// `PATH: MESSAGE`.
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, message } = self;
        write!(f, "{path}: {message}")
    }
}

/// The `service` section, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ServicePlan {
    /// How changes arrive.
    pub protocol: Protocol,
    /// Addresses to bind, each with every port.
    pub addresses: Vec<IpAddr>,
    /// Ports to listen on for changes, at least one.
    pub ports: Vec<u16>,
    /// Threads that read, format and answer, at least one.
    pub io_threads: usize,
    /// Records of the process that may be without an answer at one time.
    pub max_concurrent_records: u32,
    /// Label that groups the metrics of the instances of one installation.
    pub cluster_name: String,
    /// Bytes that one read of a connection asks for; `None` leaves them to the reader.
    pub socket_receive_buffer_bytes: Option<u32>,
    /// Whether the replies of several records may go out in one write.
    pub ack_buffering: bool,
    /// The management endpoint, where one was asked for.
    pub manage: Option<ManagePlan>,
}

/// How changes arrive.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protocol {
    /// The connector protocol of servers from 5.0 on.
    Tcp,
    /// HTTP POST, in either version of the protocol (13.10).
    Http {
        /// Streams that one HTTP/2 connection may have open, at least one.
        streams_max: u32,
    },
}

/// The `service.manage` section, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ManagePlan {
    /// Addresses to bind, each with every port.
    pub addresses: Vec<IpAddr>,
    /// Ports of the management endpoint, at least one.
    pub ports: Vec<u16>,
}

/// How a record finds its topic.
#[derive(Clone, Debug)]
pub enum Routing {
    /// Always this topic.
    Static(TopicName),
    /// Nothing is published; the source is told "success".
    Skip,
    /// The namespace's name.
    Namespace(NameRoute),
    /// The set's name.
    Set(NameRoute),
    /// The value of a bin.
    Bin {
        /// Name of the bin.
        bin: String,
        /// What becomes of its value.
        route: NameRoute,
    },
    /// What the path of the HTTP request says after the listener's own (13.17).
    Path(NameRoute),
}

impl Routing {
    /// The topic that it names itself: the one there is, or the one for records that bring none.
    pub const fn named_topic(&self) -> Option<&TopicName> {
        match self {
            Self::Static(topic) => Some(topic),
            Self::Skip => None,
            Self::Namespace(route)
            | Self::Set(route)
            | Self::Bin { route, .. }
            | Self::Path(route) => route.default.as_ref(),
        }
    }
}

/// How a name that a record brings becomes a topic.
#[derive(Clone, Debug, Default)]
pub struct NameRoute {
    /// Taken, as it stands, where the record brings no name or one that is no legal topic.
    pub default: Option<TopicName>,
    /// Applied to the name the record brings.
    pub transforms: Transforms,
}

/// How a record is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Format {
    /// One JSON object with metadata, and bins with their types.
    Json {
        /// Whether numeric keys of maps become text; otherwise they fail the record.
        stringify_map_keys: bool,
    },
    /// One JSON object with every bin as a member, and the metadata under a key of its own.
    FlatJson {
        /// Member that holds the metadata.
        metadata_key: String,
        /// Whether numeric keys of maps become text; otherwise they fail the record.
        stringify_map_keys: bool,
    },
    /// Avro, bare: a map or a record with metadata and bins (4.6).
    Avro {
        /// What a value is written as.
        schema: AvroSchema,
        /// Whether numeric keys of maps become text; otherwise they fail the record.
        stringify_map_keys: bool,
    },
    /// One MessagePack array with the version of the format, the kind of the change, and the change.
    MessagePack,
    /// The message as it was received, its frame header included, and inflated where it came
    /// compressed (13.20).
    Xdr,
}

/// The `logging` section, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoggingPlan {
    /// File to log to, rotated daily.
    pub file: Option<PathBuf>,
    /// Whether to log to the console; always so without a file.
    pub console: bool,
    /// Rotated files to keep.
    pub max_history: u32,
    /// Level of each logger named, `root` included, in the order of their names.
    pub levels: Vec<(String, Level)>,
    /// Time between two dumps of the metrics; `None` means never.
    pub ticker_interval: Option<Duration>,
    /// Shape of a line.
    pub format: LogFormat,
}

/// The `aeroduct` section, checked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AeroductPlan {
    /// Age at which a record without a delivery report is answered "temporary error".
    pub reply_deadline: Duration,
    /// Time for finishing what is in flight at shutdown.
    pub drain_timeout: Duration,
    /// Bytes of the process that may be in flight; reading stops there.
    pub max_in_flight_bytes: u64,
    /// Whether the file leaves them to the program, so that [`Plan::fit_into`] may lower
    /// them.
    pub is_in_flight_open: bool,
    /// Bytes of the largest frame accepted.
    pub max_frame_bytes: u64,
    /// Connections open at one time.
    pub max_connections: u32,
    /// Age, give or take a tenth, at which a connection is closed when nothing is in flight on it;
    /// `None` means never.
    pub max_connection_age: Option<Duration>,
    /// Time without data and with nothing in flight after which a connection is closed; `None`
    /// means never.
    pub idle_timeout: Option<Duration>,
    /// Where records go that would be refused for good; `None` means nowhere.
    pub dead_letter: Option<TopicName>,
    /// What goes into the headers of a message.
    pub headers: Headers,
    /// What the timestamp of a message is.
    pub timestamp: Timestamp,
    /// Distinct topics that records may bring about, at least one. Topics that the file itself names do
    /// not count.
    pub max_topics: u32,
}

/// What goes into the headers of a message.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Headers {
    /// Nothing.
    #[default]
    None,
    /// Namespace, set, digest, generation and time of the last update.
    Metadata,
}

/// What the timestamp of a message is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Timestamp {
    /// The producer's clock when it takes the message.
    #[default]
    Produce,
    /// The record's last update; the producer's clock where the source does not ship it.
    LastUpdate,
}
