//! What a client proves with who it is: passwords and tokens.
#![expect(unsafe_code, reason = "librdkafka has a C interface only")]

use std::ffi::{CString, NulError};
use std::ptr::NonNull;

use rdkafka_sys as sys;

use super::client::{REASON_BYTES, text_of};
use super::{Client, ErrorCode};
use crate::Token;

impl Client {
    /// Gives the name and password (PLAIN, SCRAM) for all connections that are made from now on,
    /// and wakes those that wait after a refusal. Open connections stay.
    ///
    /// # Errors
    ///
    /// When one of them holds a zero byte.
    pub(crate) fn set_credentials(&self, user: &str, password: &str) -> Result<(), NulError> {
        let (user, password) = (CString::new(user)?, CString::new(password)?);
        // SAFETY: the client lives as long as `self`; both texts end with a zero byte and are
        // copied. It fails for null texts only; an error would be the caller's.
        unsafe {
            let error =
                sys::rd_kafka_sasl_set_credentials(self.as_ptr(), user.as_ptr(), password.as_ptr());
            if let Some(error) = NonNull::new(error) {
                sys::rd_kafka_error_destroy(error.as_ptr());
            }
        }
        Ok(())
    }

    /// Whether the client has asked for a token since the last call.
    pub(crate) fn wants_token(&self) -> bool {
        let Some(queue) = self.token_queue else {
            return false;
        };
        let mut is_wanted = false;
        // SAFETY: the queue lives as long as `self`; each event is owned and freed here.
        unsafe {
            while let Some(event) = NonNull::new(sys::rd_kafka_queue_poll(queue.as_ptr(), 0)) {
                is_wanted |= sys::rd_kafka_event_type(event.as_ptr())
                    == sys::RD_KAFKA_EVENT_OAUTHBEARER_TOKEN_REFRESH;
                sys::rd_kafka_event_destroy(event.as_ptr());
            }
        }
        is_wanted
    }

    /// Gives the client a token for its connections.
    ///
    /// # Errors
    ///
    /// With librdkafka's words when the token is none that could be sent, or has run out.
    pub(crate) fn set_token(&self, token: &Token) -> Result<(), String> {
        let text = |part: &str| {
            CString::new(part).map_err(|_| "a part of the token holds a zero byte".to_owned())
        };
        let value = text(&token.value)?;
        let principal = text(&token.principal)?;
        let extensions = token
            .extensions
            .iter()
            .flat_map(|(name, value)| [text(name), text(value)])
            .collect::<Result<Vec<_>, _>>()?;
        let mut extensions: Vec<_> = extensions.iter().map(|part| part.as_ptr()).collect();
        let mut reason = [0; REASON_BYTES];
        // SAFETY: the client lives as long as `self`; all texts end with a zero byte and are
        // copied; the array is as long as is said, as is the buffer.
        let code = unsafe {
            sys::rd_kafka_oauthbearer_set_token(
                self.as_ptr(),
                value.as_ptr(),
                token.expires_ms,
                principal.as_ptr(),
                extensions.as_mut_ptr(),
                extensions.len(),
                reason.as_mut_ptr(),
                reason.len(),
            )
        };
        if ErrorCode(code as i32).is_error() {
            return Err(text_of(&reason));
        }
        Ok(())
    }

    /// Tells the client that there is no token now. It asks again after ten seconds.
    pub(crate) fn set_token_failure(&self, reason: &str) {
        let reason = CString::new(reason).unwrap_or_default();
        let reason = if reason.is_empty() {
            c"no reason is given".to_owned()
        } else {
            reason
        };
        // SAFETY: the client lives as long as `self`; the text ends with a zero byte and is
        // copied. It refuses nothing but empty texts and clients that want no tokens.
        unsafe {
            sys::rd_kafka_oauthbearer_set_token_failure(self.as_ptr(), reason.as_ptr());
        }
    }
}
