//! Error numbers of librdkafka and of brokers.

use rdkafka_sys::rd_kafka_resp_err_t as Native;

/// An error number. Not the generated enum: a broker newer than this program may send
/// numbers which that enum does not have.
///
/// Numbers below zero are librdkafka's own, the others are the Kafka protocol's.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct ErrorCode(pub i32);

impl ErrorCode {
    pub const BAD_MESSAGE: Self = Self(Native::RD_KAFKA_RESP_ERR__BAD_MSG as i32);
    pub const BAD_COMPRESSION: Self = Self(Native::RD_KAFKA_RESP_ERR__BAD_COMPRESSION as i32);
    /// Another record of the batch was refused, and this one with it.
    pub const INVALID_DIFFERENT_RECORD: Self =
        Self(Native::RD_KAFKA_RESP_ERR__INVALID_DIFFERENT_RECORD as i32);
    pub const DESTROY: Self = Self(Native::RD_KAFKA_RESP_ERR__DESTROY as i32);
    pub const TRANSPORT: Self = Self(Native::RD_KAFKA_RESP_ERR__TRANSPORT as i32);
    pub const RESOLVE: Self = Self(Native::RD_KAFKA_RESP_ERR__RESOLVE as i32);
    pub const MESSAGE_TIMED_OUT: Self = Self(Native::RD_KAFKA_RESP_ERR__MSG_TIMED_OUT as i32);
    pub const UNKNOWN_PARTITION: Self = Self(Native::RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION as i32);
    pub const UNKNOWN_TOPIC: Self = Self(Native::RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC as i32);
    pub const ALL_BROKERS_DOWN: Self = Self(Native::RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN as i32);
    pub const TIMED_OUT: Self = Self(Native::RD_KAFKA_RESP_ERR__TIMED_OUT as i32);
    pub const QUEUE_FULL: Self = Self(Native::RD_KAFKA_RESP_ERR__QUEUE_FULL as i32);
    pub const ISR_INSUFFICIENT: Self = Self(Native::RD_KAFKA_RESP_ERR__ISR_INSUFF as i32);
    pub const SSL: Self = Self(Native::RD_KAFKA_RESP_ERR__SSL as i32);
    pub const AUTHENTICATION: Self = Self(Native::RD_KAFKA_RESP_ERR__AUTHENTICATION as i32);
    pub const TIMED_OUT_QUEUE: Self = Self(Native::RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE as i32);
    pub const UNSUPPORTED_FEATURE: Self =
        Self(Native::RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE as i32);
    pub const WAIT_CACHE: Self = Self(Native::RD_KAFKA_RESP_ERR__WAIT_CACHE as i32);
    pub const PURGE_QUEUE: Self = Self(Native::RD_KAFKA_RESP_ERR__PURGE_QUEUE as i32);
    pub const PURGE_INFLIGHT: Self = Self(Native::RD_KAFKA_RESP_ERR__PURGE_INFLIGHT as i32);
    pub const FATAL: Self = Self(Native::RD_KAFKA_RESP_ERR__FATAL as i32);
    pub const FENCED: Self = Self(Native::RD_KAFKA_RESP_ERR__FENCED as i32);
    pub const NONE: Self = Self(Native::RD_KAFKA_RESP_ERR_NO_ERROR as i32);
    pub const INVALID_MSG: Self = Self(Native::RD_KAFKA_RESP_ERR_INVALID_MSG as i32);
    pub const UNKNOWN_TOPIC_OR_PART: Self =
        Self(Native::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART as i32);
    pub const INVALID_MSG_SIZE: Self = Self(Native::RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE as i32);
    pub const LEADER_NOT_AVAILABLE: Self =
        Self(Native::RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE as i32);
    pub const NOT_LEADER_FOR_PARTITION: Self =
        Self(Native::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION as i32);
    pub const REQUEST_TIMED_OUT: Self = Self(Native::RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT as i32);
    pub const BROKER_NOT_AVAILABLE: Self =
        Self(Native::RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE as i32);
    pub const REPLICA_NOT_AVAILABLE: Self =
        Self(Native::RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE as i32);
    pub const MSG_SIZE_TOO_LARGE: Self = Self(Native::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE as i32);
    pub const NETWORK_EXCEPTION: Self = Self(Native::RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION as i32);
    pub const COORDINATOR_LOAD_IN_PROGRESS: Self =
        Self(Native::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS as i32);
    pub const COORDINATOR_NOT_AVAILABLE: Self =
        Self(Native::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE as i32);
    pub const NOT_COORDINATOR: Self = Self(Native::RD_KAFKA_RESP_ERR_NOT_COORDINATOR as i32);
    pub const TOPIC_EXCEPTION: Self = Self(Native::RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION as i32);
    pub const RECORD_LIST_TOO_LARGE: Self =
        Self(Native::RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE as i32);
    pub const NOT_ENOUGH_REPLICAS: Self =
        Self(Native::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS as i32);
    pub const NOT_ENOUGH_REPLICAS_AFTER_APPEND: Self =
        Self(Native::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND as i32);
    pub const TOPIC_AUTHORIZATION_FAILED: Self =
        Self(Native::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED as i32);
    pub const CLUSTER_AUTHORIZATION_FAILED: Self =
        Self(Native::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED as i32);
    pub const INVALID_TIMESTAMP: Self = Self(Native::RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP as i32);
    pub const UNSUPPORTED_SASL_MECHANISM: Self =
        Self(Native::RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM as i32);
    pub const ILLEGAL_SASL_STATE: Self = Self(Native::RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE as i32);
    pub const UNSUPPORTED_VERSION: Self =
        Self(Native::RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION as i32);
    pub const UNSUPPORTED_FOR_MESSAGE_FORMAT: Self =
        Self(Native::RD_KAFKA_RESP_ERR_UNSUPPORTED_FOR_MESSAGE_FORMAT as i32);
    pub const POLICY_VIOLATION: Self = Self(Native::RD_KAFKA_RESP_ERR_POLICY_VIOLATION as i32);
    pub const OUT_OF_ORDER_SEQUENCE_NUMBER: Self =
        Self(Native::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER as i32);
    pub const INVALID_PRODUCER_EPOCH: Self =
        Self(Native::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH as i32);
    pub const TRANSACTIONAL_ID_AUTHORIZATION_FAILED: Self =
        Self(Native::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED as i32);
    pub const KAFKA_STORAGE_ERROR: Self =
        Self(Native::RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR as i32);
    pub const SASL_AUTHENTICATION_FAILED: Self =
        Self(Native::RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED as i32);
    pub const UNKNOWN_PRODUCER_ID: Self =
        Self(Native::RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID as i32);
    pub const FENCED_LEADER_EPOCH: Self =
        Self(Native::RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH as i32);
    pub const UNKNOWN_LEADER_EPOCH: Self =
        Self(Native::RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH as i32);
    pub const UNSUPPORTED_COMPRESSION_TYPE: Self =
        Self(Native::RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE as i32);
    pub const INVALID_RECORD: Self = Self(Native::RD_KAFKA_RESP_ERR_INVALID_RECORD as i32);
    pub const THROTTLING_QUOTA_EXCEEDED: Self =
        Self(Native::RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED as i32);
    pub const UNKNOWN_TOPIC_ID: Self = Self(Native::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_ID as i32);
}

impl ErrorCode {
    /// Whether this is an error at all.
    pub fn is_error(self) -> bool {
        self != Self::NONE
    }
}
