//! Why a connection ends.

use super::ledger::HEAD_TIME;
use crate::source::connection::End;
use std::error::Error as _;
use std::io;

#[derive(Debug, thiserror::Error)]
pub(super) enum Ending {
    /// As connections of the other protocol end, too.
    #[error(transparent)]
    Common(End),
    /// It had its last response, and the peer did not close its side.
    #[error("closed after its last response")]
    Answered,
    /// The head of a request was not completed in time.
    #[error("the head of a request was begun and not completed within {} s", HEAD_TIME.as_secs())]
    HeadTimeout,
    /// The peer breaks the rules of the protocol.
    #[error("the peer does not speak the protocol")]
    Unsound(#[source] hyper::Error),
}

impl Ending {
    /// Whether it is a fault of the peer's.
    pub(super) const fn is_fault(&self) -> bool {
        match self {
            Self::Common(end) => end.is_fault(),
            Self::Answered => false,
            Self::HeadTimeout | Self::Unsound(_) => true,
        }
    }
}

impl From<End> for Ending {
    fn from(end: End) -> Self {
        Self::Common(end)
    }
}

impl From<hyper::Error> for Ending {
    fn from(error: hyper::Error) -> Self {
        if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
            return End::ClosedByPeer.into();
        }
        let source = error.source();
        match source.and_then(|source| source.downcast_ref::<io::Error>()) {
            Some(source) => End::Fail(source.kind().into()).into(),
            None => Self::Unsound(error),
        }
    }
}
