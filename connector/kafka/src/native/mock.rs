//! librdkafka's mock cluster.
#![expect(unsafe_code, reason = "librdkafka has a C interface only")]

use std::ffi::CString;
use std::ptr::NonNull;

use rdkafka_sys as sys;

use super::client::text_at;
use super::{Client, ErrorCode};

/// A mock cluster and the client that carries it.
#[derive(Debug)]
pub(crate) struct NativeMock {
    native: NonNull<sys::rd_kafka_mock_cluster_t>,
    _carrier: Client,
}

// SAFETY: the functions used here send a message to the cluster's own thread or take its
// lock; none is bound to the thread that made the cluster.
unsafe impl Send for NativeMock {}
// SAFETY: as above.
unsafe impl Sync for NativeMock {}

impl NativeMock {
    /// Starts that many brokers on loopback. `None` when librdkafka cannot.
    pub(crate) fn start(carrier: Client, brokers: i32) -> Option<Self> {
        // SAFETY: the client is alive and is kept as long as the cluster.
        let native = unsafe { sys::rd_kafka_mock_cluster_new(carrier.as_ptr(), brokers) };
        Some(Self {
            native: NonNull::new(native)?,
            _carrier: carrier,
        })
    }

    pub(crate) fn bootstrap_servers(&self) -> String {
        // SAFETY: the text lives and is unchanged as long as the cluster.
        unsafe { text_at(sys::rd_kafka_mock_cluster_bootstraps(self.native.as_ptr())) }
    }

    pub(crate) fn create_topic(&self, topic: &CString, partitions: i32) -> ErrorCode {
        // SAFETY: the cluster is alive, the text ends with a zero byte and is copied.
        ErrorCode(unsafe {
            sys::rd_kafka_mock_topic_create(self.native.as_ptr(), topic.as_ptr(), partitions, 1)
        } as i32)
    }

    /// Sets what metadata requests say about the topic.
    pub(crate) fn set_topic_error(&self, topic: &CString, code: ErrorCode) -> bool {
        let Ok(code) = sys::rd_kafka_resp_err_t::try_from(code.0) else {
            return false;
        };
        // SAFETY: the cluster is alive, the text ends with a zero byte and is copied.
        unsafe {
            sys::rd_kafka_mock_topic_set_error(self.native.as_ptr(), topic.as_ptr(), code);
        }
        true
    }

    /// The next requests of this kind get these errors, one each.
    pub(crate) fn push_errors(&self, api: i16, codes: &[ErrorCode]) {
        let codes: Vec<_> = codes
            .iter()
            .filter_map(|code| sys::rd_kafka_resp_err_t::try_from(code.0).ok())
            .collect();
        // SAFETY: the cluster is alive; the array is as long as is said and is copied.
        unsafe {
            sys::rd_kafka_mock_push_request_errors_array(
                self.native.as_ptr(),
                api,
                codes.len(),
                codes.as_ptr(),
            );
        }
    }

    pub(crate) fn set_leader(&self, topic: &CString, partition: i32, broker: i32) -> ErrorCode {
        // SAFETY: the cluster is alive, the text ends with a zero byte and is copied.
        ErrorCode(unsafe {
            sys::rd_kafka_mock_partition_set_leader(
                self.native.as_ptr(),
                topic.as_ptr(),
                partition,
                broker,
            )
        } as i32)
    }

    /// Cuts a broker's connections and accepts none; -1 for all brokers.
    pub(crate) fn set_down(&self, broker: i32) -> ErrorCode {
        // SAFETY: the cluster is alive.
        ErrorCode(
            unsafe { sys::rd_kafka_mock_broker_set_down(self.native.as_ptr(), broker) } as i32,
        )
    }

    pub(crate) fn set_up(&self, broker: i32) -> ErrorCode {
        // SAFETY: the cluster is alive.
        ErrorCode(unsafe { sys::rd_kafka_mock_broker_set_up(self.native.as_ptr(), broker) } as i32)
    }

    pub(crate) fn set_round_trip(&self, broker: i32, delay_ms: i32) -> ErrorCode {
        // SAFETY: the cluster is alive.
        ErrorCode(unsafe {
            sys::rd_kafka_mock_broker_set_rtt(self.native.as_ptr(), broker, delay_ms)
        } as i32)
    }

    /// How many requests of this kind have come since the last call.
    pub(crate) fn count_requests(&self, api: i16) -> usize {
        let mut count = 0;
        // SAFETY: the cluster is alive; the array and the requests in it belong to the
        // caller and are freed together, once.
        unsafe {
            let requests = sys::rd_kafka_mock_get_requests(self.native.as_ptr(), &raw mut count);
            let matching = (0..count)
                .filter(|&index| sys::rd_kafka_mock_request_api_key(*requests.add(index)) == api)
                .count();
            sys::rd_kafka_mock_request_destroy_array(requests, count);
            sys::rd_kafka_mock_clear_requests(self.native.as_ptr());
            matching
        }
    }

    pub(crate) fn track_requests(&self) {
        // SAFETY: the cluster is alive.
        unsafe { sys::rd_kafka_mock_start_request_tracking(self.native.as_ptr()) }
    }
}

impl Drop for NativeMock {
    fn drop(&mut self) {
        // SAFETY: made by `start`, destroyed here only, before the client that carries it.
        unsafe { sys::rd_kafka_mock_cluster_destroy(self.native.as_ptr()) }
    }
}
