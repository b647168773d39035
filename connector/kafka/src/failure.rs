//! Why a record is not known to be in Kafka, and what follows from it.

use std::fmt;

use crate::native::ErrorCode;

/// Why one record was not delivered.
///
/// Temporary failures are those that time or a person can mend; permanent ones are
/// faults of the record itself, which would come again (13.12).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[repr(u8)]
pub enum Failure {
    /// The topic does not exist.
    UnknownTopic,
    /// The topic has no such partition, or has lost it.
    UnknownPartition,
    /// The producer may not write to the topic or cluster.
    Unauthorized,
    /// The broker does not accept the producer's credentials.
    Unauthenticated,
    /// The broker's rules forbid it: quota or policy.
    Restricted,
    /// Not enough replicas, no leader, or a broker that cannot store at the moment.
    Unavailable,
    /// No broker could be reached.
    Disconnected,
    /// Kafka did not acknowledge in `message.timeout.ms`.
    TimedOut,
    /// The topic or broker does not know this message format or compression.
    Unsupported,
    /// The record's time is not one that the topic takes: the connector's clock is wrong, or, where
    /// the record brings its own time, that of the source.
    InvalidTimestamp,
    /// The librdkafka client has failed for good and is being replaced.
    Fatal,
    /// Nobody waited for the record any more when its turn came.
    Abandoned,
    /// The producer was stopped before Kafka acknowledged the record.
    ShuttingDown,
    /// The record was refused together with others of its batch, and a newer record of its
    /// key has been delivered meanwhile: sent again by itself it would come too late.
    Overtaken,
    /// Any other error; its number is in the log.
    Unexpected,
    /// The record is larger than the topic or broker takes.
    TooLarge,
    /// No topic can have this name.
    InvalidTopic,
    /// The broker judges the record invalid, or its ranges or extras are wrong.
    InvalidRecord,
    /// The broker judges the record corrupt.
    Corrupt,
}

impl Failure {
    /// Every kind of failure, in the order of the type.
    pub const ALL: [Self; 19] = [
        Self::UnknownTopic,
        Self::UnknownPartition,
        Self::Unauthorized,
        Self::Unauthenticated,
        Self::Restricted,
        Self::Unavailable,
        Self::Disconnected,
        Self::TimedOut,
        Self::Unsupported,
        Self::InvalidTimestamp,
        Self::Fatal,
        Self::Abandoned,
        Self::ShuttingDown,
        Self::Overtaken,
        Self::Unexpected,
        Self::TooLarge,
        Self::InvalidTopic,
        Self::InvalidRecord,
        Self::Corrupt,
    ];

    /// The failure's name in metrics and logs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::UnknownTopic => "unknown-topic",
            Self::UnknownPartition => "unknown-partition",
            Self::Unauthorized => "unauthorized",
            Self::Unauthenticated => "unauthenticated",
            Self::Restricted => "restricted",
            Self::Unavailable => "unavailable",
            Self::Disconnected => "disconnected",
            Self::TimedOut => "timed-out",
            Self::Unsupported => "unsupported",
            Self::InvalidTimestamp => "invalid-timestamp",
            Self::Fatal => "fatal",
            Self::Abandoned => "abandoned",
            Self::ShuttingDown => "shutting-down",
            Self::Overtaken => "overtaken",
            Self::Unexpected => "unexpected",
            Self::TooLarge => "too-large",
            Self::InvalidTopic => "invalid-topic",
            Self::InvalidRecord => "invalid-record",
            Self::Corrupt => "corrupt",
        }
    }

    /// Whether the record would fail again however often it is sent: a fault of the
    /// record itself. Everything else can be mended by time or by a person (13.12).
    pub const fn is_permanent(self) -> bool {
        match self {
            Self::TooLarge | Self::InvalidTopic | Self::InvalidRecord | Self::Corrupt => true,
            Self::UnknownTopic
            | Self::UnknownPartition
            | Self::Unauthorized
            | Self::Unauthenticated
            | Self::Restricted
            | Self::Unavailable
            | Self::Disconnected
            | Self::TimedOut
            | Self::Unsupported
            | Self::InvalidTimestamp
            | Self::Fatal
            | Self::Abandoned
            | Self::ShuttingDown
            | Self::Overtaken
            | Self::Unexpected => false,
        }
    }

    /// Whether the topic as a whole refuses records, so that its breaker opens.
    pub(crate) const fn is_refusal_by_topic(self) -> bool {
        match self {
            Self::UnknownTopic
            | Self::UnknownPartition
            | Self::Unauthorized
            | Self::Unsupported
            | Self::InvalidTopic => true,
            Self::Unauthenticated
            | Self::Restricted
            | Self::Unavailable
            | Self::Disconnected
            | Self::TimedOut
            | Self::InvalidTimestamp
            | Self::Fatal
            | Self::Abandoned
            | Self::ShuttingDown
            | Self::Overtaken
            | Self::Unexpected
            | Self::TooLarge
            | Self::InvalidRecord
            | Self::Corrupt => false,
        }
    }

    /// Whether one record may have spoilt the whole batch: the broker judges a batch
    /// as one.
    pub(crate) const fn may_be_a_neighbours(self) -> bool {
        match self {
            Self::InvalidTimestamp | Self::TooLarge | Self::InvalidRecord | Self::Corrupt => true,
            Self::InvalidTopic
            | Self::UnknownTopic
            | Self::UnknownPartition
            | Self::Unauthorized
            | Self::Unauthenticated
            | Self::Restricted
            | Self::Unavailable
            | Self::Disconnected
            | Self::TimedOut
            | Self::Unsupported
            | Self::Fatal
            | Self::Abandoned
            | Self::ShuttingDown
            | Self::Overtaken
            | Self::Unexpected => false,
        }
    }

    /// The failure's place in [`Failure::ALL`].
    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.label())
    }
}

impl From<ErrorCode> for Failure {
    /// The one place that says what an error of librdkafka or of a broker means.
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::UNKNOWN_TOPIC
            | ErrorCode::UNKNOWN_TOPIC_OR_PART
            | ErrorCode::UNKNOWN_TOPIC_ID => Self::UnknownTopic,
            ErrorCode::UNKNOWN_PARTITION => Self::UnknownPartition,
            ErrorCode::TOPIC_AUTHORIZATION_FAILED
            | ErrorCode::CLUSTER_AUTHORIZATION_FAILED
            | ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED => Self::Unauthorized,
            ErrorCode::AUTHENTICATION
            | ErrorCode::SSL
            | ErrorCode::SASL_AUTHENTICATION_FAILED
            | ErrorCode::UNSUPPORTED_SASL_MECHANISM
            | ErrorCode::ILLEGAL_SASL_STATE => Self::Unauthenticated,
            ErrorCode::THROTTLING_QUOTA_EXCEEDED | ErrorCode::POLICY_VIOLATION => Self::Restricted,
            ErrorCode::NOT_ENOUGH_REPLICAS
            | ErrorCode::NOT_ENOUGH_REPLICAS_AFTER_APPEND
            | ErrorCode::LEADER_NOT_AVAILABLE
            | ErrorCode::NOT_LEADER_FOR_PARTITION
            | ErrorCode::BROKER_NOT_AVAILABLE
            | ErrorCode::REPLICA_NOT_AVAILABLE
            | ErrorCode::COORDINATOR_NOT_AVAILABLE
            | ErrorCode::COORDINATOR_LOAD_IN_PROGRESS
            | ErrorCode::NOT_COORDINATOR
            | ErrorCode::KAFKA_STORAGE_ERROR
            | ErrorCode::FENCED_LEADER_EPOCH
            | ErrorCode::UNKNOWN_LEADER_EPOCH
            | ErrorCode::ISR_INSUFFICIENT => Self::Unavailable,
            ErrorCode::TRANSPORT
            | ErrorCode::RESOLVE
            | ErrorCode::ALL_BROKERS_DOWN
            | ErrorCode::NETWORK_EXCEPTION
            | ErrorCode::WAIT_CACHE => Self::Disconnected,
            ErrorCode::MESSAGE_TIMED_OUT
            | ErrorCode::TIMED_OUT
            | ErrorCode::TIMED_OUT_QUEUE
            | ErrorCode::REQUEST_TIMED_OUT => Self::TimedOut,
            ErrorCode::UNSUPPORTED_FOR_MESSAGE_FORMAT
            | ErrorCode::UNSUPPORTED_COMPRESSION_TYPE
            | ErrorCode::UNSUPPORTED_VERSION
            | ErrorCode::UNSUPPORTED_FEATURE => Self::Unsupported,
            ErrorCode::FATAL
            | ErrorCode::PURGE_QUEUE
            | ErrorCode::PURGE_INFLIGHT
            | ErrorCode::FENCED
            | ErrorCode::OUT_OF_ORDER_SEQUENCE_NUMBER
            | ErrorCode::INVALID_PRODUCER_EPOCH
            | ErrorCode::UNKNOWN_PRODUCER_ID => Self::Fatal,
            ErrorCode::DESTROY => Self::ShuttingDown,
            ErrorCode::MSG_SIZE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE => Self::TooLarge,
            ErrorCode::TOPIC_EXCEPTION => Self::InvalidTopic,
            ErrorCode::INVALID_TIMESTAMP => Self::InvalidTimestamp,
            ErrorCode::INVALID_RECORD | ErrorCode::INVALID_MSG_SIZE => Self::InvalidRecord,
            ErrorCode::INVALID_MSG => Self::Corrupt,
            _ => Self::Unexpected,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_list_holds_every_kind_once_at_its_own_place() {
        for (place, failure) in Failure::ALL.into_iter().enumerate() {
            assert_eq!(failure.index(), place, "{failure}");
        }
        let labels: HashSet<_> = Failure::ALL.map(Failure::label).into();
        assert_eq!(labels.len(), Failure::ALL.len());
    }

    #[test]
    fn only_faults_of_the_record_itself_are_permanent() {
        let permanent = [
            ErrorCode::MSG_SIZE_TOO_LARGE,
            ErrorCode::RECORD_LIST_TOO_LARGE,
            ErrorCode::TOPIC_EXCEPTION,
            ErrorCode::INVALID_RECORD,
            ErrorCode::INVALID_MSG,
        ];
        for code in permanent {
            assert!(Failure::from(code).is_permanent(), "{code:?}");
        }
        let temporary = [
            ErrorCode::UNKNOWN_TOPIC_OR_PART,
            ErrorCode::TOPIC_AUTHORIZATION_FAILED,
            ErrorCode::THROTTLING_QUOTA_EXCEEDED,
            ErrorCode::NOT_ENOUGH_REPLICAS,
            ErrorCode::MESSAGE_TIMED_OUT,
            ErrorCode::TRANSPORT,
            ErrorCode::INVALID_TIMESTAMP,
            // The broker's response cannot be read, so nobody knows.
            ErrorCode::BAD_MESSAGE,
            ErrorCode::INVALID_DIFFERENT_RECORD,
            ErrorCode::FATAL,
            ErrorCode(9999),
            ErrorCode(-9999),
        ];
        for code in temporary {
            assert!(!Failure::from(code).is_permanent(), "{code:?}");
        }
    }

    #[test]
    fn what_the_whole_topic_refuses_is_never_blamed_on_a_neighbour() {
        for failure in Failure::ALL {
            assert!(
                !(failure.is_refusal_by_topic() && failure.may_be_a_neighbours()),
                "{failure}"
            );
        }
    }
}
