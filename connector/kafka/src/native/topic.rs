//! A client's handle of one topic.
#![expect(unsafe_code, reason = "librdkafka has a C interface only")]

use std::ffi::CString;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use rdkafka_sys as sys;

use super::Client;

/// One topic as one client knows it. Keeps the client alive.
#[derive(Debug)]
pub(crate) struct TopicHandle {
    native: NonNull<sys::rd_kafka_topic_t>,
    client: Arc<Client>,
}

// SAFETY: librdkafka's topic objects may be used from any thread, also from several at
// once, like its clients.
unsafe impl Send for TopicHandle {}
// SAFETY: as above.
unsafe impl Sync for TopicHandle {}

impl TopicHandle {
    /// Makes the handle. `None` when librdkafka refuses the name.
    pub(crate) fn open(client: &Arc<Client>, name: &str) -> Option<Self> {
        let name = CString::new(name).ok()?;
        // SAFETY: the client is alive, the name ends with a zero byte and is copied, and a
        // null configuration stands for the client's default.
        let native =
            unsafe { sys::rd_kafka_topic_new(client.as_ptr(), name.as_ptr(), ptr::null_mut()) };
        Some(Self {
            native: NonNull::new(native)?,
            client: Arc::clone(client),
        })
    }

    /// The client that made the handle.
    pub(crate) fn client(&self) -> &Arc<Client> {
        &self.client
    }

    pub(super) fn as_ptr(&self) -> *mut sys::rd_kafka_topic_t {
        self.native.as_ptr()
    }
}

impl Drop for TopicHandle {
    fn drop(&mut self) {
        // SAFETY: made by `open` and destroyed here only, while the client lives.
        unsafe { sys::rd_kafka_topic_destroy(self.native.as_ptr()) }
    }
}
