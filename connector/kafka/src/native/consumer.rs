//! A consumer of librdkafka with fixed partitions.
#![expect(unsafe_code, reason = "librdkafka has a C interface only")]

use std::ffi::CString;
use std::ptr::{self, NonNull};
use std::slice;
use std::time::Duration;

use rdkafka_sys as sys;

use super::client::{coded, milliseconds, text_at};
use super::{Client, ErrorCode};

/// A client that has been given the partitions it reads.
#[derive(Debug)]
pub(crate) struct NativeConsumer(Client);

/// One message as librdkafka delivered it, freed on drop.
pub(crate) struct NativeRecord(NonNull<sys::rd_kafka_message_t>);

impl NativeConsumer {
    /// Reads all partitions of the topic from their beginnings.
    pub(crate) fn assign(
        client: Client,
        topic: &CString,
        partitions: i32,
    ) -> Result<Self, ErrorCode> {
        // SAFETY: the client is alive; the list is ours and is copied by the assignment.
        let code = unsafe {
            sys::rd_kafka_poll_set_consumer(client.as_ptr());
            let list = sys::rd_kafka_topic_partition_list_new(partitions);
            for partition in 0..partitions {
                let entry = sys::rd_kafka_topic_partition_list_add(list, topic.as_ptr(), partition);
                (*entry).offset = i64::from(sys::RD_KAFKA_OFFSET_BEGINNING);
            }
            let code = sys::rd_kafka_assign(client.as_ptr(), list) as i32;
            sys::rd_kafka_topic_partition_list_destroy(list);
            ErrorCode(code)
        };
        if code.is_error() {
            Err(code)
        } else {
            Ok(Self(client))
        }
    }

    /// The next message or error, or `None` when none came in time.
    pub(crate) fn poll(&self, limit: Duration) -> Option<NativeRecord> {
        // SAFETY: the client is alive; the message is owned by the caller.
        let message = unsafe { sys::rd_kafka_consumer_poll(self.0.as_ptr(), milliseconds(limit)) };
        NonNull::new(message).map(NativeRecord)
    }

    /// The first offset and the one behind the last of a partition.
    pub(crate) fn watermarks(
        &self,
        topic: &CString,
        partition: i32,
        limit: Duration,
    ) -> Result<(i64, i64), ErrorCode> {
        let (mut low, mut high) = (0, 0);
        // SAFETY: the client is alive, the text ends with a zero byte.
        let code = ErrorCode(unsafe {
            coded::rd_kafka_query_watermark_offsets(
                self.0.as_ptr(),
                topic.as_ptr(),
                partition,
                &raw mut low,
                &raw mut high,
                milliseconds(limit),
            )
        });
        if code.is_error() {
            Err(code)
        } else {
            Ok((low, high))
        }
    }
}

impl Drop for NativeConsumer {
    fn drop(&mut self) {
        // SAFETY: the client is alive; it is destroyed after this.
        unsafe { sys::rd_kafka_consumer_close(self.0.as_ptr()) };
    }
}

impl NativeRecord {
    /// An error that came instead of a message.
    pub(crate) fn error(&self) -> ErrorCode {
        // SAFETY: the message is alive. Not read as the generated enum, because a broker may
        // send numbers which that lacks.
        ErrorCode(unsafe { (&raw const (*self.0.as_ptr()).err).cast::<i32>().read() })
    }

    /// librdkafka's words about the error.
    pub(crate) fn error_text(&self) -> String {
        // SAFETY: the text lives as long as the message.
        unsafe { text_at(sys::rd_kafka_message_errstr(self.0.as_ptr())) }
    }

    pub(crate) fn partition(&self) -> i32 {
        // SAFETY: the message is alive.
        unsafe { (&raw const (*self.0.as_ptr()).partition).read() }
    }

    pub(crate) fn offset(&self) -> i64 {
        // SAFETY: the message is alive.
        unsafe { (&raw const (*self.0.as_ptr()).offset).read() }
    }

    /// Milliseconds since 1970, where the record has a time.
    pub(crate) fn timestamp_ms(&self) -> Option<i64> {
        // SAFETY: the message is alive; the kind of time may be left out.
        let time = unsafe { sys::rd_kafka_message_timestamp(self.0.as_ptr(), ptr::null_mut()) };
        (time >= 0).then_some(time)
    }

    pub(crate) fn key(&self) -> Option<&[u8]> {
        // SAFETY: the message is alive, and its parts live as long.
        unsafe {
            let message = self.0.as_ptr();
            part(
                (&raw const (*message).key).read().cast(),
                (&raw const (*message).key_len).read(),
            )
        }
    }

    pub(crate) fn value(&self) -> Option<&[u8]> {
        // SAFETY: the message is alive, and its parts live as long.
        unsafe {
            let message = self.0.as_ptr();
            part(
                (&raw const (*message).payload).read().cast(),
                (&raw const (*message).len).read(),
            )
        }
    }

    pub(crate) fn headers(&self) -> Vec<(String, Option<Vec<u8>>)> {
        let mut headers = Vec::new();
        // SAFETY: the message is alive; the headers, their names and values live as long.
        unsafe {
            let mut list = ptr::null_mut();
            let found = sys::rd_kafka_message_headers(self.0.as_ptr(), &raw mut list);
            if found != sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR {
                return headers;
            }
            let (mut name, mut value, mut length) = (ptr::null(), ptr::null(), 0);
            while sys::rd_kafka_header_get_all(
                list,
                headers.len(),
                &raw mut name,
                &raw mut value,
                &raw mut length,
            ) == sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_NO_ERROR
            {
                headers.push((
                    text_at(name),
                    part(value.cast(), length).map(<[u8]>::to_vec),
                ));
            }
        }
        headers
    }
}

impl Drop for NativeRecord {
    fn drop(&mut self) {
        // SAFETY: owned, and freed here only.
        unsafe { sys::rd_kafka_message_destroy(self.0.as_ptr()) }
    }
}

/// The bytes there, or `None` for null.
///
/// # Safety
///
/// `start` is null, or that many bytes there are readable and unchanged for `'a`.
unsafe fn part<'a>(start: *const u8, length: usize) -> Option<&'a [u8]> {
    // SAFETY: passed on to the caller.
    (!start.is_null()).then(|| unsafe { slice::from_raw_parts(start, length) })
}
