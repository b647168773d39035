//! What is said and counted when something is wrong between a client and the brokers.

use std::sync::atomic::Ordering;

use tracing::{debug, error, info, warn};

use crate::Failure;
use crate::counters::Counters;
use crate::native::{ErrorCode, VERIFY_FACILITY};
use crate::sync::lock;

/// In librdkafka's words about a connection that a broker has cut for what TLS told it.
const TLS_MARK: &str = "SSL routines:";

impl Counters {
    /// Takes note of an error that is of no one record. `reason` are librdkafka's words, which name
    /// the broker and hold no secret.
    pub(crate) fn note_trouble(&self, code: ErrorCode, reason: &str) {
        let is_tls = code == ErrorCode::SSL || reason.contains(TLS_MARK);
        let is_login = matches!(
            code,
            ErrorCode::AUTHENTICATION | ErrorCode::SASL_AUTHENTICATION_FAILED
        );
        if is_tls {
            self.tls_errors.fetch_add(1, Ordering::Relaxed);
        } else if is_login {
            self.authentication_errors.fetch_add(1, Ordering::Relaxed);
        }
        let failure = if is_tls {
            Failure::Unauthenticated
        } else {
            Failure::from(code)
        };
        if !self.may_log(failure) {
            return;
        }
        if is_tls {
            let fault = std::mem::take(&mut *lock(&self.certificate_fault));
            warn!(
                target: "kafka",
                reason,
                fault,
                "no TLS connection to kafka, records wait: see to the certificates and their dates, \
                 the authorities that each side believes, and the brokers' names; changed files are \
                 taken up by themselves"
            );
        } else if is_login {
            warn!(
                target: "kafka",
                reason,
                "kafka does not accept who we are, records wait: see to the mechanism, the user and \
                 the password, key tab or token; changed files are taken up by themselves"
            );
        } else {
            warn!(target: "kafka", code = code.0, reason, "trouble with kafka");
        }
    }

    /// Takes note of a line of librdkafka's log; `level` is syslog's.
    pub(crate) fn note_line(&self, level: i32, facility: &str, line: &str) {
        // It comes with each try to connect, and is told together with the error that follows.
        if facility == VERIFY_FACILITY {
            line.clone_into(&mut *lock(&self.certificate_fault));
            return;
        }
        match level {
            0..=3 => error!(target: "kafka", facility, "{line}"),
            4 => warn!(target: "kafka", facility, "{line}"),
            5 | 6 => info!(target: "kafka", facility, "{line}"),
            _ => debug!(target: "kafka", facility, "{line}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_counted_by_what_a_person_must_see_to() {
        let counters = Counters::default();
        counters.note_trouble(ErrorCode::SSL, "SSL handshake failed");
        let cut = "Receive failed: error:0A000416:SSL routines::sslv3 alert certificate unknown";
        counters.note_trouble(ErrorCode::TRANSPORT, cut);
        counters.note_trouble(ErrorCode::AUTHENTICATION, "Authentication failed");
        counters.note_trouble(ErrorCode::TRANSPORT, "Connect failed: Connection refused");
        let snapshot = counters.snapshot();
        assert_eq!(
            (snapshot.tls_errors, snapshot.authentication_errors),
            (2, 1)
        );
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_kept_for_the_error_that_follows() {
        let counters = Counters::default();
        counters.note_line(3, VERIFY_FACILITY, "its time is over");
        counters.note_line(3, "FAIL", "something else");
        assert_eq!(*lock(&counters.certificate_fault), "its time is over");
        counters.note_trouble(ErrorCode::SSL, "SSL handshake failed");
        assert!(lock(&counters.certificate_fault).is_empty());
    }
}
