//! What comes out of a client's queue.
#![expect(unsafe_code, reason = "librdkafka has a C interface only")]

use std::ffi::c_int;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use rdkafka_sys as sys;

use super::ErrorCode;
use super::client::{coded, text_at};

/// One event, freed on drop.
pub(crate) enum Event {
    /// Reports about messages.
    Reports(Reports),
    /// Something is wrong with the client or a broker.
    Error {
        code: ErrorCode,
        is_fatal: bool,
        reason: String,
    },
    /// A log line; `level` is syslog's.
    Log {
        level: i32,
        facility: String,
        line: String,
    },
    /// Of no interest.
    Other,
}

/// The event's C object.
struct Native(NonNull<sys::rd_kafka_event_t>);

/// A run of message reports.
pub(crate) struct Reports(Native);

/// Walks over the reports of one event. librdkafka gives each report once.
pub(crate) struct ReportIter<'e> {
    event: NonNull<sys::rd_kafka_event_t>,
    lifetime: PhantomData<&'e mut Reports>,
}

/// librdkafka's word about one message: from now on it does not touch the message's
/// bytes. Made by [`ReportIter`] only, once per message.
#[derive(Debug)]
pub(crate) struct Reported {
    /// What was given to [`Outstanding::produce`](super::Outstanding::produce).
    pub(super) tag: u64,
    pub(super) code: ErrorCode,
}

impl Event {
    /// Takes ownership of an event; `None` for null.
    ///
    /// # Safety
    ///
    /// `event` is null or an event that nobody else owns.
    pub(super) unsafe fn take(event: *mut sys::rd_kafka_event_t) -> Option<Self> {
        let native = Native(NonNull::new(event)?);
        // SAFETY: the event is alive until `native` is dropped; texts that it points to
        // live as long and are copied.
        Some(unsafe {
            match sys::rd_kafka_event_type(event) {
                sys::RD_KAFKA_EVENT_DR => Self::Reports(Reports(native)),
                sys::RD_KAFKA_EVENT_ERROR => Self::Error {
                    code: ErrorCode(coded::rd_kafka_event_error(event)),
                    is_fatal: sys::rd_kafka_event_error_is_fatal(event) != 0,
                    reason: text_at(sys::rd_kafka_event_error_string(event)),
                },
                sys::RD_KAFKA_EVENT_LOG => {
                    let (mut facility, mut line) = (ptr::null(), ptr::null());
                    let mut level: c_int = 0;
                    sys::rd_kafka_event_log(
                        event,
                        &raw mut facility,
                        &raw mut line,
                        &raw mut level,
                    );
                    Self::Log {
                        level,
                        facility: text_at(facility),
                        line: text_at(line),
                    }
                }
                _ => Self::Other,
            }
        })
    }
}

impl Reports {
    /// The reports, in the order in which librdkafka gives them.
    pub(crate) fn iter_mut(&mut self) -> ReportIter<'_> {
        ReportIter {
            event: self.0.0,
            lifetime: PhantomData,
        }
    }
}

impl Iterator for ReportIter<'_> {
    type Item = Reported;

    fn next(&mut self) -> Option<Reported> {
        // SAFETY: the event is alive for the iterator's lifetime; a message that it gives
        // is valid until the event is freed. The error is not read as the generated enum,
        // because a broker may send numbers which that lacks.
        unsafe {
            let message = sys::rd_kafka_event_message_next(self.event.as_ptr());
            if message.is_null() {
                return None;
            }
            Some(Reported {
                tag: (*message)._private as u64,
                code: ErrorCode((&raw const (*message).err).cast::<i32>().read()),
            })
        }
    }
}

impl Reported {
    /// [`ErrorCode::NONE`] for a message that Kafka has.
    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    /// The owner that the message was produced for.
    pub(crate) fn owner(&self) -> u32 {
        (self.tag >> 32) as u32
    }
}

impl Drop for Native {
    fn drop(&mut self) {
        // SAFETY: owned, and freed here only.
        unsafe { sys::rd_kafka_event_destroy(self.0.as_ptr()) }
    }
}
