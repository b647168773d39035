//! What is said and counted when something is wrong between a client and the brokers.

use std::sync::atomic::Ordering;

use tracing::warn;

use crate::Failure;
use crate::counters::Counters;
use crate::native::ErrorCode;

impl Counters {
    /// Takes note of an error that is of no one record. `reason` are librdkafka's words, which name
    /// the broker and hold no secret.
    pub(crate) fn note_trouble(&self, code: ErrorCode, reason: &str) {
        let is_logged = self.may_log(Failure::from(code));
        match code {
            ErrorCode::SSL => {
                self.tls_errors.fetch_add(1, Ordering::Relaxed);
                if is_logged {
                    warn!(
                        target: "kafka",
                        reason,
                        "no TLS connection to kafka, records wait: look at the certificates, their \
                         dates, the authorities on both sides, and the names of the brokers"
                    );
                }
            }
            ErrorCode::AUTHENTICATION | ErrorCode::SASL_AUTHENTICATION_FAILED => {
                self.authentication_errors.fetch_add(1, Ordering::Relaxed);
                if is_logged {
                    warn!(
                        target: "kafka",
                        reason,
                        "kafka does not know us, records wait: look at the mechanism, the name and \
                         the password, key tab or token; changed files are taken up by themselves"
                    );
                }
            }
            _ if is_logged => {
                warn!(target: "kafka", code = code.0, reason, "trouble with kafka");
            }
            _ => {}
        }
    }
}
