//! What the reports about a batch come to.

use crate::berths::Berth;
use crate::ceiling::Ceiling;
use crate::native::{ErrorCode, Outstanding, Verdict};
use crate::shared::{Phase, Shared};
use crate::{Failure, Recipient, Report};

/// How often in a row records are given back because their partition is gone.
const LOST_PARTITION_MAX: u32 = 3;

/// Which client of a carrier reports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sender {
    /// The one that gets the next batches.
    Present,
    /// One whose place that one has taken.
    Predecessor,
}

/// The batch that librdkafka has, and what its reports came to.
pub(super) struct Current<R: Recipient> {
    pub(super) batch: Outstanding<R>,
    /// While librdkafka has the batch.
    pub(super) berth: Option<Berth>,
    /// The topic refused records of this batch.
    pub(super) refusal: Option<Failure>,
    /// How many batches in a row came back because the partition is gone.
    pub(super) lost: u32,
    pub(super) is_lost: bool,
    /// The topic takes no batch as large.
    pub(super) is_too_large: bool,
}

impl<R: Recipient> Default for Current<R> {
    fn default() -> Self {
        Self {
            batch: Outstanding::default(),
            berth: None,
            refusal: None,
            lost: 0,
            is_lost: false,
            is_too_large: false,
        }
    }
}

impl<R: Recipient> Current<R> {
    /// What follows from librdkafka's word about one message.
    pub(super) fn judge(&mut self, shared: &Shared<R>, sender: Sender, code: ErrorCode) -> Verdict {
        if !code.is_error() {
            return Verdict::Final(Report::Delivered);
        }
        // It was told to: they go by the present client.
        let is_purged = matches!(code, ErrorCode::PURGE_QUEUE | ErrorCode::PURGE_INFLIGHT);
        if is_purged && sender == Sender::Predecessor && shared.phase() != Phase::Closed {
            return Verdict::Returned;
        }
        let mut failure = Failure::from(code);
        if failure == Failure::Fatal && shared.phase() == Phase::Closed {
            failure = Failure::ShuttingDown;
        }
        if code == ErrorCode::UNKNOWN_PARTITION && self.lost < LOST_PARTITION_MAX {
            self.is_lost = true;
            return Verdict::Returned;
        }
        if failure == Failure::TooLarge && Ceiling::may_be_lowered_by(&self.batch) {
            self.is_too_large = true;
            return Verdict::Returned;
        }
        let is_of_another =
            failure.may_be_a_neighbours() || code == ErrorCode::INVALID_DIFFERENT_RECORD;
        if is_of_another && self.batch.len() > 1 {
            return Verdict::Suspect;
        }
        if failure.is_refusal_by_topic() {
            self.refusal = Some(failure);
        }
        Verdict::Final(Report::Failed(failure))
    }
}

/// Counts reports on the way, so that shared counters change once per run.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) messages: u32,
    pub(super) delivered_in_all: u64,
    delivered: u64,
    delivered_bytes: usize,
    failed: Option<(Failure, u64)>,
}

impl Tally {
    pub(super) fn add<R: Recipient>(&mut self, shared: &Shared<R>, verdict: Verdict, bytes: usize) {
        self.messages += 1;
        match verdict {
            Verdict::Final(Report::Delivered) => {
                self.delivered += 1;
                self.delivered_in_all += 1;
                self.delivered_bytes += bytes;
            }
            Verdict::Final(Report::Failed(failure)) => match &mut self.failed {
                Some((last, count)) if *last == failure => *count += 1,
                _ => {
                    self.flush(shared);
                    self.failed = Some((failure, 1));
                }
            },
            Verdict::Suspect | Verdict::Returned => {}
        }
    }

    pub(super) fn flush<R: Recipient>(&mut self, shared: &Shared<R>) {
        if self.delivered > 0 {
            shared.count_delivered(self.delivered, self.delivered_bytes);
        }
        if let Some((failure, count)) = self.failed.take() {
            shared.count_failed(failure, count);
        }
        self.delivered = 0;
        self.delivered_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;
    use crate::fleet::Fleet;
    use crate::native::BatchLimit;

    struct Nobody;

    impl Recipient for Nobody {
        fn report(&self, _slot: u32, _report: Report) {}

        fn settle(&self, _count: u32) {}

        fn is_abandoned(&self) -> bool {
            false
        }

        fn reclaim(&self, _bytes: Vec<u8>) {}
    }

    #[test]
    fn records_of_a_lost_partition_come_back_but_not_for_ever() {
        let limit = BatchLimit {
            messages: 1,
            bytes: 1,
        };
        let shared =
            Shared::<Nobody>::new(Settings::new(Vec::new()), Fleet::new(Vec::new()), limit);
        let mut current = Current::<Nobody>::default();
        for _ in 0..LOST_PARTITION_MAX {
            let verdict = current.judge(&shared, Sender::Present, ErrorCode::UNKNOWN_PARTITION);
            assert!(matches!(verdict, Verdict::Returned) && current.is_lost);
            current.lost += 1;
        }
        let verdict = current.judge(&shared, Sender::Present, ErrorCode::UNKNOWN_PARTITION);
        let expected = Report::Failed(Failure::UnknownPartition);
        assert!(matches!(verdict, Verdict::Final(report) if report == expected));
        assert_eq!(current.refusal, Some(Failure::UnknownPartition));
    }

    #[test]
    fn what_a_predecessor_gives_back_goes_again_until_the_producer_is_closed() {
        let limit = BatchLimit {
            messages: 1,
            bytes: 1,
        };
        let shared =
            Shared::<Nobody>::new(Settings::new(Vec::new()), Fleet::new(Vec::new()), limit);
        let mut current = Current::<Nobody>::default();
        let mut word = |code| current.judge(&shared, Sender::Predecessor, code);
        assert!(matches!(word(ErrorCode::PURGE_QUEUE), Verdict::Returned));
        assert!(matches!(word(ErrorCode::PURGE_INFLIGHT), Verdict::Returned));
        shared.enter(Phase::Closed);
        let expected = Report::Failed(Failure::ShuttingDown);
        let verdict = word(ErrorCode::PURGE_QUEUE);
        assert!(matches!(verdict, Verdict::Final(report) if report == expected));
    }

    #[test]
    fn what_is_purged_at_the_end_is_called_shutting_down() {
        let limit = BatchLimit {
            messages: 1,
            bytes: 1,
        };
        let shared =
            Shared::<Nobody>::new(Settings::new(Vec::new()), Fleet::new(Vec::new()), limit);
        let mut current = Current::<Nobody>::default();
        let mut word = |code| match current.judge(&shared, Sender::Present, code) {
            Verdict::Final(Report::Failed(failure)) => failure,
            verdict => panic!("{verdict:?}"),
        };
        assert_eq!(word(ErrorCode::PURGE_QUEUE), Failure::Fatal);
        shared.enter(Phase::Closed);
        assert_eq!(word(ErrorCode::PURGE_QUEUE), Failure::ShuttingDown);
        assert_eq!(word(ErrorCode::PURGE_INFLIGHT), Failure::ShuttingDown);
    }
}
