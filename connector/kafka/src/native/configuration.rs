//! What a client is made of.
#![expect(unsafe_code, reason = "librdkafka has a C interface only")]

use std::ffi::{CString, c_int};
use std::ptr::NonNull;

use rdkafka_sys as sys;

use super::client::{REASON_BYTES, text_of};
use super::{CreateError, Role, verify};

/// Owns a configuration until a client takes it over.
pub(super) struct Configuration(pub(super) NonNull<sys::rd_kafka_conf_t>);

impl Configuration {
    pub(super) fn new() -> Result<Self, CreateError> {
        // SAFETY: no precondition.
        NonNull::new(unsafe { sys::rd_kafka_conf_new() })
            .map(Self)
            .ok_or_else(|| CreateError::Client {
                reason: "out of memory".to_owned(),
            })
    }

    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), CreateError> {
        let refuse = |reason: String| CreateError::Property {
            name: name.to_owned(),
            reason,
        };
        let (Ok(c_name), Ok(c_value)) = (CString::new(name), CString::new(value)) else {
            return Err(refuse(
                "a zero byte can be in neither name nor value".to_owned(),
            ));
        };
        let mut reason = [0; REASON_BYTES];
        // SAFETY: the configuration is alive, both texts end with a zero byte and are
        // copied, the buffer is as long as is said.
        let result = unsafe {
            sys::rd_kafka_conf_set(
                self.0.as_ptr(),
                c_name.as_ptr(),
                c_value.as_ptr(),
                reason.as_mut_ptr(),
                reason.len(),
            )
        };
        match result {
            sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_OK => Ok(()),
            sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_UNKNOWN
            | sys::rd_kafka_conf_res_t::RD_KAFKA_CONF_INVALID => Err(refuse(text_of(&reason))),
        }
    }
}

impl Configuration {
    /// What comes as an event, and the words for certificates.
    pub(super) fn set_role(&mut self, role: Role) -> sys::rd_kafka_type_t {
        let of_producer =
            sys::RD_KAFKA_EVENT_DR | sys::RD_KAFKA_EVENT_ERROR | sys::RD_KAFKA_EVENT_LOG;
        let (kind, events) = match role {
            Role::Producer => (sys::rd_kafka_type_t::RD_KAFKA_PRODUCER, of_producer),
            Role::TokenProducer => (
                sys::rd_kafka_type_t::RD_KAFKA_PRODUCER,
                of_producer | sys::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH,
            ),
            Role::Consumer => (
                sys::rd_kafka_type_t::RD_KAFKA_CONSUMER,
                sys::RD_KAFKA_EVENT_LOG,
            ),
        };
        // SAFETY: the configuration is alive. The callback touches nothing but what it is given.
        unsafe {
            sys::rd_kafka_conf_set_events(self.0.as_ptr(), events);
            let has_queue = c_int::from(role == Role::TokenProducer);
            sys::rd_kafka_conf_enable_sasl_queue(self.0.as_ptr(), has_queue);
            // It is refused without TLS, which is built in.
            sys::rd_kafka_conf_set_ssl_cert_verify_cb(self.0.as_ptr(), Some(verify::explain));
        }
        kind
    }
}

impl Drop for Configuration {
    fn drop(&mut self) {
        // SAFETY: owned, and no client has taken it over.
        unsafe { sys::rd_kafka_conf_destroy(self.0.as_ptr()) }
    }
}
