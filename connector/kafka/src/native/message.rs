//! One message as librdkafka is given it.
#![expect(unsafe_code, reason = "keys are read by their addresses")]

use std::ffi::c_void;
use std::mem::{offset_of, size_of};
use std::ptr;

use rdkafka_sys::rd_kafka_message_t as Native;

use crate::extras::Place;

/// What one record costs in a record batch beside key and value, at most: length,
/// attributes, timestamp, offset, both lengths and the number of headers.
const OVERHEAD_BYTES: usize = 36;
/// Bytes that come into a core's cache together.
const CACHE_LINE: usize = 64;
/// Of a longer key the processor sees by itself what comes next.
const TOUCHED_MAX: usize = 256;

/// librdkafka's message structure. What librdkafka does not read when it is given one
/// partition per call is ours: extras, hash, slot and run.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Message {
    /// librdkafka's word about taking the message, or a mark of ours.
    pub(super) code: i32,
    /// Within the bytes of the message's parcel.
    pub(super) extras: Place,
    /// Decides the partition.
    pub(super) hash: u32,
    pub(super) value: *mut c_void,
    pub(super) value_bytes: usize,
    pub(super) key: *mut c_void,
    pub(super) key_bytes: usize,
    pub(super) slot: u32,
    pub(super) run: u32,
    /// Comes back with the report; zero: librdkafka does not have the message.
    pub(super) tag: u64,
}

const _: () = {
    assert!(size_of::<Message>() == size_of::<Native>());
    assert!(offset_of!(Message, code) == offset_of!(Native, err));
    assert!(offset_of!(Message, extras) == offset_of!(Native, rkt));
    assert!(offset_of!(Message, hash) == offset_of!(Native, partition));
    assert!(offset_of!(Message, value) == offset_of!(Native, payload));
    assert!(offset_of!(Message, value_bytes) == offset_of!(Native, len));
    assert!(offset_of!(Message, key) == offset_of!(Native, key));
    assert!(offset_of!(Message, key_bytes) == offset_of!(Native, key_len));
    assert!(offset_of!(Message, slot) == offset_of!(Native, offset));
    assert!(offset_of!(Message, tag) == offset_of!(Native, _private));
    assert!(
        size_of::<*mut c_void>() == size_of::<u64>(),
        "tags need addresses of 64 bits"
    );
};

impl Message {
    /// At least what the message takes in a record batch.
    pub(super) fn bytes(&self) -> usize {
        self.key_bytes + self.value_bytes + self.extras.bytes() as usize + OVERHEAD_BYTES
    }

    /// Whether there is a timestamp or a header.
    pub(super) fn has_extras(&self) -> bool {
        !self.extras.is_empty()
    }

    /// Has the processor fetch the key's memory, which another core wrote a while ago.
    /// librdkafka copies keys one by one, and would wait for each; here many are fetched at a
    /// time. Measured to be better than a prefetch, which a processor may skip.
    ///
    /// # Safety
    ///
    /// The key's parcel is alive.
    #[inline]
    pub(super) unsafe fn touch_key(&self) {
        let bytes = self.key_bytes.min(TOUCHED_MAX);
        let last = bytes.checked_sub(1);
        for offset in (0..bytes).step_by(CACHE_LINE).chain(last) {
            // SAFETY: within the key, which the caller says is alive; nobody writes to it.
            unsafe { self.key.cast::<u8>().byte_add(offset).read_volatile() };
        }
    }

    /// The tag as librdkafka keeps it.
    pub(super) fn opaque(&self) -> *mut c_void {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "addresses have 64 bits, asserted above"
        )]
        ptr::without_provenance_mut(self.tag as usize)
    }

    pub(super) fn slot(&self) -> u32 {
        self.slot
    }

    pub(super) fn hash(&self) -> u32 {
        self.hash
    }

    pub(super) fn run(&self) -> u32 {
        self.run
    }
}
