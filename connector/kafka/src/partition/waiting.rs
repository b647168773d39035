//! What a partition holds back, and why.

use crate::Recipient;
use crate::native::Lot;

/// What has not been given to librdkafka yet.
pub(super) struct Waiting<R: Recipient> {
    pub(super) lot: Lot<R>,
    pub(super) state: State,
    pub(super) has_alarm: bool,
    pub(super) is_closed: bool,
}

/// What a partition does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum State {
    Idle,
    /// Waits for its turn to hand over a batch.
    Queued,
    /// librdkafka has a batch.
    Busy,
    /// The last batch goes again record by record.
    Quarantined,
    /// The partition seems to be gone; the topic's metadata decides.
    Lost,
}

impl<R: Recipient> Default for Waiting<R> {
    fn default() -> Self {
        Self {
            lot: Lot::default(),
            state: State::Idle,
            has_alarm: false,
            is_closed: false,
        }
    }
}

impl<R: Recipient> Waiting<R> {
    /// Whether a batch may be handed over.
    pub(super) fn may_launch(&self) -> bool {
        self.state == State::Idle && !self.is_closed && !self.lot.is_empty()
    }
}
