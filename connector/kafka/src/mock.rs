//! A mock Kafka cluster on loopback, for the demo, tests and benches.
//!
//! librdkafka's own: it keeps records in memory, without replication, and can be told to
//! misbehave.

use std::ffi::CString;
use std::time::Duration;

use crate::native::{Client, CreateError, NativeMock, Role};

pub use crate::native::ErrorCode;

/// Stands for every broker of the cluster.
const ALL_BROKERS: i32 = -1;

/// Why a mock cluster does not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum MockError {
    /// librdkafka cannot make the cluster.
    #[error("the mock cluster cannot be started: {reason}")]
    Start {
        /// librdkafka's words.
        reason: String,
    },
    /// The cluster refuses.
    #[error("the mock cluster refuses to {action}: error {}", .code.0)]
    Refuse {
        /// What was asked.
        action: &'static str,
        /// The cluster's word.
        code: ErrorCode,
    },
}

/// The kinds of request that can be counted or made to fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(i16)]
pub enum Api {
    /// Records are written.
    Produce = 0,
    /// Records are read.
    Fetch = 1,
    /// Topics and brokers are asked for.
    Metadata = 3,
    /// An idempotent producer asks for its identity.
    InitProducerId = 22,
}

/// A mock Kafka cluster; gone when dropped. Topics that are asked for and not there are
/// made with four partitions.
#[derive(Debug)]
pub struct MockCluster(NativeMock);

impl MockCluster {
    /// Starts that many brokers on free ports of the loopback interface.
    pub fn start(brokers: i32) -> Result<Self, MockError> {
        let refuse = |reason: String| MockError::Start { reason };
        // The client that carries the cluster connects to nothing itself.
        let carrier =
            Client::create(Role::Producer, [("client.id", "mock-cluster")]).map_err(|error| {
                match error {
                    CreateError::Property { reason, .. } | CreateError::Client { reason } => {
                        refuse(reason)
                    }
                }
            })?;
        let native = NativeMock::start(carrier, brokers);
        native
            .map(Self)
            .ok_or_else(|| refuse(format!("{brokers} brokers do not start")))
    }

    /// What to connect to: `host:port`, separated by commas.
    pub fn bootstrap_servers(&self) -> String {
        self.0.bootstrap_servers()
    }

    /// Makes a topic.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> Result<(), MockError> {
        let action = "create a topic";
        done(
            action,
            self.0.create_topic(&name(action, topic)?, partitions),
        )
    }

    /// Lets metadata say this about a topic from now on; [`ErrorCode::NONE`] ends it.
    pub fn set_topic_error(&self, topic: &str, code: ErrorCode) -> Result<(), MockError> {
        let action = "give a topic an error";
        let is_known = self.0.set_topic_error(&name(action, topic)?, code);
        if is_known {
            Ok(())
        } else {
            Err(MockError::Refuse { action, code })
        }
    }

    /// Answers the next requests of a kind with these errors, one each. The error
    /// [`ErrorCode::TRANSPORT`] closes the connection instead.
    pub fn push_errors(&self, api: Api, codes: &[ErrorCode]) {
        self.0.push_errors(api as i16, codes);
    }

    /// Moves a partition to another broker; brokers count from 1.
    pub fn move_leader(&self, topic: &str, partition: i32, broker: i32) -> Result<(), MockError> {
        let action = "move a partition";
        done(
            action,
            self.0.set_leader(&name(action, topic)?, partition, broker),
        )
    }

    /// Closes all connections of all brokers and accepts none.
    pub fn set_down(&self) -> Result<(), MockError> {
        done("go down", self.0.set_down(ALL_BROKERS))
    }

    /// Accepts connections again.
    pub fn set_up(&self) -> Result<(), MockError> {
        done("come up", self.0.set_up(ALL_BROKERS))
    }

    /// As [`MockCluster::set_down`], for one broker; brokers count from 1.
    pub fn set_broker_down(&self, broker: i32) -> Result<(), MockError> {
        done("take a broker down", self.0.set_down(broker))
    }

    /// As [`MockCluster::set_up`], for one broker.
    pub fn set_broker_up(&self, broker: i32) -> Result<(), MockError> {
        done("bring a broker up", self.0.set_up(broker))
    }

    /// Delays every answer.
    pub fn set_round_trip(&self, delay: Duration) -> Result<(), MockError> {
        let delay_ms = i32::try_from(delay.as_millis()).unwrap_or(i32::MAX);
        done("be slow", self.0.set_round_trip(ALL_BROKERS, delay_ms))
    }

    /// Starts to remember requests for [`MockCluster::count_requests`].
    pub fn track_requests(&self) {
        self.0.track_requests();
    }

    /// How many requests of a kind were remembered; forgets all kinds.
    pub fn count_requests(&self, api: Api) -> usize {
        self.0.count_requests(api as i16)
    }
}

fn name(action: &'static str, topic: &str) -> Result<CString, MockError> {
    CString::new(topic).map_err(|_| MockError::Refuse {
        action,
        code: ErrorCode::TOPIC_EXCEPTION,
    })
}

fn done(action: &'static str, code: ErrorCode) -> Result<(), MockError> {
    if code.is_error() {
        Err(MockError::Refuse { action, code })
    } else {
        Ok(())
    }
}
