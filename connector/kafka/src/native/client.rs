//! The life of one librdkafka client.
#![expect(unsafe_code, reason = "librdkafka has a C interface only")]

use std::ffi::{CStr, c_char, c_int};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rdkafka_sys as sys;

use super::configuration::Configuration;
use super::event::Event;
use super::{ErrorCode, TopicHandle};

/// Room for librdkafka's words about what is wrong.
pub(super) const REASON_BYTES: usize = 512;

/// What a client is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    Producer,
    /// Asks for tokens where [`Client::wants_token`] looks.
    TokenProducer,
    Consumer,
}

/// Why librdkafka did not give a client.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum CreateError {
    Property { name: String, reason: String },
    Client { reason: String },
}

/// One librdkafka client and its queues. Destroyed on drop, which waits for
/// librdkafka's threads.
#[derive(Debug)]
pub(crate) struct Client {
    native: NonNull<sys::rd_kafka_t>,
    queue: NonNull<sys::rd_kafka_queue_t>,
    /// Where it asks for tokens, if it needs any.
    pub(super) token_queue: Option<NonNull<sys::rd_kafka_queue_t>>,
}

// SAFETY: librdkafka's client and queue objects may be used from any thread, also from
// several at once; INTRODUCTION.md of librdkafka says so under "Threads and callbacks".
unsafe impl Send for Client {}
// SAFETY: as above.
unsafe impl Sync for Client {}

impl Client {
    /// Makes a client. `properties` are applied in order. Reports, errors and log lines come as
    /// events; the one callback finds words for certificates that are not valid.
    pub(crate) fn create<'p>(
        role: Role,
        properties: impl IntoIterator<Item = (&'p str, &'p str)>,
    ) -> Result<Self, CreateError> {
        let mut configuration = Configuration::new()?;
        for (name, value) in properties {
            configuration.set(name, value)?;
        }
        configuration.set("log.queue", "true")?;
        let kind = configuration.set_role(role);
        let mut reason = [0; REASON_BYTES];
        // SAFETY: the configuration is alive; `rd_kafka_new` takes it over only when it
        // succeeds, and then it is forgotten here; the buffer is as long as is said.
        let native = unsafe {
            let native = sys::rd_kafka_new(
                kind,
                configuration.0.as_ptr(),
                reason.as_mut_ptr(),
                reason.len(),
            );
            NonNull::new(native)
        };
        let Some(native) = native else {
            return Err(CreateError::Client {
                reason: text_of(&reason),
            });
        };
        std::mem::forget(configuration);
        // SAFETY: the client was made above. A null queue stands for the main queue.
        let (queue, token_queue) = unsafe {
            sys::rd_kafka_set_log_queue(native.as_ptr(), ptr::null_mut());
            (
                NonNull::new(sys::rd_kafka_queue_get_main(native.as_ptr())),
                NonNull::new(sys::rd_kafka_queue_get_sasl(native.as_ptr())),
            )
        };
        let Some(queue) = queue else {
            // SAFETY: nobody else knows the client and its queue.
            unsafe {
                if let Some(queue) = token_queue {
                    sys::rd_kafka_queue_destroy(queue.as_ptr());
                }
                sys::rd_kafka_destroy(native.as_ptr());
            }
            return Err(CreateError::Client {
                reason: "the client has no main queue".to_owned(),
            });
        };
        Ok(Self {
            native,
            queue,
            token_queue,
        })
    }

    /// Waits up to `limit` for the next event. At most one thread may poll.
    pub(crate) fn poll(&self, limit: Duration) -> Option<Event> {
        // SAFETY: the queue lives as long as `self`; the event is owned by the caller.
        unsafe {
            Event::take(sys::rd_kafka_queue_poll(
                self.queue.as_ptr(),
                milliseconds(limit),
            ))
        }
    }

    /// Ends the running [`Client::poll`], or else the next one, at once.
    pub(crate) fn wake(&self) {
        // SAFETY: the queue lives as long as `self`.
        unsafe { sys::rd_kafka_queue_yield(self.queue.as_ptr()) }
    }

    /// Gives up what is queued and, if asked, also what is on its way. Every message
    /// given up is reported. Returns before that.
    pub(crate) fn purge(&self, also_in_flight: bool) {
        let in_flight = if also_in_flight {
            sys::RD_KAFKA_PURGE_F_INFLIGHT
        } else {
            0
        };
        let flags = sys::RD_KAFKA_PURGE_F_QUEUE | sys::RD_KAFKA_PURGE_F_NON_BLOCKING | in_flight;
        // SAFETY: the client lives as long as `self`. It refuses nothing but unknown flags.
        unsafe { sys::rd_kafka_purge(self.native.as_ptr(), flags) };
    }

    /// Makes the threads of all brokers look for what is to be sent. Returns at once.
    pub(crate) fn prompt(&self) {
        // SAFETY: the client lives as long as `self`. A flush without time wakes the threads and
        // waits for nothing; that messages are left is its usual answer.
        unsafe { sys::rd_kafka_flush(self.native.as_ptr(), 0) };
    }

    /// Whether librdkafka has neither messages nor events of the client left.
    pub(crate) fn is_empty(&self) -> bool {
        // SAFETY: the client lives as long as `self`.
        unsafe { sys::rd_kafka_outq_len(self.native.as_ptr()) == 0 }
    }

    /// Asks any broker who the brokers are, waiting up to `limit`.
    pub(crate) fn ask_brokers(&self, limit: Duration) -> Result<(), ErrorCode> {
        let mut metadata: *const sys::rd_kafka_metadata = ptr::null();
        // SAFETY: the client is alive; no topic stands for those that the client knows; on
        // success `metadata` is valid until destroyed.
        let code = unsafe {
            let code = ErrorCode(coded::rd_kafka_metadata(
                self.native.as_ptr(),
                0,
                ptr::null_mut(),
                &raw mut metadata,
                milliseconds(limit),
            ));
            if !code.is_error() {
                sys::rd_kafka_metadata_destroy(metadata);
            }
            code
        };
        if code.is_error() { Err(code) } else { Ok(()) }
    }

    /// Asks a broker for the number of partitions of a topic, waiting up to `limit`.
    pub(crate) fn partition_count(
        &self,
        topic: &TopicHandle,
        limit: Duration,
    ) -> Result<usize, ErrorCode> {
        let mut metadata: *const sys::rd_kafka_metadata = ptr::null();
        // SAFETY: client and topic are alive and the topic is of this client or another
        // (only its name is read); on success `metadata` is valid until destroyed.
        unsafe {
            let code = ErrorCode(coded::rd_kafka_metadata(
                self.native.as_ptr(),
                0,
                topic.as_ptr(),
                &raw mut metadata,
                milliseconds(limit),
            ));
            if code.is_error() || metadata.is_null() {
                return Err(code);
            }
            let answer = if (*metadata).topic_cnt < 1 {
                Err(ErrorCode::UNKNOWN_TOPIC)
            } else {
                let topic = (*metadata).topics;
                // Not read as the generated enum: a broker may send numbers it lacks.
                match ErrorCode((&raw const (*topic).err).cast::<i32>().read()) {
                    ErrorCode::NONE => Ok(usize::try_from((*topic).partition_cnt).unwrap_or(0)),
                    code => Err(code),
                }
            };
            sys::rd_kafka_metadata_destroy(metadata);
            answer
        }
    }

    /// The largest message that librdkafka takes, key, value and overhead, in bytes.
    pub(crate) fn message_bytes_max(&self) -> Option<usize> {
        let mut value = [0; 32];
        let mut length = value.len();
        // SAFETY: the client's configuration lives as long as the client; the buffer is
        // as long as is said, and the text ends with a zero byte.
        let found = unsafe {
            sys::rd_kafka_conf_get(
                sys::rd_kafka_conf(self.native.as_ptr()),
                c"message.max.bytes".as_ptr(),
                value.as_mut_ptr(),
                &raw mut length,
            )
        };
        let is_found = found == sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK;
        is_found
            .then(|| text_of(&value))
            .and_then(|text| text.parse().ok())
    }

    /// Makes the client fail for good, as a lost producer identity would.
    pub(crate) fn fail_for_test(&self) {
        // SAFETY: the client lives as long as `self`; the text is copied.
        unsafe {
            sys::rd_kafka_test_fatal_error(
                self.native.as_ptr(),
                sys::rd_kafka_resp_err_t::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                c"asked for by a test".as_ptr(),
            );
        }
    }

    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_t {
        self.native.as_ptr()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // SAFETY: made by `create` and destroyed here only; topic handles hold the client,
        // so none is left. The references of the queues go first.
        unsafe {
            if let Some(queue) = self.token_queue {
                sys::rd_kafka_queue_destroy(queue.as_ptr());
            }
            sys::rd_kafka_queue_destroy(self.queue.as_ptr());
            sys::rd_kafka_destroy(self.native.as_ptr());
        }
    }
}

/// Functions whose result may be a broker's error number, declared with the integer
/// that they return: the generated enum does not have every number.
pub(super) mod coded {
    use super::{c_char, c_int, sys};

    // SAFETY: the same functions as in `rdkafka_sys`, but for the type of the result,
    // which has the same size and representation.
    unsafe extern "C" {
        pub(crate) fn rd_kafka_metadata(
            client: *mut sys::rd_kafka_t,
            all_topics: c_int,
            only: *mut sys::rd_kafka_topic_t,
            metadata: *mut *const sys::rd_kafka_metadata,
            limit_ms: c_int,
        ) -> c_int;
        pub(crate) fn rd_kafka_error_code(error: *const sys::rd_kafka_error_t) -> c_int;
        pub(crate) fn rd_kafka_event_error(event: *mut sys::rd_kafka_event_t) -> c_int;
        pub(crate) fn rd_kafka_query_watermark_offsets(
            client: *mut sys::rd_kafka_t,
            topic: *const c_char,
            partition: i32,
            low: *mut i64,
            high: *mut i64,
            limit_ms: c_int,
        ) -> c_int;
    }
}

/// The text in a buffer that C code has filled.
pub(super) fn text_of(buffer: &[c_char]) -> String {
    #[expect(
        clippy::cast_sign_loss,
        reason = "C's character is signed on some machines"
    )]
    let bytes: Vec<u8> = buffer
        .iter()
        .map(|&unit| unit as u8)
        .take_while(|&unit| unit != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text that C code points to, or nothing.
///
/// # Safety
///
/// `text` is null, or points to bytes that end with a zero byte and stay unchanged for
/// this call.
pub(super) unsafe fn text_at(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: passed on to the caller.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

/// C's milliseconds, rounded up so that a short wait is not a busy one.
pub(super) fn milliseconds(duration: Duration) -> c_int {
    c_int::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX)
}
