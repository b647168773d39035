//! Why a record is not published, in the log, in the metrics and in a dead letter.

use crate::metrics::{ShardMetrics, reason};
use aeroduct_kafka::Failure;
use aeroduct_outbound::PrepareError;
use aeroduct_process::logging::Throttle;
use aeroduct_record::Metadata;
use std::error::Error;

/// Limits for the lines about records that are refused: a source that repeats one mistake must not
/// fill the log.
#[derive(Debug, Default)]
pub struct Refusals {
    messages: Throttle,
    records: Throttle,
}

/// Why a record is not published.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal<'r> {
    /// The message cannot be read.
    Message(&'r (dyn Error + 'static)),
    /// Too many different topics are in use.
    Topics,
    /// The record finds no topic or key, or cannot be rendered.
    Record(&'r PrepareError),
    /// Kafka does not take it.
    Kafka(Failure),
}

/// What becomes of a record that is not published.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// It becomes a dead letter.
    Letter,
    /// It is refused for good.
    Refused,
    /// The source is to send it again, because the configuration says so.
    PutOff,
}

impl Refusals {
    /// Counts and logs a refusal.
    #[cold]
    pub(super) fn note(
        &self,
        refusal: Refusal<'_>,
        fate: Fate,
        metadata: Option<&Metadata<'_>>,
        metrics: &ShardMetrics,
    ) {
        match refusal {
            Refusal::Message(error) => {
                metrics.parse_error(1);
                if let Some(suppressed) = self.messages.admit() {
                    tracing::error!(target: "record-parser", error, suppressed, "message {}", fate.word());
                }
            }
            Refusal::Topics => {
                metrics.failed(refusal.reason(), 1);
                if let Some(suppressed) = self.records.admit() {
                    tracing::error!(target: "server", suppressed, "record {}: {}", fate.word(), refusal.words());
                }
            }
            Refusal::Record(error) => {
                metrics.failed(refusal.reason(), 1);
                if let Some(suppressed) = self.records.admit() {
                    log_record(metadata, error, suppressed, fate);
                }
            }
            // Counted and logged where Kafka's word came in.
            Refusal::Kafka(_) => {}
        }
    }
}

fn log_record(metadata: Option<&Metadata<'_>>, error: &PrepareError, suppressed: u64, fate: Fate) {
    let text =
        |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    tracing::error!(
        target: "server",
        namespace = text(metadata.map(|it| it.namespace)),
        set = text(metadata.and_then(|it| it.set)),
        digest = ?metadata.map(|it| it.digest),
        error = error as &(dyn Error + 'static),
        suppressed,
        "record {}",
        fate.word(),
    );
}

impl Refusal<'_> {
    /// Whether the source is to send the record again, because the configuration says so.
    pub(super) const fn is_temporary(&self) -> bool {
        match self {
            Self::Record(error) => error.is_temporary(),
            Self::Message(_) | Self::Topics | Self::Kafka(_) => false,
        }
    }

    /// The reason as the value of a metric's label.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Message(_) => reason::PARSE_ERROR,
            Self::Topics => reason::TOO_MANY_TOPICS,
            Self::Record(error) => error.reason().label(),
            Self::Kafka(failure) => failure.label(),
        }
    }

    /// The reason in one line.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Message(error) => chain(*error),
            Self::Topics => "too many different topics are in use; route by something with fewer \
                             values, or raise `aeroduct.max-topics`"
                .to_owned(),
            Self::Record(error) => chain(*error),
            Self::Kafka(failure) => format!("Kafka refuses the record: {failure}"),
        }
    }
}

impl Fate {
    const fn word(self) -> &'static str {
        match self {
            Self::Letter => "becomes a dead letter",
            Self::Refused => "refused for good",
            Self::PutOff => "refused for now",
        }
    }
}

fn chain(error: &dyn Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}
