//! The two ways of a message into librdkafka: plain ones go many at a time; those with a
//! timestamp or headers one by one, because a batch call takes neither.
#![expect(unsafe_code, reason = "librdkafka is given addresses without a copy")]

use std::ffi::c_int;
use std::ptr::{self, NonNull};

use rdkafka_sys::{
    self as sys, rd_kafka_vtype_t as Kind, rd_kafka_vu_s__bindgen_ty_1 as Part,
    rd_kafka_vu_s__bindgen_ty_1__bindgen_ty_1 as Memory,
};

use super::client::coded;
use super::message::Message;
use super::{ErrorCode, TopicHandle};
use crate::extras::{Extras, Malformed};

/// Room for so many headers is made at first.
const HEADERS_EXPECTED: usize = 8;

/// A list of headers, freed on drop.
struct HeaderList(NonNull<sys::rd_kafka_headers_t>);

/// Gives messages without extras to librdkafka and writes its word into each. Returns how many
/// it took.
///
/// # Safety
///
/// The messages' parcels live, unchanged, until librdkafka has reported each message that it
/// took.
pub(super) unsafe fn hand_over(
    topic: &TopicHandle,
    partition: i32,
    messages: &mut [Message],
) -> u32 {
    let count = c_int::try_from(messages.len()).unwrap_or(c_int::MAX);
    // SAFETY: `Message` has the layout of librdkafka's message, asserted beside it. The array is
    // only read and given codes during the call. Keys are copied; values are read until the
    // report, and the caller says that they live so long. The flags ask for neither a copy nor
    // for freeing.
    let accepted = unsafe {
        sys::rd_kafka_produce_batch(
            topic.as_ptr(),
            partition,
            0,
            messages.as_mut_ptr().cast(),
            count,
        )
    };
    u32::try_from(accepted).unwrap_or(0)
}

/// Gives a message to librdkafka with its extras, which are copied. Returns librdkafka's word, or
/// [`ErrorCode::INVALID_RECORD`] for extras that are malformed.
///
/// # Safety
///
/// As for [`hand_over`].
pub(super) unsafe fn hand_over_with(
    topic: &TopicHandle,
    partition: i32,
    message: &Message,
    extras: Result<Extras<'_>, Malformed>,
) -> ErrorCode {
    let read = extras.and_then(|extras| Ok((extras.timestamp_ms(), HeaderList::of(&extras)?)));
    let Ok((timestamp_ms, headers)) = read else {
        return ErrorCode::INVALID_RECORD;
    };
    let value = Memory {
        ptr: message.value,
        size: message.value_bytes,
    };
    let key = Memory {
        ptr: message.key,
        size: message.key_bytes,
    };
    let headers_start = headers
        .as_ref()
        .map_or(ptr::null_mut(), |list| list.0.as_ptr());
    #[rustfmt::skip]
    let parts = [
        (Kind::RD_KAFKA_VTYPE_RKT, Part { rkt: topic.as_ptr() }),
        (Kind::RD_KAFKA_VTYPE_PARTITION, Part { i32_: partition }),
        (Kind::RD_KAFKA_VTYPE_VALUE, Part { mem: value }),
        (Kind::RD_KAFKA_VTYPE_KEY, Part { mem: key }),
        (Kind::RD_KAFKA_VTYPE_OPAQUE, Part { ptr: message.opaque() }),
        (Kind::RD_KAFKA_VTYPE_TIMESTAMP, Part { i64_: timestamp_ms }),
        (Kind::RD_KAFKA_VTYPE_HEADERS, Part { headers: headers_start }),
    ]
    .map(|(vtype, u)| sys::rd_kafka_vu_t { vtype, u });
    // SAFETY: the handle keeps its client alive; each part has the field that its kind asks for,
    // and the array is only read during the call. Without flags librdkafka copies the key and
    // neither copies nor frees the value, which the caller says lives until the report. Null
    // stands for no headers.
    let error =
        unsafe { sys::rd_kafka_produceva(topic.client().as_ptr(), parts.as_ptr(), parts.len()) };
    let Some(error) = NonNull::new(error) else {
        // Taken over together with the message.
        std::mem::forget(headers);
        return ErrorCode::NONE;
    };
    // SAFETY: an error is the caller's, and destroyed here only.
    unsafe {
        // A fatal error comes with its cause's number; a batch call says that it is fatal.
        let is_fatal = sys::rd_kafka_error_is_fatal(error.as_ptr()) != 0;
        let code = ErrorCode(coded::rd_kafka_error_code(error.as_ptr()));
        sys::rd_kafka_error_destroy(error.as_ptr());
        if is_fatal { ErrorCode::FATAL } else { code }
    }
}

impl HeaderList {
    /// Copies the headers; `None` when there is none.
    fn of(extras: &Extras<'_>) -> Result<Option<Self>, Malformed> {
        let mut headers = extras.headers().peekable();
        if headers.peek().is_none() {
            return Ok(None);
        }
        // SAFETY: no precondition.
        let list = unsafe { sys::rd_kafka_headers_new(HEADERS_EXPECTED) };
        let list = Self(NonNull::new(list).ok_or(Malformed)?);
        for header in headers {
            let (name, value) = header?;
            list.add(name, value);
        }
        Ok(Some(list))
    }

    fn add(&self, name: &str, value: Option<&[u8]>) {
        let (start, bytes) = value.map_or((ptr::null(), 0), |it| (it.as_ptr(), it.len()));
        // SAFETY: the list is alive and nobody else's; name and value are as long as is said (a
        // slice is never longer than the signed type holds) and are copied. It cannot fail.
        unsafe {
            sys::rd_kafka_header_add(
                self.0.as_ptr(),
                name.as_ptr().cast(),
                name.len().cast_signed(),
                start.cast(),
                bytes.cast_signed(),
            );
        }
    }
}

impl Drop for HeaderList {
    fn drop(&mut self) {
        // SAFETY: owned: it is forgotten where librdkafka has taken it over.
        unsafe { sys::rd_kafka_headers_destroy(self.0.as_ptr()) }
    }
}
