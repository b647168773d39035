//! What a request is told that did not bring a change to Kafka.

use super::connection::HEAD_BYTES_MAX;
use super::lobby::BODY_TIME;
use crate::pipeline::Answer;
use aeroduct_process::admin::{Response, StatusCode, text};
use aeroduct_process::logging::chain;
use aeroduct_wire::PostError;
use hyper::Version;
use hyper::header::{ACCEPT_ENCODING, ALLOW, CONNECTION, HeaderName, HeaderValue, RETRY_AFTER};

/// Headers of one request; more are answered with 431. hyper refuses them itself in HTTP/1.
pub(super) const HEADERS_MAX: usize = 100;

/// The whole response to a head that has taken too long.
pub(super) const HEAD_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\n\
    connection: close\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 42\r\n\r\n\
    the head was not complete within 5 seconds";

/// Why a request brought no change to Kafka.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Kafka has not acknowledged, or not in time.
    Temporary,
    /// The record will never pass.
    Permanent,
    /// The process ends.
    Draining,
    /// There was no room for it.
    Busy,
    /// The body did not come in time.
    BodyTimeout,
    /// The body is longer than this.
    BodyTooLarge(usize),
    /// The body did not come whole.
    BodyCut,
    /// The body is compressed in a way that is not known.
    Encoding,
    /// The body brings no change.
    Malformed(PostError),
    /// Changes are not brought in this way.
    Method,
    /// Too many headers.
    Headers,
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Temporary | Self::Draining | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Permanent => StatusCode::UNPROCESSABLE_ENTITY,
            Self::BodyTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Malformed(PostError::UnsupportedVersion(_)) => StatusCode::NOT_IMPLEMENTED,
            Self::Malformed(error) if error.is_too_large() => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyCut | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Headers => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Temporary => "not published yet; send it again".to_owned(),
            Self::Permanent => "this record cannot be published; the connector's log says why. \
                                With aeroduct.dead-letter it would be kept"
                .to_owned(),
            Self::Draining => "the connector is stopping; send it to another one".to_owned(),
            Self::Busy => "there is no room for more; send it again".to_owned(),
            Self::BodyTimeout => {
                format!("the body was not complete within {} s", BODY_TIME.as_secs())
            }
            Self::BodyTooLarge(limit) => {
                format!(
                    "the body is longer than {limit} bytes, which aeroduct.max-frame-bytes allows"
                )
            }
            Self::BodyCut => "the body did not come whole".to_owned(),
            Self::Encoding => {
                "the body is compressed in an unknown way; send it as it is, or as gzip".to_owned()
            }
            Self::Malformed(error) => chain(error).to_string(),
            Self::Method => {
                "changes come by POST; GET tells whether the connector is there".to_owned()
            }
            Self::Headers => {
                format!("more than {HEADERS_MAX} headers, or {HEAD_BYTES_MAX} bytes of them")
            }
        }
    }

    fn header(&self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::Temporary | Self::Draining | Self::Busy => Some((RETRY_AFTER, "1")),
            Self::Encoding => Some((ACCEPT_ENCODING, "gzip")),
            Self::Method => Some((ALLOW, "GET, HEAD, POST")),
            _ => None,
        }
    }

    /// Whether the rest of the request is not worth reading.
    const fn is_last(&self) -> bool {
        matches!(
            self,
            Self::Draining | Self::BodyTimeout | Self::BodyTooLarge(_) | Self::BodyCut
        )
    }

    #[cold]
    pub(super) fn response(&self, version: Version) -> Response {
        let mut response = text(self.status(), &self.words());
        let headers = response.headers_mut();
        if let Some((name, value)) = self.header() {
            headers.insert(name, HeaderValue::from_static(value));
        }
        // HTTP/2 has no such header: there a stream ends by itself.
        if self.is_last() && version < Version::HTTP_2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// What a source is told about its record.
pub(super) const fn outcome(answer: Answer) -> Result<(), Refusal> {
    match answer {
        Answer::Success => Ok(()),
        Answer::TemporaryError => Err(Refusal::Temporary),
        Answer::PermanentError => Err(Refusal::Permanent),
    }
}

/// The status as the value of a metric's label.
pub(super) fn label(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200 => "200",
        400 => "400",
        404 => "404",
        405 => "405",
        408 => "408",
        413 => "413",
        415 => "415",
        422 => "422",
        431 => "431",
        501 => "501",
        503 => "503",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::from_utf8;

    #[test]
    fn the_response_to_a_late_head_has_the_length_that_it_says() {
        let text = from_utf8(HEAD_TIMEOUT).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())));
        assert_eq!(super::super::ledger::HEAD_TIME.as_secs(), 5);
    }

    #[test]
    fn what_may_pass_later_is_told_from_what_never_will() {
        assert!(outcome(Answer::Success).is_ok());
        let status = |answer| outcome(answer).unwrap_err().status().as_u16();
        assert_eq!(status(Answer::TemporaryError), 503);
        assert_eq!(status(Answer::PermanentError), 422);
    }
}
